"""
SIMs over REST: their list as a stream of pages, decoded typed and partial, and requests on them.

The platform documents none of it publicly, so one table holds every path (`paths`).
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from reconciler.control_plane.answers import open_answer, understood
from reconciler.control_plane.errors import IncompleteRead, ProtocolViolation
from reconciler.control_plane.exchange import Exchange
from reconciler.control_plane.listing import MOST_ROWS, PAGE_SIZE, fetched_ahead
from reconciler.control_plane.paths import WirePaths
from reconciler.control_plane.sim_writes import Write, activating, assigning, editing, path_of, setting_state
from reconciler.control_plane.transport import HttpAnswer
from reconciler.model.secret import SecretRef
from reconciler.model.wire import moniker_of

_S = TypeVar("_S", bound="LiveSim")


class _Named(msgspec.Struct, gc=False):
    moniker: str | None = None


class LiveSim(msgspec.Struct, gc=False, rename="camel"):
    """Where one SIM is: the members that a roster needs of every SIM."""

    iccid: str
    endpoint_status: _Named
    endpoint_group: _Named | None = None
    ip_address: str | None = None
    static_ip_address: str | None = None

    @property
    def group(self) -> str | None:
        """The moniker of its primary group."""
        return None if self.endpoint_group is None else self.endpoint_group.moniker

    @property
    def status(self) -> str:
        """pending, active, suspended or terminated."""
        return self.endpoint_status.moniker or ""


class KnownSim(LiveSim, gc=False, rename="camel"):
    """A live SIM with the members that selectors and settings need."""

    id: str = ""
    name: str | None = None
    reference: str | None = None
    tags: list[str] | None = None
    imei_lock: str | None = None


class SeenSim(KnownSim, gc=False, rename="camel"):
    """A live SIM with the members that people look at; those without a known form are taken in any."""

    endpoint_network_status: Any = None
    vslice: Any = None
    imsi: Any = None
    identities: Any = None
    imei: Any = None

    @property
    def network(self) -> str:
        """unknown, detached, idle or active; empty where the platform says nothing."""
        found = moniker_of(self.endpoint_network_status)
        return found if isinstance(found, str) else ""

    @property
    def imsis(self) -> tuple[str, ...]:
        """Its IMSIs, the one in use first."""
        rows = self.identities if isinstance(self.identities, list) else ()
        found = [(not row.get("active"), str(row["imsi"])) for row in rows if isinstance(row, dict) and row.get("imsi")]
        others = [(True, str(self.imsi))] if self.imsi else []
        return tuple(dict.fromkeys(imsi for _, imsi in sorted([*found, *others], key=lambda row: row[0])))


class _Page(msgspec.Struct, gc=False, rename="camel"):
    success: bool = False
    total_items: int | None = None
    data: list[LiveSim] | None = None


class _KnownPage(msgspec.Struct, gc=False, rename="camel"):
    success: bool = False
    total_items: int | None = None
    data: list[KnownSim] | None = None


class _SeenPage(msgspec.Struct, gc=False, rename="camel"):
    success: bool = False
    total_items: int | None = None
    data: list[SeenSim] | None = None


_DECODERS: dict[bool, msgspec.json.Decoder[Any]] = {
    False: msgspec.json.Decoder(_Page),
    True: msgspec.json.Decoder(_KnownPage),
}


_SEEN = msgspec.json.Decoder(_SeenPage)


def decoded(answer: HttpAnswer, what: str, *, known: bool) -> tuple[Sequence[LiveSim], int | None]:
    """The SIMs of one page and the total. Raises as `open_answer` does, and `ProtocolViolation`."""
    if answer.status == 200:
        try:
            page = _DECODERS[known].decode(answer.content)
        except (msgspec.DecodeError, ValueError, RecursionError):
            page = None
        if page is not None and page.success and page.data is not None:
            return page.data, page.total_items
    body = open_answer(answer, what, is_read=True)
    try:
        rows = [sim_of(row, known=known) for row in body.data]
    except (msgspec.ValidationError, TypeError, AttributeError, ValueError) as error:
        message = f"{what} answered something that is not a list of SIMs"
        raise ProtocolViolation(message) from error
    return rows, body.total


def decoded_seen(answer: HttpAnswer, what: str) -> tuple[Sequence[SeenSim], int | None]:
    """As `decoded`, for SIMs that people look at."""
    if answer.status == 200:
        try:
            page = _SEEN.decode(answer.content)
        except (msgspec.DecodeError, ValueError, RecursionError):
            page = None
        if page is not None and page.success and page.data is not None:
            return page.data, page.total_items
    body = open_answer(answer, what, is_read=True)
    with understood(what):
        return [seen_sim(row) for row in body.data], body.total


def seen_sim(row: Any) -> SeenSim:
    """One SIM from a payload, whatever the case of its members."""
    return _spelt(row, SeenSim)


def sim_of(row: Any, *, known: bool) -> LiveSim:
    """One SIM from a payload, whatever the case of its members."""
    return _spelt(row, KnownSim if known else LiveSim)


def _spelt(row: Any, sort: type[_S]) -> _S:
    spelt = {name.lower(): name for name in sort.__struct_encode_fields__}
    return msgspec.convert({spelt.get(name.lower(), name): value for name, value in row.items()}, sort)


def streamed(page: Callable[[int], tuple[Sequence[_S], int | None]], *, at_once: int) -> Iterator[Sequence[_S]]:
    """
    Every page in order, a few of them fetched ahead.

    Raises `IncompleteRead` after the last page when the list contradicted itself on the way: a moving total, or
    another number of SIMs than was announced. That a SIM came twice is for the caller to notice.
    """
    first, total = page(0)
    if total is not None and total > MOST_ROWS:
        message = f"the list of SIMs could not be read completely: {total:,} were announced"
        raise IncompleteRead(message, hint="tell the platform's support")
    count = len(first)
    yield first
    if total is None:
        # Without a total only an empty page says that this was all; a platform that knows no pages answers the same.
        begun: set[str] = set()
        while first:
            if first[0].iccid in begun or count > MOST_ROWS:
                message = "the list of SIMs could not be read completely: it has no total, and does not end"
                raise IncompleteRead(message, hint="tell the platform's support")
            begun.add(first[0].iccid)
            first, _ = page(count)
            count += len(first)
            yield first
        return
    moved, last = False, len(first)
    begun = {sim.iccid for sim in first[:1]}
    if first and count < total:
        for more, announced in fetched_ahead(page, iter(range(count, total, count)), at_once):
            moved = moved or announced != total
            count, last = count + len(more), len(more)
            yield more
            if not more or more[0].iccid in begun:
                break
            begun.add(more[0].iccid)
    if first and count == total and last == len(first):
        # No page was short, so only the total says that this was all: a platform that counts wrong has one more.
        count += len(page(total)[0])
    if moved or count != total:
        message = f"the list of SIMs could not be read completely: {count:,} came, {total:,} were announced"
        raise IncompleteRead(message, hint="somebody may be changing it right now; try again")


@dataclass(frozen=True, slots=True)
class RestSims:
    """The SIMs of the account behind a transport. Thread-safe. Every method may raise a `ControlPlaneError`."""

    exchange: Exchange
    paths: WirePaths

    def until(self, stop: threading.Event) -> "RestSims":
        """The same SIMs for a run that may be asked to stop: from then on every request raises `Stopped` instead."""
        return replace(self, exchange=replace(self.exchange, waiting=replace(self.exchange.waiting, stop=stop)))

    @property
    def has_bulk(self) -> bool:
        """Whether many SIMs can be assigned in one request."""
        return self.paths.operation("assign") is not None

    @property
    def has_bulk_states(self) -> bool:
        """Whether the state of many SIMs can be set in one request."""
        return self.paths.operation("bulk-status") is not None

    def pages(self, *, known: bool) -> Iterator[Sequence[LiveSim]]:
        """Every SIM of the account, page by page; `known`: with name, reference, tags and lock. See `streamed`."""
        path = self._path("list")

        def page(offset: int) -> tuple[Sequence[LiveSim], int | None]:
            where = f"{path}?limit={PAGE_SIZE}&offset={offset}"
            self.exchange.waiting.check()
            return self.exchange.read(where, lambda answer: decoded(answer, f"GET {where}", known=known))

        return streamed(page, at_once=self.exchange.at_once)

    def seen(self) -> Iterator[Sequence[SeenSim]]:
        """Every SIM of the account with the members that people look at, page by page. See `streamed`."""
        path = self._path("list")

        def page(offset: int) -> tuple[Sequence[SeenSim], int | None]:
            where = f"{path}?limit={PAGE_SIZE}&offset={offset}"
            self.exchange.waiting.check()
            return self.exchange.read(where, lambda answer: decoded_seen(answer, f"GET {where}"))

        return streamed(page, at_once=self.exchange.at_once)

    def payload(self, key: str) -> Mapping[str, Any] | None:
        """One SIM by ICCID as it came, or None."""
        path = self._path("read", key)
        data = self._get(path)
        if data is not None and not isinstance(data, Mapping):
            message = f"GET {path} answered {type(data).__name__} where an object is expected"
            raise ProtocolViolation(message)
        return data

    def find(self, key: str) -> LiveSim | None:
        """One SIM by ICCID, or None."""
        path = self._path("read", key)
        data = self._get(path)
        with understood(f"GET {path}"):
            return None if data is None else sim_of(data, known=True)

    def key_values(self, iccid: str) -> dict[str, str]:
        """The key values of one SIM as text."""
        path = self._path("keyvalues", iccid)
        with understood(f"GET {path}"):
            data = self._get(path)
            return {str(row.get("key")): str(row.get("value")) for row in data or () if isinstance(row, Mapping)}

    def assign(self, group: str, iccids: Sequence[str]) -> None:
        """Put SIMs into a primary group: one request where there is a bulk one, else one for each."""
        self._write(assigning(self.paths, group, iccids))

    def set_state(self, state: str, iccids: Sequence[str]) -> None:
        """Suspend, resume or terminate SIMs."""
        self._write(setting_state(self.paths, state, iccids))

    def activate(self, iccid: str, code: SecretRef) -> None:
        """Take a SIM into the account. Raises `SecretUnavailable` when the code is not there."""
        self._write(activating(self.paths, iccid, code))

    def edit(self, iccid: str, values: Mapping[str, Any]) -> None:
        """Write settings of one SIM; what is not named stays, None clears."""
        self._write(editing(self.paths, iccid, values))

    def _get(self, path: str) -> Any:
        """The answer to a GET of a path, or None when nothing is there."""
        self.exchange.waiting.check()
        answer = self.exchange.get(path)
        return None if answer.is_absent else answer.data

    def _write(self, writes: Iterable[Write]) -> None:
        for write in writes:
            self.exchange.waiting.check()
            self.exchange.write(*write)

    def _path(self, operation: str, key: str = "") -> str:
        return path_of(self.paths, operation, key=quote(key, safe=""))[1]
