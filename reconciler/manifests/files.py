"""
The files of an estate: found below its root, opened without following links, read within limits (S1, S3).

How each of them is opened is said in `opened_files`; here is which are looked for, and how many there may be.
"""

import os
import stat
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reconciler.diagnostics import FILE_NOT_FOUND, FILE_UNREADABLE, TOO_MANY_FILES, TREE_TOO_LARGE, Report
from reconciler.manifests.declarations import MAX_FILES
from reconciler.manifests.manifest_text import MAX_FILE_BYTES
from reconciler.manifests.opened_files import (
    FileRefused,
    components_of,
    opened_folder,
    opened_root,
    read_opened,
    refusal_of,
    shown_path,
    status_of,
)
from reconciler.manifests.reserved_files import MANIFEST_ENDINGS, NOTHING_RESERVED, ReservedFiles

MAX_TREE_BYTES = 50 * 1024 * 1024
MAX_FOLDERS_DEEP = 32
CONFIGURATION_FILE = "reconciler.yaml"
LARGEST_CONFIGURATION_BYTES = 1024 * 1024

_SUFFIXES = (".yaml", ".yml")
_SKIPPED_FOLDERS = frozenset({"node_modules"})
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A manifest file: its path as it is shown, relative to the root and with `/`, and what is in it."""

    file: str
    content: bytes


def manifest_files(
    root: Path,
    paths: Sequence[str],
    report: Report,
    *,
    max_files: int = MAX_FILES,
    reserved: ReservedFiles = NOTHING_RESERVED,
) -> list[SourceFile]:
    """
    The manifest files that `paths` name, each once, in the order of their paths.

    A path is a file, taken whatever it is called, or a folder, of which all `*.yaml` and `*.yml` are taken at any
    depth. In folders, entries that begin with a dot and `node_modules` are skipped; so is `reconciler.yaml` at the
    root. A file that cannot or must not be read goes to `report` with its path. Once the limits for all files together
    are passed, nothing more is read. A path of the tree that names a `reserved` file is refused, and in folders such a
    file is skipped.
    """
    found: dict[tuple[str, ...], SourceFile] = {}
    sizes = 0
    try:
        with opened_root(root) as top, closing(_candidates(top, root, paths, report, reserved)) as candidates:
            for names, attempt in candidates:
                if names in found or names == (CONFIGURATION_FILE,):
                    continue
                shown = "/".join(names)
                _check_count(shown, len(found), max_files)
                try:
                    content = attempt()
                except FileRefused as refusal:
                    report(refusal.diagnostic())
                    continue
                sizes += len(content)
                _check_size(shown, sizes)
                found[names] = SourceFile(shown, content)
    except FileRefused as refusal:
        report(refusal.diagnostic())
    return [found[names] for names in sorted(found)]


def _check_count(shown: str, count: int, max_files: int) -> None:
    if count >= max_files:
        detail = f"There are more than {max_files:,} manifest files; the rest is not read."
        raise FileRefused(TOO_MANY_FILES, shown, detail)


def _check_size(shown: str, size: int) -> None:
    if size > MAX_TREE_BYTES:
        detail = f"The manifests have more than {MAX_TREE_BYTES // _MEBIBYTE} MiB together; the rest is not read."
        raise FileRefused(TREE_TOO_LARGE, shown, detail)


_Candidate = tuple[tuple[str, ...], Callable[[], bytes]]


def _candidates(
    top: int, root: Path, paths: Sequence[str], report: Report, reserved: ReservedFiles
) -> Generator[_Candidate, None, None]:
    """The files that the paths name, each with how to read it; valid until the next one is asked for."""
    for path in paths:
        try:
            names = components_of(path)
            shown = "/".join(names) or "."
            reserved.check(root, path, MANIFEST_ENDINGS)
            if not names:
                yield from _walk(top, (), report, reserved)
                continue
            with opened_folder(top, names[:-1], shown) as folder:
                if stat.S_ISDIR(status_of(folder, names[-1], shown).st_mode):
                    with opened_folder(folder, names[-1:], shown) as inner:
                        yield from _walk(inner, names, report, reserved)
                else:
                    yield names, _reader(folder, names[-1], shown)
        except FileRefused as refusal:
            report(refusal.diagnostic())


def _walk(
    folder: int, names: tuple[str, ...], report: Report, reserved: ReservedFiles
) -> Generator[_Candidate, None, None]:
    """The manifest files of a folder and of the folders in it, by name."""
    shown_folder = "/".join(names) or "."
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entry.name for entry in entries)
    except OSError as error:
        raise refusal_of(error, shown_folder) from error
    for name in listed:
        if name.startswith(".") or name in _SKIPPED_FOLDERS:
            continue
        inner = (*names, name)
        is_manifest = name.endswith(_SUFFIXES)
        try:
            status = status_of(folder, name, "/".join(inner), follow=not is_manifest)
            is_folder = stat.S_ISDIR(status.st_mode)
            if not (is_folder or is_manifest) or reserved.is_guarded(status):
                continue
            shown = shown_path(inner)
            if not is_folder:
                yield inner, _reader(folder, name, shown)
            else:
                _check_depth(shown, len(inner))
                with opened_folder(folder, (name,), shown) as opened:
                    yield from _walk(opened, inner, report, reserved)
        except FileRefused as refusal:
            # A broken link, or an entry that is gone by now, that does not look like a manifest concerns nobody.
            if is_manifest or refusal.code is not FILE_NOT_FOUND:
                report(refusal.diagnostic())


def _check_depth(shown: str, depth: int) -> None:
    if depth > MAX_FOLDERS_DEEP:
        raise FileRefused(FILE_UNREADABLE, shown, f"Folders are nested more than {MAX_FOLDERS_DEEP} deep.")


def _reader(folder: int, name: str, shown: str) -> Callable[[], bytes]:
    return lambda: read_opened(folder, name, shown=shown, limit=MAX_FILE_BYTES)
