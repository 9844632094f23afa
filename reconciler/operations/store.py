"""The store of an estate: what it owns, its runs, and what people do with a store between runs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from reconciler.diagnostics import nearest
from reconciler.errors import StoreError, UsageError
from reconciler.model.inventory import Inventory, Owned
from reconciler.operations.estate import Estate
from reconciler.operations.store_location import store_location, unknown_estate
from reconciler.plan.plain_words import plain_words_of_inventory
from reconciler.redaction import KNOWN
from reconciler.store.location import StoreLocation
from reconciler.store.reader import read_inventory
from reconciler.store.records import Holder

if TYPE_CHECKING:
    from reconciler.store.examination import StoreFinding
    from reconciler.store.records import RunRecord
    from reconciler.store.retention import Pruned
    from reconciler.store.store import Store

_BEFORE_ESTATES = 1
"""The schema version of stores that do not say whose their rows are."""


@contextmanager
def _place(estate: Estate) -> Iterator[tuple[StoreLocation, str]]:
    """Where the store is, and what the estate is called in it."""
    estate.existing_root()
    with estate.under_way():
        configuration = estate.configuration()
        yield store_location(estate, configuration), configuration.name


@contextmanager
def opened_store(estate: Estate, *, is_known: bool = True) -> "Iterator[tuple[Store, StoreLocation, str]]":
    """The store, its place and the estate's name; `EstateError` where it knows others only and `is_known` is asked."""
    from reconciler.store.store import Store

    with (
        _place(estate) as (location, name),
        Store.open(location, estate=name, create=False, environment=estate.environment) as store,
    ):
        if is_known and store.lineage is None and (others := [known.name for known in store.estates()]):
            raise unknown_estate(name, others, location)
        yield store, location, name


def inventory(estate: Estate) -> Inventory:
    """Every object that is ours. Raises `StoreError` where there is no store, `EstateError` where it knows others."""
    with _place(estate) as (location, name):
        found = read_inventory(location, name)
    if found is None:
        message = f"there is no store at {location}"
        raise StoreError(message, hint="it is made by the first apply")
    if found.lineage is None and found.others:
        raise unknown_estate(name, found.others.values(), location)
    KNOWN.keep(lambda: plain_words_of_inventory(found))
    return found


def owned_object(estate: Estate, address: str) -> Owned:
    """One object that is ours; `UsageError` with the nearest address where there is none."""
    owned = inventory(estate).owned
    row = next((row for row in owned.values() if str(row.address) == address), None)
    if row is None:
        guess = nearest(address, [str(a) for a in owned])
        message = f"{address} is not in the inventory"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else "see `reconciler inventory list`")
    return row


def history(estate: Estate, limit: int) -> "Sequence[RunRecord]":
    """The last runs of the estate, newest first."""
    with opened_store(estate) as (store, _, _):
        return store.history(limit)


def examine_store(estate: Estate) -> "tuple[StoreLocation, Iterator[StoreFinding]]":
    """Where the store is, and everything that can be wrong with it; changes nothing."""
    from reconciler.store.examination import examine

    with _place(estate) as (location, _):
        return location, examine(location, estate.environment)


@dataclass(frozen=True, slots=True)
class Migrated:
    """
    From which schema version to which a store was, or would be, migrated, and its backup.

    `owner` is the estate whose everything becomes in a store that did not say whose its rows are; None for others.
    """

    location: StoreLocation
    found: int
    current: int
    owner: str | None
    backup: Path | None = None


def migrate_store(estate: Estate, *, only_try: bool, backup: Path | None) -> Migrated:
    """Bring an older store to the schema of this version, after a backup; nothing is done to a current one."""
    from reconciler.store.maintenance import migrate_store as migrate
    from reconciler.store.maintenance import written_version

    with _place(estate) as (location, name):
        found, current = written_version(location)
        # A store from before estates goes to the estate in whose folder it is migrated (ADR 0009).
        owner = name if found == _BEFORE_ESTATES else None
        if found == current or only_try:
            return Migrated(location, found, current, owner)
        done = migrate(location, estate.environment, estate=name, backup=backup)
        return Migrated(location, done.found, done.current, owner, done.backup)


def rename_estate(
    estate: Estate, old: str, new: str, *, on_migrated: Callable[[Migrated], None] = lambda _: None
) -> StoreLocation:
    """Give the estate `old` of this store another name; a store from before estates is migrated first, for `old`."""
    from reconciler.store.maintenance import migrate_store as migrate
    from reconciler.store.maintenance import written_version

    with _place(estate) as (location, _):
        if not new.strip() or new != new.strip() or not new.isprintable():
            message = "the new name must be one line of text that is not empty, without blanks around it"
            command = f"reconciler store rename-estate {quote(old)} NAME"
            raise UsageError(message, hint=f"name it as metadata.name does: {command}")
        if written_version(location)[0] == _BEFORE_ESTATES:
            done = migrate(location, estate.environment, estate=old)
            on_migrated(Migrated(location, done.found, done.current, old, done.backup))
    with opened_store(estate, is_known=False) as (store, _, _):
        epoch = store.acquire(estate.environment.new_id(), registers=False)
        try:
            store.rename_estate(epoch, old, new)
        finally:
            store.release(epoch)
    return location


def prune(estate: Estate, *, days: int, only_try: bool) -> "Pruned":
    """Remove what is older from the journal of this estate, but for what a recovery may need."""
    with opened_store(estate, is_known=False) as (store, location, name):
        if store.lineage is None:
            raise unknown_estate(name, [known.name for known in store.estates()], location)
        epoch = store.acquire(estate.environment.new_id(), registers=False)
        try:
            return store.prune(epoch, days=days, most=None, only_try=only_try)
        finally:
            store.release(epoch)


def back_up_store(estate: Estate, *, target: Path | None) -> Path:
    """Copy the whole store, as of one moment, into one private file."""
    from reconciler.store.maintenance import back_up_store as back_up

    with _place(estate) as (location, _):
        return back_up(location, estate.environment, target=target)


def restore_store(estate: Estate, backup: Path) -> tuple[StoreLocation, Sequence[Path]]:
    """Put a backup in the place of the store; the files of the former one are kept, and named."""
    from reconciler.store.maintenance import restore_store as restore

    with _place(estate) as (location, _):
        return location, restore(location, estate.environment, backup=backup)


def unlock(estate: Estate, epoch: int) -> tuple[Holder | None, int]:
    """Break the lock of a run that is gone: whose it was, and how many requests have no outcome; None without one."""
    with opened_store(estate, is_known=False) as (store, _, _):
        if store.holder() is None:
            return None, 0
        return store.unlock(epoch), len(store.unresolved())
