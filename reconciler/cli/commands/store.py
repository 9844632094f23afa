"""``reconciler store``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.environment import Environment
    from reconciler.store.location import StoreLocation

_MOST_DAYS = 36_500
_BEFORE_ESTATES = 1
"""The schema version of stores that do not say whose their rows are."""


@click.group(name="store")
def command() -> None:
    """Look after the store: what this estate owns, its journal and its lock."""


def _place(root: Path) -> "tuple[StoreLocation, Environment, str]":
    from reconciler.cli import store_choice, wiring
    from reconciler.manifests.configuration import sound_configuration

    configuration, _ = sound_configuration(options.existing_root(root))
    environment = wiring.machine()
    return store_choice.store_location(configuration, root, environment), environment, configuration.name


def _backup_to(help_text: str) -> Callable[[options.Decorated], options.Decorated]:
    return click.option(
        "--to", "target", type=click.Path(path_type=Path, dir_okay=False), metavar="PATH", help=help_text
    )


@command.command(name="doctor")
@options.chdir
def examined(*, root: Path) -> int:
    """
    Look at everything that can be wrong with the store; changes nothing.

    Place, privacy, disk and its free space or server, whether it can be written, pages, schema version, inventory, the
    chain of facts, the lock and the journal: a run that was killed is told from one at work.
    Whatever is not fine is followed by what to do. Exit code 11 when something failed; warnings do not count.
    """
    from reconciler.reports.diagnostics import escaped
    from reconciler.store.examination import Weight, examine

    location, environment, _ = _place(root)
    click.echo(f"{location}")
    code = ExitCode.FINE
    for finding in examine(location, environment):
        click.echo(f"{finding.weight:<4}  {finding.subject}: {escaped(finding.words)}")
        if finding.fix:
            click.echo(f"      fix: {escaped(finding.fix)}")
        if finding.weight is Weight.FAILURE:
            code = ExitCode.STORE
    return code


@command.command(name="migrate")
@options.chdir
@click.option("--dry-run", is_flag=True, help="Only say from which schema version to which.")
@_backup_to("Where the backup goes (default: beside the store, with the time in its name).")
def migrated(*, root: Path, dry_run: bool, target: Path | None) -> int:
    """
    Bring an older store to the schema of this version, after a backup.

    All or nothing, and not while a run is at work. Older versions of reconciler refuse the store afterwards. A store in
    a file is also migrated by the next apply; one in PostgreSQL only here, since others use it too. What a store from
    before estates owns becomes the estate's in whose folder this runs: --dry-run says its name.
    """
    from reconciler.store.maintenance import migrate_store, written_version

    location, environment, estate = _place(root)
    found, current = written_version(location)
    if found == current:
        click.echo(f"The store {location} has schema {found}, which is current; nothing to do.")
        return ExitCode.FINE
    if dry_run:
        click.echo(f"The store {location} would be migrated from schema {found} to {current}, after a backup.")
        for line in _whose(found, estate):
            click.echo(line)
        return ExitCode.FINE
    done = migrate_store(location, environment, estate=estate, backup=target)
    click.echo(f"Migrated the store {location} from schema {done.found} to {done.current}.")
    for line in _whose(done.found, estate):
        click.echo(line)
    click.echo(f"The store as it was: {done.backup}")
    return ExitCode.FINE


def _whose(found: int, estate: str) -> tuple[str, ...]:
    """Who owns what a store from before estates has: the estate in whose folder it is migrated (ADR 0009)."""
    return (f"What it owns belongs to the estate {estate}.",) if found == _BEFORE_ESTATES else ()


@command.command(name="rename-estate")
@click.argument("old")
@click.argument("new")
@options.chdir
def renamed(*, old: str, new: str, root: Path) -> int:
    """
    Give the estate OLD of this store the name NEW; what it owns and its history stay its own.

    Do this when metadata.name in reconciler.yaml changes, or the folder of an estate without that file: an estate under
    another name is another estate. A store from before estates is migrated first, for OLD. Exit code 8 when there is no
    OLD, or another estate is called NEW.
    """
    from reconciler.store.maintenance import migrate_store, written_version
    from reconciler.store.store import Store

    location, environment, estate = _place(root)
    if not new.strip() or not new.isprintable():
        message = "the new name must be one line of text that is not empty"
        raise UsageError(message, hint=f"name it as metadata.name does: reconciler store rename-estate {old} NAME")
    if written_version(location)[0] == _BEFORE_ESTATES:
        done = migrate_store(location, environment, estate=old)
        click.echo(f"Migrated the store {location} to schema {done.current} for {old}; as it was: {done.backup}")
    with Store.open(location, estate=estate, create=False, environment=environment) as store:
        epoch = store.acquire(environment.new_id(), registers=False)
        try:
            store.rename_estate(epoch, old, new)
        finally:
            store.release(epoch)
    click.echo(f"The estate {old} is called {new} in the store {location}.")
    return ExitCode.FINE


def _days(_context: click.Context, _parameter: click.Parameter, text: str) -> int:
    number = text.removesuffix("d")
    is_number = number.isascii() and number.isdecimal() and len(number) <= len(str(_MOST_DAYS))
    if not (number != text and is_number and 1 <= int(number) <= _MOST_DAYS):
        message = f"{text[:20]!r} is no number of days from 1d to {_MOST_DAYS}d"
        raise click.BadParameter(message)
    return int(number)


@command.command(name="prune")
@options.chdir
@click.option(
    "--older-than", "days", default="90d", show_default=True, metavar="DAYS", callback=_days, help="What goes, as 30d."
)
@click.option("--dry-run", is_flag=True, help="Only say how much would go.")
def pruned(*, root: Path, days: int, dry_run: bool) -> int:
    """
    Remove old requests, facts and runs of this estate from the journal.

    Each apply removes up to 1,000 requests that are older than 90 days; this removes all at once. It keeps what a
    recovery may need: requests without a known outcome, creations that may yet be found, the last request for each
    object, and plans that are not complete. What the estate owns is not touched, and nothing of other estates.
    """
    from reconciler.cli.estates import unknown
    from reconciler.store.store import Store

    location, environment, estate = _place(root)
    with Store.open(location, estate=estate, create=False, environment=environment) as store:
        if store.lineage is None:
            raise unknown(estate, [known.name for known in store.estates()], location)
        epoch = store.acquire(environment.new_id(), registers=False)
        try:
            done = store.prune(epoch, days=days, most=None, only_try=dry_run)
        finally:
            store.release(epoch)
    verb = "Would remove" if dry_run else "Removed"
    click.echo(f"{verb} {done.actions:,} requests, {done.facts:,} facts and {done.runs:,} runs older than {days} days.")
    return ExitCode.FINE


@command.command(name="backup")
@options.chdir
@_backup_to("The file to write (default: beside the store, with the time in its name). It must not exist.")
def backed_up(*, root: Path, target: Path | None) -> int:
    """
    Copy the whole store, as of one moment, into one private file.

    Runs may go on meanwhile. The copy is a SQLite file, also of a store in PostgreSQL; `reconciler store restore` takes
    it back into either. It holds no secrets, but the key of the secrets' digests: keep it private.
    """
    from reconciler.store.maintenance import back_up_store

    location, environment, _ = _place(root)
    click.echo(f"Wrote {back_up_store(location, environment, target=target)}.")
    return ExitCode.FINE


@command.command(name="restore")
@click.argument("backup", type=click.Path(path_type=Path, dir_okay=False))
@options.chdir
def restored(*, backup: Path, root: Path) -> int:
    """
    Put a backup in the place of the store.

    The files of the former store are kept under another name. A PostgreSQL database must not hold a store: restore
    into a new one. What was applied since the backup is live but not in it: the next plan names what to adopt.
    """
    from reconciler.store.maintenance import restore_store

    location, environment, _ = _place(root)
    former = restore_store(location, environment, backup=backup)
    click.echo(f"Restored {backup} to {location}.")
    for place in former:
        click.echo(f"Kept {place}.")
    click.echo("Go on with: reconciler recover, then reconciler plan", err=True)
    return ExitCode.FINE
