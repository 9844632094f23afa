"""
A whole store copied: for a backup, and back again.

A backup is always one SQLite file, also that of a store in PostgreSQL. It has the tables as they are, of whatever
schema version; so it can be restored into either database and is then migrated like any older store.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Float, Integer, MetaData, Text, insert, select
from sqlalchemy.types import TypeEngine

from reconciler.errors import LockError, StoreError
from reconciler.store.connection import postgres_engine, readonly_engine, sqlite_engine
from reconciler.store.files import FILE_MODE, prepare, refuse_links
from reconciler.store.liveness import living
from reconciler.store.location import StoreLocation
from reconciler.store.migrations import MIGRATIONS, latest
from reconciler.store.opening import check_schema, failing, meta_of, tables_of, take_turn
from reconciler.store.rows import RESTORE, TABLES

OTHER = "name another backup; the store in place was left as it is"
_BATCH = 1000
_MOST_COPIES = 100
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def back_up(location: StoreLocation, target: Path, *, newest: int = latest(MIGRATIONS)) -> Path:
    """
    A copy of the whole store in a new private file at `target`, as of one moment; other runs may go on meanwhile.

    Raises `StoreError` when the store is missing, damaged or of a schema version above `newest`, when there is
    something at `target` already, or when the copy cannot be written.
    """
    engine = readonly_engine(location)
    try:
        with failing(location), engine.connect() as connection:
            if location.path is None:
                connection.execution_options(isolation_level="REPEATABLE READ")
            check_schema(connection, location, current=newest)
            with _drafted(target) as draft:
                if location.path is None:
                    _to_file(connection, draft)
                else:
                    _copy_pages(location.path, draft)
    finally:
        engine.dispose()
    return target


def next_free(target: Path) -> Path:
    """The path itself, or with a number where something is there already."""
    for number in range(2, _MOST_COPIES):
        if not target.exists():
            return target
        target = target.with_name(f"{target.name.removesuffix(f'-{number - 1}')}-{number}")
    return target


@contextmanager
def _drafted(target: Path) -> Iterator[Path]:
    """A private file that gets the name `target` when everything went well and it is on the disk."""
    draft = target.with_name(f"{target.name}.new-{os.getpid()}")
    is_whole = False
    try:
        # The name is taken first, with an empty file: that is never taken for a store.
        os.close(os.open(target, _NEW, FILE_MODE))
    except FileExistsError:
        message = f"there is a file at {target} already"
        raise StoreError(message, hint="a backup is never overwritten; name another file") from None
    except OSError as error:
        raise _unwritable(f"the backup {target}", error) from error
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, _NEW, FILE_MODE))
        yield draft
        _sync(draft)
        draft.replace(target)
        _sync(target.parent)
        is_whole = True
    except (OSError, sqlite3.Error) as error:
        raise _unwritable(f"the backup {target}", error) from error
    finally:
        for place in (draft, *(() if is_whole else (target,))):
            with contextlib.suppress(OSError):
                place.unlink(missing_ok=True)


def _make_private(place: Path) -> None:
    if place.is_file() and not place.is_symlink():
        place.chmod(FILE_MODE)


def _sync(place: Path) -> None:
    opened = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _unwritable(what: str, error: OSError | sqlite3.Error) -> StoreError:
    cause = error.strerror if isinstance(error, OSError) else str(error)
    message = f"{what} cannot be written: {cause}"
    return StoreError(message, hint="check the folder, its permissions and the space on the disk")


def _copy_pages(source: Path, target: Path) -> None:
    """Copy by the database's own means: a file that is in use must not be copied like others."""
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing)
        # One file, without a log beside it.
        writing.execute("PRAGMA journal_mode=DELETE")


def _to_file(source: Connection, target: Path) -> None:
    engine = sqlite_engine(target)
    try:
        with engine.begin() as connection:
            copy_tables(source, connection)
    finally:
        engine.dispose()
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def copy_tables(source: Connection, target: Connection) -> None:
    """Make the tables of a store as they are in `source`, whatever their version, and fill them."""
    tables = MetaData()
    tables.reflect(source, only=lambda name, _: name in TABLES)
    for table in tables.sorted_tables:
        for column in table.columns:
            column.type = _plain(column.type)
            column.server_default = None
    tables.create_all(target)
    for table in tables.sorted_tables:
        found = source.execute(select(table).order_by(*table.primary_key.columns)).mappings()
        while batch := found.fetchmany(_BATCH):
            target.execute(insert(table), [dict(row) for row in batch])
    if target.dialect.name == "postgresql":
        # The next fact gets the number after the last one that was copied.
        target.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('fact', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM fact), false)"
        )


def _plain(found: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type that means the same in both databases."""
    for plain in (Boolean, BigInteger, Integer, Float):
        if isinstance(found, plain):
            return plain()
    return Text()


def restore(location: StoreLocation, backup: Path, *, stamp: str, newest: int = latest(MIGRATIONS)) -> list[Path]:
    """
    Put a backup in the place of the store; the files of a former store, which are kept under names with `stamp`.

    Raises `StoreError` when the backup is no whole store or of a schema version above `newest`, or when a database
    holds a store already, and `LockError` when a run is alive that uses the store.
    """
    if not backup.exists():
        message = f"there is no backup at {backup}"
        raise StoreError(message, hint="name a file that `reconciler store backup` wrote")
    source = StoreLocation(backup.parent, path=backup)
    with _judging(source):
        engine = readonly_engine(source)
    try:
        with failing(source), engine.connect() as connection:
            with _judging(source), failing(source):
                check_schema(connection, source, current=newest)
            if location.path is None:
                _into_database(connection, location)
                return []
    finally:
        engine.dispose()
    return _into_place(backup, location.path, location.root, stamp=stamp)


@contextmanager
def _judging(source: StoreLocation) -> Iterator[None]:
    """Say of a backup what is said of a store: the one in place has nothing to do with it."""
    try:
        yield
    except StoreError as error:
        message = f"the backup {source} {str(error).removeprefix(f'the store {source} ')}"
        raise StoreError(message, hint=OTHER if error.hint == RESTORE else error.hint) from error


def _into_database(source: Connection, location: StoreLocation) -> None:
    engine = postgres_engine(location)
    try:
        with failing(location), engine.begin() as connection:
            take_turn(connection)
            if tables_of(connection):
                lineage = meta_of(connection).get("lineage")
                message = f"the database {location} holds a store already (lineage {lineage})"
                raise StoreError(message, hint="make a new database, restore into that, and let the estate name it")
            copy_tables(source, connection)
    finally:
        engine.dispose()


def _into_place(backup: Path, path: Path, root: Path, *, stamp: str) -> list[Path]:
    refuse_links(path, root)
    if (epoch := living(path)) is not None:
        message = f"a run is alive that uses the store {path} (epoch {epoch})"
        raise LockError(message, hint="wait until it ends")
    draft = prepare(path, root)
    try:
        _copy_pages(backup, draft)
        with closing(sqlite3.connect(draft)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        _sync(draft)
        # The log goes first: read with another file it would spoil that.
        ends = [end for end in ("-wal", "") if path.with_name(path.name + end).exists()]
        for end in ends:
            _make_private(path.with_name(path.name + end))
        former = [
            path.with_name(path.name + end).rename(path.with_name(f"{path.name}.replaced-{stamp}{end}")) for end in ends
        ]
        # The index of the log; it is made anew from that.
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
        # Fails where another process made a store in the meantime.
        os.link(draft, path)
        _sync(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise _unwritable(f"the store {path}", error) from error
    finally:
        draft.unlink(missing_ok=True)
    return former
