"""The work on a store between runs: migrate it, copy it, put a copy back."""

from collections.abc import Mapping
from pathlib import Path

from reconciler.environment import Environment
from reconciler.store.connection import open_engine, readonly_engine
from reconciler.store.copying import back_up, restore
from reconciler.store.location import StoreLocation
from reconciler.store.migrations import MIGRATIONS, Migration, latest
from reconciler.store.opening import check_schema, check_session, failing
from reconciler.store.upgrading import Upgrade, backup_name, stamp_of, upgrade


def written_version(location: StoreLocation, *, steps: Mapping[int, Migration] = MIGRATIONS) -> tuple[int, int]:
    """The schema version of the store, and that of this program. Raises `StoreError` for one that cannot be used."""
    engine = readonly_engine(location)
    try:
        with failing(location), engine.connect() as connection:
            return check_schema(connection, location, current=latest(steps)), latest(steps)
    finally:
        engine.dispose()


def migrate_store(
    location: StoreLocation,
    environment: Environment,
    *,
    estate: str,
    backup: Path | None = None,
    steps: Mapping[int, Migration] = MIGRATIONS,
) -> Upgrade:
    """Migrate the store after a backup, what it owns to `estate`; errors as `reconciler.store.upgrading.upgrade`."""
    engine = open_engine(location)
    try:
        check_session(engine, location)
        return upgrade(engine, location, environment, steps=steps, estate=estate, backup=backup)
    finally:
        engine.dispose()


def back_up_store(location: StoreLocation, environment: Environment, *, target: Path | None = None) -> Path:
    """Copy the store, beside it unless `target` says otherwise; errors as `reconciler.store.copying.back_up`."""
    return back_up(location, target or backup_name(location, environment))


def restore_store(location: StoreLocation, environment: Environment, *, backup: Path) -> list[Path]:
    """Put a backup in the place of the store; result and errors as `reconciler.store.copying.restore`."""
    return restore(location, backup, stamp=stamp_of(environment))
