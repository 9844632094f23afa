"""Making a store, and finding out whether one that exists may be used (I18)."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from reconciler.environment import Environment
from reconciler.errors import StoreError
from reconciler.store import estates, lock
from reconciler.store.connection import crosses_pooler, damaged, missing, sqlite_engine
from reconciler.store.files import prepare, publish
from reconciler.store.location import StoreLocation
from reconciler.store.rows import RESTORE, TABLES, TABLES_OF_SCHEMA_1, check_meta, tables_needed
from reconciler.store.tables import META, METADATA, SCHEMA_VERSION

KEY_BYTES = 32
# A process that makes or migrates tables holds the advisory lock of this number: any that others hardly use.
_MAKING = 7_363_253_601


@contextmanager
def refusing(location: StoreLocation) -> Iterator[None]:
    """Turn what the database says into `StoreError`."""
    try:
        yield
    except (SQLAlchemyError, UnicodeDecodeError) as error:
        raise damaged(location, error) from error


@contextmanager
def failing(location: StoreLocation) -> Iterator[None]:
    """Turn what the database says, and what is read from it and makes no sense, into `StoreError`."""
    try:
        with refusing(location):
            yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        message = f"the store {location} has content that makes no sense ({type(error).__name__})"
        raise StoreError(message, hint=RESTORE) from error


def create_file(path: Path, location: StoreLocation, environment: Environment, *, estate: str) -> None:
    """A new SQLite store at `path`; it appears whole or not at all, so that an empty file is never taken for one."""
    draft = prepare(path, location.root)
    engine = sqlite_engine(draft)
    try:
        with failing(location), engine.begin() as connection:
            _fill(connection, environment, estate)
        with failing(location):
            _empty_log(engine)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    finally:
        engine.dispose()
    publish(draft, path)


def _empty_log(engine: Engine) -> None:
    """
    Move everything from the write-ahead log into the file.

    Closing the last connection would do the same, and would say nothing if the disk failed: the file would be torn.
    """
    connection = engine.raw_connection()
    try:
        # The driver's own error, in the form in which `failing` knows it.
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        raise OperationalError("PRAGMA wal_checkpoint", None, error) from error
    finally:
        connection.close()


def create_tables(engine: Engine, location: StoreLocation, environment: Environment, *, estate: str) -> None:
    """A new store in a PostgreSQL database that has none; a second process finds the store of the first."""
    with failing(location), engine.begin() as connection:
        take_turn(connection)
        if not tables_of(connection):
            _fill(connection, environment, estate)


def _fill(connection: Connection, environment: Environment, estate: str) -> None:
    METADATA.create_all(connection)
    lock.create_row(connection)
    lineage = environment.new_id()
    values = {
        "schema_version": str(SCHEMA_VERSION),
        "lineage": lineage,
        "hmac_key": environment.entropy(KEY_BYTES).hex(),
    }
    connection.execute(insert(META), [{"key": key, "value": value} for key, value in values.items()])
    estates.register(connection, estate, lineage)


def take_turn(connection: Connection) -> None:
    """Wait until no other process makes or migrates this database's tables, and keep others out until the commit."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MAKING})")


def tables_of(connection: Connection) -> set[str]:
    """Which of a store's tables there are."""
    return set(inspect(connection).get_table_names()) & TABLES


def check_schema(connection: Connection, location: StoreLocation, *, current: int) -> int:
    """
    The schema version of the store, `current` at most.

    Raises `StoreError` when pages are damaged, tables are missing, or a newer version wrote it, and `NoStore` for a
    database that has none of the tables.
    """
    where = f"the store {location}"
    if connection.dialect.name == "sqlite":
        verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if verdict != "ok":
            message = f"{where} is damaged: {verdict}"
            raise StoreError(message, hint=RESTORE)
    present = tables_of(connection)
    if not present and location.path is None:
        raise missing(location)
    version = 0
    if present >= TABLES_OF_SCHEMA_1:
        version = check_meta(meta_of(connection), current=current, where=where)
    if lacking := tables_needed(version) - present:
        message = f"{where} lacks tables: {', '.join(sorted(lacking))}"
        raise StoreError(message, hint=RESTORE)
    return version


def check_session(engine: Engine, location: StoreLocation) -> None:
    """Refuse a PostgreSQL server that is only reached through a pooler of transactions (S24)."""
    if engine.dialect.name != "postgresql":
        return
    with failing(location):
        is_pooled = crosses_pooler(engine)
    if is_pooled:
        message = f"the store {location} is behind a pooler that changes the session with each transaction"
        raise StoreError(message, hint="name the server itself, or set the pooler to session mode")


def meta_of(connection: Connection) -> dict[str, str]:
    """The rows of the store about itself, by key."""
    return {row["key"]: row["value"] for row in connection.execute(select(META)).mappings()}
