"""Commands on the store: ``store`` and ``inventory``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.output import show_document

if TYPE_CHECKING:
    from reconciler.operations.store import Migrated


_MOST_DAYS = 36_500


@click.group(name="store")
def store_command() -> None:
    """Look after the store: what this estate owns, its journal and its lock."""


def _backup_to(help_text: str) -> Callable[[options.Decorated], options.Decorated]:
    return click.option(
        "--to", "target", type=click.Path(path_type=Path, dir_okay=False), metavar="PATH", help=help_text
    )


@store_command.command(name="doctor")
@options.chdir
def examined() -> int:
    """
    Look at everything that can be wrong with the store; changes nothing.

    Place, privacy, disk and its free space or server, whether it can be written, pages, schema version, inventory, the
    chain of facts, the lock and the journal; the report says whether a run is at work or was killed.
    Each problem is followed by what to do. Exit code 11 when something failed; warnings do not count.
    """
    from reconciler.operations.store import examine_store
    from reconciler.reports.diagnostics import escaped

    location, findings = examine_store(options.estate())
    click.echo(f"{location}")
    code = ExitCode.FINE
    for finding in findings:
        click.echo(f"{finding.weight:<4}  {finding.subject}: {escaped(finding.words)}")
        if finding.fix:
            click.echo(f"      fix: {escaped(finding.fix)}")
        if finding.weight.name == "FAILURE":
            code = ExitCode.STORE
    return code


@store_command.command(name="migrate")
@options.chdir
@click.option("--dry-run", is_flag=True, help="Only say from which schema version to which.")
@_backup_to("Where the backup goes (default: beside the store, with the time in its name).")
def migrated(*, dry_run: bool, target: Path | None) -> int:
    """
    Bring an older store to the schema of this version, after a backup.

    All or nothing, and not while a run is at work. Older versions of reconciler refuse the store afterwards. A store in
    a file is also migrated by the next apply; one in PostgreSQL only here, since others use it too. The objects of a
    store from before estates go to the estate in whose folder this command runs: --dry-run says its name.
    """
    from reconciler.operations.store import migrate_store

    done = migrate_store(options.estate(), only_try=dry_run, backup=target)
    if done.found == done.current:
        click.echo(f"The store {done.location} has schema {done.found}, which is current; nothing to do.")
        return ExitCode.FINE
    versions = f"from schema {done.found} to {done.current}"
    if done.backup is None:
        click.echo(f"The store {done.location} would be migrated {versions}, after a backup.")
    else:
        click.echo(f"Migrated the store {done.location} {versions}.")
    if done.owner is not None:
        click.echo(f"Everything in it belongs to the estate {done.owner}.")
    if done.backup is not None:
        click.echo(f"The store as it was: {done.backup}")
    return ExitCode.FINE


@store_command.command(name="rename-estate")
@click.argument("old")
@click.argument("new")
@options.chdir
def renamed(*, old: str, new: str) -> int:
    """
    Give the estate OLD of this store the name NEW; what it owns and its history stay its own.

    Do this when metadata.name in reconciler.yaml changes, or the folder of an estate without that file: an estate under
    another name is another estate. A store from before estates is migrated first, for OLD. Exit code 8 when there is no
    OLD, or another estate is called NEW.
    """
    from reconciler.operations.store import rename_estate

    def migrated(done: "Migrated") -> None:
        click.echo(f"Migrated the store {done.location} to schema {done.current} for {old}; as it was: {done.backup}")

    location = rename_estate(options.estate(), old, new, on_migrated=migrated)
    click.echo(f"The estate {old} is called {new} in the store {location}.")
    return ExitCode.FINE


def _days(_context: click.Context, _parameter: click.Parameter, text: str) -> int:
    number = text.removesuffix("d")
    is_number = number.isascii() and number.isdecimal() and len(number) <= len(str(_MOST_DAYS))
    if not (number != text and is_number and 1 <= int(number) <= _MOST_DAYS):
        message = f"{text[:20]!r} is no number of days from 1d to {_MOST_DAYS}d"
        raise click.BadParameter(message)
    return int(number)


@store_command.command(name="prune")
@options.chdir
@click.option(
    "--older-than", "days", default="90d", show_default=True, metavar="DAYS", callback=_days, help="Age, as 30d."
)
@click.option("--dry-run", is_flag=True, help="Only say how much would go.")
def pruned(*, days: int, dry_run: bool) -> int:
    """
    Remove old requests, facts and runs of this estate from the journal.

    Each apply removes up to 1,000 requests that are older than 90 days; this removes all at once. It keeps what a
    recovery may need: requests without a known outcome, creations that may yet be found, the last request for each
    object, and plans that are not complete. The inventory is not touched, and nothing of other estates.
    """
    from reconciler.operations.store import prune

    done = prune(options.estate(), days=days, only_try=dry_run)
    verb = "Would remove" if dry_run else "Removed"
    click.echo(f"{verb} {done.actions:,} requests, {done.facts:,} facts and {done.runs:,} runs older than {days} days.")
    return ExitCode.FINE


@store_command.command(name="backup")
@options.chdir
@_backup_to("The file to write (default: beside the store, with the time in its name). It must not exist.")
def backed_up(*, target: Path | None) -> int:
    """
    Copy the whole store, as of one moment, into one private file.

    Runs may go on meanwhile. The copy is a SQLite file, also of a store in PostgreSQL; `reconciler store restore` takes
    it back into either. It holds no secrets, but the key of the secrets' digests: keep it private.
    """
    from reconciler.operations.store import back_up_store

    click.echo(f"Wrote {back_up_store(options.estate(), target=target)}.")
    return ExitCode.FINE


@store_command.command(name="restore")
@click.argument("backup", type=click.Path(path_type=Path, dir_okay=False))
@options.chdir
def restored(*, backup: Path) -> int:
    """
    Put a backup in the place of the store.

    The files of the former store are kept under another name. A PostgreSQL database must not hold a store: restore
    into a new one. Objects made since the backup are live but not in it: the next plan names what to adopt.
    """
    from reconciler.operations.store import restore_store

    location, former = restore_store(options.estate(), backup)
    click.echo(f"Restored {backup} to {location}.")
    for place in former:
        click.echo(f"Kept {place}.")
    click.echo("Go on with: reconciler recover, then reconciler plan", err=True)
    return ExitCode.FINE


@click.group(name="inventory")
def inventory_command() -> None:
    """List what this estate owns."""


@inventory_command.command(name="list")
@options.chdir
@options.output("text", "json")
def listed(*, form: str) -> int:
    """Every object that is ours, with its id on the platform."""
    from reconciler.operations.store import inventory
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


@inventory_command.command(name="show")
@click.argument("address")
@options.chdir
def shown(*, address: str) -> int:
    """One object: what was last applied to it."""
    from reconciler.operations.store import owned_object
    from reconciler.reports.documents import owned_document

    show_document(owned_document(owned_object(options.estate(), address)))
    return ExitCode.FINE
