"""
The protocol of one change: a state machine that does nothing itself.

It reads, compares, makes its intent durable, sends once, and reads again; it decides what an unclear answer meant by
reading, never by guessing. `begin` and `step` are pure: they take a state and what happened, and give the next state
and the one thing to do next. So every path through it can be tested as plain values.

A change begins in *assess*, one that only forgets its row in *settle* or *over*. The phase alone decides the effect:

============  ======  ============  =====================================================
phase         effect  event         next phase
============  ======  ============  =====================================================
assess        Look    Seen          assess, intend, settle, over
..                    CouldNotLook  over
intend        Intend  Done          send
send          Send    Sent          confirm
..                    NotExecuted   retry-rest, settle
..                    Declined      refused, settle
..                    Uncertain     resolve
confirm       Look    Seen          confirm, confirm-rest, settle
..                    CouldNotLook  settle
confirm-rest  Rest    Done          confirm
..                    Interrupted   settle
resolve       Look    Seen          intend, resolve-rest, settle
..                    CouldNotLook  settle
resolve-rest  Rest    Done          resolve
..                    Interrupted   settle
refused       Look    Seen          refused-rest, settle
..                    CouldNotLook  refused-rest, settle
refused-rest  Rest    Done          refused
..                    Interrupted   settle
retry-rest    Rest    Done          assess
..                    Interrupted   settle
settle        Settle  Done          assess, intend, over
over          Finish                over
============  ======  ============  =====================================================

=========  ===================================================================================
after      what an unknown outcome leads to
=========  ===================================================================================
create     read by moniker: matches → ours; absent → sent once more; something else → conflict
refused    a create whose name may be taken: as create, but never sent once more
update     read: as wanted → done; wait out the drain; still as before → again, at most three times
add        as update, item by item: only what is missing is sent
remove     as add
delete     not there → done; else as update
=========  ===================================================================================

Length: one state machine, whose transitions are only right next to each other.
"""

from dataclasses import replace
from typing import assert_never

from reconciler.apply.goal import Position, Sighting
from reconciler.apply.objects.endings import (
    failure,
    ignorance,
    names_of,
    reason_of,
    refusal,
    row_of,
    staleness,
    success,
)
from reconciler.apply.objects.state import Half, Knowledge, Phase, State, sighting_of, step_of
from reconciler.apply.objects.steps import creation, deletion_steps, has_body_items, is_visible, steps_to
from reconciler.apply.precondition import FOREIGN, growth_of, precondition, reassignment
from reconciler.apply.protocol import (
    ChangeEffect,
    ChangeEvent,
    CouldNotLook,
    Declined,
    Done,
    Finish,
    Intend,
    Interrupted,
    Look,
    NotExecuted,
    Rest,
    Seen,
    Send,
    Sent,
    Settle,
    Sharing,
    Uncertain,
)
from reconciler.control_plane.errors import ControlPlaneError, Unauthorised
from reconciler.control_plane.port import Step, Verb
from reconciler.plan.action import Action
from reconciler.plan.change import ReasonCode
from reconciler.plan.outcomes import Ending, Failed
from reconciler.store.records import ActionState

Next = tuple[State, ChangeEffect]
MOST_CREATES = 2
MOST_ATTEMPTS = 3
_CREATING = frozenset({Action.CREATE, Action.REPLACE})
_FROM_LISTS = frozenset({Action.CREATE, Action.DELETE})
_LOOKS_AFTER = {
    Phase.CONFIRM_REST: Phase.CONFIRM,
    Phase.RESOLVE_REST: Phase.RESOLVE,
    Phase.REFUSED_REST: Phase.REFUSED,
    Phase.RETRY_REST: Phase.ASSESS,
}
"""The phase that reads once more after each rest."""


def begin(knowledge: Knowledge) -> Next:
    """The first state of a change, and the first thing to do."""
    change = knowledge.goal.change
    half = Half.DELETE if change.action in {Action.DELETE, Action.REPLACE} else Half.MAKE
    state = State(
        knowledge=knowledge,
        goal=knowledge.goal.deleting() if half is Half.DELETE else knowledge.goal,
        phase=Phase.ASSESS,
        half=half,
        was_touched=knowledge.was_touched,
        has_intent=knowledge.has_intent,
    )
    if change.action is Action.FORGET and change.reason.code is not ReasonCode.VANISHED:
        return _assess(state)
    return look(state, Phase.ASSESS)


def step(state: State, event: ChangeEvent) -> Next:
    """The next state and effect after `event`."""
    match event:
        case Seen(live, is_listed):
            state = replace(state, sighting=None if live is None else state.goal.sighting(live))
            return _listed(state) if is_listed else _seen(state)
        case CouldNotLook(error):
            return _could_not_look(state, error)
        case Done():
            return _done(state)
        case Sent(receipt):
            state = replace(state, remote_id=receipt.remote_id or state.remote_id, refusal=None)
            state = replace(state, sent=state.sent + 1, polls=0)
            return look(state, Phase.CONFIRM)
        case NotExecuted(error, wait_seconds):
            if wait_seconds is None:
                return settled(state, ActionState.FAILED, ending=failure(state, str(error), error.hint))
            return replace(state, phase=Phase.RETRY_REST, was_touched=True), Rest(wait_seconds)
        case Declined():
            return _refused(state, event)
        case Uncertain(reason):
            was_create = state.step is not None and state.step.verb is Verb.CREATE
            state = replace(
                state,
                has_intent=state.has_intent or was_create,
                was_touched=True,
                sent=state.sent + 1,
                polls=0,
                is_drained=False,
                refusal=Declined(reason),
            )
            return look(state, Phase.RESOLVE)
        case Interrupted():
            if state.phase is Phase.RETRY_REST:
                ending: Ending = failure(state, "the run was interrupted before it could be sent again")
                return settled(state, ActionState.FAILED, ending=ending)
            ending = ignorance(state, "the run was interrupted before its outcome was found out")
            return settled(state, ActionState.UNKNOWN, ending=ending)
        case _:
            assert_never(event)


def _done(state: State) -> Next:
    """A write, a rest or a decision is over: go on where it was asked for."""
    if state.phase is Phase.INTEND and state.step is not None:
        current = None if state.step.verb is Verb.CREATE or state.sighting is None else state.sighting.live
        return replace(state, phase=Phase.SEND), Send(state.step, current)
    if state.phase in _LOOKS_AFTER:
        return look(state, _LOOKS_AFTER[state.phase])
    if state.ending is not None:
        return finish(state, state.ending)
    return _advance(state)


def _listed(state: State) -> Next:
    """
    A list lets a change begin, and shows that a request took effect. It never refuses.

    For anything else the object itself is read: a list may be some seconds old, and that of others may be behind.
    """
    if state.phase is Phase.CONFIRM:
        return _seen(state) if _took_effect(state) else look(state, state.phase, alone=True)
    state_after, effect = _seen(state)
    return (state_after, effect) if isinstance(effect, Intend) else look(state, state.phase, alone=True)


def _seen(state: State) -> Next:
    if state.phase is Phase.CONFIRM:
        return _confirm(state)
    if state.phase is Phase.RESOLVE:
        return _resolve(state)
    if state.phase is Phase.REFUSED:
        return _after_refusal(state)
    return _assess(state)


# --- may the change be made? ------------------------------------------------------------------------------------------


def _assess(state: State) -> Next:
    """Ask the table of preconditions, and begin, go on or end as it says."""
    found = precondition(
        state.goal,
        state.sighting,
        owned=state.knowledge.owned,
        made=() if state.remote_id is None else (state.remote_id,),
        has_intent=state.has_intent,
        was_touched=state.was_touched,
    )
    if found.objection is not None:
        return finish(state, refusal(state, found))
    if state.change.action is Action.FORGET:
        return _forget(state)
    if state.half is Half.DELETE:
        return _begin_deletion(state)
    return _go(state, creation(state.goal)) if state.sighting is None else _begin_edit(state, state.sighting)


def _forget(state: State) -> Next:
    """Take the object out of the inventory."""
    if (reason := reassignment(state.change, state.knowledge.owned)) is not None:
        return finish(state, staleness(state, reason))
    return settled(state, ActionState.DONE, ending=success(state), is_removal=True)


def _begin_deletion(state: State) -> Next:
    if state.sighting is None:
        return _forget(state) if state.change.action is Action.DELETE else _make(state)
    sims = state.sighting.live.counts.get("sims", 0) if state.goal.kind.holds_sims else 0
    if sims:
        return finish(state, failure(state, f"it still holds {sims} SIMs", "move them to another group first"))
    return _advance(state)


def _begin_edit(state: State, sighting: Sighting) -> Next:
    owned, live = state.knowledge.owned, sighting.live
    if state.change.action in _CREATING or sighting.position is Position.AFTER:
        return _take_over(state, sighting)
    if grown := growth_of(state.change, live):
        return finish(state, staleness(state, grown))
    is_ours = owned is not None and owned.remote_id == live.remote_id
    return _advance(state) if is_ours else _take_over(state, sighting)


def _take_over(state: State, sighting: Sighting) -> Next:
    """Write the inventory row of an object that is ours, then go on with what is left to do."""
    state = replace(state, remote_id=sighting.live.remote_id)
    return replace(state, phase=Phase.SETTLE), Settle(None, ActionState.ADOPTED, row_of(state, sighting))


# --- what is left to do? ----------------------------------------------------------------------------------------------


def _advance(state: State) -> Next:
    if state.half is Half.DELETE:
        if state.sighting is not None:
            return _go(state, deletion_steps(state.sighting)[0])
        return _make(state) if state.change.action is Action.REPLACE else finish(state, success(state))
    steps = steps_to(sighting_of(state))
    if not steps:
        return finish(state, success(state))
    if state.change.action in _CREATING and steps[0].verb is Verb.UPDATE:
        return finish(state, _made_different(state))
    return _go(state, steps[0])


def _go(state: State, following: Step) -> Next:
    again = state.step is not None and (state.step.verb, state.step.items) == (following.verb, following.items)
    attempt = state.attempt + 1 if again else 1
    return replace(state, phase=Phase.INTEND, step=following, attempt=attempt, is_drained=False), Intend(following)


def _make(state: State) -> Next:
    """The second half of a replacement: the old object is gone, the new one is made as by a create."""
    making = state.knowledge.goal.making()
    return look(replace(state, half=Half.MAKE, goal=making, step=None, remote_id=None, was_touched=True), Phase.ASSESS)


# --- did it take effect? ----------------------------------------------------------------------------------------------


def _confirm(state: State) -> Next:
    """The platform accepted the step: look for it, for as long as a read may lag (A2)."""
    step, sighting = step_of(state), state.sighting
    if _took_effect(state):
        return settled(state, ActionState.DONE, found=sighting, is_removal=step.verb is Verb.DELETE)
    is_made = step.verb is Verb.CREATE and sighting is not None
    if state.polls < (state.knowledge.polls if is_made else state.knowledge.patient_polls):
        return poll(state, Phase.CONFIRM_REST)
    if step.verb is not Verb.CREATE:
        what = "it is still there" if step.verb is Verb.DELETE else f"it still differs in: {names_of(state)}"
        without_effect = failure(state, f"the platform accepted the request, but {what}")
        return settled(state, ActionState.FAILED, ending=without_effect)
    if sighting is None:
        reason = "the platform accepted the creation, but the object cannot be read"
        return settled(state, ActionState.UNKNOWN, ending=ignorance(state, reason))
    ending = None if sighting.is_made else _made_different(state)
    return settled(state, ActionState.DONE, found=sighting, ending=ending)


def _took_effect(state: State) -> bool:
    """Whether the last read shows what the step was sent for."""
    step, sighting = step_of(state), state.sighting
    if step.verb is Verb.CREATE:
        return sighting is not None and sighting.is_made and has_body_items(sighting)
    return is_visible(step, sighting)


def _made_different(state: State) -> Failed:
    return failure(state, f"it was created, but the platform made it different in: {names_of(state)}")


def _resolve(state: State) -> Next:
    """It is not known whether the step was executed: what is there now?"""
    step = step_of(state)
    if step.verb is Verb.CREATE:
        return _resolve_creation(state)
    if step.verb is Verb.DELETE and state.sighting is None and state.polls < state.knowledge.polls:
        # A read may lag so far behind that the object was not there yet: absence has to last (A2, I10).
        return poll(state, Phase.RESOLVE_REST)
    if is_visible(step, state.sighting):
        return settled(state, ActionState.ADOPTED, found=state.sighting, is_removal=step.verb is Verb.DELETE)
    if not state.is_drained:
        return replace(state, phase=Phase.RESOLVE_REST, is_drained=True), Rest(state.knowledge.drain_seconds)
    if state.sighting is None or state.sighting.position not in {Position.BEFORE, Position.BETWEEN}:
        ending = staleness(state, "it was changed by somebody else at the same time")
        return settled(state, ActionState.VOID, ending=ending)
    if state.attempt >= MOST_ATTEMPTS:
        return settled(state, ActionState.UNKNOWN, ending=ignorance(state, reason_of(state)))
    return _advance(state)


def _resolve_creation(state: State) -> Next:
    if state.sighting is not None:
        if state.sighting.is_made:
            return settled(state, ActionState.ADOPTED, found=state.sighting)
        return settled(state, ActionState.CONFLICT, ending=refusal(state, FOREIGN))
    is_last = state.attempt >= MOST_CREATES
    if state.polls < (state.knowledge.patient_polls if is_last else state.knowledge.polls):
        return poll(state, Phase.RESOLVE_REST)
    if is_last:
        return settled(state, ActionState.UNKNOWN, ending=ignorance(state, reason_of(state)))
    return _go(state, step_of(state))


def _refused(state: State, answer: Declined) -> Next:
    """
    A create that is refused may have been overtaken by a request of ours: an earlier one, or the same, delivered twice.

    Nothing of this name was there right before it was sent, so look who is there.
    """
    state = replace(state, refusal=answer, polls=0)
    may_be_ours = state.has_intent or answer.may_be_taken
    if may_be_ours and step_of(state).verb is Verb.CREATE and not answer.is_fatal:
        return look(state, Phase.REFUSED)
    return _after_refusal(replace(state, sighting=None))


def _after_refusal(state: State) -> Next:
    if state.sighting is not None and state.sighting.is_made:
        return settled(state, ActionState.ADOPTED, found=state.sighting)
    if state.sighting is not None and not state.has_intent:
        return settled(state, ActionState.CONFLICT, ending=refusal(state, FOREIGN))
    answer = state.refusal or Declined("refused")
    is_hidden = state.phase is Phase.REFUSED and answer.may_be_taken and state.sighting is None
    if is_hidden and state.polls < state.knowledge.patient_polls:
        return poll(state, Phase.REFUSED_REST)
    if is_hidden:
        # It may be ours, and is not to be seen yet: the intent stays, so that a later run recognises it.
        state = replace(state, has_intent=True)
    ending = failure(state, answer.reason, answer.hint)
    return settled(state, ActionState.FAILED, ending=replace(ending, is_fatal=answer.is_fatal))


def _could_not_look(state: State, error: ControlPlaneError) -> Next:
    if state.phase is Phase.ASSESS:
        ending = failure(state, f"it could not be read: {error}", error.hint)
        return finish(state, replace(ending, is_fatal=isinstance(error, Unauthorised)))
    if state.phase is Phase.REFUSED:
        return _after_refusal(replace(state, sighting=None))
    reason = f"{reason_of(state)}, and afterwards it could not be read: {error}"
    return settled(state, ActionState.UNKNOWN, ending=ignorance(state, reason))


# --- the moves that all of this is made of ----------------------------------------------------------------------------


def look(state: State, phase: Phase, *, alone: bool = False) -> Next:
    """Read the object, by its id where that is known; `alone`: itself, whatever a list says."""
    change = state.change
    known = state.remote_id or (change.remote_id if state.goal.change.remote_id else None)
    sharing = Sharing.ALONE if alone else _sharing(state, phase)
    return replace(state, phase=phase), Look(known or change.address.name, sharing)


def _sharing(state: State, phase: Phase) -> Sharing:
    """
    A list will do before what nobody began, and for the first look after a request.

    An update is based on a read of the object itself, and what was begun before may be anywhere.
    """
    if phase is Phase.CONFIRM and state.polls == 0:
        return Sharing.TOGETHER
    is_fresh = phase is Phase.ASSESS and not (state.was_touched or state.has_intent)
    return Sharing.RECENT if is_fresh and state.change.action in _FROM_LISTS else Sharing.ALONE


def poll(state: State, phase: Phase) -> Next:
    """Wait a little, a little longer each time, and look again."""
    seconds = state.knowledge.first_poll_seconds * 2**state.polls
    return replace(state, phase=phase, polls=state.polls + 1), Rest(seconds)


def settled(
    state: State,
    decided: ActionState,
    *,
    found: Sighting | None = None,
    is_removal: bool = False,
    ending: Ending | None = None,
) -> Next:
    """
    Make a decision durable; then finish with `ending`, or go on with what is left.

    A create that failed now, but was sent before and may yet land, keeps its claim: it becomes void.
    """
    if decided is ActionState.FAILED and state.has_intent and state.step is not None and state.step.verb is Verb.CREATE:
        decided = ActionState.VOID
    if found is not None:
        state = replace(state, remote_id=found.live.remote_id)
    row = row_of(state, found) if found is not None and state.half is Half.MAKE else None
    state = replace(state, phase=Phase.SETTLE, ending=ending)
    return state, Settle(state.step, decided, row, is_removal=is_removal)


def finish(state: State, ending: Ending) -> Next:
    """The change is over."""
    return replace(state, phase=Phase.OVER, ending=ending), Finish(ending)
