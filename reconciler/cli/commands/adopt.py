"""``reconciler adopt``."""

from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.commands.apply import auto_approve, carry_out, parallelism
from reconciler.errors import UsageError


@click.command(name="adopt")
@click.argument("addresses", nargs=-1, required=True)
@options.chdir
@options.platform
@auto_approve
@parallelism
@options.colour
def command(
    *,
    addresses: tuple[str, ...],
    root: Path,
    origin: str | None,
    token_file: Path | None,
    token_argument: str | None,
    wire_table: Path | None,
    approved: bool,
    parallelism: int,
) -> int:
    """
    Take over objects that exist already and are declared, e.g. VSlice/vantiq-fleet.

    Nothing is sent: the objects become ours as they are, and the next plan shows how they differ from the manifests.
    """
    from reconciler.cli.commands.plan import show_plan
    from reconciler.cli.session import opened
    from reconciler.cli.wiring import Platform, is_interactive
    from reconciler.operations import adoption

    if not (approved or is_interactive()):
        message = "nobody can be asked for approval here"
        raise UsageError(message, hint="add --auto-approve")
    with opened(root, Platform(origin, token_file, token_argument, wire_table), create=True) as session:
        loaded = session.loaded
        adopting = replace(
            session, loaded=replace(loaded, configuration=replace(loaded.configuration, adoption="declared"))
        )
        planned = adoption(adopting.plan(), addresses)
        show_plan(planned.plan, planned.digest, verbose=True)
        return carry_out(planned.plan, planned.digest, session, is_approved=approved, parallelism=parallelism)
