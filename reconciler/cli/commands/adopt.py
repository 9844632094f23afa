"""``reconciler adopt``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.commands.apply import auto_approve, carry_out, parallelism
from reconciler.errors import UsageError


@click.command(name="adopt")
@click.argument("addresses", metavar="[KIND/NAME]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that is declared and exists.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Everything of this kind; repeatable.")
@options.chdir
@options.platform
@auto_approve
@parallelism
@options.guards
@options.colour
def command(
    *,
    addresses: tuple[str, ...],
    everything: bool,
    kinds: tuple[str, ...],
    root: Path,
    origin: str | None,
    token_file: Path | None,
    token_argument: str | None,
    wire_table: Path | None,
    approved: bool,
    parallelism: int,
) -> int:
    """
    Take over objects that exist already and are declared, e.g. VSlice/vantiq-fleet or "VSlice/vantiq-*".

    Nothing is sent: the objects become ours as they are, and the next plan shows how they differ from the manifests.
    """
    from reconciler.cli.commands.plan import show_plan
    from reconciler.cli.guarding import judged
    from reconciler.cli.session import opened
    from reconciler.cli.wiring import Platform, is_interactive
    from reconciler.operations import adoption

    patterns = (*addresses, *(f"{kind}/*" for kind in kinds), *(("*",) if everything else ()))
    if not patterns:
        message = "nothing is named to be taken over"
        raise UsageError(message, hint="name objects (KIND/NAME), or add --all or --kind KIND")
    if not (approved or is_interactive()):
        message = "nobody can be asked for approval here"
        raise UsageError(message, hint="add --auto-approve")
    with opened(root, Platform(origin, token_file, token_argument, wire_table), create=True) as session:
        planned = adoption(session.plan(adopting=True), patterns)
        plan = judged(planned.plan, session.limits)
        show_plan(plan, planned.digest, verbose=True)
        return carry_out(plan, planned.digest, session, is_approved=approved, parallelism=parallelism)
