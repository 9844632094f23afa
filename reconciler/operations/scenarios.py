"""Running scenarios, offline: each says of declared traffic what is to happen, and is compared with what would."""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.kinds import group_kind
from reconciler.manifests.declarations import Loaded
from reconciler.manifests.templates.scenario import Never, PacketFlow, Scenario
from reconciler.model.address import Address
from reconciler.model.references import is_existing
from reconciler.model.resource import Resource, Resources
from reconciler.model.traffic.flow import allowed, trace
from reconciler.model.traffic.packets import OTHER, Packet, Traffic, network
from reconciler.model.traffic.policies import TrafficPolicy, policy_of, unread_policy
from reconciler.named_files import write_named
from reconciler.operations.estate import Estate
from reconciler.operations.validate import sound, validate
from reconciler.positions import Span

_CLIENT_PORT = 40_000


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """The result of one scenario: `failure` is what happens instead, None where it passes."""

    name: str
    span: Span
    failure: str | None = None

    @property
    def passed(self) -> bool:
        """Whether what is to happen happens."""
        return self.failure is None


def run_scenarios(estate: Estate, paths: Sequence[str] = (), *, names: str = "*") -> tuple[ScenarioResult, ...]:
    """
    Run the scenarios of an estate whose names match a pattern, in the order of files and lines.

    Raises `InvalidManifests`.
    """
    loaded = sound(estate, validate(estate, paths))
    found = [one for one in loaded.scenarios if isinstance(one, Scenario) and fnmatch.fnmatchcase(one.name, names)]
    results = [ScenarioResult(one.name, _span(one), result_of(one, loaded)) for one in found]
    return tuple(sorted(results, key=lambda result: (result.span.file, result.span.line)))


def write_junit(path: Path, text: str) -> None:
    """Write results as JUnit, over earlier results only."""
    write_named(path, text.encode(), option="--junit", over=b"<testsuite ")


def _span(scenario: Scenario) -> Span:
    return scenario.document.marks.value(("metadata", "name"))


def result_of(scenario: Scenario, loaded: Loaded) -> str | None:
    """The reason why a scenario fails, None where it passes."""
    world = _World(loaded.built.estate, loaded)
    match scenario.body:
        case PacketFlow() as flow:
            return _flow(flow, world)
        case Never() as never:
            return _never(never, world)


@dataclass(frozen=True, slots=True)
class _World:
    estate: Resources
    loaded: Loaded

    def group(self, name: str) -> Resource | None:
        """The group with a moniker."""
        return self.estate.get(Address(group_kind().name, name))

    def group_of_sim(self, iccid: str) -> str | None:
        """The group that the manifests put a SIM into."""
        roster = self.loaded.roster
        if roster is None or not iccid.isdecimal():
            return None
        number = roster.members.get(int(iccid))
        return None if number is None else roster.sets[number].group

    def policy(self, group: Resource) -> TrafficPolicy:
        """The routing policy of a group."""
        name = str(group.spec.get("routingPolicy"))
        found = None if is_existing(name) else self.estate.get(Address("RoutingPolicy", name))
        if found is None:
            return unread_policy(f"the policy {name}")
        return policy_of(found.spec.get("rules"), found.spec.get("status"))

    def gateway(self, group: Resource, country: str | None) -> str:
        """The gateway of a group in a country; any other one where the manifests do not say."""
        name = str(group.spec.get("regionalPolicy"))
        found = None if is_existing(name) else self.estate.get(Address("RegionalPolicy", name))
        if found is None:
            return OTHER
        for entry in found.spec.get("entries") or ():
            if entry.get("country") == country and entry.get("operator") is None:
                return str(entry["gateway"])
        return str(found.spec["defaultGateway"])

    def is_refused(self, group: Resource, country: str | None) -> str | None:
        """The operator policy that lets no SIM of a group attach in a country; None if one may."""
        name = group.spec.get("operatorPolicy")
        found = self.estate.get(Address("OperatorPolicy", str(name))) if name is not None else None
        if found is None or country is None:
            return None
        entries: list[Mapping[str, Any]] = [e for e in found.spec.get("entries") or () if e.get("country") == country]
        whole = next((entry for entry in entries if entry.get("operator") is None), None)
        action = whole["action"] if whole is not None else found.spec.get("default", "allow")
        may_attach = action == "allow" or any(entry["action"] == "allow" for entry in entries)
        return None if may_attach else str(found.address)

    def network(self, group: Resource) -> tuple[int, int]:
        """The addresses of the SIMs of a group."""
        subnet = group.spec.get("subnet")
        if subnet is None:
            vslice = self.estate.get(Address("VSlice", str(group.spec.get("vslice"))))
            subnets = vslice.spec.get("subnets") if vslice is not None else None
            subnet = subnets[0] if subnets else None
        return network(str(subnet)) if subnet is not None else network("0.0.0.0/0")


def _flow(flow: PacketFlow, world: _World) -> str | None:
    name = flow.group or world.group_of_sim(flow.sim or "")
    group = world.group(name) if name is not None else None
    if group is None:
        return f"the group {name} is not declared" if flow.group else f"no list names the SIM {flow.sim}"
    refusing = world.is_refused(group, flow.country)
    if refusing is not None:
        return _compared(flow, None, refusing, f"{refusing} lets no SIM attach in {flow.country}")
    first, last = world.network(group)
    own, other = str(network_address(min(first + 1, last))), flow.address.partition("/")[0]
    uplink = flow.direction == "uplink"
    port = flow.port
    packet = Packet(
        flow.direction,
        world.gateway(group, flow.country),
        flow.protocol,
        own if uplink else other,
        other if uplink else own,
        None if port is None else _CLIENT_PORT,
        port,
    )
    found = trace(world.policy(group), packet)
    if found.unknown:
        return f"it is not determined: {found.unknown}"
    target = None if found.outcome.is_dropped else found.outcome.target or found.outcome.action
    rule = found.rule or "the implicit drop at the end"
    said = f"{packet}: dropped by {rule}" if target is None else f"{packet}: to {target} by {rule}"
    return _compared(flow, target, found.rule or "", said)


def _compared(flow: PacketFlow, target: str | None, rule: str, said: str) -> str | None:
    expected = None if flow.dropped else flow.target
    if target != expected or (flow.rule is not None and flow.rule != rule):
        wanted = "dropped" if flow.dropped else f"to {flow.target}"
        return f"{said}; expected {wanted}{f' by {flow.rule}' if flow.rule else ''}"
    return None


def network_address(number: int) -> str:
    """An address as text."""
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def _never(never: Never, world: _World) -> str | None:
    group = world.group(never.group)
    if group is None:
        return f"the group {never.group} is not declared"
    reached, own = network(never.network), world.network(group)
    uplink = never.direction == "uplink"
    traffic = Traffic(
        never.direction,
        None,
        never.protocol,
        own if uplink else reached,
        reached if uplink else own,
        (0, 65535),
        never.ports or (0, 65535),
    )
    found = allowed(world.policy(group), traffic)
    if found.is_none:
        return None
    if found.examples:
        example = found.examples[0]
        rule = trace(world.policy(group), example)
        return f"it is reached: {example}, to {rule.outcome.target or rule.outcome.action} by {rule.rule}"
    packet, why = found.undetermined[0]
    return f"it is not determined for {packet}: {why}"
