"""``reconciler apply``."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import PlanFileError, UsageError

if TYPE_CHECKING:
    from reconciler.cli.session import Session
    from reconciler.plan.limits import Guard
    from reconciler.plan.plan import Plan

parallelism = click.option(
    "--parallelism", type=click.IntRange(1, 64), default=10, show_default=True, help="Requests at the same time."
)
auto_approve = click.option("--auto-approve", "--yes", "-y", "approved", is_flag=True, help="Do not ask.")


@click.command(name="apply")
@click.argument("plan_file", metavar="[PLAN]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@options.chdir
@options.the_only_files
@options.prune
@options.platform
@click.option("--expect", metavar="DIGEST", help="Refuse unless the plan has this digest, e.g. from the approval.")
@auto_approve
@parallelism
@options.adopt
@options.guards
@click.option("--verbose", "-v", is_flag=True, help="List every change, also identical ones.")
@options.colour
def command(
    *,
    plan_file: Path | None,
    root: Path,
    paths: tuple[str, ...],
    prunes: bool,
    origin: str | None,
    token_file: Path | None,
    token_argument: str | None,
    wire_table: Path | None,
    expect: str | None,
    approved: bool,
    parallelism: int,
    adopt: bool,
    verbose: bool,
) -> int:
    """
    Make the changes of a plan, once, in the right order.

    With a PLAN file exactly that is done, or refused: nothing is planned anew. Without one, a plan is made, shown and
    asked about. Without a terminal that needs --auto-approve, or a plan file with --expect.
    """
    from reconciler.cli.session import opened
    from reconciler.cli.wiring import Platform, is_interactive
    from reconciler.plan.needed_secrets import needed_secrets
    from reconciler.plan.planfile import load

    if plan_file is not None and (paths or adopt):
        message = "a plan file is complete; it cannot be combined with --file or --adopt"
        raise UsageError(message, hint="leave out one of the two")
    if plan_file is not None and not (expect or approved or is_interactive()):
        message = "without a terminal a plan file needs --expect with the digest that was approved"
        raise UsageError(message, hint="add --expect sha256:…, or --auto-approve")
    if plan_file is None and not (approved or is_interactive()):
        message = "nobody can be asked for approval here"
        raise UsageError(message, hint="add --auto-approve, or apply a plan file with --expect")
    saved = load(plan_file) if plan_file is not None else None
    platform = Platform(origin, token_file, token_argument, wire_table)
    needed = needed_secrets(saved[0]) if saved is not None else {}
    with opened(root, platform, paths=paths, create=True, needed=needed) as session:
        if saved is None:
            planned = session.plan(prunes=prunes, adopting=adopt)
            plan, digest = planned.plan, planned.digest
            from reconciler.cli.commands.plan import show_plan

            show_plan(plan, digest, verbose=verbose)
        else:
            plan, digest = _as_of_now(saved[0], session), saved[1]
        if expect is not None and expect != digest:
            message = f"the plan has the digest {digest}, not the expected {expect[:80]}"
            raise PlanFileError(message, hint="have this plan reviewed, or apply the one that was")
        code = carry_out(plan, digest, session, is_approved=approved or plan_file is not None, parallelism=parallelism)
        if saved is None and code == ExitCode.FINE:
            _note_sims(plan, session)
        return code


def _note_sims(plan: "Plan", session: "Session") -> None:
    """Without changes no run notes what SIMs are as."""
    if plan.roster.managed and not plan.has_work and not session.loaded.is_partial:
        from reconciler.cli.applying import note_as_applied

        note_as_applied(session, plan)


def _as_of_now(plan: "Plan", session: "Session") -> "Plan":
    """A plan from a file under the limits and the scope of whoever applies it. Raises `PlanFileError`."""
    from reconciler.cli.guarding import judged
    from reconciler.model.inventory import Inventory
    from reconciler.plan.scoping import bounded

    inventory = session.inventory or Inventory(None, estate=session.loaded.configuration.name)
    # Whether an apply of the plan has begun is in the journal, which the run reads.
    if (error := plan.basis.objection_to(session.control_plane.account(), inventory, is_begun=True)) is not None:
        raise error
    return bounded(judged(plan, session.limits), session.loaded.configuration.scope)


def carry_out(
    plan: "Plan",
    digest: str,
    session: "Session",
    *,
    is_approved: bool,
    parallelism: int,
) -> int:
    """Refuse, ask, or apply a plan that was judged."""
    from reconciler.cli.guarding import asked
    from reconciler.cli.wiring import is_interactive

    if plan.objections() and is_interactive():
        plan = asked(plan, session.limits)
    if plan.objections():
        return turned_away(plan)
    if not plan.has_work:
        return ExitCode.FINE
    if not is_approved and not click.confirm("Apply these changes?", default=False, err=True):
        click.echo("Nothing was sent.", err=True)
        return ExitCode.FINE
    from reconciler.cli.applying import run

    return run(session, plan, digest, parallelism=parallelism)


def turned_away(plan: "Plan", *words: str, implied: "Collection[Guard]" = ()) -> int:
    """Say why a plan is refused, and how the command is given again: with `words`, which imply these consents."""
    from reconciler.cli.guarding import again, way_on

    for result in plan.objections():
        click.echo(f"refused [{result.guard}]: {result.message}", err=True)
    command = again(click.get_current_context().command.name or "apply", *words)
    click.echo(f"Nothing was sent. {way_on(plan, command, implied=implied)}", err=True)
    return ExitCode.REFUSED
