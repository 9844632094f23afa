"""The facts that the guards counted in are counted again by apply: a false number slips past no limit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import StalePlan
from reconciler.plan.deriving import derived
from reconciler.plan.facts import Facts
from reconciler.plan.judging import judge, with_verdicts
from reconciler.plan.limits import ALL_OFF, Guard, Limit, Limits
from reconciler.plan.plan import Plan, Verdict
from tests.features.sims.estate import SimHouse, group, groups, house_at, iccids, listed
from tests.robustness.faults.house import House, resource

SIMS = iccids(60)
OPS = "kind: OperatorPolicy\nmetadata: {name: first-ops}\nspec: {default: allow}\n"
EDITED = group("fleet-uk").replace("regionalPolicy:", "operatorPolicy: first-ops, regionalPolicy:")
HOOK = resource("EventHandler", "noc-hook", webhook={"url": "https://noc.example/in"})
Case = tuple[House, Plan, Plan]


def _fleet(root: Path) -> SimHouse:
    house = house_at(root)
    house.stock(SIMS)
    house.declare(groups("fleet-uk", "fleet-de"), OPS, listed("set-uk", "fleet-uk", SIMS))
    assert house.apply(house.now()).exit_code == 0
    return house


def _with(plan: Plan, edit: Callable[[Facts], Facts]) -> Plan:
    return derived(replace(plan, facts=edit(plan.facts)))


def _fewer_sims(root: Path) -> Case:
    house = _fleet(root)
    house.declare(EDITED, group("fleet-de"), OPS, listed("set-uk", "fleet-uk", SIMS))
    plan = house.now()
    # So few less that an edit of the group is not held back for its growth (F26).
    return house, plan, _with(plan, lambda facts: replace(facts, sims={"fleet-uk": 52}))


def _more_owned(root: Path) -> Case:
    house = House(root)
    kept = [resource("OperatorPolicy", f"ops-{number}", default="allow") for number in range(4)]
    house.make(*kept)
    plan = house.plan(*kept[:1])
    return house, plan, _with(plan, lambda facts: replace(facts, owned={"OperatorPolicy": 4000}))


def _no_first_apply(root: Path) -> Case:
    house = House(root)
    house.make(resource("OperatorPolicy", "first-ops", default="allow"))
    plan = house.plan(resource("OperatorPolicy", "first-ops", default="allow"), HOOK)
    return house, plan, _with(plan, lambda facts: replace(facts, is_established=False))


def _nothing_gone(root: Path) -> Case:
    house = House(root)
    kept = [resource("OperatorPolicy", f"ops-{number}", default="allow") for number in range(4)]
    house.make(*kept)
    for row in house.store.inventory().owned.values():
        house.control_plane.exchange.write("DELETE", f"/operatorpolicies/{row.remote_id}", {})
    plan = house.plan(*kept)
    return house, plan, _with(plan, lambda facts: replace(facts, gone=()))


def _longer_list(root: Path) -> Case:
    house = _moving(root)
    plan = house.now()
    forged = replace(plan, roster=replace(plan.roster, managed=9000))
    return house, plan, _with(forged, lambda facts: replace(facts, sims={**facts.sims, "fleet-xx": 9000}))


def _moving(root: Path) -> SimHouse:
    house = _fleet(root)
    house.declare(
        groups("fleet-uk", "fleet-de"),
        OPS,
        listed("set-uk", "fleet-uk", SIMS[:40]),
        listed("set-de", "fleet-de", SIMS[40:]),
    )
    return house


SHARE = Limit(0, 10_000)
CASES: dict[str, tuple[Callable[[Path], Case], Guard, Limit]] = {
    "fewer SIMs in a group": (_fewer_sims, Guard.POLICY_SWITCH, Limit(55)),
    "fewer SIMs that are touched": (_fewer_sims, Guard.SIMS_TOUCHED, Limit(55)),
    "more objects that are owned": (_more_owned, Guard.DELETIONS, SHARE),
    "no first apply": (_no_first_apply, Guard.NEW_PEERS, Limit(0)),
    "nothing that is gone": (_nothing_gone, Guard.SHRUNK_ACCOUNT, SHARE),
    "a longer list and a larger account": (_longer_list, Guard.SIM_MOVES, SHARE),
}


@pytest.mark.parametrize("name", CASES)
def test_a_false_number_does_not_get_past_a_guard(tmp_path: Path, name: str) -> None:
    """The plan as it was made is refused; with a false number in it, apply finds the right one: exit code 4."""
    make, guard, limit = CASES[name]
    house, plan, forged = make(tmp_path)
    limits = Limits({**ALL_OFF.stated, guard: limit})
    assert [one.guard for one in judge(plan, limits) if one.verdict is Verdict.DENY] == [guard.value]
    house.simulator.clear_log()
    with pytest.raises(StalePlan, match=guard.value):
        house.apply(forged, limits=limits)
    assert house.mutations() == []


def test_a_consent_holds_for_a_few_sims_more(tmp_path: Path) -> None:
    """SIMs come and go between the plan and its apply: a few more are tolerated (F26), and more are not."""
    house, plan, _ = _fewer_sims(tmp_path)
    limits = Limits({**ALL_OFF.stated, Guard.POLICY_SWITCH: Limit(3)})

    def consented(number: int) -> Plan:
        counted = _with(plan, lambda facts: replace(facts, sims={"fleet-uk": number}))
        return with_verdicts(counted, limits, {Guard.POLICY_SWITCH: number})

    with pytest.raises(StalePlan, match=Guard.POLICY_SWITCH.value):
        house.apply(consented(49), limits=limits)
    assert house.apply(consented(50), limits=limits).exit_code == 0


def test_a_plan_that_was_begun_is_not_counted_again(tmp_path: Path) -> None:
    """The changes that it has made itself speak against no guard: it goes on."""
    house = House(tmp_path)
    kept = [resource("OperatorPolicy", f"ops-{number}", default="allow") for number in range(4)]
    house.make(*kept)
    plan = house.plan(*kept[:3])
    limits = Limits({**ALL_OFF.stated, Guard.DELETIONS: Limit(0, 25_000)})
    assert house.apply(plan, limits=limits).exit_code == 0
    assert house.apply(plan, limits=limits).exit_code == 0
