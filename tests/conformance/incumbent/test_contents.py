"""Mistakes of the platform's own Terraform provider about the contents of an object, done right."""

import pytest

from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve
from reconciler.simulator.settings import Settings
from tests.conformance import client as bodies
from tests.conformance.incumbent.estate import NETWORK, TOKEN, Estate, actions, doc, policy, rule, verbs

HOOK = doc("EventHandler", "fleet-hook", "{webhook: {url: 'https://hooks.example/x'}}")
STEERED = "{event: EndpointSteered_v1, handler: fleet-hook}"
LOST = "{event: RoutingTargetUnavailable_v1, handler: fleet-hook}"


def operators(*entries: str) -> str:
    """An operator policy with these entries."""
    return doc("OperatorPolicy", "fleet-ops", f"{{default: allow, entries: [{', '.join(entries)}]}}")


def regions(*countries: str) -> str:
    """A regional policy with an entry for each country."""
    entries = ", ".join(f"{{country: {country}, gateway: north-america}}" for country in countries)
    return doc("RegionalPolicy", "fleet-region", f"{{defaultGateway: europe, entries: [{entries}]}}")


def events(*subscriptions: str, title: str = "Events") -> str:
    """An event map with these subscriptions."""
    return doc(
        "EventMap", "fleet-map", f"{{displayName: {title}, scope: vslice, subscriptions: [{', '.join(subscriptions)}]}}"
    )


def test_f01_rules_stay_in_the_order_of_the_manifest(estate: Estate) -> None:
    """Rules are a set there, so that a first-match firewall is reordered; here order is kept, and a move is one."""
    ping, web, names = rule("ping", "icmp"), rule("web", "tcp"), rule("names", "udp")

    def live() -> list[str]:
        return [
            found["description"] for found in estate.other.get("/RoutingPolicies/fleet-route")["routingPolicyRules"]
        ]

    estate.apply(NETWORK, policy(ping, web, names))
    assert live() == ["[ping]", "[web]", "[names]"]

    estate.write(NETWORK, policy(names, ping, web))
    fields = estate.plan()["changes"][0]["fields"]
    assert [(field["path"], field["operation"]) for field in fields] == [("rules[names]", "move")]

    assert estate.apply() == [("PUT", "routingpolicies")]
    assert live() == ["[names]", "[ping]", "[web]"]


def test_f02_a_rule_that_does_not_say_enabled_is_enabled(estate: Estate) -> None:
    """A rule without `enabled` is created disabled there, and the apply fails; here absent means enabled."""
    estate.apply(NETWORK, policy(rule("silent", "tcp"), rule("off", "udp", ", enabled: false")))

    rules = estate.other.get("/RoutingPolicies/fleet-route")["routingPolicyRules"]
    assert [found["enabled"] for found in rules] == [True, False]


@pytest.mark.parametrize("put_entries", ["replace", "ignore"])
def test_f03_entries_and_subscriptions_are_removed(estate: Estate, put_entries: str) -> None:
    """A removed entry or subscription stays there; here it goes, one or all, whatever a PUT does with entries."""
    simulator = Simulator(
        token=TOKEN, settings=Settings(put_entries="replace" if put_entries == "replace" else "ignore")
    )
    gbr, nor = "{country: GBR, action: reject-hard}", "{country: NOR, action: reject-hard}"
    with serve(simulator, port=0) as server:
        here = Estate(estate.root, simulator, server.url)

        def live() -> tuple[int, ...]:
            paths = ("/OperatorPolicies/fleet-ops/entries", "/RegionalPolicies/fleet-region/entries")
            # One entry of each is the default, which is a field of its own here.
            return (
                *(len(here.other.get(path)) - 1 for path in paths),
                len(here.other.get("/EventMaps/fleet-map/subscriptions")),
            )

        here.apply(operators(gbr, nor), regions("USA", "CAN"), HOOK, events(STEERED, LOST))
        assert live() == (2, 2, 2)
        here.apply(operators(gbr), regions("USA"), HOOK, events(LOST))
        assert live() == (1, 1, 1)
        here.apply(operators(), regions(), HOOK, events())
        assert live() == (0, 0, 0)
    simulator.close()


def test_f04_an_event_map_with_subscriptions_is_updated(estate: Estate) -> None:
    """Every update of an event map with subscriptions fails there; here it succeeds and the next plan is empty."""
    estate.apply(HOOK, events(STEERED))
    estate.apply(HOOK, events(STEERED, LOST, title="More events"))

    assert estate.other.get("/EventMaps/fleet-map")["name"] == "More events"
    assert len(estate.other.get("/EventMaps/fleet-map/subscriptions")) == 2


def test_f11_dns_servers_are_not_doubled(estate: Estate) -> None:
    """An update of a VSlice with custom DNS doubles its servers there; here they are what the manifest says."""
    servers = "dns: {mode: custom, servers: [192.0.2.1, 192.0.2.2]}"
    estate.apply(doc("VSlice", "fleet-net", f"{{subnets: [100.64.0.0/16], {servers}}}"))
    estate.apply(doc("VSlice", "fleet-net", f"{{displayName: Fleet, subnets: [100.64.0.0/16], {servers}}}"))

    live = estate.other.get("/vslices/fleet-net")
    assert (live["name"], live["dnsServers"]) == ("Fleet", ["192.0.2.1", "192.0.2.2"])
    applied = estate.run("inventory", "show", "VSlice/fleet-net").stdout
    assert applied.count("192.0.2.1") == 1


def test_f12_a_default_is_spelt_as_the_platform_spells_it(estate: Estate) -> None:
    """Its default Ipv4 is not the platform's ipv4; here neither the default nor the stated value ever differs."""
    estate.apply(doc("VSlice", "fleet-net", "{subnets: [100.64.0.0/16]}"))
    assert estate.apply(doc("VSlice", "fleet-net", "{subnets: [100.64.0.0/16], ipAddressFamily: ipv4}")) == []


def test_f17_optional_fields_may_be_left_out(estate: Estate) -> None:
    """Leaving out rate limits, discards or rules fails there after the apply; here what is absent is kept."""
    estate.apply(NETWORK, doc("RoutingPolicy", "fleet-route", "{vslice: fleet-net}"))
    estate.other.ok(
        "PUT",
        "/RoutingPolicies/fleet-route",
        bodies.policy("fleet-route", bodies.rule(), vslice="fleet-net", packetDiscardUplinkPercentage=7),
    )

    estate.apply(NETWORK, doc("RoutingPolicy", "fleet-route", "{displayName: Route, vslice: fleet-net}"))

    live = estate.other.get("/RoutingPolicies/fleet-route")
    assert live["name"] == "Route"
    assert live["packetDiscardUplinkPercentage"] == 7
    assert live["rateLimitUplink"]["moniker"] == "1mbits"
    assert len(live["routingPolicyRules"]) == 1


def test_f24_the_whole_vslice_is_seen(estate: Estate) -> None:
    """The allocation type and all but one subnet are never read there; here both are, and a change is shown."""
    estate.apply(doc("VSlice", "fleet-net", "{subnets: [100.64.0.0/16, 100.65.0.0/16], ipAllocation: static}"))
    assert estate.other.get("/vslices/fleet-net")["subnets"] == ["100.64.0.0/16", "100.65.0.0/16"]

    estate.other.ok("DELETE", "/vslices/fleet-net/subnets/100.65.0.0%2F16")
    assert "subnets" in estate.run("drift").output
    assert estate.apply() == [("POST", "vslices")]
    assert estate.other.get("/vslices/fleet-net")["subnets"] == ["100.64.0.0/16", "100.65.0.0/16"]

    estate.write(doc("VSlice", "fleet-net", "{subnets: [100.64.0.0/16, 100.65.0.0/16], ipAllocation: pooled}"))
    change = estate.plan()["changes"][0]
    assert [field["path"] for field in change["fields"]] == ["ipAllocation"]


def test_f27_a_reference_by_id_is_the_same_reference(estate: Estate) -> None:
    """A reference by id instead of by moniker fails there; here both read back as the same object."""
    group = doc(
        "EndpointGroup",
        "fleet-group",
        "{vslice: fleet-net, routingPolicy: fleet-route, regionalPolicy: existing:automatic}",
    )
    estate.apply(NETWORK, policy(rule("ping", "icmp")), group)
    network, route = estate.ids("/vslices/fleet-net", "/RoutingPolicies/fleet-route")

    estate.other.ok(
        "PUT",
        "/EndpointGroups/fleet-group",
        bodies.group("fleet-group", name="fleet-group", vslice=network, routingPolicy=route),
    )

    assert actions(estate.plan()) == {}
    assert verbs(estate.apply()) == set()
