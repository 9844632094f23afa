"""Recovery drills: an accident, then the words of docs/how-to/recover.md, and nothing else (F16, F22, F40)."""

import re
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS, main
from reconciler.environment import system
from reconciler.simulator.application import Simulator
from reconciler.simulator.faults import Fault
from reconciler.store import connection
from reconciler.store.location import StoreLocation
from reconciler.store.maintenance import migrate_store
from reconciler.store.migrations import MIGRATIONS
from reconciler.store.store import Store
from tests.features.cli.desk import Desk
from tests.features.cli.scenarios import ESTATE, NO_ANSWER, SETTINGS, served
from tests.postgres.server import PostgresServer
from tests.robustness.drills.manual import commands, sections, symptoms
from tests.unit.store.stores import add_note, everything, execute, version_of

INTERRUPTED = "An apply was interrupted"
FULL = "The disk is full, or cannot be written to"
LOCKED = "The lock is held by a run that is gone"
RESTORE = "The store is damaged or gone, and there is a backup"
LOST = "The store is gone, and there is no backup"
STRANGER = "The token is of another account"
MIGRATION = "A migration was interrupted"
BACKUPS = "Backups"
LATER = """\
---
apiVersion: reconciler.dev/v1alpha1
kind: OperatorPolicy
metadata: {name: later-policy}
spec: {default: allow}
"""


class House:
    """An estate at a desk, with its store in a file or a database, and a platform over HTTP."""

    def __init__(self, desk: Desk, simulator: Simulator, server: PostgresServer | None, seen: "_Seen") -> None:
        self.desk = desk
        self._seen = seen
        self.simulator = simulator
        self._server = server
        desk.write("estate/fleet.yaml", ESTATE)
        desk.write("reconciler.yaml", SETTINGS)
        self.new_place()

    def new_place(self) -> None:
        """A new, empty database for the estate; a file stays where it is."""
        name = f"drill-{uuid.uuid4().hex}"
        address = "sqlite:.reconciler/state.db" if self._server is None else self._server.create(name)
        # Named by the caller's side, as a pipeline has to.
        self.desk.environment["RECONCILER_STORE"] = address
        self.location = StoreLocation.parse(address, self.desk.folder)

    def follow(self, heading: str, **values: str) -> str:
        """Run what the page says; what was written."""
        return "".join(self.run(*command) for command in commands(heading, **values))

    def ending(self, *arguments: str) -> tuple[int, str]:
        """One command, in this process; how it ended, and what it wrote."""
        self._seen.capsys.readouterr()
        with self._seen.patch.context() as patch:
            patch.chdir(self.desk.folder)
            for name, value in self.desk.environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main(arguments)
        written = self._seen.capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, written.out + written.err

    def run(self, *arguments: str, code: int = 0) -> str:
        """One command, which ends with this code; what it wrote."""
        found, text = self.ending(*arguments)
        assert found == code, text
        return text

    def writes(self) -> int:
        """How many requests that were to change something the platform has seen."""
        return sum(row.method != "GET" for row in self.simulator.log())

    def lose(self) -> None:
        """The store is gone; whoever has a database makes a new one."""
        for file in (self.desk.folder / ".reconciler").glob("state.db*"):
            file.unlink()
        self.new_place()


@dataclass(frozen=True)
class _Seen:
    """The calls by which the test framework watches a command."""

    capsys: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch


@pytest.fixture(params=["sqlite", "postgresql"])
def house(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    """Everything applied once."""
    desk = Desk(tmp_path / "desk")
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    with served(desk) as simulator:
        found = House(desk, simulator, server, _Seen(capsys, monkeypatch))
        found.run("apply", "--auto-approve")
        yield found


def _is_settled(house: House) -> bool:
    return "No changes." in house.run("plan", "--detailed-exitcode")


def test_every_command_of_the_page_exists() -> None:
    """Every command that the page and its table tell people to type is there."""
    typed = [words for heading in sections() for words in commands(heading)]
    assert typed
    named = re.findall(r"`reconciler ([a-z]+)", "".join(command for _, command in symptoms()))
    assert {words[0] for words in typed} | set(named) <= set(COMMANDS)
    assert len(symptoms()) == 12


@pytest.mark.slow
def test_an_interrupted_apply_is_found_out_and_finished(house: House) -> None:
    """Killed with a request under way: recover sends nothing, apply finishes, nothing is made twice."""
    (house.desk.folder / "estate/later.yaml").write_text(LATER.removeprefix("---\n"), encoding="utf-8")
    house.simulator.faults.script([Fault("latency", "POST", seconds=2, path="operatorpolic")])
    process = house.desk.start("apply", "--auto-approve", "--parallelism", "1")
    with Store.open(house.location, estate="fleet", create=False, environment=system()) as store:
        for _ in range(600):
            if store.unresolved():
                break
            time.sleep(0.05)
        assert store.unresolved()
    process.kill()
    process.communicate()
    house.simulator.faults.clear()
    if house.location.path is None:
        # As if a minute had passed.
        execute(house.location, "UPDATE lock SET lease_until = 0")
    before = house.writes()

    text = house.run(*commands(INTERRUPTED)[0])

    assert house.writes() == before
    assert "OperatorPolicy/later-policy  " in text
    assert "1 found out, 0 still unknown." in text
    house.run(*commands(INTERRUPTED)[1])
    assert _is_settled(house)
    assert "Nothing to recover" in house.run("recover")


@pytest.mark.slow
def test_what_cannot_be_found_out_ends_with_7(house: House) -> None:
    """While the platform does not answer the outcome stays unknown, and is found out afterwards."""
    house.desk.edit("estate/fleet.yaml", "displayName: Fleet", "displayName: Lorries")
    house.simulator.faults.script([Fault("drop", "PUT", path="vslices", executed="before"), NO_ANSWER])
    assert house.ending("apply", "--auto-approve", "--parallelism", "1")[0] in {5, 7}
    execute(house.location, "UPDATE action SET updated = 0")
    execute(house.location, "UPDATE lock SET lease_until = 0, drain_until = 0")
    house.simulator.faults.script([Fault("status", "GET", path="vslices/.", status=503, retry_after="0", times=None)])
    text = house.run("recover", code=7)
    assert "VSlice/fleet-net  unknown: " in text
    assert "0 found out, 1 still unknown." in text

    house.simulator.faults.clear()
    house.follow(INTERRUPTED)
    assert _is_settled(house)


def test_a_lock_that_is_broken_is_named(house: House) -> None:
    """The holder is named when it is refused and when it loses the lock; then work goes on."""
    with Store.open(house.location, estate="fleet", create=False, environment=system()) as store:
        number = store.acquire("gone").number
        house.desk.edit("estate/fleet.yaml", "displayName: Fleet", "displayName: Lorries")
        assert f"--epoch {number}" in house.run("apply", "--auto-approve", code=6)
        text = house.follow(LOCKED, N=str(number))
    assert f"epoch {number}" in text
    house.run("apply", "--auto-approve")
    assert _is_settled(house)


def test_a_lost_store_is_restored_from_its_backup(house: House) -> None:
    """An object that the backup knew is ours again, and nothing is sent."""
    house.follow(BACKUPS, BACKUP="copy.db")
    house.lose()
    before = house.writes()
    _, _, plan, *_ = commands(RESTORE)
    assert plan == ["plan"]

    for command in commands(RESTORE, BACKUP="copy.db")[:3]:
        text = house.run(*command)

    assert "No changes." in text
    assert house.writes() == before


def test_a_damaged_store_is_told_and_restored(house: House) -> None:
    """The doctor names the damage and the way out; the damaged store is kept."""
    house.follow(BACKUPS, BACKUP="copy.db")
    execute(house.location, "DROP TABLE action")
    text = house.run("store", "doctor", code=11)
    assert "lacks tables: action" in text
    assert "fix: restore it from a backup: reconciler store restore BACKUP" in text
    if house.location.path is None:
        house.new_place()

    text = house.run(*commands(RESTORE, BACKUP="copy.db")[0])

    assert ("Kept " in text) is (house.location.path is not None)
    assert _is_settled(house)


@pytest.mark.slow
def test_an_old_backup_misses_what_came_later(house: House) -> None:
    """An object made since is a conflict until it is adopted; a plan of later is refused; nothing is made twice."""
    house.follow(BACKUPS, BACKUP="copy.db")
    (house.desk.folder / "estate/later.yaml").write_text(LATER.removeprefix("---\n"), encoding="utf-8")
    house.run("apply", "--auto-approve")
    house.desk.edit("estate/fleet.yaml", "displayName: Fleet", "displayName: Lorries")
    house.run("plan", "--out", "later.plan")
    if house.location.path is None:
        house.new_place()
    before = house.writes()

    restore, recover, plan, adopt, again = commands(RESTORE, BACKUP="copy.db", ADDRESS="OperatorPolicy/later-policy")
    house.run(*restore)
    house.run(*recover)
    assert "OperatorPolicy/later-policy" in house.run(*plan, code=3)
    assert "the store is older than the plan" in house.run("apply", "later.plan", "--auto-approve", code=4)
    house.run("apply", "--auto-approve", code=3)
    assert house.writes() == before
    house.run(*adopt)
    assert house.writes() == before
    assert "1 to change" in house.run(*again)
    house.run("apply", "--auto-approve")
    assert _is_settled(house)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize("growth", [0, 1])
def test_a_full_disk_costs_nothing(house: House, monkeypatch: pytest.MonkeyPatch, growth: int) -> None:
    """The message names the cause and no backup; with room again the page leads to a settled estate, made once."""
    assert house.location.path is not None
    policies = [LATER.replace("later-policy", f"policy-{number}") for number in range(30)]
    (house.desk.folder / "estate/later.yaml").write_text("".join(policies), encoding="utf-8")
    before = house.writes()
    with closing(sqlite3.connect(house.location.path)) as file:
        (pages,) = file.execute("PRAGMA page_count").fetchone()
    with monkeypatch.context() as patch:
        # The file may grow by so many pages, as on a disk that is nearly full.
        patch.setattr(connection, "_PRAGMAS", (*connection._PRAGMAS, f"PRAGMA max_page_count={pages + growth}"))
        text = house.run("apply", "--auto-approve", code=11)
    assert "cannot be used: database or disk is full" in text
    assert "make room on its disk, then run `reconciler recover`" in text
    assert "backup" not in text
    assert "adopt" not in text

    house.follow(FULL)

    assert _is_settled(house)
    assert house.writes() == before + len(policies)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("content", "words"), [(b"", "is an empty file"), (b"no database" * 999, "file is not a database")]
)
def test_what_is_left_of_a_store_is_moved_away_before_adopting(house: House, content: bytes, words: str) -> None:
    """While it is there everything is refused with that advice; without it the estate is rebuilt."""
    assert house.location.path is not None
    for file in (house.desk.folder / ".reconciler").glob("state.db-*"):
        file.unlink()
    house.location.path.write_bytes(content)
    addresses = ("VSlice/fleet-net", "RoutingTarget/fleet-out", "RoutingPolicy/fleet-route")
    plan, adopt, again = commands(LOST)
    taken = [word for part in adopt for word in (addresses if part == "ADDRESS" else (part,))]
    text = house.run(*taken, code=11)
    assert words in text
    assert "move the file away" in text
    assert any(words in seen for seen, _ in symptoms())

    aside = house.desk.folder / "aside"
    aside.mkdir()
    for file in (house.desk.folder / ".reconciler").glob("state.db*"):
        file.rename(aside / file.name)
    house.run(*plan, code=3)
    house.run(*taken)
    assert "No changes." in house.run(*again)


def test_a_store_without_backup_is_rebuilt_by_adopting(house: House) -> None:
    """Conflicts are named, adopting sends nothing, and the estate is settled."""
    house.lose()
    before = house.writes()
    addresses = ("VSlice/fleet-net", "RoutingTarget/fleet-out", "RoutingPolicy/fleet-route")
    plan, adopt, again = commands(LOST)

    text = house.run(*plan, code=3)
    assert all(address in text for address in addresses)
    house.run(*[word for part in adopt for word in (addresses if part == "ADDRESS" else (part,))])

    assert "No changes." in house.run(*again)
    assert house.writes() == before


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_a_log_without_its_store_is_not_a_new_beginning(house: House) -> None:
    """A part of a lost store is told, and a backup is restored over it; a database has no files of ours."""
    assert house.location.path is not None
    house.follow(BACKUPS, BACKUP="copy.db")
    house.location.path.unlink()
    house.location.path.with_name("state.db-wal").write_bytes(b"x")
    assert "its journal state.db-wal is there" in house.run("plan", code=11)

    house.run(*commands(RESTORE, BACKUP="copy.db")[0])
    assert _is_settled(house)


def test_another_platforms_token_changes_nothing(house: House, tmp_path: Path) -> None:
    """With another account nothing is recovered or sent, though nothing of ours would be found there (F16)."""
    with Store.open(house.location, estate="fleet", create=False, environment=system()) as store:
        before = store.inventory()
    execute(house.location, "UPDATE action SET state = 'unknown', op = 'delete' WHERE addr LIKE 'RoutingPolicy%'")
    execute(house.location, "UPDATE action SET updated = 0")
    own = dict(house.desk.environment)
    with served(house.desk) as stranger:
        assert "belongs to the platform" in house.run("recover", code=4)
        assert "belongs to the platform" in house.run("apply", "--auto-approve", code=4)
        assert all(row.method == "GET" for row in stranger.log())
    house.desk.environment = own
    with Store.open(house.location, estate="fleet", create=False, environment=system()) as store:
        assert store.inventory() == before

    house.run("recover")
    assert house.follow(STRANGER)
    assert _is_settled(house)


@pytest.mark.slow
def test_a_half_migrated_store_is_a_whole_old_one(house: House) -> None:
    """The step that failed left nothing; the backup is there, and migrating again succeeds."""
    before = everything(house.location)

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate_store(house.location, system(), estate="estate", steps={**MIGRATIONS, 2: add_note, 3: power_cut})

    assert everything(house.location) == before
    text = house.follow(MIGRATION)
    assert "has schema 2, which is current" in text
    assert _is_settled(house)
    (backup,) = (house.desk.folder / ".reconciler").glob("*.schema-2.*.backup")
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    migrate_store(house.location, system(), estate="estate", steps={**MIGRATIONS, 2: add_note})
    assert version_of(house.location) == "3"
    assert "upgrade reconciler" in house.run("plan", code=11)
    assert "newer version" in house.run("store", "doctor", code=11)
    assert "newer version" in house.run("store", "migrate", code=11)
    if house.location.path is None:
        house.new_place()
    house.run("store", "restore", str(backup))
    assert _is_settled(house)
