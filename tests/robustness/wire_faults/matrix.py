"""
The matrix: faults × sorts of requests × first, middle, last × executed, not executed, late; and seeded mixes of them.

The oracles know nothing of the engine: what a run may ask for is what an undisturbed run asked for, an effect is a
change of what is on the platform, and the end is the end of the undisturbed run.
"""

import itertools
import json
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2

from reconciler.errors import ReconcilerError
from reconciler.plan.plan import Plan
from tests.robustness.wire_faults.faults import FAULTS, PATIENCE_SECONDS, PLENTY_SECONDS, WireFault
from tests.robustness.wire_faults.proxy import Exchange, plainly
from tests.robustness.wire_faults.scenes import SCENES, Scene, SocketHouse, Stage, applied, prepared

PLACES = ("first", "middle", "last")
DOCUMENTED = frozenset({0, 3, 4, 5, 6, 7, 9, 10, 11})
"""Documented exit codes that a run may end with; 1 is a bug."""
LATE_SECONDS = 40
_MOST_RUNS = 3
_READS = {"GET list", "GET one"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what happens to the request of that sort at that place. Reads: `executed` once, `never` every time."""

    scene: str
    fault: str
    place: str
    variant: str

    def __str__(self) -> str:
        return f"{self.scene} | {self.fault} | {self.place} | {self.variant}"


def all_cells() -> list[Cell]:
    """Every cell of the matrix."""
    return [
        Cell(scene.name, fault.name, place, variant)
        for scene, fault in itertools.product(SCENES, FAULTS)
        for variant in (("executed", "never") if scene.name in _READS else fault.variants)
        for place in PLACES
    ]


def some_cells(count: int) -> list[Cell]:
    """So many cells, with every fault of every sort of request among them; places and variants take turns."""
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in all_cells():
        groups.setdefault((cell.scene, cell.fault), []).append(cell)
    turned = [
        cells[number % len(cells) :] + cells[: number % len(cells)] for number, cells in enumerate(groups.values())
    ]
    rounds = (cell for cells in itertools.zip_longest(*turned) for cell in cells if cell is not None)
    return list(itertools.islice(rounds, count))


@dataclass(slots=True)
class Effects:
    """The changes on the platform: each request that changed something, as often as it did."""

    count: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)
    terminated: set[str] = field(default_factory=set)


def watched(house: SocketHouse) -> Effects:
    """From now on, note what each mutation of the platform of a house does."""
    effects = Effects()
    execute = house.simulator.execute
    last = [house.simulator.dump()]

    def noting(request: Any) -> Any:
        answer = execute(request)
        if request.method != "GET":
            now = house.simulator.dump()
            for key in _keys(request.method, request.path, request.data):
                effects.asked.add(key)
                if now != last[0]:
                    effects.count[key] += 1
            last[0] = now
        return answer

    house.simulator.execute = noting  # type: ignore[method-assign]  # The platform is watched from outside.
    return effects


def _keys(method: str, path: str, body: Any) -> Iterator[str]:
    """The changes that one request asks for: a bulk request asks for each of its SIMs."""
    sims = body.get("endpoints") if isinstance(body, dict) else None
    if not isinstance(sims, list):
        yield f"{method} {path.lower()} {json.dumps(body, sort_keys=True)}"
        return
    rest = {name: value for name, value in body.items() if name != "endpoints"}
    for sim in sims:
        yield f"{method} {path.lower()} {json.dumps(rest, sort_keys=True)} {sim}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A scene with its plan, and what an undisturbed run did and left."""

    scene: Scene
    house: SocketHouse
    plan: Plan
    asked: frozenset[str]
    end: Mapping[str, Any]
    times: int


class Matrix:
    """Plays cells on a stage."""

    def __init__(self, where: Stage) -> None:
        self._where = where
        self._count = 0
        self._scenes = {scene.name: self._prepared(scene) for scene in SCENES}

    def _prepared(self, scene: Scene) -> Prepared:
        house, plan = prepared(scene, self._where)
        copy = self._copy(house)
        effects, tally = watched(copy), Tally(scene)
        self._where.proxy.handling = tally
        assert applied(copy, plan, scene).exit_code == 0
        assert copy.is_as_declared()
        found = Prepared(scene, house, plan, frozenset(effects.asked), copy.simulator.dump(), tally.seen)
        self._end(copy)
        return found

    def _copy(self, house: SocketHouse) -> SocketHouse:
        self._count += 1
        self._where.proxy.handling = plainly
        return SocketHouse(self._where.root / f"cell {self._count}", self._where, house)

    @staticmethod
    def _end(house: SocketHouse) -> None:
        house.close()
        shutil.rmtree(house.root)

    def play(self, cell: Cell) -> list[str]:
        """Play one cell; what was broken, in words."""
        fault = next(fault for fault in FAULTS if fault.name == cell.fault)
        found = self._scenes[cell.scene]
        is_whole = cell.scene in _READS and cell.variant == "never"
        place = {"first": 0, "middle": found.times // 2, "last": found.times - 1}[cell.place]
        chosen = (lambda number: number >= place) if is_whole else (lambda number: number == place)
        return self._told(found, Hits(found.scene, {}, chosen, (fault, cell.variant)), str(cell))

    def mixed(self, seed: int) -> list[str]:
        """Play a seeded mix: any request of any sort may be hit by any fault."""
        chance = random.Random(seed)
        found = self._scenes[chance.choice(SCENES).name]
        rate = chance.choice((0.05, 0.15, 0.4))
        chosen: dict[int, tuple[WireFault, str]] = {}
        for number in range(400):
            if chance.random() < rate:
                fault = chance.choice(FAULTS)
                chosen[number] = (fault, chance.choice(fault.variants))
        return self._told(found, Hits(None, chosen), f"mix {seed}")

    def _told(self, found: Prepared, hits: "Hits", name: str) -> list[str]:
        house = self._copy(found.house)
        try:
            return [f"{name}: {trouble}" for trouble in self._played(found, house, hits)]
        finally:
            self._end(house)

    def _played(self, found: Prepared, house: SocketHouse, hits: "Hits") -> list[str]:
        effects = watched(house)
        if hits.is_slow:
            house.wait_at_most(PATIENCE_SECONDS)
        proxy, clock = self._where.proxy, house.clock
        hits.now = clock.now
        proxy.handling = hits

        def sleep(seconds: float) -> None:
            clock.__class__.sleep(clock, seconds)
            hits.deliver(proxy.pass_on)

        exchange = house.control_plane.exchange
        house.control_plane.exchange = replace(exchange, waiting=replace(exchange.waiting, sleep=sleep))
        object.__setattr__(house.environment, "sleep", sleep)
        if hits.is_refused:
            hits.refuse(house)
        trouble = _run(house, found.plan, found.scene)
        proxy.handling = plainly
        house.wait_at_most(PLENTY_SECONDS)
        sleep(3 * LATE_SECONDS)
        hits.stop()
        trouble += _finished(house, found)
        trouble += [f"had an effect {times} times: {key}" for key, times in effects.count.items() if times > 1]
        trouble += [f"outside the plan: {key}" for key in sorted(effects.asked - found.asked)]
        return trouble + _loose(house, found)


def _run(house: SocketHouse, plan: Plan, scene: Scene) -> list[str]:
    """One run: nothing to say, or an exit code or exception that must not be."""
    try:
        code = applied(house, plan, scene).exit_code
    except ReconcilerError as error:
        code = error.exit_code
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return [f"a traceback: {type(error).__name__}: {error}"]
    return [] if code in DOCUMENTED else [f"exit code {code}"]


def _finished(house: SocketHouse, found: Prepared) -> list[str]:
    """Runs without faults until the plan is empty, at most three."""
    trouble: list[str] = []
    for number in range(_MOST_RUNS):
        trouble += _run(house, found.plan, found.scene) if house.store.unresolved() else []
        if house.is_as_declared() and not house.store.unresolved():
            break
        following = house.now()
        if number == _MOST_RUNS - 1:
            changes = [f"{change.action} {change.address}" for change in following.changes]
            trouble.append(f"the plan is not empty: {changes} {following.roster.changes}")
        # The plan was consented to; the rest of it is as much as that.
        trouble += _run(house, following, found.scene) if not found.scene.terminations else _rest(house, following)
    return trouble


def _rest(house: SocketHouse, plan: Plan) -> list[str]:
    count = sum(len(change.iccids) for change in plan.roster.changes if change.action == "terminate")
    try:
        house.apply(plan, parallelism=1, in_flight_seconds=60, terminations=count)
    except ReconcilerError as error:
        return [f"{type(error).__name__}: {error}"]
    return []


def _loose(house: SocketHouse, found: Prepared) -> list[str]:
    """How the end differs from that of an undisturbed run, and what the inventory has wrong."""
    end = house.simulator.dump()
    trouble = [
        f"not as wanted: {collection}/{name}"
        for collection, wanted in found.end.items()
        for name in sorted({*wanted, *end[collection]})
        if wanted.get(name) != end[collection].get(name)
    ]
    snapshot = house.undisturbed.snapshot()
    live = {seen.remote_id for seen in snapshot.by_address.values() if not seen.fixed}
    owned = {row.remote_id for row in house.store.inventory().owned.values()}
    trouble += [f"orphan: {one}" for one in sorted(live - owned)]
    return trouble + [f"owned, but gone: {one}" for one in sorted(owned - live)]


class Tally:
    """Passes everything on, and counts the requests of a sort."""

    def __init__(self, scene: Scene) -> None:
        self.seen = 0
        self._scene = scene

    def __call__(self, exchange: Exchange, pass_on: Callable[[], bytes]) -> bool:
        """Handle one exchange."""
        self.seen += is_meant(self._scene, exchange)
        return plainly(exchange, pass_on)


def is_meant(scene: Scene | None, exchange: Exchange) -> bool:
    """Whether a request is of the sort of the scene; without a scene, every one."""
    if scene is None:
        return True
    path = exchange.path.removeprefix("/api/v1").lower()
    is_verb = exchange.method == scene.method or (not scene.method and exchange.method != "GET")
    return is_verb and re.search(scene.path, path) is not None


class Hits:
    """Hits the chosen ones of the requests of a sort; holds back what is late."""

    def __init__(
        self,
        scene: Scene | None,
        by_number: Mapping[int, tuple[WireFault, str]],
        chosen: Callable[[int], bool] = lambda _: False,
        fault: tuple[WireFault, str] | None = None,
    ) -> None:
        self._scene, self._by_number, self._chosen, self._fault = scene, by_number, chosen, fault
        self._number = itertools.count()
        self._held: list[tuple[float, bytes]] = []
        self.now: Callable[[], float] = float
        faults = [hit for hit, _ in by_number.values()] + ([fault[0]] if fault else [])
        self.is_slow = any(hit.name in {"no answer", "dripping"} for hit in faults)
        self.is_refused = fault is not None and fault[0].name == "refused"

    def _hit(self, exchange: Exchange) -> tuple[WireFault, str] | None:
        if not is_meant(self._scene, exchange):
            return None
        number = next(self._number)
        return self._by_number.get(number) or (self._fault if self._chosen(number) else None)

    def __call__(self, exchange: Exchange, pass_on: Callable[[], bytes]) -> bool:
        """Handle one exchange."""
        hit = None if self.is_refused else self._hit(exchange)
        if hit is None:
            return plainly(exchange, pass_on)
        fault, variant = hit
        if variant == "late" and exchange.method != "GET":
            self._held.append((self.now() + LATE_SECONDS, exchange.raw))
        is_executed = variant == "executed" or exchange.method == "GET"
        fault.act(exchange, pass_on() if is_executed else b"")
        return False

    def deliver(self, pass_on: Callable[[bytes], bytes]) -> None:
        """Execute what was held back for long enough."""
        due = [raw for moment, raw in self._held if moment <= self.now()]
        self._held = [entry for entry in self._held if entry[1] not in due]
        for raw in due:
            pass_on(raw)

    def refuse(self, house: SocketHouse) -> None:
        """Let connections for the chosen requests be refused, before the proxy sees anything of them."""
        send = house.transport._client.stream

        def refusing(method: str, url: str, **options: Any) -> Any:
            path = "/" + url.split("/", 3)[3]
            if not self._over and self._hit(Exchange(method, path, b"", None)):  # type: ignore[arg-type]  # No socket yet.
                raise httpx2.ConnectError("Connection refused")
            return send(method, url, **options)

        house.transport._client.stream = refusing  # type: ignore[method-assign,assignment]  # The network, not our code.

    _over = False

    def stop(self) -> None:
        """No more faults."""
        self._over = True


def broken(where: Stage, cells: Sequence[Cell]) -> list[str]:
    """The promises that were broken in any of these cells."""
    matrix = Matrix(where)
    return [trouble for cell in cells for trouble in matrix.play(cell)]
