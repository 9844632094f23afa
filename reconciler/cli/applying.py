"""Applying a plan from the command line: progress on stderr, the report, the exit code."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from reconciler.apply.applier import apply_plan
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.guarding import consents_of
from reconciler.cli.interruption import CURRENT
from reconciler.cli.main import show_error
from reconciler.cli.options import is_coloured
from reconciler.cli.secret_source import require
from reconciler.cli.session import Session
from reconciler.errors import LockError, OutputError, ReconcilerError, StalePlan
from reconciler.model.secret import UNKEYED, SecretRef
from reconciler.plan.needed_secrets import differing_secrets, needed_secrets
from reconciler.plan.outcomes import ApplyReport, Outcome, SimsAdvanced
from reconciler.plan.plan import Plan
from reconciler.reports import progress
from reconciler.store.lock import IN_FLIGHT_SECONDS
from reconciler.store.store import Store


def run(session: Session, plan: Plan, digest: str, *, parallelism: int) -> int:
    """
    Apply, report, and verify: the objects that were touched must be as planned afterwards (I19).

    Raises `SecretUnavailable` before anything is sent when the plan needs a secret that is not there.
    """
    command = (click.get_current_context().command.name or "apply") + consents_of(plan)
    require(needed_secrets(plan), session.secrets)
    _compare_secrets(plan, session)
    tally = progress.Tally(plan)
    try:
        with (
            CURRENT.draining(tally.ended_at_once),
            _store(session) as store,
            _noting(len(plan.changes)) as show,
        ):

            def note(outcome: Outcome | SimsAdvanced) -> None:
                tally.note(outcome)
                show(outcome)

            report = apply_plan(
                plan,
                control_plane=session.control_plane,
                store=store,
                environment=session.environment,
                plan_digest=digest,
                parallelism=parallelism,
                limits=session.limits,
                scope=session.loaded.configuration.scope,
                command=command,
                exit_of=_exit_of,
                on_event=note,
                stop=CURRENT.stop,
                digest_secret=session.digest,
                # In this process a request is over when its call returns: nothing can land later.
                in_flight_seconds=0 if session.control_plane.is_local else IN_FLIGHT_SECONDS,
            )
    except ReconcilerError as error:
        if not tally.has_begun:
            raise
        return _broken_off(error, tally)
    _show_result(progress.summary(report), _exit_of(report))
    if report.exit_code != ExitCode.FINE:
        click.echo(progress.how_to_go_on(report), err=True)
    return _exit_of(report)


def _compare_secrets(plan: Plan, session: Session) -> None:
    """Raise `StalePlan` for a secret that is another one than the plan shows: it would be sent unseen."""

    def digest(value: SecretRef | str) -> str | None:
        found = session.secrets.find(value) if isinstance(value, SecretRef) else value
        made = None if found is None else session.digest(found)
        return None if made == UNKEYED else made

    for address, path in differing_secrets(plan, digest):
        message = f"the secret {path} of {address} is another one than when the plan was made; nothing was changed"
        raise StalePlan(message, hint="plan again and look at what is different now")


def note_as_applied(session: Session, plan: Plan) -> None:
    """
    Note that all SIMs are as these manifests say, where an edit of them changed nothing: `drift` compares with it.

    A run that holds the lock notes by itself what it makes of them.
    """
    with _store(session) as store:
        if store.sims_as_of() == plan.basis.manifests:
            return
        try:
            epoch = store.acquire(session.environment.new_id())
        except LockError:
            return
        try:
            store.note_sims(epoch, plan.basis.manifests, plan.roster.standing)
        finally:
            store.release(epoch)


def _store(session: Session) -> Store:
    estate = session.loaded.configuration.name
    return Store.open(session.location, estate=estate, create=True, environment=session.environment)


def _exit_of(report: ApplyReport) -> int:
    """What the program ends with: the signal decides, else the report."""
    return report.exit_code if CURRENT.number is None else CURRENT.exit_code


def _broken_off(error: ReconcilerError, tally: progress.Tally) -> int:
    """Say how far a run came that an error ended, and how to go on."""
    _show_result(tally.broken_off(), error.exit_code)
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
def _noting(total: int) -> Iterator[Callable[[Outcome | SimsAdvanced], None]]:
    """Who is told what happens: a live bar on a terminal that can move its cursor, else lines."""
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield progress.Progress(total, say=lambda line: click.echo(line, err=True)).note
        return
    from rich.console import Console

    from reconciler.reports.live_progress import LiveProgress

    with LiveProgress(total, console=Console(file=sys.stderr, no_color=not is_coloured(sys.stderr))) as bar:
        yield bar.note
