"""
Two to four estates of one account on one store: edits, removals, adoptions and runs that are cut off, interleaved.

The oracle is the request log of the simulator and a book that this file keeps: who created, wrote or completely took
over which object last. Our inventory is never asked.
"""

import random
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.apply.applier import apply_plan
from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport
from reconciler.errors import Refused, StalePlan
from reconciler.model.resource import Estate
from reconciler.model.secret import keyed_digester
from reconciler.plan.plan import Basis, Plan
from reconciler.plan.planfile import digest_of
from reconciler.plan.planner import make_plan
from reconciler.plan.question import Question
from reconciler.simulator.application import Simulator
from reconciler.store.location import StoreLocation
from reconciler.store.store import Store
from tests.faults.house import NO_DIGEST, Clock, environment, resource

STEPS = 12
SHARED = ("shared-net-a", "shared-net-b")
_SEGMENT = "vslices"


class Cut(BaseException):
    """The process ends here."""


@dataclass
class Office:
    """One estate: its store, and what it declares, by moniker."""

    name: str
    store: Store
    declared: dict[str, str] = field(default_factory=dict)


class Interleaving:
    """One history, drawn from a seed; `failures` are the broken promises."""

    def __init__(self, seed: int, location: StoreLocation) -> None:
        self.seed = seed
        self._draw = random.Random(seed)  # Not for secrets: a history is drawn again from its seed.
        self._location = location
        self._clock = Clock()
        self._environment = environment(self._clock)
        self._simulator = Simulator(now=self._clock.now)
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self._owners: dict[str, str] = {}
        self._running: tuple[Office, bool] | None = None
        self._cut_at: tuple[int, bool] | None = None
        self._written = 0
        self._turn = threading.Lock()
        self._offices = [self._office(f"team-{letter}") for letter in "abcd"[: self._draw.randint(2, 4)]]
        self._control_plane = self._connected()

    def _office(self, name: str) -> Office:
        store = Store.open(self._location, estate=name, create=True, environment=self._environment)
        return Office(name, store)

    def _connected(self) -> RestControlPlane:
        transport = Transport(IN_PROCESS_ORIGIN, "token", wsgi=self._wsgi)
        key = self._offices[0].store.hmac_key
        return RestControlPlane(
            transport,
            digest=keyed_digester(key),
            resolve=str,
            sleep=self._clock.sleep,
            jitter=lambda: 0.5,
        )

    # --- the platform's side --------------------------------------------------------------------------------------

    def _wsgi(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            return self._simulator.wsgi(environ, start_response)
        with self._turn:
            self._written += 1
            place, is_after = self._cut_at or (0, False)
            if place == self._written and not is_after:
                raise Cut
            before = self._live()
            answer = list(self._simulator.wsgi(environ, start_response))
            self._judge(before, self._live(), str(environ["PATH_INFO"]))
            if place == self._written:
                raise Cut
            return answer

    def _live(self) -> dict[str, Any]:
        """Every VSlice by its moniker, as the platform has it; none is renamed here."""
        return dict(self._simulator.dump()[_SEGMENT])

    def _judge(self, before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> None:
        """Whoever is running made this difference: it must be to an object of its own."""
        if self._running is None:
            return
        office, adopts = self._running
        for moniker in {*before, *after}:
            if before.get(moniker) == after.get(moniker):
                continue
            owner = self._owners.get(moniker)
            is_creation = moniker not in before
            may_adopt = owner is None and adopts and moniker in office.declared
            if not (is_creation or owner == office.name or may_adopt):
                self.failures.append(f"seed {self.seed}: {office.name} changed {moniker} of {owner} ({path})")
            if moniker in after:
                self._owners[moniker] = office.name
                self.counts["edits" if not is_creation else "creations"] += 1
            else:
                self._owners.pop(moniker, None)
                self.counts["deletions"] += 1

    # --- the history ----------------------------------------------------------------------------------------------

    def play(self) -> None:
        """The history, and then the end: every estate applies what is its own, and plans nothing afterwards."""
        for _ in range(STEPS):
            office = self._draw.choice(self._offices)
            self._change(office)
            self._run(office, adopts=self._draw.random() < 0.4, is_cut=self._draw.random() < 0.3)
        for office in self._offices:
            self._settle(office)
        for office in self._offices:
            plan = self._plan(office, adopts=True)
            if not plan.is_empty or plan.refusals:
                self.failures.append(f"seed {self.seed}: the plan of {office.name} is not empty: {plan.changes}")
        for office in self._offices:
            office.store.close()
        self._simulator.close()

    def _change(self, office: Office) -> None:
        """Somebody edits the manifests of an estate, or the portal."""
        names = (*(f"{office.name}-net-{number}" for number in range(3)), *SHARED)
        name = self._draw.choice(names)
        if name in office.declared and self._draw.random() < 0.4:
            del office.declared[name]
        else:
            office.declared[name] = f"Net {self._draw.randrange(5)}"
        if self._draw.random() < 0.2:
            moniker = self._draw.choice(SHARED)
            if moniker not in self._live():
                self._made_by_hand(moniker)

    def _made_by_hand(self, moniker: str) -> None:
        """Somebody makes an object in the portal."""
        from reconciler.control_plane.port import Step, Verb
        from reconciler.model.address import Address

        address = Address("VSlice", moniker)
        spec = {"displayName": "By hand", "subnets": ["100.64.0.0/16"]}
        self._control_plane.send(Step(Verb.CREATE, address, moniker, None, spec), None)
        self.counts["made by hand"] += 1

    def _plan(self, office: Office, *, adopts: bool) -> Plan:
        snapshot = self._control_plane.snapshot()
        inventory = office.store.inventory()
        basis = Basis("0", snapshot.account, inventory.lineage, inventory.serial, NO_DIGEST, NO_DIGEST, office.name)
        declared = Estate(
            resource("VSlice", name, displayName=text, subnets=["100.64.0.0/16"])
            for name, text in office.declared.items()
        )
        return make_plan(
            Question(
                declared, snapshot, inventory, basis, where=lambda *_: None, secret_digest=lambda _: None, adopts=adopts
            )
        )

    def _run(self, office: Office, *, adopts: bool, is_cut: bool) -> bool:
        plan = self._plan(office, adopts=adopts)
        if plan.is_empty:
            return not plan.refusals
        self._running = (office, adopts)
        if is_cut:
            self._cut_at = (self._written + self._draw.randint(1, 3), self._draw.random() < 0.5)
        try:
            report = apply_plan(
                plan,
                control_plane=self._control_plane,
                store=office.store,
                environment=self._environment,
                plan_digest=digest_of(plan),
                on_event=lambda _: None,
                stop=threading.Event(),
                digest_secret=keyed_digester(office.store.hmac_key),
                parallelism=1,
            )
        except Refused:
            self.counts["refused"] += 1
            return False
        except StalePlan:
            self.counts["stale"] += 1
            return False
        except Cut:
            self.counts["kills"] += 1
            self._reopen(office)
            return False
        finally:
            self._running = self._cut_at = None
        if report.is_complete:
            self._note_adoptions(office, plan)
        self.counts["applies"] += 1
        return report.is_complete

    def _note_adoptions(self, office: Office, plan: Plan) -> None:
        for change in plan.changes:
            if change.adopts or change.is_plain_adoption:
                owner = self._owners.setdefault(change.address.name, office.name)
                self.counts["adoptions"] += 1
                if owner != office.name:
                    self.failures.append(f"seed {self.seed}: {office.name} took {change.address} from {owner}")

    def _reopen(self, office: Office) -> None:
        office.store.close()
        office.store = Store.open(self._location, estate=office.name, create=False, environment=self._environment)

    def _settle(self, office: Office) -> None:
        """Apply until there is nothing to do, without what belongs to somebody else."""
        for _ in range(6):
            if self._run(office, adopts=True, is_cut=False):
                return
            for result in self._plan(office, adopts=True).refusals:
                for address in result.addresses:
                    office.declared.pop(address.name, None)


def interleaved(count: int, seed: int, location: "Locations") -> tuple[Counter[str], list[str]]:
    """So many histories, each on a store of its own; what was done, and the broken promises."""
    counts: Counter[str] = Counter()
    failures: list[str] = []
    for number in range(count):
        history = Interleaving(seed * 100_000 + number, location(number))
        history.play()
        counts += history.counts
        failures += history.failures
    return counts, failures


class Locations:
    """A new place for a store for each history: a folder below `root`, or a database of `server`."""

    def __init__(self, root: Path, server: Any = None) -> None:
        self._root = root
        self._server = server

    def __call__(self, number: int) -> StoreLocation:
        """The place of that history."""
        folder = self._root / str(number)
        folder.mkdir()
        text = "sqlite:state.db" if self._server is None else self._server.create(f"many-{number}-{id(self)}")
        return StoreLocation.parse(text, folder)
