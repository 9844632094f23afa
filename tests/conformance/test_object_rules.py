"""Domain rules of platform objects that the server enforces; each test is named after its number."""

from typing import Any

import pytest

from tests.conformance.client import (
    VPN,
    WIREGUARD,
    Client,
    edge_service,
    escaped,
    event_map,
    group,
    handler,
    iccid,
    operator_entry,
    policy,
    regional_entry,
    rule,
    secondary,
    target,
    vslice,
    with_entries,
)

BODIES: dict[str, dict[str, Any]] = {
    "vslices": vslice("object-1"),
    "routingtargets": target("object-1"),
    "RoutingPolicies": policy("object-1"),
    "OperatorPolicies": with_entries("object-1"),
    "RegionalPolicies": with_entries("object-1"),
    "edgeservices": edge_service("object-1"),
    "EventHandlers": handler("object-1"),
    "EventMaps": event_map("object-1"),
    "EndpointGroups": group("object-1"),
}
LONGEST = {
    "vslices": 100, "routingtargets": 100, "RoutingPolicies": 150, "OperatorPolicies": 50, "RegionalPolicies": 50,
    "EventHandlers": 50, "EventMaps": 50, "EndpointGroups": 100,
}  # fmt: skip


@pytest.fixture
def network(platform: Client) -> Client:
    """A platform with the VSlices vee-1 and vee-2."""
    platform.create("vslices", vslice())
    platform.create("vslices", vslice("vee-2", name="Another"))
    return platform


@pytest.mark.parametrize("collection", LONGEST)
def test_d1_d3_names_have_their_lengths(network: Client, collection: str) -> None:
    """Two characters up to the longest of the kind."""
    for name in ("x", "x" * (LONGEST[collection] + 1)):
        network.refused("POST", f"/{collection}", BODIES[collection] | {"name": name})
    network.create(collection, BODIES[collection] | {"name": "x" * LONGEST[collection]})


@pytest.mark.parametrize("collection", BODIES)
def test_d2_d4_monikers_have_their_form(network: Client, collection: str) -> None:
    """Thirty characters at most, lower-case letters, digits, - and _; a group needs five."""
    for moniker in ("x" * 31, "Upper-case", "sp ace", "sla/sh", "ümlaut", "", None, "-leading"):
        network.refused("POST", f"/{collection}", BODIES[collection] | {"moniker": moniker})
    network.create(collection, BODIES[collection] | {"moniker": "x" * 30})
    if collection == "EndpointGroups":
        network.refused("POST", f"/{collection}", BODIES[collection] | {"moniker": "four"})


@pytest.mark.parametrize("collection", BODIES)
def test_d5_monikers_are_unique_within_their_kind(network: Client, collection: str) -> None:
    """A second object cannot be created with a moniker, nor be renamed to it."""
    network.create(collection, BODIES[collection])
    network.refused("POST", f"/{collection}", BODIES[collection])
    network.create(collection, BODIES[collection] | {"moniker": "object-2"})
    network.refused("PUT", f"/{collection}/object-2", {"moniker": "object-1"})


@pytest.mark.parametrize("collection", BODIES)
def test_d6_a_moniker_can_be_changed_and_the_id_stays(network: Client, collection: str) -> None:
    """A PUT with another moniker renames; references follow."""
    key = network.create(collection, BODIES[collection])
    network.ok("PUT", f"/{collection}/object-1", BODIES[collection] | {"moniker": "object-9"})
    assert network.get(f"/{collection}/object-9")["id"] == key
    assert network.call("GET", f"/{collection}/object-1")["success"] is False


def test_d6_references_show_the_new_moniker(network: Client) -> None:
    """After a rename everything that refers to the object shows its new name."""
    network.create("EndpointGroups", group())
    network.get("/EndpointGroups")
    network.ok("PUT", "/vslices/vee-1", {"moniker": "vee-new"})
    assert network.get("/EndpointGroups/group-1")["vslice"]["moniker"] == "vee-new"


def test_d8_a_group_uses_what_is_in_its_vslice(network: Client) -> None:
    """Policies of a group and targets of a policy's rules belong to the same VSlice."""
    network.create("routingtargets", target("internet-2", vslice="vee-2"))
    network.create("RoutingPolicies", policy("policy-2", vslice="vee-2"))
    network.refused("POST", "/EndpointGroups", group(routingPolicy="policy-2"))
    forward = rule(ruleAction="forward", routingTarget="internet-2")
    network.refused("POST", "/RoutingPolicies", policy("policy-1", forward))
    network.create("edgeservices", edge_service(vslice="vee-2"))
    use = {"moniker": "remoteaccessproxy", "enabled": True, "edgeServiceInstanceIds": ["router-ui"]}
    network.refused("POST", "/RoutingPolicies", policy(routingPolicyEdgeServices=[use]))


def test_d9_subnets_of_different_vslices_may_overlap(network: Client) -> None:
    """Both VSlices of the fixture have the same subnet."""
    assert {tuple(one["subnets"]) for one in network.get("/vslices")} == {("100.64.0.0/10",)}


def test_d10_subnets_of_one_vslice_do_not_overlap(network: Client) -> None:
    """A further subnet is added when it is apart from the others, and can go again; the first one stays."""
    network.ok("POST", "/vslices/vee-1/subnets", {"subnetAddress": "10.9.0.0/16", "ipAllocationType": "static"})
    assert network.get("/vslices/vee-1")["subnets"] == ["100.64.0.0/10", "10.9.0.0/16"]
    for inside in ("10.9.1.0/24", "10.0.0.0/8", "100.64.0.0/12"):
        network.refused("POST", "/vslices/vee-1/subnets", {"subnetAddress": inside, "ipAllocationType": "static"})
    network.refused("DELETE", f"/vslices/vee-1/subnets/{escaped('100.64.0.0/10')}")
    network.ok("DELETE", f"/vslices/vee-1/subnets/{escaped('10.9.0.0/16')}")
    assert network.get("/vslices/vee-1")["subnets"] == ["100.64.0.0/10"]


@pytest.mark.parametrize("subnet", ["", None, "10.0.0.0", "10.0.0.1/8", "fd00::/8", "10.0.0.0/33", "x"])
def test_d11_a_vslice_needs_an_ipv4_subnet(platform: Client, subnet: str | None) -> None:
    """The subnet is an IPv4 network in CIDR form; IPv6 is not supported."""
    platform.refused("POST", "/vslices", vslice(subnetAddress=subnet))
    platform.refused("POST", "/vslices", vslice(ipAddressFamily="ipv6"))


@pytest.mark.parametrize(
    ("mode", "servers"),
    [("custom", None), ("custom", []), ("custom", [""]), ("auto", ["1.1.1.1"]), ("custom", ["dns.example"])],
)
def test_d12_dns_servers_go_with_custom(platform: Client, mode: str, servers: list[str] | None) -> None:
    """Custom needs at least one server, auto takes none."""
    platform.refused("POST", "/vslices", vslice(dnsMode=mode, dnsServers=servers))


def test_d13_a_group_needs_a_regional_policy(network: Client) -> None:
    """It cannot be left out, cleared or be one that does not exist."""
    for value in (None, "", "nobody"):
        network.refused("POST", "/EndpointGroups", group(regionalGatewayPolicy=value))
    network.create("EndpointGroups", group())
    network.refused("PUT", "/EndpointGroups/group-1", {"regionalGatewayPolicy": None})


def test_d14_a_group_may_lack_a_routing_policy(network: Client) -> None:
    """The server takes null."""
    network.create("EndpointGroups", group(routingPolicy=None))


def test_d15_operator_policy_and_event_map_can_be_cleared(network: Client) -> None:
    """Null takes them away again."""
    network.create("OperatorPolicies", with_entries("op-1"))
    network.create("EventMaps", event_map("map-01", "endpoint"))
    network.create("EndpointGroups", group(steeringProfile="op-1", eventMap="map-01"))
    network.ok("PUT", "/EndpointGroups/group-1", {"steeringProfile": None, "eventMap": None})
    seen = network.get("/EndpointGroups/group-1")
    assert (seen["steeringProfile"], seen["eventMap"]) == (None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"vslice": "vee-2"},
        {"endpointGroupType": "secondary", "apn": "x.flex"},
        {"subscriptionType": "premium"},
        {"ipv4Subnet": "10.9.0.0/16"},
    ],
)
def test_d16_vslice_type_subscription_and_subnet_of_a_group_stay(network: Client, change: dict[str, str]) -> None:
    """A PUT with another value is refused, with the same one it is fine."""
    network.ok("POST", "/vslices/vee-1/subnets", {"subnetAddress": "10.9.0.0/16"})
    network.create("EndpointGroups", group())
    network.refused("PUT", "/EndpointGroups/group-1", group(**change))
    network.ok("PUT", "/EndpointGroups/group-1", group(endpointGroupType="primary", ipv4Subnet="100.64.0.0/10"))


@pytest.mark.parametrize(
    ("collection", "body", "change"),
    [
        ("vslices", vslice("object-1"), {"subnetAddress": "10.0.0.0/8"}),
        ("vslices", vslice("object-1"), {"ipAllocationType": "pooled"}),
        ("routingtargets", target("object-1"), {"vslice": "vee-2"}),
        ("routingtargets", target("object-1"), {"routingTargetType": "vpn", "configurationData": {"vpnConfig": VPN}}),
        ("RoutingPolicies", policy("object-1"), {"vslice": "vee-2"}),
        ("edgeservices", edge_service("object-1", vslice="vee-1"), {"vslice": "vee-2"}),
        ("EventHandlers", handler("object-1"), {"eventEndpointType": "smpp"}),
        ("EventMaps", event_map("object-1"), {"eventScope": "global"}),
    ],
)
def test_d16_d27_what_is_fixed_at_creation(
    network: Client, collection: str, body: dict[str, Any], change: dict[str, Any]
) -> None:
    """Scope of maps, VSlice of targets, policies and services, first subnet and allocation of VSlices stay."""
    network.create(collection, body)
    network.refused("PUT", f"/{collection}/object-1", body | change)
    network.ok("PUT", f"/{collection}/object-1", body)


def test_d17_the_subnet_of_a_group_is_one_of_its_vslice(network: Client) -> None:
    """Another network is refused; a subnet in use cannot be removed from the VSlice."""
    network.refused("POST", "/EndpointGroups", group(ipv4Subnet="10.9.0.0/16"))
    network.ok("POST", "/vslices/vee-1/subnets", {"subnetAddress": "10.9.0.0/16"})
    network.create("EndpointGroups", group(ipv4Subnet="10.9.0.0/16"))
    network.refused("DELETE", f"/vslices/vee-1/subnets/{escaped('10.9.0.0/16')}")


def test_d18_a_primary_has_no_apn_and_a_secondary_needs_one(network: Client) -> None:
    """On create and on change."""
    network.refused("POST", "/EndpointGroups", group(apn="x.flex"))
    network.refused("POST", "/EndpointGroups", secondary("group-2", None))
    network.create("EndpointGroups", secondary("group-2", "x.flex"))
    network.refused("PUT", "/EndpointGroups/group-2", {"apn": ""})
    network.create("EndpointGroups", group())
    network.refused("PUT", "/EndpointGroups/group-1", {"apn": "x.flex"})


def test_d19_an_apn_matches_the_pattern_of_the_vslice(platform: Client) -> None:
    """The pattern is the VSlice's; without one anything goes."""
    platform.create("vslices", vslice(apnPattern="*.flex"))
    platform.refused("POST", "/EndpointGroups", secondary("group-2", "ota.other"))
    platform.create("EndpointGroups", secondary("group-2", "ota.flex"))


@pytest.fixture
def associated(network: Client) -> Client:
    """The primary group-1 with the secondary ota-group, and the free secondary tel-group."""
    network.create("EndpointGroups", group())
    network.create("EndpointGroups", secondary("ota-group", "ota.flex"))
    network.create("EndpointGroups", secondary("tel-group", "tel.flex"))
    network.ok("POST", "/EndpointGroups/group-1/secondarygroups", ["ota-group"])
    return network


def test_d20_apns_of_an_association_differ(associated: Client) -> None:
    """A secondary with the same APN cannot join, nor can one that is inside get it."""
    associated.create("EndpointGroups", secondary("twin-group", "OTA.flex"))
    associated.refused("POST", "/EndpointGroups/group-1/secondarygroups", ["twin-group"])
    associated.ok("POST", "/EndpointGroups/group-1/secondarygroups", ["tel-group"])
    associated.refused("PUT", "/EndpointGroups/tel-group", {"apn": "ota.flex"})


def test_d21_a_secondary_belongs_to_one_primary(associated: Client) -> None:
    """Only a secondary joins, only a primary is joined, and only one."""
    associated.create("EndpointGroups", group("group-2"))
    associated.refused("POST", "/EndpointGroups/group-2/secondarygroups", ["ota-group"])
    associated.refused("POST", "/EndpointGroups/group-1/secondarygroups", ["group-2"])
    associated.refused("POST", "/EndpointGroups/tel-group/secondarygroups", ["ota-group"])
    associated.refused("POST", "/EndpointGroups/group-1/secondarygroups", ["nobody"])
    assert [one["moniker"] for one in associated.get("/EndpointGroups/group-1/secondarygroups")] == ["ota-group"]


def test_d23_both_sides_of_an_association_share_the_vslice(associated: Client) -> None:
    """A secondary of another VSlice is refused."""
    associated.create("EndpointGroups", secondary("far-group", "far.flex", vslice="vee-2"))
    associated.refused("POST", "/EndpointGroups/group-1/secondarygroups", ["far-group"])


def test_d24_only_an_empty_group_can_be_deleted(network: Client) -> None:
    """A group with endpoints stays and says how many."""
    network.create("EndpointGroups", group())
    network.simulator.put_sims([iccid(1)], "group-1")
    assert "1 endpoint" in network.refused("DELETE", "/EndpointGroups/group-1")
    network.ok("PUT", f"/endpoints/{iccid(1)}", {"endpointGroup": None})
    network.ok("DELETE", "/EndpointGroups/group-1")


def test_d25_an_association_goes_before_its_groups(associated: Client) -> None:
    """Neither side can be deleted before."""
    associated.refused("DELETE", "/EndpointGroups/group-1")
    associated.refused("DELETE", "/EndpointGroups/ota-group")
    associated.ok("DELETE", "/EndpointGroups/group-1/secondarygroups/ota-group")
    assert associated.get("/EndpointGroups/group-1/secondarygroups") == []
    associated.ok("DELETE", "/EndpointGroups/ota-group")
    associated.ok("DELETE", "/EndpointGroups/group-1")


def test_d26_inactivity_is_off_or_positive(network: Client) -> None:
    """Null is off; the action is one of two and notify by default."""
    for seconds in (0, -5):
        network.refused("POST", "/EndpointGroups", group(sessionInactivityTime=seconds))
    network.refused("POST", "/EndpointGroups", group(sessionInactivityAction="explode"))
    network.create("EndpointGroups", group(sessionInactivityTime=1))
    assert network.get("/EndpointGroups/group-1")["sessionInactivityAction"]["moniker"] == "notify"
    network.ok("PUT", "/EndpointGroups/group-1", {"sessionInactivityTime": None})
    assert network.get("/EndpointGroups/group-1")["sessionInactivityTime"] is None


@pytest.mark.parametrize("scope", ["endpoint", "vslice", "global"])
def test_d28_a_map_is_attached_where_its_scope_belongs(network: Client, scope: str) -> None:
    """Scope endpoint on groups, vslice on VSlices, global nowhere but the account."""
    network.create("EventMaps", event_map("map-01", scope))
    outcomes = {
        "endpoint": network.call("POST", "/EndpointGroups", group(eventMap="map-01"))["success"],
        "vslice": network.call("POST", "/vslices", vslice("vee-3", eventMap="map-01"))["success"],
        "global": scope == "global",
    }
    assert outcomes == {name: name == scope for name in outcomes}


def test_d29_events_fit_the_scope_of_their_map(network: Client) -> None:
    """A map of groups takes events of endpoints only; names that the published table lacks pass by their form."""
    network.create("EventHandlers", handler())
    network.refused("POST", "/EventMaps", event_map("map-01", "endpoint", "vpninitiationsucceeded_v1"))
    network.refused("POST", "/EventMaps", event_map("map-01", "vslice", "bundleusagewarning_v1"))
    network.refused("POST", "/EventMaps", event_map("map-01", "global", "no such event"))
    network.create("EventMaps", event_map("map-01", "endpoint", "endpointsomethingnew_v2"))


def test_d30_regional_entries_need_one_default(platform: Client) -> None:
    """In the body, by POST, and after a deletion."""
    platform.refused("POST", "/RegionalPolicies", with_entries("rp-1", regional_entry("USA")))
    platform.refused("POST", "/RegionalPolicies", with_entries("rp-1", regional_entry(), regional_entry()))
    platform.create("RegionalPolicies", with_entries("rp-1", regional_entry(), regional_entry("USA")))
    platform.refused("PUT", "/RegionalPolicies/rp-1", with_entries("rp-1", regional_entry("USA")))
    default = next(one for one in platform.get("/RegionalPolicies/rp-1/entries") if one["iso3"] is None)
    platform.refused("DELETE", f"/RegionalPolicies/rp-1/entries/{default['id']}")
    platform.refused("POST", "/RegionalPolicies", with_entries("rp-2", regional_entry(gateway="atlantis")))


@pytest.mark.parametrize("collection", ["OperatorPolicies", "RegionalPolicies"])
def test_d31_entries_are_unique_by_country_and_operator(platform: Client, collection: str) -> None:
    """Twice the same is refused, an operator without a country too; one entry can be deleted by its id."""
    entry = operator_entry if collection == "OperatorPolicies" else regional_entry
    for wrong in ([entry("USA"), entry("USA")], [entry(None, 122)], [entry("US")], [entry("USA", -1)]):
        platform.refused("POST", f"/{collection}", with_entries("policy-1", entry(), *wrong))
    platform.create(collection, with_entries("policy-1", entry(), entry("USA"), entry("USA", 7)))
    shown = platform.get(f"/{collection}/policy-1/entries")
    platform.ok("DELETE", f"/{collection}/policy-1/entries/{shown[1]['id']}")
    assert platform.get(f"/{collection}/policy-1/entries") == [shown[0], shown[2]]


def test_d32_the_platforms_own_policy_is_not_touched(platform: Client) -> None:
    """No PUT, no DELETE, no entries."""
    assert platform.get("/RegionalPolicies/automatic")["isFixed"] is True
    platform.refused("PUT", "/RegionalPolicies/automatic", with_entries("automatic", regional_entry()))
    platform.refused("DELETE", "/RegionalPolicies/automatic")
    platform.refused("POST", "/RegionalPolicies/automatic/entries", regional_entry("USA"))
    entry = platform.get("/RegionalPolicies/automatic/entries")[0]
    platform.refused("DELETE", f"/RegionalPolicies/automatic/entries/{entry['id']}")


def test_d36_forward_has_a_target_and_nothing_else_has(network: Client) -> None:
    """Also, what a rule names must exist."""
    network.create("routingtargets", target())
    for wrong in (
        rule(ruleAction="forward"),
        rule(routingTarget="internet-1"),
        rule(ruleAction="reflect", routingTarget="internet-1"),
        rule(ruleAction="forward", routingTarget="nobody"),
        rule(regionalGateway="atlantis"),
        rule(ruleAction="explode"),
        rule(ruleDirection=None),
    ):
        network.refused("POST", "/RoutingPolicies", policy("policy-1", wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        {"destinationPortPattern": "80"},
        {"transportProtocol": "icmp", "sourcePortPattern": "80"},
        {"transportProtocol": "tcp", "sourcePortPattern": "0"},
        {"transportProtocol": "tcp", "sourcePortPattern": "65536"},
        {"transportProtocol": "tcp", "sourcePortPattern": "9-8"},
        {"transportProtocol": "tcp", "sourcePortPattern": "http"},
        {"transportProtocol": "udp", "divertPort": "1-2"},
        {"divertPort": "80"},
        {"divertIp": "host.example"},
        {"sourceIpPattern": "10.0.0.0/40"},
        {"destinationIpPattern": "anything"},
        {"transportProtocol": "sctp"},
    ],
)
def test_d37_ports_and_patterns(network: Client, wrong: dict[str, str]) -> None:
    """Ports only with tcp and udp, from 1 to 65535; patterns are addresses or networks."""
    network.refused("POST", "/RoutingPolicies", policy("policy-1", rule(**wrong)))


@pytest.mark.parametrize("value", [-1, 101])
def test_d38_packet_discard_is_a_percentage(network: Client, value: int) -> None:
    """0 to 100, on both sides; a rate limit must exist."""
    network.refused("POST", "/RoutingPolicies", policy(packetDiscardUplinkPercentage=value))
    network.refused("POST", "/RoutingPolicies", policy(packetDiscardDownlinkPercentage=value))
    network.refused("POST", "/RoutingPolicies", policy(rateLimitUplinkMoniker="fast"))


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("internet", {"vpnConfig": VPN}),
        ("vpn", {}),
        ("vpn", {"wireGuardConfig": WIREGUARD}),
        ("vpn", {"vpnConfig": VPN, "wireGuardConfig": WIREGUARD}),
        ("vpn", {"vpnConfig": VPN | {"keyExchangeType": "ikev9"}}),
        ("vpn", {"vpnConfig": VPN | {"remoteSubnets": "10.0.0.0/8,nonsense"}}),
        ("wireguard", None),
        ("wireguard", {"wireGuardConfig": WIREGUARD | {"remotePublicKey": ""}}),
        ("wireguard", {"wireGuardConfig": WIREGUARD | {"remotePeerPortNumber": 65536}}),
        ("pigeon", {}),
    ],
)
def test_d39_a_target_has_the_block_of_its_type_and_only_it(network: Client, kind: str, config: Any) -> None:
    """And the instance and the zone exist, the instance for this type."""
    body = target(routingTargetType=kind, routingTargetTypeInstanceId="", configurationData=config)
    network.refused("POST", "/routingtargets", body)
    network.refused("POST", "/routingtargets", target(routingTargetTypeInstanceId="ma5-prod-vpn-01a-wg"))
    network.refused("POST", "/routingtargets", target(routingRedundancyZoneMoniker="atlantis-primary"))


def test_d52_what_is_referred_to_cannot_be_deleted(network: Client) -> None:
    """A VSlice with anything in it, targets and policies, handlers and maps in use; afterwards they go in order."""
    network.create("EventHandlers", handler())
    network.create("EventMaps", event_map("map-01", "endpoint", "endpointsteered_v1"))
    network.create("OperatorPolicies", with_entries("op-1"))
    network.create("RegionalPolicies", with_entries("rp-1", regional_entry()))
    network.create("routingtargets", target())
    network.create("edgeservices", edge_service(vslice="vee-1"))
    use = {"moniker": "remoteaccessproxy", "enabled": True, "edgeServiceInstanceIds": ["router-ui"]}
    forward = rule(ruleAction="forward", routingTarget="internet-1")
    network.create("RoutingPolicies", policy("policy-1", forward, routingPolicyEdgeServices=[use]))
    body = group(eventMap="map-01", steeringProfile="op-1", regionalGatewayPolicy="rp-1", routingPolicy="policy-1")
    network.create("EndpointGroups", body)
    order = [
        "/EndpointGroups/group-1", "/RoutingPolicies/policy-1", "/edgeservices/router-ui", "/routingtargets/internet-1",
        "/vslices/vee-1", "/EventMaps/map-01", "/EventHandlers/handler-1", "/OperatorPolicies/op-1",
        "/RegionalPolicies/rp-1",
    ]  # fmt: skip
    for path in order[1:]:
        assert "still used by" in network.refused("DELETE", path)
    for path in order:
        network.ok("DELETE", path)


def test_d53_an_edge_service_leaves_its_policies_first(network: Client) -> None:
    """It can be deleted once no routing policy names it, enabled or not."""
    network.create("edgeservices", edge_service())
    use = {"moniker": "remoteaccessproxy", "enabled": False, "edgeServiceInstanceIds": ["router-ui"]}
    network.create("RoutingPolicies", policy(routingPolicyEdgeServices=[use]))
    network.refused("DELETE", "/edgeservices/router-ui")
    network.ok("PUT", "/RoutingPolicies/policy-1", {"routingPolicyEdgeServices": []})
    network.ok("DELETE", "/edgeservices/router-ui")


@pytest.mark.parametrize(
    ("collection", "body"),
    [
        ("routingtargets", target(vslice="nobody")),
        ("RoutingPolicies", policy(vslice=None)),
        ("EndpointGroups", group(steeringProfile="nobody")),
        ("EndpointGroups", group(eventMap="nobody")),
        ("EndpointGroups", group(subscriptionType="gold-plated")),
        ("EventMaps", event_map("map-01", "vslice", "endpointsteered_v1")),
        ("EventHandlers", handler(url="ftp://x")),
        ("EventHandlers", handler(timeout="soon")),
        ("edgeservices", edge_service(edgeServiceType="unknown")),
    ],
)
def test_references_and_enumerations_must_exist(network: Client, collection: str, body: dict[str, Any]) -> None:
    """A value that does not exist is refused with a message that names it."""
    network.refused("POST", f"/{collection}", body)
