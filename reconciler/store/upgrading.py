"""An older store brought to this version's schema: no run at work, a backup first, all or nothing (I18)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from reconciler.environment import Environment
from reconciler.errors import LockError, StoreError
from reconciler.redaction import KNOWN
from reconciler.store import lock
from reconciler.store.copying import back_up, next_free
from reconciler.store.files import FOLDER_MODE
from reconciler.store.hints import words_of
from reconciler.store.liveness import living
from reconciler.store.location import StoreLocation
from reconciler.store.migrations import Migration, latest, migrate
from reconciler.store.opening import check_schema, failing, take_turn
from reconciler.store.rows import unclaimed
from reconciler.store.tables import FIRST_SCHEMA_VERSION, LOCK, META


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The schema versions before and after, and the place of the backup; None when there was nothing to do."""

    found: int
    current: int
    backup: Path | None


def backup_name(location: StoreLocation, environment: Environment, *, what: str = "") -> Path:
    """The default place of a backup: beside the store, under its name and the time; the folder is made."""
    place = location.path or location.root / ".reconciler" / location.database
    if location.path is None:
        place.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
    return next_free(place.with_name(f"{place.name}.{what}{stamp_of(environment)}.backup"))


def stamp_of(environment: Environment) -> str:
    """The time as part of a file's name."""
    return environment.now().replace("-", "").replace(":", "")


def upgrade(
    engine: Engine,
    location: StoreLocation,
    environment: Environment,
    *,
    steps: Mapping[int, Migration],
    estate: str,
    backup: Path | None = None,
) -> Upgrade:
    """
    Migrate the store in one transaction, after a backup (to `backup`, else beside the store).

    The objects of a store from before estates become the property of `estate` (ADR 0009).

    Raises `LockError` when a run is at work and `StoreError` when the store is newer, when no backup can be made, or
    when a step fails; the store is then as it was.
    """
    with failing(location), engine.begin() as connection:
        take_turn(connection)
        if connection.dialect.name == "postgresql":
            # Copying a large store and rewriting it takes longer than a decision may.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        found = check_schema(connection, location, current=latest(steps))
        if found == latest(steps):
            return Upgrade(found, found, None)
        _refuse_company(connection, location, environment)
        kept = back_up(
            location, backup or backup_name(location, environment, what=f"schema-{found}."), newest=latest(steps)
        )
        try:
            migrate(connection, found, steps, estate)
        except SQLAlchemyError as error:
            cause = KNOWN.foreign(words_of((error.orig if isinstance(error, DBAPIError) else None) or error))
            message = f"the store {location} could not be migrated from schema {found} to {latest(steps)}: {cause}"
            raise StoreError(message, hint=f"it is as it was; a copy is in {kept}") from error
    return Upgrade(found, latest(steps), kept)


def _refuse_company(connection: Connection, location: StoreLocation, environment: Environment) -> None:
    """Keep everybody else from writing until the end of the transaction, or raise `LockError` when a run is at work."""
    connection.execute(select(LOCK.c.epoch).with_for_update())
    # Facts are appended without the lock, after this row.
    connection.execute(select(META.c.value).where(META.c.key == "lineage").with_for_update())
    holder = lock.holder(connection)
    is_alive = living(location.path) is not None if location.path else lock.lease_left(connection, environment) >= 0
    if holder is not None and is_alive:
        message = f"the store is locked by {holder}"
        raise LockError(message, hint="migrate when it is done")


def refuse_unclaimed(connection: Connection, location: StoreLocation, estate: str, *, found: int) -> None:
    """Raise `EstateError` for a store from before estates that holds anything: a person has to name its estate."""
    if found == FIRST_SCHEMA_VERSION and any(_count(connection, name) for name in ("resource", "action")):
        raise unclaimed(f"the store {location}", estate, _count(connection, "resource"))


def _count(connection: Connection, name: str) -> int:
    return int(connection.execute(select(func.count()).select_from(table(name))).scalar_one())
