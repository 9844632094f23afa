"""
The lens law: a body of a PUT is the answer that was read, and an edit changes the members of the edited field only.

Answers come from accounts that a grammar over everything that the platform accepts made, rewritten as a newer platform
would answer: members added at every depth, spelt in another case, retyped, removed. The form that a PUT has is told
here a second time, from the platform's reference: nothing of the codec is used to judge it.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.control_plane import codec
from reconciler.control_plane.patching import edited, replacement
from reconciler.diffing.canonical import normal
from reconciler.diffing.naming import name_unnamed
from reconciler.kinds import kind_named
from reconciler.model.secret import Plaintext, SecretRef
from reconciler.simulator.application import Simulator
from tests.accounts.grammar import Grammar
from tests.accounts.newer import NewerPlatform
from tests.conformance.client import Client
from tests.laws.effort import tried

COLLECTIONS = {
    "VSlice": "vslices",
    "RoutingTarget": "routingtargets",
    "RoutingPolicy": "RoutingPolicies",
    "OperatorPolicy": "OperatorPolicies",
    "RegionalPolicy": "RegionalPolicies",
    "EdgeService": "edgeservices",
    "EventHandler": "EventHandlers",
    "EventMap": "EventMaps",
    "EndpointGroup": "EndpointGroups",
}
# The members that a PUT does not carry: those that only the platform writes, and sub-collections.
READ_ONLY = {
    "VSlice": "id subnets endpointGroupCount endpointCount ipAllocationType",
    "RoutingTarget": "id routingTargetStatus publicInstanceConfiguration networkKey routingRedundancyZoneName "
    "regionalGatewayMoniker regionalGatewayName subnetAddress",
    "RoutingPolicy": "id",
    "OperatorPolicy": "id entries",
    "RegionalPolicy": "id entries active isFixed",
    "EdgeService": "id",
    "EventHandler": "id summaryDescription",
    "EventMap": "id subscriptions",
    "EndpointGroup": "id endpointsAssigned customerId secondaryGroups",
}
READ_ONLY_INSIDE = {
    "routingpolicyrules": {"id", "routingpolicyid", "precedence"},
    "routingpolicyedgeservices": {
        "name", "description", "iconshape", "available", "hasinstance", "hasmultipleinstances", "edgeserviceinstanceid",
        "edgeserviceinstances",
    },
}  # fmt: skip
RENAMED = {
    "ratelimituplink": "ratelimituplinkmoniker",
    "ratelimitdownlink": "ratelimitdownlinkmoniker",
    "routingtargettypeinstance": "routingtargettypeinstanceid",
}
SEEDS = tuple(range(12))


@cache
def answers(seed: int) -> Mapping[str, Sequence[tuple[dict[str, Any], dict[str, list[Any]]]]]:
    """The answers of one account, by kind: each object with its items by segment."""
    simulator = Simulator()
    client = Client(simulator)
    Grammar(Random(seed), client).fill(2)
    found: dict[str, list[tuple[dict[str, Any], dict[str, list[Any]]]]] = {}
    for name, collection in COLLECTIONS.items():
        for payload in client.get(f"/{collection}"):
            parts = {
                part.segment: client.get(f"/{collection}/{payload['id']}/{part.segment}")
                for part in kind_named(name).wire.items
                if not part.embedded and part.applies(payload)
            }
            found.setdefault(name, []).append((payload, parts))
    simulator.close()
    return found


class Thing:
    """One live object as a newer platform answers it."""

    def __init__(
        self, name: str, payload: dict[str, Any], parts: dict[str, list[Any]], newer: NewerPlatform | None
    ) -> None:
        self.kind = kind_named(name)
        self.payload = newer.rewritten(payload, "") if newer else payload
        self.parts = {segment: newer.rewritten(items, "[]") if newer else items for segment, items in parts.items()}
        self.seen = codec.decode(self.kind, self.payload, self.parts, seal=None)
        self.live = name_unnamed(self.kind, self.seen.spec)

    def body(self, **edits: Any) -> dict[str, Any]:
        """The body of a PUT that makes these edits, in one case and with its secrets in clear."""
        wanted = edited(self.kind, self.live, normal(self.kind, edits))
        body = lowered(replacement(self.kind, self.payload, self.live, wanted, self.seen.address.name))
        assert isinstance(body, dict)
        return body

    def carried(self) -> dict[str, Any]:
        """The answer in the form of a body, by the rules of the reference."""
        left_out = {name.lower() for name in READ_ONLY[self.kind.name].split()}
        result: dict[str, Any] = {}
        for name, value in self.payload.items():
            low = name.lower()
            if low not in left_out:
                result[RENAMED.get(low, low)] = flattened(value, READ_ONLY_INSIDE.get(low, frozenset()))
        if self.kind.name == "VSlice" and result.get("eventmap", "") is None:
            result["eventmap"] = ""
        rules = result.get("routingpolicyrules")
        if self.kind.name == "RoutingPolicy" and isinstance(rules, list):
            numbers = [int({k.lower(): v for k, v in r.items()}["precedence"]) for r in self.rules()]
            result["routingpolicyrules"] = [rules[at] for at in sorted(range(len(rules)), key=lambda at: numbers[at])]
        return result

    def rules(self) -> list[dict[str, Any]]:
        """The rules of a policy as they were answered."""
        return list(next(value for name, value in self.payload.items() if name.lower() == "routingpolicyrules"))


def flattened(value: Any, left_out: Any = frozenset()) -> Any:
    """References and words as the bare monikers that a body has, members in one case."""
    if isinstance(value, list):
        return [flattened(item, left_out) for item in value]
    if not isinstance(value, dict):
        return value
    names = {name.lower() for name in value}
    if "moniker" in names and names & {"id", "key"} and names <= {"id", "key", "moniker", "name", "active"}:
        return value["moniker"]
    return {name.lower(): flattened(inner) for name, inner in value.items() if name.lower() not in left_out}


def lowered(value: Any) -> Any:
    """A body with members in one case and secrets in clear."""
    if isinstance(value, Plaintext):
        return value.reveal()
    if isinstance(value, list):
        return [lowered(item) for item in value]
    if isinstance(value, Mapping):
        return {name.lower(): lowered(inner) for name, inner in value.items()}
    return value


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """The places where two bodies differ, list positions left out."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            if one.get(name, "absent") != other.get(name, "absent"):
                yield from differences(one.get(name), other.get(name), f"{path}.{name}" if path else name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for old, new in zip(one, other, strict=True):
            yield from differences(old, new, f"{path}[]")
    elif one != other:
        yield path


def drawn(data: st.DataObject, name: str) -> Thing:
    """One object of a kind out of an account, as it is or as a newer platform answers it."""
    accounts = [seed for seed in SEEDS if name in answers(seed)]
    seed = data.draw(st.sampled_from(accounts), label="account")
    payload, parts = data.draw(st.sampled_from(answers(seed)[name]), label="object")
    number = data.draw(st.none() | st.integers(0, 10**6), label="newer platform")
    return Thing(name, payload, parts, None if number is None else NewerPlatform(number))


@pytest.mark.parametrize("name", COLLECTIONS)
@given(data=st.data())
@tried(25)
def test_without_an_edit_a_put_is_the_answer_that_was_read(name: str, data: st.DataObject) -> None:
    """put(get(x), x) == x on the members that a PUT may carry, whatever the platform answers."""
    thing = drawn(data, name)
    own = {"subnetaddress"} if name == "VSlice" else set()
    body = {member: value for member, value in thing.body().items() if member not in own}
    assert body == thing.carried()


@pytest.mark.parametrize("name", COLLECTIONS)
@given(data=st.data())
@tried(25)
def test_an_edit_changes_the_members_of_its_field_and_no_others(name: str, data: st.DataObject) -> None:
    """The places where the bodies with and without an edit differ are those of the field that is edited."""
    thing = drawn(data, name)
    field, value, members = data.draw(st.sampled_from(list(edits_of(thing))), label="edit")
    assert set(differences(thing.body(), thing.body(**{field: value}))) <= members
    if value != thing.live.get(field):
        assert thing.body() != thing.body(**{field: value})


def edits_of(thing: Thing) -> Iterator[tuple[str, Any, set[str]]]:
    """Edits that a manifest can make of this object: field, value, and the members that may change."""
    yield "displayName", "Another name", {"name"}
    if thing.kind.name == "RoutingPolicy":
        yield from _policy_edits(thing.live)
    yield from _block_edits(thing.kind.name, thing.live)


def _policy_edits(spec: Mapping[str, Any]) -> Iterator[tuple[str, Any, set[str]]]:
    yield "packetDiscard", {"uplinkPercent": 77}, {"packetdiscarduplinkpercentage"}
    yield "rateLimit", {"downlink": "3mbits"}, {"ratelimitdownlinkmoniker"}
    yield from _rule_edits(spec.get("rules") or [])
    uses = spec.get("edgeServices") or []
    if uses and len({use["service"] for use in uses}) == len(uses):
        members = {f"routingpolicyedgeservices[].{name}" for name in ("enabled", "edgeserviceinstanceids")}
        whole = {"routingpolicyedgeservices"}
        yield "edgeServices", [{**use, "enabled": not use["enabled"]} for use in uses], members
        yield "edgeServices", uses[1:], members
        yield "edgeServices", [*uses, {"service": "one-more", "enabled": True}], members | whole


def _block_edits(name: str, spec: Mapping[str, Any]) -> Iterator[tuple[str, Any, set[str]]]:
    match name:
        case "EdgeService":
            yield "port", 4711, {"instanceconfiguration.port"}
            yield "trustInsecureCertificate", True, {"instanceconfiguration.trustinsecurecertificate"}
            acl = {"mode": "deny", "addresses": ["192.0.2.77"]}
            yield "acl", acl, {"instanceconfiguration.aclmode", "instanceconfiguration.aclipaddresses"}
            auth = {"username": "someone", "password": SecretRef(env="X")}
            names = ("basicauthenticationenabled", "username", "password")
            yield "basicAuth", auth, {f"instanceconfiguration.{name}" for name in names}
        case "EventHandler":
            if "webhook" in spec:
                yield "webhook", {"timeoutSeconds": 99}, {"configurationdata.webhookconfig.timeout"}
            if "smpp" in spec:
                yield "smpp", {"port": 4711}, {"configurationdata.smppconfig.port"}
        case "RoutingTarget":
            if "vpn" in spec:
                yield "vpn", {"ike": "aes-other"}, {"configurationdata.vpnconfig.vpnikeoption"}
            if "wireguard" in spec:
                remote = {"remoteSubnets": ["192.0.2.0/30"]}
                yield "wireguard", remote, {"configurationdata.wireguardconfig.remotesubnets"}
        case "EndpointGroup":
            members = {"sessioninactivitytime", "sessioninactivityaction"}
            yield "sessionInactivity", {"seconds": 4711, "action": "notify"}, members
        case "OperatorPolicy":
            yield "allow2g", spec.get("allow2g") is not True, {"allow2g"}
        case "VSlice":
            yield "apnPattern", "*.other", {"apnpattern"}


def _rule_edits(rules: list[dict[str, Any]]) -> Iterator[tuple[str, Any, set[str]]]:
    for at, rule in enumerate(rules):
        edited = [*rules]
        edited[at] = {**rule, "enabled": rule["enabled"] is not True}
        yield "rules", edited, {"routingpolicyrules[].enabled"}
        edited = [*rules]
        edited[at] = {**rule, "description": "Another text"}
        yield "rules", edited, {"routingpolicyrules[].description"}
        if isinstance(rule.get("match", {}), dict):
            edited = [*rules]
            edited[at] = {**rule, "match": {**rule.get("match", {}), "source": "192.0.2.78"}}
            yield "rules", edited, {"routingpolicyrules[].sourceippattern"}
    if rules:
        yield "rules", rules[1:], {"routingpolicyrules"}
        new = {"name": "brand-new", "direction": "uplink", "action": "drop", "description": ""}
        yield "rules", [*rules, {**new, "reflexive": False, "enabled": True}], {"routingpolicyrules"}


def test_only_a_description_that_has_our_name_keeps_it() -> None:
    """A name is written into the description of a new rule, and stays where it is; no other rule gets one."""
    rules = [
        {"description": text, "ruleAction": "drop", "ruleDirection": "uplink"} for text in ("Plain", "[ours] Text")
    ]
    thing = Thing("RoutingPolicy", {"id": "1", "moniker": "policy", "name": "P", "routingPolicyRules": rules}, {}, None)
    edited_rules = [{**rule, "description": "New"} for rule in thing.live["rules"]]
    new = {"name": "third", "direction": "uplink", "action": "drop", "description": "New"}

    written = thing.body(rules=[*edited_rules, new])["routingpolicyrules"]

    assert [rule["description"] for rule in written] == ["New", "[ours] New", "[third] New"]
