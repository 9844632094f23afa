"""Mistakes of the platform's own Terraform provider about which object is meant, done right."""

import json
import shutil

import pytest

from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve
from reconciler.simulator.settings import Settings
from tests.conformance.incumbent.estate import NETWORK, TOKEN, Estate, actions, doc, policy, rule, verbs

GROUP = doc(
    "EndpointGroup",
    "fleet-group",
    "{vslice: fleet-net, routingPolicy: fleet-route, regionalPolicy: fleet-region, operatorPolicy: fleet-ops}",
)
# One object of each kind that the provider knows, and its place on the wire.
EIGHT = {
    "VSlice/fleet-net": "/vslices/fleet-net",
    "RoutingTarget/fleet-out": "/routingtargets/fleet-out",
    "RoutingPolicy/fleet-route": "/RoutingPolicies/fleet-route",
    "EndpointGroup/fleet-group": "/EndpointGroups/fleet-group",
    "EventMap/fleet-map": "/EventMaps/fleet-map",
    "EventHandler/fleet-hook": "/EventHandlers/fleet-hook",
    "OperatorPolicy/fleet-ops": "/OperatorPolicies/fleet-ops",
    "RegionalPolicy/fleet-region": "/RegionalPolicies/fleet-region",
}


def eight(prefix: str = "fleet", *, renamed_from: str | None = None) -> str:
    """An estate with one object of each of the eight kinds, all of whose monikers begin with `prefix`."""
    bodies = {
        "VSlice": ("net", "{subnets: [100.64.0.0/16], eventMap: %-map}"),
        "RoutingTarget": ("out", "{vslice: %-net, redundancyZone: europe-primary, internet: {}}"),
        "RoutingPolicy": (
            "route",
            "{vslice: %-net, rules: [{name: all, direction: uplink, action: forward, target: %-out}]}",
        ),
        "EndpointGroup": (
            "group",
            "{vslice: %-net, routingPolicy: %-route, regionalPolicy: %-region, operatorPolicy: %-ops}",
        ),
        "EventMap": ("map", "{scope: vslice, subscriptions: [{event: EndpointSteered_v1, handler: %-hook}]}"),
        "EventHandler": ("hook", "{webhook: {url: 'https://hooks.example/x'}}"),
        "OperatorPolicy": ("ops", "{default: allow, entries: [{country: GBR, action: reject-hard}]}"),
        "RegionalPolicy": ("region", "{defaultGateway: europe, entries: [{country: USA, gateway: north-america}]}"),
    }
    return "".join(
        doc(
            kind,
            f"{prefix}-{name}",
            spec.replace("%", prefix),
            renamed_from=f"{renamed_from}-{name}" if renamed_from else None,
        )
        for kind, (name, spec) in bodies.items()
    )


def test_f05_objects_that_exist_are_taken_over(estate: Estate) -> None:
    """Import is broken for all eight kinds there; here all are adopted as they are, and nothing is sent for it."""
    estate.apply(eight())
    before = estate.ids(*EIGHT.values())
    shutil.rmtree(estate.root / ".reconciler")
    refused = estate.run("plan")
    assert refused.exit_code == 3
    assert "adopt" in refused.output

    estate.simulator.clear_log()
    result = estate.run("adopt", *EIGHT, "--auto-approve")

    assert result.exit_code == 0, result.output
    assert estate.mutations() == []
    estate.is_settled()
    owned = json.loads(estate.run("inventory", "list", "-o", "json").stdout)["owned"]
    assert {row["address"]: row["id"] for row in owned} == dict(zip(EIGHT, before, strict=True))


def test_f05_an_account_is_exported_as_manifests_that_change_nothing(estate: Estate) -> None:
    """Here a live account is also written down: given its secret, a plan of the export is empty."""
    estate.apply(eight())
    folder = estate.root / "exported"
    assert estate.run("export", str(folder)).exit_code == 0

    fresh = Estate(folder, estate.simulator, str(estate.environment["STACUITY_HOST"]))
    fresh.environment["EVENT_HANDLER_FLEET_HOOK_URL"] = "https://hooks.example/x"
    estate.simulator.clear_log()
    assert fresh.run("apply", "--adopt", "--auto-approve").exit_code == 0
    result = fresh.run("plan", "--detailed-exitcode")

    assert (result.exit_code, estate.mutations()) == (0, []), result.output
    assert f"No changes. {len(EIGHT)} objects" in result.output


def test_f06_monikers_are_renamed_in_place(estate: Estate) -> None:
    """A PUT goes to the new moniker there and hits nothing; here each keeps its id under a new name."""
    estate.apply(eight())
    before = estate.ids(*EIGHT.values())

    estate.write(eight("lorry", renamed_from="fleet"))
    assert set(actions(estate.plan()).values()) == {"update"}
    requests = estate.apply()

    assert verbs(requests) == {"PUT"}
    assert estate.ids(*(path.replace("fleet", "lorry") for path in EIGHT.values())) == before
    assert not [path for path in EIGHT.values() if estate.other.call("GET", path)["success"]]


@pytest.mark.parametrize("not_found", [200, 404])
def test_f08_both_ways_of_not_found_are_understood(estate: Estate, not_found: int) -> None:
    """Only a 200 with an exact text means gone there; here a 404 does as well, in plan and in apply."""
    simulator = Simulator(token=TOKEN, settings=Settings(not_found=404 if not_found == 404 else 200))
    with serve(simulator, port=0) as server:
        here = Estate(estate.root, simulator, server.url)
        here.apply(NETWORK, policy(rule("ping", "icmp")))
        here.other.ok("DELETE", "/RoutingPolicies/fleet-route")

        assert actions(here.plan()) == {"RoutingPolicy/fleet-route": "create"}
        assert here.apply() == [("POST", "routingpolicies")]
    simulator.close()


@pytest.mark.parametrize("not_found", [200, 404])
def test_f09_what_is_gone_already_is_deleted(estate: Estate, not_found: int) -> None:
    """Deleting what is gone already is an error there; here the plan that deletes it is carried out."""
    simulator = Simulator(token=TOKEN, settings=Settings(not_found=404 if not_found == 404 else 200))
    with serve(simulator, port=0) as server:
        here = Estate(estate.root, simulator, server.url)
        here.apply(NETWORK, policy(rule("ping", "icmp")))
        here.write(NETWORK)
        saved = here.root / "change.plan"
        assert here.run("plan", "--out", str(saved)).exit_code == 0
        here.other.ok("DELETE", "/RoutingPolicies/fleet-route")

        result = here.run("apply", str(saved), "--auto-approve")

        assert result.exit_code == 0, result.output
        assert "1 already done" in result.output
        here.is_settled()
    simulator.close()


IMMUTABLE = {
    "EndpointGroup/fleet-group": (
        GROUP,
        GROUP.replace("vslice: fleet-net", "vslice: other-net").replace("fleet-route", "other-route"),
    ),
    "RoutingTarget/spare-out": (
        doc("RoutingTarget", "spare-out", "{vslice: fleet-net, redundancyZone: europe-primary, internet: {}}"),
        doc("RoutingTarget", "spare-out", "{vslice: other-net, redundancyZone: europe-primary, internet: {}}"),
    ),
    "RoutingPolicy/spare-route": (
        policy(rule("ping", "icmp"), name="spare-route"),
        policy(rule("ping", "icmp"), name="spare-route").replace("vslice: fleet-net", "vslice: other-net"),
    ),
    "EventMap/spare-map": (
        doc("EventMap", "spare-map", "{scope: vslice}"),
        doc("EventMap", "spare-map", "{scope: account}"),
    ),
    "VSlice/spare-net": (
        doc("VSlice", "spare-net", "{subnets: [10.0.0.0/16]}"),
        doc("VSlice", "spare-net", "{subnets: [10.1.0.0/16]}"),
    ),
}


@pytest.mark.parametrize("address", IMMUTABLE)
def test_f10_what_cannot_change_is_replaced(estate: Estate, address: str) -> None:
    """An edit of an immutable field is planned as an update there; here it is a replacement, never a PUT."""
    rest = NETWORK + doc("VSlice", "other-net", "{subnets: [100.80.0.0/16]}") + policy(rule("ping", "icmp"))
    rest += policy(rule("ping", "icmp"), name="other-route").replace("fleet-net", "other-net")
    rest += doc("RegionalPolicy", "fleet-region", "{defaultGateway: europe}")
    rest += doc("OperatorPolicy", "fleet-ops", "{default: allow}")
    before, after = IMMUTABLE[address]
    estate.apply(rest, before)

    estate.write(rest, after)
    assert actions(estate.plan()) == {address: "replace"}
    assert [method for method, _ in estate.apply()] == ["DELETE", "POST"]
