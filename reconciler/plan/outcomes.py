"""The outcomes of changes: one class for each thing that can happen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.address import Address
from reconciler.plan.action import Action


@dataclass(frozen=True, slots=True)
class Started:
    """The change was begun."""

    address: Address
    action: Action


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The change was made and seen in a read-back; `seconds` is how long it took."""

    address: Address
    action: Action
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class AlreadyDone:
    """Live already was as the plan wants it."""

    address: Address
    action: Action


@dataclass(frozen=True, slots=True)
class Failed:
    """The change was not made, or not wholly. `is_fatal`: nothing else would work either (the token is refused)."""

    address: Address
    action: Action
    reason: str
    hint: str | None = None
    is_fatal: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """The change was not begun; `because` says of what."""

    address: Address
    action: Action
    because: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A request may or may not have been executed; the next run finds out before anything else."""

    address: Address
    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class Stale:
    """Live is neither what the plan saw nor what it wants; `fields` names what differs. Nothing was sent for it."""

    address: Address
    action: Action
    reason: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """A foreign object has the name of an object that was to be created (I6)."""

    address: Address
    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class SimsAdvanced:
    """Some SIMs more are dealt with: how many of how many, and how many of them were refused."""

    done: int
    total: int
    refused: int = 0


@dataclass(frozen=True, slots=True)
class PaceChange:
    """The run sends another number of requests at a time, because of the platform's answers; `most` were asked for."""

    at_once: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SimsReport:
    """
    The outcome of the SIMs of a plan.

    `done` were changed and seen so, `already` needed nothing. `refused` and `stale` name SIMs with the reason,
    `unknown` those of which nothing is known; `untried` were not begun, `skipped` says because of what.
    """

    done: int = 0
    already: int = 0
    refused: tuple[tuple[str, str], ...] = ()
    stale: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    untried: int = 0
    skipped: str | None = None
    is_fatal: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every SIM is as planned."""
        return not (self.refused or self.stale or self.unknown or self.untried or self.skipped)

    @property
    def is_untouched(self) -> bool:
        """Whether no SIM was changed, and none that could have been was tried in vain or left out."""
        return not (self.done or self.refused or self.untried)


Outcome = Started | Succeeded | AlreadyDone | Failed | Skipped | Unknown | Stale | Conflict
RunEvent = Outcome | SimsAdvanced | PaceChange
"""Everything that a run says while it goes."""
Ending = Succeeded | AlreadyDone | Failed | Skipped | Unknown | Stale | Conflict


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """
    The outcome of an apply, by address.

    Effects on the inventory:

    ============ ============================================================================
    outcome      inventory row
    ============ ============================================================================
    done         written with what was applied; removed when the object was deleted
    already      written as above
    failed       kept as it was; an object that was created nevertheless has a row
    skipped      kept as it was
    unknown      kept as it was; the intent stays in the journal and is resolved by the next run
    stale        kept as it was
    conflict     none is made
    ============ ============================================================================
    """

    done: tuple[Succeeded, ...] = ()
    already: tuple[AlreadyDone, ...] = ()
    failed: tuple[Failed, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    stale: tuple[Stale, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    fenced: str | None = None
    interrupted: bool = False
    recovered: Mapping[Address, str] = field(default_factory=dict)
    run_id: str = ""
    sims: SimsReport = field(default_factory=SimsReport)

    @property
    def is_complete(self) -> bool:
        """Whether every change of the plan is made."""
        is_open = self.failed or self.skipped or self.unknown or self.stale or self.conflicts or self.fenced
        return not is_open and self.sims.is_complete

    @property
    def counted(self) -> str:
        """How many changes and SIMs were made, and how many changes were not, in a few words."""
        missed = len(self.failed) + len(self.skipped) + len(self.unknown) + len(self.stale) + len(self.conflicts)
        parts = [f"{len(self.done) + len(self.already)} done"]
        parts += [f"{missed} not done"] if missed else []
        parts += [f"{self.sims.done:,} SIMs"] if self.sims.done else []
        return ", ".join(parts)

    @property
    def exit_code(self) -> int:
        """6 fenced off, 7 an outcome is unknown, 9 token refused, 4 stale and nothing done, 5 in part, 0 all done."""
        if self.fenced:
            return 6
        if self.unknown or self.sims.unknown:
            return 7
        if self.sims.is_fatal or any(failed.is_fatal for failed in self.failed):
            return 9
        if self.is_complete:
            return 0
        is_stale = bool(self.stale or self.conflicts or self.sims.stale)
        return 4 if is_stale and not (self.failed or self.done) and self.sims.is_untouched else 5


def report_of(
    endings: Mapping[Address, Ending],
    *,
    fenced: str | None,
    interrupted: bool,
    recovered: Mapping[Address, str],
    run_id: str,
    sims: SimsReport,
) -> ApplyReport:
    """The report over the endings, in the plan's order."""
    found = list(endings.values())
    return ApplyReport(
        done=tuple(ending for ending in found if isinstance(ending, Succeeded)),
        already=tuple(ending for ending in found if isinstance(ending, AlreadyDone)),
        failed=tuple(ending for ending in found if isinstance(ending, Failed)),
        skipped=tuple(ending for ending in found if isinstance(ending, Skipped)),
        unknown=tuple(ending for ending in found if isinstance(ending, Unknown)),
        stale=tuple(ending for ending in found if isinstance(ending, Stale)),
        conflicts=tuple(ending for ending in found if isinstance(ending, Conflict)),
        fenced=fenced,
        interrupted=interrupted,
        recovered=recovered,
        run_id=run_id,
        sims=sims,
    )
