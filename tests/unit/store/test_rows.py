"""Rows that make no sense, and the sign of life of a holder: small promises that everything else builds on."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reconciler.environment import system
from reconciler.errors import StoreError
from reconciler.store.liveness import Liveness, disown_all, living
from reconciler.store.location import StoreLocation
from reconciler.store.reader import read_inventory
from reconciler.store.records import Settlement
from reconciler.store.rows import intent_of, owned_of
from reconciler.store.store import Store

ROW: tuple[Any, ...] = ("VSlice/fleet-net", "id-1", "fleet-net", "created", 0, 1, None, 1, "{}", "{}")


def test_a_sound_row_is_an_owned_object() -> None:
    """Columns come in the order that both ways of reading use."""
    (owned,) = owned_of([ROW])

    assert (str(owned.address), owned.protect, owned.retain) == ("VSlice/fleet-net", False, True)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (0, "no address"),
        (1, b"\xff"),
        (2, b"\xff"),
        (6, 1),
        (3, "borrowed"),
        (7, "many"),
        (8, "1"),
        (8, "{},{}"),
        (8, "{"),
        (9, "[]"),
        (9, None),
    ],
)
def test_a_row_that_makes_no_sense_is_an_error_of_the_store(column: int, value: object) -> None:
    """A row is never skipped or guessed at: what is not known to be ours would be created again (I18)."""
    row = [*ROW[:column], value, *ROW[column + 1 :]]

    with pytest.raises(StoreError, match="a row that makes no sense") as broken:
        owned_of([row])
    assert broken.value.exit_code == 11


def test_a_holder_lives_until_it_lets_go(tmp_path: Path) -> None:
    """Another process sees a living holder while it holds its file, and none before and after."""
    holder, other = Liveness(tmp_path / "state.db"), Liveness(tmp_path / "state.db")

    assert not other.is_alive(1)
    holder.take(1)
    assert other.is_alive(1)
    holder.close()
    assert not other.is_alive(1)


def test_the_file_of_a_dead_holder_is_no_sign_of_life(tmp_path: Path) -> None:
    """A process that was killed leaves its file behind, but nobody holds it."""
    (tmp_path / "state.db.lock-1").touch()

    assert not Liveness(tmp_path / "state.db").is_alive(1)


def test_a_store_whose_rows_break_its_own_rules_is_damaged(tmp_path: Path) -> None:
    """A reader that writes nothing checks what it reads all the same (I18)."""
    location = StoreLocation.parse("sqlite:state.db", tmp_path)
    Store.open(location, estate="estate", create=True, environment=system()).close()
    with closing(sqlite3.connect(tmp_path / "state.db")) as raw:
        raw.execute("PRAGMA writable_schema=ON")
        (sound,) = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'meta'").fetchone()
        raw.execute("UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'meta'")
        raw.commit()
        raw.execute("PRAGMA schema_version=99")
    with closing(sqlite3.connect(tmp_path / "state.db")) as raw:
        raw.execute("INSERT INTO meta VALUES ('key', NULL)")
        raw.execute("PRAGMA writable_schema=ON")
        raw.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'meta'", (sound,))
        raw.commit()

    with pytest.raises(StoreError, match=r"is damaged: NULL value in meta\.value"):
        read_inventory(location, "estate")


def test_a_living_holder_is_found_without_knowing_its_epoch(tmp_path: Path) -> None:
    """Files of dead holders and of others are passed over."""
    path = tmp_path / "state.db"
    for name in ("state.db.lock-1", "state.db.lock-old", "other.db.lock-9"):
        (tmp_path / name).touch()
    assert living(path) is None

    holder = Liveness(path)
    holder.take(7)
    assert living(path) == 7
    disown_all()
    assert living(path) is None
    holder.close()


def test_a_request_whose_row_makes_no_sense_is_an_error_of_the_store() -> None:
    """A request that cannot be read is never taken for one that was not sent (I18)."""
    row = dict.fromkeys(("action_id", "plan_sha", "seq", "op"), "create") | {"addr": "no address"}

    with pytest.raises(StoreError, match="the journal has a row that makes no sense") as broken:
        intent_of(row)
    assert broken.value.exit_code == 11


def test_a_store_without_the_table_of_its_estates_is_incomplete(tmp_path: Path) -> None:
    """A store that says it is of this version has all tables of it, or it is refused (I18)."""
    location = StoreLocation.parse("sqlite:state.db", tmp_path)
    Store.open(location, estate="estate", create=True, environment=system()).close()
    with closing(sqlite3.connect(tmp_path / "state.db")) as raw, raw:
        raw.execute("DROP TABLE estate")

    with pytest.raises(StoreError, match="lacks tables: estate") as broken:
        read_inventory(location, "estate")
    assert broken.value.exit_code == 11


def test_an_estate_whose_name_is_no_text_is_an_error_of_the_store(tmp_path: Path) -> None:
    """The owner of an object must be readable: an object of another estate is never taken for unowned (I18)."""
    location = StoreLocation.parse("sqlite:state.db", tmp_path)
    with Store.open(location, estate="other", create=True, environment=system()) as store:
        epoch = store.acquire("run")
        store.settle(epoch, Settlement({}, (owned_of([ROW])[0],)))
        store.release(epoch)
    with closing(sqlite3.connect(tmp_path / "state.db")) as raw, raw:
        raw.execute("UPDATE estate SET name = X'FF'")

    with pytest.raises(StoreError, match="has a row that makes no sense") as broken:
        read_inventory(location, "estate")
    assert broken.value.exit_code == 11


def test_the_names_of_all_estates_are_text(tmp_path: Path) -> None:
    """A list of the estates never holds a name that no command could take: it is an error of the store (I18)."""
    location = StoreLocation.parse("sqlite:state.db", tmp_path)
    with Store.open(location, estate="other", create=True, environment=system()) as store:
        with closing(sqlite3.connect(tmp_path / "state.db")) as raw, raw:
            raw.execute("UPDATE estate SET name = X'FF'")

        with pytest.raises(StoreError, match="a name that makes no sense") as broken:
            store.estates()
    assert broken.value.exit_code == 11
