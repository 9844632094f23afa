"""The cost of a change to the store, counted in transactions: each of them waits for the disk."""

from pathlib import Path
from typing import Any

from sqlalchemy import event

from reconciler.plan.plan import Plan
from tests.robustness.faults.house import House, resource

_MANY, _FEW = 40, 10


def _creating(house: House, count: int) -> Plan:
    return house.plan(*(resource("OperatorPolicy", f"policy-{number}", default="allow") for number in range(count)))


def _transactions(house: House, plan: Plan, parallelism: int) -> int:
    count = 0

    def begun(_: object) -> None:
        nonlocal count
        count += 1

    engine: Any = house.store._engine
    event.listen(engine, "begin", begun)
    try:
        assert house.apply(plan, parallelism=parallelism).exit_code == 0
    finally:
        event.remove(engine, "begin", begun)
    return count


def test_a_change_alone_commits_twice_and_shares_its_decision(tmp_path: Path) -> None:
    """Its intent and the answer are durable before the next step; what one list shows is decided in one commit."""
    few, many = House(tmp_path / "few"), House(tmp_path / "many")
    found = [_transactions(at, _creating(at, size), parallelism=1) for at, size in ((few, _FEW), (many, _MANY))]
    assert found[1] - found[0] == 2 * (_MANY - _FEW)


def test_changes_side_by_side_commit_no_more_often(tmp_path: Path) -> None:
    """Several at a time share commits where they meet; together they cost no more than one after the other."""
    alone, together = House(tmp_path / "alone"), House(tmp_path / "together")
    found = [_transactions(at, _creating(at, _MANY), number) for at, number in ((alone, 1), (together, 8))]
    assert found[1] <= found[0]
