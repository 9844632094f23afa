"""Traffic between plan and apply: the policies that a plan does not change are read again."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.control_plane.port import Step, Verb
from reconciler.errors import StalePlan
from reconciler.model.address import Address
from reconciler.plan.deriving import derived
from reconciler.plan.judging import judge
from reconciler.plan.limits import ALL_OFF, DEFAULTS, Guard, Limits
from reconciler.plan.plan import Plan, Verdict
from tests.features.sims.estate import SimHouse, group, groups, house_at, iccids, listed

SIMS = iccids(20)
NARROW = """kind: RoutingPolicy
metadata: {name: narrow-policy}
spec:
  vslice: fleet-net
  rules:
  - {name: office, direction: uplink, action: forward, target: fleet-internet, match: {destination: 10.1.0.0/16}}
"""
LIMITS = Limits({**ALL_OFF.stated, Guard.WIDER_REACH: DEFAULTS[Guard.WIDER_REACH]})
_USE_NARROW = group("fleet-uk").replace("fleet-policy", "narrow-policy")


def _house(root: Path, uk: str) -> SimHouse:
    """Twenty SIMs in a group with one of the two policies, and the group to be given the other one."""
    house = house_at(root)
    house.stock(SIMS)
    other = group("fleet-uk") if uk == _USE_NARROW else _USE_NARROW
    for text in (uk, other):
        house.declare(text, group("fleet-de"), NARROW, listed("set-uk", "fleet-uk", SIMS))
        if text == uk:
            assert house.apply(house.now()).exit_code == 0
    return house


def _denied(plan: Plan) -> list[str]:
    return [one.guard for one in judge(plan, LIMITS) if one.verdict is Verdict.DENY]


def test_a_group_that_gets_a_default_route_is_refused_by_its_number_of_sims(tmp_path: Path) -> None:
    """The policies themselves do not change; the guard looks at the one that the group gets."""
    house = _house(tmp_path, _USE_NARROW)
    assert _denied(house.now()) == [Guard.WIDER_REACH.value]


def test_a_false_policy_in_a_plan_does_not_get_past_the_guard(tmp_path: Path) -> None:
    """A plan that says that the SIMs had a default route before is judged by what is live: exit code 4."""
    house = _house(tmp_path, _USE_NARROW)
    plan = house.now()
    policies = dict.fromkeys(("narrow-policy", "fleet-policy"), plan.grounds.policies["fleet-policy"])
    forged = derived(replace(plan, grounds=replace(plan.grounds, policies=policies)))
    assert _denied(forged) == []
    house.simulator.clear_log()
    with pytest.raises(StalePlan, match="widerReach"):
        house.apply(forged, limits=LIMITS)
    assert house.mutations() == []


def test_a_policy_that_others_edited_since_makes_the_plan_stale(tmp_path: Path) -> None:
    """A group would get other traffic than the plan shows, although the guard has nothing to say."""
    house = _house(tmp_path, group("fleet-uk"))
    plan = house.now()
    assert _denied(plan) == []
    portal, address = house.control_plane, Address("RoutingPolicy", "narrow-policy")
    live = portal.read(address.kind, address.name)
    assert live is not None
    rules = [{**live.spec["rules"][0], "match": {"destination": "10.2.0.0/16"}}]
    portal.send(Step(Verb.UPDATE, address, address.name, live.remote_id, spec={**live.spec, "rules": rules}), live)
    house.simulator.clear_log()
    with pytest.raises(StalePlan, match="narrow-policy treats traffic otherwise"):
        house.apply(plan, limits=LIMITS)
    assert house.mutations() == []


def test_a_plan_that_was_begun_goes_on_with_the_policies_that_it_made(tmp_path: Path) -> None:
    """Its own edits speak against nothing."""
    house = _house(tmp_path, group("fleet-uk"))
    plan = house.now()
    assert house.apply(plan, limits=LIMITS).exit_code == 0
    assert house.apply(plan, limits=LIMITS).exit_code == 0
    house.declare(groups("fleet-uk", "fleet-de"), NARROW, listed("set-uk", "fleet-uk", SIMS))
    assert _denied(house.now()) == [Guard.WIDER_REACH.value]
