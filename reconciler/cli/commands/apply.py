"""``reconciler apply``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.errors import UsageError

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
    from reconciler.operations.apply import apply
    from reconciler.operations.plan import load_plan

    if plan_file is not None and (paths or adopt):
        message = "a plan file is complete; it cannot be combined with --file or --adopt"
        raise UsageError(message, hint="leave out one of the two")
    if plan_file is not None and not (expect or approved or options.is_interactive()):
        message = "without a terminal a plan file needs --expect with the digest that was approved"
        raise UsageError(message, hint="add --expect sha256:…, or --auto-approve")
    if plan_file is None and not (approved or options.is_interactive()):
        message = "nobody can be asked for approval here"
        raise UsageError(message, hint="add --auto-approve, or apply a plan file with --expect")
    planned = load_plan(plan_file) if plan_file is not None else None
    estate = options.estate()
    return applied(
        lambda review: apply(
            estate,
            planned,
            paths=paths,
            prunes=prunes,
            adopting=adopt,
            expect=expect,
            parallelism=parallelism,
            review=review,
        ),
        is_approved=approved or plan_file is not None,
        verbose=verbose,
    )
