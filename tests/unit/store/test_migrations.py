"""From older stores to this version's, and nothing half-way (I18)."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection

from reconciler.environment import Environment
from reconciler.errors import EstateError, LockError, StoreError
from reconciler.model.address import Address
from reconciler.store.location import StoreLocation
from reconciler.store.maintenance import migrate_store, written_version
from reconciler.store.migrations import MIGRATIONS, latest
from reconciler.store.reader import read_inventory
from reconciler.store.records import ActionState
from reconciler.store.store import Store
from reconciler.store.tables import SCHEMA_VERSION
from tests.unit.store.stores import (
    LINEAGE,
    VERSIONS,
    add_note,
    add_tag,
    everything,
    execute,
    made,
    place_golden,
    rows_of,
    version_of,
)

STEPS = {**MIGRATIONS, 2: add_note, 3: add_tag}
Opening = Callable[[], Store]


def _broken(connection: Connection, _estate: str) -> None:
    connection.exec_driver_sql("ALTER TABLE nothing ADD COLUMN tag TEXT")


def _killed(connection: Connection, _estate: str) -> None:
    raise KeyboardInterrupt


def test_there_is_a_golden_store_of_every_version() -> None:
    """The author of a step adds the store as it was before, and the tables say where the steps lead."""
    assert latest(MIGRATIONS) == SCHEMA_VERSION
    assert list(range(1, SCHEMA_VERSION + 1)) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_a_golden_store_can_be_used_by_this_version(
    location: StoreLocation, environment: Environment, version: int
) -> None:
    """The rows of any earlier version are there afterwards: what is ours, the journal, the facts and the ledger."""
    place_golden(location, version)
    migrate_store(location, environment, estate="estate")

    with Store.open(location, estate="estate", create=False, environment=environment) as store:
        inventory = store.inventory()
        (owned,) = inventory.owned.values()
        assert (owned.address, owned.remote_id, owned.protect) == (Address("VSlice", "fleet-net"), "r1", True)
        assert dict(owned.last_applied) == {"displayName": "Flöte"}
        assert (inventory.lineage, inventory.pinned_account, inventory.serial) == (LINEAGE, "customer-1", 1)
        (record,) = store.unresolved()
        assert (record.state, record.intent.items) == (ActionState.INTENT, (("GBR", 2145), (None, None)))
        assert store.claims()["VSlice:other-net"] == ("a2",)
        assert [run.result for run in store.history()] == ["apply: exit 7"]
        assert store.facts_are_intact()
        epoch = store.acquire("run-2")
        assert epoch.number == 2
    assert read_inventory(location, "estate") == inventory


def test_migration_says_from_where_to_where_and_keeps_the_store_as_it_was(
    location: StoreLocation, environment: Environment
) -> None:
    """Every step is made, in order, and the backup is a whole store of the former version."""
    place_golden(location, 1)
    before = everything(location)
    assert written_version(location, steps=STEPS) == (1, 4)

    done = migrate_store(location, environment, estate="estate", steps=STEPS)

    assert (done.found, done.current, version_of(location)) == (1, 4, "4")
    assert rows_of(location, "run")["run-1"][-1] == "migrated"
    assert done.backup is not None
    assert done.backup.stat().st_mode & 0o777 == 0o600
    assert everything(StoreLocation(done.backup.parent, path=done.backup)) == before
    assert migrate_store(location, environment, estate="estate", steps=STEPS).backup is None


def test_the_backup_goes_where_it_is_told(location: StoreLocation, environment: Environment, tmp_path: Path) -> None:
    """A place can be named; when there is something, nothing is migrated."""
    place_golden(location, 1)
    (tmp_path / "taken").write_text("precious", encoding="utf-8")

    with pytest.raises(StoreError, match="already"):
        migrate_store(location, environment, estate="estate", steps=STEPS, backup=tmp_path / "taken")
    assert version_of(location) == "1"
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "precious"

    assert (
        migrate_store(location, environment, estate="estate", steps=STEPS, backup=tmp_path / "free").backup
        == tmp_path / "free"
    )


@pytest.mark.parametrize("last", [_broken, _killed])
def test_a_migration_that_breaks_off_leaves_the_store_as_it_was(
    location: StoreLocation, environment: Environment, last: Callable[[Connection, str], None]
) -> None:
    """The steps before are undone, the backup is there, and the next attempt succeeds (F4)."""
    place_golden(location, 1)
    before = everything(location)

    with pytest.raises((StoreError, KeyboardInterrupt)) as broken:
        migrate_store(location, environment, estate="estate", steps={**MIGRATIONS, 2: add_note, 3: last})

    if isinstance(broken.value, StoreError):
        assert "could not be migrated from schema 1 to 4" in str(broken.value)
        assert "a copy is in" in str(broken.value.hint)
    assert everything(location) == before
    (backup,) = location.root.rglob("*.schema-1.*.backup")
    assert everything(StoreLocation(backup.parent, path=backup)) == before
    assert migrate_store(location, environment, estate="estate", steps=STEPS).backup != backup
    assert version_of(location) == "4"


def test_a_process_killed_while_it_migrates_leaves_the_store_as_it_was(
    location: StoreLocation, environment: Environment
) -> None:
    """Not a row differs after SIGKILL between two steps, and the next attempt succeeds."""
    place_golden(location, 1)
    before = everything(location)
    text = location.url or "sqlite:.reconciler/state.db"
    program = f"""
import os, signal
from pathlib import Path
from reconciler.environment import system
from reconciler.store.location import StoreLocation
from reconciler.store.maintenance import migrate_store
from reconciler.store.migrations import MIGRATIONS
from tests.unit.store.stores import add_note
place = StoreLocation.parse({text!r}, Path({str(location.root)!r}))
steps = {{**MIGRATIONS, 2: add_note, 3: lambda *_: os.kill(os.getpid(), signal.SIGKILL)}}
migrate_store(place, system(), estate="estate", steps=steps)
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[3], check=False)

    assert ended.returncode == -signal.SIGKILL
    assert everything(location) == before
    assert len(list(location.root.rglob("*.schema-1.*.backup"))) == 1
    migrate_store(location, environment, estate="estate", steps=STEPS)
    assert version_of(location) == "4"


def test_an_older_version_refuses_a_newer_store(location: StoreLocation, environment: Environment) -> None:
    """A caller of an older version is told to upgrade, by every way of opening, and changes nothing."""
    place_golden(location, 1)
    migrate_store(location, environment, estate="estate", steps=STEPS)
    before = everything(location)

    for opening in (
        lambda: Store.open(location, estate="estate", create=True, environment=environment),
        lambda: read_inventory(location, "estate"),
        lambda: written_version(location),
        lambda: migrate_store(location, environment, estate="estate"),
    ):
        with pytest.raises(StoreError, match=r"newer version of reconciler \(schema 4, this one knows 2\)"):
            opening()
    assert everything(location) == before


def test_a_store_that_is_migrated_while_it_is_open_takes_no_run_of_the_older_version(
    location: StoreLocation, environment: Environment
) -> None:
    """Two versions at once: the older one cannot take the lock any more."""
    place_golden(location, SCHEMA_VERSION)
    older = Store.open(location, estate="estate", create=False, environment=environment)
    migrate_store(location, environment, estate="estate", steps=STEPS)

    with pytest.raises(StoreError, match=r"migrated meanwhile \(schema 4, not 2\)"):
        older.acquire("late")
    older.close()


def test_nothing_is_migrated_while_a_run_is_at_work(
    store: Store, location: StoreLocation, environment: Environment
) -> None:
    """The holder is named; when it is done, or gone, the store is migrated."""
    epoch = store.acquire("run")

    with pytest.raises(LockError, match="the store is locked by somebody on machine"):
        migrate_store(location, environment, estate="estate", steps=STEPS)
    assert version_of(location) == "2"

    store.release(epoch)
    migrate_store(location, environment, estate="estate", steps=STEPS)
    assert version_of(location) == "4"


def test_a_holder_that_is_gone_keeps_nobody_from_migrating(
    store: Store, location: StoreLocation, environment: Environment, clock: "object"
) -> None:
    """A lock that nobody keeps alive is no run at work."""
    store.acquire("run")
    store.close()
    clock.sleep(61)  # type: ignore[attr-defined]  # the clock of these tests

    migrate_store(location, environment, estate="estate", steps=STEPS)
    assert version_of(location) == "4"


def test_a_store_from_before_estates_is_given_to_nobody_silently(
    location: StoreLocation, environment: Environment
) -> None:
    """It may be a copy under a new name: opening and reading refuse it with exit code 8, and leave it as it was."""
    place_golden(location, 1)
    before = everything(location)

    for use in (
        lambda: Store.open(location, estate="trucks", create=True, environment=environment),
        lambda: Store.open(location, estate="trucks", create=False, environment=environment),
        lambda: read_inventory(location, "trucks"),
    ):
        with pytest.raises(EstateError, match=r"does not say which estate owns its 1 object$") as refused:
            use()
        assert refused.value.exit_code == 8
        assert "if trucks does: reconciler store migrate" in str(refused.value.hint)
        assert "reconciler store rename-estate OLD trucks" in str(refused.value.hint)
    assert everything(location) == before


def test_an_empty_store_from_before_estates_is_migrated_by_the_next_run(
    tmp_path: Path, environment: Environment
) -> None:
    """Nothing is in it that could be somebody else's; a reader that writes nothing leaves that to an apply."""
    location = StoreLocation.parse("sqlite:.reconciler/state.db", tmp_path)
    place_golden(location, 1)
    for table in ("resource", "action"):
        execute(location, f"DELETE FROM {table}")
    with pytest.raises(StoreError, match="older version") as refused:
        read_inventory(location, "trucks")
    assert not isinstance(refused.value, EstateError)

    with Store.open(location, estate="trucks", create=False, environment=environment) as store:
        assert [known.name for known in store.estates()] == ["trucks"]


def test_opening_migrates_a_file_and_leaves_a_database_to_somebody(
    location: StoreLocation, environment: Environment
) -> None:
    """A database is used by others too, who could not use it afterwards; so somebody decides (ADR 0007)."""
    place_golden(location, 2)
    if location.path is None:
        with pytest.raises(StoreError, match="older version") as refused:
            Store.open(location, estate="estate", create=True, environment=environment, steps=STEPS)
        assert "reconciler store migrate" in str(refused.value.hint)
        assert version_of(location) == "2"
        migrate_store(location, environment, estate="estate", steps=STEPS)
    Store.open(location, estate="estate", create=False, environment=environment, steps=STEPS).close()
    assert version_of(location) == "4"


def test_a_reader_that_writes_nothing_does_not_migrate(tmp_path: Path, environment: Environment) -> None:
    """A plan changes no store: an older one is refused with what to do (I20)."""
    location = made(StoreLocation.parse("sqlite:state.db", tmp_path), environment)
    execute(location, "UPDATE meta SET value = '0' WHERE key = 'schema_version'")

    with pytest.raises(StoreError, match="older version") as refused:
        read_inventory(location, "estate")
    assert "reconciler store migrate" in str(refused.value.hint)


def test_two_that_migrate_at_once_migrate_once(location: StoreLocation, environment: Environment) -> None:
    """The second process finds a store that is current, and makes no second step."""
    place_golden(location, 1)
    other: list[object] = []

    def meanwhile(connection: Connection, _estate: str) -> None:
        add_note(connection)
        text = location.url or "sqlite:.reconciler/state.db"
        program = (
            "from pathlib import Path; from reconciler.environment import system;"
            "from reconciler.store.location import StoreLocation;"
            "from reconciler.store.maintenance import migrate_store;"
            "from tests.unit.store.stores import add_note; from reconciler.store.migrations import MIGRATIONS;"
            f"place = StoreLocation.parse({text!r}, Path({str(location.root)!r}));"
            "done = migrate_store(place, system(), estate='e', steps={**MIGRATIONS, 2: add_note});"
            "print(done.found, done.current)"
        )
        other.append(
            subprocess.Popen(
                [sys.executable, "-c", program], cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, env=os.environ
            )
        )

    migrate_store(location, environment, estate="estate", steps={**MIGRATIONS, 2: meanwhile})
    (process,) = other
    assert isinstance(process, subprocess.Popen)
    out, _ = process.communicate(timeout=60)
    assert out.decode().split() == ["3", "3"]
    assert version_of(location) == "3"


def test_without_a_backup_nothing_is_migrated(
    tmp_path: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full keeps the store as it is."""
    location = StoreLocation.parse("sqlite:state.db", tmp_path)
    place_golden(location, 1)
    from reconciler.store import copying

    def full(source: Path, target: Path) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(copying, "_copy_pages", full)
    with pytest.raises(StoreError, match="cannot be written: database or disk is full"):
        migrate_store(location, environment, estate="estate", steps=STEPS)
    assert version_of(location) == "1"
    assert list(tmp_path.glob("*.backup*")) == []


def test_an_error_of_the_library_is_told_in_its_words(tmp_path: Path, environment: Environment) -> None:
    """Also one that has no cause in the database."""
    location = StoreLocation.parse("sqlite:state.db", tmp_path)
    place_golden(location, 1)

    def fail(connection: Connection, _estate: str) -> None:
        from sqlalchemy.exc import InvalidRequestError

        raise InvalidRequestError("told so")

    with pytest.raises(StoreError, match="told so"):
        migrate_store(location, environment, estate="estate", steps={**MIGRATIONS, 2: fail})
    with closing(sqlite3.connect(tmp_path / "state.db")) as file:
        assert file.execute("PRAGMA quick_check").fetchone() == ("ok",)
