"""
Reading a store without writing to it, for the commands that only plan.

Importing SQLAlchemy costs a fifth of a second, more than planning a small estate; so a SQLite store is read with the
standard library and the same statements as text. A test holds both ways of reading to the same answer.
"""

import sqlite3
from contextlib import closing
from typing import NamedTuple

from reconciler.errors import StoreError
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.redaction import KNOWN
from reconciler.store.files import check_place
from reconciler.store.hints import file_hint, words_of
from reconciler.store.location import StoreLocation
from reconciler.store.records import Claim
from reconciler.store.rows import (
    COLUMNS,
    RESTORE,
    SIMS_AS_OF,
    TABLES,
    TABLES_OF_SCHEMA_1,
    check_meta,
    intent_of,
    inventory_of,
    owned_of,
    unclaimed,
)

KNOWN_SCHEMA = 2
_HELD = ("SELECT count(*) FROM resource", "SELECT count(*) FROM action")
_BUSY_SECONDS = 10
_COUNT_UNRESOLVED = "SELECT count(*) FROM action WHERE state IN ('intent', 'unknown') AND estate = ?"
_ESTABLISHED = "SELECT 1 FROM plan_ledger WHERE estate = ? AND state = 'completed' LIMIT 1"
_OTHERS = "SELECT r.kind, r.remote_id, e.name FROM resource r JOIN estate e ON e.lineage = r.estate WHERE r.estate != ?"
_BEGUN = (
    "SELECT a.addr, e.name FROM action a JOIN estate e ON e.lineage = a.estate "
    "WHERE a.op = 'create' AND a.state IN ('intent', 'unknown') AND a.estate != ?"
)


def read_inventory(location: StoreLocation, estate: str) -> Inventory | None:
    """
    The inventory, or None when there is no store yet.

    Raises `StoreError` for a store that is damaged, incomplete or written by a newer version: it is never treated as
    empty (I18).
    """
    found = read(location, estate)
    return found[0] if found else None


def read_key(location: StoreLocation) -> bytes | None:
    """The key of the store's secret digests, or None when there is no store yet. Raises as `read_inventory` does."""
    found = read(location, "")
    return found[1] if found else None


class Stored(NamedTuple):
    """
    The content of a store: the inventory, the key of its secret digests, how many requests have no outcome yet.

    `claims` are the creations that may have taken effect without our seeing it. `sims_as_of` is the digest of the
    manifests and files that the estate's SIMs were last made as.
    """

    inventory: Inventory
    key: bytes
    unresolved: int
    claims: tuple[Claim, ...] = ()
    sims_as_of: str | None = None


def read(location: StoreLocation, estate: str) -> Stored | None:
    """All of it in one reading, as this estate sees it; None and errors as `read_inventory`."""
    if location.path is None:
        return _read_database(location, estate)
    if not check_place(location.path, location.root):
        return None
    try:
        address = f"{location.path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
            return _read_file(connection, location, estate)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        message = f"the store {location} cannot be read: {KNOWN.foreign(str(error))}"
        raise StoreError(message, hint=file_hint(words_of(error))) from error


def _read_file(connection: sqlite3.Connection, location: StoreLocation, estate: str) -> Stored:
    connection.execute("BEGIN")
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if lacking := (TABLES_OF_SCHEMA_1 - tables):
        message = f"the store {location} lacks tables: {', '.join(sorted(lacking))}"
        raise StoreError(message, hint=RESTORE)
    for table in ("meta", "resource", *(("estate",) if "estate" in tables else ())):
        # Only the rows that are read here are checked; a run that writes to the journal checks it.
        verdict = connection.execute(f"PRAGMA quick_check({table})").fetchone()[0]
        if verdict != "ok":
            message = f"the store {location} is damaged: {verdict}"
            raise StoreError(message, hint=RESTORE)
    meta = {row["key"]: row["value"] for row in connection.execute("SELECT key, value FROM meta")}
    found_schema = check_meta(meta, current=KNOWN_SCHEMA, where=f"the store {location}")
    objects, requests = (connection.execute(query).fetchone()[0] for query in _HELD)
    if found_schema == 1 and (objects or requests):
        raise unclaimed(f"the store {location}", estate, objects)
    if found_schema < KNOWN_SCHEMA:
        message = f"the store {location} was written by an older version of reconciler"
        raise StoreError(message, hint="run `reconciler store migrate`, or apply, which does that first")
    if lacking := TABLES - tables:
        message = f"the store {location} lacks tables: {', '.join(sorted(lacking))}"
        raise StoreError(message, hint=RESTORE)
    found = connection.cursor()
    found.row_factory = None
    ours = found.execute("SELECT lineage, serial FROM estate WHERE name = ?", (estate,)).fetchone() or ("", 0)
    query = f"SELECT {', '.join(COLUMNS)} FROM resource WHERE estate = ?"  # noqa: S608 - our own names
    rows = owned_of(found.execute(query, ours[:1]).fetchall())
    asked = found.execute(_COUNT_UNRESOLVED, ours[:1]).fetchone()
    try:
        inventory = inventory_of(
            meta,
            rows,
            estate=estate,
            lineage=ours[0] or None,
            serial=int(ours[1]),
            is_established=found.execute(_ESTABLISHED, ours[:1]).fetchone() is not None,
            others={(kind, remote_id): _text(name) for kind, remote_id, name in found.execute(_OTHERS, ours[:1])},
            begun={Address.parse(_text(address)): _text(name) for address, name in found.execute(_BEGUN, ours[:1])},
        )
    except ValueError as error:
        message = f"the store {location} has a row that makes no sense"
        raise StoreError(message, hint=RESTORE) from error
    claims, as_of = _claims(connection, ours[0]), meta.get(f"{SIMS_AS_OF}{ours[0]}")
    return Stored(inventory, bytes.fromhex(meta["hmac_key"]), int(asked[0]), claims, as_of)


def _text(value: object) -> str:
    """A text column of SQLite, which holds whatever was put there; `ValueError` for anything but text."""
    match value:
        case str():
            return value
        case _:
            message = "no text"
            raise ValueError(message)


def _claims(connection: sqlite3.Connection, lineage: str) -> tuple[Claim, ...]:
    query = (
        "SELECT * FROM action WHERE op = 'create' AND state IN ('intent', 'unknown', 'void') "
        "AND estate = ? ORDER BY updated, action_id"
    )
    found = []
    for row in connection.execute(query, (lineage,)):
        asked = "SELECT remote_id FROM fact WHERE action_id = ? AND remote_id IS NOT NULL"
        answered = frozenset(str(key) for (key,) in connection.execute(asked, (row["action_id"],)))
        found.append(Claim.of(intent_of(dict(row)), answered))
    return tuple(found)


def _read_database(location: StoreLocation, estate: str) -> Stored | None:
    # Imported here: only a team's store needs it on the way to a plan.
    from reconciler.environment import system
    from reconciler.store.connection import NoStore
    from reconciler.store.store import Store

    try:
        with Store.open(location, estate=estate, create=False, environment=system()) as store:
            claims = tuple(store.open_creations())
            unresolved, as_of = len(store.unresolved()), store.sims_as_of()
            return Stored(store.inventory(), store.hmac_key, unresolved, claims, as_of)
    except NoStore:
        return None
