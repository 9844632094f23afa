"""Random edits of a platform by somebody who uses its wire, and the place that each belongs to in the manifests."""

import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.conformance.client import Client
from tests.features.drift.commented import LORRIES, MACHINES

TEXTS = (
    "Plain words", "It's quoted", 'Says "hello"', "with: colon", "hash # inside", "007", "yes", "null", "1.5", "- dash",
    "Zürich", "日本", "tab-less  blanks", "trailing dot.", "{brace", "[bracket", "@at", "%percent", "comma, comma",
    "*star", "!bang", "&and", "> more", "| pipe", "~~", "2026-01-02", "20:22", "0x1F", "back\\slash", "😀 smile",
    "a" * 50,
)  # fmt: skip
"""Texts that the portal takes for a name; many mean something in YAML."""
PORTS = ("80", "443", "8080", "1024-2048", "53", "123", "8883")
COUNTRIES = ("ITA", "ESP", "BEL", "POL", "CZE", "CHE", "DNK", "SWE")


class Place(NamedTuple):
    """The place of an edit: the file, the address, the path below spec, and what happens there."""

    file: str
    address: str
    path: tuple[str | int, ...]
    verb: str
    item: str = ""


NETWORK, GROUPS, TABLE = "estate/network.yaml", "estate/groups.yaml", "sims/machines.csv"


def edited(portal: Client, rng: random.Random) -> Place:
    """Make one edit that the platform takes, and that changes something."""
    return rng.choice(_EDITS)(portal, rng)


def _other(rng: random.Random, now: Any, choices: Any) -> Any:
    return rng.choice([choice for choice in choices if choice != now])


def _plain(value: Any) -> Any:
    return value["moniker"] if isinstance(value, dict) and "moniker" in value else value


def _name(portal: Client, rng: random.Random) -> Place:
    collection, kind, file, name = rng.choice(
        (
            ("vslices", "VSlice", NETWORK, "plant-net"),
            ("routingtargets", "RoutingTarget", NETWORK, "plant-out"),
            ("RoutingPolicies", "RoutingPolicy", NETWORK, "plant-route"),
            ("EventMaps", "EventMap", NETWORK, "plant-map"),
            ("EndpointGroups", "EndpointGroup", GROUPS, "plant-lorries"),
            ("OperatorPolicies", "OperatorPolicy", NETWORK, "plant-operators"),
        )
    )
    now = portal.get(f"/{collection}/{name}")["name"]
    portal.ok("PUT", f"/{collection}/{name}", {"name": _other(rng, now, TEXTS)})
    return Place(file, f"{kind}/{name}", ("displayName",), "edit")


def _rules(portal: Client) -> list[dict[str, Any]]:
    kept = ("id", "precedence", "routingPolicyId")
    found = portal.get("/RoutingPolicies/plant-route")["routingPolicyRules"]
    return [{name: _plain(value) for name, value in one.items() if name not in kept} for one in found]


def _rule_name(one: Mapping[str, Any]) -> str:
    return str(one["description"]).partition("]")[0].removeprefix("[")


def _put_rules(portal: Client, rules: list[dict[str, Any]]) -> None:
    portal.ok("PUT", "/RoutingPolicies/plant-route", {"routingPolicyRules": rules})


def _rule_edit(portal: Client, rng: random.Random) -> Place:
    rules = _rules(portal)
    one = rng.choice(rules)
    match rng.randrange(4):
        case 0:
            one["destinationPortPattern"] = _other(rng, one["destinationPortPattern"], PORTS)
            one["transportProtocol"] = one["transportProtocol"] or "tcp"
        case 1:
            one["enabled"] = not one["enabled"]
        case 2:
            one["description"] = f"[{_rule_name(one)}] {_other(rng, None, TEXTS[:8])} {rng.randrange(1000)}"
        case _:
            one["destinationIpPattern"] = _other(rng, one["destinationIpPattern"], ("10.1.0.0/16", "10.2.0.0/16"))
    _put_rules(portal, rules)
    return Place(NETWORK, "RoutingPolicy/plant-route", ("rules",), "edit-item", _rule_name(one))


def _rule_insert(portal: Client, rng: random.Random) -> Place:
    rules = _rules(portal)
    name = f"new-{rng.randrange(10_000)}"
    one = dict(rng.choice(rules), description=f"[{name}] {rng.choice(TEXTS[:6])}", destinationPortPattern="7")
    one["transportProtocol"] = "tcp"
    rules.insert(rng.randrange(len(rules) + 1), one)
    _put_rules(portal, rules)
    return Place(NETWORK, "RoutingPolicy/plant-route", ("rules",), "insert", name)


def _rule_remove(portal: Client, rng: random.Random) -> Place:
    rules = _rules(portal)
    if len(rules) < 3:
        return _rule_insert(portal, rng)
    one = rules.pop(rng.randrange(len(rules)))
    _put_rules(portal, rules)
    return Place(NETWORK, "RoutingPolicy/plant-route", ("rules",), "remove", _rule_name(one))


def _rule_move(portal: Client, rng: random.Random) -> Place:
    rules = _rules(portal)
    source = rng.randrange(len(rules))
    targets = [place for place in range(len(rules)) if abs(place - source) > 1]
    if not targets:
        # Of two neighbours that change places, either may be called the one that moved.
        return _rule_insert(portal, rng)
    target = rng.choice(targets)
    one = rules.pop(source)
    rules.insert(target, one)
    _put_rules(portal, rules)
    return Place(NETWORK, "RoutingPolicy/plant-route", ("rules",), "move", _rule_name(one))


def _policy_field(portal: Client, rng: random.Random) -> Place:
    read, written, field, choices = rng.choice(
        (
            ("rateLimitUplink", "rateLimitUplinkMoniker", "rateLimit", ("1mbits", "2mbits", "5mbits", "unlimited")),
            ("packetDiscardUplinkPercentage", "packetDiscardUplinkPercentage", "packetDiscard", (0, 5, 10)),
            ("routingPolicyStatus", "routingPolicyStatus", "status", ("active", "inactive")),
        )
    )
    now = _plain(portal.get("/RoutingPolicies/plant-route")[read])
    portal.ok("PUT", "/RoutingPolicies/plant-route", {written: _other(rng, now, choices)})
    return Place(NETWORK, "RoutingPolicy/plant-route", (field,), "edit")


def _entries(portal: Client, rng: random.Random, collection: str, name: str) -> tuple[list[dict[str, Any]], list[int]]:
    found = portal.get(f"/{collection}/{name}/entries")
    kept = ("operatorId", "iso3", "steeringProfileEntryAction")
    entries = [{k: _plain(v) for k, v in one.items() if k in kept} for one in found]
    for one, seen in zip(entries, found, strict=True):
        if "regionalGateway" in seen:
            one["regionalGatewayId"] = _plain(seen["regionalGateway"])
    return entries, [place for place, one in enumerate(entries) if one["iso3"] is not None]


def _entry(portal: Client, rng: random.Random) -> Place:
    collection, address, member, words = rng.choice(
        (
            (
                "OperatorPolicies",
                "OperatorPolicy/plant-operators",
                "steeringProfileEntryAction",
                ("allow", "reject-hard"),
            ),
            ("RegionalPolicies", "RegionalPolicy/plant-regions", "regionalGatewayId", ("europe", "north-america")),
        )
    )
    name = address.partition("/")[2]
    entries, placed = _entries(portal, rng, collection, name)
    verb = rng.choice(("edit-item", "insert", "remove"))
    if verb == "remove" and len(placed) > 1:
        item = entries.pop(rng.choice(placed))["iso3"]
    elif verb == "edit-item" and placed:
        one = entries[rng.choice(placed)]
        item, one[member] = one["iso3"], _other(rng, one[member], words)
    else:
        verb, item = "insert", _other(rng, None, [c for c in COUNTRIES if c not in {e["iso3"] for e in entries}])
        entries.append({"operatorId": None, "iso3": item, member: words[0]})
    portal.ok("PUT", f"/{collection}/{name}", {"entries": entries})
    return Place(NETWORK, address, ("entries",), verb, item)


def _subscription(portal: Client, rng: random.Random) -> Place:
    found = portal.get("/EventMaps/plant-map/subscriptions")
    names = {
        "endpointsteered_v1": "EndpointSteered_v1",
        "endpointimeichanged_v1": "EndpointIMEIChanged_v1",
        "endpointauthenticated_v1": "EndpointAuthenticated_v1",
        "endpointpurged_v1": "EndpointPurged_v1",
        "endpointforciblydetached_v1": "EndpointForciblyDetached_v1",
    }
    live = {one["eventType"]["moniker"].lower(): one["id"] for one in found}
    new = [name for name in names if name not in live]
    if new and (len(live) < 2 or rng.random() < 0.5):
        chosen = rng.choice(new)
        body = [{"eventEndpointId": "plant-hook", "eventTypeId": chosen}]
        portal.ok("POST", "/EventMaps/plant-map/subscriptions", body)
        return Place(NETWORK, "EventMap/plant-map", ("subscriptions",), "insert", names[chosen])
    chosen = rng.choice([name for name in live if name in names])
    portal.ok("DELETE", f"/EventMaps/plant-map/subscriptions/{live[chosen]}")
    return Place(NETWORK, "EventMap/plant-map", ("subscriptions",), "remove", names[chosen])


def _group(portal: Client, rng: random.Random) -> Place:
    name = rng.choice(("plant-machines", "plant-lorries"))
    read, field, choices = rng.choice(
        (
            ("steeringProfile", "operatorPolicy", (None, "plant-operators")),
            ("eventMap", "eventMap", (None, "plant-map")),
            ("regionalGatewayPolicy", "regionalPolicy", ("automatic", "plant-regions")),
            ("sessionInactivityTime", "sessionInactivity", (600, 900, 1800, 3600)),
        )
    )
    if field == "sessionInactivity":
        name = "plant-machines"
    now = portal.get(f"/EndpointGroups/{name}")[read]
    chosen = _other(rng, _plain(now), choices)
    portal.ok("PUT", f"/EndpointGroups/{name}", {read: "" if chosen is None and read == "eventMap" else chosen})
    return Place(GROUPS, f"EndpointGroup/{name}", (field,), "edit")


def _service(portal: Client, rng: random.Random) -> Place:
    seen = portal.get("/edgeservices/plant-ui")["instanceConfiguration"]
    body = {name: _plain(value) for name, value in seen.items()}
    addresses = body["aclIpAddresses"].split(",")
    if rng.random() < 0.5:
        body["port"] = _other(rng, body["port"], (443, 8443, 80))
        place = Place(NETWORK, "EdgeService/plant-ui", ("port",), "edit")
    else:
        place = Place(NETWORK, "EdgeService/plant-ui", ("acl",), "edit")
        new = f"203.0.113.{rng.randrange(60, 250)}"
        if rng.random() < 0.5 or len(addresses) < 2:
            addresses.append(new)
        else:
            addresses[rng.randrange(len(addresses))] = new
        body["aclIpAddresses"] = ",".join(dict.fromkeys(addresses))
    portal.ok("PUT", "/edgeservices/plant-ui", {"instanceConfiguration": body})
    return place


def _hook(portal: Client, rng: random.Random) -> Place:
    config = portal.get("/EventHandlers/plant-hook")["configurationData"]
    now = config["webhookConfig"]["timeout"]
    config["webhookConfig"]["timeout"] = _other(rng, now, ("5", "10", "15", "20"))
    portal.ok("PUT", "/EventHandlers/plant-hook", {"configurationData": config})
    return Place(NETWORK, "EventHandler/plant-hook", ("webhook", "timeoutSeconds"), "edit")


def _dns(portal: Client, rng: random.Random) -> Place:
    now = portal.get("/vslices/plant-net")
    servers = _other(rng, now["dnsServers"], (["10.0.0.53"], ["10.0.0.53", "10.0.1.53"], ["10.0.1.53", "10.0.2.53"]))
    portal.ok("PUT", "/vslices/plant-net", {"dnsMode": "custom", "dnsServers": servers})
    return Place(NETWORK, "VSlice/plant-net", ("dns", "servers"), "edit")


def _machine(portal: Client, rng: random.Random) -> Place:
    chosen = rng.choice(MACHINES)
    seen = portal.get(f"/endpoints/{chosen}")
    if rng.random() < 0.6:
        field = rng.choice(("name", "tags")) if seen["tags"] else "name"
        tags = [*seen["tags"][:1], f"t{rng.randrange(100)}"]
        value = _other(rng, seen["name"], TEXTS) if field == "name" else tags
        portal.ok("PUT", f"/endpoints/{chosen}", {field: value})
    else:
        states = {"active": "suspended", "suspended": "active"}
        portal.ok("PUT", f"/endpoints/{chosen}/status", {"endpointStatus": states[_plain(seen["endpointStatus"])]})
    return Place(TABLE, "EndpointSet/machines", (), "row", chosen)


def _lorry(portal: Client, rng: random.Random) -> Place:
    chosen = rng.choice(LORRIES)
    now = portal.get(f"/endpoints/{chosen}")["name"]
    portal.ok("PUT", f"/endpoints/{chosen}", {"name": _other(rng, now, TEXTS)})
    return Place(GROUPS, "EndpointSet/lorries", ("members", 0, "list"), "edit-item", chosen)


_EDITS: tuple[Callable[[Client, random.Random], Place], ...] = (
    _name, _name, _rule_edit, _rule_edit, _rule_insert, _rule_remove, _rule_move, _rule_move, _policy_field, _entry,
    _entry, _entry, _subscription, _group, _group, _service, _hook, _dns, _machine, _machine, _lorry,
)  # fmt: skip
