"""The machine of SIMs against every platform: whatever is answered, its report is so, and nothing follows a stop."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from reconciler.apply.protocol import (
    BatchDelivery,
    CouldNotLook,
    Deliver,
    Delivered,
    Done,
    Fail,
    Interrupted,
    LookAtSims,
    Over,
    Rest,
    SettleBatches,
    SimsSeen,
)
from reconciler.apply.sims.batch import Batch
from reconciler.apply.sims.machine import SimsEffect, SimsEvent, begin, bulk_actions, step
from reconciler.apply.sims.state import SimsPhase, SimsState
from reconciler.control_plane.errors import ControlPlaneError, Stopped
from reconciler.diffing.rosters import ACTIVE, SUSPENDED
from reconciler.model.scope import Scope
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan, SimEdit
from reconciler.store.records import ActionState

A, B, C = "8944500000000000001", "8944500000000000002", "8944500000000000003"
HOME, AWAY, ABROAD = "fleet-uk", "fleet-de", "fleet-fr"
FEW, MANY = 2, 3
T = TypeVar("T")

# Each phase and the phases that may follow it, as the docstring of the machine says.
FOLLOWING = {
    SimsPhase.LOOK: {SimsPhase.SEND, SimsPhase.SETTLE, SimsPhase.OVER},
    SimsPhase.SEND: {
        SimsPhase.SAMPLE,
        SimsPhase.SEND,
        SimsPhase.DRAIN,
        SimsPhase.LAST_DRAIN,
        SimsPhase.VERIFY,
        SimsPhase.SETTLE,
    },
    SimsPhase.SAMPLE: {
        SimsPhase.SAMPLE_REST,
        SimsPhase.SEND,
        SimsPhase.DRAIN,
        SimsPhase.VERIFY,
        SimsPhase.LAST_DRAIN,
        SimsPhase.SETTLE,
    },
    SimsPhase.SAMPLE_REST: {
        SimsPhase.SAMPLE,
        SimsPhase.SEND,
        SimsPhase.DRAIN,
        SimsPhase.VERIFY,
        SimsPhase.LAST_DRAIN,
        SimsPhase.SETTLE,
    },
    SimsPhase.DRAIN: {SimsPhase.RESOLVE, SimsPhase.LAST_DRAIN},
    SimsPhase.RESOLVE: {SimsPhase.SEND, SimsPhase.VERIFY, SimsPhase.LAST_DRAIN, SimsPhase.SETTLE, SimsPhase.OVER},
    SimsPhase.LAST_DRAIN: {SimsPhase.VERIFY, SimsPhase.SETTLE},
    SimsPhase.VERIFY: {SimsPhase.VERIFY_REST, SimsPhase.SETTLE},
    SimsPhase.VERIFY_REST: {SimsPhase.VERIFY, SimsPhase.SETTLE},
    SimsPhase.SETTLE: {SimsPhase.OVER},
}


class Choices:
    """All ways through a story that asks `of` what happens: the first alternative is the ordinary one."""

    def __init__(self, taken: Sequence[int], surprises: int) -> None:
        self._taken = list(taken)
        self._surprises = surprises
        self.asked: list[int] = []
        self.chosen: list[int] = []

    def of(self, *alternatives: T) -> T:
        """One of the alternatives; no more than a few in a story are surprises."""
        place = len(self.chosen)
        is_calm = sum(map(bool, self.chosen)) >= self._surprises
        number = self._taken[place] if place < len(self._taken) else 0
        self.asked.append(1 if is_calm else len(alternatives))
        self.chosen.append(number)
        return alternatives[number]

    def following(self) -> list[int] | None:
        """The choices of the next story, or None after the last."""
        for place in reversed(range(len(self.chosen))):
            if self.chosen[place] + 1 < self.asked[place]:
                return [*self.chosen[:place], self.chosen[place] + 1]
        return None


@dataclass(slots=True)
class Sim:
    """A SIM on the platform."""

    iccid: str
    group: str | None = HOME
    status: str = ACTIVE
    ip_address: str | None = None
    static_ip_address: str | None = None
    tags: tuple[str, ...] = ()


@dataclass
class Story:
    """One run against a platform that answers as the choices say."""

    choices: Choices
    is_bulk: bool
    sims: dict[str, Sim] = field(default_factory=lambda: {iccid: Sim(iccid) for iccid in (A, B, C)})
    phases: Counter[tuple[SimsPhase, SimsPhase]] = field(default_factory=Counter)
    is_stopped: bool = False
    settled: dict[str, ActionState] = field(default_factory=dict)
    begun: list[Batch] = field(default_factory=list)
    never: list[Batch] = field(default_factory=list)
    knows_of_stop: bool = False
    error: ControlPlaneError | None = None
    now: float = 0.0

    def play(self, plan: RosterPlan) -> SimsState:
        """Drive the machine to its end; its last state."""
        bulk = bulk_actions(moves=self.is_bulk, states=self.is_bulk)
        state, effect = begin(plan, scope=Scope(), bulk=bulk, drain_seconds=45.0)
        for _ in range(200):
            if isinstance(effect, Over):
                return state
            if isinstance(effect, Fail):
                self.error = effect.error
                return state
            before = state.phase
            state, effect = step(state, self._perform(effect))
            self.phases[before, state.phase] += 1
        pytest.fail("the machine does not end")

    def _perform(self, effect: SimsEffect) -> SimsEvent:
        match effect:
            case LookAtSims(iccids):
                return self._look(iccids)
            case Deliver(batches):
                return self._deliver(batches)
            case Rest(seconds):
                self.now += seconds
                self.is_stopped = self.knows_of_stop = self.is_stopped or self.choices.of(False, True)
                return Interrupted() if self.is_stopped else Done()
            case SettleBatches(states):
                self.settled.update({batch.natural_key: ending for batch, ending in states})
                return Done()
        pytest.fail(f"{effect} cannot be performed")

    def _look(self, iccids: frozenset[str]) -> SimsEvent:
        if self.is_stopped:
            self.knows_of_stop = True
            return CouldNotLook(Stopped("interrupted"))
        what = self.choices.of("seen", "unreadable", "moved meanwhile")
        if what == "unreadable":
            return CouldNotLook(ControlPlaneError("unreadable"))
        if what == "moved meanwhile" and A in iccids:
            self.sims[A].group = ABROAD
        seen: dict[str, Any] = {iccid: self.sims[iccid] for iccid in iccids}
        return SimsSeen(iccids, {i: Sim(i, sim.group, sim.status) for i, sim in seen.items()}, {}, self.now, self.now)

    def _deliver(self, batches: tuple[Batch, ...]) -> SimsEvent:
        assert not self.knows_of_stop, "a batch is asked for after the stop"
        deliveries = []
        for batch in batches:
            if self.is_stopped:
                break
            deliveries.append(self._send(batch))
            self.begun.append(batch)
            self.is_stopped = self.choices.of(False, True)
        left = batches[len(deliveries) :]
        self.never += left
        untried = sum(len(batch.iccids) for batch in left)
        return Delivered(tuple(deliveries), never=left, untried=untried, at=self.now)

    def _send(self, batch: Batch) -> BatchDelivery:
        what = self.choices.of("done", "refused", "no answer, done", "no answer, not done", "idle", "token")
        if "done" in what and what != "no answer, not done":
            for iccid in batch.iccids:
                self._carry_out(batch, self.sims[iccid])
        everybody = frozenset(batch.iccids)
        is_refused = what in {"refused", "token"}
        return BatchDelivery(
            batch=batch,
            parts=(),
            refused=dict.fromkeys(batch.iccids, what) if is_refused else {},
            uncertain=everybody if what.startswith("no answer") else frozenset(),
            is_fatal=what == "token",
        )

    @staticmethod
    def _carry_out(batch: Batch, sim: Sim) -> None:
        assert batch.change is not None
        if batch.change.action is RosterAction.MOVE:
            sim.group = batch.change.target
        else:
            sim.status = SUSPENDED


def _plan() -> RosterPlan:
    def change(action: RosterAction, source: str, target: str | None, *iccids: str) -> RosterChange:
        return RosterChange(
            action=action, address="EndpointSet/a", source=source, target=target, iccids=iccids, batch=1
        )

    move = change(RosterAction.MOVE, HOME, AWAY, A, B)
    return RosterPlan(
        changes=(move, change(RosterAction.SUSPEND, AWAY, None, B), change(RosterAction.SUSPEND, HOME, None, C))
    )


def _stories(surprises: int, *, is_bulk: bool) -> Iterator[tuple[Story, SimsState]]:
    taken: list[int] | None = []
    while taken is not None:
        story = Story(Choices(taken, surprises), is_bulk)
        yield story, story.play(_plan())
        taken = story.choices.following()


@pytest.mark.parametrize("is_bulk", [True, False], ids=["bulk", "one by one"])
@pytest.mark.parametrize("surprises", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_whatever_is_answered_the_report_is_so(
    surprises: int, is_bulk: bool, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Complete means done; what is not done is named or counted; each intent is settled; no batch follows a stop."""
    # Each wave is one SIM, so that few SIMs have waves to look at.
    monkeypatch.setattr("reconciler.apply.sims.waves.TRIALS", (1, 1, 1))
    phases: Counter[tuple[SimsPhase, SimsPhase]] = Counter()
    count = 0
    for story, state in _stories(surprises, is_bulk=is_bulk):
        count += 1
        phases += story.phases
        if story.error is None:
            _check(story, state)
    record_property("stories of the machine of SIMs", count)
    assert count > 300
    assert {(before, after) for before, after in phases if after not in FOLLOWING[before]} == set()
    assert {before for before, _ in phases} == FOLLOWING.keys()


def _check(story: Story, state: SimsState) -> None:
    report = state.report
    changes = [Batch(change, (iccid,)) for change in _plan().changes for iccid in change.iccids]
    open_ones = {batch.iccids[0] for batch in changes if not _is_so(story.sims[batch.iccids[0]], batch)}
    named = {iccid for iccid, _ in (*report.refused, *report.stale)}.union(report.unknown)

    assert set(story.settled) == {batch.natural_key for batch in (*story.begun, *story.never)}
    assert {story.settled[batch.natural_key] for batch in story.never} <= {ActionState.VOID}
    assert report.untried or open_ones <= named
    if report.is_complete:
        assert open_ones == set()
    done = [batch for batch in story.begun if story.settled[batch.natural_key] is ActionState.DONE]
    assert [batch for batch in done if not all(_is_so(story.sims[iccid], batch) for iccid in batch.iccids)] == []


def _is_so(sim: Sim, batch: Batch) -> bool:
    assert batch.change is not None
    return sim.group == batch.change.target if batch.change.action is RosterAction.MOVE else sim.status == SUSPENDED


def test_what_an_interruption_before_the_next_stage_leaves_is_counted() -> None:
    """A run that is stopped while it waits for lost answers has not tried the two suspensions that come after."""
    state, effect = begin(_plan(), scope=Scope(), bulk=bulk_actions(moves=True, states=True), drain_seconds=45.0)
    assert isinstance(effect, LookAtSims)
    state, effect = step(state, SimsSeen(effect.iccids, {i: Sim(i) for i in effect.iccids}, {}, 0.0, 0.0))
    assert isinstance(effect, Deliver)
    lost = tuple(BatchDelivery(batch=batch, parts=(), uncertain=frozenset(batch.iccids)) for batch in effect.batches)
    state, effect = step(state, Delivered(lost, never=(), untried=0, at=0.0))
    assert (state.phase, effect) == (SimsPhase.DRAIN, Rest(45.0))

    state, _ = step(state, Interrupted())

    assert state.report.untried == 2


def test_settings_are_looked_at_again_where_the_reading_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two waves of edits an hour passed, and somebody edited the second SIM meanwhile: it is left alone."""
    monkeypatch.setattr("reconciler.apply.sims.waves.MOST_SINGLE_REQUESTS", 1)
    edits = tuple(SimEdit("Endpoint/a", iccid, {"status": ACTIVE}, {"status": SUSPENDED}, HOME) for iccid in (A, B))
    plan = RosterPlan(edits=edits)
    state, effect = begin(plan, scope=Scope(), bulk=frozenset(), drain_seconds=45.0)
    assert isinstance(effect, LookAtSims)
    state, effect = step(state, SimsSeen(effect.iccids, {i: Sim(i) for i in effect.iccids}, {}, 0.0, 0.0))
    assert isinstance(effect, Deliver)
    (first,) = effect.batches
    state, effect = step(state, Delivered((BatchDelivery(batch=first, parts=()),), never=(), untried=0, at=3600.0))
    assert (state.phase, effect) == (SimsPhase.SAMPLE, LookAtSims(frozenset({A}), frozenset(), is_detailed=True))
    state, effect = step(state, SimsSeen(frozenset({A}), {A: Sim(A, status=SUSPENDED)}, {}, 3600.0, 3600.0))
    assert (state.phase, effect) == (SimsPhase.LOOK_AGAIN, LookAtSims(frozenset({B}), frozenset(), is_detailed=True))

    state, effect = step(state, SimsSeen(frozenset({B}), {B: Sim(B, status="pending")}, {}, 3600.0, 3600.0))

    assert state.known.stale == {B: "status changed meanwhile"}
    assert isinstance(effect, LookAtSims)
    assert state.phase is SimsPhase.VERIFY
