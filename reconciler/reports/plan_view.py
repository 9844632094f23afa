"""
The view of a plan: everything that a report shows, computed once and frozen.

Each format is a rendering of this one value, so that no report can say something else than another. The parts that only
some runs can know (whose change it is, waived findings) are slots: None, or empty, where they were not computed, and
then named under *Not determined*.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from reconciler.diagnostics import Diagnostic
from reconciler.model.address import Address
from reconciler.plan.change import Change, entries_of
from reconciler.plan.flows import Flow, Peer
from reconciler.plan.lookalikes import Lookalike, lookalikes
from reconciler.plan.outcomes import ApplyReport
from reconciler.plan.plan import Drift, GuardResult, Plan
from reconciler.plan.provenance import Provenance
from reconciler.plan.roster import RosterChange, RosterPlan
from reconciler.plan.sim_drift import SimDrift
from reconciler.plan.traffic import PolicyPair


class Going(StrEnum):
    """The answer to *May it go?*."""

    OK = "OK"
    NEEDS_CONSENT = "NEEDS CONSENT"
    REFUSED = "REFUSED"


class Danger(StrEnum):
    """The sections of a report, the gravest first."""

    IRREVERSIBLE = "Cannot be undone"
    DESTRUCTIVE = "Deleted or replaced"
    DISRUPTIVE = "Reaches SIMs"
    HARMLESS = "Other changes"


class Purpose(StrEnum):
    """The command that a report is about."""

    PLAN = "plan"
    APPLY = "apply"
    DRIFT = "drift"
    VALIDATE = "validate"


@dataclass(frozen=True, slots=True)
class Share:
    """So many changes of one sort, and the names of some of them: "3 EndpointGroup deleted"."""

    what: str
    count: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """
    The answers to the five questions of a reviewer, in their order.

    `by` names what objects, the worst first, `why` and `next_step` speak of the worst; `consents` are those that hold,
    as ``GUARD=NUMBER``. `sims` of `all_sims` are touched, None where that is not known. `origins` counts the changes by
    their cause; None where it is not known whose they are.
    """

    going: Going
    by: tuple[str, ...] = ()
    why: str = ""
    next_step: str = ""
    consents: tuple[str, ...] = ()
    sims: int | None = None
    all_sims: int | None = None
    irreversible: tuple[Share, ...] = ()
    destroyed: tuple[Share, ...] = ()
    changes: int = 0
    origins: Mapping[Provenance, int] | None = None


@dataclass(frozen=True, slots=True)
class ReportItem:
    """
    One entry of a report: one change of an object, several that are alike, one action on SIMs, or edits of SIMs.

    `files` are the places in the manifests that they come from, each once.
    """

    changes: tuple[Change, ...] = ()
    sims: RosterChange | None = None
    edits: RosterPlan | None = None
    files: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many changes these are: an action on SIMs is one for each SIM, an edit of what is adopted is two."""
        if self.sims is not None:
            return self.sims.count
        if self.edits is not None:
            return len(self.edits.edits)
        return sum(1 for _ in entries_of(self.changes))


@dataclass(frozen=True, slots=True)
class TrafficEffect:
    """
    The packets that some SIMs have another outcome for, in words: one line for each part, its sign first.

    `title` says which policies were compared; pairs of policies that differ in the same way are one effect.
    """

    title: str
    sims: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The items of one danger."""

    danger: Danger
    items: tuple[ReportItem, ...]


@dataclass(frozen=True, slots=True)
class WaivedFinding:
    """A finding of a guard that a waiver covers: who approved it, until when, why, and where that is written."""

    guard: str
    approver: str
    expires: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContext:
    """
    Everything that a report shows and the plan does not have.

    `waived` are findings that a waiver covers. `undetermined` are sentences on what was not read or not computed.
    `since` says how the plan differs from an earlier one. `error` ended the command, `diagnostics` are about the
    manifests. `result` says what was done in lines, and `outcome` has it by address.
    """

    purpose: Purpose = Purpose.PLAN
    estate: str = ""
    waived: tuple[WaivedFinding, ...] = ()
    undetermined: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    error: str | None = None
    hint: str | None = None
    result: tuple[str, ...] = ()
    outcome: ApplyReport | None = None
    drift: tuple[Drift, ...] = ()
    sim_drift: tuple[SimDrift, ...] = ()
    exit_code: int = 0


NO_CONTEXT = ReportContext()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """
    Everything that a report shows.

    `plan` and `digest` are None where the command ended before there was a plan. `provenances` says whose the change of
    an object is; it is empty where no base was named. `verdicts` are those of all guards:
    refusals, consents, warnings, then those that passed.
    """

    context: ReportContext
    answers: Answers
    plan: Plan | None = None
    digest: str | None = None
    sections: tuple[Section, ...] = ()
    verdicts: tuple[GuardResult, ...] = ()
    flows: tuple[Flow, ...] = ()
    peers: tuple[Peer, ...] = ()
    pairs: tuple[PolicyPair, ...] = ()
    traffic: tuple[TrafficEffect, ...] = ()
    provenances: Mapping[Address, Provenance] = field(default_factory=lambda: MappingProxyType({}))
    undetermined: tuple[str, ...] = ()

    @property
    def estate(self) -> str:
        """The name of the estate."""
        return self.plan.basis.estate if self.plan else self.context.estate

    @property
    def drift(self) -> tuple[Drift, ...]:
        """The objects that changed on the platform."""
        return self.plan.drift if self.plan else self.context.drift

    @property
    def lists(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The lists of sentences between the first screen and the changes, with their titles; some may be empty."""
        result, since = self.context.result, self.context.since
        renamed = tuple(map(_perhaps_renamed, lookalikes(self.plan.changes))) if self.plan else ()
        return (
            ("Result", result),
            ("Not determined", self.undetermined),
            ("Perhaps renamed", renamed),
            ("Since the last plan", since),
        )


def _perhaps_renamed(pair: Lookalike) -> str:
    return (
        f"{pair.new} looks like {pair.old}, which would be deleted. If it is the same object under a new name, "
        f"write in its metadata: annotations: {{reconciler.dev/renamed-from: {pair.old.name}}}"
    )
