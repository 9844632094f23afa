"""Where the SIM part of a run is: its phases and its state. Pure values."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.apply.sims.batch import Batch
from reconciler.apply.sims.precondition import Known
from reconciler.apply.sims.waves import Wave
from reconciler.plan.outcomes import SimsAdvanced, SimsReport
from reconciler.plan.roster import RosterAction, RosterPlan


class SimsPhase(StrEnum):
    """The phase of the machine; see `reconciler.apply.sims.machine`."""

    LOOK = "look"
    SEND = "send"
    SAMPLE = "sample"
    SAMPLE_REST = "sample-rest"
    LOOK_AGAIN = "look-again"
    DRAIN = "drain"
    RESOLVE = "resolve"
    LAST_DRAIN = "last-drain"
    VERIFY = "verify"
    VERIFY_REST = "verify-rest"
    SETTLE = "settle"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimsState:
    """
    The SIM part of a run in progress.

    `bulk` are the actions for which one request takes many SIMs, `total` is how many changes of SIMs the plan has, and
    `keyed` are the SIMs whose key values it edits.
    `drain_seconds` is how long a request of unknown outcome may still land (A3). `coming` are the waves of the stage
    that are left; `wrong` are those of the SIMs looked at that are not as they were asked to be, after `polls` looks.
    `dealt_with` counts SIMs for progress, and `confirmed` those that were seen as they were asked to be. `unanswered`
    were uncertain before the verification.
    """

    plan: RosterPlan
    bulk: frozenset[RosterAction]
    drain_seconds: float
    known: Known
    total: int
    keyed: frozenset[str]
    phase: SimsPhase = SimsPhase.LOOK
    stage: int = 0
    coming: tuple[Wave, ...] = ()
    sample: tuple[Batch, ...] = ()
    wrong: frozenset[str] = frozenset()
    polls: int = 0
    now: float = 0.0
    believed_until: float = 0.0
    sent: tuple[Batch, ...] = ()
    never: tuple[Batch, ...] = ()
    left: frozenset[str] = frozenset()
    already: int = 0
    untried: int = 0
    dealt_with: int = 0
    is_unresolved: bool = False
    is_broken: bool = False
    is_fatal: bool = False
    is_stopped: bool = False
    unanswered: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    confirmed: int = 0

    @property
    def progress(self) -> SimsAdvanced:
        """How many changes of SIMs are dealt with, of how many."""
        return self.progress_with(0, 0, 0)

    def progress_with(self, done: int, left: int, refused: int) -> SimsAdvanced:
        """The same with the SIMs of the batches of a wave that have ended so far."""
        made = min(self.dealt_with + done, self.total) - len(self.left) - left
        return SimsAdvanced(max(0, made), self.total, len(self.known.refused) + refused)

    @property
    def report(self) -> SimsReport:
        """The outcome of the SIMs."""
        return SimsReport(
            done=self.confirmed,
            already=self.already,
            refused=tuple(sorted(self.known.refused.items())),
            stale=tuple(sorted(self.known.stale.items())),
            unknown=tuple(sorted(self.unknown)),
            untried=self.untried,
            is_fatal=self.is_fatal,
        )
