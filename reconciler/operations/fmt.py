"""The manifests of an estate in one layout: indentation, blanks and empty lines, never a value."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff

from reconciler.diagnostics import Diagnostic
from reconciler.errors import InvalidManifests
from reconciler.manifests.configuration import load_configuration
from reconciler.manifests.files import CONFIGURATION_FILE, SourceFile, manifest_files
from reconciler.manifests.layout import laid_out
from reconciler.named_files import write_named
from reconciler.operations.estate import Estate
from reconciler.operations.validate import most_files, reserved_files


@dataclass(frozen=True, slots=True)
class Formatted:
    """One file: what it is and should be, and the lines of documents that stay as they are."""

    file: str
    before: bytes
    after: bytes
    kept: tuple[int, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether the layout of the file differs."""
        return self.before != self.after

    def difference(self) -> str:
        """The difference as a patch."""
        old, new = (side.decode("utf-8", "replace").splitlines(keepends=True) for side in (self.before, self.after))
        return "".join(unified_diff(old, new, f"a/{self.file}", f"b/{self.file}"))


def formatted(estate: Estate, paths: Sequence[str] = ()) -> list[Formatted]:
    """
    Each file of the estate, or of these `paths`, with its layout; nothing is written.

    Raises `InvalidManifests` with everything that keeps a file from being read.
    """
    found: list[Diagnostic] = []
    root = estate.existing_root()
    configuration, settings = load_configuration(root, found.append)
    judge = reserved_files(estate).in_estate(configuration)
    files = manifest_files(
        root,
        paths or configuration.manifests,
        found.append,
        max_files=most_files(estate.environment.variables),
        reserved=judge.named_by_the_caller() if paths else judge,
    )
    if settings and not paths:
        files = [SourceFile(CONFIGURATION_FILE, settings), *files]
    results = [_one(file, found) for file in files]
    if found:
        raise InvalidManifests(found, sources={file.file: file.content for file in files})
    return [result for result in results if result is not None]


def formatted_text(content: bytes) -> Formatted:
    """A text in its layout. Raises `InvalidManifests` for one that cannot be read."""
    found: list[Diagnostic] = []
    result = _one(SourceFile("<stdin>", content), found)
    if result is None:
        raise InvalidManifests(found, sources={"<stdin>": content})
    return result


def write(estate: Estate, results: Sequence[Formatted]) -> None:
    """Write the files whose layout differs, each at once, and only over what was read."""
    for one in results:
        if one.is_changed:
            write_named(estate.root / one.file, one.after, option="the manifest", over=one.before)


def _one(file: SourceFile, found: list[Diagnostic]) -> Formatted | None:
    layout = laid_out(file.file, file.content, found.append)
    return None if layout is None else Formatted(file.file, file.content, layout.text.encode(), layout.kept)
