"""
The files of an estate: found below its root, opened without following links, read within limits (S1, S3).

A path is opened one component at a time, each relative to the folder that was opened before it, so that nothing outside
of the root can be reached: not by `..`, not by a symbolic link, and not by a link that is put in place while we look.
What is not a regular file is refused before it is opened: opening a pipe waits and opening a device may do something.

Length: finding and opening are one walk, and the checks of each step are only right next to each other.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.diagnostics import (
    FILE_NOT_FOUND,
    FILE_TOO_LARGE,
    FILE_UNREADABLE,
    NOT_A_REGULAR_FILE,
    OUTSIDE_ROOT,
    SYMBOLIC_LINK,
    TOO_MANY_FILES,
    TREE_TOO_LARGE,
    Code,
    Diagnostic,
)
from reconciler.manifests.yaml_text import MAX_FILE_BYTES
from reconciler.positions import Span

MAX_TREE_BYTES = 50 * 1024 * 1024
MAX_FILES = 2_000
MAX_FOLDERS_DEEP = 32
MAX_PATH_CHARACTERS = 4096
CONFIGURATION_FILE = "reconciler.yaml"
LARGEST_CONFIGURATION_BYTES = 1024 * 1024

_SUFFIXES = (".yaml", ".yml")
_SKIPPED_FOLDERS = frozenset({"node_modules"})
_MEBIBYTE = 1024 * 1024

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

# Names that cannot be shown as they are: control characters, and bytes that are no UTF-8.
_UNFIT_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_HINTS = {
    FILE_NOT_FOUND: "Check the spelling; paths are relative to the root of the estate.",
    FILE_UNREADABLE: "Check the permissions of the file and of the folders above it.",
    FILE_TOO_LARGE: "Split the file, or move the members of EndpointSets into CSV files.",
    NOT_A_REGULAR_FILE: "Name a regular file or a folder.",
    OUTSIDE_ROOT: "Name a path relative to the root of the estate and below it, such as `estate/groups.yaml`.",
    SYMBOLIC_LINK: "Put the file itself in the place of the link.",
    TOO_MANY_FILES: "Put several documents into one file, or set RECONCILER_MAX_FILES to allow more.",
    TREE_TOO_LARGE: "Give the members of EndpointSets in CSV files, or divide the estate.",
}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A manifest file: its path as it is shown, relative to the root and with `/`, and what is in it."""

    file: str
    content: bytes


class FileRefused(Exception):
    """
    A file was not read. It carries what a diagnostic needs: code, shown path, detail and hint.

    Messages never hold anything that was read.
    """

    def __init__(self, code: Code, file: str, detail: str) -> None:
        super().__init__(code, file, detail)
        self.code = code
        self.file = file
        self.detail = detail
        self.hint = _HINTS[code]

    def __str__(self) -> str:
        return f"{self.file}: {self.detail}"

    def diagnostic(self) -> Diagnostic:
        """The refusal at the first line of the file; a caller that knows who named the file has a better place."""
        return Diagnostic(self.code, self.detail, self.hint, span=Span(self.file, 1, 1, 1, 2))


def read_below(root: Path, relative_path: str, limit: int) -> bytes:
    """
    The bytes of one regular file below `root`, at most `limit` of them.

    Raises `FileRefused` for a path that is absolute or leaves the root, for links anywhere on the way, for what is no
    regular file, and for a file that is larger, missing or unreadable.
    """
    names = _components(relative_path)
    shown = "/".join(names)
    if not names:
        raise FileRefused(NOT_A_REGULAR_FILE, ".", "The path names the root itself, not a file.")
    with _opened_root(root) as top, _opened_folder(top, names[:-1], shown) as folder:
        return _read(folder, names[-1], shown=shown, limit=limit)


def manifest_files(
    root: Path, paths: Sequence[str], report: Callable[[Diagnostic], None], *, max_files: int = MAX_FILES
) -> list[SourceFile]:
    """
    The manifest files that `paths` name, each once, in the order of their paths.

    A path is a file, taken whatever it is called, or a folder, of which all `*.yaml` and `*.yml` are taken at any
    depth. In folders, entries that begin with a dot and `node_modules` are skipped; so is `reconciler.yaml` at the
    root. What cannot or must not be read goes to `report` with its path. Once the limits for all files together are
    passed, nothing more is read.
    """
    found: dict[tuple[str, ...], SourceFile] = {}
    sizes = 0
    try:
        with _opened_root(root) as top, closing(_candidates(top, paths, report)) as candidates:
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
    top: int, paths: Sequence[str], report: Callable[[Diagnostic], None]
) -> Generator[_Candidate, None, None]:
    """The files that the paths name, each with how to read it; valid until the next one is asked for."""
    for path in paths:
        try:
            names = _components(path)
            shown = "/".join(names) or "."
            if not names:
                yield from _walk(top, (), report)
                continue
            with _opened_folder(top, names[:-1], shown) as folder:
                if stat.S_ISDIR(_status(folder, names[-1], shown).st_mode):
                    with _opened_folder(folder, names[-1:], shown) as inner:
                        yield from _walk(inner, names, report)
                else:
                    yield names, _reader(folder, names[-1], shown)
        except FileRefused as refusal:
            report(refusal.diagnostic())


def _walk(
    folder: int, names: tuple[str, ...], report: Callable[[Diagnostic], None]
) -> Generator[_Candidate, None, None]:
    """The manifest files of a folder and of the folders in it, by name."""
    shown_folder = "/".join(names) or "."
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entry.name for entry in entries)
    except OSError as error:
        raise _refused(error, shown_folder) from error
    for name in listed:
        if name.startswith(".") or name in _SKIPPED_FOLDERS:
            continue
        inner = (*names, name)
        is_manifest = name.endswith(_SUFFIXES)
        try:
            mode = _status(folder, name, "/".join(inner), follow=not is_manifest).st_mode
            is_folder = stat.S_ISDIR(mode)
            if not (is_folder or is_manifest):
                continue
            shown = _shown(inner)
            if not is_folder:
                yield inner, _reader(folder, name, shown)
            else:
                _check_depth(shown, len(inner))
                with _opened_folder(folder, (name,), shown) as opened:
                    yield from _walk(opened, inner, report)
        except FileRefused as refusal:
            # A broken link, or an entry that is gone by now, that does not look like a manifest concerns nobody.
            if is_manifest or refusal.code is not FILE_NOT_FOUND:
                report(refusal.diagnostic())


def _check_depth(shown: str, depth: int) -> None:
    if depth > MAX_FOLDERS_DEEP:
        raise FileRefused(FILE_UNREADABLE, shown, f"Folders are nested more than {MAX_FOLDERS_DEEP} deep.")


def _reader(folder: int, name: str, shown: str) -> Callable[[], bytes]:
    return lambda: _read(folder, name, shown=shown, limit=MAX_FILE_BYTES)


def _components(path: str) -> tuple[str, ...]:
    """The names on a relative path that stays below the root; `FileRefused` for any other."""
    shown = _UNFIT_NAME.sub("\N{REPLACEMENT CHARACTER}", path[:200]) or '""'
    if not path or len(path) > MAX_PATH_CHARACTERS or _UNFIT_NAME.search(path):
        raise FileRefused(OUTSIDE_ROOT, shown, "The path is empty, too long, or has characters that cannot be shown.")
    if path.startswith(("/", "~")):
        raise FileRefused(OUTSIDE_ROOT, shown, "The path is not relative to the root of the estate.")
    names = tuple(name for name in path.split("/") if name not in {"", "."})
    if ".." in names:
        raise FileRefused(OUTSIDE_ROOT, shown, "The path holds `..`, which could leave the estate.")
    return names


def _shown(names: tuple[str, ...]) -> str:
    path = "/".join(names)
    if _UNFIT_NAME.search(path):
        shown = _UNFIT_NAME.sub("\N{REPLACEMENT CHARACTER}", path)
        raise FileRefused(FILE_UNREADABLE, shown, "The name has characters that cannot be shown.")
    return path


@contextmanager
def _opened_root(root: Path) -> Iterator[int]:
    # The root is the user's choice and may itself be a link; only what is below it is held to be.
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise _refused(error, str(root)) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _opened_folder(top: int, names: tuple[str, ...], shown: str) -> Iterator[int]:
    """A folder below an opened one, reached name by name."""
    descriptor = os.dup(top)
    try:
        for name in names:
            if stat.S_ISLNK(_status(descriptor, name, shown).st_mode):
                raise FileRefused(SYMBOLIC_LINK, shown, f"`{name}` is a symbolic link.")
            try:
                inner = os.open(name, _FOLDER_FLAGS, dir_fd=descriptor)
            except OSError as error:
                raise _refused(error, shown) from error
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _status(folder: int, name: str, shown: str, *, follow: bool = False) -> os.stat_result:
    """
    What a name stands for, without opening it.

    With `follow`, a link to a folder is told from a link to a file: the first would hide manifests and is refused, the
    second is like any file that is no manifest.
    """
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if follow and stat.S_ISLNK(status.st_mode):
            target = os.stat(name, dir_fd=folder)
            if stat.S_ISDIR(target.st_mode):
                raise FileRefused(SYMBOLIC_LINK, shown, f"`{name}` is a symbolic link to a folder.")
            return target
    except (OSError, ValueError) as error:
        raise _refused(error, shown) from error
    return status


def _read(folder: int, name: str, *, shown: str, limit: int) -> bytes:
    """A regular file of an opened folder, of at most `limit` bytes."""
    mode = _status(folder, name, shown).st_mode
    if stat.S_ISLNK(mode):
        raise FileRefused(SYMBOLIC_LINK, shown, f"`{name}` is a symbolic link.")
    if not stat.S_ISREG(mode):
        raise FileRefused(NOT_A_REGULAR_FILE, shown, f"`{name}` is {_sort_of(mode)}.")
    try:
        descriptor = os.open(name, _FILE_FLAGS, dir_fd=folder)
    except OSError as error:
        raise _refused(error, shown) from error
    try:
        # Looked at again, as something else can have taken the name since.
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileRefused(NOT_A_REGULAR_FILE, shown, f"`{name}` is no regular file.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise _refused(error, shown) from error
    finally:
        os.close(descriptor)
    if len(content) > limit:
        size = f"{limit // _MEBIBYTE} MiB" if limit >= _MEBIBYTE else f"{limit:,} bytes"
        raise FileRefused(FILE_TOO_LARGE, shown, f"The file has more than {size}.")
    return content


def _sort_of(mode: int) -> str:
    sorts = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for is_sort, words in sorts if is_sort(mode)), "no regular file")


def _refused(error: OSError | ValueError, shown: str) -> FileRefused:
    number = error.errno if isinstance(error, OSError) else None
    if number in {errno.ENOENT, errno.ENOTDIR}:
        return FileRefused(FILE_NOT_FOUND, shown, "There is no such file or folder.")
    if number == errno.ELOOP:
        return FileRefused(SYMBOLIC_LINK, shown, "A symbolic link is on the way to the file.")
    words = os.strerror(number) if number is not None else "its name cannot be used"
    return FileRefused(FILE_UNREADABLE, shown, f"The file cannot be read: {words[:1].lower()}{words[1:]}.")
