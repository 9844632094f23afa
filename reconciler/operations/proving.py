"""Export proves itself: its files are validated and planned against what was read, before anything is said of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as Folder
from typing import Any

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.errors import InvalidManifests
from reconciler.exporting.urls import is_harmless
from reconciler.model.address import Address
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.operations.planning import Planned, read_and_plan
from reconciler.operations.platform import digester
from reconciler.operations.validate import check
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.plan import Verdict
from reconciler.positions import Path


@dataclass(frozen=True, slots=True)
class Doubt:
    """
    A place of an exported manifest that is invalid, or that a plan would change, and why.

    Without a field it is about the whole object; without an address about the export.
    """

    address: Address | None
    path: Path
    why: str


@dataclass(frozen=True, slots=True)
class ReplayedSims:
    """The SIMs that were read before."""

    rows: Sequence[Any] = ()

    def pages(self, *, known: bool) -> Iterator[Sequence[Any]]:
        """All of them as one page, with everything that is `known` of them in any case."""
        yield self.rows if known else tuple(self.rows)

    def key_values(self, iccid: str) -> dict[str, str]:
        """Nothing: an export states no key values."""
        raise LookupError(iccid)


@dataclass(frozen=True, slots=True)
class Replayed:
    """An account that answers what was read of it before."""

    before: Snapshot
    sims: ReplayedSims

    def snapshot(self, kinds: Sequence[str] | None = None, /) -> Snapshot:
        """Everything that was read."""
        if kinds is None:
            return self.before
        return Snapshot(self.before.account, (one for one in self.before.by_id.values() if one.address.kind in kinds))

    def read(self, kind: str, key: str, /) -> Observed | None:
        """One object that was read, by id or moniker."""
        return self.before.by_id.get((kind, key)) or self.before.by_address.get(Address(kind, key))


def sealed(value: str) -> str:
    """The part of a secret that an export keeps: none, but all of a URL that holds no secret."""
    return value if is_harmless(value) else digester(None)(value)


def doubts(folder: Folder, snapshot: Snapshot, sims: Sequence[Any], *, max_files: int) -> list[Doubt]:
    """Everything that is invalid in exported files, or that a plan of them against what was read would change."""
    checked = check(folder, max_files=max_files, remember=False)
    if checked.has_errors:
        return [_doubt(found) for found in checked.diagnostics if found.severity is Severity.ERROR]
    try:
        planned = read_and_plan(
            checked.loaded,
            Replayed(snapshot, ReplayedSims(sims)),
            inventory=None,
            digest_secret=sealed,
            find_secret=lambda _: None,
            adopting=True,
        )
    except InvalidManifests as error:
        return [_doubt(found) for found in error.diagnostics]
    return list(dict.fromkeys(_changes(planned)))


def _doubt(found: Diagnostic) -> Doubt:
    address = Address.parse(found.address) if found.address and "/" in found.address else None
    where = "" if found.span is None else f"{found.span}: "
    why = f"a manifest cannot hold it: {found.detail}" if address is not None else f"{where}{found.detail}"
    return Doubt(address, _field(found.path[1:] if found.path[:1] == ("spec",) else ()), why)


def _field(path: Path) -> Path:
    """The field up to its first list: an item that is left out of a list would be removed from it."""
    steps: list[str | int] = []
    for step in path:
        if isinstance(step, int):
            break
        steps.append(step)
    return tuple(steps)


def _changes(planned: Planned) -> Iterator[Doubt]:
    for change in planned.plan.changes:
        if change.is_plain_adoption:
            continue
        if change.action not in {Action.UPDATE, Action.REPLACE} or not change.fields:
            yield Doubt(change.address, (), f"a plan says that it {change.action.future}: {change.reason.text}")
        yield from (_changed(change, one.path) for one in change.fields)
    for result in planned.plan.guards:
        if result.verdict is Verdict.DENY:
            addresses: Sequence[Address | None] = result.addresses or (None,)
            yield from (Doubt(address, (), result.message) for address in addresses)
    roster = planned.plan.roster
    for moved in roster.changes:
        yield Doubt(None, (), f"{moved.address}: a plan would {moved.action.value} {moved.count:,} SIMs")
    for edit in roster.edits:
        yield Doubt(None, (), f"{edit.address}: a plan would set {', '.join(edit.after)} of {edit.iccid}")


def _changed(change: Change, path: str) -> Doubt:
    steps = path.partition("[")[0].split(".")
    return Doubt(change.address, tuple(steps), "a plan would change it: it does not survive being written and read")
