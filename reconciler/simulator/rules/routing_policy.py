"""Routing policies with their rules and the edge services that they use."""

from collections.abc import Iterator
from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Breach
from reconciler.simulator.seed import EDGE_SERVICE_TYPES, GATEWAYS, named, rate_limit
from reconciler.simulator.store import Row
from reconciler.simulator.world import (
    EDGE_SERVICES,
    POLICIES,
    TARGETS,
    VSLICES,
    Collection,
    Fields,
    View,
    address,
    choose,
    chosen,
    enum,
    fixed,
    pattern,
    port,
)

_LONGEST_DESCRIPTION = 500
_PORTED = {"tcp", "udp"}


def _accept(body: Body, before: Fields | None, world: View) -> Fields:
    text = body.text("vslice")
    wanted = world.require(VSLICES, text).id if text else None
    vslice = fixed(before, "vslice", before["vslice"] if before else wanted, wanted)
    if vslice is None:
        raise Breach("vslice is required.")
    state: Fields = {
        "vslice": vslice,
        "status": chosen(body, "routingPolicyStatus", before["status"] if before else "active"),
    }
    for side in ("Uplink", "Downlink"):
        state[f"rate{side}"] = _rate(body, f"rateLimit{side}Moniker", before[f"rate{side}"] if before else "unlimited")
        member = f"packetDiscard{side}Percentage"
        percent = body.integer(member)
        if percent is None:
            percent = before[f"discard{side}"] if before and not body.has(member) else 0
        if not 0 <= percent <= 100:
            raise Breach(f"{member} must be between 0 and 100.")
        state[f"discard{side}"] = percent
    state["rules"] = _rules(body, before, vslice, world)
    state["services"] = _services(body, before, vslice, world)
    return state


def _rate(body: Body, member: str, kept: str) -> str:
    if not body.has(member):
        return kept
    text = body.text(member)
    if text is None:
        return "unlimited"
    found = rate_limit(text)
    if found is None:
        raise Breach(f"The rate limit '{text}' does not exist ({member}).")
    return str(found["moniker"])


def _rules(body: Body, before: Fields | None, vslice: str, world: View) -> list[dict[str, Any]]:
    if before and not body.has("routingPolicyRules"):
        return list(before["rules"])
    old = list(before["rules"]) if before else []
    new = [_rule(part, place, vslice, world) for place, part in enumerate(body.parts("routingPolicyRules") or [])]
    for rule in new:
        # A rule that stays as it is keeps its id, wherever it moves.
        same = next((other for other in old if {**other, "id": None} == {**rule, "id": None}), None)
        if same is not None:
            old.remove(same)
        rule["id"] = same["id"] if same else world.store.new_id("rules")
    return new


def _rule(part: Body, place: int, vslice: str, world: View) -> dict[str, Any]:
    where = f"routingPolicyRules[{place}]"
    action, direction = (
        choose(part, "ruleAction", None),
        choose(part, "ruleDirection", None),
    )
    if action is None or direction is None:
        raise Breach(f"{where} needs ruleAction and ruleDirection.")
    description = part.text("description") or ""
    if len(description) > _LONGEST_DESCRIPTION:
        raise Breach(f"{where}: the description is longer than {_LONGEST_DESCRIPTION} characters.")
    gateway_text, enabled = part.text("regionalGateway"), part.flag("enabled")
    gateway = named(GATEWAYS, gateway_text) if gateway_text else None
    if gateway_text and gateway is None:
        raise Breach(f"{where}: the regional gateway '{gateway_text}' does not exist.")
    rule = {
        "id": None,
        "description": description,
        "action": action,
        "direction": direction,
        "source": pattern(part.text("sourceIpPattern"), f"{where}.sourceIpPattern"),
        "destination": pattern(part.text("destinationIpPattern"), f"{where}.destinationIpPattern"),
        "divertIp": part.text("divertIp"),
        "divertPort": part.key("divertPort"),
        "protocol": choose(part, "transportProtocol", None),
        "sourcePort": part.key("sourcePortPattern"),
        "destinationPort": part.key("destinationPortPattern"),
        "target": _target(part, action, where, vslice, world),
        "reflexive": bool(part.flag("reflexive")),
        "enabled": True if enabled is None else enabled,
        "gateway": gateway["moniker"] if gateway else None,
    }
    _check_ports(rule, where)
    if (divert := part.text("divertIp")) is not None:
        address(divert, f"{where}.divertIp")
    return rule


def _target(part: Body, action: str, where: str, vslice: str, world: View) -> str | None:
    text = part.text("routingTarget")
    if action == "forward" and text is None:
        raise Breach(f"{where}: the action forward needs a routingTarget.")
    if action != "forward" and text is not None:
        raise Breach(f"{where}: the action {action} takes no routingTarget.")
    if text is None:
        return None
    target = world.require(TARGETS, text)
    if target.state["vslice"] != vslice:
        raise Breach(f"{where}: the routing target '{target.moniker}' belongs to another VSlice.")
    return target.id


def _check_ports(rule: dict[str, Any], where: str) -> None:
    """D-37."""
    ports = {name: rule[name] for name in ("divertPort", "sourcePort", "destinationPort") if rule[name] is not None}
    if ports and rule["protocol"] not in _PORTED:
        raise Breach(f"{where}: ports are only possible with the transport protocol tcp or udp.")
    for name, text in ports.items():
        if name == "divertPort":
            port(text, f"{where}.{name}")
            continue
        for part in text.split(","):
            first, dash, last = part.strip().partition("-")
            low = port(first.strip(), f"{where}.{name}")
            if dash and port(last.strip(), f"{where}.{name}") < low:
                raise Breach(f"{where}: '{part.strip()}' is not a range of ports ({name}).")


def _services(body: Body, before: Fields | None, vslice: str, world: View) -> list[dict[str, Any]]:
    if before and not body.has("routingPolicyEdgeServices"):
        return list(before["services"])
    uses = []
    for part in body.parts("routingPolicyEdgeServices") or []:
        moniker = (part.text("moniker") or "").lower()
        if moniker not in EDGE_SERVICE_TYPES:
            raise Breach(f"The edge service type '{moniker}' does not exist.")
        instances = []
        for key in part.texts("edgeServiceInstanceIds") or []:
            row = world.require(EDGE_SERVICES, key)
            if row.state["vslice"] not in {None, vslice}:
                raise Breach(f"The edge service '{row.moniker}' belongs to another VSlice.")
            if row.state["type"] != moniker:
                raise Breach(f"The edge service '{row.moniker}' is not of type {moniker}.")
            instances.append(row.id)
        uses.append(
            {"type": moniker, "enabled": bool(part.flag("enabled")), "instances": list(dict.fromkeys(instances))}
        )
    return uses


def _show(row: Row, world: View) -> dict[str, Any]:
    state = row.state
    return {
        "vslice": world.ref(state["vslice"]),
        "rateLimitUplink": rate_limit(state["rateUplink"]),
        "rateLimitDownlink": rate_limit(state["rateDownlink"]),
        "packetDiscardUplinkPercentage": state["discardUplink"],
        "packetDiscardDownlinkPercentage": state["discardDownlink"],
        "routingPolicyStatus": enum("routingPolicyStatus", state["status"]),
        "routingPolicyRules": [_show_rule(rule, place, row.id, world) for place, rule in enumerate(state["rules"], 1)],
        "routingPolicyEdgeServices": list(_show_services(state, world)),
    }


def _show_rule(rule: dict[str, Any], place: int, owner: str, world: View) -> dict[str, Any]:
    gateway = named(GATEWAYS, rule["gateway"]) if rule["gateway"] else None
    return {
        "id": rule["id"],
        "routingPolicyId": owner,
        "description": rule["description"],
        "ruleAction": enum("ruleAction", rule["action"]),
        "ruleDirection": enum("ruleDirection", rule["direction"]),
        "precedence": place * 10,
        "sourceIpPattern": rule["source"],
        "destinationIpPattern": rule["destination"],
        "divertIp": rule["divertIp"],
        "divertPort": rule["divertPort"],
        "transportProtocol": enum("transportProtocol", rule["protocol"]),
        "sourcePortPattern": rule["sourcePort"],
        "destinationPortPattern": rule["destinationPort"],
        "routingTarget": world.ref(rule["target"]),
        "reflexive": rule["reflexive"],
        "enabled": rule["enabled"],
        "regionalGateway": gateway,
    }


def _show_services(state: Fields, world: View) -> Iterator[dict[str, Any]]:
    """Every service type, used or not."""
    used = {use["type"] for use in state["services"]}
    unused = [{"type": name, "enabled": False, "instances": []} for name in EDGE_SERVICE_TYPES if name not in used]
    for use in [*state["services"], *unused]:
        instances = use["instances"]
        yield {
            **EDGE_SERVICE_TYPES[use["type"]],
            "moniker": use["type"],
            "available": True,
            "enabled": use["enabled"],
            "hasInstance": bool(instances),
            "hasMultipleInstances": len(instances) > 1,
            "edgeServiceInstanceId": instances[0] if instances else None,
            "edgeServiceInstanceIds": instances,
            "edgeServiceInstances": [world.ref(key) for key in instances],
        }


def _references(state: Fields) -> Iterator[tuple[str, str]]:
    yield "vslice", state["vslice"]
    for rule in state["rules"]:
        if rule["target"]:
            yield "routingTarget", rule["target"]
    for use in state["services"]:
        for key in use["instances"]:
            yield "edgeService", key


COLLECTION = Collection(
    name=POLICIES,
    title="routing policy",
    accept=_accept,
    show=_show,
    references=_references,
    longest_name=150,
)
