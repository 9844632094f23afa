"""The embedded platform as a WSGI application: one lock, one SQLite connection, one transaction for each request."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.simulator.answers import Answer, refusal, spoiled
from reconciler.simulator.contents import contents
from reconciler.simulator.endpoints import KEEP_TERMINATED_SECONDS, Endpoints
from reconciler.simulator.events import Courier, Events, Happening
from reconciler.simulator.faults import PAGE_EFFECTS, ConnectionDropped, Fault, Faults
from reconciler.simulator.platform import Objects
from reconciler.simulator.refusals import Breach, Refusal
from reconciler.simulator.request_log import LoggedRequest, RequestLog
from reconciler.simulator.requests import authorise, body_of, parsed, path_of, query_of
from reconciler.simulator.routes import Backend, Request, Router
from reconciler.simulator.seed import ENUMS
from reconciler.simulator.settings import Settings
from reconciler.simulator.sims import Sims
from reconciler.simulator.store import LIFE, Tables
from reconciler.simulator.world import GROUPS, TARGETS

_REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
            405: "Method Not Allowed", 413: "Content Too Large", 429: "Too Many Requests", 500: "Internal Server Error",
            502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}  # fmt: skip
_DENIALS = frozenset({401, 403, 429})
_HTML = "<html><body><h1>Service portal</h1></body></html>"

StartResponse = Callable[..., Any]


class Simulator:
    """
    The platform. `wsgi` is the application; the rest is for tests and for the command line.

    `path` is a SQLite file or ``:memory:``; `token` None takes any non-empty bearer token; `now` is the clock in
    seconds since 1970, to which `advance` adds. Thread-safe.
    """

    def __init__(
        self,
        path: str | Path = ":memory:",
        *,
        token: str | None = None,
        settings: Settings | None = None,
        now: Callable[[], float] | None = None,
    ) -> None:
        self.faults = Faults()
        settings = settings or Settings()
        self.settings = settings
        self._token = token
        self._now = now or time.time
        self._lock = threading.RLock()
        self._store = Tables(path, settings.account)
        self._platform = Objects(self._store, settings)
        self._sims = Sims(self._store, settings)
        self._router = Router(settings)
        self._log = RequestLog(self._store, settings.most_log_rows)
        self._courier = Courier(settings.webhooks)
        self._late: list[tuple[float, Request]] = []
        self._behind: list[Request] = []
        self._replica: Simulator | None = None
        with self._store.transaction():
            self._platform.found()
        if settings.consistency_lag_seconds > 0:
            # A2: reads are answered by a second platform, to which every write is repeated that much later.
            plain = replace(settings, consistency_lag_seconds=0.0, webhooks="off")
            self._replica = Simulator(settings=plain)
            self._store.connection.backup(self._replica.database)

    @property
    def has_token(self) -> bool:
        """Whether one certain token is needed."""
        return self._token is not None

    @property
    def database(self) -> sqlite3.Connection:
        """The connection that everything is in."""
        return self._store.connection

    def wsgi(self, environ: Mapping[str, Any], start_response: StartResponse) -> list[bytes]:
        """One request. Raises `ConnectionDropped` where a fault says that no answer comes."""
        method = str(environ["REQUEST_METHOD"]).upper()
        try:
            answer, cut = self._respond(method, environ)
        except sqlite3.Error as error:
            message = f"the embedded platform cannot keep its state: {error}"
            raise OSError(message) from error
        content = answer.content()
        length = ("Content-Length", str(len(content)))
        headers = [("Content-Type", answer.content_type), length, ("X-Simulator", "reconciler"), *answer.headers]
        start_response(f"{answer.status} {_REASONS.get(answer.status, 'Status')}", headers)
        return [content[: len(content) // 2] if cut else content]

    def _respond(self, method: str, environ: Mapping[str, Any]) -> tuple[Answer, bool]:
        at = self.time()
        raw = b""
        fault: Fault | None = None
        try:
            # The body first: on a connection that is kept it must not take the place of the next request.
            raw = body_of(environ)
            path = path_of(environ)
            fault = self.faults.next(method, path)
            if fault is not None and fault.effect == "latency":
                time.sleep(fault.seconds)
            authorise(environ, self._token, self.settings)
            request = Request("GET" if method == "HEAD" else method, path, query_of(environ), parsed(raw), at)
        except Refusal as no:
            answer = refusal(no, self.settings)
            with self._lock:
                query = str(environ.get("QUERY_STRING", ""))
                row = self._log.begin(method, str(environ.get("PATH_INFO", "")), query, raw, at=at)
                self._log.finish(row, answer.status)
            return answer, False
        if fault is None or fault.effect in PAGE_EFFECTS | {"latency", "truncate"}:
            answer = self._run(request, environ, raw)
            if fault is None:
                return answer, False
            return (spoiled(answer, fault) if fault.effect in PAGE_EFFECTS else answer), fault.effect == "truncate"
        return self._faulty(fault, request, environ, raw), False

    def _faulty(self, fault: Fault, request: Request, environ: Mapping[str, Any], raw: bytes) -> Answer:
        executed = fault.executed or "never"
        if fault.effect == "status" and fault.executed is None and fault.status in _DENIALS:
            executed = "before" if self.settings.refused_status == "executed" else "never"
        if executed == "before" and fault.effect in {"status", "drop", "garbage"}:
            self._run(request, environ, raw)
        else:
            with self._lock:
                row = self._begin(request, environ, raw)
                self._log.finish(row, fault.status if fault.effect == "status" else 0)
        match fault.effect:
            case "late":
                with self._lock:
                    self._late.append((request.at + fault.seconds, request))
                raise ConnectionDropped(request.path)
            case "drop":
                raise ConnectionDropped(request.path)
            case "garbage":
                return Answer(200, _HTML, content_type="text/html")
            case "redirect":
                return Answer(302, "", headers=(("Location", "https://elsewhere.invalid/"),))
            case "refuse":
                return refusal(Breach("Refused by a scripted fault."), self.settings)
            case _:
                wait = (("Retry-After", fault.retry_after),) if fault.retry_after is not None else ()
                return Answer(fault.status, "", headers=wait)

    def _run(self, request: Request, environ: Mapping[str, Any], raw: bytes) -> Answer:
        with self._lock:
            self._catch_up(request.at)
            row = self._begin(request, environ, raw)
            if self._replica is not None and request.method == "GET":
                answer = self._replica.execute(request)
            else:
                answer = self.execute(request)
                self._follow(request)
            self._log.finish(row, answer.status)
            return answer

    def _begin(self, request: Request, environ: Mapping[str, Any], raw: bytes) -> int:
        return self._log.begin(request.method, request.path, str(environ.get("QUERY_STRING", "")), raw, at=request.at)

    def execute(self, request: Request) -> Answer:
        """Run a request in a transaction of its own; a refusal leaves nothing behind."""
        events = Events(self._store, self.settings)
        try:
            with self._store.transaction():
                self._purge(request.at, events)
                answer = self._router.answer(self._backend(events, request.at), request)
        except Refusal as no:
            return refusal(no, self.settings)
        if events.outgoing:
            self._courier.send(events.outgoing)
        return answer

    def _backend(self, events: Events, at: float) -> Backend:
        endpoints = Endpoints(self._platform.world, self._sims, events, at)
        return Backend(self._platform, self._sims, events, endpoints)

    def _purge(self, at: float, events: Events) -> None:
        gone = self._sims.purge(at - KEEP_TERMINATED_SECONDS)
        if gone:
            events.record((Happening("endpointpurged_v1", key) for key in gone), at)

    def _follow(self, request: Request) -> None:
        if self._replica is not None and request.method != "GET":
            self._behind.append(request)

    def _catch_up(self, at: float) -> None:
        """Run what is due: requests that were held up on the way (A3), and what the replica has not seen yet (A2)."""
        due = [entry for entry in self._late if entry[0] <= at]
        self._late = [entry for entry in self._late if entry[0] > at]
        for _, request in sorted(due, key=lambda entry: entry[0]):
            self.execute(request)
            self._follow(request)
        while self._replica is not None and self._behind:
            if self._behind[0].at + self.settings.consistency_lag_seconds > at:
                break
            self._replica.execute(self._behind.pop(0))

    def time(self) -> float:
        """The platform's clock."""
        with self._lock:
            return self._now() + float(self._store.value("clock", 0.0))

    def advance(self, seconds: float) -> None:
        """Turn the clock forward, and do what became due."""
        with self._lock:
            self._store.set_value("clock", float(self._store.value("clock", 0.0)) + seconds)
            at = self.time()
            self._catch_up(at)
            with self._store.transaction():
                events = Events(self._store, self.settings)
                self._purge(at, events)
            self._courier.send(events.outgoing)

    def log(self) -> list[LoggedRequest]:
        """The requests so far, oldest first."""
        with self._lock:
            return self._log.read()

    def clear_log(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._log.clear()

    def put_sims(self, iccids: Iterable[str], group: str | None = None, status: str = "pending") -> None:
        """A stock of SIMs, as the tenant allocates them; in a group they are active unless `status` says more."""
        listed = [str(iccid) for iccid in iccids]
        if wrong := next((iccid for iccid in listed if not iccid.isdecimal() or len(iccid) > 20), None):
            message = f"not an ICCID: {wrong!r}"
            raise ValueError(message)
        if group is not None and status == "pending":
            status = "active"
        self.perform(lambda backend, at: _stock(backend, listed, group, status, at))

    def session_start(self, key: str, group: str | None = None) -> str:
        """A SIM comes online (in a secondary group, if one is named); answers its IPv4 address (D-46)."""
        return str(self.perform(lambda backend, at: backend.endpoints.start_session(key, group)))

    def set_usage(self, key: str, **usage: int) -> None:
        """Set usage counters in bytes, e.g. ``set_usage(iccid, **{"24H": 1024})``."""
        self.perform(lambda backend, at: backend.endpoints.use(key, usage))

    def emit(self, kind: str, *, endpoint: str | None = None, target: str | None = None) -> None:
        """Let an event happen, to a SIM or to a routing target."""

        def happen(backend: Backend, at: float) -> None:
            sim = backend.endpoints.find(endpoint) if endpoint is not None else None
            row = backend.platform.world.require(TARGETS, target) if target is not None else None
            group = sim.group if sim else None
            one = Happening(kind.lower(), backend.sims.id_of(sim.n) if sim else None, group, row.id if row else None)
            backend.events.record([one], at)

        self.perform(happen)

    def begin_life(self, name: str) -> None:
        """Give ids from now on that no other life of this account gives: two empty platforms are not the same one."""
        self._store.set_value(LIFE, name)

    def perform(self, act: Callable[[Backend, float], Any]) -> Any:
        """Something that the platform itself does, with its events, on the replica of A2 as well."""
        with self._lock:
            at = self.time()
            events = Events(self._store, self.settings)
            with self._store.transaction():
                result = act(self._backend(events, at), at)
            self._courier.send(events.outgoing)
            if self._replica is not None:
                self._replica.perform(act)
            return result

    def flush_webhooks(self) -> None:
        """Wait until every webhook call that was queued has been tried."""
        self._courier.flush()

    def dump(self) -> dict[str, Any]:
        """Everything on the platform without ids and times; equal for two platforms in the same state."""
        with self._lock, self._store.transaction():
            return contents(self._platform, self._sims)

    def close(self) -> None:
        """Stop delivering and close the database."""
        self._courier.close()
        with self._lock:
            if self._replica is not None:
                self._replica.close()
            self._store.connection.close()


def _stock(backend: Backend, iccids: Sequence[str], group: str | None, status: str, at: float) -> None:
    row = backend.platform.world.require(GROUPS, group) if group is not None else None
    backend.sims.add(iccids, row, ENUMS["endpointStatus"][status]["key"], at)
