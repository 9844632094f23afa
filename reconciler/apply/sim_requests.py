"""
Sending batches of SIMs: intent before the first byte, halves of what is refused, a fact for each answer.

Whether a batch took effect is not decided here: answers to bulk requests are believed for nothing but a refusal.
"""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from reconciler.apply.lease import Lease
from reconciler.apply.sim_batch import Batch, ask
from reconciler.control_plane.errors import (
    ControlPlaneError,
    Rejected,
    Stopped,
    Throttled,
    Unauthorised,
    Unreachable,
)
from reconciler.control_plane.port import SimControl
from reconciler.control_plane.retry import Waiting, wait_before_writing_again
from reconciler.environment import Environment
from reconciler.errors import SecretUnavailable
from reconciler.model.address import Address
from reconciler.plan.outcomes import SimsAdvanced
from reconciler.plan.roster import RosterAction
from reconciler.store.records import Fact, Intent
from reconciler.store.store import Store

_WAVE = 4  # batches of a wave, for each request at a time


class Budget(Protocol):
    """How long may be waited for the platform altogether."""

    def take(self, seconds: float) -> bool:
        """Whether there is that much left; it is then spent."""


@dataclass(kw_only=True)
class SimRequests:
    """
    Sends batches, several at a time, and remembers what was refused and what is uncertain. Thread-safe.

    `refused` says why, `uncertain` are those of which no answer came, `moved` and `activated` those of which that was
    asked; `left` are those of a batch that was broken off before their turn. `on_event` is called as batches end, from
    several threads. Raises `Fenced` and `StoreError`, after which nothing may be sent.
    """

    sims: SimControl
    store: Store
    environment: Environment
    lease: Lease
    plan_digest: str
    budget: Budget
    stop: threading.Event
    on_event: Callable[[SimsAdvanced], None]
    parallelism: int
    total: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    uncertain: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    activated: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    never: list[Batch] = field(default_factory=list)
    untried: int = 0
    done: int = 0
    left_changes: int = 0
    is_fatal: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def send(self, batches: Sequence[Batch], activation: Mapping[str, Any]) -> list[Batch]:
        """Send batches, as many at a time as may be; those of which anything was sent."""
        if not batches:
            return []
        sent: list[Batch] = []
        broken = threading.Event()

        def one(batch: Batch) -> None:
            if self.stop.is_set() or self.is_fatal or broken.is_set():
                with self._turn:
                    self.untried += len(batch.iccids)
                    self.never.append(batch)
                return
            with self._turn:
                sent.append(batch)
                if batch.change is not None and batch.change.action is RosterAction.MOVE:
                    self.moved.update(batch.iccids)
            try:
                self._halving(batch, activation, attempt=1)
            except BaseException:
                # What waits in the pool must not be sent once the store failed or the lock is lost (F20, F21).
                broken.set()
                raise
            self.advance(len(batch.iccids))

        # The intents of a wave are one decision of the store, made while the wave before it is under way.
        size = self.parallelism * _WAVE
        with ThreadPoolExecutor(self.parallelism, thread_name_prefix="sims") as pool:
            under_way: list[Future[None]] = []
            for start in range(0, len(batches), size):
                wave = batches[start : start + size]
                if not (self.stop.is_set() or self.is_fatal):
                    self._intend(wave)
                    following = [pool.submit(one, batch) for batch in wave]
                    for future in under_way:
                        future.result()
                    under_way = following
                else:
                    self.untried += sum(len(batch.iccids) for batch in wave)
            for future in under_way:
                future.result()
        return sent

    def is_bulk(self, batch: Batch) -> bool:
        """Whether there is one request for many SIMs of this batch."""
        if batch.change is None or batch.change.action is RosterAction.ACTIVATE:
            return False
        return self.sims.has_bulk if batch.change.action is RosterAction.MOVE else self.sims.has_bulk_states

    def _is_one_request(self, batch: Batch) -> bool:
        return len(batch.iccids) == 1 or self.is_bulk(batch)

    def _one_by_one(self, batch: Batch, activation: Mapping[str, Any]) -> None:
        """Requests for each SIM on its own: one that is refused does not let others be sent for twice."""
        for place, iccid in enumerate(batch.iccids):
            if self.stop.is_set() or self.is_fatal:
                self._leave(batch.iccids[place:])
                return
            self._halving(Batch(batch.change, (iccid,), batch.edits[place : place + 1]), activation, attempt=1)

    def _halving(self, batch: Batch, activation: Mapping[str, Any], *, attempt: int) -> None:
        """Send; a refused batch is halved until those are named that the platform does not take."""
        if not self._is_one_request(batch):
            self._one_by_one(batch, activation)
            return
        self.lease.check()
        try:
            ask(self.sims, batch, activation)
        except Stopped:
            self._leave(batch.iccids)
        except (Unreachable, Throttled) as error:
            self._again(batch, activation, error, attempt=attempt)
        except Unauthorised as error:
            self.is_fatal = True
            self._refuse(batch.iccids, str(error))
        except (Rejected, SecretUnavailable) as error:
            if len(batch.iccids) == 1:
                self._refuse(batch.iccids, str(error))
                return
            for half in batch.cut(len(batch.iccids) // 2):
                self._halving(half, activation, attempt=1)
        except ControlPlaneError as error:
            self._note(batch, f"unknown: {error}")
            with self._turn:
                self.uncertain.update(batch.iccids)
        else:
            self._note(batch, "sent")
            if batch.change is not None and batch.change.action is RosterAction.ACTIVATE:
                with self._turn:
                    self.activated.update(batch.iccids)

    def _again(
        self, batch: Batch, activation: Mapping[str, Any], error: Unreachable | Throttled, *, attempt: int
    ) -> None:
        """Send once more after a rest, if that is worth it and nobody asks to stop meanwhile."""
        wait = wait_before_writing_again(error, attempt, self.environment.jitter())
        if wait is None or not self.budget.take(wait):
            self._refuse(batch.iccids, str(error))
            return
        try:
            self.rest(wait)
        except Stopped:
            self._leave(batch.iccids)
        else:
            self._halving(batch, activation, attempt=attempt + 1)

    def _refuse(self, iccids: Iterable[str], why: str) -> None:
        with self._turn:
            self.refused.update(dict.fromkeys(iccids, why))

    def _leave(self, iccids: Sequence[str]) -> None:
        """Leave out SIMs of a batch that was begun: the run is to end, and nothing was asked of these."""
        with self._turn:
            self.left.update(iccids)
            self.left_changes += len(iccids)
            self.untried += len(iccids)

    def rest(self, seconds: float) -> None:
        """Sleep. Raises `Stopped` within a moment of being asked to stop."""
        Waiting(self.environment.sleep, self.environment.jitter, self.stop).rest(seconds)

    def advance(self, count: int) -> None:
        """Say that so many SIMs more are dealt with."""
        with self._turn:
            self.done += count
            made = max(0, min(self.done, self.total) - self.left_changes)
            self.on_event(SimsAdvanced(made, self.total, len(self.refused)))

    def action_id(self, batch: Batch) -> str:
        """The name of a batch in the journal: the same in every run of the same plan."""
        return hashlib.sha256(f"{self.plan_digest}\n{batch.address}\n{batch.natural_key}".encode()).hexdigest()

    def _intend(self, wave: Sequence[Batch]) -> None:
        self.store.intend(self.lease.epoch, [self._intent(batch) for batch in wave])

    def _intent(self, batch: Batch) -> Intent:
        change = batch.change
        return Intent(
            action_id=self.action_id(batch),
            plan_digest=self.plan_digest,
            seq=0,
            verb=batch.verb,
            address=Address.parse(batch.address),
            moniker=(change.target if change else None) or "",
            natural_key=batch.natural_key,
            items=tuple((iccid,) for iccid in batch.iccids),
            source=change.place if change else None,
        )

    def _note(self, batch: Batch, what: str) -> None:
        fact = Fact(
            action_id=self.action_id(batch),
            attempt=1,
            epoch=self.lease.epoch.number,
            what=what,
            http_status=None,
            remote_id=None,
        )
        self.store.fact(fact)
