"""Each apply removes a little of what is too old, and ends as it would have ended without."""

from pathlib import Path

import pytest

from reconciler.plan.outcomes import ApplyReport
from tests.robustness.faults.house import House, resource
from tests.unit.store.stores import execute, rows_of

NET = resource("VSlice", "fleet-net", subnets=["100.64.0.0/16"])
POLICY = resource("OperatorPolicy", "policy", default="allow")
DAY = 86_400


def _later(house: House, days: int) -> ApplyReport:
    """An object is made and removed; so many days later another one is made."""
    house.make(NET, POLICY)
    house.make(NET)
    house.clock.sleep(days * DAY)
    return house.make(NET, POLICY)


def _verbs(house: House) -> list[str]:
    return sorted(f"{row[3]} {row[4]}" for row in rows_of(house.location, "action").values())


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (89, ["create OperatorPolicy", "create OperatorPolicy", "create VSlice", "delete OperatorPolicy"]),
        (91, ["create OperatorPolicy", "create VSlice"]),
    ],
)
def test_an_apply_removes_what_is_older_than_ninety_days(tmp_path: Path, days: int, expected: list[str]) -> None:
    """The last request for each object stays; the inventory names it."""
    house = House(tmp_path)

    assert _later(house, days).exit_code == 0
    assert [verb.split("/")[0] for verb in _verbs(house)] == expected
    assert house.store.facts_are_intact()
    assert house.plan(NET, POLICY).changes == ()


def test_an_apply_that_cannot_prune_ends_as_it_did(tmp_path: Path) -> None:
    """A change that was made stays made; the next apply tries again."""
    house = House(tmp_path)
    execute(house.location, "CREATE TRIGGER kept BEFORE DELETE ON action BEGIN SELECT RAISE(ABORT, 'kept'); END")

    assert _later(house, 91).exit_code == 0
    assert len(_verbs(house)) == 4
    assert [run.result for run in house.store.history(1)] == ["apply: exit 0, 1 done"]
