"""The findings of a load, and the objects that it declares, for tests of templates."""

from pathlib import Path

from reconciler.diagnostics import Diagnostic, located
from reconciler.manifests.declarations import Loaded
from reconciler.manifests.loader import load


def write(folder: Path, files: dict[str, str]) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def loaded(folder: Path, files: dict[str, str]) -> tuple[Loaded, list[Diagnostic]]:
    """The estate of a folder with these files, and its findings with their places."""
    found = load(write(folder, files))
    return found, located(found.built.diagnostics, found.built.origins)


def places(found: list[Diagnostic]) -> list[tuple[str, int, int]]:
    """The file, line and column of each finding."""
    return [(one.span.file, one.span.line, one.span.column) for one in found if one.span is not None]
