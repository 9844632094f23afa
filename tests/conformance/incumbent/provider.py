"""
The platform's own Terraform provider, replayed: its resources, requests and state, from the notes on its wire.

No code of ours is used: bodies are written as the provider writes them, and its state is filled as the provider fills
it, so an object differs for it exactly where it would show a change. Faults of the provider that end its run (an update
of an event map) are not replayed. It does not see members that it does not know.
"""

import json
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

Body = dict[str, Any]
_COLLECTIONS = {
    "stacuity_vslice": "vslices",
    "stacuity_routing_target": "routingtargets",
    "stacuity_routing_policy": "RoutingPolicies",
    "stacuity_operator_policy": "OperatorPolicies",
    "stacuity_regional_policy": "RegionalPolicies",
    "stacuity_event_handler": "EventHandlers",
    "stacuity_event_map": "EventMaps",
    "stacuity_endpoint_group": "EndpointGroups",
}
_LISTS = {
    "stacuity_operator_policy": ("entries", False),
    "stacuity_regional_policy": ("entries", True),
    "stacuity_event_map": ("subscriptions", False),
}


class Provider:
    """One workspace of Terraform: what is configured, and its state."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.wanted: dict[tuple[str, str], Body] = {}
        self.state: dict[tuple[str, str], Body] = {}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request; the data of the answer."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as response:
            answer = json.load(response)
        assert answer["success"] is True, (method, path, answer)
        return answer["data"]

    def apply(self, kind: str, name: str, body: Body) -> None:
        """Create or update one resource as its configuration says, and read it into the state."""
        collection, key = f"/{_COLLECTIONS[kind]}", (kind, name)
        moniker = body["moniker"]
        if key not in self.state:
            identity = self.call("POST", collection, body)
            self.call("GET", f"{collection}/{identity}")
        else:
            sent = {"id": self.state[key]["id"], **body}
            if kind == "stacuity_vslice":
                sent.pop("ipAllocationType", None)
            self.call("PUT", f"{collection}/{moniker}", sent)
        if kind in _LISTS and body[_LISTS[kind][0]]:
            segment, is_single = _LISTS[kind]
            for one in body[segment] if is_single else [body[segment]]:
                self.call("POST", f"{collection}/{moniker}/{segment}", one)
        self.wanted[key] = body
        self.state[key] = self.read(kind, moniker)

    def read(self, kind: str, moniker: str) -> Body:
        """A refresh: everything that the provider keeps of an object."""
        path = f"/{_COLLECTIONS[kind]}/{moniker}"
        seen = self.call("GET", path)
        kept: Body = {name: _plain(value) for name, value in seen.items() if name in _READ[kind]}
        if kind in _LISTS:
            items = self.call("GET", f"{path}/{_LISTS[kind][0]}")
            kept["items"] = sorted(json.dumps(_item(item), sort_keys=True) for item in items)
        if kind == "stacuity_routing_policy":
            # The provider keeps rules as a set.
            kept["rules"] = sorted(json.dumps(_item(rule), sort_keys=True) for rule in seen["routingPolicyRules"])
        return kept

    def plan(self) -> dict[tuple[str, str], tuple[Body, Body]]:
        """The changes outside of Terraform that a refresh shows: the state, and the answer, of each."""
        found = {}
        for (kind, name), known in self.state.items():
            seen = self.read(kind, known["moniker"])
            if seen != known:
                found[kind, name] = (known, seen)
        return found

    def refresh(self) -> None:
        """Take the answers into the state, as `terraform apply -refresh-only` does."""
        self.state = {key: self.read(key[0], known["moniker"]) for key, known in self.state.items()}

    def pulled(self) -> str:
        """The state as `terraform state pull` prints it."""
        resources = [
            {
                "mode": "managed",
                "type": kind,
                "name": name,
                "provider": 'provider["registry.terraform.io/stacuity/stacuity"]',
                "instances": [{"schema_version": 0, "attributes": {**known, "password": "in-clear"}}],
            }
            for (kind, name), known in self.state.items()
        ]
        return json.dumps({"version": 4, "terraform_version": "1.9.0", "serial": 7, "resources": resources})


_BASE = {"id", "moniker", "name"}
_READ: Mapping[str, set[str]] = {
    "stacuity_vslice": _BASE | {"dnsMode", "dnsServers", "ipAddressFamily", "eventMap"},
    "stacuity_routing_target": _BASE | {"routingTargetType", "configurationData", "vSlice"},
    "stacuity_routing_policy": _BASE
    | {"vslice", "routingPolicyStatus", "rateLimitUplink", "rateLimitDownlink"}
    | {"packetDiscardUplinkPercentage", "packetDiscardDownlinkPercentage"},
    "stacuity_operator_policy": _BASE,
    "stacuity_regional_policy": _BASE,
    "stacuity_event_handler": _BASE | {"configurationData"},
    "stacuity_event_map": _BASE | {"eventScope"},
    "stacuity_endpoint_group": _BASE
    | {"vslice", "eventMap", "routingPolicy", "steeringProfile", "regionalGatewayPolicy", "ipAllocationType"},
}
_NOT_KEPT = {"id", "routingPolicyId", "precedence", "eventMap", "regionalGatewayPolicyId"}


def _plain(value: Any) -> Any:
    return value["moniker"] if isinstance(value, dict) and "moniker" in value else value


def _item(item: Body) -> Body:
    return {name: _plain(value) for name, value in item.items() if name not in _NOT_KEPT}


def edited(body: Body, change: Callable[[Body], None]) -> Body:
    """A configuration after an edit of its file."""
    copy: Body = json.loads(json.dumps(body))
    change(copy)
    return copy
