"""Doing what the engine asks for: reading, writing intents, sending, waiting, settling."""

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.apply.goal import Goal
from reconciler.apply.lease import Lease
from reconciler.apply.objects.machine import begin, step
from reconciler.apply.objects.state import PATIENT_POLLS, POLLS, Half, Knowledge, State
from reconciler.apply.protocol import (
    CouldNotLook,
    Done,
    Event,
    Finish,
    Intend,
    Interrupted,
    Look,
    NotExecuted,
    Refused,
    Rest,
    Seen,
    Send,
    Sent,
    Settle,
    Uncertain,
)
from reconciler.control_plane.errors import ControlPlaneError, Rejected, Throttled, Unauthorised, Unreachable
from reconciler.control_plane.port import ControlPlane, Step, Verb
from reconciler.control_plane.retry import wait_before_writing_again
from reconciler.diffing.canonical import with_secrets
from reconciler.environment import Environment
from reconciler.errors import SecretUnavailable
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.deriving import Renames
from reconciler.plan.outcomes import Ending, Failed, Succeeded
from reconciler.store.records import ActionState, Fact, Intent, Settlement
from reconciler.store.store import Store

MOST_WAITING_SECONDS = 900.0
_LONGEST_NAP_SECONDS = 0.5


class WaitingBudget:
    """How long a run may wait for the platform altogether, over all its threads (F8)."""

    def __init__(self, seconds: float = MOST_WAITING_SECONDS) -> None:
        self._left = seconds
        self._turn = threading.Lock()

    def take(self, seconds: float) -> bool:
        """Whether there is that much left; it is then spent."""
        with self._turn:
            if seconds > self._left:
                return False
            self._left -= seconds
            return True


@dataclass(frozen=True, kw_only=True)
class Driver:
    """
    Everything that one run needs to make changes. Thread-safe.

    `owned` is the inventory as it was after recovery, `touched` the addresses that an earlier run of this plan began
    with, `claims` the creates of any run that may yet have taken effect. Nobody else adds to them while the lock
    is held. `drain_seconds` is how long a request of unknown outcome may still land (A3).
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
    budget: WaitingBudget = field(default_factory=WaitingBudget)

    def make(self, change: Change) -> Ending:
        """Make one change; how it ended. Raises `Fenced` and `StoreError`, after which nothing may be sent."""
        started = self.environment.monotonic()
        state, effect = begin(self._knowledge(change))
        while not isinstance(effect, Finish):
            match effect:
                case Look(key):
                    event: Event = self._look(change.address.kind, key)
                case Intend(request):
                    event = self._intend(state, request)
                case Send(request, current):
                    event = self._send(state, request, current)
                case Rest(seconds):
                    event = self._rest(seconds)
                case _:
                    event = self._settle(state, effect)
            state, effect = step(state, event)
        ending = effect.ending
        if isinstance(ending, Failed) and change.action is Action.REPLACE and state.half is Half.MAKE:
            reason = f"the old object was deleted, but the new one was not made: {ending.reason}"
            return replace(ending, reason=reason, hint=ending.hint or "correct the manifest and apply again")
        if isinstance(ending, Succeeded):
            return replace(ending, seconds=self.environment.monotonic() - started)
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

    def _rest(self, seconds: float) -> Event:
        while seconds > 0:
            if self.stop.is_set():
                return Interrupted()
            self.environment.sleep(min(seconds, _LONGEST_NAP_SECONDS))
            seconds -= _LONGEST_NAP_SECONDS
        return Done()

    def _look(self, kind: str, key: str) -> Event:
        try:
            return Seen(self.control_plane.read(kind, key))
        except ControlPlaneError as error:
            return CouldNotLook(error)

    def _intend(self, state: State, request: Step) -> Event:
        goal, change = state.goal, state.knowledge.goal.change
        intent = Intent(
            action_id=self.action_id(state, request),
            plan_digest=self.plan_digest,
            seq=self.places.get(change.address, 0),
            verb=request.verb.value,
            address=change.address,
            moniker=request.moniker,
            natural_key=request.natural_key,
            remote_id=request.remote_id,
            segment=request.segment,
            items=request.items,
            wanted=wanted_at_rest(goal),
            fingerprint=change.fingerprint,
            source=change.reason.source,
            protect=change.protect,
            retain=change.retain,
        )
        self.store.intend(self.lease.epoch, [intent])
        return Done()

    def action_id(self, state: State, request: Step) -> str:
        """The name of a request: the same in every run of the same plan."""
        parts = (self.plan_digest, str(request.address), state.half.value, request.verb.value, request.natural_key)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _send(self, state: State, request: Step, current: Observed | None) -> Event:
        self.lease.check()
        event = self._sent(state, request, current)
        receipt = event.receipt if isinstance(event, Sent) else None
        fact = Fact(
            action_id=self.action_id(state, request),
            attempt=state.attempt,
            epoch=self.lease.epoch.number,
            what=type(event).__name__.lower(),
            http_status=receipt.status if receipt else None,
            remote_id=receipt.remote_id if receipt else None,
        )
        if isinstance(event, Sent):
            # What was decided follows as soon as it is read back, and the fact is durable no later.
            self.store.fact_soon(fact)
        else:
            self.store.fact(fact)
        return event

    def _sent(self, state: State, request: Step, current: Observed | None) -> Event:
        try:
            return Sent(self.control_plane.send(request, current))
        except (Unreachable, Throttled) as error:
            wait = wait_before_writing_again(error, state.attempt, self.environment.jitter())
            return NotExecuted(error, wait if wait is not None and self.budget.take(wait) else None)
        except Rejected as error:
            return Refused(str(error), error.hint, may_be_taken=error.may_be_taken)
        except SecretUnavailable as error:
            return Refused(str(error), error.hint)
        except Unauthorised as error:
            return Refused(str(error), error.hint, is_fatal=True)
        except ControlPlaneError as error:
            return Uncertain(str(error))

    def _settle(self, state: State, decision: Settle) -> Event:
        change, owned = state.knowledge.goal.change, state.knowledge.owned
        states = {} if decision.step is None else {self.action_id(state, decision.step): decision.state}
        if decision.row is not None and change.action in {Action.CREATE, Action.REPLACE}:
            key = Step(Verb.CREATE, change.address, change.address.name).natural_key
            for claim in self.claims.get(key, ()):
                states.setdefault(claim, ActionState.ADOPTED)
        removals: set[Address] = {change.address} if decision.is_removal else set()
        if owned is not None and owned.address != change.address and (decision.row is not None or decision.is_removal):
            removals.add(owned.address)
        rows = () if decision.row is None else (decision.row,)
        self.store.settle(self.lease.epoch, Settlement(states, rows, tuple(sorted(removals))))
        return Done()


def wanted_at_rest(goal: Goal) -> dict[str, object]:
    """The managed fields as the journal keeps them: every secret that is known here as its digest (S8)."""
    return dict(with_secrets(goal.kind, goal.after, goal.secret_digests.get))
