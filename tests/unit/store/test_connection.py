"""How a store is reached: settings that hold, servers that are refused, no connection in two processes (S23, S24)."""

import os
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from reconciler.environment import Environment
from reconciler.errors import StoreError
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.store import connection as connections
from reconciler.store.connection import NoStore, postgres_arguments, stays_here
from reconciler.store.examination import Weight, examine
from reconciler.store.hints import FAILING, FULL
from reconciler.store.location import StoreLocation
from reconciler.store.reader import read_inventory, read_key
from reconciler.store.records import Fact, Settlement
from reconciler.store.rows import RESTORE
from reconciler.store.store import Store
from tests.postgres.server import PostgresServer
from tests.unit.store.pooler import Pooler
from tests.unit.store.stores import made

ROOT = Path(__file__).parents[3]
SQLITE_ONLY = pytest.mark.parametrize("location", ["sqlite"], indirect=True)
POSTGRES_ONLY = pytest.mark.parametrize("location", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the client library takes from its surroundings."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("address", "variables", "stays"),
    [
        ("postgresql:///estate", {}, True),
        ("postgresql://localhost/estate", {}, True),
        ("postgresql://127.0.0.1:5433/estate", {}, True),
        ("postgresql://[::1]/estate", {}, True),
        ("postgresql:///estate?host=/run/postgresql", {}, True),
        ("postgresql:///estate?host=localhost:5432", {}, True),
        ("postgresql:///estate?host=[::1]:5432", {}, True),
        ("postgresql://db.example/estate", {}, False),
        ("postgresql:///estate?host=db.example", {}, False),
        ("postgresql:///estate?host=db.example:5432", {}, False),
        ("postgresql:///estate?host=localhost,db.example", {}, False),
        ("postgresql://localhost/estate?host=db.example", {}, False),
        ("postgresql://localhost/estate?hostaddr=203.0.113.7", {}, False),
        ("postgresql:///estate?service=team", {}, False),
        ("postgresql:///estate", {"PGSERVICE": "team"}, False),
        ("postgresql:///estate", {"PGHOST": "db.example"}, False),
        ("postgresql:///estate", {"PGHOST": "/run/postgresql"}, True),
        ("postgresql://localhost/estate", {"PGHOST": "db.example"}, True),
        ("postgresql://localhost/estate", {"PGHOSTADDR": "203.0.113.7"}, False),
    ],
)
def test_what_leaves_the_machine_is_verified(
    address: str, variables: dict[str, str], stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the host comes from: the address, its query, or a variable; and the address cannot weaken it (S24)."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert stays_here(address) is stays
    assert postgres_arguments(f"{address}{'&' if '?' in address else '?'}sslmode=disable")["sslmode"] == (
        "prefer" if stays else "verify-full"
    )


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:s3cr/et@db.example/estate",
        "postgresql://me:s3cr?et@db.example/estate",
        "postgresql://me:s3cr#et@db.example/estate",
        "postgresql://me:s3cret@db.example:port/estate",
        "postgresql://me:s3cret@[::1/estate",
    ],
)
def test_an_address_that_cannot_be_read_shows_nothing_of_its_password(
    address: str, tmp_path: Path, environment: Environment
) -> None:
    """Neither the message nor the location quotes what may be a part of it."""
    location = StoreLocation.parse(address, tmp_path)

    with pytest.raises(StoreError) as refused:
        Store.open(location, estate="estate", create=True, environment=environment)
    assert refused.value.exit_code == 11
    for text in (str(refused.value), str(location), repr(location), str(refused.value.hint)):
        assert "s3cr" not in text
        assert "et@" not in text


def test_a_database_has_a_name_for_files(tmp_path: Path) -> None:
    """Only signs that a file's name may have, whatever the address says."""
    assert StoreLocation.parse("postgresql://h/team-1?x=y", tmp_path).database == "team-1"
    assert StoreLocation.parse("postgresql://h/a%2Fb.c", tmp_path).database == "a_2Fb_c"
    assert StoreLocation.parse("postgresql://h/", tmp_path).database == "store"


@POSTGRES_ONLY
def test_a_session_has_our_limits_and_is_durable(
    store: Store, location: StoreLocation, postgres: PostgresServer
) -> None:
    """No statement or wait lasts, and what is confirmed is on the disk, whatever the database's defaults say."""
    import psycopg

    name = location.database
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off'.encode())
        connection.execute(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = 'serializable'".encode())
    store.close()
    with store._transaction() as connection:
        found = {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in connections.POSTGRES_SETTINGS}
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
    assert found == connections.POSTGRES_SETTINGS


@POSTGRES_ONLY
def test_a_database_without_a_store_is_no_store_yet(location: StoreLocation, environment: Environment) -> None:
    """The first plan of a team reads nothing, like a single user's; opening is refused until an apply makes it."""
    assert read_inventory(location, "estate") is None
    assert read_key(location) is None
    with pytest.raises(NoStore, match="there is no store at postgresql://127"):
        Store.open(location, estate="estate", create=False, environment=environment)
    made(location, environment)
    assert read_inventory(location, "estate") is not None


@POSTGRES_ONLY
def test_those_who_make_a_store_at_once_get_the_same_one(location: StoreLocation, environment: Environment) -> None:
    """The second process finds the store that the first one made."""
    lineages: list[str] = []

    def make() -> None:
        with Store.open(location, estate="estate", create=True, environment=environment) as store:
            lineages.append(str(store.lineage))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lineages) == 4
    assert len(set(lineages)) == 1


def test_a_pooler_of_transactions_is_refused(
    postgres: PostgresServer, tmp_path: Path, environment: Environment
) -> None:
    """Behind it our limits do not hold: nothing is read or written there, and the doctor says why (S24)."""
    import psycopg

    database = f"test-{uuid.uuid4().hex}"
    direct = StoreLocation.parse(postgres.create(database), tmp_path)
    made(direct, environment)
    with Pooler(postgres.port, user="tester", database=database) as pooler:
        pooled = StoreLocation.parse(f"postgresql://tester@127.0.0.1:{pooler.port}/{database}", tmp_path)
        with psycopg.connect(pooled.url or "") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(StoreError, match="pooler") as refused:
            Store.open(pooled, estate="estate", create=True, environment=environment)
        assert "session mode" in str(refused.value.hint)
        found = {finding.subject: finding for finding in examine(pooled, environment)}
    assert found["session"].weight is Weight.FAILURE
    assert found["settings"].weight is Weight.FAILURE
    assert "statement_timeout is 0, not 30s" in found["settings"].words


def test_a_server_that_is_not_there_is_an_error_with_a_reason(tmp_path: Path, environment: Environment) -> None:
    """Opening and looking at it both say that the server cannot be reached, within seconds."""
    location = StoreLocation.parse("postgresql://127.0.0.1:9/estate", tmp_path)

    with pytest.raises(StoreError, match="connection failed") as refused:
        Store.open(location, estate="estate", create=True, environment=environment)
    assert "database is up" in str(refused.value.hint)
    assert not set("\n\t") & set(str(refused.value))
    (finding,) = examine(location, environment)
    assert (finding.weight, finding.subject) == (Weight.FAILURE, "database")


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("database or disk is full", "make room"),
        ("disk I/O error", "check its disk"),
        ("attempt to write a readonly database", "read-only"),
        ("unable to open database file", "permissions"),
        ("database is locked", "another process"),
        ("database table is locked: meta", "another process"),
        ("UNIQUE constraint failed: action.action_id", "nothing of this was written"),
    ],
)
def test_a_sound_store_is_never_given_up(tmp_path: Path, words: str, advice: str) -> None:
    """A fault of the disk, the system or another process is no reason to go back to a backup (I18)."""
    error = _complaint(sqlite3.OperationalError(words))

    told = connections.damaged(StoreLocation.parse("sqlite:state.db", tmp_path), error)

    assert advice in str(told.hint)
    assert "restore" not in str(told.hint)
    assert words in str(told)


@pytest.mark.parametrize(
    "words", ["file is not a database", "database disk image is malformed", "no such table: lock", "malformed schema"]
)
def test_a_damaged_file_is_restored_or_moved_away(tmp_path: Path, words: str) -> None:
    """Adopting fails while it is there, so the advice does not begin with that."""
    location = StoreLocation.parse("sqlite:state.db", tmp_path)
    hint = str(connections.damaged(location, _complaint(sqlite3.DatabaseError(words))).hint)
    assert hint == RESTORE
    assert hint.index("reconciler store restore") < hint.index("move the file away") < hint.index("reconciler adopt")


def test_a_full_disk_is_known_also_when_it_looks_like_a_broken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some calls report an I/O error where there is no room left; where nobody can tell, both are named."""
    location = StoreLocation.parse("sqlite:state.db", tmp_path)
    error = _complaint(sqlite3.OperationalError("disk I/O error"))
    monkeypatch.setattr(connections, "free_bytes", lambda _: 4096)
    assert connections.damaged(location, error).hint == FULL
    for left in (None, 10**9):
        monkeypatch.setattr(connections, "free_bytes", lambda _, left=left: left)
        assert connections.damaged(location, error).hint == FAILING

    def gone(_: Path) -> NoReturn:
        raise FileNotFoundError

    monkeypatch.setattr(connections, "free_bytes", gone)
    assert connections.damaged(location, error).hint == FAILING


def _complaint(error: sqlite3.Error) -> DBAPIError:
    return DBAPIError("SELECT 1", None, error)


def _write(store: Store, written: list[Fact]) -> None:
    """Append facts until that fails; those that were confirmed are in the list."""
    for count in range(10_000):
        fact = Fact(action_id="a" * 500, attempt=count, epoch=1, what="sent")
        store.fact(fact)
        written.append(fact)


@SQLITE_ONLY
def test_a_full_disk_keeps_what_was_decided(
    store: Store, location: StoreLocation, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work confirmed before is there afterwards, the chain of facts is whole, and work goes on with room again."""
    store.close()
    settings = connections._PRAGMAS
    monkeypatch.setattr(connections, "_PRAGMAS", (*settings, "PRAGMA max_page_count=1"))
    written: list[Fact] = []
    with Store.open(location, estate="estate", create=False, environment=environment) as full:
        with pytest.raises(StoreError, match="database or disk is full") as refused:
            _write(full, written)
        assert refused.value.hint == FULL
    monkeypatch.undo()

    with Store.open(location, estate="estate", create=False, environment=environment) as again:
        assert again.facts() == written
        again.fact(Fact(action_id="b", attempt=1, epoch=1, what="sent"))
        assert again.facts_are_intact()
    assert {finding.weight for finding in examine(location, environment)} == {Weight.FINE}


def test_an_object_that_has_another_name_already_is_told(store: Store, location: StoreLocation) -> None:
    """A platform that was reset gives identifiers anew: the store is not to blame, and the first owner stays."""
    epoch = store.acquire("run")
    first = Owned(Address("VSlice", "fleet-net"), "id", "fleet-net")
    store.adopt(epoch, first)

    with pytest.raises(StoreError, match="has this object of the platform already, under another name") as refused:
        store.adopt(epoch, Owned(Address("VSlice", "other"), "id", "other"))

    assert "--platform" in str(refused.value.hint)
    assert "reconciler store doctor" in str(refused.value.hint)
    assert "constraint" not in str(refused.value)
    assert list(store.inventory().owned) == [first.address]


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (psycopg.errors.DiskFull, "make room on the database's server"),
        (psycopg.errors.ReadOnlySqlTransaction, "name the primary"),
        (psycopg.errors.InsufficientPrivilege, "right to read and write"),
        (psycopg.errors.LockNotAvailable, "another process"),
        (psycopg.errors.UniqueViolation, "nothing of this was written"),
        (psycopg.errors.UndefinedTable, "reconciler store restore"),
        (psycopg.errors.DataCorrupted, "reconciler store restore"),
        (psycopg.errors.AdminShutdown, "database is up"),
        (psycopg.OperationalError, "database is up"),
    ],
)
def test_a_server_is_judged_by_its_code(tmp_path: Path, error: type[psycopg.Error], advice: str) -> None:
    """The words may be in any language; and they fit on one line."""
    location = StoreLocation.parse("postgresql://127.0.0.1/estate", tmp_path)
    told = connections.damaged(location, DBAPIError(None, None, error("one\n\tIs the server running?\r\n")))
    assert advice in str(told.hint)
    assert str(told).endswith("cannot be used: one Is the server running?")


@POSTGRES_ONLY
def test_a_servers_error_shows_no_values(store: Store, location: StoreLocation) -> None:
    """The detail that PostgreSQL adds quotes the row."""
    with pytest.raises(StoreError, match="duplicate key value") as refused, store._transaction() as connection:
        connection.exec_driver_sql("INSERT INTO meta VALUES ('lineage', 'precious')")
    assert "DETAIL" not in str(refused.value)
    assert "lineage" not in str(refused.value)


@POSTGRES_ONLY
def test_a_lease_is_renewed_while_a_decision_waits(store: Store) -> None:
    """Renewing has a connection of its own: a slow decision does not cost the lock."""
    epoch = store.acquire("run")
    with store._turn:
        done = threading.Thread(target=lambda: store.renew(epoch))
        done.start()
        done.join(10)
        assert not done.is_alive()


@POSTGRES_ONLY
def test_a_lease_is_counted_from_when_the_row_was_free(store: Store, location: StoreLocation) -> None:
    """Waiting for somebody else's transaction takes nothing off the lease: the database's clock is read afterwards."""
    import psycopg

    with psycopg.connect(location.url or "") as other:
        other.execute("SELECT * FROM lock FOR UPDATE")
        taken: list[Any] = []
        taking = threading.Thread(target=lambda: taken.append(store.acquire("run", lease_seconds=60)))
        taking.start()
        taking.join(1.0)
        assert taking.is_alive()
        other.commit()
        taking.join(10)
        (left,) = other.execute(
            "SELECT lease_until - extract(epoch FROM clock_timestamp())::float8 FROM lock"
        ).fetchone() or (0.0,)
    assert taken[0].number == 1
    assert left > 59.3


@SQLITE_ONLY
def test_every_setting_of_a_file_holds(store: Store) -> None:
    """Durable and distrustful (S23)."""
    with store._transaction() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in (
                "journal_mode",
                "synchronous",
                "fullfsync",
                "foreign_keys",
                "trusted_schema",
                "cell_size_check",
            )
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "fullfsync": 1,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
    }


def test_a_place_without_a_write_ahead_log_is_refused() -> None:
    """Where SQLite quietly keeps another journal mode, nothing is promised."""
    engine = connections.sqlite_engine(Path(":memory:"))
    with pytest.raises(StoreError, match=r"write-ahead log there \(its journal mode stays memory\)"):
        engine.connect()


def test_a_path_with_signs_of_an_address_is_a_path(tmp_path: Path, environment: Environment) -> None:
    """Blanks, percent signs and question marks are parts of a name."""
    root = tmp_path / "a b%20c?d#e"
    root.mkdir()
    location = made(StoreLocation.parse("sqlite:.reconciler/state?x=1.db", root), environment)

    assert location.path is not None
    assert location.path.exists()
    assert read_inventory(location, "estate") is not None
    assert {finding.weight for finding in examine(location, environment)} == {Weight.FINE}


def test_a_connection_does_not_cross_a_fork(
    store: Store, monkeypatch: pytest.MonkeyPatch, open_store: Callable[[], Store]
) -> None:
    """In a child everything is refused, and closing there leaves the parent's connection and lock alone (S23)."""
    epoch = store.acquire("run")
    with store._engine.connect() as one, store._engine.connect() as other:
        held = {connection.connection.driver_connection for connection in (one, other)}
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    with pytest.raises(StoreError, match="opened by another process"):
        store.inventory()
    store.close()
    monkeypatch.undo()

    store.renew(epoch)
    store.settle(epoch, Settlement())
    for connection in held:
        assert connection is not None
        connection.close()


def test_a_real_child_neither_uses_nor_keeps_its_parents_lock(
    location: StoreLocation, environment: Environment
) -> None:
    """A child that lives on does not make a dead parent look alive, and its exit does not end the parent's session."""
    text = location.url or "sqlite:.reconciler/state.db"
    program = f"""
import os, time, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from reconciler.environment import system
from reconciler.errors import StoreError
from reconciler.store.location import StoreLocation
from reconciler.store.records import Settlement
from reconciler.store.store import Store
place = StoreLocation.parse({text!r}, Path({str(location.root)!r}))
store = Store.open(place, estate="estate", create=True, environment=system())
epoch = store.acquire("parent")
ready, go = os.pipe(), os.pipe()
child = os.fork()
if not child:
    try:
        store.renew(epoch)
    except StoreError as error:
        os.write(ready[1], b"refused" if "another process" in str(error) else b"wrong")
    store.close()
    os.close(go[1])
    os.read(go[0], 1)
    os._exit(0)
assert os.read(ready[0], 10) == b"refused"
time.sleep(0.2)
store.renew(epoch)
print("renewed", flush=True)
os._exit(0)
"""
    parent = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, timeout=60)

    assert (parent.returncode, parent.stdout) == (0, b"renewed\n"), parent.stderr
    if location.path is not None:
        with Store.open(location, estate="estate", create=False, environment=environment) as store:
            assert store.acquire("next").number == 2
