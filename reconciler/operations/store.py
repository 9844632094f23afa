"""Looking after the store between runs: its examination, schema, names, age, copies and lock."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.operations.estate import Estate
from reconciler.operations.store_location import store_location, unknown_estate
from reconciler.store.location import StoreLocation
from reconciler.store.records import Holder

if TYPE_CHECKING:
    from reconciler.store.examination import Finding
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
def _opened(estate: Estate) -> "Iterator[tuple[Store, StoreLocation, str]]":
    from reconciler.store.store import Store

    with (
        _place(estate) as (location, name),
        Store.open(location, estate=name, create=False, environment=estate.environment) as store,
    ):
        yield store, location, name


def examine_store(estate: Estate) -> "tuple[StoreLocation, Iterator[Finding]]":
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
        if found == current or only_try:
            return Migrated(location, found, current, _owner(found, name))
        done = migrate(location, estate.environment, estate=name, backup=backup)
        return Migrated(location, done.found, done.current, _owner(done.found, name), done.backup)


def _owner(found: int, name: str) -> str | None:
    """Who owns what a store from before estates has: the estate in whose folder it is migrated (ADR 0009)."""
    return name if found == _BEFORE_ESTATES else None


def rename_estate(
    estate: Estate, old: str, new: str, *, on_migrated: Callable[[Migrated], None] = lambda _: None
) -> StoreLocation:
    """Give the estate `old` of this store another name; a store from before estates is migrated first, for `old`."""
    from reconciler.store.maintenance import migrate_store as migrate
    from reconciler.store.maintenance import written_version

    with _place(estate) as (location, _):
        if not new.strip() or not new.isprintable():
            message = "the new name must be one line of text that is not empty"
            raise UsageError(message, hint=f"name it as metadata.name does: reconciler store rename-estate {old} NAME")
        if written_version(location)[0] == _BEFORE_ESTATES:
            done = migrate(location, estate.environment, estate=old)
            on_migrated(Migrated(location, done.found, done.current, old, done.backup))
    with _opened(estate) as (store, _, _):
        epoch = store.acquire(estate.environment.new_id(), registers=False)
        try:
            store.rename_estate(epoch, old, new)
        finally:
            store.release(epoch)
    return location


def prune(estate: Estate, *, days: int, only_try: bool) -> "Pruned":
    """Remove what is older from the journal of this estate, but for what a recovery may need."""
    with _opened(estate) as (store, location, name):
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
    with _opened(estate) as (store, _, _):
        if store.holder() is None:
            return None, 0
        return store.unlock(epoch), len(store.unresolved())
