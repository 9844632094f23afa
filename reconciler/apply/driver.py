"""
The driver of one run: it owns threads, clock, store and platform, and performs the effects of both machines.

Two walls: an intent is durable before the first byte of its request, and the fence is checked before each send.

Length: one class, because the machines of objects and of SIMs share its rests, answers, facts and decisions.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from reconciler.apply import entries
from reconciler.apply.goal import Goal
from reconciler.apply.lease import Lease
from reconciler.apply.objects.machine import begin, step
from reconciler.apply.objects.state import PATIENT_POLLS, POLLS, Half, Knowledge, State
from reconciler.apply.pace import Pace
from reconciler.apply.protocol import (
    BatchDelivery,
    ChangeEffect,
    ChangeEvent,
    CouldNotLook,
    Declined,
    Deliver,
    Delivered,
    Done,
    Finish,
    Intend,
    Interrupted,
    Look,
    LookAtSims,
    NotExecuted,
    Over,
    Rest,
    Seen,
    Send,
    SendBatch,
    Sent,
    Settle,
    SettleBatches,
    Sharing,
    SimsSeen,
    Uncertain,
)
from reconciler.apply.recent_lists import RecentLists
from reconciler.control_plane.errors import (
    ControlPlaneError,
    IncompleteRead,
    Rejected,
    Stopped,
    Throttled,
    Unauthorised,
    Unreachable,
)
from reconciler.control_plane.listing import PASSES
from reconciler.control_plane.port import ControlPlane, SimControl, Step, Verb
from reconciler.control_plane.retry import Waiting, WaitingBudget, wait_before_writing_again
from reconciler.environment import Environment
from reconciler.errors import SecretUnavailable
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.deriving import Renames
from reconciler.plan.outcomes import Ending, Failed, SimsAdvanced, SimsReport, Succeeded
from reconciler.store.records import ActionState, Fact, Settlement
from reconciler.store.store import Store

if TYPE_CHECKING:
    # Most plans change no SIM, and then none of this is imported.
    from reconciler.apply.sims import delivery
    from reconciler.apply.sims.batch import Batch
    from reconciler.apply.sims.state import SimsState
    from reconciler.diffing.rosters import Live
    from reconciler.model.scope import Scope
    from reconciler.plan.roster import RosterPlan

_CHUNK = 4
"""Batches whose intents are one decision of the store, for each request at a time."""
MOST_READ_ONE_BY_ONE = 128
"""SIMs that are asked for one by one; of more, the whole list is read."""
_Accepted = TypeVar("_Accepted", Sent, Done)
_NotAccepted = Declined | NotExecuted | Uncertain | Interrupted


@dataclass(frozen=True, slots=True)
class Paused:
    """A change between two effects: its state, the effect that comes next, and when the change began."""

    change: Change
    state: State
    effect: ChangeEffect
    started: float

    def alone(self) -> "Paused":
        """The same change, which looks at its own object."""
        return replace(self, effect=Look(self.effect.key)) if isinstance(self.effect, Look) else self


@dataclass(frozen=True, kw_only=True)
class Driver:
    """
    Everything that one run needs to make changes. Thread-safe.

    `owned` is the inventory as it was after recovery, `touched` the addresses that an earlier run of this plan began
    with, `claims` the creates of any run that may yet have taken effect. Nobody else adds to them while the lock is
    held. `lists` are those by which changes may begin, and `pace` lets requests begin. `drain_seconds` is how long a
    request of unknown outcome may still land (A3). `on_event` hears of SIMs that were dealt with, from several threads.
    """

    control_plane: ControlPlane
    store: Store
    environment: Environment
    lease: Lease
    plan_digest: str
    digest_secret: Callable[[str], str]
    renames: Renames
    owned: Mapping[Address, Owned]
    touched: frozenset[Address]
    claims: Mapping[str, Sequence[str]]
    drain_seconds: float
    places: Mapping[Address, int]
    stop: threading.Event
    parallelism: int
    on_event: Callable[[SimsAdvanced], None]
    pace: Pace
    lists: RecentLists
    budget: WaitingBudget = field(default_factory=WaitingBudget)

    def begin(self, change: Change) -> Paused:
        """A change before its first effect."""
        state, effect = begin(self._knowledge(change))
        return Paused(change, state, effect, self.environment.monotonic())

    def make(self, paused: Paused) -> Ending | Paused:
        """
        Go on with one change until it ends, or until its next look may be shared with other changes.

        Raises `Fenced` and `StoreError`, after which nothing may be sent.
        """
        change, state, effect = paused.change, paused.state, paused.effect
        while not isinstance(effect, Finish):
            match effect:
                case Look(_, Sharing.TOGETHER):
                    return replace(paused, state=state, effect=effect)
                case Look(key, sharing):
                    event: ChangeEvent = self._look(change.address.kind, key, sharing)
                case Intend(request):
                    event = self._intend(state, request)
                case Send(request, current):
                    event = self._send(state, request, current)
                case Rest(seconds):
                    event = self._rest(seconds)
                case _:
                    event = self._settle(state, effect)
            state, effect = step(state, event)
        return self._ended(replace(paused, state=state), effect.ending)

    def confirm(self, waiting: Sequence[Paused]) -> list[Ending | Paused]:
        """
        Read one list for changes of one kind that wait to see their requests take effect; what becomes of each.

        All decisions become durable in one commit. Raises as `make` does.
        """
        kind = waiting[0].change.address.kind
        looks = {look.key: paused for paused in waiting if isinstance(look := paused.effect, Look)}
        try:
            found = self.control_plane.read_many(kind, looks)
        except ControlPlaneError:
            # The list says nothing: each change reads its own object.
            return [paused.alone() for paused in waiting]
        seen = [(paused, *step(paused.state, Seen(found.get(key), is_listed=True))) for key, paused in looks.items()]
        settlements = [self._settlement(state, effect) for _, state, effect in seen if isinstance(effect, Settle)]
        if settlements:
            self.store.settle(self.lease.epoch, *settlements)
        following = (
            replace(paused, state=after, effect=effect)
            for paused, state, settling in seen
            for after, effect in [step(state, Done()) if isinstance(settling, Settle) else (state, settling)]
        )
        return [
            self._ended(paused, paused.effect.ending) if isinstance(paused.effect, Finish) else paused
            for paused in following
        ]

    def _ended(self, paused: Paused, ending: Ending) -> Ending:
        change, state = paused.change, paused.state
        if isinstance(ending, Failed) and change.action is Action.REPLACE and state.half is Half.MAKE:
            reason = f"the old object was deleted, but the new one was not made: {ending.reason}"
            return replace(ending, reason=reason, hint=ending.hint or "correct the manifest and apply again")
        if isinstance(ending, Succeeded):
            return replace(ending, seconds=self.environment.monotonic() - paused.started)
        return ending

    def owner(self, change: Change) -> Owned | None:
        """The inventory row that the change speaks of: of its address, or of the former address of a rename."""
        former = Address(change.address.kind, change.live_moniker or change.address.name)
        found = self.owned.get(change.address)
        return found if found is not None or change.remote_id is None else self._same_id(change, former)

    def _same_id(self, change: Change, former: Address) -> Owned | None:
        found = self.owned.get(former)
        if found is not None and found.remote_id == change.remote_id:
            return found
        kind = change.address.kind
        rows = self.owned.values()
        return next((row for row in rows if row.address.kind == kind and row.remote_id == change.remote_id), None)

    def _knowledge(self, change: Change) -> Knowledge:
        key = Step(Verb.CREATE, change.address, change.address.name).natural_key
        return Knowledge(
            goal=Goal(change, self.renames, self.digest_secret),
            owned=self.owner(change),
            has_intent=key in self.claims,
            was_touched=change.address in self.touched,
            drain_seconds=self.drain_seconds,
            # In this process a read shows at once what was written.
            patient_polls=PATIENT_POLLS if self.drain_seconds else POLLS,
        )

    def _rest(self, seconds: float) -> "Done | Interrupted":
        try:
            Waiting(self.environment.sleep, self.environment.jitter, self.stop).rest(seconds)
        except Stopped:
            return Interrupted()
        return Done()

    def _look(self, kind: str, key: str, sharing: Sharing) -> ChangeEvent:
        if sharing is Sharing.RECENT:
            is_known, live = self.lists.find(kind, key)
            if is_known:
                return Seen(live, is_listed=True)
        try:
            return Seen(self.control_plane.read(kind, key))
        except ControlPlaneError as error:
            return CouldNotLook(error)

    def _intend(self, state: State, request: Step) -> ChangeEvent:
        change = state.knowledge.goal.change
        entry = entries.intent_of_step(self.plan_digest, state, request, self.places.get(change.address, 0))
        self.store.intend(self.lease.epoch, [entry])
        return Done()

    def _send(self, state: State, request: Step, current: Observed | None) -> ChangeEvent:
        event = self._answered(lambda: Sent(self.control_plane.send(request, current)), state.attempt)
        receipt = event.receipt if isinstance(event, Sent) else None
        name = entries.id_of_step(self.plan_digest, state, request)
        fact = self._fact(name, type(event).__name__.lower(), state.attempt)
        if receipt is None:
            self.store.fact(fact)
        else:
            # The decision follows as soon as the object is read back, and the fact is durable no later.
            self.store.fact_soon(replace(fact, http_status=receipt.status, remote_id=receipt.remote_id))
        return event

    def _fact(self, action_id: str, what: str, attempt: int) -> Fact:
        epoch = self.lease.epoch.number
        return Fact(action_id=action_id, attempt=attempt, epoch=epoch, what=what, http_status=None, remote_id=None)

    def _answered(self, send: Callable[[], _Accepted], attempt: int) -> _Accepted | _NotAccepted:
        """The meaning of an answer for the request: only a clear no is a refusal."""
        try:
            with self.pace.turn() as turn:
                # The fence comes after the wait for a turn: nothing is between it and the request.
                self.lease.check()
                try:
                    return send()
                except Throttled:
                    turn.is_throttled = True
                    raise
        except Stopped:
            return Interrupted()
        except (Unreachable, Throttled) as error:
            wait = wait_before_writing_again(error, attempt, self.environment.jitter())
            return NotExecuted(error, wait if wait is not None and self.budget.take(wait) else None)
        except Rejected as error:
            return Declined(str(error), error.hint, may_be_taken=error.may_be_taken)
        except SecretUnavailable as error:
            return Declined(str(error), error.hint)
        except Unauthorised as error:
            return Declined(str(error), error.hint, is_fatal=True)
        except ControlPlaneError as error:
            return Uncertain(str(error))

    def _settle(self, state: State, decision: Settle) -> ChangeEvent:
        self.store.settle(self.lease.epoch, self._settlement(state, decision))
        return Done()

    def _settlement(self, state: State, decision: Settle) -> Settlement:
        change, owned = state.knowledge.goal.change, state.knowledge.owned
        states: dict[str, ActionState] = {}
        if decision.step is not None:
            states[entries.id_of_step(self.plan_digest, state, decision.step)] = decision.state
        if decision.row is not None and change.action in {Action.CREATE, Action.REPLACE}:
            key = Step(Verb.CREATE, change.address, change.address.name).natural_key
            for claim in self.claims.get(key, ()):
                states.setdefault(claim, ActionState.ADOPTED)
        removals: set[Address] = {change.address} if decision.is_removal else set()
        if owned is not None and owned.address != change.address and (decision.row is not None or decision.is_removal):
            removals.add(owned.address)
        rows = () if decision.row is None else (decision.row,)
        return Settlement(states, rows, tuple(sorted(removals)))

    # --- SIMs -----------------------------------------------------------------------------------------------------

    def change_sims(self, plan: "RosterPlan", scope: "Scope") -> SimsReport:
        """
        Change the SIMs of a plan; what became of each. Once the run is asked to stop, no request is sent.

        Raises as `make` does, and `ControlPlaneError` when the SIMs cannot be read.
        """
        from reconciler.apply.sims import machine

        sims = self.control_plane.sims.until(self.stop)
        bulk = machine.bulk_actions(moves=sims.has_bulk, states=sims.has_bulk_states)
        state, effect = machine.begin(plan, scope=scope, bulk=bulk, drain_seconds=self.drain_seconds)
        told: SimsAdvanced | None = None
        while not isinstance(effect, Over):
            match effect:
                case LookAtSims():
                    event: machine.SimsEvent = self._look_at_sims(sims, effect)
                case Deliver():
                    event = self._deliver(sims, effect, state)
                case Rest(seconds):
                    event = self._rest(seconds)
                case SettleBatches(states):
                    ended = {entries.id_of_batch(self.plan_digest, batch): ending for batch, ending in states}
                    self.store.settle(self.lease.epoch, Settlement(ended))
                    event = Done()
                case _:
                    raise effect.error
            state, effect = machine.step(state, event)
            if state.progress != told:
                self.on_event(told := state.progress)
        return state.report

    def _look_at_sims(self, sims: SimControl, look: LookAtSims) -> SimsSeen | CouldNotLook:
        """Ask for SIMs one by one when they are few, else read the whole list."""
        asked_at = self.environment.monotonic()
        try:
            with ThreadPoolExecutor(self.parallelism) as pool:
                if len(look.iccids) <= MOST_READ_ONE_BY_ONE:
                    found = pool.map(sims.find, sorted(look.iccids))
                    seen = {sim.iccid: sim for sim in found if sim is not None}
                else:
                    seen = _listed(sims, look)
                edited = sorted(look.with_key_values & seen.keys())
                key_values = dict(zip(edited, pool.map(sims.key_values, edited), strict=True))
        except ControlPlaneError as error:
            return CouldNotLook(error)
        return SimsSeen(look.iccids, seen, key_values, asked_at, self.environment.monotonic())

    def _deliver(self, sims: SimControl, wave: Deliver, state: "SimsState") -> Delivered:
        """Send the batches of a wave, several at a time; after a stop or an error no other is begun."""
        ended: dict[int, BatchDelivery] = {}
        turn, halt = threading.Lock(), threading.Event()
        done = left_out = refused = 0
        if state.is_fatal:
            halt.set()

        def one(place: int, batch: "Batch") -> None:
            nonlocal done, left_out, refused
            if self.stop.is_set() or halt.is_set():
                return
            try:
                delivery = self._delivered(sims, batch, wave, halt)
            except BaseException:
                # Requests that wait in the pool must not be sent once the store failed or the lock is lost (F20, F21).
                halt.set()
                raise
            with turn:
                ended[place] = delivery
                done, left_out = done + len(batch.iccids), left_out + len(delivery.left)
                refused += len(delivery.refused)
                self.on_event(state.progress_with(done, left_out, refused))

        # The intents of a chunk are one decision of the store, made while the chunk before it is under way.
        size, intended = self.parallelism * _CHUNK, 0
        with ThreadPoolExecutor(self.parallelism, thread_name_prefix="sims") as pool:
            under_way: list[Future[None]] = []
            for start in range(0, len(wave.batches), size):
                if self.stop.is_set() or halt.is_set():
                    break
                chunk = wave.batches[start : start + size]
                self.store.intend(
                    self.lease.epoch, [entries.intent_of_batch(self.plan_digest, batch) for batch in chunk]
                )
                intended = start + len(chunk)
                following = [pool.submit(one, start + place, batch) for place, batch in enumerate(chunk)]
                for future in under_way:
                    future.result()
                under_way = following
            for future in under_way:
                future.result()
        left = [(place, batch) for place, batch in enumerate(wave.batches) if place not in ended]
        return Delivered(
            tuple(ended[place] for place in sorted(ended)),
            never=tuple(batch for place, batch in left if place < intended),
            untried=sum(len(batch.iccids) for _, batch in left),
            at=self.environment.monotonic(),
        )

    def _delivered(self, sims: SimControl, batch: "Batch", wave: Deliver, halt: threading.Event) -> BatchDelivery:
        """Send one batch; what became of its SIMs."""
        from reconciler.apply.sims import delivery

        is_bulk = batch.change is not None and batch.change.action in wave.bulk
        state, request = delivery.begin(batch, is_bulk=is_bulk)
        while not isinstance(request, Over):
            if isinstance(request, Rest):
                answer: delivery.BatchAnswer = self._rest(request.seconds)
            else:
                answer = Interrupted() if halt.is_set() else self._send_batch(sims, request, wave)
            state, request = delivery.step(state, answer)
            if state.is_fatal:
                halt.set()
        return state

    def _send_batch(self, sims: SimControl, request: SendBatch, wave: Deliver) -> "delivery.BatchAnswer":
        from reconciler.apply.sims.batch import ask

        def send() -> Done:
            ask(sims, request.batch, wave.activation)
            return Done()

        answer = self._answered(send, request.attempt)
        if isinstance(answer, Done | Uncertain):
            words = "sent" if isinstance(answer, Done) else f"unknown: {answer.reason}"
            self.store.fact(self._fact(entries.id_of_batch(self.plan_digest, request.batch), words, 1))
        return answer


def _listed(sims: SimControl, look: LookAtSims) -> "dict[str, Live]":
    """These SIMs out of the whole list, which is read again where it contradicts itself."""
    why = ""
    for _ in range(PASSES):
        try:
            pages = sims.pages(known=look.is_detailed)
            return {sim.iccid: sim for page in pages for sim in page if sim.iccid in look.iccids}
        except IncompleteRead as error:
            why = str(error)
    raise IncompleteRead(why, hint="somebody may be changing the SIMs right now; run apply again")
