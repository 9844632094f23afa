"""
The protocol of one change: a state machine that does nothing itself (reliability 5.2, 5.5).

It reads, compares, makes its intent durable, sends once, and reads again; it decides what an unclear answer meant by
reading, never by guessing. `begin` and `step` are pure: they take a state and what happened, and give the next state
and the one thing to do next. So every path through it can be tested as plain values.

=========  ===================================================================================
after      what an unknown outcome leads to
=========  ===================================================================================
create     read by moniker: matches → ours; absent → sent once more; something else → conflict
update     read: as wanted → done; wait out the drain; still as before → again, at most three times
add        as update, item by item: only what is missing is sent
remove     as add
delete     not there → done; else as update
=========  ===================================================================================
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, assert_never

from reconciler.apply.outcomes import AlreadyDone, Conflict, Ending, Failed, Stale, Succeeded, Unknown
from reconciler.apply.preconditions import Goal, Position, deletion_position, position
from reconciler.apply.protocol import (
    CouldNotLook,
    Done,
    Effect,
    Event,
    Finish,
    Half,
    Intend,
    Knowledge,
    Look,
    NotExecuted,
    Phase,
    Refused,
    Rest,
    Seen,
    Send,
    Sent,
    Settle,
    State,
    Uncertain,
)
from reconciler.apply.steps import creation, deletion_steps, has_body_items, is_visible, steps_to
from reconciler.control_plane.errors import ControlPlaneError, Unauthorised
from reconciler.control_plane.port import Step, Verb
from reconciler.diffing.canonical import managed_part
from reconciler.model.inventory import Origin, Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.store.records import ActionState

MOST_CREATES = 2
MOST_ATTEMPTS = 3
Next = tuple[State, Effect]


def begin(knowledge: Knowledge) -> Next:
    """The first state of a change, and the first thing to do."""
    change = knowledge.goal.change
    half = Half.DELETE if change.action in {Action.DELETE, Action.REPLACE} else Half.MAKE
    state = State(
        knowledge=knowledge,
        goal=_deleting(knowledge.goal) if half is Half.DELETE else knowledge.goal,
        phase=Phase.ASSESS,
        half=half,
        was_touched=knowledge.was_touched,
        has_intent=knowledge.has_intent,
    )
    if change.action is Action.FORGET:
        return _settled(state, ActionState.DONE, ending=_success(state), is_removal=True)
    return _look(state, Phase.ASSESS)


def step(state: State, event: Event) -> Next:
    """What follows from `event`."""
    match event:
        case Seen(live):
            return _seen(replace(state, live=live))
        case CouldNotLook(error):
            return _could_not_look(state, error)
        case Done():
            return _done(state)
        case Sent(receipt):
            state = replace(state, remote_id=receipt.remote_id or state.remote_id, sent=state.sent + 1, polls=0)
            return _look(state, Phase.CONFIRM)
        case NotExecuted(error, wait_seconds):
            if wait_seconds is None:
                return _settled(state, ActionState.FAILED, ending=_failure(state, str(error), error.hint))
            return replace(state, phase=Phase.RETRY_REST, was_touched=True), Rest(wait_seconds)
        case Refused():
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
                refusal=Refused(reason),
            )
            return _look(state, Phase.RESOLVE)
        case _:
            assert_never(event)


def _done(state: State) -> Next:
    """A write, a rest or a decision is over: go on where it was asked for."""
    if state.phase is Phase.INTEND and state.step is not None:
        current = None if state.step.verb is Verb.CREATE else state.live
        return replace(state, phase=Phase.SEND), Send(state.step, current)
    if state.phase is Phase.CONFIRM_REST:
        return _look(state, Phase.CONFIRM)
    if state.phase is Phase.RESOLVE_REST:
        return _look(state, Phase.RESOLVE)
    if state.phase is Phase.RETRY_REST:
        return _look(state, Phase.ASSESS)
    if state.ending is not None:
        return _finish(state, state.ending)
    return _advance(state)


def _seen(state: State) -> Next:
    if state.phase is Phase.CONFIRM:
        return _confirm(state)
    if state.phase is Phase.RESOLVE:
        return _resolve(state)
    if state.phase is Phase.REFUSED:
        return _after_refusal(state)
    if state.half is Half.DELETE:
        return _assess_deletion(state)
    if _change(state).action in {Action.CREATE, Action.REPLACE}:
        return _assess_creation(state)
    return _assess_update(state)


# --- is it as the plan saw it? ----------------------------------------------------------------------------------------


def _assess_deletion(state: State) -> Next:
    goal, change, live = state.goal, _change(state), state.live
    owned = state.knowledge.owned
    where = deletion_position(goal, live)
    if where is Position.ABSENT:
        if change.action is Action.DELETE:
            return _settled(state, ActionState.DONE, ending=_success(state), is_removal=True)
        if state.was_touched:
            return _make(state)
        return _finish(state, _staleness(state, "it is gone from the platform"))
    if owned is None or owned.remote_id != change.remote_id:
        return _finish(state, _staleness(state, "it is not ours any more"))
    if where is Position.ELSEWHERE or (where is Position.BETWEEN and not state.was_touched):
        return _finish(state, _staleness(state, "it was changed on the platform after the plan was made"))
    sims = live.counts.get("sims", 0) if live is not None and goal.kind.holds_sims else 0
    if sims:
        return _finish(state, _failure(state, f"it still holds {sims} SIMs", "move them to another group first"))
    return _advance(state)


def _assess_creation(state: State) -> Next:
    live, owned = state.live, state.knowledge.owned
    if live is None:
        return _go(state, creation(state.goal))
    is_ours = live.remote_id in {state.remote_id, owned.remote_id if owned is not None else None}
    if (is_ours or state.has_intent) and _matches(state):
        return _take_over(state, live)
    if is_ours:
        return _finish(state, _staleness(state, "it exists already and differs from the plan"))
    return _finish(state, _conflict(state))


def _assess_update(state: State) -> Next:
    change, live, owned = _change(state), state.live, state.knowledge.owned
    where = position(state.goal, live)
    if live is None:
        return _finish(state, _staleness(state, "it is gone from the platform"))
    is_ours = owned is not None and owned.remote_id == live.remote_id
    if not is_ours and not (change.adopts or change.action is Action.ADOPT):
        return _finish(state, _staleness(state, "it is not ours any more"))
    if where is Position.AFTER:
        return _take_over(state, live)
    may_go_on = where is Position.BEFORE or (where is Position.BETWEEN and state.was_touched)
    if not may_go_on or change.action is Action.ADOPT:
        return _finish(state, _staleness(state, "it was changed on the platform after the plan was made"))
    return _advance(state) if is_ours else _take_over(state, live)


def _take_over(state: State, live: Observed) -> Next:
    """Write the inventory row of an object that is ours, then go on with what is left to do."""
    state = replace(state, remote_id=live.remote_id)
    return replace(state, phase=Phase.SETTLE), Settle(None, ActionState.ADOPTED, _row(state, live))


# --- what is left to do? ----------------------------------------------------------------------------------------------


def _advance(state: State) -> Next:
    goal, live = state.goal, state.live
    if state.half is Half.DELETE:
        if live is not None:
            return _go(state, deletion_steps(goal, live)[0])
        if _change(state).action is Action.REPLACE:
            return _make(state)
        return _finish(state, _success(state))
    if live is None:
        return _finish(state, _staleness(state, "it disappeared while it was being changed"))
    steps = steps_to(goal, live)
    if not steps:
        return _finish(state, _success(state))
    creates = _change(state).action in {Action.CREATE, Action.REPLACE}
    if creates and steps[0].verb is Verb.UPDATE:
        reason = f"it was created, but the platform made it different in: {_names(state)}"
        return _finish(state, _failure(state, reason))
    return _go(state, steps[0])


def _go(state: State, following: Step) -> Next:
    again = state.step is not None and (state.step.verb, state.step.items) == (following.verb, following.items)
    attempt = state.attempt + 1 if again else 1
    return replace(state, phase=Phase.INTEND, step=following, attempt=attempt, is_drained=False), Intend(following)


def _make(state: State) -> Next:
    """The second half of a replacement: the old object is gone, the new one is made as by a create."""
    goal = state.knowledge.goal
    making = Goal(replace(goal.change, before=None, remote_id=None, live_moniker=None), goal.renames, goal.digest)
    return _look(replace(state, half=Half.MAKE, goal=making, step=None, remote_id=None), Phase.ASSESS)


def _deleting(goal: Goal) -> Goal:
    return Goal(replace(goal.change, after=None), goal.renames, goal.digest)


# --- did it take effect? ----------------------------------------------------------------------------------------------


def _confirm(state: State) -> Next:
    """The platform accepted the step: look for it, for as long as a read may lag (A2)."""
    step, live = _step(state), state.live
    if step.verb is Verb.CREATE:
        if live is not None and _matches(state) and has_body_items(state.goal, live):
            return _settled(state, ActionState.DONE, live=live)
    elif is_visible(state.goal, step, live):
        return _settled(state, ActionState.DONE, live=live, is_removal=step.verb is Verb.DELETE)
    if state.polls < state.knowledge.polls:
        return _poll(state, Phase.CONFIRM_REST)
    if step.verb is not Verb.CREATE:
        what = "it is still there" if step.verb is Verb.DELETE else f"it still differs in: {_names(state)}"
        return _settled(state, ActionState.FAILED, ending=_failure(state, f"the platform accepted the request, but {what}"))
    if live is None:
        reason = "the platform accepted the creation, but the object cannot be read"
        return _settled(state, ActionState.UNKNOWN, ending=_ignorance(state, reason))
    if _matches(state):
        return _settled(state, ActionState.DONE, live=live)
    failure = _failure(state, f"it was created, but the platform made it different in: {_names(state)}")
    return _settled(state, ActionState.DONE, live=live, ending=failure)


def _resolve(state: State) -> Next:
    """It is not known whether the step was executed: what is there now?"""
    step = _step(state)
    if step.verb is Verb.CREATE:
        return _resolve_creation(state)
    if is_visible(state.goal, step, state.live):
        return _settled(state, ActionState.ADOPTED, live=state.live, is_removal=step.verb is Verb.DELETE)
    if not state.is_drained:
        return replace(state, phase=Phase.RESOLVE_REST, is_drained=True), Rest(state.knowledge.drain_seconds)
    where = (deletion_position if state.half is Half.DELETE else position)(state.goal, state.live)
    if where not in {Position.BEFORE, Position.BETWEEN}:
        ending = _staleness(state, "it was changed by somebody else at the same time")
        return _settled(state, ActionState.VOID, ending=ending)
    if state.attempt >= MOST_ATTEMPTS:
        return _settled(state, ActionState.UNKNOWN, ending=_ignorance(state, _reason(state)))
    return _advance(state)


def _resolve_creation(state: State) -> Next:
    if state.live is not None:
        if _matches(state):
            return _settled(state, ActionState.ADOPTED, live=state.live)
        return _settled(state, ActionState.CONFLICT, ending=_conflict(state))
    if state.polls < state.knowledge.polls:
        return _poll(state, Phase.RESOLVE_REST)
    if state.attempt >= MOST_CREATES:
        return _settled(state, ActionState.UNKNOWN, ending=_ignorance(state, _reason(state)))
    return _go(state, _step(state))


def _refused(state: State, refusal: Refused) -> Next:
    """A create that is refused may have been overtaken by an earlier request of ours: look who is there."""
    state = replace(state, refusal=refusal)
    if state.has_intent and _step(state).verb is Verb.CREATE and not refusal.is_fatal:
        return _look(state, Phase.REFUSED)
    return _after_refusal(replace(state, live=None))


def _after_refusal(state: State) -> Next:
    if state.live is not None and _matches(state):
        return _settled(state, ActionState.ADOPTED, live=state.live)
    refusal = state.refusal or Refused("refused")
    ending = _failure(state, refusal.reason, refusal.hint)
    return _settled(state, ActionState.FAILED, ending=replace(ending, is_fatal=refusal.is_fatal))


def _could_not_look(state: State, error: ControlPlaneError) -> Next:
    if state.phase is Phase.ASSESS:
        ending = _failure(state, f"it could not be read: {error}", error.hint)
        return _finish(state, replace(ending, is_fatal=isinstance(error, Unauthorised)))
    if state.phase is Phase.REFUSED:
        return _after_refusal(replace(state, live=None))
    reason = f"{_reason(state)}, and afterwards it could not be read: {error}"
    return _settled(state, ActionState.UNKNOWN, ending=_ignorance(state, reason))


# --- words ------------------------------------------------------------------------------------------------------------

_FOREIGN = "an object of this name exists and is not ours"


def _change(state: State) -> Change:
    return state.knowledge.goal.change


def _step(state: State) -> Step:
    if state.step is None:
        message = f"{state.phase} without a step"
        raise ValueError(message)
    return state.step


def _matches(state: State) -> bool:
    """Whether the live object is what a create of ours makes, wholly or with items still missing."""
    return position(state.goal, state.live) in {Position.AFTER, Position.BETWEEN}


def _look(state: State, phase: Phase) -> Next:
    change = _change(state)
    known = state.remote_id or (change.remote_id if state.goal.change.remote_id else None)
    return replace(state, phase=phase), Look(known or change.address.name)


def _poll(state: State, phase: Phase) -> Next:
    seconds = state.knowledge.first_poll_seconds * 2**state.polls
    return replace(state, phase=phase, polls=state.polls + 1), Rest(seconds)


def _settled(
    state: State,
    decided: ActionState,
    *,
    live: Observed | None = None,
    is_removal: bool = False,
    ending: Ending | None = None,
) -> Next:
    """Make a decision durable; then finish with `ending`, or go on with what is left."""
    if live is not None:
        state = replace(state, remote_id=live.remote_id)
    row = _row(state, live) if live is not None and state.half is Half.MAKE else None
    state = replace(state, phase=Phase.SETTLE, ending=ending)
    return state, Settle(state.step, decided, row, is_removal=is_removal)


def _row(state: State, live: Observed) -> Owned:
    goal, change, owned = state.goal, _change(state), state.knowledge.owned
    if goal.is_reached(live):
        applied = goal.at_rest(goal.after) if goal.after or owned is None else owned.last_applied
    else:
        applied = managed_part(goal.kind, goal.seen(live), goal.after)
    seen = goal.seen(live)
    digests = {".".join(path): value for path in goal.kind.secret_paths if isinstance(value := _at(seen, path), str)}
    keeps = owned is not None and owned.remote_id == live.remote_id
    adopted = change.action is Action.ADOPT or change.adopts
    origin = owned.origin if keeps and owned is not None else Origin.ADOPTED if adopted else Origin.CREATED
    return Owned(
        change.address,
        live.remote_id,
        live.address.name,
        origin=origin,
        protect=change.protect,
        last_applied=applied,
        secret_digests=digests,
        retain=change.retain,
        source=change.reason.source,
    )


def _at(spec: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        spec = spec.get(part) if isinstance(spec, Mapping) else None
    return spec


def _names(state: State) -> str:
    return ", ".join(state.goal.differing(state.live)) if state.live is not None else "everything"


def _reason(state: State) -> str:
    return state.refusal.reason if state.refusal is not None else "the platform accepted the request"


def _finish(state: State, ending: Ending) -> Next:
    return replace(state, phase=Phase.OVER, ending=ending), Finish(ending)


def _success(state: State) -> Ending:
    change = _change(state)
    is_new = state.sent or change.action.is_silent
    return Succeeded(change.address, change.action) if is_new else AlreadyDone(change.address, change.action)


def _failure(state: State, reason: str, hint: str | None = None) -> Failed:
    return Failed(_change(state).address, _change(state).action, reason, hint)


def _ignorance(state: State, reason: str) -> Ending:
    return Unknown(_change(state).address, _change(state).action, reason)


def _conflict(state: State) -> Ending:
    return Conflict(_change(state).address, _change(state).action, _FOREIGN)


def _staleness(state: State, reason: str) -> Ending:
    fields = state.goal.moved(state.live) if state.live is not None else ()
    return Stale(_change(state).address, _change(state).action, reason, fields)
