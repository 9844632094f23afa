"""
Routing policies: ordered rules, first match wins, implicit drop at the end.

Length: the whole of a kind is in its file, and this one has three blocks of its own on the wire.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Required

from typing_extensions import TypedDict

from reconciler.kinds import edge_service, routing_target
from reconciler.model.closed import closed
from reconciler.model.covering import covered_rules
from reconciler.model.effects import LABEL, SERVICE, TRAFFIC, Effects
from reconciler.model.fields import Default, Doc, Immutable, Listed, Ordered, Ref, Unordered
from reconciler.model.kind import Kind
from reconciler.model.lookup import lookups, spec_path
from reconciler.model.references import bare
from reconciler.model.resource import Resource, Spec
from reconciler.model.rules import Finding, Rule, World, scope_breach, unique_items
from reconciler.model.scalars import AddressPattern, Boolean, Code, Ipv4, Percent, Port, Ports, Reference, length
from reconciler.model.traffic.policies import PolicyFields
from reconciler.model.wire import (
    CODE,
    Field,
    Fold,
    Wire,
    code_of,
    enumeration,
    flag_of,
    moniker_of,
    number_of,
    patched,
    reference,
)


@closed
class RateLimit(TypedDict, total=False):
    """Rate limits by direction, in the platform's words."""

    uplink: Annotated[Code, Listed("rate-limits"), Default("unlimited"), Doc("From the device, e.g. 1mbits.")]
    downlink: Annotated[Code, Listed("rate-limits"), Default("unlimited"), Doc("To the device, e.g. 10mbits.")]


@closed
class PacketDiscard(TypedDict, total=False):
    """Packets thrown away on purpose, by direction, for tests of bad networks."""

    uplinkPercent: Annotated[Percent, Default(0), Doc("Share of uplink packets, 0 to 100 (D-38).")]
    downlinkPercent: Annotated[Percent, Default(0), Doc("Share of downlink packets, 0 to 100 (D-38).")]


@closed
class RuleMatch(TypedDict, total=False):
    """The traffic that a rule applies to; a field that is left out matches everything."""

    source: Annotated[AddressPattern, Doc("Source address or network.")]
    destination: Annotated[AddressPattern, Doc("Destination address or network.")]
    protocol: Annotated[Literal["tcp", "udp", "icmp"], Doc("Transport protocol.")]
    sourcePorts: Annotated[Ports, Doc("One port or a range a-b; only with tcp or udp (D-37).")]
    destinationPorts: Annotated[Ports, Doc("One port or a range a-b; only with tcp or udp (D-37).")]


@closed
class Divert(TypedDict, total=False):
    """Where matching packets are sent instead."""

    ip: Annotated[Ipv4, Doc("Address to divert to.")]
    port: Annotated[Port, Doc("Port to divert to; only with tcp or udp (D-37).")]


@closed
class RoutingRule(TypedDict, total=False):
    """One rule; its name is its identity and is kept in the rule's description on the platform."""

    name: Required[Annotated[str, length(1, 60), Doc("Identity of the rule inside its policy.")]]
    description: Annotated[str, length(0, 200), Default(""), Doc("Free text.")]
    direction: Required[Annotated[Literal["uplink", "downlink"], Doc("From or to the device.")]]
    action: Required[Annotated[Literal["forward", "drop", "reflect"], Doc("The treatment of matching traffic.")]]
    target: Annotated[Reference, Ref("RoutingTarget"), Doc("Where to forward to; only and always with forward (D-36).")]
    match: Annotated[RuleMatch, Doc("The traffic that the rule applies to.")]
    divert: Annotated[Divert, Doc("Rewrite the destination.")]
    regionalGateway: Annotated[Code, Listed("gateways"), Doc("Only traffic of this gateway.")]
    reflexive: Annotated[Boolean, Default(False), Doc("Also allow the answers.")]
    enabled: Annotated[Boolean, Default(True), Doc("An omitted value means enabled.")]


@closed
class EdgeServiceUse(TypedDict, total=False):
    """An edge service that traffic of this policy may use."""

    service: Required[Annotated[Reference, Ref("EdgeService"), Doc("The edge service.")]]
    enabled: Annotated[Boolean, Default(True), Doc("Whether it is switched on for this policy.")]


@closed
class RoutingPolicySpec(TypedDict, total=False):
    """How traffic of the groups that use it is routed: ordered rules, limits, edge services."""

    displayName: Annotated[str, length(2, 150), Doc("The portal's Name; default: the moniker (D-3).")]
    vslice: Required[Annotated[Reference, Ref("VSlice"), Immutable("D-8"), Doc("The VSlice that it belongs to.")]]
    status: Annotated[Literal["active", "inactive"], Default("active"), Doc("Whether the policy is in force.")]
    rateLimit: Annotated[RateLimit, Doc("Rate limits.")]
    packetDiscard: Annotated[PacketDiscard, Doc("Deliberate packet loss.")]
    rules: Annotated[
        list[RoutingRule], Ordered("name"), Doc("Ordered: the first match wins, no match is dropped (D-35).")
    ]
    edgeServices: Annotated[list[EdgeServiceUse], Unordered(("service",)), Doc("Edge services in use (D-53).")]


VSLICE, _STATUS, _RULES, _SERVICES = lookups(RoutingPolicySpec, "vslice", "status", "rules", "edgeServices")
_NAME, _DESCRIPTION, _TARGET, _MATCH = lookups(RoutingRule, "name", "description", "target", "match")
_DIRECTION, _ACTION, _DIVERT, _GATEWAY = lookups(RoutingRule, "direction", "action", "divert", "regionalGateway")
_REFLEXIVE, _ENABLED = lookups(RoutingRule, "reflexive", "enabled")
_SOURCE, _DESTINATION, _PROTOCOL = lookups(RuleMatch, "source", "destination", "protocol")
_SOURCE_PORTS, _DESTINATION_PORTS = lookups(RuleMatch, "sourcePorts", "destinationPorts")
_MATCHING = {
    _SOURCE: "sourceIpPattern",
    _DESTINATION: "destinationIpPattern",
    _PROTOCOL: "transportProtocol",
    _SOURCE_PORTS: "sourcePortPattern",
    _DESTINATION_PORTS: "destinationPortPattern",
}
_IP, _PORT = lookups(Divert, "ip", "port")
_SERVICE, _IS_USED = lookups(EdgeServiceUse, "service", "enabled")
_NAMED = re.compile(r"\[(?P<name>[^\[\]]{1,60})\](?: (?P<text>.*))?", re.DOTALL)


_PROXY = "remoteaccessproxy"
_RULE, _USE = "routingPolicyRules[]", "routingPolicyEdgeServices[]"
_RULE_MEMBERS = {
    "description": "description",
    "ruleAction": "action",
    "ruleDirection": "direction",
    **{member: f"match.{name}" for name, member in _MATCHING.items()},
    "divertIp": "divert.ip",
    "divertPort": "divert.port",
    "routingTarget": "target",
    "reflexive": "reflexive",
    "enabled": "enabled",
    "regionalGateway": "regionalGateway",
}
_TOLD_OF_USE = (
    "name", "description", "iconShape", "available", "hasInstance", "hasMultipleInstances", "edgeServiceInstanceId",
    "edgeServiceInstances",
)  # fmt: skip


def _by_precedence(rules: Any) -> Any:
    """The rules in the order in which they match; as they came where the platform does not number them."""
    numbers = [number_of(rule.get("precedence")) for rule in rules]
    if any(not isinstance(number, int) for number in numbers):
        return rules
    return [rules[at] for at in sorted(range(len(rules)), key=lambda at: numbers[at])]


def _unheld_services(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """A service type that is switched on without an instance: no field names a type."""
    for at, use in enumerate(payload.get("routingPolicyEdgeServices") or ()):
        if use.get("enabled") and not use.get("edgeServiceInstanceIds"):
            why = "a service type that is switched on without a service of it has no field"
            yield f"routingPolicyEdgeServices[{at}].moniker", use.get("moniker"), why
            yield f"routingPolicyEdgeServices[{at}].enabled", True, why


def _description(rule: Mapping[str, Any], *, is_named: bool = True) -> str:
    name, text = _NAME.of(rule) if is_named else None, str(_DESCRIPTION.of(rule) or "")
    return text if not name else f"[{name}] {text}" if text else f"[{name}]"


def _name_in(description: Any) -> re.Match[str] | None:
    """The name that a description begins with, and the text after it."""
    named = _NAMED.fullmatch(description) if isinstance(description, str) else None
    return named if named and named["name"].isprintable() and named["name"].strip() == named["name"] else None


def _read_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    text = rule.get("description") or ""
    named = _name_in(text)
    read: dict[str, Any] = {
        "name": named["name"] if named else None,
        "description": (named["text"] or "") if named else text,
        "direction": moniker_of(rule.get("ruleDirection")),
        "action": moniker_of(rule.get("ruleAction")),
        "reflexive": flag_of(rule.get("reflexive"), default=False),
        "enabled": flag_of(rule.get("enabled"), default=True),
    }
    match = {str(field): moniker_of(rule.get(member)) for field, member in _MATCHING.items()}
    divert = {"ip": rule.get("divertIp"), "port": number_of(rule.get("divertPort"))}
    optional = {
        "target": moniker_of(rule.get("routingTarget")),
        "regionalGateway": code_of(rule.get("regionalGateway")),
        "match": {name: value for name, value in match.items() if value},
        "divert": {name: value for name, value in divert.items() if value},
    }
    return read | {name: value for name, value in optional.items() if value}


def _write_rule(rule: Mapping[str, Any], *, is_named: bool = True) -> dict[str, Any]:
    match, divert = _MATCH.of(rule) or {}, _DIVERT.of(rule) or {}
    port = _PORT.of(divert)
    return {
        "description": _description(rule, is_named=is_named),
        "ruleAction": _ACTION.of(rule),
        "ruleDirection": _DIRECTION.of(rule),
        "sourceIpPattern": _SOURCE.of(match),
        "destinationIpPattern": _DESTINATION.of(match),
        "divertIp": _IP.of(divert),
        "divertPort": None if port is None else str(port),
        "transportProtocol": _PROTOCOL.of(match),
        "sourcePortPattern": _SOURCE_PORTS.of(match),
        "destinationPortPattern": _DESTINATION_PORTS.of(match),
        "routingTarget": bare(_TARGET.of(rule) or "") or None,
        "reflexive": _REFLEXIVE.of(rule),
        "regionalGateway": _GATEWAY.of(rule),
        "enabled": _ENABLED.of(rule),
    }


def _patch_rules(_raw: Any, carried: Any, live: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Any]:
    """
    The rules as they were read, with the edits.

    Only a new rule has its name written into its description. A rule that has none there keeps its description, and
    its name is kept beside its id.
    """
    old = {_NAME.of(rule): (rule, read) for rule, read in zip(_RULES.of(live) or (), carried or (), strict=True)}
    result = []
    for rule in _RULES.of(wanted) or ():
        if _NAME.of(rule) not in old:
            result.append(_write_rule(rule))
            continue
        before, read = old[_NAME.of(rule)]
        named = _name_in(read.get("description"))
        is_named = named is not None and named["name"] == _NAME.of(rule)
        result.append(patched(read, _write_rule(before, is_named=is_named), _write_rule(rule, is_named=is_named)))
    return result


@dataclass
class _Use:
    """One use as it was read, its instances with the services that they are, and those of them that stay in it."""

    read: Mapping[str, Any]
    enabled: bool
    instances: Sequence[tuple[Any, str]]
    kept: list[Any]

    @property
    def type(self) -> str:
        return str(self.read.get("moniker"))

    def takes(self, name: str, *, enabled: bool) -> bool:
        """Whether a service of this type may come into the use: it is of that type, and as enabled or still empty."""
        return self.type == name and (self.enabled == enabled if self.instances or self.kept else True)

    def patched(self) -> Mapping[str, Any]:
        """The use with what became of it; a service type that lost its last service is switched off."""
        is_lost = bool(self.instances) and not self.kept
        if is_lost or self.enabled is not flag_of(self.read.get("enabled"), default=False):
            return {**self.read, "enabled": self.enabled and not is_lost, "edgeServiceInstanceIds": self.kept}
        is_same = self.kept == [key for key, _ in self.instances]
        return self.read if is_same else {**self.read, "edgeServiceInstanceIds": self.kept}


def _patch_services(raw: Any, carried: Any, live: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Any]:
    """
    The uses as they were read, grouped by service type, with the edits.

    A group whose services are all switched on or off goes with them; a single one of several leaves its group.
    """
    left = Counter((bare(_SERVICE.of(use)), _IS_USED.of(use)) for use in _SERVICES.of(wanted) or ())
    uses = [
        _Use(written, flag_of(read.get("enabled"), default=False), _instances(read), [])
        for read, written in zip(raw or (), carried or (), strict=True)
    ]
    for use in uses:
        use.kept = [key for key, name in use.instances if _taken(left, (name, use.enabled))]
    for use in uses:
        others = [(name, not use.enabled) for _, name in use.instances]
        if others and not use.kept and all(left[other] > 0 for other in others):
            use.enabled, use.kept = not use.enabled, [key for key, _ in use.instances]
            left.subtract(others)
    types = {name: use.type for use in uses for _, name in use.instances}
    new: list[_Use] = []
    for name, enabled in left.elements():
        home = next((use for use in (*uses, *new) if use.takes(types.get(name, _PROXY), enabled=enabled)), None)
        if home is None:
            home = _Use({"moniker": types.get(name, _PROXY), "enabled": enabled}, enabled, (), [])
            new.append(home)
        home.enabled = enabled
        home.kept.append(name)
    return [use.patched() for use in (*uses, *new)]


def _taken(left: Counter[tuple[str, bool]], use: tuple[str, bool]) -> bool:
    is_there = left[use] > 0
    left[use] -= is_there
    return is_there


def _instances(use: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """The keys of the instances of a use, each with the service that it is."""
    monikers = {item.get("id"): item.get("moniker") for item in use.get("edgeServiceInstances") or ()}
    return [(key, monikers.get(key) or key) for key in use.get("edgeServiceInstanceIds") or ()]


def _read_services(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """One use for each instance: the platform groups instances by service type."""
    found: list[dict[str, Any]] = []
    for use in payload.get("routingPolicyEdgeServices") or ():
        enabled = flag_of(use.get("enabled"), default=False)
        found.extend({"service": name, "enabled": enabled} for _, name in _instances(use))
    return {"edgeServices": found}


def _write_services(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    uses = _SERVICES.of(spec) or ()
    grouped = []
    for enabled in (True, False):
        services = [bare(_SERVICE.of(use)) for use in uses if _IS_USED.of(use) is enabled]
        if services:
            grouped.append({"moniker": _PROXY, "enabled": enabled, "edgeServiceInstanceIds": services})
    return {"routingPolicyEdgeServices": grouped}


def _names(resource: Resource, world: World) -> Iterator[Finding]:
    for place, rule in enumerate(_RULES.of(resource.spec) or ()):
        if set(_NAME.of(rule)) & set("[]"):
            detail = f"The name of the rule {_NAME.of(rule)} has brackets, between which the platform keeps it."
            yield Finding(spec_path(_RULES, place, _NAME), detail, "Write it without [ and ].")


def _rules(resource: Resource, world: World) -> Iterator[Finding]:
    for place, rule in enumerate(_RULES.of(resource.spec) or ()):
        name, action = _NAME.of(rule), _ACTION.of(rule)
        if action == "forward" and not _TARGET.is_in(rule):
            yield Finding(spec_path(_RULES, place), f"The rule {name} forwards to nowhere.", "Add a target.")
        if action != "forward" and _TARGET.is_in(rule):
            detail = f"The rule {name} has the action {action}, which takes no target."
            yield Finding(spec_path(_RULES, place, _TARGET), detail, "Remove the target, or use the action forward.")


def _ports(resource: Resource, world: World) -> Iterator[Finding]:
    for place, rule in enumerate(_RULES.of(resource.spec) or ()):
        if _PROTOCOL.of(_MATCH.of(rule) or {}) in {"tcp", "udp"}:
            continue
        for block, port in ((_MATCH, _SOURCE_PORTS), (_MATCH, _DESTINATION_PORTS), (_DIVERT, _PORT)):
            if port.is_in(block.of(rule) or {}):
                yield Finding(
                    spec_path(_RULES, place, block, port),
                    f"The rule {_NAME.of(rule)} names a port, but ports exist only with the protocol tcp or udp.",
                    "Add match.protocol: tcp or udp, or remove the port.",
                )


def _scope(resource: Resource, world: World) -> Iterator[Finding]:
    named = ((_RULES, _TARGET, routing_target.VSLICE), (_SERVICES, _SERVICE, edge_service.VSLICE))
    for items, field, there in named:
        for place, item in enumerate(items.of(resource.spec) or ()):
            where, target = spec_path(items, place, field), world.target(field, field.of(item))
            yield from scope_breach(resource, world, where, target, here=VSLICE, there=there)


def _unreachable(resource: Resource, world: World) -> Iterator[Finding]:
    rules = _RULES.of(resource.spec) or ()
    for place, covering in covered_rules(rules).items():
        names = " and ".join(_NAME.of(rules[by]) for by in covering)
        verb = "matches" if len(covering) == 1 else "together match"
        yield Finding(
            spec_path(_RULES, place),
            f"The rule {_NAME.of(rules[place])} can never match: {names} {verb} everything that it matches.",
            "Move it up, narrow the earlier rule, or remove it.",
            tuple((resource.address, spec_path(_RULES, by), "this rule comes first") for by in covering),
            is_warning=True,
        )


_DECIDING = ("direction", "action", "target", "match", "divert", "regionalGateway", "reflexive", "enabled")


def _default_routes(spec: Spec) -> dict[str, tuple[str, str | None]]:
    """The first rule that takes everything, by direction, and the target that it leads to; None for no target."""
    found: dict[str, tuple[str, str | None]] = {}
    for rule in _RULES.of(spec) or ():
        if _ENABLED.of(rule) and not _MATCH.of(rule) and not _GATEWAY.of(rule):
            target = _TARGET.of(rule)
            found.setdefault(_DIRECTION.of(rule), (_NAME.of(rule), None if target is None else bare(target)))
    return found


KIND = Kind(
    name="RoutingPolicy",
    plural="RoutingPolicies",
    spec=RoutingPolicySpec,
    scope="vslice",
    default_routes=_default_routes,
    traffic=PolicyFields(rules=_RULES, status=_STATUS),
    effects=Effects(
        fields={
            **dict.fromkeys(("displayName", "rules[].name", "rules[].description"), LABEL),
            **dict.fromkeys(("vslice", "status", "rateLimit", "packetDiscard"), TRAFFIC),
            **dict.fromkeys((f"rules[].{name}" for name in _DECIDING), TRAFFIC),
            "edgeServices": SERVICE,
        },
    ),
    wire=Wire(
        collection="RoutingPolicies",
        fields=(
            Field("displayName", "name", "name"),
            Field("vslice", "vslice", "vslice", reference("VSlice")),
            Field("status", "routingPolicyStatus", "routingPolicyStatus", enumeration()),
            Field("rateLimit.uplink", "rateLimitUplink", "rateLimitUplinkMoniker", CODE),
            Field("rateLimit.downlink", "rateLimitDownlink", "rateLimitDownlinkMoniker", CODE),
            Field("packetDiscard.uplinkPercent", "packetDiscardUplinkPercentage", "packetDiscardUplinkPercentage"),
            Field(
                "packetDiscard.downlinkPercent", "packetDiscardDownlinkPercentage", "packetDiscardDownlinkPercentage"
            ),
        ),
        folds=(
            Fold(
                paths=("rules",),
                members=("routingPolicyRules",),
                decode=lambda payload: {"rules": [*map(_read_rule, payload.get("routingPolicyRules") or ())]},
                encode=lambda spec: {"routingPolicyRules": [_write_rule(rule) for rule in _RULES.of(spec) or ()]},
                references=(("rules[].target", "RoutingTarget"),),
                leaves={f"{_RULE}.{member}": f"rules[].{path}" for member, path in _RULE_MEMBERS.items()},
                read_only=tuple(f"{_RULE}.{member}" for member in ("id", "routingPolicyId", "precedence")),
                order=_by_precedence,
                ids="id",
                patch=_patch_rules,
            ),
            Fold(
                paths=("edgeServices",),
                members=("routingPolicyEdgeServices",),
                decode=_read_services,
                encode=_write_services,
                references=(("edgeServices[].service", "EdgeService"),),
                leaves={f"{_USE}.{member}": "" for member in ("moniker", "enabled", "edgeServiceInstanceIds")},
                read_only=tuple(f"{_USE}.{member}" for member in _TOLD_OF_USE),
                unheld=_unheld_services,
                patch=_patch_services,
            ),
        ),
    ),
    rules=(
        unique_items("D-56", _RULES, _NAME),
        unique_items("D-56", _SERVICES, _SERVICE),
        Rule("D-57", _names),
        Rule("D-36", _rules),
        Rule("D-37", _ports),
        Rule("D-8", _scope),
        Rule("D-35", _unreachable),
    ),
)
