"""``reconciler adopt``."""

import os
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
@options.no_colour
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
    colour: str,
    no_color: bool,
) -> int:
    """
    Take over objects that exist already and are declared, e.g. VSlice/vantiq-fleet.

    Nothing is sent: the objects become ours as they are, and the next plan shows how they differ from the manifests.
    """
    from reconciler.cli.commands.plan import rendered
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
        wants = options.wants_colour(colour, no_colour_flag=no_color, environ=os.environ)
        click.echo(rendered(planned.plan, planned.digest, "text", colour=wants, verbose=True))
        return carry_out(planned.plan, planned.digest, session, is_approved=approved, parallelism=parallelism)
