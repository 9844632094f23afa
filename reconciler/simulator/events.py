"""
Events: written for what happens to SIMs, delivered to webhooks as the event maps of group, VSlice and account say.

Delivery is best effort: one try, in order for each endpoint, in the background, after the change is committed.
By default only webhooks on this machine are called: an estate that is tried out here names real
hosts and real secrets.
"""

import base64
import http.client
import ipaddress
import json
import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from reconciler.simulator.rules.event_map import SUBSCRIPTIONS
from reconciler.simulator.settings import Settings
from reconciler.simulator.sims import stamp
from reconciler.simulator.store import Tables, dumps
from reconciler.simulator.world import MAPS

STATUS_EVENTS: Mapping[int, str] = {
    30: "endpointprovisioningstatussetpending_v1",
    50: "endpointprovisioningstatussetactive_v1",
    60: "endpointprovisioningstatussetsuspended_v1",
    70: "endpointprovisioningstatussetterminated_v1",
}
_WORKERS = 4
_MOST_WAITING = 50_000
_LONGEST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook."""

    order: str
    config: Mapping[str, Any]
    body: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: to an endpoint (in a group), to a routing target, or to the account."""

    type: str
    endpoint: str | None = None
    group: str | None = None
    target: str | None = None
    detail: Mapping[str, Any] | None = None


class Events:
    """Writes events inside the caller's transaction and collects what is to be delivered after it."""

    def __init__(self, store: Tables, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self.outgoing: list[Delivery] = []

    def record(self, happenings: Iterable[Happening], at: float) -> None:
        """Write events and look up who gets them."""
        subscribers: dict[tuple[str, str | None, str | None], list[Mapping[str, Any]]] = {}
        rows: list[tuple[str, float, str, str | None, str | None, str]] = []
        for one in happenings:
            key = self._store.new_id("events") if not rows else f"{rows[0][0][:-12]}{len(rows):012x}"
            rows.append((key, at, one.type, one.endpoint, one.target, dumps(one.detail or {})))
            place = (one.type, one.group, one.target)
            if place not in subscribers:
                subscribers[place] = self._webhooks(*place)
            for config in subscribers[place]:
                order = one.endpoint or one.target or ""
                self.outgoing.append(Delivery(order, config, dumps(_payload(rows[-1]))))
        self._store.execute_many(
            "INSERT INTO event (id, at, type, endpoint, target, detail) VALUES (?, ?, ?, ?, ?, ?)", rows
        )

    def _webhooks(self, kind: str, group: str | None, target: str | None) -> list[Mapping[str, Any]]:
        """The webhooks for one type of event, each once: maps of the group, of the VSlice, and of the account."""
        maps = [row.id for row in self._store.objects(MAPS) if row.state["eventScope"] == "global"]
        owner = self._store.by_id(place) if (place := group or target) else None
        if owner is not None:
            vslice = self._store.by_id(owner.state["vslice"])
            maps += [key for key in (owner.state.get("eventMap"), vslice.state["eventMap"]) if key]
        handlers = {
            item.state["handler"]
            for key in maps
            for item in self._store.items(key, SUBSCRIPTIONS)
            if item.state["type"] == kind
        }
        found = [self._store.by_id(key) for key in sorted(handlers)]
        scope = owner.state["vslice"] if owner is not None else None
        return [
            row.state["config"]
            for row in found
            if row.state["type"] == "webhook" and row.state["vslice"] in {None, scope}
        ]

    def listed(self, query: Mapping[str, str], limit: int, offset: int) -> tuple[list[str], int]:
        """``GET /events``: newest first unless sortOrder is 0; `from` and `to` are times; `filter` as in A.5."""
        conditions, values = ["1"], []
        for name, sign in (("from", ">="), ("to", "<=")):
            if query.get(name):
                conditions.append(f"strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') {sign} ?")
                values.append(query[name])
        for part in filter(None, query.get("filter", "").split(",")):
            name, _, value = part.partition(":")
            column = {"eventtype": "type", "endpointid": "endpoint", "routingtargetid": "target"}.get(
                name.lower(), "type"
            )
            conditions.append(f"instr({column}, ?) > 0")
            values.append(value)
        where = " AND ".join(conditions)
        total = self._store.execute(f"SELECT count(*) FROM event WHERE {where}", values).fetchone()[0]
        direction = "ASC" if query.get("sortorder") == "0" else "DESC"
        rows = self._store.execute(
            f"SELECT id, at, type, endpoint, target, detail FROM event WHERE {where} ORDER BY seq {direction}"
            " LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return [dumps(_payload(row)) for row in rows], total


def _payload(row: Sequence[Any]) -> dict[str, Any]:
    key, at, kind, endpoint, target, detail = row
    shown: dict[str, Any] = {"eventId": key, "eventTime": stamp(at), "eventType": kind}
    if endpoint is not None:
        shown["endpointId"] = endpoint
    if target is not None:
        shown["routingTargetId"] = target
    return {**shown, "detail": json.loads(detail)}


class Courier:
    """Calls webhooks in the background: the events of one endpoint one after the other, by the same thread."""

    def __init__(self, reach: str, *, failed: Callable[[str], None] = lambda why: None) -> None:
        self._reach = reach
        self._failed = failed
        self._queues: list[queue.Queue[Delivery | None]] = []
        self._threads: list[threading.Thread] = []

    def send(self, deliveries: Iterable[Delivery]) -> None:
        """Queue deliveries; beyond the limit they are dropped, as best effort allows."""
        for delivery in deliveries:
            if not self._is_reachable(delivery.config["url"]):
                self._failed("destination not on this machine")
                continue
            if not self._threads:
                self._start()
            place = self._queues[hash(delivery.order) % _WORKERS]
            if place.qsize() < _MOST_WAITING:
                place.put(delivery)

    def flush(self) -> None:
        """Wait until everything queued so far was tried."""
        for place in self._queues:
            place.join()

    def close(self) -> None:
        """Stop after what is queued, but never wait for long."""
        for place in self._queues:
            place.put(None)
        for thread in self._threads:
            thread.join(timeout=_LONGEST_SECONDS)
        self._queues, self._threads = [], []

    def _start(self) -> None:
        for _ in range(_WORKERS):
            place: queue.Queue[Delivery | None] = queue.Queue()
            thread = threading.Thread(target=self._work, args=(place,), name="simulator webhooks", daemon=True)
            self._queues.append(place)
            self._threads.append(thread)
            thread.start()

    def _work(self, place: "queue.Queue[Delivery | None]") -> None:
        while True:
            delivery = place.get()
            try:
                if delivery is None:
                    return
                _post(delivery)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._failed(type(error).__name__)
            finally:
                place.task_done()

    def _is_reachable(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        if self._reach != "loopback":
            return self._reach == "anywhere"
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def _post(delivery: Delivery) -> None:
    config, parts = delivery.config, urlsplit(delivery.config["url"])
    seconds = min(float(config["timeout"]), _LONGEST_SECONDS)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    headers = {"Content-Type": "application/json", "X-Simulator": "reconciler"}
    if config["bearerToken"]:
        headers["Authorization"] = f"Bearer {config['bearerToken']}"
    elif config["username"]:
        pair = f"{config['username']}:{config['password'] or ''}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, delivery.body.encode(), headers)
        connection.getresponse().read(65536)
    finally:
        connection.close()
