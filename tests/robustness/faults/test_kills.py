"""The process dies at any moment, and the next run ends where an undisturbed one would have (I1, I4, I5)."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from reconciler.model.resource import Resource
from reconciler.plan.outcomes import ApplyReport
from reconciler.plan.plan import Plan
from tests.robustness.faults.estates import changed, first
from tests.robustness.faults.house import House, undisturbed


class Killed(BaseException):
    """The process is gone: nothing that comes after it in the code runs with any effect."""


class Tripwire:
    """Counts the moments at which a process can die, and lets it die at one of them."""

    def __init__(self, house: House, fatal: int) -> None:
        self.moments = 0
        self._fatal = fatal
        self._house = house
        house.before_request = self._request
        engine: Any = house.store._engine
        event.listen(engine, "begin", self._moment)
        event.listen(engine, "commit", self._moment)

    def _request(self, _method: str, _path: str) -> None:
        self._moment()

    def _moment(self, *_: object) -> None:
        self.moments += 1
        if self.moments >= self._fatal:
            raise Killed

    def remove(self) -> None:
        """No more deaths."""
        self._house.before_request = undisturbed


def _killed(house: House, plan: Plan, fatal: int) -> bool:
    wire = Tripwire(house, fatal)
    try:
        house.apply(plan, parallelism=1)
    except Killed:
        return True
    finally:
        wire.remove()
    return False


def _again(house: House, plan: Plan) -> ApplyReport:
    house.reopen()
    house.clock.sleep(1)
    return house.apply(plan, parallelism=1)


def _assert_as_declared(house: House, *declared: Resource) -> None:
    plan = house.plan(*declared)
    assert plan.changes == ()
    assert plan.drift == ()
    assert set(house.store.inventory().owned) == {resource.address for resource in declared}
    live = {seen.remote_id for seen in house.control_plane.snapshot().by_address.values() if not seen.fixed}
    assert {owned.remote_id for owned in house.store.inventory().owned.values()} <= live


def _assert_created_once(house: House) -> None:
    created = Counter(
        (row.path, row.body["moniker"])
        for row in house.mutations()
        if row.method == "POST" and row.status == 200 and isinstance(row.body, dict) and "moniker" in row.body
    )
    assert [key for key, times in created.items() if times > 1] == []


def _moments(tmp_path: Path, *, prepare: bool) -> int:
    house = House(tmp_path / "count", secrets={"HOOK": "word"})
    if prepare:
        assert house.make(*first()).exit_code == 0
        house.reopen()
    plan = house.plan(*(changed() if prepare else first()))
    wire = Tripwire(house, 10**9)
    assert house.apply(plan, parallelism=1).exit_code == 0
    return wire.moments


@pytest.mark.slow
def test_a_kill_at_any_moment_of_creating_is_survived(tmp_path: Path) -> None:
    """One more run of the same plan makes everything as declared; nothing is created twice, all of it is ours."""
    (tmp_path / "count").mkdir()
    for fatal in range(1, _moments(tmp_path, prepare=False) + 1, 3):
        root = tmp_path / str(fatal)
        root.mkdir()
        house = House(root, secrets={"HOOK": "word"})
        plan = house.plan(*first())
        assert _killed(house, plan, fatal)
        report = _again(house, plan)
        assert report.exit_code == 0, (fatal, report)
        _assert_as_declared(house, *first())
        _assert_created_once(house)
        assert house.store.unresolved() == []
        house.store.close()


@pytest.mark.slow
def test_a_kill_at_any_moment_of_changing_is_survived(tmp_path: Path) -> None:
    """The same for updates, replacements, deletions and items: one more run of the same plan ends as declared."""
    (tmp_path / "count").mkdir()
    for fatal in range(2, _moments(tmp_path, prepare=True) + 1, 3):
        root = tmp_path / str(fatal)
        root.mkdir()
        house = House(root, secrets={"HOOK": "word"})
        assert house.make(*first()).exit_code == 0
        house.reopen()
        plan = house.plan(*changed())
        assert _killed(house, plan, fatal)
        report = _again(house, plan)
        assert report.exit_code == 0, (fatal, report)
        _assert_as_declared(house, *changed())
        house.store.close()
