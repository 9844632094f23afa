"""
What the commands do, each stage named once and in order. The command line and the tests call these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.diagnostics import Diagnostic, Severity, located
from reconciler.errors import InvalidManifests
from reconciler.manifests.document_cache import DocumentCache
from reconciler.manifests.loader import Loaded, load
from reconciler.validation.run import validate as validate_estate

CACHE = Path(".reconciler/cache/documents")


@dataclass(frozen=True, slots=True)
class Checked:
    """A loaded estate with all findings, in the order of files and lines."""

    loaded: Loaded
    diagnostics: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        """Whether any finding stops the run."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)

    def sound(self) -> Loaded:
        """The estate, or `InvalidManifests` with the findings."""
        if self.has_errors:
            raise InvalidManifests(self.diagnostics, sources=self.loaded.sources)
        return self.loaded


def check(
    root: Path,
    *,
    paths: Sequence[str] = (),
    max_files: int = 2000,
    standard_input: bytes | None = None,
    remember: bool = True,
) -> Checked:
    """Load and validate, offline. Never raises for what a user wrote."""
    cache = DocumentCache.open(root / CACHE) if remember and (root / ".reconciler").is_dir() else None
    loaded = load(root, paths=paths, max_files=max_files, cache=cache, standard_input=standard_input)
    found = list(loaded.built.diagnostics)
    found.extend(validate_estate(loaded.built.estate, account_type=loaded.configuration.account_type))
    return Checked(loaded, tuple(located(found, loaded.built.origins)))
