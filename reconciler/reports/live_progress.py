"""An apply as it goes, on a terminal: a bar with done, failed, total, rate and time left, and what is worth a line."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from reconciler.plan.outcomes import AlreadyDone, PaceChange, RunEvent, SimsAdvanced, Skipped, Started, Succeeded
from reconciler.reports.progress import line

# Above this many changes only those that were not made get a line: the bar says the rest.
_MOST_LINES = 200
_MINUTE, _HOUR = 60, 3600
# A rate over less than this says nothing.
_TELLING_SECONDS = 1.0
# From here on a rate needs no decimal.
_FAST = 10


class LiveProgress:
    """A bar for the changes and, when SIMs are dealt with, one for the SIMs; gone when it is left. Thread-safe."""

    def __init__(self, total: int, *, console: Console) -> None:
        self._total, self._console = total, console
        self._failed = 0
        self._sims: TaskID | None = None
        columns: list[ProgressColumn] = [
            TextColumn("{task.description}"),
            BarColumn(bar_width=None, complete_style="cyan", finished_style="green"),
            _Counts(),
            _Rate(),
            _TimeLeft(),
        ]
        self._bars = Progress(*columns, console=console, transient=True, expand=True)
        self._changes = self._bars.add_task("changes", total=total, visible=total > 0, failed=0)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def note(self, outcome: RunEvent) -> None:
        """One outcome."""
        if isinstance(outcome, Started):
            return
        if isinstance(outcome, PaceChange):
            pace = "" if outcome.at_once == outcome.most else f", {outcome.at_once} at a time"
            for name in self._bars.tasks:
                self._bars.update(name.id, description=name.description.partition(",")[0] + pace)
            return
        if isinstance(outcome, SimsAdvanced):
            if self._sims is None:
                self._sims = self._bars.add_task("SIM changes", total=outcome.total, failed=0)
            self._bars.update(self._sims, completed=outcome.done, total=outcome.total, failed=outcome.refused)
            return
        if isinstance(outcome, Skipped):
            # A change that was never begun is listed once, in the summary.
            return
        is_made = isinstance(outcome, Succeeded | AlreadyDone)
        self._failed += not is_made
        if not is_made or self._total <= _MOST_LINES:
            # As it is: no markup, no highlighting, and folded by words.
            self._console.print(Text(line(outcome), style="" if is_made else "red"), soft_wrap=False)
        self._bars.update(self._changes, advance=1, failed=self._failed)


class _Counts(ProgressColumn):
    """Done of total, and how many of them failed."""

    def render(self, task: Task) -> Text:
        text = Text(f"{int(task.completed):,}/{int(task.total or 0):,}")
        if failed := task.fields["failed"]:
            text.append(f", {failed:,} failed", style="red")
        return text


class _Rate(ProgressColumn):
    """How many a second, over the last moments."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if not speed or (task.elapsed or 0) < _TELLING_SECONDS:
            return Text("")
        return Text(f"{speed:,.0f}/s" if speed >= _FAST else f"{speed:.1f}/s")


class _TimeLeft(ProgressColumn):
    """How long it will still take, as far as the rate tells."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        seconds = task.time_remaining
        if seconds is None or task.finished or (task.elapsed or 0) < _TELLING_SECONDS:
            return Text("")
        whole = int(seconds)
        hours, minutes = whole // _HOUR, whole % _HOUR // _MINUTE
        clock = f"{hours}:{minutes:02d}:{whole % _MINUTE:02d}" if hours else f"{minutes}:{whole % _MINUTE:02d}"
        return Text(f"{clock} left")
