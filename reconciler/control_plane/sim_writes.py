"""The requests that change SIMs, as data: for the adapter that sends them, and for a listing of what would be sent."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from reconciler.control_plane.errors import Rejected
from reconciler.control_plane.paths import WirePaths
from reconciler.model.secret import SecretRef

_MEMBERS = {
    "displayName": "name",
    "reference": "reference",
    "tags": "tags",
    "staticIPv4": "staticIpAddress",
    "imeiLock": "imeiLock",
}


class Write(NamedTuple):
    """One request: verb, path, body."""

    method: str
    path: str
    content: Mapping[str, Any]


def assigning(paths: WirePaths, group: str, iccids: Sequence[str]) -> Iterator[Write]:
    """Put SIMs into a primary group: one request where there is a bulk one, else one for each."""
    bulk = paths.operation("assign")
    if bulk is not None:
        yield Write(*bulk, {"endpointGroup": group, "endpoints": list(iccids)})
        return
    for iccid in iccids:
        yield Write(*path_of(paths, "edit", key=iccid), {"endpointGroup": group})


def setting_state(paths: WirePaths, state: str, iccids: Sequence[str]) -> Iterator[Write]:
    """Suspend, resume or terminate SIMs."""
    bulk = paths.operation("bulk-status")
    if bulk is not None:
        yield Write(*bulk, {"endpointStatus": state, "endpoints": list(iccids)})
        return
    for iccid in iccids:
        yield Write(*path_of(paths, "status", key=iccid), {"endpointStatus": state})


def activating(paths: WirePaths, iccid: str, code: SecretRef) -> Iterator[Write]:
    """Take a SIM into the account."""
    yield Write(*path_of(paths, "activate"), {"iccid": iccid, "activationCode": code})


def editing(paths: WirePaths, iccid: str, values: Mapping[str, Any]) -> Iterator[Write]:
    """Write settings of one SIM; what is not named stays, None clears."""
    body = {_MEMBERS[name]: value for name, value in values.items() if name in _MEMBERS}
    if body:
        yield Write(*path_of(paths, "edit", key=iccid), body)
    for name, value in (values.get("keyValues") or {}).items():
        yield Write(*path_of(paths, "set-keyvalue", key=iccid, name=quote(name, safe="")), {"value": value})


def path_of(paths: WirePaths, operation: str, /, **keys: str) -> tuple[str, str]:
    """Verb and path of an operation. Raises `Rejected` when the wire table has none."""
    found = paths.operation(operation, **keys)
    if found is None:
        raise Rejected(operation, [f"the wire table has no operation {operation}"])
    return found
