"""An apply as it goes, in lines for logs, and the report at its end; `live_progress` is for terminals."""

import sys
from collections.abc import Callable, Iterator

from reconciler.model.address import Address
from reconciler.plan.outcomes import (
    AlreadyDone,
    ApplyReport,
    Conflict,
    Ending,
    Failed,
    Outcome,
    PaceChange,
    RunEvent,
    SimsAdvanced,
    SimsReport,
    Skipped,
    Stale,
    Started,
    Succeeded,
    Unknown,
    report_of,
)
from reconciler.plan.plan import Plan
from reconciler.reports.diagnostics import escaped

_MOST_SIMS = 20


class Progress:
    """Says what happens in a line for each tenth, and one for each change that was begun and not made."""

    def __init__(self, total: int, *, say: Callable[[str], None]) -> None:
        self._total, self._say = total, say
        self._ended = 0
        self._made = 0
        self._tenths = 0
        self._sim_tenths = 0
        self._at_once = sys.maxsize

    def note(self, outcome: RunEvent) -> None:
        """One outcome."""
        if isinstance(outcome, SimsAdvanced):
            self._sims(outcome)
            return
        if isinstance(outcome, PaceChange):
            self._pace(outcome)
            return
        if isinstance(outcome, Started):
            return
        self._ended += 1
        if isinstance(outcome, Succeeded | AlreadyDone):
            self._made += 1
            if (tenths := self._made * 10 // max(1, self._total)) > self._tenths:
                self._tenths = tenths
                self._say(f"{self._made * 100 // self._total:>3} %  {self._made} of {self._total} changes")
        elif not isinstance(outcome, Skipped):
            # A change that was never begun is listed once, in the summary.
            self._say(f"[{self._ended}/{self._total}] {line(outcome)}")

    def _pace(self, pace: PaceChange) -> None:
        """Each time it falls, and once it is whole again."""
        if pace.at_once < self._at_once:
            self._say(f"the platform answers slowly: {pace.at_once} of {pace.most} requests at a time")
        elif pace.at_once == pace.most:
            self._say(f"{pace.most} requests at a time again")
        self._at_once = pace.at_once

    def _sims(self, advanced: SimsAdvanced) -> None:
        share = advanced.done * 10 // max(1, advanced.total)
        if share > self._sim_tenths:
            self._sim_tenths = share
            refused = f", {advanced.refused:,} refused" if advanced.refused else ""
            self._say(f"{share * 10:>3} %  {advanced.done:,} of {advanced.total:,} SIM changes{refused}")


class Tally:
    """
    How far a run has come, from what it says.

    Takes no lock: it is asked in the handler of a signal too, which may have interrupted anything.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._started: dict[Address, Started] = {}
        self._endings: dict[Address, Ending] = {}
        self._sims: SimsAdvanced | None = None

    def note(self, outcome: RunEvent) -> None:
        """One outcome."""
        if isinstance(outcome, SimsAdvanced):
            self._sims = outcome
        elif isinstance(outcome, Started):
            self._started[outcome.address] = outcome
        elif not isinstance(outcome, PaceChange):
            self._endings[outcome.address] = outcome

    @property
    def has_begun(self) -> bool:
        """Whether anything was begun or decided."""
        return bool(self._started or self._endings or self._sims)

    def broken_off(self) -> str:
        """The summary of a run that an error ended."""
        endings = dict(self._endings)
        for change in self._plan.changes:
            if change.address in endings:
                continue
            if change.address in self._started:
                why = "it was broken off; what became of it is found out by the next run"
                endings[change.address] = Unknown(change.address, change.action, why)
            else:
                endings[change.address] = Skipped(change.address, change.action, "the run broke off")
        report = report_of(endings, fenced=None, interrupted=False, recovered={}, run_id="", sims=SimsReport())
        if self._plan.roster.is_empty:
            return summary(report)
        sims = "SIMs: not begun."
        if self._sims is not None:
            sims = f"SIMs: {self._dealt_with()}; the next apply reads first where each of them is."
        return "\n".join([_head(report, is_complete=False), sims, *_not_made(report)])

    def ended_at_once(self) -> str:
        """The state at this moment in one line, and in a second one how to go on."""
        made = sum(isinstance(ending, Succeeded | AlreadyDone) for ending in self._endings.values())
        ended = len(self._endings)
        under_way = sum(address not in self._endings for address in self._started)
        parts = [f"{made} done"]
        for name, count in (
            ("not made", ended - made),
            ("under way", under_way),
            ("not begun", len(self._plan.changes) - ended - under_way),
        ):
            if count:
                parts.append(f"{count} {name}")
        sentences = [", ".join(parts)] if self._plan.changes else []
        if not self._plan.roster.is_empty:
            sentences.append("SIMs: not begun" if self._sims is None else f"SIMs: {self._dealt_with()}")
        counted = f"Ended at once: {'; '.join(sentences)}."
        if not under_way and self._sims is None:
            return f"{counted}\nhint: go on with `reconciler apply`."
        return (
            f"{counted} The next run finds out the outcome of the requests under way.\n"
            "hint: go on with `reconciler recover`; every apply does the same first."
        )

    def _dealt_with(self) -> str:
        sims = self._sims or SimsAdvanced(0, 0)
        return f"{sims.done:,} of {sims.total:,} dealt with, up to {sims.total - sims.done:,} under way or not begun"


def sims_summary(report: SimsReport) -> str:
    """The outcome of the SIMs, in one line and one for each that is not as planned."""
    parts = [f"{report.done:,} done"]
    for name, count in (
        ("already done", report.already),
        ("refused", len(report.refused)),
        ("stale", len(report.stale)),
        ("unknown", len(report.unknown)),
        ("not begun", report.untried),
    ):
        if count:
            parts.append(f"{count:,} {name}")
    lines = [f"SIMs: {', '.join(parts)}."]
    if report.skipped is not None:
        return f"SIMs: skipped {_because(report.skipped)}."
    for word, found in (("refused", report.refused), ("STALE", report.stale)):
        lines.extend(f"  {iccid}: {word}: {escaped(why)}" for iccid, why in found[:_MOST_SIMS])
        if len(found) > _MOST_SIMS:
            lines.append(f"  and {len(found) - _MOST_SIMS:,} more {word.lower()}")
    return "\n".join(lines)


def line(outcome: Outcome) -> str:
    """One outcome in one line."""
    name = escaped(str(outcome.address))
    match outcome:
        case Started():
            return f"{name}: started"
        case Succeeded():
            return f"{name}: {outcome.action.past}"
        case AlreadyDone():
            return f"{name}: already done"
        case Failed():
            return f"{name}: FAILED: {escaped(outcome.reason)}"
        case Skipped():
            return f"{name}: skipped {_because(outcome.because)}"
        case Unknown():
            return f"{name}: UNKNOWN: {escaped(outcome.reason)}"
        case Stale():
            return f"{name}: STALE: {escaped(outcome.reason)}"
        case Conflict():
            return f"{name}: CONFLICT: {escaped(outcome.reason)}"


def _because(reason: str) -> str:
    """An address or a sentence, in its words."""
    return f"because {escaped(reason)}" if " " in reason else f"because of {escaped(reason)}"


def summary(report: ApplyReport) -> str:
    """The result of an apply, with the name of every change that was not made."""
    lines = [_head(report, is_complete=report.is_complete)]
    if report.sims != SimsReport():
        lines.append(sims_summary(report.sims))
    return "\n".join([*lines, *_not_made(report)])


def _head(report: ApplyReport, *, is_complete: bool) -> str:
    parts = []
    for name, found in (
        ("done", report.done),
        ("already done", report.already),
        ("failed", report.failed),
        ("skipped", report.skipped),
        ("unknown", report.unknown),
        ("stale", report.stale),
        ("in conflict", report.conflicts),
    ):
        if found or (name == "done" and report.sims == SimsReport()):
            parts.append(f"{len(found)} {name}")
    head = "Apply complete" if is_complete else "Apply not complete"
    return f"{head}: {', '.join(parts)}." if parts else f"{head}."


def _not_made(report: ApplyReport) -> Iterator[str]:
    endings: tuple[Outcome, ...] = (*report.failed, *report.unknown, *report.stale, *report.conflicts, *report.skipped)
    for ending in endings:
        yield f"  {line(ending)}"
        if isinstance(ending, Failed) and ending.hint:
            yield f"    hint: {escaped(ending.hint)}"


def how_to_go_on(report: ApplyReport) -> str:
    """The next step after an apply that did not make every change."""
    if report.fenced:
        return f"error: {escaped(report.fenced)}\nhint: run `reconciler apply` again when the other run has ended."
    if report.unknown or report.sims.unknown:
        return "hint: run `reconciler apply` again: it finds out first what became of the unknown requests."
    if report.stale or report.conflicts or report.sims.stale:
        return "hint: the platform moved since the plan was made; run `reconciler plan` again and have it reviewed."
    if report.interrupted and not (report.failed or report.sims.refused):
        return "hint: nothing is lost; go on with `reconciler apply`."
    return "hint: nothing is lost; mend what failed and run `reconciler apply` again."


AFTER_AN_ERROR = "hint: when that is mended, go on with `reconciler recover`; every apply does the same first."
"""The next step after an error that broke an apply off."""
