"""
One history: appliers, humans at the portal and restarted pipelines, drawn from a seed; then quiet, and the oracles.

The same seed makes the same history, moment by moment.
"""

import functools
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from reconciler.control_plane.errors import ControlPlaneError
from reconciler.control_plane.port import Step, Verb
from reconciler.errors import LockError, ReconcilerError
from reconciler.model.address import Address
from reconciler.plan.plan import Plan
from tests.robustness.simulation.baton import Actor, Baton, Killed
from tests.robustness.simulation.faults import Swarm
from tests.robustness.simulation.in_order import one_thread
from tests.robustness.simulation.memory import Database, MemoryStore
from tests.robustness.simulation.process import Process, terminations_of
from tests.robustness.simulation.unmanaged import HUMAN as _HUMAN
from tests.robustness.simulation.unmanaged import choices as unmanaged
from tests.robustness.simulation.wire import KINDS, Platform, Sending, Wire, address_of, control_plane
from tests.robustness.simulation.world import (
    BYSTANDER,
    BYSTANDERS,
    FOREIGN_SIM,
    GROUPS,
    SIMS,
    Version,
    simple_names,
    versions,
)

START = 1_800_000_000.0
MOST_FURTHER_RUNS = 2
_BY_HAND = 0.5
COLLECTIONS = {kind: collection for collection, kind in KINDS.items()}


class Broken(AssertionError):
    """A promise was broken."""


@functools.cache
def _platform() -> Platform:
    """One platform for all histories of this process."""
    return Platform(lambda: START)


@functools.cache
def _beginning(bystanders: tuple[str, ...], sims: tuple[str, ...]) -> tuple[bytes, dict[str, str]]:
    """The state of the platform in which histories begin that have these objects besides, and these SIMs."""
    clock, platform = Baton(random.Random(0), START), Platform(lambda: START)
    database = Database(now=lambda: clock.now)

    def found(actor: Actor) -> None:
        founder = Process(
            name="founder", actor=actor, baton=clock, platform=platform, database=MemoryStore(database),
            swarm=Swarm(random.Random(0)), check_write=lambda _process, _sending: None,
        )  # fmt: skip
        founder.apply(founder.make_plan(Version({name: BYSTANDERS[name] for name in bystanders})))

    with one_thread():
        clock.run([Actor("founder", found)])
    platform.simulator.put_sims(sims, GROUPS[0] if sims else None)
    return platform.simulator.database.serialize(), dict(platform.names)


@dataclass
class History:
    """The history of a seed. `run` lives it; `hits` are then the faults that struck, by step."""

    seed: int
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.baton = Baton(self.chance, START)
        self.versions = versions(self.chance, self.chance.randint(2, 3))
        has_sims = bool(self.versions[0].places)
        self.platform = _platform()
        self.platform.now = lambda: self.baton.now
        # Most histories have few objects besides, since most of their time goes into reading everything.
        bystanders = tuple(BYSTANDERS) if has_sims else (BYSTANDER,)
        self.platform.start(*_beginning(bystanders, (*SIMS, FOREIGN_SIM) if has_sims else ()))
        self.swarm = Swarm.of(self.chance)
        self.portal = control_plane(Wire(self.platform, _HUMAN))
        self.platform.keeps_former = "stale answer" in self.swarm.enabled
        sees_deaths = self.chance.random() < 0.7
        self.dead: set[str] = set()
        self.database = Database(
            now=lambda: self.baton.now, is_alive=lambda run_id: not (sees_deaths and run_id in self.dead)
        )
        self.human_made: set[str] = set()
        self.human_edited: set[str] = set()
        self.human_ended: set[str] = set()
        # Drawn for itself, so that a seed means what it meant before there were such edits.
        self.whim = random.Random(f"{self.seed} by hand")
        self.consented: set[str] = set()
        self.before = self.platform.simulator.dump()

    def run(self) -> None:
        """Live it. Raises `Broken`."""
        with one_thread():
            self._live()

    def _live(self) -> None:
        chance = self.chance
        if chance.random() < 0.7:
            self._quietly(self.versions[0], "founding")
        actors = [Actor(f"applier-{number}", self._pipeline) for number in range(chance.choice((1, 1, 1, 2, 2, 3, 4)))]
        actors += [Actor(f"{_HUMAN}-{number}", self._human) for number in range(chance.choice((0, 0, 1, 2)))]
        self.baton.run(actors)
        self.hits = self.swarm.hits
        self.baton.now += 1_000.0
        self.platform.land()
        self._check_orphans()
        self._check_unmanaged()
        self._check_sims()
        self._check_epochs()
        self.told.append("quiet")
        self._quietly(self.versions[-1], "quiet")
        self._check_unmanaged()
        self._check_end()

    # --- actors -------------------------------------------------------------------------------------------------------

    def _process(self, actor: Actor, name: str, swarm: Swarm) -> Process:
        return Process(
            name=name,
            actor=actor,
            baton=self.baton,
            platform=self.platform,
            database=MemoryStore(self.database),
            swarm=swarm,
            check_write=self._check_write,
        )

    def _pipeline(self, actor: Actor) -> None:
        """A pipeline of some commit, started again when it was killed or found the lock taken."""
        chance = self.chance
        for _ in range(chance.randrange(40)):
            self.baton.turn(actor)
        for number in range(chance.choice((1, 1, 2, 3))):
            version = chance.choice(self.versions)
            process = self._process(actor, f"{actor.name}.{number}", self.swarm)
            try:
                self._deploy(process, version)
            except Killed:
                self.dead.update(process.runs)
                self.counts["kills"] += 1
                self.told.append(f"{process.name} killed")
            except LockError:
                self.baton.turn(actor, chance.choice((5.0, 40.0, 90.0)))
            except ReconcilerError as error:
                self.told.append(f"{process.name}: {type(error).__name__}: {error}")
            if chance.random() < 0.3:
                self.baton.turn(actor, chance.choice((1.0, 20.0, 130.0)))

    def _deploy(self, process: Process, version: Version) -> None:
        process.recover()
        plan = process.make_plan(version)
        if not plan.has_work or plan.objections(terminations_of(plan)):
            return
        if self.chance.random() < 0.2:
            self.baton.turn(process.actor, self.chance.choice((1.0, 60.0)))
        self._consent_to(plan)
        self.told.append(f"{process.name} applies {_words(plan)}")
        report = process.apply(plan)
        self.counts["applies"] += 1
        self.told.append(f"{process.name}: {report.counted}")

    def _consent_to(self, plan: Plan) -> None:
        ended = [change for change in plan.roster.changes if change.action.value == "terminate"]
        self.consented.update(iccid for change in ended for iccid in change.iccids)

    def _human(self, actor: Actor) -> None:
        """Somebody at the portal, who knows nothing of the rest."""
        chance, plane = self.chance, self.portal
        for _ in range(chance.randint(1, 3)):
            for _ in range(chance.randrange(60)):
                self.baton.turn(actor)
            if chance.random() < 0.3:
                self.baton.turn(actor, chance.choice((1.0, 10.0, 100.0)))
            edit = chance.choice((self._edit, self._edit, self._remove, self._take_name, self._move_sim, self._end_sim))
            try:
                edit(plane)
            except ControlPlaneError as error:
                self.told.append(f"{_HUMAN}: {error}")
            self.counts["portal edits"] += 1

    def _edit(self, plane: Any) -> None:
        address = Address.parse(self.chance.choice(simple_names()))
        live = plane.read(address.kind, address.name)
        if live is None:
            return
        self.human_edited.add(live.remote_id)
        self._write(plane, live, {"displayName": self.chance.choice(("Portal", "Alpha"))})

    def _edit_unmanaged(self, plane: Any, name: str | None = None) -> None:
        """Set a field that no manifest speaks of."""
        name = name or self.whim.choice(simple_names())
        fields = unmanaged(name, self.versions)
        address = Address.parse(name) if fields else None
        live = plane.read(address.kind, address.name) if address is not None else None
        if live is None:
            return
        name = self.whim.choice(sorted(fields))
        if name == "displayName":
            # An object that was created and not seen yet is known by this, among others.
            self.human_edited.add(live.remote_id)
        self._write(plane, live, {name: self.whim.choice(fields[name][1])})

    def _write(self, plane: Any, live: Any, spec: dict[str, Any]) -> None:
        address, key = live.address, live.remote_id
        self.told.append(f"{_HUMAN} edits {address}: {', '.join(spec)}")
        plane.send(Step(Verb.UPDATE, address, address.name, key, {**live.spec, **spec}), live)
        for name, (wire, _) in unmanaged(str(address), self.versions).items():
            if name in spec:
                self.platform.watch.note_edit(key, wire, spec[name])
                self.counts["unmanaged edits"] += 1

    def _remove(self, plane: Any) -> None:
        address = Address.parse(self.chance.choice(simple_names()))
        live = plane.read(address.kind, address.name)
        if live is not None:
            self.told.append(f"{_HUMAN} removes {address}")
            plane.send(Step(Verb.DELETE, address, address.name, live.remote_id), live)

    def _take_name(self, plane: Any) -> None:
        address = Address.parse(self.chance.choice(simple_names()))
        if plane.read(address.kind, address.name) is not None:
            return
        spec = {
            "OperatorPolicy": {"displayName": "Stranger", "default": "allow", "entries": []},
            "RegionalPolicy": {"displayName": "Stranger", "defaultGateway": "europe", "entries": []},
            "VSlice": {"displayName": "Stranger", "subnets": ["100.70.0.0/16"]},
        }[address.kind]
        self.told.append(f"{_HUMAN} makes {address}")
        receipt = plane.send(Step(Verb.CREATE, address, address.name, spec=spec), None)
        self.human_made.add(receipt.remote_id or "")

    def _move_sim(self, plane: Any) -> None:
        if not self.versions[0].places:
            self._edit_unmanaged(plane)
            return
        iccid = self.chance.choice(SIMS)
        self.told.append(f"{_HUMAN} moves {iccid}")
        plane.sims.assign(self.chance.choice(GROUPS), [iccid])

    def _end_sim(self, plane: Any) -> None:
        if not self.versions[0].places:
            self._edit_unmanaged(plane)
        elif self.chance.random() < 0.3:
            iccid = self.chance.choice(SIMS)
            self.told.append(f"{_HUMAN} terminates {iccid}")
            plane.sims.set_state("terminated", [iccid])
            self.human_ended.add(iccid)

    # --- oracles ------------------------------------------------------------------------------------------------------

    def _check_write(self, process: Process, sending: Sending) -> None:
        """(a), (f) and I6, before a request leaves: only what the plan says, and only on what is ours."""
        plan = process.plan
        if plan is None:
            raise Broken(f"a write without a plan: {sending}")
        address = address_of(sending, self.platform.names)
        if process.swarm is self.swarm and self.whim.random() < _BY_HAND:
            # While others write is when it matters: to this very object, or to one that is written next.
            this = [] if address is None else [str(address)]
            self._edit_unmanaged(self.portal, self.whim.choice([*this, *simple_names()]))
        if address is None:
            self._check_sim_write(plan, sending)
            return
        change = next((change for change in plan.changes if change.address == address), None)
        if change is None:
            raise Broken(f"outside of the plan: {sending.method} {sending.path}")
        target = sending.parts[1] if len(sending.parts) > 1 else None
        if target in self.human_made and not change.adopts and target not in self._adopted():
            raise Broken(f"of somebody else: {sending.method} {sending.path} ({address})")

    def _adopted(self) -> set[str]:
        return {row.remote_id for row in self.database.owned.values() if row.origin.value == "adopted"}

    def _check_sim_write(self, plan: Plan, sending: Sending) -> None:
        body = sending.body
        wanted = str(body.get("endpointGroup") or body.get("endpointStatus"))
        states = {"suspend": "suspended", "resume": "active", "terminate": "terminated"}
        may = {
            iccid
            for change in plan.roster.changes
            for iccid in change.iccids
            if (states.get(change.action.value) or change.target) == wanted
        }
        if not set(body["endpoints"]) <= may:
            raise Broken(f"outside of the plan: {sending.path} {body}")
        if wanted == "terminated" and not set(body["endpoints"]) <= self.consented:
            raise Broken(f"terminated without consent: {body}")

    def _check_orphans(self) -> None:
        """(b), (c): what was created is there once, and is in the inventory or the subject of a kept intent."""
        db, there = self.database, self.platform.ids()
        owned = {row.remote_id for row in db.owned.values()}
        alive = [(key, address) for key, (who, address) in self.platform.made.items() if key in there and who != _HUMAN]
        twice = [name for name, count in Counter(address for _, address in alive).items() if count > 1]
        if twice:
            raise Broken(f"created twice: {twice}")
        store = MemoryStore(db)
        for key, address in alive:
            parsed = Address.parse(address)
            natural = Step(Verb.CREATE, parsed, parsed.name).natural_key
            if key in self.human_edited and any(
                row.state.value == "conflict" and row.intent.natural_key == natural for row in db.actions.values()
            ):
                # Its answer was lost and somebody made it different before it was looked for: reported, not guessed.
                continue
            if key in self.platform.landed and self._was_made_before(key, address):
                # A request that arrived after its successor's object was deleted again. The next plan refuses it as
                # not ours, and says how to adopt it: nothing is guessed, but it is counted.
                self.counts["creates that landed after a deletion"] += 1
                continue
            if key not in owned and natural not in store.claims():
                raise Broken(f"orphan: {address}")

    def _was_made_before(self, key: str, address: str) -> bool:
        """Whether we made another object of this address, which is gone."""
        there = self.platform.ids()
        return any(
            other != key and name == address and who != _HUMAN and other not in there
            for other, (who, name) in self.platform.made.items()
        )

    def _check_unmanaged(self) -> None:
        """(e): what a human set in a field that no manifest speaks of is there, but for the documented window."""
        watch, names = self.platform.watch, self.platform.names
        for key in watch.edits.keys() & self.platform.ids():
            kind, _, _ = names[key].partition("/")
            watch.check_value(key, self.platform.shown(f"/{COLLECTIONS[kind]}/{key}"))
        if watch.failures:
            raise Broken("; ".join(f"{names[key]}: {why}" for key, why in watch.failures))
        self.counts["unmanaged values kept by a write"] = watch.kept
        self.counts["unmanaged values reverted in the window"] = watch.reverted

    def _check_sims(self) -> None:
        """(d), (f): SIMs that nobody speaks of are as they were, and none is terminated without consent."""
        shown = self.platform.simulator.dump()["endpoints"]
        if shown.get(FOREIGN_SIM) != self.before["endpoints"].get(FOREIGN_SIM):
            raise Broken("a SIM that nobody speaks of was touched")
        ended = {iccid for iccid, sim in shown.items() if sim["endpointStatus"] == "terminated"}
        if ended - self.human_ended - self.consented:
            raise Broken(f"terminated without consent: {ended - self.human_ended - self.consented}")

    def _check_epochs(self) -> None:
        """(g): epochs increase, and no decision of an old one was accepted."""
        db = self.database
        if db.epochs != sorted(set(db.epochs)) or db.decisions != sorted(db.decisions):
            raise Broken(f"epochs {db.epochs}, decisions {db.decisions}")

    def _quietly(self, version: Version, name: str) -> None:
        """(h), I1: without faults, two runs are enough, and then there is nothing left to do."""
        found: list[str] = []

        def work(actor: Actor) -> None:
            for number in range(MOST_FURTHER_RUNS + 1):
                process = self._process(actor, f"{name}.{number}", Swarm(self.chance))
                process.recover()
                plan = process.make_plan(version, adopts=True)
                if not plan.has_work:
                    return
                found.append(_words(plan))
                if plan.objections(terminations_of(plan)):
                    raise Broken(f"{name}: refused: {plan.objections(terminations_of(plan))}")
                self._consent_to(plan)
                report = process.apply(plan)
                self.told.append(f"{process.name}: {found[-1]}: {report.counted}")
            raise Broken(f"{name}: still work after {MOST_FURTHER_RUNS} runs: {found}")

        self.baton.run([Actor(name, work)])

    def _check_end(self) -> None:
        """(d), (e): declared is as declared, bystanders as they were, the journal without loose ends."""
        shown, declared = self.platform.simulator.dump(), self.versions[-1]
        for collection, objects in self.before.items():
            for name, before in objects.items():
                if collection != "endpoints" and _uncounted(shown[collection].get(name)) != _uncounted(before):
                    raise Broken(f"touched: {collection}/{name}")
        for name, spec in declared.specs.items():
            check_spec(name, spec, shown)
        for iccid, group in declared.places.items():
            sim = shown["endpoints"][iccid]
            if sim["endpointStatus"] != "terminated" and sim["endpointGroup"] != group:
                raise Broken(f"{iccid} is in {sim['endpointGroup']}, not in {group}")
            wanted = declared.states.get(iccid)
            if wanted and sim["endpointStatus"] not in {wanted, "terminated"}:
                raise Broken(f"{iccid} is {sim['endpointStatus']}, not {wanted}")
        if MemoryStore(self.database).unresolved():
            raise Broken("the journal has loose ends")
        there = self.platform.ids()
        for row in self.database.owned.values():
            if row.remote_id not in there:
                raise Broken(f"owned, but gone: {row.address}")
        if {str(address) for address in self.database.owned} != set(declared.specs):
            raise Broken(f"owned {sorted(map(str, self.database.owned))}, declared {sorted(declared.specs)}")


def _words(plan: Plan) -> str:
    objects = [f"{change.action.value} {change.address}" for change in plan.changes]
    return ", ".join(objects + [f"{c.action.value} {len(c.iccids)} SIMs" for c in plan.roster.changes])


def _uncounted(shown: Any) -> Any:
    counts = {"endpointsAssigned", "endpointGroupCount", "endpointCount"}
    return {key: value for key, value in shown.items() if key not in counts} if isinstance(shown, dict) else shown


def check_spec(name: str, spec: dict[str, Any], shown: dict[str, Any]) -> None:
    """(e): the platform has what the manifest says of an object, in the platform's words."""
    kind, _, moniker = name.partition("/")
    collections = {
        "OperatorPolicy": "OperatorPolicies", "RegionalPolicy": "RegionalPolicies", "VSlice": "vslices",
        "RoutingTarget": "routingtargets", "EventHandler": "EventHandlers", "EventMap": "EventMaps",
    }  # fmt: skip
    live = shown[collections[kind]].get(moniker)
    if live is None:
        raise Broken(f"{name} is not there")
    if "displayName" in spec and live["name"] != spec["displayName"]:
        raise Broken(f"{name} is called {live['name']}")
    wanted: Any = None
    found: Any = None
    match kind:
        case "OperatorPolicy":
            wanted = {entry["country"]: entry["action"] for entry in spec["entries"]} | {None: spec["default"]}
            found = {entry["iso3"]: entry["steeringProfileEntryAction"] for entry in live["entries"]}
        case "RegionalPolicy":
            wanted = {entry["country"] for entry in spec["entries"]}
            found = {entry["iso3"] for entry in live["entries"]} - {None}
        case "VSlice":
            wanted = set(spec["subnets"])
            found = {subnet["subnetAddress"] for subnet in live["subnets"]}
        case "EventMap":
            wanted, found = len(spec["subscriptions"]), len(live["subscriptions"])
    if wanted != found:
        raise Broken(f"{name}: {json.dumps(str(found))} instead of {wanted}")
