"""A store is private, whole and of this version, or it is refused and left as it is (I18, S23)."""

import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn, cast

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from reconciler.environment import Environment, system
from reconciler.errors import PlanFileError, StoreError
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Owned
from reconciler.model.snapshot import Account
from reconciler.store import connection as connections
from reconciler.store import files, opening
from reconciler.store.location import StoreLocation
from reconciler.store.reader import KNOWN_SCHEMA, read_inventory, read_key
from reconciler.store.store import Store
from reconciler.store.tables import SCHEMA_VERSION

Opening = Callable[[], Store]


@pytest.fixture
def location(tmp_path: Path) -> StoreLocation:
    """These promises are about files."""
    return StoreLocation.parse("sqlite:.reconciler/state.db", tmp_path)


def _path(location: StoreLocation) -> Path:
    assert location.path is not None
    return location.path


def _sql(location: StoreLocation, statement: str) -> None:
    with sqlite3.connect(_path(location)) as connection:
        connection.execute(statement)
    connection.close()


def _refused(location: StoreLocation, environment: Environment, words: str) -> None:
    """Both ways of reading refuse with the same words, and change nothing."""
    before = _path(location).read_bytes()
    with pytest.raises(StoreError, match=words) as one:
        read_inventory(location, "estate")
    with pytest.raises(StoreError, match=words) as two:
        Store.open(location, estate="estate", create=True, environment=environment)
    assert (one.value.exit_code, one.value.hint) == (11, two.value.hint)
    assert _path(location).read_bytes() == before


def test_both_ways_of_reading_agree(store: Store, location: StoreLocation) -> None:
    """The quick way that planning takes, and the way that applying takes, give the same inventory and key."""
    epoch = store.acquire("run")
    store.pin_account(Account("https://platform.example", "customer"))
    for name in ("one-object", "two-objects"):
        owned = Owned(
            Address("VSlice", name), f"id-{name}", name, last_applied={"ä": [1, None, {"b": True}]}, retain=True
        )
        store.adopt(epoch, owned)
    found = read_inventory(location, "estate")
    assert isinstance(found, Inventory)
    assert found == store.inventory()
    assert (found.pinned_account, found.pinned_origin) == ("customer", "https://platform.example")
    assert read_key(location) == store.hmac_key == bytes(range(32))
    assert KNOWN_SCHEMA == SCHEMA_VERSION


def test_planning_reads_a_store_without_sqlalchemy(store: Store, location: StoreLocation) -> None:
    """Nothing that reads the inventory imports the library that writes it (performance row 25)."""
    import subprocess

    program = (
        "import sys; from pathlib import Path; from reconciler.store.location import StoreLocation;"
        "from reconciler.store.reader import read_inventory;"
        f"place = StoreLocation.parse('sqlite:.reconciler/state.db', Path({str(location.root)!r}));"
        "assert read_inventory(place, 'estate');"
        "assert 'sqlalchemy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])


def test_no_store_is_not_an_empty_store(location: StoreLocation, environment: Environment) -> None:
    """Before the first apply there is none; opening without permission to make one is refused."""
    assert read_inventory(location, "estate") is None
    assert read_key(location) is None
    with pytest.raises(StoreError, match="there is no store"):
        Store.open(location, estate="estate", create=False, environment=environment)
    assert not _path(location).exists()


def test_a_store_is_private(store: Store, location: StoreLocation, environment: Environment) -> None:
    """Folder and files are for their owner alone, also when somebody opened them up in between."""
    path = _path(location)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()} == {0o600}
    store.close()
    path.chmod(0o644)
    path.parent.chmod(0o755)
    Store.open(location, estate="estate", create=False, environment=environment).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_settings_are_the_durable_ones(store: Store) -> None:
    """Write-ahead log, full synchronisation, foreign keys, no trust in the schema (S23)."""
    with store._transaction() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}


def test_a_newer_store_is_refused_and_left_alone(
    store: Store, location: StoreLocation, environment: Environment
) -> None:
    """A store that a newer version wrote is not touched; the message says to upgrade."""
    store.close()
    _sql(location, "UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    _refused(location, environment, "newer version of reconciler")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DROP TABLE action", "lacks tables: action"),
        ("DELETE FROM meta", "not a store of reconciler, or is damaged"),
        ("UPDATE meta SET value = 'x' WHERE key = 'schema_version'", "not a store of reconciler, or is damaged"),
    ],
)
def test_a_store_with_parts_missing_is_refused(
    store: Store, location: StoreLocation, environment: Environment, statement: str, words: str
) -> None:
    """Missing tables or a missing identity are damage, never emptiness."""
    store.close()
    _sql(location, statement)
    _refused(location, environment, words)


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to be read as a header of one" * 20])
def test_a_file_that_is_no_database_is_refused(
    location: StoreLocation, environment: Environment, content: bytes
) -> None:
    """An empty or foreign file is never taken for a new store."""
    _path(location).parent.mkdir()
    _path(location).write_bytes(content)
    _refused(location, environment, "is an empty file|cannot be (read|used)")


def test_damaged_pages_are_noticed(store: Store, location: StoreLocation, environment: Environment) -> None:
    """Bytes that changed on the disk are found when the store is opened."""
    store.close()
    content = bytearray(_path(location).read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    _path(location).write_bytes(bytes(content))
    with pytest.raises(StoreError, match=r"damaged|cannot be"):
        read_inventory(location, "estate")
    with pytest.raises(StoreError, match=r"damaged|cannot be"):
        Store.open(location, estate="estate", create=False, environment=environment)


def test_a_row_that_makes_no_sense_is_refused(store: Store, location: StoreLocation) -> None:
    """An inventory row that cannot be read stops planning; it is not skipped."""
    store.adopt(store.acquire("run"), Owned(Address("VSlice", "fleet-net"), "id", "fleet-net"))
    with store._transaction() as connection:
        connection.exec_driver_sql("UPDATE resource SET last_applied = '{'")
    with pytest.raises(StoreError, match="makes no sense"):
        read_inventory(location, "estate")
    with pytest.raises(StoreError, match="makes no sense"):
        store.inventory()


def test_a_word_that_nobody_wrote_is_told(store: Store, location: StoreLocation) -> None:
    """A word that makes no sense stops the run with what to do; it is not guessed at."""
    _sql(location, "INSERT INTO plan_ledger VALUES ('plan', 'perhaps', 'run', 'run', 'id-0')")
    with pytest.raises(StoreError, match=r"has content that makes no sense \(ValueError\)") as refused:
        store.ledger("plan")
    assert "move the file away" in str(refused.value.hint)


def test_a_symbolic_link_is_refused(
    store: Store, location: StoreLocation, environment: Environment, tmp_path: Path
) -> None:
    """Neither the file nor its folder may be a link to somewhere else."""
    store.close()
    real = tmp_path / "elsewhere.db"
    _path(location).rename(real)
    _path(location).symlink_to(real)
    with pytest.raises(StoreError, match="symbolic link"):
        read_inventory(location, "estate")
    with pytest.raises(StoreError, match="symbolic link"):
        Store.open(location, estate="estate", create=True, environment=environment)
    _path(location).unlink()
    _path(location).parent.rmdir()
    (tmp_path / "folder").mkdir()
    _path(location).parent.symlink_to(tmp_path / "folder")
    with pytest.raises(StoreError, match="symbolic link"):
        read_inventory(location, "estate")


def test_what_is_no_file_is_refused(location: StoreLocation) -> None:
    """A folder in the place of the store is refused, and so is a path through a file."""
    _path(location).mkdir(parents=True)
    with pytest.raises(StoreError, match="not a regular file"):
        read_inventory(location, "estate")
    _path(location).rmdir()
    _path(location).parent.rmdir()
    _path(location).parent.write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be reached"):
        read_inventory(location, "estate")


def test_a_journal_without_its_store_is_refused(location: StoreLocation) -> None:
    """A write-ahead log whose file is gone means loss, not a fresh start."""
    _path(location).parent.mkdir()
    _path(location).with_name("state.db-wal").write_bytes(b"x")
    with pytest.raises(StoreError, match="is missing, but its journal"):
        read_inventory(location, "estate")


def test_somebody_elses_store_is_refused(
    store: Store, location: StoreLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that belongs to another user is not used."""
    store.close()
    owner = _path(location).stat().st_uid
    os.chown(_path(location), 4242, -1) if owner == 0 else None
    monkeypatch.setattr(os, "geteuid", lambda: 4243)
    with pytest.raises(StoreError, match="another user"):
        read_inventory(location, "estate")


def test_a_network_file_system_is_refused(
    location: StoreLocation, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's locks mean nothing there, so the store is not made."""
    monkeypatch.setattr(files, "_mounts", lambda: f"server:/x {location.root} nfs4 rw 0 0\n")
    with pytest.raises(StoreError, match=r"network file system \(nfs4\)"):
        Store.open(location, estate="estate", create=True, environment=environment)
    assert not _path(location).exists()


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ("", None),
        ("a / ext4 rw\nb /data nfs rw\n", "ext4"),
        ("a / ext4 rw\nb /data nfs rw\nc /data/my\\040disk xfs rw\nbroken\n", "xfs"),
    ],
)
def test_the_deepest_mount_counts(mounts: str, expected: str | None) -> None:
    """The file system of a folder is that of the deepest mount point above it."""
    folder = Path("/data/my disk/x") if expected == "xfs" else Path("/srv")
    assert files.filesystem_of(folder, mounts) == expected


def test_a_machine_without_a_mount_table_is_fine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the mounts cannot be read, nothing is concluded."""
    monkeypatch.setattr(files, "_MOUNTS", tmp_path / "none")
    assert files._mounts() == ""


def test_a_place_that_cannot_be_written_is_an_error_with_a_reason(
    location: StoreLocation, environment: Environment
) -> None:
    """A file where the folder should be is reported, not traced."""
    location = StoreLocation.parse("sqlite:a/b/state.db", location.root)
    (location.root / "a").mkdir()
    (location.root / "a" / "b").mkdir()
    (location.root / "a" / "b" / f"state.db.new-{os.getpid()}").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        Store.open(location, estate="estate", create=True, environment=environment)


def test_permissions_that_cannot_be_set_are_an_error(
    store: Store, location: StoreLocation, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that cannot be made private is not used."""
    store.close()

    def refuse(self: Path, mode: int) -> None:
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(StoreError, match="cannot be written: not permitted"):
        Store.open(location, estate="estate", create=False, environment=environment)


def test_two_processes_that_make_a_store_get_the_same_one(
    location: StoreLocation, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second process uses the store that the first one made."""
    first = Store.open(location, estate="estate", create=True, environment=environment)
    opening.create_file(_path(location), location, environment, estate="estate")
    second = Store.open(location, estate="estate", create=True, environment=environment)
    assert first.lineage == second.lineage
    assert not list(_path(location).parent.glob("*.new-*"))
    first.close()
    second.close()


def test_a_failure_while_making_a_store_leaves_none(
    location: StoreLocation, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store appears whole or not at all."""

    def fail(connection: object, environment: Environment, estate: str) -> None:
        raise SQLAlchemyError("disk full")

    monkeypatch.setattr(opening, "_fill", fail)
    with pytest.raises(StoreError, match="cannot be used: disk full"):
        Store.open(location, estate="estate", create=True, environment=environment)
    assert not _path(location).exists()


def test_a_disk_that_fails_at_the_last_moment_leaves_no_store(
    location: StoreLocation, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows still in the write-ahead log when the disk fails are not published as a torn file (F21)."""

    class Failing:
        """A connection of the driver whose disk is full when the log is to be emptied."""

        def cursor(self) -> NoReturn:
            """The first thing that touches the disk."""
            message = "database or disk is full"
            raise sqlite3.OperationalError(message)

        def close(self) -> None:
            """Nothing is open."""

    empty = opening._empty_log
    # Only here: the engine itself asks for connections by the same name.
    monkeypatch.setattr(opening, "_empty_log", lambda _: empty(cast("Engine", SimpleNamespace(raw_connection=Failing))))
    with pytest.raises(StoreError, match="disk is full"):
        opening.create_file(_path(location), location, environment, estate="estate")
    monkeypatch.undo()

    assert not _path(location).exists()
    opening.create_file(_path(location), location, environment, estate="estate")


def test_a_store_at_the_root_leaves_the_root_as_it_is(tmp_path: Path, environment: Environment) -> None:
    """Only a folder of its own is made private."""
    mode = tmp_path.stat().st_mode
    Store.open(
        StoreLocation.parse("sqlite:state.db", tmp_path), estate="estate", create=True, environment=environment
    ).close()
    assert tmp_path.stat().st_mode == mode


def test_an_account_is_pinned_by_first_use(store: Store) -> None:
    """Another platform or account than that of the first use is refused; an unknown account is pinned later (F16)."""
    store.pin_account(Account("https://one.example"))
    store.pin_account(Account("https://one.example", "customer"))
    with pytest.raises(PlanFileError, match="belongs to the account customer"):
        store.pin_account(Account("https://one.example", "other"))
    with pytest.raises(PlanFileError, match="belongs to the platform"):
        store.pin_account(Account("https://two.example", "customer"))


@pytest.mark.parametrize(
    "text",
    ["", "sqlite:", "sqlite:/etc/state.db", "sqlite:../state.db", "sqlite:~/state.db", "mysql://host/db", "state.db"],
)
def test_a_store_lies_below_the_estate(text: str, tmp_path: Path) -> None:
    """Anything but a path below the estate or a PostgreSQL address is refused."""
    with pytest.raises(StoreError):
        StoreLocation.parse(text, tmp_path)


def test_a_location_never_shows_a_password(tmp_path: Path) -> None:
    """Messages name the host and database of a PostgreSQL store, nothing else."""
    location = StoreLocation.parse("postgresql://user:word@db.example:5432/estate", tmp_path)
    assert str(location) == "postgresql://db.example:5432/estate"
    assert "word" not in repr(location)
    assert str(StoreLocation.parse("sqlite:a.db", tmp_path)) == str(tmp_path / "a.db")


def test_postgresql_needs_its_driver(tmp_path: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the driver the message says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    location = StoreLocation.parse("postgresql://db.example/estate", tmp_path)
    with pytest.raises(StoreError, match="driver") as refused:
        Store.open(location, estate="estate", create=True, environment=environment)
    assert "reconciler[postgres]" in str(refused.value.hint)
    with pytest.raises(StoreError, match="driver"):
        read_inventory(location, "estate")


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://db.example/x", "verify-full"),
        ("postgresql://localhost/x", "prefer"),
        ("postgresql:///x", "prefer"),
    ],
)
def test_postgresql_over_a_network_verifies_the_server(url: str, mode: str) -> None:
    """TLS is verified unless the connection stays on this machine, and no statement runs for ever (S24)."""
    found = connections.postgres_arguments(url)
    assert found["sslmode"] == mode
    assert "statement_timeout" in found["options"]


def test_the_machine_itself_is_an_environment() -> None:
    """The real environment has time that passes, ids that differ and bytes of the length asked for."""
    real = system()
    assert real.new_id() != real.new_id()
    assert len(real.entropy(16)) == 16
    assert 0 <= real.jitter() < 1
    assert real.monotonic() <= real.monotonic()
    assert real.now().endswith("Z")
