"""Applying a plan from the command line: progress on stderr, the report, the exit code."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from reconciler.apply.applier import apply_plan
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.session import Session
from reconciler.plan.plan import Plan
from reconciler.reports import progress
from reconciler.store.lock import IN_FLIGHT_SECONDS
from reconciler.store.store import Store


def run(session: Session, plan: Plan, digest: str, *, parallelism: int, terminations: int | None = None) -> int:
    """Apply, report, and verify: the objects that were touched must be as planned afterwards (I19)."""
    shown = progress.Progress(
        len(plan.changes), is_terminal=sys.stderr.isatty(), say=lambda line: click.echo(line, err=True)
    )
    with _interruptible() as stop, Store.open(session.location, create=True, environment=session.environment) as store:
        report = apply_plan(
            plan,
            control_plane=session.control_plane,
            store=store,
            environment=session.environment,
            plan_digest=digest,
            parallelism=parallelism,
            terminations=terminations,
            on_event=shown.note,
            stop=stop,
            digest_secret=session.digest,
            # In this process a request is over when its call returns: nothing can land later.
            in_flight_seconds=0 if session.control_plane.is_local else IN_FLIGHT_SECONDS,
        )
        is_interrupted = stop.is_set()
    click.echo(progress.summary(report))
    if report.exit_code != ExitCode.FINE:
        click.echo(progress.how_to_go_on(report), err=True)
    if is_interrupted:
        return ExitCode.INTERRUPTED
    return int(report.exit_code)


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """The first Ctrl-C lets what is in flight finish; a second one ends at once."""
    stop = threading.Event()
    previous = {}

    def drain(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        click.echo("Interrupted: finishing what is in flight; once more ends at once.", err=True)

    for number in (signal.SIGINT, signal.SIGTERM):
        previous[number] = signal.signal(number, drain)
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
