"""Applying a plan from the command line: progress on stderr, the report, the exit code."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

import click

from reconciler.apply.applier import apply_plan
from reconciler.cli import wiring
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.options import is_coloured
from reconciler.cli.session import Session
from reconciler.plan.needed_secrets import needed_secrets
from reconciler.plan.outcomes import ApplyReport, Outcome, SimsAdvanced
from reconciler.plan.plan import Plan
from reconciler.reports import progress
from reconciler.store.lock import IN_FLIGHT_SECONDS
from reconciler.store.store import Store

# What a shell reports for a program that a signal ended.
_EXIT_OF_SIGNAL = 128


def run(session: Session, plan: Plan, digest: str, *, parallelism: int, terminations: int | None = None) -> int:
    """
    Apply, report, and verify: the objects that were touched must be as planned afterwards (I19).

    Raises `SecretUnavailable` before anything is sent when the plan needs a secret that is not there.
    """
    command = click.get_current_context().command.name or "apply"
    wiring.require(needed_secrets(plan), wiring.SecretSource(session.root, session.environment.variables))
    with (
        _interruptible() as interruption,
        Store.open(session.location, create=True, environment=session.environment) as store,
        _noting(len(plan.changes)) as note,
    ):
        report = apply_plan(
            plan,
            control_plane=session.control_plane,
            store=store,
            environment=session.environment,
            plan_digest=digest,
            parallelism=parallelism,
            terminations=terminations,
            command=command,
            exit_of=interruption.exit_of,
            on_event=note,
            stop=interruption.stop,
            digest_secret=session.digest,
            # In this process a request is over when its call returns: nothing can land later.
            in_flight_seconds=0 if session.control_plane.is_local else IN_FLIGHT_SECONDS,
        )
    click.echo(progress.summary(report))
    if report.exit_code != ExitCode.FINE:
        click.echo(progress.how_to_go_on(report), err=True)
    return interruption.exit_of(report)


@contextmanager
def _noting(total: int) -> Iterator[Callable[[Outcome | SimsAdvanced], None]]:
    """Who is told what happens: a live bar on a terminal that can move its cursor, else lines."""
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield progress.Progress(total, say=lambda line: click.echo(line, err=True)).note
        return
    from rich.console import Console

    from reconciler.reports.live_progress import LiveProgress

    with LiveProgress(total, console=Console(file=sys.stderr, no_color=not is_coloured(sys.stderr))) as bar:
        yield bar.note


@dataclass(slots=True)
class _Interruption:
    """Whether a signal asked to stop, and which one: it decides the exit code (130 or 143)."""

    stop: threading.Event = field(default_factory=threading.Event)
    number: int | None = None

    def exit_of(self, report: ApplyReport) -> int:
        """What the program ends with: the signal decides, else the report."""
        return report.exit_code if self.number is None else _EXIT_OF_SIGNAL + self.number


@contextmanager
def _interruptible() -> Iterator[_Interruption]:
    """The first Ctrl-C lets what is in flight finish; a second one ends at once."""
    interruption = _Interruption()
    previous = {}

    def drain(number: int, frame: FrameType | None) -> None:
        if interruption.stop.is_set():
            raise KeyboardInterrupt
        interruption.number = number
        interruption.stop.set()
        click.echo("Interrupted: finishing what is in flight; once more ends at once.", err=True)

    for number in (signal.SIGINT, signal.SIGTERM):
        previous[number] = signal.signal(number, drain)
    try:
        yield interruption
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
