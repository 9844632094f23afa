"""
The problems of a store, and what to do about them: `store doctor`. Nothing is changed, nothing is mended.

A failure keeps the store from being used or trusted; a warning weakens it.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from reconciler.environment import Environment
from reconciler.errors import StoreError
from reconciler.store import estates, journal, lock
from reconciler.store.connection import POSTGRES_SETTINGS, crosses_pooler, readonly_engine, stays_here
from reconciler.store.files import (
    FILE_MODE,
    FOLDER_MODE,
    NO_SPACE,
    free_bytes,
    is_readonly,
    network_of,
    takes_files,
    unwritable,
)
from reconciler.store.liveness import Liveness, living
from reconciler.store.location import StoreLocation
from reconciler.store.migrations import MIGRATIONS, latest
from reconciler.store.opening import check_schema, failing, meta_of
from reconciler.store.records import Holder
from reconciler.store.rows import COLUMNS, RESTORE, TABLES, owned_of
from reconciler.store.tables import RESOURCE

MIGRATE = "run `reconciler store migrate`"
RECOVER = "run `reconciler recover`; the next apply does it too"
LITTLE_SPACE = 16 * 1024**2
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Weight(StrEnum):
    """How much a finding matters; the value is how it is shown."""

    FINE = "ok"
    WARNING = "warn"
    FAILURE = "FAIL"


@dataclass(frozen=True, slots=True)
class StoreFinding:
    """One thing that was looked at: what it is about, what was found, and what to do unless it is fine."""

    weight: Weight
    subject: str
    words: str
    fix: str | None = None


def examine(location: StoreLocation, environment: Environment) -> Iterator[StoreFinding]:
    """Look at everything that can be seen without writing (S23, S24, I18). Never raises for what it finds."""
    try:
        engine = readonly_engine(location)
    except StoreError as error:
        yield _failure("place", error)
        return
    try:
        if location.path is None:
            yield from _server(engine, location)
        else:
            yield from _files(location.path, location.root)
            yield from _room(location.path)
            yield from _writing(location.path)
        with failing(location), engine.connect() as connection:
            yield from _contents(connection, location, environment)
    except StoreError as error:
        yield _failure("database", error)
    except OSError as error:
        words = f"{error.filename or location} cannot be looked at: {error.strerror}"
        yield StoreFinding(Weight.FAILURE, "place", words, "run as the owner of the folder, and check its disk")
    finally:
        engine.dispose()


def _failure(subject: str, error: StoreError) -> StoreFinding:
    return StoreFinding(Weight.FAILURE, subject, str(error), error.hint)


# --- SQLite: the file and its place -----------------------------------------------------------------------------------


def _files(path: Path, root: Path) -> Iterator[StoreFinding]:
    yield StoreFinding(Weight.FINE, "place", f"{path}: a regular file of this user, behind no link")
    beside = sorted(entry for entry in path.parent.iterdir() if entry.name.startswith(path.name) and entry.is_file())
    places = [(entry, FILE_MODE) for entry in beside]
    if path.parent != root:
        places.insert(0, (path.parent, FOLDER_MODE))
    is_private = True
    for place, wanted in places:
        mode = stat.S_IMODE(place.stat().st_mode)
        if mode & _OTHERS:
            is_private = False
            words = f"{place} can be reached by others (mode {mode:04o})"
            yield StoreFinding(Weight.WARNING, "privacy", words, f"chmod {wanted:o} {place}")
    if is_private:
        yield StoreFinding(Weight.FINE, "privacy", "folder and files are for their owner alone")
    found = network_of(path)
    if found:
        words = f"{path.parent} is on a network file system ({found}), where the lock cannot be trusted"
        fix = "move the store to a local disk, or use postgresql:// for a team"
        yield StoreFinding(Weight.FAILURE, "disk", words, fix)
    else:
        yield StoreFinding(Weight.FINE, "disk", "a local file system")
    epoch = living(path)
    if epoch is not None:
        yield StoreFinding(Weight.FINE, "process", f"a process on this machine holds epoch {epoch}")


def _room(path: Path) -> Iterator[StoreFinding]:
    left = free_bytes(path.parent)
    fix = f"make room on the disk of {path.parent}"
    if left is None or left >= LITTLE_SPACE:
        yield StoreFinding(Weight.FINE, "space", f"at least {LITTLE_SPACE // 1024**2} MiB are free")
    elif left < NO_SPACE:
        yield StoreFinding(Weight.FAILURE, "space", f"the disk is full: {left // 1024} KiB are free", fix)
    else:
        yield StoreFinding(Weight.WARNING, "space", f"the disk is nearly full: {left / 1024**2:.1f} MiB are free", fix)
    if not takes_files(path.parent):
        words = "the file system can take no more files (no inode is free)"
        yield StoreFinding(Weight.FAILURE, "files", words, f"remove files on the disk of {path.parent}")


def _writing(path: Path) -> Iterator[StoreFinding]:
    if is_readonly(path.parent):
        words = f"{path.parent} is on a file system that is mounted read-only"
        fix = "mount it for writing; if the system did that itself, check it"
        yield StoreFinding(Weight.FAILURE, "writing", words, fix)
        return
    closed = unwritable(path)
    for place in closed:
        fix = f"chmod {'u+rwx' if place == path.parent else 'u+rw'} {place}, or run as its owner"
        yield StoreFinding(Weight.FAILURE, "writing", f"{place} cannot be written by this user", fix)
    if not closed:
        yield StoreFinding(Weight.FINE, "writing", "folder and files can be written")


# --- PostgreSQL: the server and the session ---------------------------------------------------------------------------


def _server(engine: Engine, location: StoreLocation) -> Iterator[StoreFinding]:
    with failing(location):
        is_pooled = crosses_pooler(engine)
        with engine.connect() as connection:
            found = list(_session(connection, location))
    if is_pooled:
        words = "a pooler changes the session with each transaction"
        fix = "name the server itself, or set the pooler to session mode"
        yield StoreFinding(Weight.FAILURE, "session", words, fix)
    else:
        yield StoreFinding(Weight.FINE, "session", "one backend for the whole session, no pooler of transactions")
    yield from found


def _session(connection: Connection, location: StoreLocation) -> Iterator[StoreFinding]:
    role, is_superuser = connection.exec_driver_sql(
        "SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user"
    ).one()
    if is_superuser:
        fix = "give the estate a role of its own: CREATE ROLE reconciler LOGIN; ALTER DATABASE … OWNER TO reconciler"
        yield StoreFinding(Weight.WARNING, "role", f"{role} is a superuser", fix)
    else:
        yield StoreFinding(Weight.FINE, "role", f"{role}, no superuser")
    is_encrypted = connection.exec_driver_sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").scalar_one()
    where = "on this machine" if stays_here(location.url or "") else "over a network, with the server's name verified"
    yield StoreFinding(Weight.FINE, "connection", f"{where}, {'TLS' if is_encrypted else 'without TLS'}")
    weak = [
        f"{name} is {value}, not {wanted}"
        for name, wanted in POSTGRES_SETTINGS.items()
        if (value := connection.exec_driver_sql(f"SHOW {name}").scalar_one()) != wanted
    ]
    if weak:
        fix = "something on the way drops what we ask for: connect without a pooler"
        yield StoreFinding(Weight.FAILURE, "settings", "; ".join(weak), fix)
    else:
        words = ", ".join(f"{name} {value}" for name, value in POSTGRES_SETTINGS.items())
        yield StoreFinding(Weight.FINE, "settings", words)
    unsafe = [
        name
        for name in ("fsync", "full_page_writes")
        if connection.exec_driver_sql(f"SHOW {name}").scalar_one() != "on"
    ]
    if unsafe:
        words = f"the server has {' and '.join(unsafe)} off: a power cut may lose what it has confirmed"
        yield StoreFinding(Weight.WARNING, "durability", words, "set them to on in postgresql.conf")
    else:
        yield StoreFinding(Weight.FINE, "durability", "the server syncs what it confirms")
    if connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one():
        words = "the server is a standby, which cannot be written to"
        yield StoreFinding(Weight.FAILURE, "server", words, "name the primary")


# --- what is inside ---------------------------------------------------------------------------------------------------


def _contents(connection: Connection, location: StoreLocation, environment: Environment) -> Iterator[StoreFinding]:
    if connection.dialect.name == "sqlite":
        yield from _pages(connection)
    try:
        found = check_schema(connection, location, current=latest(MIGRATIONS))
    except StoreError as error:
        yield _failure("schema", error)
        return
    if found < latest(MIGRATIONS):
        words = f"version {found}, this reconciler knows {latest(MIGRATIONS)}"
        yield StoreFinding(Weight.WARNING, "schema", words, MIGRATE)
        return
    meta = meta_of(connection)
    pinned = " ".join(meta[key] for key in ("api_origin", "account_id") if key in meta)
    yield StoreFinding(Weight.FINE, "schema", f"version {found}")
    yield StoreFinding(Weight.FINE, "lineage", f"{meta['lineage']}, for {pinned or 'no platform yet'}")
    try:
        owned = owned_of(connection.execute(select(*(RESOURCE.c[name] for name in COLUMNS))).all())
    except StoreError as error:
        yield _failure("inventory", error)
    else:
        yield StoreFinding(Weight.FINE, "inventory", f"{len(owned)} objects owned")
        for estate in estates.known(connection):
            words = f"{estate.name}: {estate.objects} objects owned, serial {estate.serial}"
            yield StoreFinding(Weight.FINE, "estate", words)
    if journal.facts_are_intact(connection):
        yield StoreFinding(Weight.FINE, "facts", "the chain is unbroken")
    else:
        yield StoreFinding(Weight.FAILURE, "facts", "a fact was changed, removed or added by something else", RESTORE)
    if connection.dialect.name == "postgresql":
        yield from _rights(connection)
    yield from _at_work(connection, location, environment)


def _rights(connection: Connection) -> Iterator[StoreFinding]:
    closed = [
        name
        for name in sorted(TABLES)
        if not connection.exec_driver_sql(
            "SELECT bool_and(has_table_privilege(%s, kind)) FROM unnest(%s::text[]) AS kind",
            (f'"{name}"', ["SELECT", "INSERT", "UPDATE", "DELETE"]),
        ).scalar_one()
    ]
    if closed:
        words = f"the role may not write: {', '.join(closed)}"
        fix = "grant it SELECT, INSERT, UPDATE and DELETE on the store's tables, or make it their owner"
        yield StoreFinding(Weight.FAILURE, "writing", words, fix)
    else:
        yield StoreFinding(Weight.FINE, "writing", "the role may write every table")


def _pages(connection: Connection) -> Iterator[StoreFinding]:
    verdicts = connection.exec_driver_sql("PRAGMA integrity_check(3)").scalars().all()
    if list(verdicts) == ["ok"]:
        yield StoreFinding(Weight.FINE, "pages", "every page, row and index is sound")
    else:
        yield StoreFinding(Weight.FAILURE, "pages", "; ".join(map(str, verdicts)), RESTORE)
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    if mode == "wal":
        yield StoreFinding(Weight.FINE, "durability", "write-ahead log; every decision is synced before it counts")
    else:
        words = f"the journal mode is {mode}, not wal"
        yield StoreFinding(Weight.WARNING, "durability", words, "the next apply sets it; if it stays, look at the disk")


def _at_work(connection: Connection, location: StoreLocation, environment: Environment) -> Iterator[StoreFinding]:
    holder = lock.holder(connection)
    is_held, words = False, "free"
    if holder is not None:
        is_held, prospect = _prospect(holder, lock.lease_left(connection, environment), location)
        words = f"held by {holder}; {prospect}"
    yield StoreFinding(Weight.FINE, "lock", words)
    waiting = journal.unresolved(connection, None)
    count = "1 request" if len(waiting) == 1 else f"{len(waiting)} requests"
    if not waiting:
        yield StoreFinding(Weight.FINE, "journal", "every request has an outcome")
    elif is_held:
        yield StoreFinding(Weight.FINE, "journal", f"{count} under way")
    else:
        yield StoreFinding(Weight.WARNING, "journal", f"what became of {count} is not known", RECOVER)


def _prospect(holder: Holder, left: float, location: StoreLocation) -> tuple[bool, str]:
    """Whether the holder keeps the lock, and when the next run gets it, as `reconciler.store.lock.acquire` decides."""
    if location.path is not None and not Liveness(location.path).is_alive(holder.epoch):
        return False, "but that process is gone; the next run takes over at once"
    if left < 0:
        return False, "but its lease ran out; the next run takes over at once"
    if location.path is not None:
        return True, f"its lease runs for {left:.0f} s more"
    return True, f"its lease runs for {left:.0f} s more; if that run is gone, the next one takes over then"
