"""Objects, their items and references, the log, the events and the clock, in SQLite."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.errors import SimulatorError
from reconciler.simulator.seed import stable_id

FORMAT = 1
LIFE = "life"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, collection TEXT NOT NULL, moniker TEXT NOT NULL,
    name TEXT NOT NULL, state TEXT NOT NULL, rendered TEXT);
CREATE INDEX IF NOT EXISTS object_moniker ON object (collection, moniker COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS object_order ON object (collection, seq);
CREATE TABLE IF NOT EXISTS item (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, owner TEXT NOT NULL, segment TEXT NOT NULL, key TEXT NOT NULL,
    state TEXT NOT NULL, UNIQUE (owner, segment, key));
CREATE INDEX IF NOT EXISTS item_segment ON item (segment, key);
CREATE TABLE IF NOT EXISTS reference (source TEXT NOT NULL, target TEXT NOT NULL, role TEXT NOT NULL,
    PRIMARY KEY (source, target, role)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reference_target ON reference (target);
CREATE TABLE IF NOT EXISTS value (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request (seq INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, path TEXT NOT NULL,
    query TEXT NOT NULL, body BLOB, status INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, at REAL NOT NULL, type TEXT NOT NULL,
    endpoint TEXT, target TEXT, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sim (n INTEGER PRIMARY KEY, iccid TEXT NOT NULL UNIQUE, status INTEGER NOT NULL,
    network INTEGER NOT NULL, grp TEXT, reference TEXT, extra TEXT, changed REAL);
CREATE INDEX IF NOT EXISTS sim_group ON sim (grp, n) WHERE grp IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS sim_reference ON sim (reference) WHERE reference IS NOT NULL;
CREATE INDEX IF NOT EXISTS sim_terminated ON sim (changed) WHERE status = 70;
CREATE TABLE IF NOT EXISTS address (n INTEGER NOT NULL, grp TEXT NOT NULL, vslice TEXT NOT NULL,
    address INTEGER NOT NULL, origin TEXT NOT NULL, PRIMARY KEY (n, grp)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS address_once ON address (vslice, address);
CREATE TABLE IF NOT EXISTS keyvalue (n INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (n, key)) WITHOUT ROWID;
"""


def _unusable(path: str | Path, why: str) -> SimulatorError:
    message = f"the state of the simulator in {path} cannot be used: {why}"
    return SimulatorError(
        message, hint="name another file with --state, or remove this one if it is only the simulator's"
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One stored object; references in `state` are ids."""

    id: str
    collection: str
    moniker: str
    name: str
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One stored item of a sub-collection; `key` is its identity within (owner, segment)."""

    id: str
    owner: str
    segment: str
    key: str
    state: dict[str, Any]


def dumps(value: Any) -> str:
    """JSON text, compact."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_COLUMNS = "id, collection, moniker, name, state"


def _row(found: Sequence[Any]) -> Row:
    key, collection, moniker, name, state = found
    return Row(key, collection, moniker, name, json.loads(state))


class Tables:
    """
    The tables. Not thread-safe: the application serialises its calls.

    An object's answer is kept rendered and dropped whenever the object, something that it names, or something that
    names it changes, so that a page of a list is a join of strings.
    """

    def __init__(self, path: str | Path, account: str) -> None:
        self._account = account
        try:
            self.connection = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None, timeout=30)
        except sqlite3.Error as error:
            raise _unusable(path, str(error)) from error
        try:
            found = self.execute("PRAGMA user_version").fetchone()[0]
            if found not in {0, FORMAT}:
                message = f"it was written by another version of the simulator (format {found}, expected {FORMAT})"
                raise _unusable(path, message)
            if not found and self.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                # Such as the store of an estate: nothing is written into it.
                raise _unusable(path, "it holds something else")
            self.execute("PRAGMA journal_mode=WAL")
            # A platform to try things on need not survive a power cut, only the end of its process.
            self.execute("PRAGMA synchronous=OFF")
            self.connection.executescript(_SCHEMA)
            self.execute(f"PRAGMA user_version={FORMAT}")
        except sqlite3.Error as error:
            self.connection.close()
            raise _unusable(path, str(error)) from error
        except SimulatorError:
            self.connection.close()
            raise

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """One statement."""
        return self.connection.execute(sql, parameters)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows."""
        self.connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def value(self, name: str, default: Any = None) -> Any:
        """A named value that outlives the process."""
        row = self.execute("SELECT value FROM value WHERE name = ?", (name,)).fetchone()
        return default if row is None else row[0]

    def set_value(self, name: str, value: Any) -> None:
        """Keep a named value."""
        self.execute(
            "INSERT INTO value VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
        )

    def new_id(self, what: str) -> str:
        """An id never given before; the same calls give the same ids in the same life, so that runs can be compared."""
        number = int(self.value("ids", 0)) + 1
        self.set_value("ids", number)
        life = self.value(LIFE)
        return stable_id(self._account, *(() if life is None else (life,)), what, number)

    def objects(self, collection: str) -> list[Row]:
        """Every object of a collection in the order of creation."""
        rows = self.execute(f"SELECT {_COLUMNS} FROM object WHERE collection = ? ORDER BY seq", (collection,))
        return [_row(row) for row in rows]

    def find(self, collection: str, key: str) -> Row | None:
        """An object by id or, in any case, by moniker; the oldest when monikers are not unique (A1)."""
        row = self.execute(
            f"SELECT {_COLUMNS} FROM object WHERE collection = ? AND id = ?", (collection, key.lower())
        ).fetchone()
        row = (
            row
            or self.execute(
                f"SELECT {_COLUMNS} FROM object WHERE collection = ? AND moniker = ? COLLATE NOCASE"
                " ORDER BY seq LIMIT 1",
                (collection, key),
            ).fetchone()
        )
        return None if row is None else _row(row)

    def by_id(self, key: str) -> Row:
        """The object with this id, which must exist."""
        row = self.execute(f"SELECT {_COLUMNS} FROM object WHERE id = ?", (key,)).fetchone()
        return _row(row)

    def save(self, row: Row, references: Iterable[tuple[str, str]]) -> None:
        """Insert or replace an object with its references (role, target id)."""
        self.execute(
            "INSERT INTO object (id, collection, moniker, name, state) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id)"
            " DO UPDATE SET moniker = excluded.moniker, name = excluded.name, state = excluded.state",
            (row.id, row.collection, row.moniker, row.name, dumps(row.state)),
        )
        self.refer(row.id, references)

    def refer(self, source: str, references: Iterable[tuple[str, str]]) -> None:
        """Replace what `source` refers to and drop the answers that this makes stale."""
        self._drop_answers(source)
        self.execute("DELETE FROM reference WHERE source = ?", (source,))
        self.execute_many("INSERT OR IGNORE INTO reference VALUES (?, ?, ?)", ((source, t, r) for r, t in references))
        self._drop_answers(source)

    def remove(self, row: Row) -> None:
        """Delete an object, its items and its references."""
        self._drop_answers(row.id)
        for table, column in (("object", "id"), ("item", "owner"), ("reference", "source")):
            self.execute(f"DELETE FROM {table} WHERE {column} = ?", (row.id,))

    def referrers(self, target: str) -> list[tuple[Row, str]]:
        """The objects that refer to `target`, and in which role; at most ten."""
        rows = self.execute(
            "SELECT object.id, collection, moniker, name, '{}', role FROM reference JOIN object ON object.id = source"
            " WHERE target = ? AND source <> target LIMIT 10",
            (target,),
        )
        return [(_row(row[:5]), row[5]) for row in rows]

    def count_referrers(self, target: str, collection: str) -> int:
        """How many objects of a collection refer to `target`."""
        sql = (
            "SELECT count(DISTINCT source) FROM reference JOIN object ON object.id = source"
            " WHERE target = ? AND collection = ?"
        )
        return int(self.execute(sql, (target, collection)).fetchone()[0])

    def drop_answers(self, ids: Iterable[str]) -> None:
        """Forget the rendered answers of these objects."""
        self.execute_many(
            "UPDATE object SET rendered = NULL WHERE id = ? AND rendered IS NOT NULL", ((i,) for i in ids)
        )

    def _drop_answers(self, key: str) -> None:
        self.execute(
            "UPDATE object SET rendered = NULL WHERE rendered IS NOT NULL AND (id = ? OR id IN (SELECT source FROM"
            " reference WHERE target = ?) OR id IN (SELECT target FROM reference WHERE source = ?))",
            (key, key, key),
        )

    def items(self, owner: str, segment: str) -> list[Item]:
        """The items of a sub-collection in the order of creation."""
        rows = self.execute(
            "SELECT id, owner, segment, key, state FROM item WHERE owner = ? AND segment = ? ORDER BY seq",
            (owner, segment),
        )
        return [Item(key, owner, segment, identity, json.loads(state)) for key, owner, segment, identity, state in rows]

    def save_item(self, item: Item) -> None:
        """Insert an item, or replace the state of the one with its key."""
        self.execute(
            "INSERT INTO item (id, owner, segment, key, state) VALUES (?, ?, ?, ?, ?) ON CONFLICT (owner, segment, key)"
            " DO UPDATE SET state = excluded.state",
            (item.id, item.owner, item.segment, item.key, dumps(item.state)),
        )

    def remove_item(self, item: Item) -> None:
        """Delete an item."""
        self.execute(
            "DELETE FROM item WHERE owner = ? AND segment = ? AND key = ?", (item.owner, item.segment, item.key)
        )
