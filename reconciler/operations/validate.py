"""Validation, offline: everything that is wrong with an estate, in one run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.diagnostics import UNKNOWN_REFERENCE, Diagnostic, Severity, located
from reconciler.environment import setting
from reconciler.errors import InvalidManifests, ReconcilerError, StoreError, UsageError
from reconciler.kinds import kind_named
from reconciler.manifests.declarations import Configuration, Loaded
from reconciler.manifests.estate_cache import EstateCache
from reconciler.manifests.reserved_files import HIDDEN_ONLY, ReservedFiles
from reconciler.model.inventory import Inventory
from reconciler.named_files import descriptor_of, is_pipe, read_named
from reconciler.operations.estate import EMBEDDED_FILE, Estate
from reconciler.operations.secrets import secret_source
from reconciler.operations.store_location import store_location
from reconciler.positions import Span
from reconciler.store.reader import read_inventory

CACHE = Path(".reconciler/cache/estate")
_MOST_FILES = 1_000_000
_LARGEST_INPUT = 5 * 1024 * 1024


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


def validate(estate: Estate, paths: Sequence[str] = (), *, keeps_documents: bool = False) -> Checked:
    """
    The estate with every finding, or of these `paths` alone. Never raises for what a manifest says.

    No manifest reads the caller's token file, the store, or the simulator's state.
    """

    def owned(loaded: Loaded) -> Inventory | None:
        try:
            return read_inventory(store_location(estate, loaded.configuration), loaded.configuration.name)
        except StoreError:
            # Only the explanation is poorer without it; operations that need the store say what is wrong with it.
            return None

    piped = _standard_input(estate.existing_root(), paths)
    return check(
        estate.root,
        # A pipe is what standard input is, under a name of the caller's.
        paths=paths if piped is None else ("-",),
        max_files=most_files(estate.environment.variables),
        standard_input=piped,
        owned=owned,
        reserved=reserved_files(estate),
        keeps_documents=keeps_documents,
    )


def sound(estate: Estate, found: Checked) -> Loaded:
    """The checked estate, or `InvalidManifests` with every finding; the caller hears how many warnings there are."""
    loaded = found.sound()
    if found.diagnostics:
        from reconciler.reports.diagnostics import totals

        estate.caller.note(f"{totals(found.diagnostics)} (run `reconciler validate` to see them)")
    return loaded


def reserved_files(estate: Estate) -> ReservedFiles:
    """The files that no manifest reads: the caller's token file and secrets, the store and the simulator."""

    def store_of(configuration: Configuration) -> Path | None:
        try:
            return store_location(estate, configuration).path
        except ReconcilerError:
            # The operation that needs the store says what is wrong with it.
            return None

    guarded = (estate.platform.token_file, estate.root / EMBEDDED_FILE)
    allowed = secret_source(estate, allowed=estate.policy().secrets).allowed
    return ReservedFiles.of(guarded, allowed or (), store_of)


def check(
    root: Path,
    *,
    paths: Sequence[str] = (),
    max_files: int = 2000,
    standard_input: bytes | None = None,
    remember: bool = True,
    owned: Callable[[Loaded], Inventory | None] = lambda _: None,
    reserved: ReservedFiles = HIDDEN_ONLY,
    keeps_documents: bool = False,
) -> Checked:
    """
    Load and validate, offline. Never raises for what a user wrote.

    `owned` reads the inventory; it is asked only when a reference leads nowhere, to tell a misspelling from an object
    that was removed while something still refers to it. No manifest reads what is `reserved`.
    """
    cache = (
        EstateCache.open(root / CACHE) if remember and not keeps_documents and (root / ".reconciler").is_dir() else None
    )
    if cache is not None and standard_input is None:
        known = cache.recall(root, paths=paths, max_files=max_files, reserved=reserved)
        if known is not None:
            return _with_roster(known, [], root, reserved)
    # Imported here: an estate that is known to be sound needs neither parser nor validator.
    from reconciler.manifests.loader import load
    from reconciler.validation.removed import removed_and_declared
    from reconciler.validation.run import validate as validate_estate
    from reconciler.validation.scope import outside

    loaded = load(
        root,
        paths=paths,
        max_files=max_files,
        cache=cache,
        standard_input=standard_input,
        reserved=reserved,
        keeps_documents=keeps_documents,
    )
    found = list(loaded.built.diagnostics)
    estate, account_type = loaded.built.estate, loaded.configuration.account_type
    unsound = loaded.built.unsound
    breaches = validate_estate(estate, account_type=account_type, unsound=unsound)
    if any(breach.code is UNKNOWN_REFERENCE for breach in breaches) and (inventory := owned(loaded)) is not None:
        if loaded.is_partial:
            # An owned object that was not read is declared elsewhere: others may refer to it.
            unsound = {*unsound, *inventory.owned}
        removed = {a: _span(row.source) for a, row in inventory.owned.items() if a not in estate}
        breaches = validate_estate(estate, account_type=account_type, removed=removed, unsound=unsound)
    if not loaded.is_complete:
        breaches = [breach for breach in breaches if breach.code is not UNKNOWN_REFERENCE]
    found.extend(breaches)
    found.extend(outside(estate, loaded.configuration.scope))
    found.extend(removed_and_declared(estate, loaded.configuration.removed))
    if cache is not None:
        if not found and not loaded.is_partial:
            cache.remember(root, loaded)
        cache.save()
    return _with_roster(loaded, found, root, reserved)


def _with_roster(loaded: Loaded, found: list[Diagnostic], root: Path, reserved: ReservedFiles) -> Checked:
    """The checked estate with its SIMs: their files are read in each run, and are no part of what is remembered."""
    if any(kind_named(address.kind).is_roster for address in loaded.built.estate):
        from reconciler.manifests.rosters import read_roster

        judge = reserved.in_estate(loaded.configuration)
        roster = read_roster(root, loaded.built.estate, loaded.built.origins, found.append, judge)
        loaded = replace(loaded, roster=roster)
    return Checked(loaded, tuple(located(found, loaded.built.origins)))


def _span(source: str | None) -> Span | None:
    file, _, place = (source or "").partition(" (")[0].partition(":")
    line, _, column = place.partition(":")
    if not (line.isdigit() and column.isdigit()):
        return None
    return Span(file, int(line), int(column), int(line), int(column))


def most_files(variables: Mapping[str, str]) -> int:
    """The limit on manifest files: ``RECONCILER_MAX_FILES``, or 2,000 (S1)."""
    text = setting(variables, "RECONCILER_MAX_FILES") or "2000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= _MOST_FILES:
        message = f"RECONCILER_MAX_FILES must be a number from 1 to 1000000, not {text[:20]!r}"
        raise UsageError(message, hint="unset it, or set it to the number of manifest files")
    return int(text)


def _standard_input(root: Path, paths: Sequence[str]) -> bytes | None:
    """
    The bytes of standard input or of a pipe when that is the one path, else None.

    ``-`` is standard input; a pipe is a FIFO, or a shell's ``<(…)``. Raises `UsageError` for a pipe beside other paths.
    """
    piped = [path for path in paths if path == "-" or is_pipe(root / path) or descriptor_of(Path(path)) is not None]
    if not piped:
        return None
    if len(paths) > 1:
        message = f"{'- (standard input)' if piped[0] == '-' else piped[0]} cannot be combined with other files"
        raise UsageError(message, hint=f"give either -f {piped[0]} or -f PATH")
    hint = "name a file below the estate, a pipe, or - for standard input"
    return read_named(
        Path(piped[0]) if piped[0] == "-" else root / piped[0], limit=_LARGEST_INPUT, noun="the manifest", hint=hint
    )
