"""The part of a plan file about SIMs is held to the SIMs themselves before anything is sent for them."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.plan.deriving import derived
from reconciler.plan.limits import Guard
from reconciler.plan.measures import measure
from reconciler.plan.plan import Plan
from reconciler.plan.roster import RosterPlan
from tests.features.sims.estate import SimHouse, endpoint, groups, house_at, iccids, listed

SIMS = iccids(30)


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """Thirty SIMs in a group."""
    house = house_at(tmp_path)
    house.stock(SIMS)
    house.declare(groups("fleet-uk", "fleet-de"), listed("set-uk", "fleet-uk", SIMS))
    assert house.apply(house.now()).exit_code == 0
    return house


def _with(plan: Plan, roster: RosterPlan) -> Plan:
    return derived(replace(plan, roster=roster))


def test_a_sim_that_is_said_to_be_nowhere_is_not_edited(house: SimHouse) -> None:
    """Settings of SIMs in no group disturb nobody and count for no guard: who is in one is left alone."""
    locks = [endpoint(f"sim-{n}", SIMS[n], f", imeiLock: '{356938035643800 + n}'") for n in range(12)]
    house.declare(groups("fleet-uk", "fleet-de"), listed("set-uk", "fleet-uk", SIMS), *locks)
    plan = house.now()
    assert measure(plan, Guard.SIMS_TOUCHED).count == 12
    edits = tuple(replace(edit, group=None) for edit in plan.roster.edits)
    forged = _with(plan, replace(plan.roster, edits=edits))
    assert measure(forged, Guard.SIMS_TOUCHED).count == 0
    before = house.live()
    report = house.apply(forged)
    assert report.exit_code == 4
    assert dict(report.sims.stale) == dict.fromkeys(SIMS[:12], "it is in fleet-uk now, not in no group")
    assert house.live() == before


def test_sims_are_not_suspended_in_another_group_than_the_one_that_is_shown(house: SimHouse) -> None:
    """A suspension is shown with its group."""
    more = endpoint("one-sim", SIMS[0], ", state: suspended")
    house.declare(groups("fleet-uk", "fleet-de"), listed("set-uk", "fleet-uk", SIMS), more)
    plan = house.now()
    (change,) = plan.roster.changes
    forged = _with(plan, replace(plan.roster, changes=(replace(change, source="fleet-de"),)))
    assert dict(house.apply(forged).sims.stale) == {SIMS[0]: "it is in fleet-uk now, not in fleet-de"}
    assert house.states()[SIMS[0]] == "active"


def test_a_move_that_hides_what_it_costs_is_not_made(house: SimHouse) -> None:
    """More SIMs would lose an address than the plan shows: none of them is moved. A few more are tolerated (F26)."""
    for number in SIMS:
        house.simulator.session_start(number)
    house.declare(groups("fleet-uk", "fleet-de"), listed("set-de", "fleet-de", SIMS))
    plan = house.now()
    (change,) = plan.roster.changes
    assert change.losing == 30
    hidden = _with(plan, replace(plan.roster, changes=(replace(change, losing=19),)))
    report = house.apply(hidden)
    assert dict(report.sims.stale) == dict.fromkeys(
        SIMS, "30 of these SIMs would lose their addresses, the plan shows 19"
    )
    assert set(house.membership().values()) == {"fleet-uk"}
    few = _with(plan, replace(plan.roster, changes=(replace(change, losing=20),)))
    assert house.apply(few).exit_code == 0


def test_a_plan_that_was_cut_short_edits_what_it_has_moved(house: SimHouse) -> None:
    """The SIM is where the plan itself put it: that is not another place."""
    house.declare(
        groups("fleet-uk", "fleet-de"),
        listed("set-uk", "fleet-uk", SIMS[1:]),
        listed("set-de", "fleet-de", SIMS[:1]),
        endpoint("one-sim", SIMS[0], ", displayName: Van 1"),
    )
    plan = house.now()
    house.control_plane.sims.assign("fleet-de", [SIMS[0]])
    assert house.apply(plan).exit_code == 0
    assert house.live()[SIMS[0]]["name"] == "Van 1"
