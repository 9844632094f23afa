"""
The state of the platform's own Terraform provider: which objects it manages. Nothing else of it is looked at.

Two forms are read: the file of a backend (``terraform state pull``) and ``terraform show -json``. The state has secrets
in clear; only type, address, id and moniker of each object are taken.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.errors import UsageError

KINDS: Mapping[str, str] = {
    "stacuity_vslice": "VSlice",
    "stacuity_routing_target": "RoutingTarget",
    "stacuity_routing_policy": "RoutingPolicy",
    "stacuity_operator_policy": "OperatorPolicy",
    "stacuity_regional_policy": "RegionalPolicy",
    "stacuity_event_handler": "EventHandler",
    "stacuity_event_map": "EventMap",
    "stacuity_endpoint_group": "EndpointGroup",
}
"""The eight resource types of the provider, each with our kind."""
LARGEST_BYTES = 200 * 1024 * 1024
_TYPE = "stacuity_"


@dataclass(frozen=True, slots=True)
class StateObject:
    """One object of a state: its address there, its type, and what identifies it on the platform."""

    address: str
    type: str
    remote_id: str
    moniker: str


def state_objects(content: bytes, name: str) -> tuple[StateObject, ...]:
    """
    Every managed object of the provider, in the order of the state.

    `UsageError` for what is no state, one of an older format, and one without any object of the provider.
    """
    hint = "write it with `terraform state pull > STATE.json`, or `terraform show -json > STATE.json`"
    try:
        state = json.loads(content)
    except (ValueError, RecursionError):
        state = None
    if not isinstance(state, Mapping) or not ({"resources", "values"} & state.keys()):
        message = f"{name} is no state of Terraform"
        raise UsageError(message, hint=hint)
    found = list(_of_backend(state) if "resources" in state else _of_show(_mapping(state["values"]).get("root_module")))
    if not found:
        message = f"{name} holds no object of the platform's provider"
        raise UsageError(message, hint=f"its resource types begin with {_TYPE}; {hint}")
    if broken := next((one for one in found if not (one.remote_id or one.moniker)), None):
        message = f"{name}: {broken.address} has neither an id nor a moniker"
        raise UsageError(message, hint="run `terraform refresh`, then write the state again")
    return tuple(found)


def _of_backend(state: Mapping[str, Any]) -> Iterator[StateObject]:
    for resource in _list(state["resources"]):
        kind = str(resource.get("type", ""))
        if resource.get("mode", "managed") != "managed" or not kind.startswith(_TYPE):
            continue
        base = ".".join(filter(None, (str(resource.get("module") or ""), kind, str(resource.get("name", "")))))
        for instance in _list(resource.get("instances")):
            key = instance.get("index_key")
            place = "" if key is None else f"[{json.dumps(key)}]"
            yield _object(f"{base}{place}", kind, _mapping(instance.get("attributes")))


def _of_show(module: Any) -> Iterator[StateObject]:
    found = _mapping(module)
    for resource in _list(found.get("resources")):
        kind = str(resource.get("type", ""))
        if resource.get("mode", "managed") == "managed" and kind.startswith(_TYPE):
            yield _object(str(resource.get("address", kind)), kind, _mapping(resource.get("values")))
    for inner in _list(found.get("child_modules")):
        yield from _of_show(inner)


def _object(address: str, kind: str, attributes: Mapping[str, Any]) -> StateObject:
    texts = [value if isinstance(value, str) else "" for value in (attributes.get("id"), attributes.get("moniker"))]
    return StateObject(address, kind, *texts)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
