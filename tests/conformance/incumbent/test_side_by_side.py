"""
The platform's own provider and we, on one account: neither sees a change that the other did not make.

Both manage the same objects. Each side makes 24 edits, one after the other: the other sees that one and accepts it,
then both are quiet. The provider is replayed by a client that shares no code with ours.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve
from tests.conformance.client import (
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
from tests.conformance.incumbent.provider import Body, Provider, edited

TOKEN = "a-token-of-the-account"
Step = tuple[str, str, Callable[[Body], Any]]


def _set(*path: Any) -> Callable[[Body], None]:
    """An edit that puts the last of these at the path of the others."""
    *steps, value = path

    def change(body: Body) -> None:
        place: Any = body
        for step in steps[:-1]:
            place = place[step]
        place[steps[-1]] = value

    return change


_BODIES: dict[tuple[str, str], Body] = {
    ("stacuity_vslice", "net"): vslice(name="Net"),
    ("stacuity_routing_target", "out"): target(name="Out"),
    ("stacuity_routing_policy", "route"): policy(
        "policy-1",
        rule(description="ping", ruleAction="forward", transportProtocol="icmp", routingTarget="internet-1"),
        rule(description="rest"),
        rateLimitDownlinkMoniker="2mbits",
    ),
    ("stacuity_operator_policy", "ops"): with_entries("op-1", operator_entry(), operator_entry("DEU")),
    ("stacuity_regional_policy", "regions"): with_entries("rp-1", regional_entry(), regional_entry("USA")),
    ("stacuity_event_handler", "hook"): handler(),
    ("stacuity_event_map", "events"): event_map("map-01", "endpoint", "endpointsteered_v1"),
    ("stacuity_endpoint_group", "group"): group(
        "group-1", routingPolicy="policy-1", regionalGatewayPolicy="rp-1", eventMap="map-01"
    ),
}
NET, OUT, ROUTE, OPS, REGIONS, HOOK, EVENTS, GROUP = _BODIES
THEIRS: tuple[tuple[tuple[str, str], Callable[[Body], None]], ...] = (
    *((key, _set("name", f"By them {key[1]}")) for key in _BODIES),
    (NET, _set("dnsMode", "custom")),
    (NET, _set("dnsServers", ["1.1.1.1", "9.9.9.9"])),
    (ROUTE, _set("rateLimitUplinkMoniker", "5mbits")),
    (ROUTE, _set("packetDiscardUplinkPercentage", 7)),
    (ROUTE, _set("routingPolicyRules", 0, "enabled", False)),
    (ROUTE, _set("routingPolicyRules", 1, "transportProtocol", "udp")),
    (ROUTE, _set("routingPolicyRules", 1, "destinationPortPattern", "80")),
    (ROUTE, lambda body: body["routingPolicyRules"].append(rule(description="new", transportProtocol="tcp"))),
    (ROUTE, lambda body: body["routingPolicyRules"].pop(0)),
    (OPS, _set("entries", 1, "steeringProfileEntryAction", "reject-hard")),
    (OPS, lambda body: body["entries"].append(operator_entry("FRA"))),
    (REGIONS, _set("entries", 0, "regionalGatewayId", "north-america")),
    (REGIONS, lambda body: body["entries"].append(regional_entry("CAN"))),
    (HOOK, _set("configurationData", "webhookConfig", "timeout", "20")),
    (HOOK, _set("configurationData", "webhookConfig", "timeout", "5")),
    (GROUP, _set("steeringProfile", "op-1")),
)
"""24 edits of Terraform's files; a change of the mode of name servers waits for its servers."""
_TITLE = r"(?m)^(\s+displayName: ).*$"
OURS: tuple[tuple[str, str, str, str], ...] = (
    *((file, _TITLE, rf"\g<1>By us {file}", "name") for file in (
        "vslices", "routing-targets", "routing-policies", "operator-policies",
        "regional-policies", "event-handlers", "event-maps", "endpoint-groups",
    )),
    ("routing-policies", "uplink: 1mbits", "uplink: 2mbits", "rateLimitUplink"),
    ("routing-policies", "downlink: 2mbits", "downlink: 5mbits", "rateLimitDownlink"),
    ("routing-policies", "uplinkPercent: 5", "uplinkPercent: 6", "packetDiscardUplinkPercentage"),
    ("routing-policies", "status: active", "status: inactive", "routingPolicyStatus"),
    ("routing-policies", "protocol: icmp", "protocol: tcp\n        destinationPorts: '80'", "rules"),
    ("routing-policies", "description: rest", "description: the rest", "rules"),
    ("routing-policies", "enabled: true", "enabled: false", "rules"),
    ("operator-policies", "action: allow", "action: reject-hard", "items"),
    ("operator-policies", "  entries:\n", "  entries:\n    - {country: FRA, action: allow}\n", "items"),
    ("regional-policies", "defaultGateway: europe", "defaultGateway: north-america", "items"),
    ("regional-policies", "country: USA", "country: CAN", "items"),
    ("event-handlers", "timeoutSeconds: 10", "timeoutSeconds: 15", "configurationData"),
    ("event-maps", r"(?m)^(\s+- event: ).*$", r"\g<1>EndpointPurged_v1", "items"),
    ("endpoint-groups", "eventMap: map-01", "eventMap: null", "eventMap"),
    ("endpoint-groups", "operatorPolicy: null", "operatorPolicy: op-1", "steeringProfile"),
    ("endpoint-groups", "sessionInactivity: null", "sessionInactivity: {seconds: 60, action: notify}", ""),
)  # fmt: skip
"""24 edits of our manifests: the file, the text that is replaced, by what, and the member that the provider sees."""


class Account:
    """The two sides and the platform between them."""

    def __init__(self, root: Path, url: str) -> None:
        self.provider = Provider(url, TOKEN)
        self.environment = {"STACUITY_HOST": url, "STACUITY_TOKEN": TOKEN, "RECONCILER_SECRETS": "*"}
        self.root = root
        for (kind, name), body in _BODIES.items():
            self.provider.apply(kind, name, body)
        state = root.with_suffix(".json")
        state.write_text(self.provider.pulled(), encoding="utf-8")
        migrated = CliRunner().invoke(
            cli, ["migrate", "terraform", str(state), str(root), "-y", "-C", str(root.parent)], env=self.environment
        )
        assert migrated.exit_code == 0, migrated.output
        self.said = migrated.output

    def run(self, *arguments: str) -> Result:
        """One command of ours."""
        return CliRunner().invoke(cli, [*arguments, "-C", str(self.root)], env=self.environment)

    def are_quiet(self) -> None:
        """Neither side sees a change."""
        assert self.provider.plan() == {}
        plan = self.run("plan", "--detailed-exitcode")
        assert plan.exit_code == 0, plan.output


@pytest.fixture
def account(tmp_path: Path) -> Any:
    """An account that Terraform made, and that we took over from its state."""
    simulator = Simulator()
    with serve(simulator, port=0) as server:
        yield Account(tmp_path / "estate", server.url)
    simulator.close()


@pytest.mark.slow
def test_a_state_of_terraform_becomes_an_estate_that_owns_its_objects(account: Account) -> None:
    """The same objects, nothing sent, both sides quiet; the commands that let go of the state are printed."""
    owned = json.loads(account.run("inventory", "list", "-o", "json").stdout)["owned"]
    assert {(row["address"], row["id"]) for row in owned} == {
        (f"{_KINDS[kind]}/{known['moniker']}", known["id"]) for (kind, _), known in account.provider.state.items()
    }
    for kind, name in account.provider.state:
        assert f"terraform state rm '{kind}.{name}'" in account.said
    assert "in-clear" not in account.said
    assert not [path for path in account.root.rglob("*.yaml") if "in-clear" in path.read_text(encoding="utf-8")]
    account.are_quiet()


_KINDS = {
    "stacuity_vslice": "VSlice", "stacuity_routing_target": "RoutingTarget",
    "stacuity_routing_policy": "RoutingPolicy", "stacuity_operator_policy": "OperatorPolicy",
    "stacuity_regional_policy": "RegionalPolicy", "stacuity_event_handler": "EventHandler",
    "stacuity_event_map": "EventMap", "stacuity_endpoint_group": "EndpointGroup",
}  # fmt: skip


@pytest.mark.slow
def test_their_edits_are_seen_one_by_one_and_nothing_else(account: Account) -> None:
    """We show the object that Terraform changed, and no other; the accepted value leaves both sides quiet."""
    assert len(THEIRS) == 24
    for (kind, name), change in THEIRS:
        body = edited(account.provider.wanted[kind, name], change)
        if body.get("dnsMode") == "custom" and not body["dnsServers"]:
            body["dnsServers"] = ["8.8.8.8"]
        account.provider.apply(kind, name, body)
        found = json.loads(account.run("drift", "-o", "json").stdout)["drift"]
        assert [one["address"] for one in found] == [f"{_KINDS[kind]}/{body['moniker']}"], (kind, name, found)
        written = account.run("drift", "--write")
        assert written.exit_code == 0, (kind, name, written.output)
        account.are_quiet()
        assert account.run("apply", "-y").exit_code == 0


@pytest.mark.slow
def test_our_edits_are_seen_one_by_one_and_nothing_else(account: Account) -> None:
    """Terraform's refresh shows the member that we changed, and no other member of any object."""
    assert len(OURS) == 24
    for file, old, new, member in OURS:
        path = account.root / f"{file}.yaml"
        text, count = re.subn(old, new, path.read_text(encoding="utf-8"), count=1)
        assert count == 1, (file, old)
        path.write_text(text, encoding="utf-8")
        applied = account.run("apply", "-y")
        assert applied.exit_code == 0, (file, applied.output)
        seen = [
            (kind, sorted(name for name in now if now[name] != known[name]))
            for (kind, _), (known, now) in account.provider.plan().items()
        ]
        # A member that the provider does not know is none that it sees.
        assert seen == ([(_TYPES[file], [member])] if member else []), (file, new, seen)
        account.provider.refresh()
        account.are_quiet()


_TYPES = {f"{kind.removeprefix('stacuity_').replace('_', '-')}s": kind for kind in _KINDS}
_TYPES |= {kind.replace("-policys", "-policies"): found for kind, found in _TYPES.items()}
