"""A whole estate in one process: simulator, adapter, planner, a store on disk, and a virtual clock."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2

from reconciler.apply.applier import apply_plan
from reconciler.apply.recovery import with_evidence
from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport
from reconciler.environment import Environment
from reconciler.model.address import Address
from reconciler.model.resource import Resource, Resources
from reconciler.model.secret import SecretRef, keyed_digester
from reconciler.plan.outcomes import ApplyReport, RunEvent
from reconciler.plan.plan import Basis, Plan
from reconciler.plan.planfile import decode, digest_of, encode
from reconciler.plan.planner import make_plan
from reconciler.plan.situation import Situation
from reconciler.simulator.application import Simulator
from reconciler.simulator.faults import ConnectionDropped
from reconciler.simulator.request_log import LoggedRequest
from reconciler.simulator.settings import Settings
from reconciler.store.location import StoreLocation
from reconciler.store.store import Store

NO_DIGEST = f"sha256:{0:064}"
MUTATIONS = {"POST", "PUT", "DELETE", "PATCH"}


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0
        self._turn = threading.Lock()
        self.listeners: list[Callable[[float], None]] = []

    def now(self) -> float:
        """The time."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        with self._turn:
            self.seconds += seconds


def environment(clock: Clock, *, pid: int = 1) -> Environment:
    """A machine on which nothing takes time and nothing is left to chance."""
    count = iter(range(1, 1_000_000))
    return Environment(
        monotonic=clock.now,
        wall=clock.now,
        sleep=clock.sleep,
        jitter=lambda: 0.5,
        new_id=lambda: f"run-{pid}-{next(count)}",
        entropy=lambda size: bytes(range(size)),
        variables={},
        host="machine",
        pid=pid,
        user="somebody",
    )


def undisturbed(_method: str, _path: str) -> None:
    """Let a request pass."""


def resource(kind: str, name: str, /, **spec: Any) -> Resource:
    """A declared resource."""
    return Resource(Address(kind, name), spec)


@dataclass
class House:
    """Everything together. `secrets` are what secret references resolve to."""

    root: Path
    settings: Settings = field(default_factory=Settings)
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.simulator = Simulator(settings=self.settings, now=self.clock.now)
        self.environment = environment(self.clock)
        self.location = StoreLocation.parse("sqlite:.reconciler/state.db", self.root)
        self.store = Store.open(self.location, estate="estate", create=True, environment=self.environment)
        self.digest = keyed_digester(self.store.hmac_key)
        self.before_request: Callable[[str, str], None] = undisturbed
        transport = Transport(IN_PROCESS_ORIGIN, "token", wsgi=self._wsgi)
        self.control_plane = RestControlPlane(
            transport,
            digest=self.digest,
            resolve=lambda reference: self.secrets[str(reference.env)],
            sleep=self.clock.sleep,
            jitter=lambda: 0.5,
        )
        self.events: list[RunEvent] = []

    def _wsgi(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        self.before_request(str(environ["REQUEST_METHOD"]), str(environ["PATH_INFO"]))
        try:
            return self.simulator.wsgi(environ, start_response)
        except ConnectionDropped as error:
            raise httpx2.ReadError(str(error)) from error

    def plan(self, *resources: Resource, adopts: bool = False, **situation: Any) -> Plan:
        """The plan that makes live as declared; `situation` replaces other parts of the situation."""
        snapshot = self.control_plane.snapshot()
        inventory = with_evidence(self.store.inventory(), self.store.open_creations(), snapshot, self.digest)
        asked = Situation(
            Resources(resources),
            snapshot,
            inventory,
            Basis("0", snapshot.account, inventory.lineage, inventory.serial, NO_DIGEST, NO_DIGEST, "estate"),
            where=lambda _address, _path: None,
            secret_digest=self._secret_digest,
            adopts=adopts,
        )
        return make_plan(replace(asked, **situation))

    def _secret_digest(self, value: Any) -> str | None:
        if isinstance(value, SecretRef):
            found = self.secrets.get(str(value.env))
            return None if found is None else self.digest(found)
        return self.digest(value)

    def apply(self, plan: Plan, **options: Any) -> ApplyReport:
        """Apply it, as it is read from the file that it was saved to."""
        saved, _ = decode(encode(plan), "plan.json")
        return apply_plan(
            # Verdicts are in no file: whoever applies judges.
            replace(saved, verdicts=plan.verdicts),
            control_plane=self.control_plane,
            store=options.pop("store", self.store),
            environment=self.environment,
            plan_digest=digest_of(plan),
            on_event=self.events.append,
            stop=options.pop("stop", threading.Event()),
            digest_secret=self.digest,
            **options,
        )

    def make(self, *resources: Resource) -> ApplyReport:
        """Plan and apply."""
        return self.apply(self.plan(*resources))

    def mutations(self) -> list[LoggedRequest]:
        """Every request that was to change something, in order."""
        return [row for row in self.simulator.log() if row.method in MUTATIONS]

    def reopen(self) -> None:
        """As if the process had been killed and started again."""
        self.store.close()
        self.store = Store.open(self.location, estate="estate", create=False, environment=self.environment)
