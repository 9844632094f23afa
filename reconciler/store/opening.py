"""Making a store, and finding out whether one that exists may be used (I18)."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from reconciler.environment import Environment
from reconciler.errors import StoreError
from reconciler.store import lock
from reconciler.store.connection import damaged, sqlite_engine
from reconciler.store.files import FILE_MODE, prepare, publish
from reconciler.store.location import StoreLocation
from reconciler.store.rows import RESTORE, TABLES, check_meta
from reconciler.store.tables import META, METADATA, SCHEMA_VERSION

KEY_BYTES = 32


def create_file(path: Path, location: StoreLocation, environment: Environment) -> None:
    """A new SQLite store at `path`; it appears whole or not at all, so that an empty file is never taken for one."""
    draft = prepare(path, location.root)
    engine = sqlite_engine(draft)
    try:
        with engine.begin() as connection:
            _fill(connection, environment)
    except SQLAlchemyError as error:
        raise damaged(location, error) from error
    finally:
        # Closing the last connection moves everything from the write-ahead log into the file.
        engine.dispose()
    publish(draft, path)


def _fill(connection: Connection, environment: Environment) -> None:
    METADATA.create_all(connection)
    lock.create_row(connection)
    values = {
        "schema_version": str(SCHEMA_VERSION),
        "lineage": environment.new_id(),
        "hmac_key": environment.entropy(KEY_BYTES).hex(),
        "serial": "0",
    }
    connection.execute(insert(META), [{"key": key, "value": value} for key, value in values.items()])


def check_schema(connection: Connection, *, where: str, create: bool, environment: Environment) -> int:
    """
    The schema version of the store; an empty database is filled if `create` says so.

    Raises `StoreError` when pages are damaged, tables are missing, or a newer version wrote it.
    """
    if connection.dialect.name == "sqlite":
        verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if verdict != "ok":
            message = f"{where} is damaged: {verdict}"
            raise StoreError(message, hint=RESTORE)
    present = set(inspect(connection).get_table_names()) & TABLES
    if create and not present:
        _fill(connection, environment)
    elif present != TABLES:
        message = f"{where} lacks tables: {', '.join(sorted(TABLES - present))}"
        raise StoreError(message, hint=RESTORE)
    return check_meta(meta_of(connection), current=SCHEMA_VERSION, where=where)


def meta_of(connection: Connection) -> dict[str, str]:
    """What the store says of itself."""
    return {row["key"]: row["value"] for row in connection.execute(select(META)).mappings()}


def back_up(engine: Engine, path: Path, version: int) -> Path:
    """A copy beside a SQLite store, by the database's own means; its place."""
    target = path.with_name(f"{path.name}.schema-{version}.backup")
    target.touch(mode=FILE_MODE)
    copy = sqlite3.connect(target)
    try:
        with engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            # The copy is read by the same connection, which must not be in the middle of its own transaction.
            raw.commit()
            raw.backup(copy)
    finally:
        copy.close()
    return target
