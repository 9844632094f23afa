"""
Connections to a store: SQLite with the settings that make it durable and safe (S23), PostgreSQL with limits (S24).

SQLite has one connection, used by one thread at a time: it has one writer, and a decision is short. PostgreSQL has a
second one, so that the lease is renewed while a decision waits.
"""

import contextlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from reconciler.errors import StoreError
from reconciler.redaction import KNOWN
from reconciler.store.files import NO_SPACE, check_place, free_bytes, tighten
from reconciler.store.hints import FAILING, FULL, STRANGER, file_hint, is_known_object, server_hint, words_of
from reconciler.store.location import StoreLocation

BUSY_SECONDS = 10
_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    # A sync that reaches the disk on systems where an ordinary one does not; elsewhere without effect.
    "PRAGMA fullfsync=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
)
_LOCAL_HOSTS = frozenset({"", "localhost", "127.0.0.1", "::1"})
POSTGRES_SETTINGS = {
    "lock_timeout": "10s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "1min",
    "synchronous_commit": "on",
}
"""The settings of every session of ours, whatever the server's defaults are; in the words of the server."""
_CONNECT_SECONDS = 10
_SILENCE_MILLISECONDS = 30_000


class NoStore(StoreError):
    """There is no store at this place yet, and no sign that there was one."""


def missing(location: StoreLocation) -> NoStore:
    """The error for a store that is not there."""
    message = f"there is no store at {location}"
    return NoStore(message, hint="the first apply makes one; if there was one, restore it from a backup")


def damaged(location: StoreLocation, error: Exception) -> StoreError:
    """The error for a store that cannot be read or written, on one line, without statements and values (I18)."""
    cause: BaseException = (error.orig if isinstance(error, DBAPIError) else None) or error
    words = words_of(cause)
    if is_known_object(words):
        message = f"the store {location} has this object of the platform already, under another name"
        return StoreError(message, hint=STRANGER)
    hint = _hint(location.path, words) if location.path else server_hint(cause)
    return StoreError(f"the store {location} cannot be used: {KNOWN.foreign(words)}", hint=hint)


def _hint(path: Path, words: str) -> str:
    hint = file_hint(words)
    if hint != FAILING:
        return hint
    # Some calls fail like a broken disk where it is only full.
    with contextlib.suppress(OSError):
        left = free_bytes(path.parent)
        if left is not None and left < NO_SPACE:
            return FULL
    return hint


def open_engine(location: StoreLocation) -> Engine:
    """
    The engine of a store that exists.

    Raises `StoreError` when it is missing, unsafe or unreachable, or when the driver is not installed.
    """
    return postgres_engine(location) if location.path is None else _sqlite(location)


def _sqlite(location: StoreLocation) -> Engine:
    path = location.path
    if path is None or not check_place(path, location.root):
        raise missing(location)
    tighten(path, location.root)
    return sqlite_engine(path)


def sqlite_engine(path: Path) -> Engine:
    """
    An engine over one SQLite file with the settings of S23.

    Connecting raises `StoreError` where there can be no write-ahead log.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
        poolclass=StaticPool,
    )

    def configure(connection: Any, _record: Any) -> None:
        # The driver's own transactions begin too late for a lock: they are switched off, ours begin with IMMEDIATE.
        connection.isolation_level = None
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            message = f"the store {path} cannot have a write-ahead log there (its journal mode stays {mode})"
            raise StoreError(message, hint="put it on a local disk, or use postgresql:// for a team")
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def readonly_engine(location: StoreLocation) -> Engine:
    """An engine that can only read, for `store doctor` and for backups. Raises as `open_engine`, but mends no mode."""
    if location.path is None:
        return postgres_engine(location, default_transaction_read_only="on")
    if not check_place(location.path, location.root):
        raise missing(location)
    return sqlite_reader(location.path)


def sqlite_reader(path: Path) -> Engine:
    """An engine that can only read one SQLite file."""
    engine = create_engine(
        URL.create("sqlite", database=path.absolute().as_uri(), query={"mode": "ro", "uri": "true"}),
        connect_args={"timeout": BUSY_SECONDS},
        poolclass=StaticPool,
    )
    event.listen(engine, "connect", _distrust)
    event.listen(engine, "begin", _begin)
    return engine


def _distrust(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("PRAGMA query_only=ON", "PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON"):
        connection.execute(pragma).fetchall()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def stays_here(url: str) -> bool:
    """
    Whether a connection to this PostgreSQL address certainly stays on this machine: a socket or loopback.

    The client library takes parts that the address leaves out from the variables of the process or a service file.
    """
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    if "service" in asked or os.environ.get("PGSERVICE"):
        return False
    hosts = [host for key in ("host", "hostaddr") for text in asked.get(key, []) for host in text.split(",")]
    if parts.hostname:
        hosts.append(parts.hostname)
    if not hosts:
        hosts = os.environ.get("PGHOST", "").split(",")
    hosts += os.environ.get("PGHOSTADDR", "").split(",")
    return all(_is_local(host) for host in hosts)


def _is_local(host: str) -> bool:
    if host.startswith(("/", "@")):
        return True
    name, _, port = host.rpartition(":")
    # An address in the query may carry its port; one of version 6 has colons of its own.
    return host in _LOCAL_HOSTS or (port.isdecimal() and bool(name) and name.strip("[]") in _LOCAL_HOSTS)


def postgres_arguments(url: str, **settings: str) -> dict[str, Any]:
    """
    The options of a PostgreSQL connection: verified TLS unless it stays on this machine, and limits of time (S24).

    They win over what the address says. `settings` are further settings of the session.
    """
    wanted = POSTGRES_SETTINGS | settings
    return {
        "sslmode": "prefer" if stays_here(url) else "verify-full",
        "options": " ".join(f"-c {name}={value}" for name, value in wanted.items()),
        "connect_timeout": _CONNECT_SECONDS,
        # A server that fell silent is noticed before the lease is over.
        "tcp_user_timeout": _SILENCE_MILLISECONDS,
    }


def postgres_engine(location: StoreLocation, **settings: str) -> Engine:
    """An engine over a PostgreSQL database. `settings` are further settings of its sessions."""
    url = location.url or ""
    try:
        return create_engine(
            url.replace("postgresql://", "postgresql+psycopg://", 1),
            connect_args=postgres_arguments(url, **settings),
            # Decisions wait for the row of the lock and then see what the one before wrote, whatever the default is.
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            pool_size=2,
            max_overflow=0,
            pool_timeout=BUSY_SECONDS,
            hide_parameters=True,
        )
    except (ImportError, NoSuchModuleError) as error:
        message = f"the store {location} needs the PostgreSQL driver, which is not installed"
        raise StoreError(message, hint="install it with: pip install 'reconciler[postgres]'") from error
    except (ArgumentError, ValueError):
        # The library quotes what it could not read, which may be a part of the password.
        message = f"the address of the store cannot be read: {location}"
        hint = "write postgresql://user@host:port/database; escape signs in names as in any URL"
        raise StoreError(message, hint=hint) from None


def crosses_pooler(engine: Engine) -> bool:
    """
    Whether something between us and the server hands out its connections by the transaction (S24).

    Then a second client gets the session of the first one while that is idle, and the first one another afterwards.
    Settings of a session, and with them our limits, do not hold behind it.
    """
    with engine.connect() as one, engine.connect() as other:
        first = _backend(one)
        with other.begin():
            taken = _backend_inside(other)
            second = _backend(one)
    return first != second or taken == first


def _backend(connection: Connection) -> int:
    with connection.begin():
        return _backend_inside(connection)


def _backend_inside(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
