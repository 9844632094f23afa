"""
Two to four estates of one account on one store, interleaved.

Edits, removals, renames, adoptions, destructions, plans that are kept and applied later, people at the portal, and runs
that are cut off at a request or between two changes.

The oracle is the platform's side and a book that this file keeps: who created, wrote or completely took over which
object last. Each request that is to edit or delete is judged by the object that its path names, and each difference
that it made by the platform's contents before and after. Our inventory is never asked.
"""

import random
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.apply.applier import apply_plan
from reconciler.control_plane.port import Step, Verb
from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport
from reconciler.errors import PlanFileError, Refused, StalePlan
from reconciler.kinds import object_kinds
from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource, Resources
from reconciler.model.secret import keyed_digester
from reconciler.plan.action import Action
from reconciler.plan.outcomes import AlreadyDone, RunEvent, Succeeded
from reconciler.plan.plan import Basis, Plan
from reconciler.plan.planfile import decode, digest_of, encode
from reconciler.plan.planner import make_plan
from reconciler.plan.situation import Situation
from reconciler.simulator.application import Simulator
from reconciler.store.location import StoreLocation
from reconciler.store.store import Store
from tests.robustness.faults.house import NO_DIGEST, Clock, environment

STEPS = 14
SEGMENTS = {name: object_kinds()[name].wire.collection for name in ("VSlice", "OperatorPolicy")}
SHARED = (Address("VSlice", "shared-net-a"), Address("VSlice", "shared-net-b"), Address("OperatorPolicy", "shared-ops"))


class Cut(BaseException):
    """The process ends here."""


@dataclass
class Office:
    """One estate: its store, what it declares (names by address), former monikers, and plans that it kept."""

    name: str
    store: Store
    declared: dict[Address, str] = field(default_factory=dict)
    former: dict[Address, str] = field(default_factory=dict)
    kept: list[tuple[Plan, frozenset[Address]]] = field(default_factory=list)


def _spec(address: Address, title: str) -> dict[str, Any]:
    if address.kind == "VSlice":
        return {"displayName": title, "subnets": ["100.64.0.0/16"]}
    return {"displayName": title, "default": "allow", "entries": []}


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
        self._owners: dict[Address, str] = {}
        self._ids: dict[str, Address] = {}
        # By estate: creations that were cut, because what has their name and whole content counts as made by them
        # , and adoptions that were cut. It holds for objects without an owner only.
        self._intended: set[tuple[Address, str]] = set()
        self._running: tuple[Office, frozenset[Address]] | None = None
        self._cut_at: tuple[int, bool] | None = None
        self._cut_after: int | None = None
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
        method, path = str(environ["REQUEST_METHOD"]), str(environ["PATH_INFO"])
        if method == "GET":
            return self._simulator.wsgi(environ, start_response)
        with self._turn:
            self._written += 1
            place, is_after = self._cut_at or (0, False)
            if place == self._written and not is_after:
                raise Cut
            before = self._live()
            self._judge_request(method, path)
            self.counts["requests"] += 1
            answer = list(self._simulator.wsgi(environ, start_response))
            self._judge(before, self._live(), path)
            if place == self._written:
                raise Cut
            return answer

    def _live(self) -> dict[Address, Any]:
        """Every object by its address, as the platform has it."""
        dump = self._simulator.dump()
        return {Address(kind, name): body for kind, part in SEGMENTS.items() for name, body in dump[part].items()}

    def _may_change(self, address: Address) -> bool:
        if self._running is None:
            return True
        office, adoptable = self._running
        owner = self._owners.get(address)
        may_be_ours = address in adoptable or (address, office.name) in self._intended
        return owner == office.name or (owner is None and may_be_ours)

    def _judge_request(self, method: str, path: str) -> None:
        """A request that edits or deletes names an object of whoever is running, whatever comes of it."""
        if method == "POST" or self._running is None:
            return
        address = self._ids.get(path.rstrip("/").rsplit("/", maxsplit=1)[-1])
        if address is None or not self._may_change(address):
            self.failures.append(f"seed {self.seed}: {self._running[0].name} asked for {method} {path} ({address})")

    def _judge(self, before: Mapping[Address, Any], after: Mapping[Address, Any], path: str) -> None:
        """The running plan made this difference: it must be to an object of its own."""
        for address in {*before, *after}:
            if before.get(address) == after.get(address):
                continue
            if self._running is None:
                # Somebody at the portal: an object that is deleted there has no owner afterwards.
                if address not in after:
                    self._owners.pop(address, None)
                continue
            office = self._running[0]
            is_creation = address not in before
            if not (is_creation or self._may_change(address)):
                owner = self._owners.get(address)
                self.failures.append(f"seed {self.seed}: {office.name} changed {address} of {owner} ({path})")
            if address in after:
                self._owners[address] = office.name
                self.counts["edits" if not is_creation else "creations"] += 1
            else:
                self._owners.pop(address, None)
                self.counts["deletions"] += 1

    # --- the history ----------------------------------------------------------------------------------------------

    def play(self) -> None:
        """The history, and then the end: every estate applies what is its own, and plans nothing afterwards."""
        for _ in range(STEPS):
            office = self._draw.choice(self._offices)
            self._change(office)
            adopts, is_cut = self._draw.random() < 0.4, self._draw.random() < 0.3
            match self._draw.random():
                case chance if chance < 0.15:
                    plan = self._plan(office, adopts=adopts)
                    office.kept.append((plan, frozenset(office.declared) if adopts else frozenset()))
                case chance if chance < 0.35 and office.kept:
                    plan, adoptable = office.kept.pop(self._draw.randrange(len(office.kept)))
                    self.counts["kept plans"] += 1
                    self._apply(office, plan, adoptable, is_cut=is_cut)
                case chance if chance < 0.4:
                    office.declared.clear()
                    self.counts["destructions"] += 1
                    self._run(office, adopts=False, is_cut=is_cut)
                case _:
                    self._run(office, adopts=adopts, is_cut=is_cut)
        for office in self._offices:
            self._settle(office)
        for office in self._offices:
            plan = self._plan(office, adopts=True)
            if not plan.is_empty or plan.objections():
                self.failures.append(f"seed {self.seed}: the plan of {office.name} is not empty: {plan.changes}")
            live = self._live()
            for address in office.declared:
                if self._owners.get(address) != office.name or address not in live:
                    self.failures.append(f"seed {self.seed}: {office.name} does not have {address}")
        logged = sum(row.method != "GET" for row in self._simulator.log())
        if logged != self.counts["requests"]:
            self.failures.append(f"seed {self.seed}: the platform's log has {logged} requests, and not all were judged")
        for office in self._offices:
            office.store.close()
        self._simulator.close()

    def _change(self, office: Office) -> None:
        """Somebody edits the manifests of an estate, or works at the portal."""
        own = [Address(kind, f"{office.name}-{kind[:3].lower()}-{n}") for kind in SEGMENTS for n in range(2)]
        address = self._draw.choice(own if self._draw.random() < 0.5 else SHARED)
        office.former.clear()
        if address in office.declared and self._draw.random() < 0.4:
            del office.declared[address]
        elif address in office.declared and self._draw.random() < 0.2:
            del office.declared[address]
            renamed = Address(address.kind, f"{office.name}-new-{self._draw.randrange(100)}")
            office.declared[renamed] = f"Net {self._draw.randrange(3)}"
            office.former[renamed] = address.name
            self.counts["renames"] += 1
        else:
            office.declared[address] = f"Net {self._draw.randrange(3)}"
        if self._draw.random() < 0.4:
            self._at_the_portal(self._draw.choice(SHARED))

    def _at_the_portal(self, address: Address) -> None:
        """Somebody makes an object by hand, changes the one that there is, or deletes it."""
        live = self._control_plane.read(address.kind, address.name)
        deletes = live is not None and self._draw.random() < 0.3
        verb = Verb.CREATE if live is None else Verb.DELETE if deletes else Verb.UPDATE
        # Some of it is as manifests declare it, so that there is nothing but the adoption to do.
        spec = None if deletes else _spec(address, f"Net {self._draw.randrange(3)}")
        self._control_plane.send(Step(verb, address, address.name, live.remote_id if live else None, spec), live)
        self.counts["at the portal"] += 1

    def _plan(self, office: Office, *, adopts: bool) -> Plan:
        snapshot = self._control_plane.snapshot()
        self._ids.update({remote_id: seen.address for (_, remote_id), seen in snapshot.by_id.items()})
        inventory = office.store.inventory()
        basis = Basis("0", snapshot.account, inventory.lineage, inventory.serial, NO_DIGEST, NO_DIGEST, office.name)
        declared = Resources(
            Resource(address, _spec(address, title), lifecycle=Lifecycle(renamed_from=office.former.get(address)))
            for address, title in office.declared.items()
        )
        return make_plan(
            Situation(
                declared, snapshot, inventory, basis, where=lambda *_: None, secret_digest=lambda _: None, adopts=adopts
            )
        )

    def _run(self, office: Office, *, adopts: bool, is_cut: bool) -> bool:
        plan = self._plan(office, adopts=adopts)
        return self._apply(office, plan, frozenset(office.declared) if adopts else frozenset(), is_cut=is_cut)

    def _apply(self, office: Office, plan: Plan, adoptable: frozenset[Address], *, is_cut: bool) -> bool:
        """Apply a plan as its file says; whether all of it is done. `adoptable` may be taken over by it."""
        if plan.is_empty:
            return not plan.objections()
        # An object that is renamed is taken over under its former name.
        former = {Address(c.address.kind, c.live_moniker or "") for c in plan.changes if c.address in adoptable}
        self._running = (office, adoptable | former)
        if is_cut and self._draw.random() < 0.7:
            self._cut_at = (self._written + self._draw.randint(1, 3), self._draw.random() < 0.5)
        elif is_cut:
            self._cut_after = self._draw.randint(1, 4)
        try:
            report = apply_plan(
                decode(encode(plan), "plan.json")[0],
                control_plane=self._control_plane,
                store=office.store,
                environment=self._environment,
                plan_digest=digest_of(plan),
                on_event=self._note,
                stop=threading.Event(),
                digest_secret=keyed_digester(office.store.hmac_key),
                parallelism=1,
            )
        except Refused:
            self.counts["refused"] += 1
            return False
        except (StalePlan, PlanFileError):
            self.counts["stale"] += 1
            return False
        except Cut:
            self.counts["kills"] += 1
            self._intended |= {(c.address, office.name) for c in plan.changes if c.action is Action.CREATE}
            # An adoption is written before anything is sent: a run that dies then owns what it was allowed to take.
            taken = (c.address for c in plan.changes if c.adopts and c.address in adoptable)
            self._intended |= {(address, office.name) for address in taken}
            self._reopen(office)
            return False
        finally:
            self._running = self._cut_at = self._cut_after = None
        self.counts["applies"] += 1
        return report.is_complete

    def _note(self, event: RunEvent) -> None:
        """Enter what was taken over into the book; the process may end between two changes."""
        assert self._running is not None
        office = self._running[0]
        if isinstance(event, Succeeded | AlreadyDone) and event.action is Action.ADOPT:
            self.counts["adoptions"] += 1
            if event.address in self._live() and self._owners.setdefault(event.address, office.name) != office.name:
                owner = self._owners[event.address]
                self.failures.append(f"seed {self.seed}: {office.name} took {event.address} from {owner}")
        if self._cut_after is not None:
            self._cut_after -= 1
            if self._cut_after == 0:
                raise Cut

    def _reopen(self, office: Office) -> None:
        office.store.close()
        office.store = Store.open(self._location, estate=office.name, create=False, environment=self._environment)

    def _settle(self, office: Office) -> None:
        """Apply until there is nothing to do, without what belongs to somebody else."""
        office.former.clear()
        for _ in range(6):
            if self._run(office, adopts=True, is_cut=False):
                return
            for result in self._plan(office, adopts=True).objections():
                for address in result.addresses:
                    office.declared.pop(address, None)


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
