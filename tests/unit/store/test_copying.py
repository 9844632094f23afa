"""A whole store copied, and put back: nothing is lost on the way, and nothing is overwritten (S23, I18)."""

import re
import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.environment import Environment
from reconciler.errors import LockError, StoreError
from reconciler.store import copying
from reconciler.store.copying import back_up, next_free
from reconciler.store.location import StoreLocation
from reconciler.store.maintenance import back_up_store, migrate_store, restore_store
from reconciler.store.migrations import MIGRATIONS
from reconciler.store.records import Fact
from reconciler.store.store import Store
from reconciler.store.tables import SCHEMA_VERSION
from tests.unit.store.stores import add_note, everything, execute, made, place_golden, version_of


@pytest.fixture(params=["to a file", "to a database"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> StoreLocation:
    """Where a backup is put back."""
    if request.param == "to a file":
        return StoreLocation.parse("sqlite:other/state.db", tmp_path)
    server = request.getfixturevalue("postgres")
    return StoreLocation.parse(server.create(f"test-{uuid.uuid4().hex}"), tmp_path)


def test_a_restored_store_is_the_one_that_was_backed_up(
    location: StoreLocation, target: StoreLocation, environment: Environment, tmp_path: Path
) -> None:
    """From a file or a database into either: every row, and then a run like any other."""
    place_golden(location, SCHEMA_VERSION)
    before = everything(location)

    backup = back_up_store(location, environment, target=tmp_path / "copy.db")
    assert backup.stat().st_mode & 0o777 == 0o600
    assert everything(StoreLocation(tmp_path, path=backup)) == before
    assert not list(tmp_path.glob("copy.db?*"))
    assert restore_store(target, environment, backup=backup) == []

    assert everything(target) == before
    with Store.open(target, estate="estate", create=False, environment=environment) as store:
        store.fact(Fact(action_id="a3", attempt=2, epoch=2, what="seen"))
        assert store.facts_are_intact()
        assert len(store.facts()) == 3
        assert store.acquire("next").number == 2


def test_an_older_backup_is_migrated_like_an_older_store(
    location: StoreLocation, target: StoreLocation, environment: Environment, tmp_path: Path
) -> None:
    """A copy has the schema version of what was copied, also one that the tables of today do not know."""
    place_golden(location, 1)
    migrate_store(location, environment, estate="estate", steps={**MIGRATIONS, 2: add_note})
    back_up(location, tmp_path / "copy.db", newest=3)
    copying.restore(target, tmp_path / "copy.db", stamp="now", newest=3)

    assert version_of(target) == "3"
    assert everything(target) == everything(location)
    migrate_store(target, environment, estate="estate", steps={**MIGRATIONS, 2: add_note, 3: lambda *_: None})
    assert version_of(target) == "4"


def test_a_backup_is_of_one_moment_while_a_run_goes_on(store: Store, location: StoreLocation, tmp_path: Path) -> None:
    """Neither waits for the other, and the chain of facts in the copy is whole."""
    store.acquire("run")
    for number in range(3):
        store.fact(Fact(action_id="a", attempt=number, epoch=1, what="sent"))
        back_up(location, tmp_path / f"{number}.db")
    for number in range(3):
        with closing(sqlite3.connect(tmp_path / f"{number}.db")) as copy:
            assert copy.execute("SELECT count(*) FROM fact").fetchone() == (number + 1,)


def test_the_backup_lies_beside_the_store_unless_told(location: StoreLocation, environment: Environment) -> None:
    """Its name is the store's and the time; a second one in the same second gets a number."""
    made(location, environment)
    stem = location.path or location.root / ".reconciler" / location.database

    names = [back_up_store(location, environment).name for _ in range(3)]

    assert names == [f"{stem.name}.20270115T080000Z.backup{end}" for end in ("", "-2", "-3")]
    assert {path.stat().st_mode & 0o777 for path in stem.parent.glob("*.backup*")} == {0o600}


def test_there_is_an_end_to_numbers(tmp_path: Path) -> None:
    """After a hundred copies of one second the last name is tried, and refused."""
    for number in range(1, 100):
        (tmp_path / ("x" if number == 1 else f"x-{number}")).touch()
    assert next_free(tmp_path / "x").exists()


def test_a_backup_overwrites_nothing(store: Store, location: StoreLocation, tmp_path: Path) -> None:
    """A file, a folder or a link that is there already stays."""
    (tmp_path / "file").write_text("precious", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(StoreError, match="already") as refused:
            back_up(location, tmp_path / name)
        assert refused.value.exit_code == 11
    assert (tmp_path / "file").read_text(encoding="utf-8") == "precious"
    with pytest.raises(StoreError, match="cannot be written: No such file"):
        back_up(location, tmp_path / "nowhere" / "copy.db")


def test_a_backup_that_fails_leaves_nothing(
    store: Store, location: StoreLocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a copy is never found under the name of a whole one."""

    def full(place: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copying, "_sync", full)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        back_up(location, tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy.db*"))


def test_what_is_damaged_or_missing_is_not_backed_up(
    location: StoreLocation, environment: Environment, tmp_path: Path
) -> None:
    """A copy of damage would be found in the moment of need."""
    with pytest.raises(StoreError, match="there is no store"):
        back_up(location, tmp_path / "copy.db")
    made(location, environment)
    execute(location, "DROP TABLE fact")
    with pytest.raises(StoreError, match="lacks tables: fact"):
        back_up(location, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no backup at"),
        (b"", "the backup .*copy.db is an empty file"),
        (b"no database" * 99, "the backup .*copy.db cannot be used: file is not a database"),
        (b"newer", "the backup .*copy.db was written by a newer version"),
    ],
)
def test_only_a_whole_backup_is_restored(
    location: StoreLocation, environment: Environment, tmp_path: Path, content: bytes | None, words: str
) -> None:
    """The store in place is untouched when the backup is no store, or of a newer version."""
    made(location, environment)
    before = everything(location)
    backup = tmp_path / "copy.db"
    if content is not None:
        backup.write_bytes(content)
    if content == b"newer":
        backup.unlink()
        back_up(location, backup)
        execute(StoreLocation(tmp_path, path=backup), "UPDATE meta SET value = '9' WHERE key = 'schema_version'")

    with pytest.raises(StoreError, match=words) as refused:
        restore_store(location, environment, backup=backup)
    assert everything(location) == before
    # The store in place is not what is wrong.
    assert "adopt" not in str(refused.value.hint)
    assert re.search("name (another backup|a file)|upgrade", str(refused.value.hint))


@pytest.fixture
def backed_up(tmp_path: Path, environment: Environment) -> tuple[StoreLocation, Path]:
    """A store in a file, and its backup."""
    location = made(StoreLocation.parse("sqlite:.reconciler/state.db", tmp_path), environment)
    return location, back_up(location, tmp_path / "copy.db")


def test_the_former_files_are_kept(backed_up: tuple[StoreLocation, Path], environment: Environment) -> None:
    """Damaged or not: a restore takes nothing away, and no old log is read with the new file."""
    location, backup = backed_up
    assert location.path is not None
    location.path.write_bytes(b"damaged")
    log = location.path.with_name("state.db-wal")
    log.write_bytes(b"an old log")
    log.chmod(0o644)
    location.path.chmod(0o664)

    former = restore_store(location, environment, backup=backup)

    assert {path.name: path.read_bytes() for path in former} == {
        "state.db.replaced-20270115T080000Z": b"damaged",
        "state.db.replaced-20270115T080000Z-wal": b"an old log",
    }
    assert {path.stat().st_mode & 0o777 for path in former} == {0o600}
    assert not log.exists()
    assert everything(location) == everything(StoreLocation(backup.parent, path=backup))
    with closing(sqlite3.connect(location.path)) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_a_link_leads_to_keeps_its_mode(
    backed_up: tuple[StoreLocation, Path], environment: Environment, tmp_path: Path
) -> None:
    """Only the store's own files are made private."""
    location, backup = backed_up
    assert location.path is not None
    other = tmp_path / "other"
    other.touch(mode=0o644)
    other.chmod(0o644)
    location.path.with_name("state.db-wal").unlink(missing_ok=True)
    location.path.with_name("state.db-wal").symlink_to(other)

    restore_store(location, environment, backup=backup)
    assert other.stat().st_mode & 0o777 == 0o644


def test_a_log_whose_store_is_gone_is_no_obstacle(
    backed_up: tuple[StoreLocation, Path], environment: Environment
) -> None:
    """Opening refuses that; restoring is what it says to do."""
    location, backup = backed_up
    assert location.path is not None
    location.path.unlink()
    location.path.with_name("state.db-wal").write_bytes(b"an old log")

    restore_store(location, environment, backup=backup)
    Store.open(location, estate="estate", create=False, environment=environment).close()


def test_nothing_is_restored_under_a_run(backed_up: tuple[StoreLocation, Path], environment: Environment) -> None:
    """A living process that holds the lock keeps its store."""
    location, backup = backed_up
    with Store.open(location, estate="estate", create=False, environment=environment) as store:
        epoch = store.acquire("run")
        with pytest.raises(LockError, match=r"a run is alive that uses the store .* \(epoch 1\)"):
            restore_store(location, environment, backup=backup)
        store.renew(epoch)
    restore_store(location, environment, backup=backup)


def test_a_restore_that_fails_leaves_the_store(
    backed_up: tuple[StoreLocation, Path], environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error while copying is met before anything is moved."""
    location, backup = backed_up
    before = everything(location)

    def full(source: Path, target: Path) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(copying, "_copy_pages", full)
    with pytest.raises(StoreError, match="cannot be written: database or disk is full"):
        restore_store(location, environment, backup=backup)
    assert everything(location) == before
    assert not list(backup.parent.rglob("*.new-*"))


def test_a_database_that_holds_a_store_keeps_it(
    backed_up: tuple[StoreLocation, Path],
    environment: Environment,
    request: pytest.FixtureRequest,
    open_store: Callable[[], Store],
) -> None:
    """Its tables are not replaced: a new database is to be named."""
    _, backup = backed_up
    server = request.getfixturevalue("postgres")
    database = made(StoreLocation.parse(server.create(f"test-{uuid.uuid4().hex}"), backup.parent), environment)
    before = everything(database)

    with pytest.raises(StoreError, match="holds a store already") as refused:
        restore_store(database, environment, backup=backup)
    assert "new database" in str(refused.value.hint)
    assert everything(database) == before


def test_a_restored_database_has_the_tables_of_a_new_one(
    backed_up: tuple[StoreLocation, Path], environment: Environment, request: pytest.FixtureRequest
) -> None:
    """Columns, keys and indexes: nothing tells a restored store from one that was made."""
    from sqlalchemy import inspect

    from reconciler.store.connection import postgres_engine

    _, backup = backed_up
    server = request.getfixturevalue("postgres")
    found = []
    for fill in (made, lambda place, env: restore_store(place, env, backup=backup)):
        place = StoreLocation.parse(server.create(f"test-{uuid.uuid4().hex}"), backup.parent)
        fill(place, environment)
        engine = postgres_engine(place)
        with engine.connect() as connection:
            look = inspect(connection)
            found.append(
                {
                    table: (
                        [
                            (column["name"], str(column["type"]), column["nullable"], column["default"])
                            for column in look.get_columns(table)
                        ],
                        look.get_pk_constraint(table)["constrained_columns"],
                        sorted(each["column_names"] for each in look.get_unique_constraints(table)),
                        sorted((str(each["name"]), each["column_names"]) for each in look.get_indexes(table)),
                    )
                    for table in look.get_table_names()
                }
            )
        engine.dispose()
    assert found[0] == found[1]
