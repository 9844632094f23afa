"""The values of live objects that no manifest can hold: told one by one, never an object as a whole."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from reconciler.control_plane import codec
from reconciler.control_plane.leaf import leaves_not_managed
from reconciler.kinds import kind_named
from reconciler.model.snapshot import Observed, Sealed


def word(moniker: str) -> dict[str, Any]:
    """A word of the platform's lists, as answers have it."""
    return {"key": 1, "moniker": moniker, "name": moniker.title(), "active": True}


def one(moniker: str) -> dict[str, Any]:
    """A reference, as answers have it."""
    return {"id": f"id-{moniker}", "moniker": moniker, "name": moniker}


def read(kind: str, items: Mapping[str, Sequence[Any]] | None = None, **members: Any) -> Observed:
    """A live object of these members, with the answer that it was made from."""
    payload = {"id": "id-1", "moniker": "thing", "name": "Thing", **members}
    return codec.decode(kind_named(kind), payload, items or {}, seal=None)._replace(raw=Sealed(payload, items or {}))


def told(seen: Observed) -> list[tuple[str, Any, str | None]]:
    """The leaves that are not managed: path on the wire, live value, and the field that a manifest leaves out."""
    return [(leaf.wire, leaf.value, leaf.field) for leaf in leaves_not_managed(seen)]


RULE = {"ruleAction": word("drop"), "ruleDirection": word("uplink"), "enabled": True, "description": "[web]"}


def test_what_a_manifest_can_say_is_no_leaf() -> None:
    """An object made of values that manifests can have has no leaf that is not managed, whatever their spelling."""
    seen = read(
        "RoutingPolicy",
        vSLICE=one("fleet"),
        rateLimitUplink=word("Unlimited"),
        packetDiscardUplinkPercentage="5",
        routingPolicyRules=[{**RULE, "TransportProtocol": word("TCP"), "destinationPortPattern": " 0443 "}],
        routingPolicyEdgeServices=[{"moniker": "ssh", "name": "SSH", "enabled": False, "edgeServiceInstanceIds": []}],
    )
    assert told(seen) == []
    assert seen.spec["rules"][0]["match"] == {"protocol": "tcp", "destinationPorts": "443"}
    assert (seen.spec["vslice"], seen.spec["packetDiscard"]) == ("fleet", {"uplinkPercent": 5})


def test_an_unknown_word_in_a_rule_is_a_leaf_of_that_rule() -> None:
    """A word that this version does not know leaves out one field of one rule, and is kept as it is."""
    seen = read("RoutingPolicy", routingPolicyRules=[{**RULE, "transportProtocol": word("sctp")}])
    assert told(seen) == [("routingPolicyRules[0].transportProtocol", "sctp", "rules[web].match.protocol")]
    assert list(seen.unsaid) == [("rules", 0, "match", "protocol")]
    assert seen.spec["rules"][0]["match"] == {"protocol": "sctp"}


def test_unknown_members_are_leaves_at_any_depth() -> None:
    """A member of a newer platform is told by its path, its value, and no field; its secrets are not shown."""
    seen = read(
        "RoutingPolicy",
        quota={"soft": {"mb": [1, None]}, "apiKey": "abc"},
        routingPolicyRules=[{**RULE, "schedule": {"from": 8, "to": ""}}],
    )
    assert told(seen) == [
        ("quota.soft.mb[0]", 1, None),
        ("quota.apiKey", "***", None),
        ("routingPolicyRules[0].schedule.from", 8, None),
    ]


def test_a_handler_of_an_unknown_type_is_no_webhook() -> None:
    """A handler whose type is not known keeps its type and settings as leaves, and its name is managed."""
    seen = read("EventHandler", eventEndpointType=word("kafka"), configurationData={"kafkaConfig": {"topic": "t"}})
    assert seen.spec == {"displayName": "Thing"}
    assert told(seen) == [("configurationData.kafkaConfig.topic", "t", None), ("eventEndpointType", "kafka", "webhook")]


def test_settings_that_are_saved_while_they_are_off_are_leaves() -> None:
    """User, password and addresses that are saved while basic authentication and access control are off are told."""
    saved = {"aclMode": "", "aclIpAddresses": "192.0.2.1", "basicAuthenticationEnabled": False, "username": "u"}
    seen = read("EdgeService", edgeServiceType=word("remoteaccessproxy"), instanceConfiguration=saved | {"password": 1})
    assert [(wire, value) for wire, value, _ in told(seen)] == [
        ("instanceConfiguration.aclIpAddresses", "192.0.2.1"),
        ("instanceConfiguration.username", "u"),
        ("instanceConfiguration.password", "***"),
    ]


def test_a_block_that_is_managed_as_a_whole_is_left_out_as_a_whole() -> None:
    """One server of a form that manifests do not take leaves out all of the DNS block, and each value in it is told."""
    seen = read("VSlice", dnsMode=word("custom"), dnsServers=["2001:db8::1"])
    assert told(seen) == [("dnsMode", "custom", "dns"), ("dnsServers", ["2001:db8::1"], "dns")]


def test_an_item_of_a_set_is_left_out_as_a_whole() -> None:
    """An entry with a word that is not known is left out of the list, and the other entries are managed."""
    entries = [
        {"id": "1", "iso3": "gbr", "operatorId": "12", "steeringProfileEntryAction": word("allow")},
        {"id": "2", "iso3": "NOR", "operatorId": None, "steeringProfileEntryAction": word("prefer"), "weight": 3},
    ]
    seen = read("OperatorPolicy", {"entries": entries})
    assert seen.spec["entries"][0] == {"country": "GBR", "operator": 12, "action": "allow"}
    assert told(seen) == [
        ("entries[1].iso3", "NOR", "entries[NOR]"),
        ("entries[1].steeringProfileEntryAction", "prefer", "entries[NOR]"),
        ("entries[1].weight", 3, None),
    ]


@pytest.mark.parametrize("shape", ["text", 7, True, {"a": 1}, [["x"]], [7]])
def test_a_form_that_is_not_known_never_makes_an_object_unreadable(shape: Any) -> None:
    """An object is read with any value where a list, block or word is expected, and the value is told as it came."""
    for kind, member in (
        ("RoutingPolicy", "routingPolicyRules"),
        ("RoutingPolicy", "routingPolicyEdgeServices"),
        ("RoutingPolicy", "routingPolicyStatus"),
        ("RoutingTarget", "configurationData"),
        ("EventHandler", "configurationData"),
        ("EdgeService", "instanceConfiguration"),
        ("VSlice", "dnsServers"),
        ("EndpointGroup", "sessionInactivityTime"),
        ("EndpointGroup", "vslice"),
    ):
        seen = read(kind, **{member: shape})
        assert seen.spec["displayName"] == "Thing"
        assert any(leaf.wire.startswith(member) for leaf in leaves_not_managed(seen)) or _holds(seen, shape)


def _holds(seen: Observed, value: Any) -> bool:
    """Whether the value is in the spec after all: a text is a moniker, and a number of seconds a number."""
    return value in (*seen.spec.values(), (seen.spec.get("sessionInactivity") or {}).get("seconds"))
