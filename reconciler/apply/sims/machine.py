"""
The protocol of the SIMs of a plan: a state machine over stages and waves that does nothing itself.

Each SIM is read before it is changed and read again afterwards: an answer to a request is believed for nothing but its
refusal. A SIM that is where it should be is not moved again, and a SIM that was moved elsewhere is left alone.

============  ==============================  ====================================================================
phase         event                           next
============  ==============================  ====================================================================
look          SIMs seen                       the first stage
send          wave delivered                  sample, if waves of the stage are left; else resolve or the next stage
sample        SIMs seen, all as asked         the next wave, or look again where the reading is too old for it
sample        SIMs seen, some not as asked    sample rest, until the polls run out; then `may_go_on` decides
sample        read failed, interrupted        the stage is broken off, and with it the run of waves
look again    SIMs seen                       the waves that are left, of SIMs as they are now
drain         rest over                       resolve
resolve       SIMs seen                       the next stage; a SIM that is not as asked stays uncertain
look, drain   interrupted                     verify
last drain    rest over                       verify
verify        SIMs seen, all as asked         settle
verify        SIMs seen, some not as asked    verify rest, until the polls run out; then settle
verify        read failed, interrupted        settle; the SIMs that were asked for stay unknown
settle        settled                         over
============  ==============================  ====================================================================

A reading that fails for another reason before the last verification ends the run with its error: `Fail`.

Length: one state machine, whose transitions are only right next to each other.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import assert_never

from reconciler.apply.protocol import (
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
from reconciler.apply.sims.batch import STATES, Batch, batches_of, batches_of_edits, entering
from reconciler.apply.sims.precondition import (
    KeyValues,
    Known,
    Ruling,
    SimReadiness,
    has_effect,
    is_seen,
    is_unmoved,
    ruling_of_change,
    ruling_of_edit,
    targets_of,
    unshown_loss,
)
from reconciler.apply.sims.state import SimsPhase, SimsState
from reconciler.apply.sims.waves import STAGES, Wave, in_waves, is_bad, looked_at
from reconciler.control_plane.errors import Stopped, Unauthorised
from reconciler.diffing.rosters import TERMINATED, Live
from reconciler.model.scope import Scope
from reconciler.plan.roster import RosterAction, RosterPlan
from reconciler.store.records import ActionState

LONGEST_BELIEVED_SECONDS = 60.0
"""How old a reading may be when a wave begins; an older one is made again."""
LONGEST_BELIEVED_READS = 10
"""The same in times that the reading took, so that a large account is not read most of the time."""
POLL_SECONDS = (0.65, 1.3, 2.6, 5.2)

SimsEvent = SimsSeen | CouldNotLook | Delivered | Done | Interrupted
SimsEffect = LookAtSims | Deliver | Rest | SettleBatches | Over | Fail
Shows = Callable[[Batch, str, Live | None, KeyValues], bool]


class Stage(StrEnum):
    """The stages of the work on SIMs, one after the other."""

    ACTIVATE = "activate"
    ENTER = "enter"
    MOVE = "move"
    RESUME = "resume"
    SUSPEND = "suspend"
    TERMINATE = "terminate"
    EDIT = "edit"


_ORDER = (Stage.ACTIVATE, Stage.ENTER, *(Stage(action.value) for action in STAGES[1:]), Stage.EDIT)

SimsNext = tuple[SimsState, SimsEffect]


def begin(plan: RosterPlan, *, scope: Scope, bulk: frozenset[RosterAction], drain_seconds: float) -> SimsNext:
    """Read where all SIMs of the plan are."""
    activating = frozenset(iccid for change in plan.of(RosterAction.ACTIVATE) for iccid in change.iccids)
    known = Known(scope=scope, targets=targets_of(plan), activating=activating)
    concerned = {iccid for change in plan.changes for iccid in change.iccids}.union(edit.iccid for edit in plan.edits)
    total = sum(len(change.iccids) for change in plan.changes) + len(plan.edits)
    keyed = frozenset(edit.iccid for edit in plan.edits if "keyValues" in edit.after)
    state = SimsState(plan=plan, bulk=bulk, drain_seconds=drain_seconds, known=known, total=total, keyed=keyed)
    return _look(state, concerned, SimsPhase.LOOK)


def bulk_actions(*, moves: bool, states: bool) -> frozenset[RosterAction]:
    """The actions for which one request takes many SIMs, where the platform has one for moves and one for states."""
    return frozenset(({RosterAction.MOVE} if moves else set()) | (set(STATES) if states else set()))


def step(state: SimsState, event: SimsEvent) -> SimsNext:
    """The next state and effect after `event`."""
    match event:
        case SimsSeen():
            return _seen(replace(state, now=event.answered_at), event)
        case CouldNotLook(error):
            return _could_not_look(state, event) if not isinstance(error, Stopped) else _interrupted(state)
        case Interrupted():
            return _interrupted(state)
        case Delivered():
            return _delivered(replace(state, now=event.at), event)
        case Done():
            return _done(state)
        case _:
            assert_never(event)


def _look(state: SimsState, iccids: Iterable[str], phase: SimsPhase) -> SimsNext:
    """Read SIMs; of those whose key values the plan edits, these too."""
    wanted = frozenset(iccids)
    is_detailed = bool(state.plan.edits or state.known.scope.tags)
    return replace(state, phase=phase), LookAtSims(wanted, wanted & state.keyed, is_detailed)


def _seen(state: SimsState, event: SimsSeen) -> SimsNext:
    match state.phase:
        case SimsPhase.LOOK:
            state = _believing(state, event)
            return _enter_stage(_without_unshown_losses(state), 0)
        case SimsPhase.LOOK_AGAIN:
            return _next_wave(_as_seen_now(_believing(state, event)), is_fresh=True)
        case SimsPhase.SAMPLE:
            return _sampled(state, event)
        case SimsPhase.RESOLVE:
            uncertain = _wrong(state.sent, state.known.uncertain, event, is_seen)
            known = replace(state.known, uncertain=uncertain)
            return _enter_stage(replace(state, known=known, is_unresolved=False), state.stage + 1)
        case _:
            wrong = _wrong(state.sent, state.wrong, event, is_seen)
            return _poll(replace(state, wrong=wrong), SimsPhase.VERIFY_REST) or _settle(replace(state, wrong=wrong))


def _done(state: SimsState) -> SimsNext:
    match state.phase:
        case SimsPhase.SAMPLE_REST:
            return _look(state, state.wrong, SimsPhase.SAMPLE)
        case SimsPhase.DRAIN:
            return _look(state, state.known.uncertain, SimsPhase.RESOLVE)
        case SimsPhase.LAST_DRAIN:
            return _look_at_all(state)
        case SimsPhase.VERIFY_REST:
            return _look(state, state.wrong, SimsPhase.VERIFY)
        case _:
            return replace(state, phase=SimsPhase.OVER), Over()


def _could_not_look(state: SimsState, event: CouldNotLook) -> SimsNext:
    if state.phase is SimsPhase.SAMPLE:
        # A sample that cannot be read ends the waves; the verification says of each SIM why.
        return _next_wave(replace(state, is_broken=True))
    if state.phase is SimsPhase.VERIFY:
        return _not_verified(replace(state, is_fatal=state.is_fatal or isinstance(event.error, Unauthorised)))
    return replace(state, phase=SimsPhase.OVER), Fail(event.error)


def _interrupted(state: SimsState) -> SimsNext:
    if state.phase in {SimsPhase.SAMPLE, SimsPhase.SAMPLE_REST}:
        return _next_wave(replace(state, is_broken=True))
    if state.phase in {SimsPhase.LAST_DRAIN, SimsPhase.VERIFY, SimsPhase.VERIFY_REST}:
        return _not_verified(replace(state, is_stopped=True))
    return _verify(replace(state, untried=max(0, state.total - state.dealt_with) + len(state.left)))


# --- what is known ----------------------------------------------------------------------------------------------------


def _believing(state: SimsState, event: SimsSeen) -> SimsState:
    """Take a reading for what is so, for as long as it may be believed."""
    took = event.answered_at - event.asked_at
    until = event.asked_at + max(LONGEST_BELIEVED_SECONDS, LONGEST_BELIEVED_READS * took)
    seen = {iccid: sim for iccid, sim in state.known.seen.items() if iccid not in event.asked}
    key_values = {**state.known.key_values, **event.key_values}
    known = replace(state.known, seen={**seen, **event.sims} if seen else event.sims, key_values=key_values)
    return replace(state, known=known, believed_until=until)


def _without_unshown_losses(state: SimsState) -> SimsState:
    """Leave the SIMs of a move alone that would cost more than the plan shows."""
    stale = dict(state.known.stale)
    for change in state.plan.of(RosterAction.MOVE):
        if (why := unshown_loss(change, state.known.seen)) is not None:
            stale.update(dict.fromkeys(change.iccids, why))
    return replace(state, known=replace(state.known, stale=stale))


def _ruled(state: SimsState, rulings: Sequence[tuple[str, Ruling]]) -> SimsState:
    """Count what needs nothing or has to wait, and remember what is stale."""
    stale = {iccid: ruling.reason for iccid, ruling in rulings if ruling.readiness is SimReadiness.STALE}
    known = replace(state.known, stale={**state.known.stale, **stale}) if stale else state.known
    return replace(
        state,
        known=known,
        already=state.already + sum(ruling.readiness is SimReadiness.DONE for _, ruling in rulings),
        untried=state.untried + sum(ruling.readiness is SimReadiness.WAITING for _, ruling in rulings),
        dealt_with=state.dealt_with + sum(ruling.readiness is not SimReadiness.GO for _, ruling in rulings),
    )


def _as_seen_now(state: SimsState) -> SimsState:
    """The waves that are left, without the SIMs that are not as the plan saw them any more (I7)."""
    batches = [batch for wave in state.coming for batch in wave]
    rulings = [(batch, _rulings(state.known, batch)) for batch in batches]
    kept = [
        batch.only({iccid for iccid, ruling in found if ruling.readiness is SimReadiness.GO})
        for batch, found in rulings
    ]
    state = _ruled(state, [each for _, found in rulings for each in found])
    return replace(state, coming=_waves(state, kept))


def _rulings(known: Known, batch: Batch) -> list[tuple[str, Ruling]]:
    if batch.change is None:
        return [(edit.iccid, ruling_of_edit(known, edit)) for edit in batch.edits]
    return [(iccid, ruling_of_change(known, batch.change, iccid)) for iccid in batch.iccids]


# --- stages and waves -------------------------------------------------------------------------------------------------


def _enter_stage(state: SimsState, number: int) -> SimsNext:
    if number == len(_ORDER):
        return _verify(state)
    stage, state = _ORDER[number], replace(state, stage=number)
    if stage is Stage.ENTER:
        batches = [] if state.is_broken else list(_entering(state))
        return _send(state, batches) if batches else _end_stage(state)
    if stage is Stage.EDIT:
        edits = state.plan.edits
        rulings = [(edit.iccid, ruling_of_edit(state.known, edit)) for edit in edits]
        due = [edit for edit, (_, ruling) in zip(edits, rulings, strict=True) if ruling.readiness is SimReadiness.GO]
        state = _ruled(state, rulings)
        return _next_wave(replace(state, coming=_waves(state, batches_of_edits(due))))
    batches = []
    for change in state.plan.of(RosterAction(stage.value)):
        rulings = [(iccid, ruling_of_change(state.known, change, iccid)) for iccid in change.iccids]
        batches += batches_of(change, [iccid for iccid, ruling in rulings if ruling.readiness is SimReadiness.GO])
        state = _ruled(state, rulings)
    return _next_wave(replace(state, coming=_waves(state, batches)))


def _entering(state: SimsState) -> Iterator[Batch]:
    """SIMs that were just activated, now or by a run that was cut short, go into their group."""
    for change in state.plan.of(RosterAction.ACTIVATE):
        for iccid in change.iccids if change.target is not None else ():
            sim = state.known.seen.get(iccid)
            is_here = sim is not None and sim.group is None and sim.status != TERMINATED
            if is_here or (sim is None and iccid in state.known.activated):
                yield entering(change, iccid)


def _waves(state: SimsState, batches: Sequence[Batch]) -> tuple[Wave, ...]:
    """The waves of batches; none takes longer than a reading is believed, where each SIM is a request of its own."""
    is_single = any(batch.change is None or batch.change.action not in state.bulk for batch in batches)
    return tuple(in_waves(batches, is_single=is_single))


def _next_wave(state: SimsState, *, is_fresh: bool = False) -> SimsNext:
    if not state.coming or state.is_broken:
        untried = sum(len(batch.iccids) for wave in state.coming for batch in wave)
        return _end_stage(replace(state, untried=state.untried + untried, coming=()))
    if not is_fresh and state.now > state.believed_until:
        return _look(state, (i for wave in state.coming for batch in wave for i in batch.iccids), SimsPhase.LOOK_AGAIN)
    wave, *coming = state.coming
    return _send(replace(state, coming=tuple(coming)), wave)


def _send(state: SimsState, wave: Wave) -> SimsNext:
    return replace(state, phase=SimsPhase.SEND), Deliver(tuple(wave), state.bulk, state.plan.activation)


def _delivered(state: SimsState, event: Delivered) -> SimsNext:
    state = _with(state, event)
    if not state.coming:
        return _end_stage(state)
    sample = tuple(looked_at([delivery.batch for delivery in event.deliveries]))
    wrong = _waiting(state, sample) - state.known.uncertain
    state = replace(state, sample=sample, wrong=wrong, polls=0)
    return _look(state, wrong, SimsPhase.SAMPLE) if wrong else _judged(state, {})


def _with(state: SimsState, event: Delivered) -> SimsState:
    """The state with what became of a wave."""
    done, known = event.deliveries, state.known
    moved = (d.batch.iccids for d in done if d.batch.change is not None and d.batch.change.action is RosterAction.MOVE)
    refused = dict(known.refused)
    for delivery in done:
        refused.update(delivery.refused)
    left = [delivery.left for delivery in done if delivery.left]
    known = replace(
        known,
        moved=known.moved.union(*moved),
        activated=known.activated.union(*(delivery.activated for delivery in done)),
        uncertain=known.uncertain.union(*(delivery.uncertain for delivery in done)),
        refused=refused,
    )
    return replace(
        state,
        known=known,
        sent=(*state.sent, *(delivery.batch for delivery in done)),
        never=(*state.never, *event.never),
        left=state.left.union(*left),
        untried=state.untried + event.untried + sum(map(len, left)),
        dealt_with=state.dealt_with + sum(len(delivery.batch.iccids) for delivery in done),
        is_unresolved=state.is_unresolved or any(delivery.uncertain for delivery in done),
        is_fatal=state.is_fatal or any(delivery.is_fatal for delivery in done),
    )


def _sampled(state: SimsState, event: SimsSeen) -> SimsNext:
    state = replace(state, wrong=_wrong(state.sample, state.wrong, event, has_effect))
    return _poll(state, SimsPhase.SAMPLE_REST) or _judged(state, event.sims)


def _judged(state: SimsState, sims: Mapping[str, Live]) -> SimsNext:
    """Go on with the next wave, or break off: the one place where that is decided."""
    everybody = {iccid for batch in state.sample for iccid in batch.iccids}
    right = len(_waiting(state, state.sample) - state.known.uncertain - state.wrong)
    idle = sum(
        is_unmoved(batch.change, sims.get(iccid))
        for batch in state.sample
        for iccid in batch.iccids
        if iccid in state.wrong
    )
    return _next_wave(replace(state, is_broken=is_bad(len(everybody), right, idle)))


def _end_stage(state: SimsState) -> SimsNext:
    """Find out what became of requests without an answer, before anything is built on them (A3)."""
    if not state.is_unresolved or _ORDER[state.stage] in {Stage.ACTIVATE, Stage.EDIT}:
        return _enter_stage(state, state.stage + 1)
    return replace(state, phase=SimsPhase.DRAIN), Rest(state.drain_seconds)


# --- is it as it was asked to be? -------------------------------------------------------------------------------------


def _waiting(state: SimsState, sent: Iterable[Batch]) -> frozenset[str]:
    """The SIMs of batches that were asked for and not refused."""
    return frozenset(i for batch in sent for i in batch.iccids) - state.known.refused.keys() - state.left


def _wrong(sent: Iterable[Batch], waiting: frozenset[str], event: SimsSeen, shows: Shows) -> frozenset[str]:
    """Those of `waiting` that a reading does not show as they were asked to be."""
    return frozenset(
        iccid
        for batch in sent
        for iccid in batch.iccids
        if iccid in waiting and not shows(batch, iccid, event.sims.get(iccid), event.key_values)
    )


def _poll(state: SimsState, phase: SimsPhase) -> SimsNext | None:
    """Rest and look again at what is not as asked, for as long as a read may lag (A2); None when that is over."""
    if not state.wrong or state.polls == len(POLL_SECONDS):
        return None
    return replace(state, phase=phase, polls=state.polls + 1), Rest(POLL_SECONDS[state.polls])


def _verify(state: SimsState) -> SimsNext:
    """Read where everybody is who was asked for, once what has no answer has landed."""
    waiting = _waiting(state, state.sent)
    state = replace(state, wrong=waiting, polls=0, unanswered=state.known.uncertain)
    if state.unanswered and state.drain_seconds:
        return replace(state, phase=SimsPhase.LAST_DRAIN), Rest(state.drain_seconds)
    return _look_at_all(state)


def _look_at_all(state: SimsState) -> SimsNext:
    return _look(state, state.wrong, SimsPhase.VERIFY) if state.wrong else _settle(state)


def _not_verified(state: SimsState) -> SimsNext:
    """Accepted without a known outcome: the next run looks at each of these SIMs again."""
    waiting = _waiting(state, state.sent)
    known = replace(state.known, uncertain=state.known.uncertain | waiting)
    return _settle(replace(state, known=known, wrong=waiting))


def _settle(state: SimsState) -> SimsNext:
    """Decide what became of each batch by the last reading alone, and make it durable."""
    unknown = state.wrong & state.known.uncertain
    confirmed = len(_waiting(state, state.sent) - state.wrong)
    idle = dict.fromkeys(state.wrong - unknown, "without effect: the platform accepted it and changed nothing")
    known = replace(state.known, refused={**state.known.refused, **idle})
    state = replace(state, phase=SimsPhase.SETTLE, known=known, unknown=unknown, confirmed=confirmed)
    # Of what was intended and never sent, nothing has to be found out.
    states = [(batch, ActionState.VOID) for batch in state.never]
    states += [(batch, _state_of(state, batch)) for batch in state.sent]
    return (state, SettleBatches(tuple(states))) if states else (replace(state, phase=SimsPhase.OVER), Over())


def _state_of(state: SimsState, batch: Batch) -> ActionState:
    # An answered request has landed: the next run need not wait for it, only look.
    unknown = state.unanswered if state.is_stopped else state.unknown
    if not unknown.isdisjoint(batch.iccids):
        return ActionState.UNKNOWN
    if state.is_stopped and not state.wrong.isdisjoint(batch.iccids):
        return ActionState.VOID
    if any(iccid in state.known.refused or iccid in state.left for iccid in batch.iccids):
        return ActionState.FAILED
    return ActionState.DONE
