"""Impact: how many SIMs notice a change, and what they notice, by field and action (I12)."""

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.resource import Resource, Resources
from reconciler.model.snapshot import Snapshot
from reconciler.plan.change import Change, Impact, Reversibility
from reconciler.plan.plan import Plan
from tests.laws import paper

SIMS = 1_200
ESTATE: Mapping[str, Mapping[str, Any]] = {
    "EventHandler/fleet-hook": {"webhook": {"url": "https://hooks.example"}},
    "EventMap/fleet-map": {"scope": "endpointGroup", "subscriptions": []},
    "VSlice/fleet-net": {"subnets": ["100.64.0.0/16"], "dns": {"mode": "auto"}},
    "RegionalPolicy/fleet-region": {"defaultGateway": "europe"},
    "OperatorPolicy/fleet-roaming": {"default": "allow"},
    "RoutingTarget/fleet-out": {"vslice": "fleet-net", "internet": {}},
    "RoutingPolicy/fleet-rules": {
        "vslice": "fleet-net",
        "rules": [{"name": "out", "direction": "uplink", "action": "forward", "target": "fleet-out"}],
    },
    "RoutingPolicy/fleet-other": {"vslice": "fleet-net", "rules": []},
    "EndpointGroup/fleet-cars": {
        "vslice": "fleet-net",
        "subnet": "100.64.0.0/16",
        "routingPolicy": "fleet-rules",
        "regionalPolicy": "fleet-region",
        "operatorPolicy": "fleet-roaming",
        "eventMap": "fleet-map",
    },
}


def _estate(edits: Mapping[str, Mapping[str, Any]], *, without: str = "") -> list[Resource]:
    return [
        Resource(Address.parse(name), {**spec, **edits.get(name, {})})
        for name, spec in ESTATE.items()
        if not without or name != without
    ]


def _live(resources: list[Resource]) -> Snapshot:
    seen = paper.snapshot(resources)
    return Snapshot(
        seen.account,
        [
            one._replace(counts={"sims": SIMS}) if one.address.kind == "EndpointGroup" else one
            for one in seen.by_address.values()
        ],
    )


def _planned(edits: Mapping[str, Mapping[str, Any]], *, without: str = "") -> Plan:
    before = _estate({})
    return paper.plan(Resources(_estate(edits, without=without)), _live(before), paper.inventory(before))


def _only(plan: Plan) -> Change:
    (change,) = plan.changes
    return change


@pytest.mark.parametrize("name", sorted(ESTATE))
def test_another_display_name_disturbs_nobody(name: str) -> None:
    """A name for people is a label, whatever has it and however many SIMs are behind it."""
    plan = _planned({name: {"displayName": "Another name"}})
    assert _only(plan).impact == Impact(0, "label only")
    assert _only(plan).reversibility is Reversibility.REVERSIBLE
    assert plan.sims_touched == 0


@pytest.mark.parametrize(
    ("name", "edit", "effect"),
    [
        ("EndpointGroup/fleet-cars", {"routingPolicy": "fleet-other"}, "their traffic follows the new settings (D-40)"),
        ("EndpointGroup/fleet-cars", {"operatorPolicy": None}, "may take hours (D-34)"),
        ("EndpointGroup/fleet-cars", {"eventMap": None}, "traffic is not affected"),
        (
            "EndpointGroup/fleet-cars",
            {"sessionInactivity": {"seconds": 60, "action": "notifyAndTerminate"}},
            "sessions that are idle for that long may end (D-26)",
        ),
        ("OperatorPolicy/fleet-roaming", {"allow2g": False}, "may take hours (D-34)"),
        ("RegionalPolicy/fleet-region", {"defaultGateway": "america"}, "(D-40)"),
        ("RoutingPolicy/fleet-rules", {"rateLimit": {"uplink": 10, "downlink": 10}}, "(D-40)"),
        ("VSlice/fleet-net", {"dns": {"mode": "custom", "servers": ["10.0.0.1"]}}, "open sessions go on as they are"),
        (
            "EventMap/fleet-map",
            {"subscriptions": [{"event": "EndpointSteered_v1", "handler": "fleet-hook"}]},
            "traffic is not affected",
        ),
    ],
)
def test_an_edit_reaches_the_sims_behind_it_with_the_effect_of_its_field(
    name: str, edit: Mapping[str, Any], effect: str
) -> None:
    """Every SIM behind the object counts, and the text says what it notices and when."""
    plan = _planned({name: edit})
    change = _only(plan)
    assert (change.impact.sims, change.impact.effect[-len(effect) :]) == (SIMS, effect)
    assert change.reversibility is Reversibility.DISRUPTIVE
    assert plan.sims_touched == SIMS


def test_a_label_beside_an_edit_that_is_noticed_does_not_hide_it() -> None:
    """One field that SIMs notice is enough; the label is not mentioned."""
    plan = _planned({"RoutingPolicy/fleet-rules": {"displayName": "Rules", "rules": []}})
    assert _only(plan).impact.sims == SIMS
    assert "label" not in _only(plan).impact.effect


def test_the_name_of_a_rule_is_a_label_and_its_target_is_not() -> None:
    """Within one list the fields of an item have effects of their own."""
    rule = {"name": "out", "direction": "uplink", "action": "forward", "target": "fleet-out", "description": "Out"}
    assert _only(_planned({"RoutingPolicy/fleet-rules": {"rules": [rule]}})).impact == Impact(0, "label only")


def test_a_further_subnet_disturbs_nobody() -> None:
    """More room changes the address of no SIM."""
    plan = _planned({"VSlice/fleet-net": {"subnets": ["100.64.0.0/16", "100.65.0.0/16"]}})
    assert _only(plan).impact == Impact(0, "room for further groups; addresses of SIMs stay (D-11)")


@pytest.mark.parametrize("name", sorted(ESTATE))
def test_a_deletion_never_says_that_sessions_are_kept(name: str) -> None:
    """Sessions that end with an object are named, and its SIMs count; events alone leave traffic as it is."""
    plan = _planned({}, without=name)
    effects = {str(change.address): change.impact for change in plan.changes}
    assert "are kept" not in effects[name].effect
    behind = {"RoutingPolicy/fleet-other", "EventHandler/fleet-hook"}
    assert effects[name].sims == (0 if name in behind else SIMS)
