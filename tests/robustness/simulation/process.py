"""
One process of a history: the real applier, whose every touch of store and platform is a moment that may go wrong.

The order of the touches says what step of the protocol a moment belongs to, not the code that is tested.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from reconciler.apply.applier import apply_plan
from reconciler.apply.recovery import recover_alone
from reconciler.control_plane.errors import OutcomeUnknown, Unreachable
from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, HttpAnswer
from reconciler.diffing.rosters import compare
from reconciler.environment import Environment
from reconciler.errors import StoreError
from reconciler.operations.planning import _confirm_absences
from reconciler.plan.outcomes import ApplyReport
from reconciler.plan.plan import Basis, Plan
from reconciler.plan.planfile import digest_of
from reconciler.plan.planner import make_plan
from reconciler.plan.situation import Situation
from reconciler.store.lock import IN_FLIGHT_SECONDS, Fenced
from reconciler.store.records import Epoch, Fact, Intent, LedgerState, Settlement
from reconciler.store.store import Store
from tests.robustness.simulation.baton import Actor, Baton, Killed
from tests.robustness.simulation.faults import Swarm
from tests.robustness.simulation.wire import Platform, Sending, control_plane
from tests.robustness.simulation.world import Version

_T = TypeVar("_T")
_LONGEST_PAUSE_SECONDS = 400
_ROSTERS = {"EndpointSet", "Endpoint"}


@dataclass(kw_only=True)
class Process:
    """
    A process that plans and applies.

    `check_write` is told of each write before it leaves; it raises what breaks a promise. `runs` are its run ids.
    """

    name: str
    actor: Actor
    baton: Baton
    platform: Platform
    database: Any
    swarm: Swarm
    check_write: Callable[["Process", Sending], None]
    phase: str = "read to plan"
    plan: Plan | None = None
    is_dead: bool = False
    epoch: Epoch | None = None
    runs: list[str] = field(default_factory=list)
    sent_sims: bool = False

    def __post_init__(self) -> None:
        self.store = SeamedStore(self)
        self.control_plane = control_plane(SeamedWire(self), self.sleep)
        self.environment = Environment(
            monotonic=lambda: self.baton.now,
            wall=lambda: self.baton.now,
            sleep=self.sleep,
            jitter=self.swarm.chance.random,
            new_id=self._new_id,
            entropy=bytes,
            variables={},
            host="machine",
            pid=1,
            user=self.name,
        )

    def _new_id(self) -> str:
        self.runs.append(f"{self.name}-{len(self.runs)}")
        return self.runs[-1]

    def sleep(self, seconds: float) -> None:
        """Wait; a lease that is held is renewed meanwhile, as a thread of its own does in earnest."""
        while seconds > 0 and not self.is_dead:
            part = min(seconds, 15.0)
            self.baton.turn(self.actor, part)
            seconds -= part
            if self.epoch is not None and part == 15.0:
                try:
                    self.database.renew(self.epoch)
                except Fenced:
                    self.epoch = None

    def moment(self, step: str, act: Callable[[str | None], _T]) -> _T:
        """One touch of the world outside, at which anything may happen to it or to this process."""
        if self.is_dead:
            raise Killed
        self.baton.turn(self.actor)
        fault = self.swarm.strikes(step)
        match fault:
            case "kill before":
                self.die()
            case "pause beyond the lease":
                self.baton.turn(self.actor, 61 + self.swarm.chance.randrange(_LONGEST_PAUSE_SECONDS))
        result = act(fault)
        if fault == "kill after":
            self.die()
        return result

    def die(self) -> None:
        """Be gone, now."""
        self.is_dead = True
        raise Killed

    # --- what a pipeline does -----------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Find out what an earlier run left, as each command that plans does first."""
        recover_alone(
            cast("Store", self.store),
            control_plane=self.control_plane,
            environment=self.environment,
            digest_secret=lambda text: text,
            in_flight_seconds=IN_FLIGHT_SECONDS,
        )

    def make_plan(self, version: Version, *, adopts: bool = False) -> Plan:
        """Read and plan."""
        self.phase = "read to plan"
        inventory = self.store.inventory()
        snapshot = self.control_plane.snapshot()
        _confirm_absences(self.control_plane, snapshot, inventory)
        roster = version.roster()
        difference = None if roster is None else compare(roster, self.control_plane.sims.pages(known=True))
        basis = Basis(
            "0", snapshot.account, inventory.lineage, inventory.serial, f"sha256:{0:064}", f"sha256:{0:064}", "estate"
        )
        return make_plan(
            Situation(
                version.estate(), snapshot, inventory, basis, lambda _address, _path: None, str,
                adopts=adopts, roster=roster, difference=difference,
            )
        )  # fmt: skip

    def apply(self, plan: Plan) -> ApplyReport:
        """Apply a plan, with the consent that belongs to it."""
        self.plan, self.sent_sims = plan, False
        return apply_plan(
            plan,
            control_plane=self.control_plane,
            store=cast("Store", self.store),
            environment=self.environment,
            plan_digest=digest_of(plan),
            on_event=lambda _event: None,
            stop=threading.Event(),
            digest_secret=lambda text: text,
            parallelism=1,
            terminations=terminations_of(plan),
        )


def terminations_of(plan: Plan) -> int:
    """The number that the consent to a plan names."""
    return sum(len(change.iccids) for change in plan.roster.changes if change.action.value == "terminate")


class SeamedWire:
    """The transport of a process: requests get lost, arrive late, are refused, or are answered from the past."""

    origin = IN_PROCESS_ORIGIN
    is_local = True

    def __init__(self, process: Process) -> None:
        self._process = process

    def send(self, method: str, path: str, content: bytes | None = None) -> HttpAnswer:
        """One request."""
        process = self._process
        sending = Sending(process.name, method, path, content)
        step = self._step(sending)
        if method != "GET":
            process.check_write(process, sending)
            process.sent_sims = process.sent_sims or step == "send SIMs"
        return process.moment(step, lambda fault: self._answer(sending, fault))

    def _step(self, sending: Sending) -> str:
        process, parts = self._process, sending.parts
        is_sims = parts[0].lower() == "endpoints"
        if sending.method == "GET":
            if parts[0] == "apitokens":
                return "read to verify"
            if is_sims and process.phase != "read to plan":
                return "read SIMs after" if process.sent_sims else "read SIMs before"
            return process.phase
        if is_sims:
            return "send SIMs"
        if len(parts) > 2:
            return "send items"
        return {"POST": "send create", "PUT": "send update", "DELETE": "send delete"}[sending.method]

    def _answer(self, sending: Sending, fault: str | None) -> HttpAnswer:
        platform, chance = self._process.platform, self._process.swarm.chance
        lost = f"no whole answer to {sending.method}"
        match fault:
            case "unreachable":
                raise Unreachable(fault)
            case "no answer" | "lost, not executed":
                raise OutcomeUnknown(lost)
            case "lost, executed":
                platform.handle(sending)
                raise OutcomeUnknown(lost)
            case "executed late":
                platform.hold(sending, chance.choice((0.0, 1.0, 7.0, 30.0, IN_FLIGHT_SECONDS - 1)))
                raise OutcomeUnknown(lost)
            case "HTTP 429":
                return HttpAnswer(429, b"", chance.choice((None, "1", "30", "200")))
            case "HTTP 401":
                return HttpAnswer(401, b"")
            case "HTTP 500" | "HTTP 500, not executed":
                return HttpAnswer(chance.choice((500, 502, 504)), b"")
            case "HTTP 500, executed":
                platform.handle(sending)
                return HttpAnswer(500, b"")
            case "garbage":
                return HttpAnswer(200, b"<html>")
            case "garbage, executed":
                platform.handle(sending)
                return HttpAnswer(200, b"<html>")
            case "stale answer":
                return platform.stale(sending)
            case _:
                return platform.handle(sending)


class SeamedStore:
    """The store of a process: transactions fail, or succeed and say that they failed."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._store = process.database
        self.lineage = self._store.lineage
        self.hmac_key = self._store.hmac_key

    def _do(self, step: str, act: Callable[[], _T]) -> _T:
        def run(fault: str | None) -> _T:
            message = "the disk is full"
            if fault == "store fails":
                raise StoreError(message)
            result = act()
            if fault == "store fails after the commit":
                raise StoreError(message)
            return result

        return self._process.moment(step, run)

    def acquire(self, run_id: str) -> Epoch:
        """Take the lock."""
        epoch: Epoch = self._do("take the lock", lambda: self._store.acquire(run_id))
        self._process.epoch = epoch
        return epoch

    def release(self, epoch: Epoch) -> None:
        """Give it back."""
        self._process.epoch = None
        self._do("give back the lock", lambda: self._store.release(epoch))

    def begin_run(self, epoch: Epoch, **facts: str) -> None:
        """A run begins."""
        self._do("begin", lambda: self._store.begin_run(epoch, **facts))

    def end_run(self, epoch: Epoch, result: str) -> None:
        """A run ends."""
        self._do("end", lambda: self._store.end_run(epoch, result))

    def mark_ledger(self, epoch: Epoch, plan_digest: str, state: LedgerState) -> None:
        """How far a plan got."""
        self._do("mark the plan", lambda: self._store.mark_ledger(epoch, plan_digest, state))
        self._process.phase = "read before the intent"

    def intend(self, epoch: Epoch, intents: list[Intent]) -> None:
        """Transaction A."""
        is_sims = intents[0].address.kind in _ROSTERS
        self._do("intend SIMs" if is_sims else "intend", lambda: self._store.intend(epoch, intents))

    def fact(self, fact: Fact) -> None:
        """Note a fact that was seen."""
        is_sims = (fact.what == "sent" and self._process.sent_sims) or fact.what.startswith("unknown: ")
        self._do("note SIMs" if is_sims else "note the fact", lambda: self._store.fact(fact))
        self._process.phase = "read to confirm" if fact.what == "sent" else "read to resolve"

    def settle(self, epoch: Epoch, *settlements: Settlement) -> None:
        """Transaction B."""
        process = self._process
        is_recovery = process.phase == "read to recover"
        step = "settle in recovery" if is_recovery else "settle SIMs" if process.sent_sims else "settle"
        self._do(step, lambda: self._store.settle(epoch, *settlements))
        if not is_recovery:
            process.phase = "read before the intent"

    def unresolved(self) -> Any:
        """The requests that recovery looks at."""
        self._process.phase = "read to recover"
        return self._store.unresolved()

    def touched(self, plan_digest: str) -> Any:
        """Asked when recovery is over."""
        self._process.phase = "read before all"
        return self._store.touched(plan_digest)

    def renew(self, epoch: Epoch) -> None:
        """Extend the lease."""
        self._store.renew(epoch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
