"""
The platform of a history: the simulator, requests under way, and what was done to it by whom.

Requests go into the simulator without HTTP between; adapter, codec and simulator are the real ones.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, HttpAnswer
from reconciler.model.address import Address
from reconciler.simulator.application import Simulator
from reconciler.simulator.routes import Request
from reconciler.simulator.settings import Settings
from tests.robustness.simulation.unmanaged import HUMAN, Watch

LAG_SECONDS = 8.0
"""How long a read may go on answering from before a write (A2): less than is waited for a create to show."""
KINDS = {
    "vslices": "VSlice", "routingtargets": "RoutingTarget", "routingpolicies": "RoutingPolicy",
    "operatorpolicies": "OperatorPolicy", "regionalpolicies": "RegionalPolicy", "edgeservices": "EdgeService",
    "eventhandlers": "EventHandler", "eventmaps": "EventMap", "endpointgroups": "EndpointGroup",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sending:
    """One request of somebody."""

    who: str
    method: str
    path: str
    content: bytes | None

    @property
    def body(self) -> Any:
        """The parsed body."""
        return json.loads(self.content) if self.content else None

    @property
    def parts(self) -> list[str]:
        """The path's segments, decoded."""
        return unquote(self.path.partition("?")[0]).strip("/").split("/")


@dataclass
class Platform:
    """The platform of all processes of a history. `made` are effective creates: who, kind and moniker, by id."""

    now: Callable[[], float]
    simulator: Simulator = field(default_factory=lambda: Simulator(settings=Settings(webhooks="off")))
    shadow: Simulator = field(default_factory=lambda: Simulator(settings=Settings(webhooks="off")))
    late: list[tuple[float, Sending, int]] = field(default_factory=list)
    before: list[tuple[float, bytes, int]] = field(default_factory=list)
    made: dict[str, tuple[str, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    log: list[tuple[Sending, int]] = field(default_factory=list)
    landed: set[str] = field(default_factory=set)
    known: dict[str, HttpAnswer] = field(default_factory=dict)
    keeps_former: bool = False
    watch: Watch = field(default_factory=Watch)

    def start(self, blob: bytes, names: dict[str, str]) -> None:
        """A platform in a state that was kept; `names` are the addresses of its objects by id."""
        self.simulator.database.deserialize(blob)
        self.late, self.before, self.made, self.log, self.known, self.landed = [], [], {}, [], {}, set()
        self.names, self.watch = dict(names), Watch()

    def handle(self, sending: Sending) -> HttpAnswer:
        """Run a request now, after those that were held up until now."""
        self.land()
        return self._run(sending, self._seen(sending))

    def hold(self, sending: Sending, seconds: float) -> None:
        """Let a request arrive later (A3)."""
        self.late.append((self.now() + seconds, sending, self._seen(sending)))

    def land(self) -> None:
        """Run what is due."""
        if not self.late:
            return
        due = sorted((entry for entry in self.late if entry[0] <= self.now()), key=lambda entry: entry[0])
        self.late = [entry for entry in self.late if entry[0] > self.now()]
        for _, sending, seen in due:
            before = self.made.keys() - self.landed
            self._run(sending, seen)
            self.landed |= self.made.keys() - self.landed - before

    def stale(self, sending: Sending) -> HttpAnswer:
        """The answer to a read from before some write of the last seconds."""
        former = [(blob, tick) for at, blob, tick in self.before if at > self.now() - LAG_SECONDS]
        if not former:
            return self.handle(sending)
        self.shadow.database.deserialize(former[0][0])
        self.watch.note_read(sending.who, sending.parts, former[0][1])
        return self._answer(self.shadow, sending)

    def _seen(self, sending: Sending) -> int:
        """The moment of what the sender of a write knows of its object."""
        key = sending.parts[1] if len(sending.parts) > 1 else ""
        return self.watch.read_by(sending.who, key, self.names.get(key, "").partition("/")[2])

    def _run(self, sending: Sending, seen: int) -> HttpAnswer:
        if sending.method == "GET":
            self.watch.note_read(sending.who, sending.parts, self.watch.tick)
            # Between two writes a read answers the same each time; most of a history is reading.
            if sending.path not in self.known:
                self.known[sending.path] = self._answer(self.simulator, sending)
            return self.known[sending.path]
        self.known = {}
        if self.keeps_former:
            self.before.append((self.now(), self.simulator.database.serialize(), self.watch.tick))
        self.watch.tick += 1
        answer = self._answer(self.simulator, sending)
        self.log.append((sending, answer.status))
        parts = sending.parts
        if sending.method == "POST" and len(parts) == 1 and parts[0] != "endpoints":
            found = json.loads(answer.content)
            if found.get("success"):
                address = f"{KINDS[parts[0].lower()]}/{sending.body['moniker']}"
                self.made[found["data"]] = (sending.who, address)
                self.names[found["data"]] = address
        if len(parts) > 1 and parts[1] in self.watch.edits and sending.who != HUMAN:
            self.watch.check(parts[1], self.shown(f"/{parts[0]}/{parts[1]}"), seen)
        return answer

    def shown(self, path: str) -> Any:
        """The answer to a GET of an object; None when it is not there."""
        answer = json.loads(self._answer(self.simulator, Sending("", "GET", path, None)).content)
        return answer["data"] if answer.get("success") else None

    def _answer(self, simulator: Simulator, sending: Sending) -> HttpAnswer:
        path, _, query = sending.path.partition("?")
        request = Request(
            sending.method, unquote(path), {k.lower(): v for k, v in parse_qsl(query)}, sending.body, self.now()
        )
        answer = simulator.execute(request)
        return HttpAnswer(answer.status, answer.content())

    def ids(self) -> set[str]:
        """The ids of all objects that are there."""
        return {row[0] for row in self.simulator.database.execute("SELECT id FROM object")}


class Wire:
    """A transport of somebody who is never disturbed: a human at the portal, or a run when all is quiet."""

    origin = IN_PROCESS_ORIGIN
    is_local = True

    def __init__(self, platform: Platform, who: str) -> None:
        self._platform = platform
        self._who = who

    def send(self, method: str, path: str, content: bytes | None = None) -> HttpAnswer:
        """One request."""
        return self._platform.handle(Sending(self._who, method, path, content))


def control_plane(wire: Any, sleep: Callable[[float], None] = lambda _: None) -> RestControlPlane:
    """The real adapter on a wire."""
    return RestControlPlane(wire, digest=lambda text: text, resolve=str, sleep=sleep, jitter=lambda: 0.5)


def address_of(sending: Sending, names: dict[str, str]) -> Address | None:
    """The object that a write is about; None for writes to SIMs."""
    parts = sending.parts
    if parts[0].lower() == "endpoints":
        return None
    kind = KINDS[parts[0].lower()]
    if len(parts) == 1:
        return Address(kind, sending.body["moniker"])
    return Address.parse(names[parts[1]]) if parts[1] in names else Address(kind, parts[1])
