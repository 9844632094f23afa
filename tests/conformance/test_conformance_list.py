"""Every line of the conformance list for a simulator, by both ways to the platform."""

from typing import Any

import pytest

from tests.conformance.client import (
    EMPTY_VPN,
    EMPTY_WIREGUARD,
    NOT_FOUND,
    VPN,
    WIREGUARD,
    Client,
    edge_service,
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


def test_line_1_everything_is_answered_with_200_by_id_and_moniker_in_any_case(anywhere: Client) -> None:
    """Create answers a string that GET takes; id and moniker resolve; paths in any case; a trailing slash lists."""
    key = anywhere.create("VSLICES", vslice())
    seen = anywhere.get(f"/vslices/{key}")
    for path in ("/vslices/vee-1", "/VSlices/vee-1", f"/vSLICES/{key.upper()}", "/vslices/vee-1/"):
        assert anywhere.get(path) == seen
    assert anywhere.get("/vslices/") == anywhere.get("/vslices") == [seen]


def test_line_2_not_found_is_a_success_of_http_and_a_failure_of_the_envelope(anywhere: Client) -> None:
    """GET, PUT and DELETE of what is not there answer 200 with exactly this body."""
    for method, path in (("GET", "/vslices/nobody"), ("PUT", "/vslices/nobody"), ("DELETE", "/EventMaps/nobody")):
        answer = anywhere.call(method, path, vslice() if method == "PUT" else None)
        assert answer == {"success": False, "messages": NOT_FOUND}


def test_line_3_monikers_as_given_and_references_as_objects(anywhere: Client) -> None:
    """A reference resolves by id and by moniker and always reads back as an object."""
    key = anywhere.create("vslices", vslice("under_score-1"))
    anywhere.create("EndpointGroups", group("group-1", vslice=key))
    anywhere.create("EndpointGroups", group("group-2", vslice="under_score-1"))
    expected = {"id": key, "moniker": "under_score-1", "name": "A VSlice"}
    assert [one["vslice"] for one in anywhere.get("/EndpointGroups")] == [expected, expected]


def test_line_4_arrays_are_arrays_and_the_unused_block_is_null(anywhere: Client) -> None:
    """Rules and edge services are arrays even when null was sent; a target's configuration is always an object."""
    anywhere.create("vslices", vslice())
    anywhere.create("RoutingPolicies", policy(routingPolicyRules=None, routingPolicyEdgeServices=None))
    seen = anywhere.get("/RoutingPolicies/policy-1")
    assert seen["routingPolicyRules"] == []
    assert [(one["moniker"], one["enabled"]) for one in seen["routingPolicyEdgeServices"]] == [
        ("remoteaccessproxy", False)
    ]
    anywhere.create("routingtargets", target("internet-1", configurationData=None))
    vpn = {"vpnConfig": VPN, "wireGuardConfig": EMPTY_WIREGUARD}
    anywhere.create(
        "routingtargets",
        target("vpn-01", routingTargetType="vpn", routingTargetTypeInstanceId="12", configurationData=vpn),
    )
    wireguard = {"vpnConfig": EMPTY_VPN, "wireGuardConfig": WIREGUARD}
    anywhere.create(
        "routingtargets",
        target("wg-01", routingTargetType="wireguard", routingTargetTypeInstanceId="", configurationData=wireguard),
    )
    configs = [one["configurationData"] for one in anywhere.get("/routingtargets")]
    assert configs[0] == {"vpnConfig": None, "wireGuardConfig": None}
    assert configs[1] == {"vpnConfig": VPN, "wireGuardConfig": None}
    assert configs[2]["vpnConfig"] is None
    assert len(configs[2]["wireGuardConfig"]["localPublicKey"]) == 44


def test_line_4_edge_services_in_use_are_listed_with_their_instances(anywhere: Client) -> None:
    """Only moniker, enabled and the instances of what is written count; the zeroed members of the provider do not."""
    anywhere.create("vslices", vslice())
    key = anywhere.create("edgeservices", edge_service())
    written = {
        "name": "", "description": "", "iconShape": "", "moniker": "remoteaccessproxy", "available": False,
        "enabled": True, "hasInstance": False, "edgeServiceInstanceIds": ["router-ui"],
    }  # fmt: skip
    anywhere.create("RoutingPolicies", policy(routingPolicyEdgeServices=[written]))
    (seen,) = anywhere.get("/RoutingPolicies/policy-1")["routingPolicyEdgeServices"]
    assert (seen["available"], seen["enabled"], seen["hasInstance"]) == (True, True, True)
    assert seen["edgeServiceInstanceIds"] == [key]
    assert seen["edgeServiceInstances"][0]["moniker"] == "router-ui"


def test_line_5_numbers_are_numbers_and_strings_are_strings(anywhere: Client) -> None:
    """Timeouts and ports are strings, keys of enumerations are numbers, an operator is a number or null."""
    anywhere.create("vslices", vslice())
    ports = {"transportProtocol": "tcp", "divertPort": "80", "sourcePortPattern": "1-5", "destinationPortPattern": "9"}
    anywhere.create("RoutingPolicies", policy("policy-1", rule(**ports)))
    (seen,) = anywhere.get("/RoutingPolicies/policy-1")["routingPolicyRules"]
    assert (seen["divertPort"], seen["sourcePortPattern"], seen["destinationPortPattern"]) == ("80", "1-5", "9")
    assert isinstance(seen["ruleAction"]["key"], int)
    anywhere.create("EventHandlers", handler())
    assert anywhere.get("/EventHandlers/handler-1")["configurationData"]["webhookConfig"]["timeout"] == "10"
    anywhere.create("OperatorPolicies", with_entries("op-1", operator_entry(), operator_entry("DZA", 2145)))
    assert [one["operatorId"] for one in anywhere.get("/OperatorPolicies/op-1/entries")] == [None, 2145]


def test_line_6_secrets_are_echoed(anywhere: Client) -> None:
    """Pre-shared keys, bearer tokens and passwords come back as they were sent."""
    anywhere.create("vslices", vslice())
    body = target(routingTargetType="vpn", routingTargetTypeInstanceId="", configurationData={"vpnConfig": VPN})
    anywhere.create("routingtargets", body)
    shown = anywhere.get("/routingtargets/internet-1")["configurationData"]["vpnConfig"]
    assert shown["presharedKey"] == VPN["presharedKey"]
    anywhere.create("EventHandlers", handler(bearerToken="a", username="b", password="c"))
    config = anywhere.get("/EventHandlers/handler-1")["configurationData"]["webhookConfig"]
    assert (config["bearerToken"], config["username"], config["password"]) == ("a", "b", "c")


def test_line_7_arrays_and_single_objects_are_taken_everywhere_and_never_doubled(anywhere: Client) -> None:
    """Each sub-collection takes an object and an array; a second POST of the same thing changes it."""
    anywhere.create("EventHandlers", handler())
    anywhere.create("EventMaps", event_map("map-01", "global", "endpointsteered_v1"))
    one = {"eventEndpointId": "handler-1", "eventTypeId": "EndpointSteered_v1"}
    for body in (one, [one]):
        assert len(anywhere.ok("POST", "/EventMaps/map-01/subscriptions", body)) == 1
        assert len(anywhere.get("/EventMaps/map-01/subscriptions")) == 1
    for collection, entry in (("OperatorPolicies", operator_entry()), ("RegionalPolicies", regional_entry())):
        anywhere.create(collection, with_entries("policy-2", entry))
        for body in (entry, [entry]):
            anywhere.ok("POST", f"/{collection}/policy-2/entries", body)
            assert len(anywhere.get(f"/{collection}/policy-2/entries")) == 1


def test_line_8_blank_is_null_and_zero_is_unset(anywhere: Client) -> None:
    """Blank event map, rate limits, key and subnet mean nothing; port 0 of WireGuard is filled in."""
    anywhere.create("vslices", vslice(eventMap=""))
    assert anywhere.get("/vslices/vee-1")["eventMap"] is None
    anywhere.create("RoutingPolicies", policy(rateLimitUplinkMoniker=""))
    assert anywhere.get("/RoutingPolicies/policy-1")["rateLimitUplink"]["moniker"] == "unlimited"
    body = target(
        routingTargetType="wireguard", routingTargetTypeInstanceId="", configurationData={"wireGuardConfig": WIREGUARD}
    )
    anywhere.create("routingtargets", body)
    seen = anywhere.get("/routingtargets/internet-1")["configurationData"]["wireGuardConfig"]
    assert seen["remotePeerPortNumber"] == 51820
    again = {"id": "x", **body, "configurationData": {"wireGuardConfig": {**WIREGUARD, "localPublicKey": ""}}}
    anywhere.ok("PUT", "/routingtargets/internet-1", again)
    assert anywhere.get("/routingtargets/internet-1")["configurationData"]["wireGuardConfig"] == seen


def test_line_9_unknown_members_are_ignored_and_new_ones_defaulted_then_kept(anywhere: Client) -> None:
    """A member that the platform does not know does no harm; a PUT without the newer group members leaves them."""
    anywhere.create("vslices", vslice(frobnicate=[1, {"x": None}]))
    more: dict[str, Any] = {"sessionInactivityTime": 1800, "sessionInactivityAction": "notify-terminate"}
    anywhere.create("EndpointGroups", group(**more, colour="blue"))
    before = anywhere.get("/EndpointGroups/group-1")
    assert "colour" not in before
    assert (before["subscriptionType"]["moniker"], before["apn"]) == ("standard", None)
    anywhere.ok("PUT", "/EndpointGroups/group-1", group())
    assert anywhere.get("/EndpointGroups/group-1") == before


@pytest.mark.parametrize("query", ["", "?limit=0", "?filter=", "?sortBy=", "?FILTER=&LIMIT=0&OFFSET=0&SORTBY="])
def test_line_10_blank_paging_is_accepted(anywhere: Client, query: str) -> None:
    """limit=0, an empty filter and an empty sort mean everything."""
    for number in range(3):
        anywhere.create("vslices", vslice(f"vee-{number}"))
    assert [one["moniker"] for one in anywhere.get(f"/vslices{query}")] == ["vee-0", "vee-1", "vee-2"]


def test_paging_filter_and_sort(anywhere: Client) -> None:
    """Pages by offset and limit; a filter is a case-sensitive "contains"; several of them must all hold."""
    for moniker, name in (("alpha-1", "Fleet"), ("alpha-2", "fleet"), ("beta-1", "Fleet")):
        anywhere.create("vslices", vslice(moniker, name=name))
    page = anywhere.call("GET", "/vslices?limit=2&offset=2")
    assert (page["totalItems"], page["limit"], page["offset"], len(page["data"])) == (3, 2, 2, 1)
    assert [one["moniker"] for one in anywhere.get("/vslices?filter=name:Fleet,moniker:alpha")] == ["alpha-1"]
    ordered = anywhere.get("/vslices?sortBy=desc(name),asc(moniker)")
    assert [one["moniker"] for one in ordered] == ["alpha-2", "alpha-1", "beta-1"]


def test_the_token_can_be_verified(anywhere: Client) -> None:
    """The cheapest call answers a message and has no data member."""
    answer = anywhere.call("GET", "/apitokens/verify")
    assert answer["success"] is True
    assert "data" not in answer
    for header in ({"Authorization": "Bearer wrong"}, {"Authorization": ""}, {"Authorization": "Basic eDp5"}):
        response = anywhere.http.get("/apitokens/verify", headers=header)
        assert (response.status_code, response.json()["success"]) == (401, False)


@pytest.mark.parametrize(
    ("content", "member"),
    [
        (b"{", "$"),
        (b"[]", "$"),
        (b"", "$"),
        (b'{"name":1,"moniker":"vee-1"}', "$.name"),
        (b'{"name":"xx","moniker":"vee-1","subnetAddress":"10.0.0.0/8","dnsServers":"1.1.1.1"}', "$.dnsServers"),
        (b'{"name":"xx","moniker":"vee-1","subnetAddress":["10.0.0.0/8"]}', "$.subnetAddress"),
        (b'{"name":"xx","moniker":"\\ud800"}', "$"),
        (b"[" * 100_000, "$"),
        (b'{"name":NaN}', "$"),
    ],
)
def test_bodies_that_cannot_be_bound_are_400_with_the_member(anywhere: Client, content: bytes, member: str) -> None:
    """Wrong JSON and wrong types are a problem document that names where; nothing is created."""
    response = anywhere.http.post("/vslices", content=content)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [member]
    assert anywhere.get("/vslices") == []


def test_a_verb_that_is_not_there_is_405_and_changes_nothing(anywhere: Client) -> None:
    """There is no DELETE of endpoints, and no PATCH of anything."""
    for method, path in (("DELETE", "/endpoints/8944"), ("PATCH", "/vslices/x")):
        assert anywhere.http.request(method, path).status_code == 405
