"""``reconciler inventory``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.output import show_document
from reconciler.errors import StoreError, UsageError
from reconciler.model.inventory import Inventory
from reconciler.redaction import KNOWN


@click.group(name="inventory")
def command() -> None:
    """List what this estate owns."""


def _inventory(root: Path) -> Inventory:
    from reconciler.cli import store_choice, wiring
    from reconciler.cli.estates import unknown
    from reconciler.manifests.configuration import sound_configuration
    from reconciler.plan.plain_words import plain_words_of_inventory
    from reconciler.store.reader import read_inventory

    configuration, _ = sound_configuration(options.existing_root(root))
    location = store_choice.store_location(configuration, root, wiring.machine())
    found = read_inventory(location, configuration.name)
    if found is None:
        message = f"there is no store at {location}"
        raise StoreError(message, hint="it is made by the first apply")
    if found.lineage is None and found.others:
        raise unknown(configuration.name, found.others.values(), location)
    KNOWN.keep(lambda: plain_words_of_inventory(found))
    return found


@command.command(name="list")
@options.chdir
@options.output("text", "json")
def listed(*, root: Path, form: str) -> int:
    """Every object that is ours, with its id on the platform."""
    rows = sorted(_inventory(root).owned.values(), key=lambda row: row.address)
    if form == "json":
        body = [
            {"address": str(row.address), "id": row.remote_id, "origin": row.origin.value, "protect": row.protect}
            for row in rows
        ]
        show_document({"formatVersion": "1.0", "owned": body})
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
def shown(*, address: str, root: Path) -> int:
    """One object: what was last applied to it."""
    inventory = _inventory(root)
    row = next((row for row in inventory.owned.values() if str(row.address) == address), None)
    if row is None:
        from reconciler.diagnostics import nearest

        guess = nearest(address, [str(a) for a in inventory.owned])
        message = f"{address} is not in the inventory"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else "see `reconciler inventory list`")
    body = {
        "address": str(row.address),
        "id": row.remote_id,
        "moniker": row.moniker,
        "origin": row.origin.value,
        "protect": row.protect,
        "retain": row.retain,
        "source": row.source,
        "lastApplied": row.last_applied,
    }
    show_document(body)
    return ExitCode.FINE
