"""Files for the state of the simulator: what is no such file is said, and nothing is written into it."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.features.cli.desk import Desk
from tests.features.cli.scenarios import declared

NOTHING_LIKE_IT: Mapping[str, Callable[[Path], object]] = {
    "text": lambda path: path.write_bytes(b"iccid,name\n" * 400),
    "a folder": lambda path: path.mkdir(),
    "another database": lambda path: sqlite3.connect(path).execute("CREATE TABLE sim (x)").connection.close(),
    "another format": lambda path: sqlite3.connect(path).execute("PRAGMA user_version=99").connection.close(),
}


@pytest.mark.parametrize("sort", NOTHING_LIKE_IT)
def test_a_state_that_is_none_is_said_and_is_no_bug(tmp_path: Path, sort: str) -> None:
    """`plan` on the embedded platform ends with exit 10 and names the file."""
    desk = Desk(tmp_path / "desk")
    declared(desk)
    place = desk.folder / ".reconciler" / "platform.db"
    place.parent.mkdir(exist_ok=True)
    for path in place.parent.glob("platform.db*"):
        path.unlink()
    NOTHING_LIKE_IT[sort](place)

    out, err = desk.start("plan").communicate(timeout=60)

    assert (out, b"platform.db" in err, b"hint: " in err, b"bug in reconciler" in err) == (b"", True, True, False)
    assert desk.run("plan") == 10


def test_a_simulator_writes_nothing_into_the_store_of_an_estate(tmp_path: Path) -> None:
    """`simulate --state` with the name of the store, mistyped, leaves the store as it is."""
    desk = Desk(tmp_path / "desk")
    declared(desk)
    assert desk.run("apply", "--auto-approve") == 0
    store = desk.folder / ".reconciler" / "state.db"
    tables = "SELECT name FROM sqlite_master ORDER BY name"
    before = sqlite3.connect(store).execute(tables).fetchall()

    assert desk.run("simulate", "--no-serve", "--state", ".reconciler/state.db") == 10
    assert sqlite3.connect(store).execute(tables).fetchall() == before


def test_a_state_below_a_file_is_refused(tmp_path: Path) -> None:
    """A folder cannot be made there."""
    desk = Desk(tmp_path / "desk")
    declared(desk)

    assert desk.run("simulate", "--no-serve", "--state", "reconciler.yaml/platform.db") == 64
