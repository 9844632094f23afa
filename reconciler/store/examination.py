"""
What is wrong with a store, and what to do about it: `store doctor`. Nothing is changed, nothing is mended.

A failure is what keeps the store from being used, or from being trusted; a warning is what weakens it.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from reconciler.environment import Environment
from reconciler.errors import StoreError
from reconciler.store import journal, lock
from reconciler.store.connection import POSTGRES_SETTINGS, NoStore, crosses_pooler, readonly_engine, stays_here
from reconciler.store.files import FILE_MODE, FOLDER_MODE, network_of
from reconciler.store.liveness import living
from reconciler.store.location import StoreLocation
from reconciler.store.migrations import MIGRATIONS, latest
from reconciler.store.opening import check_schema, failing, meta_of
from reconciler.store.rows import COLUMNS, RESTORE, owned_of
from reconciler.store.tables import RESOURCE

MIGRATE = "run `reconciler store migrate`"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Weight(StrEnum):
    """How much a finding matters; the value is how it is shown."""

    FINE = "ok"
    WARNING = "warn"
    FAILURE = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is about, what was found, and what to do unless it is fine."""

    weight: Weight
    subject: str
    words: str
    fix: str | None = None


def examine(location: StoreLocation, environment: Environment) -> Iterator[Finding]:
    """Look at everything that can be seen without writing (S23, S24, I18). Never raises for what it finds."""
    try:
        engine = readonly_engine(location)
    except NoStore as error:
        yield Finding(Weight.FAILURE, "place", str(error), error.hint)
        return
    except StoreError as error:
        yield _failure("place", error)
        return
    try:
        if location.path is None:
            yield from _server(engine, location)
        else:
            yield from _files(location.path, location.root)
        with failing(location), engine.connect() as connection:
            yield from _contents(connection, location, environment)
    except StoreError as error:
        yield _failure("database", error)
    finally:
        engine.dispose()


def _failure(subject: str, error: StoreError) -> Finding:
    return Finding(Weight.FAILURE, subject, str(error), error.hint)


# --- SQLite: the file and its place -----------------------------------------------------------------------------------


def _files(path: Path, root: Path) -> Iterator[Finding]:
    yield Finding(Weight.FINE, "place", f"{path}: a regular file of this user, behind no link")
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
            yield Finding(Weight.WARNING, "privacy", words, f"chmod {wanted:o} {place}")
    if is_private:
        yield Finding(Weight.FINE, "privacy", "folder and files are for their owner alone")
    found = network_of(path)
    if found:
        words = f"{path.parent} is on a network file system ({found}), where the lock cannot be trusted"
        yield Finding(Weight.FAILURE, "disk", words, "move the store to a local disk, or use postgresql:// for a team")
    else:
        yield Finding(Weight.FINE, "disk", "a local file system")
    epoch = living(path)
    if epoch is not None:
        yield Finding(Weight.FINE, "process", f"a process on this machine holds epoch {epoch}")


# --- PostgreSQL: the server and the session ---------------------------------------------------------------------------


def _server(engine: Engine, location: StoreLocation) -> Iterator[Finding]:
    with failing(location):
        is_pooled = crosses_pooler(engine)
        with engine.connect() as connection:
            found = list(_session(connection, location))
    if is_pooled:
        words = "a pooler changes the session with each transaction"
        fix = "name the server itself, or set the pooler to session mode"
        yield Finding(Weight.FAILURE, "session", words, fix)
    else:
        yield Finding(Weight.FINE, "session", "one backend for the whole session, no pooler of transactions")
    yield from found


def _session(connection: Connection, location: StoreLocation) -> Iterator[Finding]:
    role, is_superuser = connection.exec_driver_sql(
        "SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user"
    ).one()
    if is_superuser:
        fix = "give the estate a role of its own: CREATE ROLE reconciler LOGIN; ALTER DATABASE … OWNER TO reconciler"
        yield Finding(Weight.WARNING, "role", f"{role} is a superuser", fix)
    else:
        yield Finding(Weight.FINE, "role", f"{role}, no superuser")
    is_encrypted = connection.exec_driver_sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").scalar_one()
    where = "on this machine" if stays_here(location.url or "") else "over a network, with the server's name verified"
    yield Finding(Weight.FINE, "connection", f"{where}, {'TLS' if is_encrypted else 'without TLS'}")
    weak = [
        f"{name} is {value}, not {wanted}"
        for name, wanted in POSTGRES_SETTINGS.items()
        if (value := connection.exec_driver_sql(f"SHOW {name}").scalar_one()) != wanted
    ]
    if weak:
        fix = "something on the way drops what we ask for: connect without a pooler"
        yield Finding(Weight.FAILURE, "settings", "; ".join(weak), fix)
    else:
        words = ", ".join(f"{name} {value}" for name, value in POSTGRES_SETTINGS.items())
        yield Finding(Weight.FINE, "settings", words)
    unsafe = [
        name
        for name in ("fsync", "full_page_writes")
        if connection.exec_driver_sql(f"SHOW {name}").scalar_one() != "on"
    ]
    if unsafe:
        words = f"the server has {' and '.join(unsafe)} off: a power cut may lose what it has confirmed"
        yield Finding(Weight.WARNING, "durability", words, "set them to on in postgresql.conf")
    else:
        yield Finding(Weight.FINE, "durability", "the server syncs what it confirms")
    if connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one():
        words = "the server is a standby, which cannot be written to"
        yield Finding(Weight.FAILURE, "server", words, "name the primary")


# --- what is inside ---------------------------------------------------------------------------------------------------


def _contents(connection: Connection, location: StoreLocation, environment: Environment) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        yield from _pages(connection)
    try:
        found = check_schema(connection, location, current=latest(MIGRATIONS))
    except StoreError as error:
        yield _failure("schema", error)
        return
    if found < latest(MIGRATIONS):
        words = f"version {found}, this reconciler knows {latest(MIGRATIONS)}"
        yield Finding(Weight.WARNING, "schema", words, MIGRATE)
        return
    meta = meta_of(connection)
    pinned = " ".join(meta[key] for key in ("api_origin", "account_id") if key in meta)
    yield Finding(Weight.FINE, "schema", f"version {found}")
    yield Finding(Weight.FINE, "lineage", f"{meta['lineage']}, for {pinned or 'no platform yet'}")
    try:
        owned = owned_of(connection.execute(select(*(RESOURCE.c[name] for name in COLUMNS))).all())
    except StoreError as error:
        yield _failure("inventory", error)
    else:
        yield Finding(Weight.FINE, "inventory", f"{len(owned)} objects owned, serial {meta.get('serial', '0')}")
    if journal.facts_are_intact(connection):
        yield Finding(Weight.FINE, "facts", "the chain is unbroken")
    else:
        yield Finding(Weight.FAILURE, "facts", "a fact was changed, removed or added by something else", RESTORE)
    yield from _at_work(connection, environment)


def _pages(connection: Connection) -> Iterator[Finding]:
    verdicts = connection.exec_driver_sql("PRAGMA integrity_check(3)").scalars().all()
    if list(verdicts) == ["ok"]:
        yield Finding(Weight.FINE, "pages", "every page, row and index is sound")
    else:
        yield Finding(Weight.FAILURE, "pages", "; ".join(map(str, verdicts)), RESTORE)
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    if mode == "wal":
        yield Finding(Weight.FINE, "durability", "write-ahead log; every decision is synced before it counts")
    else:
        words = f"the journal mode is {mode}, not wal"
        yield Finding(Weight.WARNING, "durability", words, "the next apply sets it; if it stays, look at the disk")


def _at_work(connection: Connection, environment: Environment) -> Iterator[Finding]:
    holder = lock.holder(connection)
    if holder is None:
        yield Finding(Weight.FINE, "lock", "free")
    else:
        left = lock.lease_left(connection, environment)
        lease = f"its lease runs for {left:.0f} s more" if left > 0 else "its lease ran out; the next run takes over"
        yield Finding(Weight.FINE, "lock", f"held by {holder}; {lease}")
    waiting = journal.unresolved(connection)
    count = "1 request" if len(waiting) == 1 else f"{len(waiting)} requests"
    if waiting and holder is None:
        words = f"what became of {count} is not known"
        yield Finding(Weight.WARNING, "journal", words, "run `reconciler recover`; the next apply does it too")
    elif waiting:
        yield Finding(Weight.FINE, "journal", f"{count} under way")
    else:
        yield Finding(Weight.FINE, "journal", "every request has an outcome")
