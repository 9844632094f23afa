"""The SIM part of a run breaks off, or is left out: nothing is asked for after it, and the next apply goes on."""

from pathlib import Path

import pytest

from reconciler.errors import StoreError
from reconciler.model.scope import Scope
from reconciler.plan.plan import Plan
from reconciler.plan.roster import RosterAction
from reconciler.simulator.faults import Fault
from reconciler.simulator.sims import PENDING
from reconciler.store.lock import Fenced
from reconciler.store.store import Store
from tests.features.sims.estate import SimHouse, count_of, endpoint, groups, house_at, iccids, listed
from tests.robustness.faults.house import environment, undisturbed

NUMBERS = iccids(6)


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """Six SIMs in one group."""
    found = house_at(tmp_path)
    found.stock(NUMBERS)
    found.declare(groups(), listed("set-uk", "fleet-uk", NUMBERS))
    found.converge()
    return found


def moving(house: SimHouse) -> Plan:
    """The plan that moves them to another group, each by a request of its own."""
    house.declare(groups(), listed("set-de", "fleet-de", NUMBERS, ", limits: {batch: 1}"))
    house.simulator.clear_log()
    return house.now()


@pytest.mark.parametrize(("refused", "skipped"), [("fleet-uk", "EndpointGroup/fleet-uk"), ("fleet-de", None)])
def test_sims_wait_for_the_group_that_they_go_to_and_for_no_other(
    tmp_path: Path, refused: str, skipped: str | None
) -> None:
    """A group is refused: nothing is asked of SIMs that go there, and the report names it; others go their way."""
    house = house_at(tmp_path)
    house.stock(NUMBERS)
    house.declare(groups(), listed("set-uk", "fleet-uk", NUMBERS))
    plan = house.now()
    made = [change.address.name for change in plan.changes if change.address.kind == "EndpointGroup"]
    fault = Fault("refuse", "POST", path="^/?endpointgroups$", skip=made.index(refused))
    house.simulator.faults.script([fault])

    report = house.apply(plan, parallelism=1)

    assert [failed.address.name for failed in report.failed] == [refused]
    assert (report.exit_code, report.sims.skipped) == (5, skipped)
    assert set(house.membership().values()) == {None if skipped else "fleet-uk"}
    assert bool(house.sim_requests()) is (skipped is None)
    assert house.apply(plan).exit_code == 0
    assert set(house.membership().values()) == {"fleet-uk"}


def test_after_a_lost_lock_nothing_is_asked_of_the_sims_that_wait(house: SimHouse) -> None:
    """Somebody takes over in the middle of a wave: the request under way is the last one (F19, F21)."""
    plan = moving(house)

    def oversleep(method: str, _path: str) -> None:
        if method == "POST":
            house.before_request = undisturbed
            house.clock.sleep(3600)
            with Store.open(
                house.location, estate="estate", create=False, environment=environment(house.clock, pid=2)
            ) as other:
                other.release(other.acquire("somebody-else"))

    house.before_request = oversleep
    with pytest.raises(Fenced):
        house.apply(plan, parallelism=1)

    assert len(house.sim_requests()) == 1
    house.reopen()
    house.clock.sleep(3600)
    assert house.converge().sims.done == len(NUMBERS) - 1


def test_after_a_store_that_failed_nothing_is_asked_of_the_sims_that_wait(
    house: SimHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The requests sent cannot be noted: the SIMs of the same wave, intended already, are not asked for (F20)."""
    plan = moving(house)

    def fail(_fact: object) -> None:
        raise StoreError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(house.store, "fact", fail)
        with pytest.raises(StoreError, match="disk full"):
            house.apply(plan, parallelism=1)

    assert len(house.sim_requests()) == 1
    house.reopen()
    house.clock.sleep(3600)
    assert house.converge().sims.done == len(NUMBERS) - 1


def test_sims_that_left_the_scope_after_the_plan_are_not_moved(house: SimHouse) -> None:
    """Somebody puts one of them into a group of another team: it is left there, the others are moved."""
    plan = moving(house)
    assert count_of(plan, RosterAction.MOVE) == len(NUMBERS)
    body = {"endpointGroup": "fleet-fr", "endpoints": NUMBERS[:1]}
    house.simulator.perform(lambda scene, _: scene.endpoints.assign(body))

    report = house.apply(plan, scope=Scope(groups=("fleet-uk", "fleet-de")))

    assert report.sims.stale == ((NUMBERS[0], "it is outside of the scope of this estate now"),)
    assert house.membership() == {**dict.fromkeys(NUMBERS, "fleet-de"), NUMBERS[0]: "fleet-fr"}


def test_a_sim_that_is_pending_by_now_is_not_suspended(house: SimHouse) -> None:
    """Only a SIM that is in service can be suspended; one that went back to pending meanwhile is named."""
    house.declare(
        groups(), listed("set-uk", "fleet-uk", NUMBERS), endpoint("one-sim", NUMBERS[0], ", state: suspended")
    )
    plan = house.now()
    assert count_of(plan, RosterAction.SUSPEND) == 1
    house.simulator.database.execute("UPDATE sim SET status = ? WHERE iccid = ?", (PENDING, NUMBERS[0]))
    house.simulator.clear_log()

    report = house.apply(plan)

    assert report.sims.stale == ((NUMBERS[0], "it is pending; it needs a group first"),)
    assert house.sim_requests() == []


def test_once_the_token_is_refused_no_wave_begins(tmp_path: Path) -> None:
    """The token lost its right to move SIMs: the first wave of one SIM is the last request, and the rest is counted."""
    house, numbers = house_at(tmp_path), iccids(112)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    house.declare(groups(), listed("set-de", "fleet-de", numbers))
    plan = house.now()
    house.simulator.clear_log()
    house.simulator.faults.script([Fault("status", path="assign", status=401, times=None)])

    report = house.apply(plan)

    assert len(house.sim_requests()) == 1
    assert (len(report.sims.refused), report.sims.untried, report.sims.is_fatal) == (1, 111, True)
    assert report.exit_code == 9
