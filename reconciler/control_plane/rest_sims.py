"""SIMs over REST: the list as a stream, and the requests that assign, change state, edit and activate."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reconciler.control_plane.envelope import open_envelope, understood
from reconciler.control_plane.listing import PAGE_SIZE
from reconciler.control_plane.paths import WirePaths
from reconciler.control_plane.sim_writes import Write, activating, assigning, editing, path_of, setting_state
from reconciler.control_plane.sims import LiveSim, decoded, one, streamed
from reconciler.control_plane.transport import Answer, Transport
from reconciler.control_plane.waiting import Waiting
from reconciler.model.secret import SecretRef

if TYPE_CHECKING:
    from reconciler.control_plane.rest import RestControlPlane


class RestSims:
    """The SIMs of the account behind a transport. Thread-safe. Every method may raise a `ControlPlaneError`."""

    def __init__(
        self, control_plane: "RestControlPlane", transport: Transport, paths: WirePaths, waiting: Waiting
    ) -> None:
        self._plane = control_plane
        self._transport = transport
        self._paths = paths
        self._waiting = waiting

    def until(self, stop: threading.Event) -> "RestSims":
        """The same SIMs for a run that may be asked to stop: from then on every request raises `Stopped` instead."""
        return RestSims(self._plane, self._transport, self._paths, replace(self._waiting, stop=stop))

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
            return self._waiting.read(lambda: decoded(self._sent(where), f"GET {where}", known=known))

        return streamed(page, at_once=1 if self._transport.is_local else READERS)

    def find(self, key: str) -> LiveSim | None:
        """One SIM by ICCID, or None."""
        path = self._path("read", key=quote(key, safe=""))[1]
        data = self._get(path)
        with understood(f"GET {path}"):
            return None if data is None else one(data, known=True)

    def key_values(self, iccid: str) -> dict[str, str]:
        """The key values of one SIM as text."""
        path = self._path("keyvalues", key=quote(iccid, safe=""))[1]
        with understood(f"GET {path}"):
            data = self._get(path)
            return {str(row.get("key")): str(row.get("value")) for row in data or () if isinstance(row, Mapping)}

    def assign(self, group: str, iccids: Sequence[str]) -> None:
        """Put SIMs into a primary group: one request where there is a bulk one, else one for each."""
        self._write(assigning(self._paths, group, iccids))

    def set_state(self, state: str, iccids: Sequence[str]) -> None:
        """Suspend, resume or terminate SIMs."""
        self._write(setting_state(self._paths, state, iccids))

    def activate(self, iccid: str, code: SecretRef) -> None:
        """Take a SIM into the account. Raises `SecretUnavailable` when the code is not there."""
        self._write(activating(self._paths, iccid, code))

    def edit(self, iccid: str, values: Mapping[str, Any]) -> None:
        """Write settings of one SIM; what is not named stays, None clears."""
        self._write(editing(self._paths, iccid, values))

    def _sent(self, path: str) -> Answer:
        self._waiting.check()
        return self._transport.send("GET", path)

    def _get(self, path: str) -> Any:
        """What is behind a path, or None when it is not there."""
        answer = self._waiting.read(lambda: open_envelope(self._sent(path), f"GET {path}", is_read=True))
        return None if answer.is_absent else answer.data

    def _write(self, writes: Iterable[Write]) -> None:
        for write in writes:
            self._waiting.check()
            self._plane.write(*write)

    def _path(self, operation: str, /, **keys: str) -> tuple[str, str]:
        return path_of(self._paths, operation, **keys)
