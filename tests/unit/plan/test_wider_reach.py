"""The guard `widerReach`: what counts as wide, for how many SIMs, and from when on."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.diffing.fields import FieldChange, FieldOperation
from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.facts import Facts
from reconciler.plan.findings import subjects_of
from reconciler.plan.grounds import Grounds
from reconciler.plan.judging import NO_CONSENTS, judge
from reconciler.plan.limits import OFF_LIMIT, STANDARD, Guard, Limit, Limits
from reconciler.plan.plan import GuardResult, Plan, Verdict
from reconciler.plan.roster import RosterAction, RosterPlan
from reconciler.plan.traffic import policy_pairs
from reconciler.plan.wider_reach import ReachMark, marks_of
from tests.unit.plan.plans import change, happens, plan

FLEET = 10_000
RULES = Address("RoutingPolicy", "fleet-rules")


def _rules(*networks: str, direction: str = "uplink", action: str = "forward", **match: Any) -> list[dict[str, Any]]:
    """A rule for each network; uplink traffic goes there, downlink traffic comes from there."""
    end = "destination" if direction == "uplink" else "source"
    return [
        {
            "name": f"rule-{n}",
            "direction": direction,
            "action": action,
            "target": "dc",
            "match": {**match, end: network},
        }
        for n, network in enumerate(networks)
    ]


def _plan(before: Any, after: Any, sims: int = 3_000, *, is_established: bool = True) -> Plan:
    """A plan that edits a policy that so many SIMs use."""
    fields = (FieldChange("rules", FieldOperation.EDIT, None, None),)
    sides = ({"rules": side, "status": "active"} for side in (before, after))
    edited = change(RULES, Action.UPDATE, before=next(sides), after=next(sides), fields=fields, reaches=("trial",))
    facts = Facts(
        sims={"fleet": FLEET - sims, "trial": sims}, own_groups=("fleet", "trial"), is_established=is_established
    )
    return plan(edited, facts=facts)


def _verdict(given: Plan, limits: Limits = STANDARD, consents: Any = NO_CONSENTS) -> GuardResult:
    return judge(given, limits, consents)[list(Guard).index(Guard.WIDER_REACH)]


EVERYTHING = _rules("0.0.0.0/0")
HALVES = ["0.0.0.0/1", "128.0.0.0/1"]
NINTHS = [f"{number}.{half}.0.0/9" for number in range(256) for half in (0, 128)]
WIDE: dict[str, tuple[Any, Any, tuple[ReachMark, ...]]] = {
    "a /9": ([], _rules("10.0.0.0/9"), ()),
    "a /8": ([], _rules("10.0.0.0/8"), (ReachMark.WIDE,)),
    "a /7": ([], _rules("10.0.0.0/7"), (ReachMark.WIDE,)),
    "a /8 in two halves": ([], _rules("10.0.0.0/9", "10.128.0.0/9"), (ReachMark.WIDE,)),
    "a /8 with a hole": ([], [*_rules("10.1.0.0/16", action="drop"), *_rules("10.0.0.0/8")], (ReachMark.WIDE,)),
    "a /8 of which a part was reached": (_rules("10.1.0.0/16"), _rules("10.0.0.0/8"), (ReachMark.WIDE,)),
    "the second half of a /8": (_rules("10.0.0.0/9"), _rules("10.0.0.0/8"), ()),
    "a network across two /8": ([], _rules(*(f"10.{n}.0.0/16" for n in range(200, 256)), "11.0.0.0/16"), ()),
    "as many addresses in pieces": ([], _rules(*(f"{n}.0.0.0/10" for n in range(4))), (ReachMark.WIDE,)),
    "one address fewer": ([], _rules(*(f"{n}.0.0.0/10" for n in range(3)), "9.0.0.0/11"), ()),
    "a /8 for one port": ([], _rules("10.0.0.0/8", protocol="tcp", destinationPorts="443"), (ReachMark.WIDE,)),
    "a /8 that is reflected": ([], _rules("10.0.0.0/8", action="reflect"), (ReachMark.WIDE,)),
    "a /8 that is dropped": ([], _rules("10.0.0.0/8", action="drop"), ()),
    "a /8 that goes elsewhere": (_rules("10.0.0.0/8"), [{**_rules("10.0.0.0/8")[0], "target": "other"}], ()),
    "a default route": ([], EVERYTHING, (ReachMark.DEFAULT, ReachMark.WIDE)),
    "a default route in two halves": ([], _rules(*HALVES), (ReachMark.DEFAULT, ReachMark.WIDE)),
    "a default route in the small": ([], _rules(*NINTHS), (ReachMark.DEFAULT, ReachMark.WIDE)),
    "a default route for one port": (
        [],
        _rules("0.0.0.0/0", protocol="udp", sourcePorts="53"),
        (ReachMark.DEFAULT, ReachMark.WIDE),
    ),
    "a default route with holes": (
        [],
        [*_rules("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", action="drop"), *EVERYTHING],
        (ReachMark.DEFAULT, ReachMark.WIDE),
    ),
    "less than half of all addresses": ([], _rules("0.0.0.0/2"), (ReachMark.WIDE,)),
    "a default route that goes": (EVERYTHING, [], ()),
    "downlink from a /8": ([], _rules("10.0.0.0/8", direction="downlink"), (ReachMark.WIDE,)),
    "downlink from everywhere": ([], _rules("0.0.0.0/0", direction="downlink"), (ReachMark.WIDE,)),
    "downlink to a /8": ([], [{**_rules("1.2.3.4", direction="downlink")[0]}], ()),
    "an unknown word": ([], _rules("10.1.2.3", protocol="sctp"), (ReachMark.UNKNOWN,)),
}


@pytest.mark.parametrize("case", WIDE)
def test_only_wide_new_traffic_is_marked(case: str) -> None:
    """Holes and pieces make no network narrow; other targets, drops and narrow networks are not wide."""
    before, after, marks = WIDE[case]
    (pair,) = policy_pairs(_plan(before, after))
    assert marks_of(pair) == marks
    assert _verdict(_plan(before, after)).measured == (3_000 if marks else 0)


def test_wide_new_traffic_of_many_sims_is_refused_and_of_few_is_listed() -> None:
    """A fifth of the SIMs pass, at most 5,000; both sides of the limit name the policy and the mark."""
    over, under = (_verdict(_plan([], _rules("10.0.0.0/8"), sims)) for sims in (2_001, 2_000))
    assert (over.verdict, over.measured, over.limit, over.addresses) == (Verdict.DENY, 2_001, 2_000, (RULES,))
    assert (under.verdict, under.measured, under.limit) == (Verdict.PASS, 2_000, 2_000)
    assert "RoutingPolicy/fleet-rules: network of /8 or wider" in over.message
    assert "RoutingPolicy/fleet-rules: network of /8 or wider" in under.message


def test_a_new_default_route_is_refused_from_one_sim_on() -> None:
    """No limit but off lets it pass; its consent names the SIMs of all wide traffic."""
    given = _plan([], EVERYTHING, 1)
    refused = _verdict(given)
    assert (refused.verdict, refused.measured, refused.limit) == (Verdict.DENY, 1, 0)
    assert "; the limit is 0 for a new default route" in refused.message
    assert _verdict(given, Limits({Guard.WIDER_REACH: Limit(9_999)})).verdict is Verdict.DENY
    assert _verdict(given, Limits({Guard.WIDER_REACH: OFF_LIMIT})).verdict is Verdict.PASS
    assert _verdict(given, STANDARD, {Guard.WIDER_REACH: 1}).verdict is Verdict.ALLOWED
    assert _verdict(given, STANDARD, {Guard.WIDER_REACH: 2}).verdict is Verdict.DENY
    assert _verdict(_plan([], EVERYTHING, 0)).verdict is Verdict.PASS


def test_the_first_apply_only_lists_wide_traffic() -> None:
    """Until it has completed nothing is refused; the policy is named all the same."""
    found = _verdict(_plan([], EVERYTHING, is_established=False))
    assert (found.verdict, found.measured) == (Verdict.PASS, 0)
    assert "RoutingPolicy/fleet-rules: new default route" in found.message


def test_a_waiver_is_for_these_sims_and_this_traffic() -> None:
    """The finding names the groups, the SIMs that move, and the traffic: a wider network is another finding."""

    def found(*networks: str, **others: Any) -> tuple[str, ...]:
        return subjects_of(replace(_plan([], _rules(*networks)), **others), Guard.WIDER_REACH)

    traffic, group = sorted(found("10.0.0.0/8"), reverse=True)
    assert (group, traffic.startswith("RoutingPolicy/fleet-rules sha256:")) == ("EndpointGroup/trial", True)
    assert found("10.0.0.0/8") == found("10.0.0.0/9", "10.128.0.0/9")
    assert found("10.0.0.0/8") != found("10.0.0.0/7")
    assert found("10.0.0.0/9") == ()
    routed = {"fleet": "narrow", "trial": "wide"}
    policies = {name: {"rules": rules, "status": "active"} for name, rules in (("narrow", []), ("wide", EVERYTHING))}
    moves = RosterPlan(changes=(happens(RosterAction.MOVE, 2, "fleet", "trial"),))
    grounds = Grounds(routed=routed, policies=policies)
    assert {"0", "1"} < {*found("10.0.0.0/9", roster=moves, grounds=grounds)}


def test_sims_of_several_wide_policies_count_once() -> None:
    """A group that two wide edits reach is counted as one group."""
    given = _plan([], _rules("10.0.0.0/8"))
    (edited,) = given.changes
    other = replace(edited, address=Address("RoutingPolicy", "other-rules"), live_moniker="other-rules")
    assert _verdict(replace(given, changes=(edited, other))).measured == 3_000
