"""
Connections to a store: SQLite with the settings that make it durable and safe (S23), PostgreSQL with limits (S24).

One connection a store, used by one thread at a time: SQLite has one writer, and a decision is short.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from reconciler.errors import StoreError
from reconciler.store.files import check_place, tighten
from reconciler.store.location import StoreLocation
from reconciler.store.rows import RESTORE

BUSY_SECONDS = 10
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
)
_LOCAL_HOSTS = frozenset({"", "localhost", "127.0.0.1", "::1"})
_POSTGRES_OPTIONS = "-c lock_timeout=10s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"


def missing(location: StoreLocation) -> StoreError:
    """The error for a store that is not there."""
    message = f"there is no store at {location}"
    return StoreError(message, hint="the first apply makes one; if there was one, restore it from a backup")


def damaged(location: StoreLocation, error: Exception) -> StoreError:
    """The error for a store that cannot be read or written. Statements and values are not part of it."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return StoreError(f"the store {location} cannot be used: {cause}", hint=RESTORE)


def open_engine(location: StoreLocation) -> Engine:
    """
    The engine of a store that exists.

    Raises `StoreError` when it is missing, unsafe or unreachable, or when the driver is not installed.
    """
    return _postgres(location) if location.path is None else _sqlite(location)


def _sqlite(location: StoreLocation) -> Engine:
    path = location.path
    if path is None or not check_place(path, location.root):
        raise missing(location)
    tighten(path, location.root)
    return sqlite_engine(path)


def sqlite_engine(path: Path) -> Engine:
    """An engine over one SQLite file with the settings of S23."""
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
        poolclass=StaticPool,
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _configure(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin too late for a lock: they are switched off, ours begin with IMMEDIATE.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma).fetchall()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def postgres_arguments(url: str) -> dict[str, str]:
    """What is asked of a PostgreSQL connection: verified TLS unless it stays on this machine, and time limits (S24)."""
    mode = "prefer" if (urlsplit(url).hostname or "") in _LOCAL_HOSTS else "verify-full"
    return {"sslmode": mode, "options": _POSTGRES_OPTIONS}


def _postgres(location: StoreLocation) -> Engine:
    url = location.url or ""
    try:
        return create_engine(
            url.replace("postgresql://", "postgresql+psycopg://", 1),
            connect_args=postgres_arguments(url),
            pool_pre_ping=True,
            hide_parameters=True,
        )
    except (ImportError, NoSuchModuleError) as error:
        message = f"the store {location} needs the PostgreSQL driver, which is not installed"
        raise StoreError(message, hint="install it with: pip install 'reconciler[postgres]'") from error
