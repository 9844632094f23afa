"""The request sequences of the platform's own Terraform provider, byte for byte in shape."""

from typing import Any

import pytest

from tests.conformance.client import (
    EMPTY_VPN,
    NOT_FOUND,
    WIREGUARD,
    Client,
    event_map,
    group,
    handler,
    operator_entry,
    policy,
    regional_entry,
    rule,
    target,
    vslice,
    with_entries,
)


def create_and_refresh(client: Client, collection: str, body: dict[str, Any]) -> dict[str, Any]:
    """POST, GET by what the POST answered, GET by moniker: the same object each time."""
    key = client.create(collection, body)
    created = client.get(f"/{collection}/{key}")
    assert created["moniker"] == body["moniker"]
    assert created["name"] == body["name"]
    assert client.get(f"/{collection}/{body['moniker']}") == created
    return dict(created)


def update(client: Client, collection: str, body: dict[str, Any], key: str) -> dict[str, Any]:
    """PUT by moniker with the id in the body, GET by moniker."""
    assert client.ok("PUT", f"/{collection}/{body['moniker']}", {"id": key, **body}) == key
    return dict(client.get(f"/{collection}/{body['moniker']}"))


def delete(client: Client, collection: str, moniker: str) -> None:
    """DELETE by moniker, after which the object is not found in the one form that the provider understands."""
    assert isinstance(client.ok("DELETE", f"/{collection}/{moniker}"), str)
    gone = client.call("GET", f"/{collection}/{moniker}")
    assert (gone["success"], gone["messages"]) == (False, NOT_FOUND)


def test_vslice_sequence(anywhere: Client) -> None:
    """A VSlice is created, refreshed, updated without its allocation and deleted; blank means no event map."""
    body = vslice(dnsServers=["1.1.1.1"], dnsMode="custom")
    seen = create_and_refresh(anywhere, "vslices", body)
    assert (seen["subnets"], seen["dnsServers"], seen["eventMap"]) == (["100.64.0.0/10"], ["1.1.1.1"], None)
    assert (seen["dnsMode"]["moniker"], seen["ipAddressFamily"]["moniker"]) == ("custom", "ipv4")
    changed = {name: value for name, value in body.items() if name != "ipAllocationType"} | {"name": "Renamed"}
    assert update(anywhere, "vslices", changed, seen["id"]) == {**seen, "name": "Renamed"}
    delete(anywhere, "vslices", "vee-1")


def test_routing_target_sequence(anywhere: Client) -> None:
    """Internet: an object for the configuration. WireGuard: the unused block is null, key and port are filled in."""
    anywhere.create("vslices", vslice())
    internet = create_and_refresh(anywhere, "routingtargets", target())
    assert isinstance(internet["configurationData"], dict)
    assert internet["vSlice"]["moniker"] == "vee-1"
    assert isinstance(internet["routingTargetTypeInstance"]["id"], int)
    body = target(
        "wireguard-1",
        routingTargetType="wireguard",
        routingTargetTypeInstanceId="ma5-prod-vpn-01a-wg",
        configurationData={"wireGuardConfig": WIREGUARD, "vpnConfig": EMPTY_VPN},
    )
    seen = create_and_refresh(anywhere, "routingtargets", body)
    config = seen["configurationData"]
    assert config["vpnConfig"] is None
    assert config["wireGuardConfig"]["localPublicKey"]
    assert config["wireGuardConfig"]["remotePeerPortNumber"] > 0
    echoed = {"wireGuardConfig": config["wireGuardConfig"], "vpnConfig": EMPTY_VPN}
    assert update(anywhere, "routingtargets", {**body, "configurationData": echoed}, seen["id"]) == seen
    delete(anywhere, "routingtargets", "internet-1")


def test_routing_policy_sequence(anywhere: Client) -> None:
    """Rules come back in the order of the array and the strings stay strings."""
    anywhere.create("vslices", vslice())
    anywhere.create("routingtargets", target())
    rules = [
        rule(description="ping", ruleAction="forward", transportProtocol="icmp", routingTarget="internet-1"),
        rule(
            description="tcp", ruleAction="forward", transportProtocol="tcp", routingTarget="internet-1",
            divertIp="5.6.7.8", divertPort="1234", sourcePortPattern="1111", destinationPortPattern="4321",
            destinationIpPattern="4.3.2.1/32", regionalGateway="north-america",
        ),
        rule(description="drop udp", ruleDirection="downlink", transportProtocol="udp", enabled=False),
    ]  # fmt: skip
    seen = create_and_refresh(anywhere, "RoutingPolicies", policy("policy-1", *rules))
    shown = seen["routingPolicyRules"]
    assert [one["description"] for one in shown] == ["ping", "tcp", "drop udp"]
    assert [one["precedence"] for one in shown] == sorted(one["precedence"] for one in shown)
    assert (shown[1]["divertPort"], shown[1]["sourcePortPattern"]) == ("1234", "1111")
    assert (shown[2]["enabled"], shown[2]["routingTarget"]) == (False, None)
    assert seen["rateLimitDownlink"]["moniker"] == "unlimited"
    swapped = update(anywhere, "RoutingPolicies", policy("policy-1", rules[2], rules[0]), seen["id"])
    assert [one["description"] for one in swapped["routingPolicyRules"]] == ["drop udp", "ping"]
    delete(anywhere, "RoutingPolicies", "policy-1")


def test_endpoint_group_sequence(anywhere: Client) -> None:
    """A group is created from the eight members that the provider knows; the newer ones have defaults and are kept."""
    anywhere.create("vslices", vslice())
    anywhere.create("RegionalPolicies", with_entries("rp-1", regional_entry()))
    body = group("vee-1-group", regionalGatewayPolicy="rp-1")
    seen = create_and_refresh(anywhere, "EndpointGroups", body)
    assert (seen["regionalGatewayPolicy"]["moniker"], seen["eventMap"], seen["endpointsAssigned"]) == ("rp-1", None, 0)
    assert (seen["endpointGroupType"]["moniker"], seen["ipv4Subnet"]) == ("primary", "100.64.0.0/10")
    anywhere.ok("PUT", "/EndpointGroups/vee-1-group", {"sessionInactivityTime": 60})
    again = update(anywhere, "EndpointGroups", {**body, "name": "Renamed"}, seen["id"])
    assert again == {**seen, "name": "Renamed", "sessionInactivityTime": 60}
    delete(anywhere, "EndpointGroups", "vee-1-group")


def test_event_handler_sequence(anywhere: Client) -> None:
    """Unset secrets stay null, set ones come back as they were, the timeout is a string."""
    body = handler(bearerToken="T0ken!", username="Username", password="P@ssword")
    seen = create_and_refresh(anywhere, "EventHandlers", body)
    assert seen["configurationData"]["webhookConfig"] == body["configurationData"]["webhookConfig"]
    plain = update(anywhere, "EventHandlers", handler(timeout="5"), seen["id"])["configurationData"]["webhookConfig"]
    assert plain == {"bearerToken": None, "username": None, "password": None, "timeout": "5", "url": "https://x"}
    delete(anywhere, "EventHandlers", "handler-1")


def test_event_map_sequence(anywhere: Client) -> None:
    """Subscriptions in the body and again by POST are there once; the POST answers each of them in its own shape."""
    anywhere.create("EventHandlers", handler())
    body = event_map("map-01", "vslice", "endpointsteered_v1", "vpninitiationsucceeded_v1")
    seen = create_and_refresh(anywhere, "EventMaps", body)
    created = anywhere.ok("POST", "/EventMaps/map-01/subscriptions", body["subscriptions"])
    assert [one["eventType"]["moniker"] for one in created] == ["endpointsteered_v1", "vpninitiationsucceeded_v1"]
    assert {one["eventHandler"]["moniker"] for one in created} == {"handler-1"}
    listed = anywhere.get("/EventMaps/map-01/subscriptions")
    assert [one["id"] for one in listed] == [one["eventSubscriptionId"] for one in created]
    assert {one["eventEndpoint"]["moniker"] for one in listed} == {"handler-1"}
    assert all(isinstance(one["eventEndpoint"]["id"], str) and one["eventMap"]["moniker"] == "map-01" for one in listed)
    update(anywhere, "EventMaps", {**body, "subscriptions": body["subscriptions"][:1]}, seen["id"])
    anywhere.ok("POST", "/EventMaps/map-01/subscriptions", body["subscriptions"][:1])
    left = anywhere.get("/EventMaps/map-01/subscriptions")
    assert [one["eventType"]["moniker"] for one in left] == ["endpointsteered_v1"]
    update(anywhere, "EventMaps", {**body, "subscriptions": None}, seen["id"])
    assert anywhere.get("/EventMaps/map-01/subscriptions") == left
    delete(anywhere, "EventMaps", "map-01")


def test_operator_policy_sequence(anywhere: Client) -> None:
    """Entries in the body and again by POST of the whole array are there once; an entry that is left out goes."""
    entries = [
        operator_entry(action="reject-hard"),
        operator_entry("AUS"),
        operator_entry("DZA", 2145),
        operator_entry("AND", 122, "reject-soft"),
    ]
    seen = create_and_refresh(anywhere, "OperatorPolicies", with_entries("op-1", *entries))
    assert (seen["entries"], seen["allow2g"]) == (None, True)
    anywhere.ok("POST", "/OperatorPolicies/op-1/entries", entries)
    shown = anywhere.get("/OperatorPolicies/op-1/entries")
    assert [(one["iso3"], one["operatorId"]) for one in shown] == [(one["iso3"], one["operatorId"]) for one in entries]
    assert shown[3]["steeringProfileEntryAction"]["moniker"] == "reject-soft"
    entries[1] = operator_entry("AUS", action="reject-hard")
    update(anywhere, "OperatorPolicies", with_entries("op-1", *entries[:2]), seen["id"])
    anywhere.ok("POST", "/OperatorPolicies/op-1/entries", entries[:2])
    left = anywhere.get("/OperatorPolicies/op-1/entries")
    assert [one["id"] for one in left] == [one["id"] for one in shown[:2]]
    assert left[1]["steeringProfileEntryAction"]["moniker"] == "reject-hard"
    delete(anywhere, "OperatorPolicies", "op-1")


def test_regional_policy_sequence(anywhere: Client) -> None:
    """Entries are posted one object at a time after the body had them all; none is doubled."""
    entries = [regional_entry(), regional_entry("DZA", gateway="north-america"), regional_entry("DZA", 2145)]
    seen = create_and_refresh(anywhere, "RegionalPolicies", with_entries("rp-1", *entries))
    assert (seen["isFixed"], seen["active"]) == (False, True)
    for entry in entries:
        anywhere.ok("POST", "/RegionalPolicies/rp-1/entries", entry)
    shown = anywhere.get("/RegionalPolicies/rp-1/entries")
    assert [one["regionalGateway"]["moniker"] for one in shown] == ["europe", "north-america", "europe"]
    update(anywhere, "RegionalPolicies", with_entries("rp-1", entries[0]), seen["id"])
    assert len(anywhere.get("/RegionalPolicies/rp-1/entries")) == 1
    delete(anywhere, "RegionalPolicies", "rp-1")


@pytest.mark.parametrize(
    "collection",
    [
        "vslices",
        "routingtargets",
        "RoutingPolicies",
        "EndpointGroups",
        "EventHandlers",
        "EventMaps",
        "OperatorPolicies",
    ],
)
def test_data_sources_send_all_four_parameters(anywhere: Client, collection: str) -> None:
    """The query of a data source without filter answers a list, in the list envelope."""
    anywhere.create("vslices", vslice())
    answer = anywhere.call("GET", f"/{collection}?filter=&limit=0&offset=0&sortBy=")
    assert answer["success"] is True
    assert len(answer["data"]) == answer["totalItems"] == (collection == "vslices")
    assert (answer["limit"], answer["offset"]) == (0, 0)


def test_the_ten_objects_of_the_combined_example(anywhere: Client) -> None:
    """Created in dependency order, refreshed without a difference, deleted in reverse; nothing is left over."""
    start = anywhere.simulator.dump()
    forward = rule(description="all", ruleAction="forward", routingTarget="terraform-internet-comb")
    made = [
        ("EventHandlers", handler("handler-1")),
        ("EventMaps", event_map("tf-map-comb", "vslice", "vpnchildsaphase2up_v1", "vpninitiationsucceeded_v1")),
        ("vslices", vslice("terraform-comb", eventMap="tf-map-comb", dnsMode="custom", dnsServers=["1.1.1.1"])),
        ("OperatorPolicies", with_entries("terraform-comb-operator-policy", operator_entry())),
        ("RegionalPolicies", with_entries("terraform-regional-policy-comb", regional_entry())),
        ("routingtargets", target("terraform-internet-comb", vslice="terraform-comb")),
        ("routingtargets", target(
            "terraform-wireguard-comb", vslice="terraform-comb", routingTargetType="wireguard",
            routingTargetTypeInstanceId="ma5-prod-vpn-01a-wg",
            configurationData={"wireGuardConfig": WIREGUARD, "vpnConfig": EMPTY_VPN},
        )),
        ("RoutingPolicies", policy("terraform-drop-packets-comb", rule(), vslice="terraform-comb")),
        ("RoutingPolicies", policy("terraform-multiple-rules-comb", forward, rule(), vslice="terraform-comb")),
        ("EndpointGroups", group(
            "terraform-endpoints-comb", vslice="terraform-comb", routingPolicy="terraform-drop-packets-comb",
            regionalGatewayPolicy="terraform-regional-policy-comb",
        )),
    ]  # fmt: skip
    for collection, body in made:
        create_and_refresh(anywhere, collection, body)
    full = anywhere.simulator.dump()
    for collection, body in made:
        anywhere.get(f"/{collection}/{body['moniker']}")
    assert anywhere.simulator.dump() == full
    for collection, body in reversed(made):
        delete(anywhere, collection, str(body["moniker"]))
    assert anywhere.simulator.dump() == start
