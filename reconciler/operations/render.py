"""Rendering: everything that an estate declares, as one file for each object. Hermetic and byte-stable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import OutputError, UsageError
from reconciler.operations.estate import Estate
from reconciler.operations.validate import sound, validate

_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RenderedEstate:
    """The text of each file by its name."""

    files: Mapping[str, str]

    @property
    def stream(self) -> str:
        """All objects as documents of one stream, for ``reconciler plan -f - --prune``."""
        return "---\n".join(self.files.values())


@dataclass(frozen=True, slots=True)
class FolderDifference:
    """The files of a folder that are not what rendering gives."""

    missing: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.differing or self.left_over)


def render(estate: Estate, paths: Sequence[str] = ()) -> RenderedEstate:
    """Everything that the manifests declare, rendered. Raises `InvalidManifests`."""
    from reconciler.manifests.templates.writing import rendered_files
    from reconciler.manifests.yaml_reader import Document

    loaded = sound(estate, validate(estate, paths, keeps_documents=True))
    return RenderedEstate(rendered_files(one for one in loaded.documents if isinstance(one, Document)))


def compare(rendered: RenderedEstate, folder: Path) -> FolderDifference:
    """How a folder differs from what was rendered. Raises `UsageError` for a folder that is not there."""
    if not folder.is_dir():
        message = f"{folder} is not a folder"
        raise UsageError(message, hint=f"write it first: reconciler render --out {folder}")
    files = rendered.files
    missing = tuple(name for name in files if not (folder / name).exists())
    return FolderDifference(
        missing,
        tuple(n for n, text in files.items() if n not in missing and _read(folder / n) != text.encode()),
        tuple(name for name in _files_in(folder) if name not in files),
    )


def write(rendered: RenderedEstate, folder: Path) -> FolderDifference:
    """
    Make a folder what was rendered; files that an earlier rendering left are removed, and no others.

    Returns the files that were different. Raises `OutputError`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = compare(rendered, folder)
        for name in (*found.missing, *found.differing):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(rendered.files[name], encoding="utf-8")
        for name in found.left_over:
            (folder / name).unlink()
    except OSError as error:
        message = f"cannot write {folder}: {error.strerror}"
        raise OutputError(message, hint="name a folder that can be written") from error
    return found


def _files_in(folder: Path) -> list[str]:
    """The files of an earlier rendering: by their header, so that nothing else in the folder is touched."""
    from reconciler.manifests.templates.writing import HEADER

    header = HEADER.encode()
    found = sorted(folder.glob("*/*.yaml"))
    return [path.relative_to(folder).as_posix() for path in found if _read(path).startswith(header)]


def _read(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
        return b""
    return path.read_bytes()
