"""``reconciler inventory``."""

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.output import show_document


@click.group(name="inventory")
def command() -> None:
    """List what this estate owns."""


@command.command(name="list")
@options.chdir
@options.output("text", "json")
def listed(*, form: str) -> int:
    """Every object that is ours, with its id on the platform."""
    from reconciler.operations.inventory import inventory
    from reconciler.reports.documents import inventory_document

    rows = sorted(inventory(options.estate()).owned.values(), key=lambda row: row.address)
    if form == "json":
        show_document(inventory_document(rows))
        return ExitCode.FINE
    width = max((len(str(row.address)) for row in rows), default=0)
    for row in rows:
        click.echo(
            f"{row.address!s:<{width}}  {row.remote_id}  {row.origin.value}{'  protected' if row.protect else ''}"
        )
    click.echo(f"{len(rows)} objects.", err=True)
    return ExitCode.FINE


@command.command(name="show")
@click.argument("address")
@options.chdir
def shown(*, address: str) -> int:
    """One object: what was last applied to it."""
    from reconciler.operations.inventory import owned_object
    from reconciler.reports.documents import owned_document

    show_document(owned_document(owned_object(options.estate(), address)))
    return ExitCode.FINE
