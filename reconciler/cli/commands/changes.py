"""Commands that change things: ``apply``, ``adopt`` and ``destroy``."""

from collections.abc import Sequence
from pathlib import Path

import click

from reconciler.cli import options, selectors
from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import UsageError

parallelism = click.option(
    "--parallelism", type=click.IntRange(1, 64), default=10, show_default=True, help="Requests at the same time."
)


@click.command(name="apply")
@click.argument("plan_file", metavar="[PLAN]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@options.chdir
@options.the_only_files
@selectors.selection
@options.prune
@options.platform
@click.option("--expect", metavar="DIGEST", help="Refuse unless the plan has this digest, e.g. from the approval.")
@options.auto_approve
@parallelism
@options.max_read_age
@options.adopt
@options.guards
@options.reports
@options.verbose
@options.colour
def apply_command(
    *,
    plan_file: Path | None,
    paths: tuple[str, ...],
    prunes: bool,
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
    from reconciler.cli.applying import applied
    from reconciler.cli.reporting import reporting
    from reconciler.operations.apply import apply
    from reconciler.operations.plan import load_plan
    from reconciler.reports.plan_view import Purpose

    selection = selectors.selected(prunes=prunes)
    if plan_file is not None and (paths or adopt or not selection.is_everything):
        given = "--file or --adopt" if selection.is_everything else selection.words
        message = f"a plan file is complete; it cannot be combined with {given}"
        raise UsageError(message, hint="leave out one of the two")
    if plan_file is not None and not (expect or approved or options.is_interactive()):
        message = "without a terminal a plan file needs --expect with the digest that was approved"
        raise UsageError(message, hint="add --expect sha256:…, or --auto-approve")
    if plan_file is None and not (approved or options.is_interactive()):
        message = "nobody can be asked for approval here"
        raise UsageError(message, hint="add --auto-approve, or apply a plan file with --expect")
    estate = options.estate()
    with reporting(Purpose.APPLY, estate) as reports:
        planned = load_plan(plan_file) if plan_file is not None else None
        return applied(
            lambda review: apply(
                estate,
                planned,
                paths=paths,
                prunes=prunes,
                adopting=adopt,
                expect=expect,
                selection=selection,
                parallelism=parallelism,
                review=review,
            ),
            is_approved=approved or plan_file is not None,
            verbose=verbose,
            reports=reports,
            planned=planned,
        )


@click.command(name="adopt")
@click.argument("addresses", metavar="[KIND/NAME]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that is declared and exists.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Everything of this kind; repeatable.")
@options.chdir
@options.platform
@options.auto_approve
@parallelism
@options.max_read_age
@options.guards
@options.colour
def adopt_command(
    *, addresses: tuple[str, ...], everything: bool, kinds: tuple[str, ...], approved: bool, parallelism: int
) -> int:
    """
    Take over objects that exist already and are declared, e.g. VSlice/vantiq-fleet or "VSlice/vantiq-*".

    Nothing is sent: the objects become ours as they are, and the next plan shows how they differ from the manifests.
    """
    from reconciler.cli.applying import applied
    from reconciler.operations.adopt import adopt

    patterns = (*addresses, *(f"{kind}/*" for kind in kinds), *(("*",) if everything else ()))
    if not patterns:
        message = "nothing is named to be taken over"
        raise UsageError(message, hint="name objects (KIND/NAME), or add --all or --kind KIND")
    if not (approved or options.is_interactive()):
        message = "nobody can be asked for approval here"
        raise UsageError(message, hint="add --auto-approve")
    estate = options.estate()
    return applied(
        lambda review: adopt(estate, patterns, parallelism=parallelism, review=review),
        is_approved=approved,
        verbose=True,
    )


@click.command(name="forget")
@click.argument("addresses", metavar="KIND/NAME...", nargs=-1, required=True)
@options.chdir
@options.platform
@options.auto_approve
@parallelism
@options.max_read_age
@options.guards
@options.colour
def forget_command(*, addresses: tuple[str, ...], approved: bool, parallelism: int) -> int:
    """
    Stop owning objects, e.g. VSlice/vantiq-fleet or "VSlice/vantiq-*"; the platform keeps them.

    Nothing is sent. A manifest that still declares such an object has to go, or to adopt it again. In review the same
    is done by spec.removed in reconciler.yaml, whose addresses the next plan forgets.
    """
    from reconciler.cli.applying import applied
    from reconciler.operations.forget import forget

    if not (approved or options.is_interactive()):
        message = "nobody can be asked for approval here"
        raise UsageError(message, hint="add --auto-approve")
    estate = options.estate()
    return applied(
        lambda review: forget(estate, addresses, parallelism=parallelism, review=review),
        is_approved=approved,
        verbose=True,
    )


@click.command(name="transfer")
@click.argument("addresses", metavar="KIND/NAME...", nargs=-1, required=True)
@click.option("--to", "other", required=True, metavar="ESTATE", help="The name of the estate that gets them.")
@click.option("--new", "makes", is_flag=True, help="The store need not know that estate yet.")
@options.chdir
@options.auto_approve
def transfer_command(*, addresses: tuple[str, ...], other: str, makes: bool, approved: bool) -> int:
    """
    Give objects of this estate to another estate of the same store, e.g. VSlice/vantiq-fleet or "*/vantiq-*".

    All of them at once, or none. Nothing is sent: the objects stay as they are. Move their manifests as well; what
    stays behind refers to them as existing:NAME. Exit code 8 when the other estate is not known or owns another object
    of the same address.
    """
    from reconciler.operations.transfer import transfer

    if not (approved or options.is_interactive()):
        message = "nobody can be asked for approval here"
        raise UsageError(message, hint="add --auto-approve")

    def approve(chosen: Sequence[str]) -> bool:
        for address in chosen:
            click.echo(f"  > {address}")
        question = f"Give {len(chosen)} object{'' if len(chosen) == 1 else 's'} to {other}?"
        return approved or click.confirm(question, default=False, err=True)

    given = transfer(options.estate(), addresses, to=other, makes=makes, approve=approve)
    click.echo(f"{len(given)} given to {other}." if given else "Nothing was changed.")
    return ExitCode.FINE


@click.command(name="destroy")
@options.chdir
@options.platform
@click.option("--confirm", metavar="ESTATE", help="The estate's name, to confirm without being asked.")
@parallelism
@options.max_read_age
@options.guards
@options.colour
def destroy_command(*, confirm: str | None, parallelism: int) -> int:
    """
    Delete everything that this estate owns.

    Only objects in the inventory are deleted, in an order that the platform accepts. Groups that hold SIMs and
    protected objects are refused. Asks for the estate's name.
    """
    from reconciler.cli.applying import applied
    from reconciler.operations.destroy import CONFIRMED, destroy

    estate = options.estate()
    ask = _name if options.is_interactive() else None
    return applied(
        lambda review: destroy(estate, confirm=confirm, ask=ask, parallelism=parallelism, review=review),
        is_approved=True,
        verbose=True,
        words=lambda plan: () if confirm else ("--confirm", plan.basis.estate),
        implied=CONFIRMED,
    )


def _name(expected: str) -> str:
    typed: str = click.prompt(f"Type {expected} to delete all of this", default="", show_default=False, err=True)
    return typed
