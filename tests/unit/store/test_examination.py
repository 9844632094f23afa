"""Findings of `store doctor`: each thing that can be wrong, with what to do about it; it changes nothing (S23, S24)."""

import os
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import pytest

from reconciler.environment import Environment, system
from reconciler.errors import StoreError
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Account
from reconciler.store import examination, files
from reconciler.store.connection import POSTGRES_SETTINGS
from reconciler.store.examination import StoreFinding, Weight, examine
from reconciler.store.location import StoreLocation
from reconciler.store.records import Fact, Intent
from reconciler.store.store import Store
from tests.postgres.server import PostgresServer
from tests.unit.store.stores import execute, made
from tests.unit.store.test_journal import ADDRESS, KEY

ROOT = Path(__file__).parents[3]


def _found(location: StoreLocation, environment: Environment) -> dict[str, StoreFinding]:
    return {finding.subject: finding for finding in examine(location, environment)}


def _wrong(location: StoreLocation, environment: Environment) -> dict[str, StoreFinding]:
    """The findings that are not fine, but for those that the server of these tests is known for."""
    known = set() if location.path is not None else {"role", "durability"}
    found = _found(location, environment)
    return {name: each for name, each in found.items() if each.weight is not Weight.FINE and name not in known}


@pytest.fixture
def file(tmp_path: Path, environment: Environment) -> StoreLocation:
    """A sound store in a file."""
    return made(StoreLocation.parse("sqlite:.reconciler/state.db", tmp_path), environment)


def test_a_sound_store_is_fine(store: Store, location: StoreLocation, environment: Environment) -> None:
    """Every subject is looked at, none complains, and the store says whose it is."""
    store.pin_account(Account("https://platform.example/api/v1", "customer"))
    store.close()

    found = _found(location, environment)

    assert _wrong(location, environment) == {}
    assert found["lineage"].words == "id-0, for https://platform.example/api/v1 customer"
    assert found["lock"].words == "free"
    assert {"schema", "inventory", "facts", "journal"} < set(found)
    assert all(finding.fix is None for finding in found.values() if finding.weight is Weight.FINE)


def test_no_store_is_a_failure_with_what_to_do(location: StoreLocation, environment: Environment) -> None:
    """Before the first apply, or after a loss."""
    *_, finding = examine(location, environment)

    assert finding.weight is Weight.FAILURE
    assert "there is no store" in finding.words
    assert "the first apply makes one" in str(finding.fix)


def test_files_that_others_can_reach_are_named_with_the_command(file: StoreLocation, environment: Environment) -> None:
    """Folder and each file, the log too; looking mends nothing."""
    assert file.path is not None
    file.path.chmod(0o640)
    file.path.parent.chmod(0o755)

    found = [each for each in examine(file, environment) if each.subject == "privacy"]

    assert [each.fix for each in found] == [f"chmod 700 {file.path.parent}", f"chmod 600 {file.path}"]
    assert {each.weight for each in found} == {Weight.WARNING}
    assert file.path.stat().st_mode & 0o777 == 0o640


def test_a_store_at_the_root_answers_for_its_file_only(tmp_path: Path, environment: Environment) -> None:
    """The estate's own folder may be read by others."""
    tmp_path.chmod(0o755)
    location = made(StoreLocation.parse("sqlite:state.db", tmp_path), environment)
    assert _wrong(location, environment) == {}


def test_a_link_in_the_way_is_a_failure(file: StoreLocation, environment: Environment, tmp_path: Path) -> None:
    """A store that cannot be opened is one finding."""
    assert file.path is not None
    file.path.rename(tmp_path / "elsewhere.db")
    file.path.symlink_to(tmp_path / "elsewhere.db")

    (finding,) = examine(file, environment)
    assert (finding.weight, finding.subject) == (Weight.FAILURE, "place")
    assert "symbolic link" in finding.words


def test_a_network_file_system_is_a_failure(
    file: StoreLocation, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock cannot be trusted there."""
    monkeypatch.setattr(files, "_mounts", lambda: f"server:/x {file.root} cifs rw 0 0\n")
    assert _wrong(file, environment)["disk"].weight is Weight.FAILURE


def test_another_journal_mode_is_a_warning(file: StoreLocation, environment: Environment) -> None:
    """The next apply sets it again."""
    assert file.path is not None
    with closing(sqlite3.connect(file.path)) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
    assert _wrong(file, environment)["durability"].words == "the journal mode is delete, not wal"


def test_an_index_that_lies_is_found(file: StoreLocation, environment: Environment) -> None:
    """The doctor looks closer than opening does: at every index."""
    assert file.path is not None
    with closing(sqlite3.connect(file.path)) as raw:
        raw.execute("INSERT INTO plan_ledger VALUES ('aplan', 'started', 'r', 'r', 'e')")
        raw.commit()
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name LIKE '%autoindex_plan_ledger%'").fetchone()
    content = bytearray(file.path.read_bytes())
    content[content.index(b"aplan", (page - 1) * 4096)] = ord("b")
    file.path.write_bytes(bytes(content))

    assert _wrong(file, environment)["pages"].weight is Weight.FAILURE


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DROP TABLE action", ("schema", Weight.FAILURE, "lacks tables: action")),
        ("UPDATE meta SET value = '99' WHERE key = 'schema_version'", ("schema", Weight.FAILURE, "newer version")),
        ("UPDATE meta SET value = '0' WHERE key = 'schema_version'", ("schema", Weight.WARNING, "version 0, this")),
        ("DELETE FROM meta WHERE key = 'lineage'", ("schema", Weight.FAILURE, "not a store of reconciler")),
        ("UPDATE fact SET http_status = 500", ("facts", Weight.FAILURE, "changed, removed or added")),
        ("UPDATE resource SET last_applied = '{'", ("inventory", Weight.FAILURE, "makes no sense")),
    ],
)
def test_what_is_wrong_inside_is_said(
    store: Store, environment: Environment, statement: str, expected: tuple[str, Weight, str]
) -> None:
    """Missing tables, another version, a broken chain, rows that make no sense: each has its finding and its fix."""
    epoch = store.acquire("run")
    store.fact(Fact(action_id="a", attempt=1, epoch=1, what="sent", http_status=200))
    store.adopt(epoch, Owned(ADDRESS, "id", "fleet-net"))
    store.release(epoch)
    store.close()
    execute(store.location, statement)
    subject, weight, words = expected

    finding = _wrong(store.location, environment)[subject]

    assert finding.weight is weight
    assert words in finding.words
    assert finding.fix


def test_the_lock_and_what_is_under_way_are_told(
    store: Store, location: StoreLocation, environment: Environment, clock: Any
) -> None:
    """A run at work is fine; one that is gone and left something is a warning with the command."""
    epoch = store.acquire("run")
    store.intend(
        epoch,
        [Intent(action_id="a", plan_digest="p", seq=0, verb="create", address=ADDRESS, moniker="x", natural_key=KEY)],
    )
    found = _found(location, environment)
    assert "held by somebody on machine" in found["lock"].words
    assert "its lease runs for" in found["lock"].words
    assert found["journal"].words == "1 request under way"
    assert ("process" in found) is (location.path is not None)

    clock.sleep(61)
    found = _found(location, environment)
    assert "its lease ran out; the next run takes over at once" in found["lock"].words
    assert found["journal"].weight is Weight.WARNING
    assert found["journal"].fix == examination.RECOVER

    store.release(epoch)
    assert "reconciler recover" in str(_wrong(location, environment)["journal"].fix)


def test_a_run_that_was_killed_is_not_taken_for_one_at_work(location: StoreLocation, environment: Environment) -> None:
    """A file's next run takes over at once, a database's when the lease is over; nothing waits for the dead."""
    program = f"""
import os
from pathlib import Path
from reconciler.environment import system
from reconciler.model.address import Address
from reconciler.store.location import StoreLocation
from reconciler.store.records import Intent
from reconciler.store.store import Store
place = StoreLocation.parse({location.url or "sqlite:.reconciler/state.db"!r}, Path({str(location.root)!r}))
store = Store.open(place, estate="estate", create=True, environment=system())
store.intend(store.acquire("killed"), [
    Intent(action_id="a", plan_digest="p", seq=0, verb="create", address=Address("VSlice", "x"), moniker="x",
           natural_key="x")])
os.kill(os.getpid(), 9)
"""
    killed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, timeout=60)
    assert killed.returncode == -9, killed.stderr
    now = system()

    found = _found(location, now)
    if location.path is not None:
        assert "but that process is gone; the next run takes over at once" in found["lock"].words
        assert "lease runs" not in found["lock"].words
        assert "process" not in found
    else:
        assert "if that run is gone, the next one takes over then" in found["lock"].words
        execute(location, "UPDATE lock SET lease_until = 0")
        found = _found(location, now)
    assert found["journal"].weight is Weight.WARNING
    assert found["journal"].words == "what became of 1 request is not known"
    assert found["journal"].fix == examination.RECOVER
    with Store.open(location, estate="estate", create=False, environment=now) as store:
        assert store.acquire("next").number == 2


class _Disk:
    """The system's words for a disk, as far as a test does not say them."""

    f_frsize, f_blocks, f_bavail, f_files, f_favail, f_flag = 4096, 10**9, 10**8, 10**6, 10**6, 0


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"f_bavail": 0}, ("space", Weight.FAILURE, "the disk is full: 0 KiB")),
        ({"f_bavail": 31}, ("space", Weight.FAILURE, "the disk is full: 124 KiB")),
        ({"f_bavail": 32}, ("space", Weight.WARNING, "the disk is nearly full: 0.1 MiB")),
        ({"f_bavail": 4095}, ("space", Weight.WARNING, "the disk is nearly full: 16.0 MiB")),
        ({"f_bavail": 4096}, ("space", Weight.FINE, "at least 16 MiB")),
        ({"f_bavail": 0, "f_blocks": 0}, ("space", Weight.FINE, "at least 16 MiB")),
        ({"f_favail": 0}, ("files", Weight.FAILURE, "no inode is free")),
        ({"f_flag": os.ST_RDONLY}, ("writing", Weight.FAILURE, "mounted read-only")),
    ],
)
def test_a_disk_without_room_or_for_reading_only_is_told(
    file: StoreLocation,
    environment: Environment,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, int],
    expected: tuple[str, Weight, str],
) -> None:
    """Before an apply meets it in the middle: with what to do, unless it is fine."""
    monkeypatch.setattr(os, "statvfs", lambda _: type("Told", (_Disk,), told))
    subject, weight, words = expected

    finding = _found(file, environment)[subject]

    assert finding.weight is weight
    assert words in finding.words
    assert (finding.fix is None) is (weight is Weight.FINE)


def test_a_file_system_that_counts_no_files_has_room_for_them(
    file: StoreLocation, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zero of zero is no complaint."""
    monkeypatch.setattr(os, "statvfs", lambda _: type("Told", (_Disk,), {"f_files": 0, "f_favail": 0}))
    assert _wrong(file, environment) == {}


def test_files_that_this_user_may_not_write_are_named(
    file: StoreLocation, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder and each file of the store that is there, with the command."""
    assert file.path is not None
    closed = [file.path.parent, file.path]
    may = os.access
    monkeypatch.setattr(os, "access", lambda place, mode, **_: place not in closed and may(place, mode))

    found = [each for each in examine(file, environment) if each.subject == "writing"]

    assert [each.weight for each in found] == [Weight.FAILURE] * 2
    assert [each.fix for each in found] == [
        f"chmod u+rwx {file.path.parent}, or run as its owner",
        f"chmod u+rw {file.path}, or run as its owner",
    ]


def test_a_folder_that_cannot_be_looked_at_is_a_failure(
    file: StoreLocation, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that the system refuses is a finding, not a crash."""

    def failing(place: Path) -> NoReturn:
        raise OSError(5, "Input/output error", str(place))

    monkeypatch.setattr(os, "statvfs", failing)
    finding = _wrong(file, environment)["place"]
    assert finding.weight is Weight.FAILURE
    assert "cannot be looked at: Input/output error" in finding.words


def test_a_role_without_rights_is_a_failure(postgres: PostgresServer, tmp_path: Path, environment: Environment) -> None:
    """A role that may read the store's tables and not write them cannot apply; the doctor says so before."""
    import psycopg

    database, role = f"test-{uuid.uuid4().hex}", f"role-{uuid.uuid4().hex}"
    address = postgres.create(database)
    made(StoreLocation.parse(address, tmp_path), environment)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE ROLE "{role}" LOGIN'.encode())
        connection.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{role}"'.encode())
        connection.execute(f'GRANT ALL ON resource TO "{role}"'.encode())
    location = StoreLocation.parse(f"postgresql://{role}@127.0.0.1:{postgres.port}/{database}", tmp_path)

    finding = _wrong(location, environment)["writing"]

    assert finding.weight is Weight.FAILURE
    assert finding.words == "the role may not write: action, estate, fact, lock, meta, plan_ledger, run, sim"
    with Store.open(location, estate="estate", create=False, environment=environment) as store:
        with pytest.raises(StoreError, match="permission denied") as refused:
            store.acquire("run")
        assert "right to read and write" in str(refused.value.hint)


def test_a_file_that_is_no_database_is_a_failure(file: StoreLocation, environment: Environment) -> None:
    """Bytes of something else are told, not traced."""
    assert file.path is not None
    file.path.write_bytes(b"no database" * 1000)
    assert _wrong(file, environment)["database"].weight is Weight.FAILURE


def test_the_weaknesses_of_a_server_are_warnings(
    postgres: PostgresServer, tmp_path: Path, environment: Environment
) -> None:
    """The server of these tests runs as superuser and without syncs; a role of its own is fine (S24)."""
    import psycopg

    database = f"test-{uuid.uuid4().hex}"
    location = made(StoreLocation.parse(postgres.create(database), tmp_path), environment)
    found = _found(location, environment)
    assert found["role"].words == "tester is a superuser"
    assert found["durability"].words.startswith("the server has fsync off")
    assert found["connection"].words == "on this machine, without TLS"

    role = f"role-{uuid.uuid4().hex}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f'CREATE ROLE "{role}" LOGIN'.encode())
        connection.execute(f'CREATE DATABASE "{role}" OWNER "{role}"'.encode())
    own = f"postgresql://{role}@127.0.0.1:{postgres.port}/{role}"
    location = made(StoreLocation.parse(own, tmp_path), environment)
    assert _found(location, environment)["role"].words == f"{role}, no superuser"


class _Answers:
    """A session whose server answers as told; what is not told is answered as by a good one."""

    def __init__(self, **answers: object) -> None:
        self._answers = answers
        self._row: tuple[Any, ...] = ()

    def exec_driver_sql(self, statement: str) -> "_Answers":
        """Take the answer that is told for the last word of the statement."""
        name = statement.rsplit(maxsplit=1)[-1]
        settings = {**POSTGRES_SETTINGS, "fsync": "on", "full_page_writes": "on"}
        defaults: dict[str, object] = {**settings, "pg_is_in_recovery()": False}
        self._row = (
            ("estate", False) if "pg_roles" in statement else (self._answers.get(name, defaults.get(name, True)),)
        )
        return self

    def one(self) -> tuple[Any, ...]:
        """The row."""
        return self._row

    def scalar_one(self) -> Any:
        """Its only value."""
        return self._row[0]


def test_a_good_server_over_a_network_is_fine_and_a_standby_is_not(tmp_path: Path) -> None:
    """TLS with a verified name, syncs and limits; a standby cannot be written to."""
    location = StoreLocation.parse("postgresql://db.example/estate", tmp_path)

    good: Any = _Answers()
    found = {finding.subject: finding for finding in examination._session(good, location)}
    assert {finding.weight for finding in found.values()} == {Weight.FINE}
    assert found["connection"].words == "over a network, with the server's name verified, TLS"

    standby: Any = _Answers(**{"pg_is_in_recovery()": True})
    *_, last = examination._session(standby, location)
    assert (last.subject, last.weight) == ("server", Weight.FAILURE)
