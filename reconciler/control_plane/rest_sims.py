"""SIMs over REST: the list as a stream, and the requests that assign, change state, edit and activate."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reconciler.control_plane.envelope import understood
from reconciler.control_plane.errors import Rejected
from reconciler.control_plane.listing import PAGE_SIZE
from reconciler.control_plane.paths import WirePaths
from reconciler.control_plane.sims import LiveSim, decoded, one, streamed
from reconciler.control_plane.transport import Transport
from reconciler.model.secret import SecretRef

if TYPE_CHECKING:
    from reconciler.control_plane.rest import RestControlPlane

_MEMBERS = {
    "displayName": "name",
    "reference": "reference",
    "tags": "tags",
    "staticIPv4": "staticIpAddress",
    "imeiLock": "imeiLock",
}


class RestSims:
    """The SIMs of the account behind a transport. Thread-safe. Every method may raise a `ControlPlaneError`."""

    def __init__(self, control_plane: "RestControlPlane", transport: Transport, paths: WirePaths) -> None:
        self._plane = control_plane
        self._transport = transport
        self._paths = paths

    @property
    def has_bulk(self) -> bool:
        """Whether many SIMs can be assigned in one request."""
        return self._paths.operation("assign") is not None

    @property
    def has_bulk_states(self) -> bool:
        """Whether the state of many SIMs can be set in one request."""
        return self._paths.operation("bulk-status") is not None

    def pages(self, *, known: bool) -> Iterator[Sequence[LiveSim]]:
        """Every SIM of the account, page by page; `known`: with name, reference, tags and lock. See `streamed`."""
        from reconciler.control_plane.rest import READERS

        path = self._path("list")[1]

        def page(offset: int) -> tuple[Sequence[LiveSim], int | None]:
            where = f"{path}?limit={PAGE_SIZE}&offset={offset}"
            return self._plane.reading(lambda: decoded(self._transport.send("GET", where), f"GET {where}", known=known))

        return streamed(page, at_once=1 if self._transport.is_local else READERS)

    def find(self, key: str) -> LiveSim | None:
        """One SIM by ICCID, or None."""
        path = self._path("read", key=quote(key, safe=""))[1]
        data = self._plane.get(path)
        with understood(f"GET {path}"):
            return None if data is None else one(data, known=True)

    def key_values(self, iccid: str) -> dict[str, str]:
        """The key values of one SIM as text."""
        path = self._path("keyvalues", key=quote(iccid, safe=""))[1]
        with understood(f"GET {path}"):
            data = self._plane.get(path)
            return {str(row.get("key")): str(row.get("value")) for row in data or () if isinstance(row, Mapping)}

    def assign(self, group: str, iccids: Sequence[str]) -> None:
        """Put SIMs into a primary group: one request where there is a bulk one, else one for each."""
        bulk = self._paths.operation("assign")
        if bulk is not None:
            self._plane.write(*bulk, {"endpointGroup": group, "endpoints": list(iccids)})
            return
        for iccid in iccids:
            self._plane.write(*self._path("edit", key=iccid), {"endpointGroup": group})

    def set_state(self, state: str, iccids: Sequence[str]) -> None:
        """Suspend, resume or terminate SIMs."""
        bulk = self._paths.operation("bulk-status")
        if bulk is not None:
            self._plane.write(*bulk, {"endpointStatus": state, "endpoints": list(iccids)})
            return
        for iccid in iccids:
            self._plane.write(*self._path("status", key=iccid), {"endpointStatus": state})

    def activate(self, iccid: str, code: SecretRef) -> None:
        """Take a SIM into the account. Raises `SecretUnavailable` when the code is not there."""
        self._plane.write(*self._path("activate"), {"iccid": iccid, "activationCode": code})

    def edit(self, iccid: str, values: Mapping[str, Any]) -> None:
        """Write settings of one SIM; what is not named stays, None clears."""
        body = {_MEMBERS[name]: value for name, value in values.items() if name in _MEMBERS}
        if body:
            self._plane.write(*self._path("edit", key=iccid), body)
        for name, value in (values.get("keyValues") or {}).items():
            path = self._path("set-keyvalue", key=iccid, name=quote(name, safe=""))
            self._plane.write(*path, {"value": value})

    def _path(self, operation: str, /, **keys: str) -> tuple[str, str]:
        found = self._paths.operation(operation, **keys)
        if found is None:
            raise Rejected(operation, [f"the wire table has no operation {operation}"])
        return found
