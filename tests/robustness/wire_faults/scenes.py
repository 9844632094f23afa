"""
The scenes of the matrix: for each sort of request an estate in which a plan sends it three times, and its copies.

A scene is made once; every cell works on a copy of its platform and of its store, so that cells cost little and know
nothing of each other.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import Transport
from reconciler.manifests.declarations import Loaded
from reconciler.model.secret import keyed_digester
from reconciler.operations.planning import read_and_plan as make_plan
from reconciler.operations.validate import check
from reconciler.plan.outcomes import ApplyReport
from reconciler.plan.plan import Plan
from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import Server, serve
from reconciler.store.location import StoreLocation
from reconciler.store.store import Store
from tests.features.sims.estate import HEAD, NETWORK, SimHouse, groups, iccids, listed
from tests.robustness.faults.house import Clock, environment, undisturbed
from tests.robustness.wire_faults.faults import PLENTY_SECONDS
from tests.robustness.wire_faults.proxy import Proxy

POLICIES = ("first-ops", "middle-ops", "last-ops")
SIMS = iccids(6)
_BATCH = ", limits: {batch: 2}"


def _policies(name: str = "Policy", entries: str = "") -> str:
    return "---\n".join(
        f"kind: OperatorPolicy\nmetadata: {{name: {policy}}}\n"
        f"spec: {{displayName: {name}, default: allow, entries: [{entries}]}}\n"
        for policy in POLICIES
    )


def _states(state: str) -> str:
    group = "" if state == "terminated" else ", group: fleet-uk"
    return "---\n".join(
        f'kind: Endpoint\nmetadata: {{name: sim-{n}}}\nspec: {{iccid: "{number}"{group}, state: {state}}}\n'
        for n, number in enumerate(SIMS[::2])
    )


@dataclass(frozen=True, slots=True)
class Scene:
    """The manifests before and after; the requests that are meant, by verb and a pattern of the path."""

    name: str
    before: str
    after: str
    method: str
    path: str
    terminations: int = 0

    @property
    def has_sims(self) -> bool:
        """Whether the plan is about SIMs."""
        return "iccid" in self.after


_ONE = "{country: GBR, action: reject-hard}"
_SIM_BASE = NETWORK + "---\n" + groups("fleet-uk", "fleet-de")

SCENES: tuple[Scene, ...] = (
    Scene("GET list", _policies(), _policies("Renamed"), "GET", r"^/[a-z]+\?"),
    Scene("GET one", _policies(), "", "GET", r"^/operatorpolicies/[^/?]+$"),
    Scene("POST", "", _policies(), "POST", r"^/operatorpolicies$"),
    Scene("POST items", _policies(), _policies(entries=_ONE), "POST", r"/entries$"),
    Scene("PUT", _policies(), _policies("Renamed"), "PUT", r"^/operatorpolicies/[^/]+$"),
    Scene("DELETE", _policies(), "", "DELETE", r"^/operatorpolicies/[^/]+$"),
    Scene(
        "assign",
        _SIM_BASE + "---\n" + listed("set-a", "fleet-uk", SIMS, _BATCH),
        _SIM_BASE + "---\n" + listed("set-a", "fleet-de", SIMS, _BATCH),
        "POST",
        r"^/endpoints/assign$",
    ),
    Scene("suspend", _SIM_BASE + "---\n" + _states("active"), _SIM_BASE + "---\n" + _states("suspended"), "", "status"),
    Scene(
        "terminate",
        _SIM_BASE + "---\n" + _states("active"),
        _SIM_BASE + "---\n" + _states("terminated"),
        "",
        r"status",
        terminations=3,
    ),
)


class Switch:
    """A platform in the place of another one, which may be changed: one port for all cells."""

    def __init__(self) -> None:
        self.current: Simulator | None = None
        self.has_token = True

    def wsgi(self, environ: Any, start_response: Any) -> list[bytes]:
        """The answer of the platform behind it."""
        assert self.current is not None
        return self.current.wsgi(environ, start_response)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where all cells play: the proxy, the server behind it, and a folder."""

    root: Path
    proxy: Proxy
    server: Server
    switch: Switch


@contextmanager
def stage(root: Path) -> Iterator[Stage]:
    """A stage, and its end."""
    switch = Switch()
    with serve(cast("Simulator", switch), port=0) as server, Proxy(server.port) as proxy:
        yield Stage(root, proxy, server, switch)


class SocketHouse(SimHouse):
    """A house whose platform is behind the proxy; made new, or as a copy of another one."""

    def __init__(self, root: Path, where: Stage, origin: "SocketHouse | None" = None) -> None:
        self.root, self.secrets, self.wire = root, {}, {}
        self.where = where
        self.clock = Clock()
        self.environment = environment(self.clock, pid=1 if origin is None else 2)
        self.simulator = Simulator(now=self.clock.now)
        root.mkdir(parents=True)
        self.location = StoreLocation.parse("sqlite:.reconciler/state.db", root)
        if origin is not None:
            self.clock.seconds = origin.clock.seconds
            origin.simulator.database.backup(self.simulator.database)
            shutil.copytree(origin.root / ".reconciler", root / ".reconciler")
            shutil.copy(origin.root / "estate.yaml", root / "estate.yaml")
        # The folders are called after scenes and cells; the estate in them is one and the same.
        self.write("reconciler.yaml", f"{HEAD}kind: Estate\nmetadata: {{name: estate}}\nspec: {{}}\n")
        self.store = Store.open(self.location, estate="estate", create=origin is None, environment=self.environment)
        self.digest = keyed_digester(self.store.hmac_key)
        self.before_request = undisturbed
        self.events = []
        where.switch.current = self.simulator
        self.transport = Transport(where.proxy.origin, "token", total_seconds=PLENTY_SECONDS)
        self.control_plane = self._behind(self.transport)
        self.undisturbed = self._behind(Transport(where.proxy.origin, "token", wsgi=self.simulator.wsgi))

    def _behind(self, transport: Transport) -> RestControlPlane:
        return RestControlPlane(transport, digest=self.digest, resolve=str, sleep=self.clock.sleep, jitter=lambda: 0.5)

    def is_as_declared(self) -> bool:
        """Whether nothing is left to do, seen without the wire."""
        loaded = _loaded((self.root / "estate.yaml").read_text(encoding="utf-8"), self.root)
        inventory = self.store.inventory()
        found = make_plan(
            loaded, self.undisturbed, inventory=inventory, digest_secret=self.digest, find_secret=lambda _: None
        )
        return found.plan.is_empty

    def wait_at_most(self, seconds: float) -> None:
        """From now on an exchange is given up after so long."""
        self.transport.close()
        self.transport = Transport(self.where.proxy.origin, "token", total_seconds=seconds)
        self.control_plane.exchange = replace(self.control_plane.exchange, transport=self.transport)

    def close(self) -> None:
        """Give everything back."""
        self.store.close()
        self.simulator.close()
        self.transport.close()


_KNOWN: dict[str, Loaded] = {}


def _loaded(text: str, root: Path) -> Loaded:
    if text not in _KNOWN:
        _KNOWN[text] = check(root, remember=False).sound()
    return _KNOWN[text]


def prepared(scene: Scene, where: Stage) -> tuple[SocketHouse, Plan]:
    """A scene made: the estate before, applied; the estate after, declared; the plan between the two."""
    house = SocketHouse(where.root / f"scene {scene.name}", where)
    if scene.has_sims:
        house.stock(SIMS)
    _declare(house, scene.before)
    report = house.apply(house.now(), in_flight_seconds=0)
    assert report.exit_code == 0, report
    _declare(house, scene.after)
    plan = house.now()
    house.simulator.clear_log()
    house.store.close()
    return house, plan


def _declare(house: SocketHouse, text: str) -> None:
    documents = [HEAD + part.strip() + "\n" for part in text.split("---\n") if part.strip()]
    house.write("estate.yaml", "---\n".join(documents) or "")


def applied(house: SocketHouse, plan: Plan, scene: Scene) -> ApplyReport:
    """One run over the wire."""
    return house.apply(plan, parallelism=1, in_flight_seconds=60, terminations=scene.terminations)
