"""An apply as it goes, in lines for logs, and the report at its end; `live_progress` is for terminals."""

from collections.abc import Callable

from reconciler.plan.outcomes import (
    AlreadyDone,
    ApplyReport,
    Conflict,
    Failed,
    Outcome,
    SimsAdvanced,
    SimsReport,
    Skipped,
    Stale,
    Started,
    Succeeded,
    Unknown,
)
from reconciler.reports.diagnostics import escaped

_MOST_SIMS = 20


class Progress:
    """Says what happens in a line for each tenth, and one for each change that was not made."""

    def __init__(self, total: int, *, say: Callable[[str], None]) -> None:
        self._total, self._say = total, say
        self._done = 0
        self._tenths = 0
        self._sim_tenths = 0

    def note(self, outcome: Outcome | SimsAdvanced) -> None:
        """One outcome."""
        if isinstance(outcome, SimsAdvanced):
            self._sims(outcome)
            return
        if isinstance(outcome, Started):
            return
        self._done += 1
        if not isinstance(outcome, Succeeded | AlreadyDone):
            self._say(f"[{self._done}/{self._total}] {line(outcome)}")
        elif (tenths := self._done * 10 // max(1, self._total)) > self._tenths:
            self._tenths = tenths
            self._say(f"{self._done * 100 // self._total:>3} %  {self._done} of {self._total} changes")

    def _sims(self, advanced: SimsAdvanced) -> None:
        share = advanced.done * 10 // max(1, advanced.total)
        if share > self._sim_tenths:
            self._sim_tenths = share
            refused = f", {advanced.refused:,} refused" if advanced.refused else ""
            self._say(f"{share * 10:>3} %  {advanced.done:,} of {advanced.total:,} SIM changes{refused}")


def sims_summary(report: SimsReport) -> str:
    """What became of the SIMs, in one line and one for each that is not as planned."""
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
    """What was done and what was not, with every change that was not made by name."""
    parts = [f"{len(report.done)} done"]
    for name, found in (
        ("already done", report.already),
        ("failed", report.failed),
        ("skipped", report.skipped),
        ("unknown", report.unknown),
        ("stale", report.stale),
        ("in conflict", report.conflicts),
    ):
        if found:
            parts.append(f"{len(found)} {name}")
    head = "Apply complete" if report.is_complete else "Apply not complete"
    lines = [f"{head}: {', '.join(parts)}."]
    if report.sims != SimsReport():
        lines.append(sims_summary(report.sims))
    endings: tuple[Outcome, ...] = (*report.failed, *report.unknown, *report.stale, *report.conflicts, *report.skipped)
    for ending in endings:
        lines.append(f"  {line(ending)}")
        if isinstance(ending, Failed) and ending.hint:
            lines.append(f"    hint: {escaped(ending.hint)}")
    return "\n".join(lines)


def how_to_go_on(report: ApplyReport) -> str:
    """What to do next after an apply that did not make every change."""
    if report.fenced:
        return f"{escaped(report.fenced)}\nhint: run `reconciler apply` again when the other run has ended."
    if report.unknown or report.sims.unknown:
        return "hint: run `reconciler apply` again: it finds out first what became of the unknown requests."
    if report.stale or report.conflicts or report.sims.stale:
        return "hint: the platform moved since the plan was made; run `reconciler plan` again and have it reviewed."
    return "hint: nothing is lost; mend what failed and run `reconciler apply` again."
