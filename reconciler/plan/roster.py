"""The SIM part of a plan: the SIMs that move, change state or get settings, and findings on the way."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

_MOST_NAMED = 3


class RosterAction(StrEnum):
    """The action on SIMs; each has a symbol."""

    ACTIVATE = "activate"
    MOVE = "move"
    SUSPEND = "suspend"
    RESUME = "resume"
    TERMINATE = "terminate"

    @property
    def symbol(self) -> str:
        """The symbol that plans show."""
        return {RosterAction.MOVE: ">", RosterAction.TERMINATE: "!", RosterAction.ACTIVATE: "+"}.get(self, "~")

    @property
    def past(self) -> str:
        """The action in the past: "moved"."""
        return {"resume": "resumed", "activate": "activated", "terminate": "terminated", "move": "moved"}.get(
            self.value, "suspended"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChange:
    """
    One action on many SIMs, because of one set.

    `source` and `target` are monikers of groups: a move without source takes pending SIMs into service. `losing` of
    the SIMs have an address in the source that they do not keep, `fixed` have a static one (ICCID and address).
    `batch` is how many SIMs go into one request. `place` is where the set is declared.

    `places` has for each of the SIMs the place that caused the change: ``file:line`` of a row or of a manifest.
    `caused_by` has the cause of those SIMs that `address` does not speak of: the Endpoint of a SIM that the set lists.
    """

    action: RosterAction
    address: str
    source: str | None
    target: str | None
    iccids: tuple[str, ...]
    losing: int = 0
    fixed: tuple[tuple[str, str], ...] = ()
    batch: int = 500
    place: str | None = None
    reason: str = ""
    places: tuple[str, ...] = ()
    caused_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of SIMs."""
        return len(self.iccids)


@dataclass(frozen=True, slots=True)
class SimEdit:
    """
    One SIM whose settings change: the managed ones, before and after.

    `address` and `place` say what caused it; `group` is where the SIM is, None for nowhere.
    """

    address: str
    iccid: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    group: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterPlan:
    """
    The part of a plan that is about SIMs.

    `managed` counts the SIMs that are listed, `unchanged` those that are as declared. `suspended` are those that the
    platform has suspended although no manifest says so; they are not `unchanged`. `missing` are listed and not in the
    account, `gone` are listed and terminated, `unlisted` are in an exclusive group and in no list, by group.
    `files` are the digests of the files of SIMs, and `activation` the secret reference of each activation code.
    """

    changes: tuple[RosterChange, ...] = ()
    edits: tuple[SimEdit, ...] = ()
    managed: int = 0
    unchanged: int = 0
    suspended: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    unlisted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    activation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exempt(self) -> dict[str, tuple[str, ...]]:
        """The SIMs that no change makes as they are listed, by what they are."""
        return {"suspended": self.suspended, "missing": self.missing, "gone": self.gone}

    @property
    def is_empty(self) -> bool:
        """True if nothing happens to any SIM."""
        return not (self.changes or self.edits)

    def of(self, action: RosterAction) -> Iterator[RosterChange]:
        """The changes of one action."""
        return (change for change in self.changes if change.action is action)

    def count(self, action: RosterAction) -> int:
        """How many SIMs an action is for."""
        return sum(len(change.iccids) for change in self.of(action))

    def leaving(self) -> dict[str, int]:
        """How many SIMs leave each group, by moniker."""
        found: dict[str, int] = {}
        for change in self.changes:
            if change.source is not None and change.action in {RosterAction.MOVE, RosterAction.TERMINATE}:
                found[change.source] = found.get(change.source, 0) + len(change.iccids)
        return found

    def arriving(self) -> dict[str, int]:
        """How many SIMs arrive in each group, by moniker."""
        found: dict[str, int] = {}
        for change in self.of(RosterAction.MOVE):
            # A move always has a target: no SIM is without a primary group once it had one (D-22).
            group = str(change.target)
            found[group] = found.get(group, 0) + len(change.iccids)
        return found


NO_ROSTER = RosterPlan()


def with_reasons(plan: RosterPlan) -> RosterPlan:
    """The part with the reason of each change, which follows from what happens and from who is in no list."""
    if not plan.changes:
        return plan
    unlisted = {iccid for iccids in plan.unlisted.values() for iccid in iccids}
    return replace(plan, changes=tuple(replace(c, reason=_reason(c, unlisted)) for c in plan.changes))


def _reason(change: RosterChange, unlisted: AbstractSet[str]) -> str:
    if change.caused_by:
        return _cause(change)
    them = "it" if len(change.iccids) == 1 else "them"
    match change.action:
        case RosterAction.ACTIVATE:
            return "the account does not have it yet"
        case RosterAction.MOVE if unlisted.isdisjoint(change.iccids):
            return f"{change.address} lists {them}"
        case RosterAction.MOVE:
            return f"{change.address} is exclusive and does not list {them}"
        case _:
            return f"{change.address} says so"


def _cause(change: RosterChange) -> str:
    """The names of the cause, where others than the set speak of some of its SIMs."""
    names = sorted(set(change.caused_by.values()))
    if len(change.caused_by) < len(change.iccids):
        names.insert(0, change.address)
    more = len(names) - _MOST_NAMED
    shown = ", ".join(names[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return f"{shown} {'say' if len(names) > 1 else 'says'} so"
