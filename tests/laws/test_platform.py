"""The laws of applying, held to on the embedded platform through the same adapter, store and engine that users have."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.apply.goal import Goal
from reconciler.apply.objects.steps import creation, steps_to
from reconciler.errors import Refused
from reconciler.exporting.composing import Composition, composed
from reconciler.manifests.writer import manifests
from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource, Resources
from reconciler.operations.validate import check
from reconciler.plan.action import Action
from reconciler.plan.outcomes import ApplyReport, Conflict, Failed, Stale, Unknown
from tests.laws.agreement import all_disagreements
from tests.laws.effort import tried
from tests.laws.estates import History, estates, histories
from tests.laws.values import VARIABLES
from tests.robustness.faults.house import House, resource
from tests.robustness.faults.test_kills import Killed, Tripwire

_FOREIGN = estates(only=("VSlice", "OperatorPolicy", "EventMap"), prefix="z")
_MOST_MOMENTS = 200


@contextmanager
def _house() -> Iterator[House]:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), secrets=dict(VARIABLES))
        try:
            yield house
        finally:
            house.store.close()
            house.simulator.close()


def _made(house: House, estate: Resources) -> None:
    report = house.make(*estate.values())
    assert _trouble(report) == []


def _trouble(report: ApplyReport) -> list[str]:
    """The changes that were not made, and why."""
    unmade: list[Failed | Unknown | Stale | Conflict] = [
        *report.failed,
        *report.unknown,
        *report.stale,
        *report.conflicts,
    ]
    return [f"{one.action} {one.address}: {one.reason}" for one in unmade]


def _disown(house: House) -> None:
    """Everything stays on the platform and loses its owner."""
    epoch = house.store.acquire("disown")
    for address in house.store.inventory().owned:
        house.store.forget(epoch, address)
    house.store.release(epoch)


def _live(house: House) -> dict[Address, Any]:
    return dict(house.control_plane.snapshot().by_address)


# --- 2, 3: what was approved is what happens ----------------------------------------------------------------------


@tried(10)
@given(histories())
def test_after_an_apply_live_is_as_declared(history: History) -> None:
    """Law 2: applying makes every declared field so, for a new estate and for a changed one."""
    with _house() as house:
        for estate in history:
            _made(house, estate)
            assert all_disagreements(estate.values(), _live(house), house._secret_digest) == []
        assert {seen for seen, one in _live(house).items() if not one.fixed} == set(history.after)


@tried(10)
@given(histories())
def test_a_plan_after_an_apply_is_empty(history: History) -> None:
    """Law 3: nothing is left to do and nothing drifted, after creating and after changing."""
    with _house() as house:
        for estate in history:
            _made(house, estate)
            # A rename is over once it was made; its annotation may stay.
            plan = house.plan(*estate.values())
            assert plan.changes == ()
            assert plan.drift == ()
            assert plan.unchanged == len(estate)


@tried(8)
@given(histories())
def test_a_plan_that_was_applied_is_done_already_when_it_is_applied_again(history: History) -> None:
    """I17: the second apply of a plan sends nothing and says so."""
    with _house() as house:
        _made(house, history.before)
        plan = house.plan(*history.after.values())
        assert _trouble(house.apply(plan)) == []
        sent = len(house.mutations())

        again = house.apply(plan)

        assert again.exit_code == 0
        assert len(again.already) == len(plan.changes)
        assert len(house.mutations()) == sent


# --- 6: there and back --------------------------------------------------------------------------------------------


@tried(12)
@given(estates())
def test_what_is_written_is_read_back(estate: Resources) -> None:
    """Law 6: `decode(encode(r)) == r` for each kind, through the bodies and answers of the platform."""
    with _house() as house:
        for change in house.plan(*estate.values()).changes:
            goal = Goal(change, {}, house.digest)
            house.control_plane.send(creation(goal), None)
            seen = house.control_plane.read(change.address.kind, change.address.name)
            assert seen is not None
            for step in steps_to(goal.sighting(seen)):
                house.control_plane.send(step, seen)
        assert all_disagreements(estate.values(), _live(house), house._secret_digest) == []


@pytest.mark.parametrize("block", ["match", "divert"])
def test_an_empty_block_of_a_rule_says_nothing(block: str) -> None:
    """Law 6: a rule with an empty block is the same rule without it."""
    net = resource("VSlice", "fleet-net", subnets=["100.64.0.0/16"])
    rule = {"name": "none", "direction": "uplink", "action": "drop", block: {}}
    with _house() as house:
        _made(house, Resources([net, resource("RoutingPolicy", "fleet-route", vslice="fleet-net", rules=[rule])]))


# --- 8: killed and resumed ----------------------------------------------------------------------------------------


@tried(10)
@given(histories(), st.integers(1, _MOST_MOMENTS))
def test_a_killed_apply_ends_as_an_undisturbed_one_once_it_is_run_again(history: History, fatal: int) -> None:
    """Law 8: whatever request or journal write the process dies at, the end is the same and nothing is made twice."""
    with _house() as calm, _house() as house:
        for each in (calm, house):
            _made(each, history.before)
        assert _trouble(calm.apply(calm.plan(*history.after.values()), parallelism=1)) == []
        plan = house.plan(*history.after.values())
        wire = Tripwire(house, fatal)
        try:
            house.apply(plan, parallelism=1)
        except Killed:
            pass
        finally:
            wire.remove()

        house.reopen()
        house.clock.sleep(1)
        report = house.apply(plan, parallelism=1)

        assert _trouble(report) == []
        assert house.simulator.dump() == calm.simulator.dump()
        assert house.store.unresolved() == []
        assert house.plan(*history.after.values()).changes == ()
        assert _created_twice(house) == []


def _created_twice(house: House) -> list[tuple[str, str]]:
    created = Counter(
        (row.path, row.body["moniker"])
        for row in house.mutations()
        if row.method == "POST" and row.status == 200 and isinstance(row.body, dict) and "moniker" in row.body
    )
    return [key for key, times in created.items() if times > 1]


# --- 9: nothing else is touched -----------------------------------------------------------------------------------


@tried(10)
@given(histories(), _FOREIGN)
def test_what_is_not_ours_is_never_touched(history: History, foreign: Resources) -> None:
    """Law 9: no request names an object that is not ours, and all of them are as they were."""
    assume(foreign)
    with _house() as house:
        _made(house, foreign)
        _disown(house)
        before = _contents(house, foreign)
        keys = {part for address, seen in _live(house).items() for part in (address.name, seen.remote_id)}
        house.simulator.clear_log()

        for estate in history:
            _made(house, estate)

        assert _contents(house, foreign) == before
        assert [row.path for row in house.mutations() if keys & set(row.path.split("/"))] == []


def _contents(house: House, estate: Resources) -> dict[str, Any]:
    names = {address.name for address in estate}
    return {
        f"{collection}/{name}": value
        for collection, objects in house.simulator.dump().items()
        for name, value in objects.items()
        if name in names
    }


# --- protection ---------------------------------------------------------------------------------------------------


@tried(8)
@given(histories())
def test_nothing_protected_is_deleted_even_if_a_refused_plan_is_applied(history: History) -> None:
    """S19: the engine refuses a plan that a guard refused, before anything is sent."""
    going = set(history.before) - {
        Address(row.address.kind, row.lifecycle.renamed_from or row.address.name) for row in history.after.values()
    }
    assume(going)
    with _house() as house:
        _made(house, Resources(row._replace(lifecycle=Lifecycle(protect=True)) for row in history.before.values()))
        plan = house.plan(*history.after.values())
        sent = len(house.mutations())

        with pytest.raises(Refused):
            house.apply(plan)

        assert {change.address for change in plan.changes if change.action is Action.DELETE} == going
        assert len(house.mutations()) == sent


# --- export -------------------------------------------------------------------------------------------------------


@tried(10)
@given(estates())
def test_an_export_plans_to_nothing(estate: Resources) -> None:
    """An export, written as YAML and loaded again, is the live estate: adopting it sends nothing."""
    with _house() as house:
        _made(house, estate)
        _disown(house)
        exported = list(composed(house.control_plane.snapshot(), Composition()).resources)

        plan = house.plan(*_loaded(exported), adopts=True)

        assert {change.action for change in plan.changes} <= {Action.ADOPT}
        assert plan.roster.is_empty
        assert len(plan.changes) == len(estate)
        assert plan.unmanaged == ()


def _loaded(resources: list[Resource]) -> list[Resource]:
    if not resources:
        return []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "estate.yaml").write_bytes(manifests(resources))
        return list(check(Path(folder)).sound().built.estate.values())
