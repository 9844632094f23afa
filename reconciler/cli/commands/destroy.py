"""``reconciler destroy``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.commands.apply import carry_out, parallelism, turned_away
from reconciler.errors import StoreError, UsageError


@click.command(name="destroy")
@options.chdir
@options.platform
@click.option("--confirm", metavar="ESTATE", help="The estate's name, to confirm without being asked.")
@parallelism
@options.guards
@options.colour
def command(
    *,
    root: Path,
    origin: str | None,
    token_file: Path | None,
    token_argument: str | None,
    wire_table: Path | None,
    confirm: str | None,
    parallelism: int,
) -> int:
    """
    Delete everything that this estate owns.

    Only objects in the inventory are deleted, in an order that the platform accepts. Groups that hold SIMs and
    protected objects are refused. Asks for the estate's name.
    """
    from reconciler.cli.commands.plan import show_plan
    from reconciler.cli.guarding import CONFIRMED, asked, destroying
    from reconciler.cli.session import opened
    from reconciler.cli.wiring import Platform, is_interactive

    with opened(root, Platform(origin, token_file, token_argument, wire_table), create=True) as session:
        if not session.inventory or not session.inventory.owned:
            name = session.loaded.configuration.name
            message = f"the estate {name} owns nothing in the store {session.location}: there is nothing to destroy"
            raise StoreError(message, hint="run this where the store is, or name a shared one in reconciler.yaml")
        planned = session.plan(destroying=True)
        name = session.loaded.configuration.name
        plan = destroying(planned.plan, session.limits)
        show_plan(plan, planned.digest, verbose=True)
        unconfirmed = UsageError("the estate's name was not confirmed; nothing was sent", hint=f"add --confirm {name}")
        if confirm not in {None, name}:
            raise unconfirmed
        if plan.objections() and is_interactive():
            plan = asked(plan, session.limits)
        if plan.objections():
            return turned_away(plan, *(() if confirm else ("--confirm", name)), implied=CONFIRMED)
        if plan.changes:
            if confirm is None and is_interactive():
                confirm = click.prompt(f"Type {name} to delete all of this", default="", show_default=False, err=True)
            if confirm != name:
                raise unconfirmed
        return carry_out(plan, planned.digest, session, is_approved=True, parallelism=parallelism)
