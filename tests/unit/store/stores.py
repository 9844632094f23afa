"""Golden stores of every schema version so far, and what is in a store, for comparison."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from reconciler.environment import Environment
from reconciler.store.location import StoreLocation
from reconciler.store.rows import tables_needed
from reconciler.store.store import Store

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = sorted(int(path.name.split("-")[1].split(".")[0]) for path in GOLDEN.glob("schema-*.sqlite.sql"))
LINEAGE = "id-0"


def place_golden(location: StoreLocation, version: int) -> None:
    """Put the golden store of a schema version where a store is looked for."""
    if location.path is None:
        import psycopg

        with psycopg.connect(location.url or "") as connection:
            connection.execute((GOLDEN / f"schema-{version}.postgresql.sql").read_bytes())
        return
    location.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(sqlite3.connect(location.path)) as file:
        file.executescript((GOLDEN / f"schema-{version}.sqlite.sql").read_text(encoding="utf-8"))
    location.path.chmod(0o600)


def version_of(location: StoreLocation) -> str:
    """The store's word for its schema, read past all of our code."""
    return str(rows_of(location, "meta")["schema_version"][0])


def rows_of(location: StoreLocation, table: str) -> dict[Any, tuple[Any, ...]]:
    """The rows of a table by their first column, read past all of our code."""
    query = f"SELECT * FROM {table}"
    if location.path is None:
        import psycopg

        with psycopg.connect(location.url or "") as connection:
            found = connection.execute(query.encode()).fetchall()
    else:
        with closing(sqlite3.connect(location.path)) as file:
            found = file.execute(query).fetchall()
    return {row[0]: tuple(int(value) if isinstance(value, bool) else value for value in row[1:]) for row in found}


def everything(location: StoreLocation) -> dict[str, dict[Any, tuple[Any, ...]]]:
    """All rows of all tables."""
    tables = tables_needed(int(version_of(location)))
    return {table: rows_of(location, table) for table in sorted(tables)}


def execute(location: StoreLocation, statement: str) -> None:
    """Change a store behind our back."""
    if location.path is None:
        import psycopg

        with psycopg.connect(location.url or "") as connection:
            connection.execute(statement.encode())
        return
    with closing(sqlite3.connect(location.path)) as file, file:
        file.execute(statement)


def made(location: StoreLocation, environment: Environment) -> StoreLocation:
    """A new store, closed again."""
    Store.open(location, estate="estate", create=True, environment=environment).close()
    return location


def add_note(connection: Connection, _estate: str = "") -> None:
    """A step that a later version may bring: a column, filled."""
    connection.exec_driver_sql("ALTER TABLE run ADD COLUMN note TEXT")
    connection.exec_driver_sql("UPDATE run SET note = 'migrated'")


def add_tag(connection: Connection, _estate: str = "") -> None:
    """A second one."""
    connection.exec_driver_sql("ALTER TABLE resource ADD COLUMN tag TEXT")
