"""``reconciler destroy``."""

import click

from reconciler.cli import options
from reconciler.cli.commands.apply import parallelism


@click.command(name="destroy")
@options.chdir
@options.platform
@click.option("--confirm", metavar="ESTATE", help="The estate's name, to confirm without being asked.")
@parallelism
@options.guards
@options.colour
def command(
    *,
    confirm: str | None,
    parallelism: int,
) -> int:
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
