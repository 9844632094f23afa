"""Applying from the command line: the questions, progress on stderr, the report, the exit code."""

import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.interruption import CURRENT
from reconciler.cli.main import show_error
from reconciler.cli.options import again, is_coloured, is_interactive
from reconciler.cli.output import show_plan, view_of
from reconciler.errors import LockError, OutputError, ReconcilerError
from reconciler.operations.apply import PlanRefused, Review
from reconciler.reports import progress
from reconciler.reports.guards import way_on
from reconciler.reports.viewing import view_without_plan

if TYPE_CHECKING:
    from reconciler.cli.reporting import Reports
    from reconciler.operations.apply import (
        ApplyReport,
        Guard,
        GuardResult,
        Plan,
        Planned,
        RunEvent,
        Watcher,
    )


def applied(
    operation: "Callable[[Review], ApplyReport | None]",
    *,
    is_approved: bool,
    verbose: bool,
    reports: "Reports | None" = None,
    planned: "Planned | None" = None,
    words: "Callable[[Plan], Sequence[str]]" = lambda _: (),
    implied: "Collection[Guard]" = (),
) -> int:
    """
    Carry out an operation that changes things, and report: the exit code.

    A refusal says how the command is given again: with `words`, which imply the consents to `implied` guards. `reports`
    are written before the exit code is chosen; they are about `planned`, or the plan that is made on the way.
    """
    told = _Told(reports, planned)
    tallies: list[progress.Tally] = []

    @contextmanager
    def watch(plan: "Plan") -> "Iterator[Watcher]":
        told.plan = plan
        tally = progress.Tally(plan)
        tallies.append(tally)
        with CURRENT.draining(tally.ended_at_once), _noting(len(plan.changes)) as show:

            def note(outcome: "RunEvent") -> None:
                tally.note(outcome)
                show(outcome)

            yield note

    review = Review(
        show=lambda planned: told.show(planned, verbose=verbose),
        number=_number if is_interactive() else None,
        approve=_approved if not is_approved else Review().approve,
        watch=watch,
        exit_of=_exit_of,
    )
    try:
        report = operation(review)
    except PlanRefused as error:
        told.plan = error.plan
        told.write(code=ExitCode.REFUSED)
        return _turned_away(error.plan, *words(error.plan), implied=implied)
    except ReconcilerError as error:
        if not any(tally.has_begun for tally in tallies):
            raise
        result = tallies[0].broken_off()
        told.write(code=error.exit_code, result=result, error=error)
        return _broken_off(error, result)
    if report is None:
        told.write(code=ExitCode.FINE)
        return ExitCode.FINE
    told.write(code=_exit_of(report), result=progress.summary(report), outcome=report)
    _show_result(progress.summary(report), _exit_of(report))
    if report.exit_code != ExitCode.FINE:
        click.echo(progress.how_to_go_on(report), err=True)
    return _exit_of(report)


@dataclass(slots=True)
class _Told:
    """The plan of an apply as it was judged last, which its reports are about."""

    reports: "Reports | None"
    planned: "Planned | None"
    plan: "Plan | None" = None

    def show(self, planned: "Planned", *, verbose: bool) -> None:
        """Show a plan that was made on the way, and keep it for the reports."""
        self.planned = planned
        is_taken = self.reports is not None and self.reports.take_standard_output
        # A report on standard output has it for itself.
        with redirect_stdout(sys.stderr) if is_taken else nullcontext():
            show_plan(planned, verbose=verbose)

    def write(
        self,
        *,
        code: int,
        result: str = "",
        outcome: "ApplyReport | None" = None,
        error: ReconcilerError | None = None,
    ) -> None:
        """Write the reports, if any were asked for; without a plan they say that there was none."""
        if self.reports is None or not self.reports.files:
            return
        context = replace(
            self.reports.context, exit_code=code, result=tuple(filter(None, result.split("\n"))), outcome=outcome
        )
        if error is not None:
            context = replace(context, error=str(error), hint=error.hint)
        if self.planned is None:
            self.reports.write(view_without_plan(context))
            return
        found = self.planned if self.plan is None else replace(self.planned, plan=self.plan)
        self.reports.write(view_of(found, context))


def _number(result: "GuardResult") -> str:
    """The number that a person types to allow what a guard refuses."""
    click.echo(f"{result.guard}: {result.message}", err=True)
    typed: str = click.prompt("Type the number to allow it", default="", show_default=False, err=True)
    return typed


def _approved() -> bool:
    if click.confirm("Apply these changes?", default=False, err=True):
        return True
    click.echo("Nothing was sent.", err=True)
    return False


def _turned_away(plan: "Plan", *words: str, implied: "Collection[Guard]") -> int:
    """Say why a plan is refused, and how the command is given again."""
    for result in plan.objections():
        click.echo(f"refused [{result.guard}]: {result.message}", err=True)
    command = again(click.get_current_context().command.name or "apply", *words)
    click.echo(f"Nothing was sent. {way_on(plan, command, implied=implied)}", err=True)
    return ExitCode.REFUSED


def _exit_of(report: "ApplyReport") -> int:
    """The exit code of the program: the signal decides, else the report."""
    return report.exit_code if CURRENT.number is None else CURRENT.exit_code


def _broken_off(error: ReconcilerError, result: str) -> int:
    """Say how far a run came that an error ended, and how to go on."""
    _show_result(result, error.exit_code)
    show_error(error)
    if not isinstance(error, LockError):
        click.echo(progress.AFTER_AN_ERROR, err=True)
    return error.exit_code


def _show_result(text: str, code: int) -> None:
    """The summary, on stderr where stdout does not take it; what the run itself has to say by `code` comes first."""
    try:
        click.echo(text)
    except OutputError as error:
        click.echo(text, err=True)
        if code == ExitCode.FINE:
            raise
        show_error(error)


@contextmanager
def _noting(total: int) -> "Iterator[Watcher]":
    """The watcher of the run: a live bar on a terminal that can move its cursor, else lines."""
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield progress.Progress(total, say=lambda line: click.echo(line, err=True)).note
        return
    from rich.console import Console

    from reconciler.reports.live_progress import LiveProgress

    with LiveProgress(total, console=Console(file=sys.stderr, no_color=not is_coloured(sys.stderr))) as bar:
        yield bar.note
