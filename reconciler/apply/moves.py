"""The moves that the engine is made of: look, poll, settle, finish, and the words for each ending. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.apply.preconditions import Position, position
from reconciler.apply.protocol import Effect, Finish, Half, Look, Phase, Rest, Settle, State
from reconciler.control_plane.port import Step, Verb
from reconciler.diffing.canonical import managed_part
from reconciler.model.inventory import Origin, Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.outcomes import AlreadyDone, Conflict, Ending, Failed, Stale, Succeeded, Unknown
from reconciler.store.records import ActionState

Next = tuple[State, Effect]
_FOREIGN = "an object of this name exists and is not ours"


def change_of(state: State) -> Change:
    """The change that is being made."""
    return state.knowledge.goal.change


def step_of(state: State) -> Step:
    """The step that is under way."""
    if state.step is None:
        message = f"{state.phase} without a step"
        raise ValueError(message)
    return state.step


def matches(state: State) -> bool:
    """Whether the live object is what a create of ours makes, wholly or with items still missing."""
    return position(state.goal, state.live) in {Position.AFTER, Position.BETWEEN}


def look(state: State, phase: Phase) -> Next:
    """Read the object, by its id where that is known."""
    change = change_of(state)
    known = state.remote_id or (change.remote_id if state.goal.change.remote_id else None)
    return replace(state, phase=phase), Look(known or change.address.name)


def poll(state: State, phase: Phase) -> Next:
    """Wait a little, a little longer each time, and look again."""
    seconds = state.knowledge.first_poll_seconds * 2**state.polls
    return replace(state, phase=phase, polls=state.polls + 1), Rest(seconds)


def settled(
    state: State,
    decided: ActionState,
    *,
    live: Observed | None = None,
    is_removal: bool = False,
    ending: Ending | None = None,
) -> Next:
    """
    Make a decision durable; then finish with `ending`, or go on with what is left.

    A create that failed now, but was sent before and may yet land, keeps its claim: it becomes void (5.9).
    """
    if decided is ActionState.FAILED and state.has_intent and state.step is not None and state.step.verb is Verb.CREATE:
        decided = ActionState.VOID
    if live is not None:
        state = replace(state, remote_id=live.remote_id)
    row = row_of(state, live) if live is not None and state.half is Half.MAKE else None
    state = replace(state, phase=Phase.SETTLE, ending=ending)
    return state, Settle(state.step, decided, row, is_removal=is_removal)


def row_of(state: State, live: Observed) -> Owned:
    """The inventory row of a live object: what was applied if all of it was, else what is there of it."""
    goal, change, owned = state.goal, change_of(state), state.knowledge.owned
    if goal.is_reached(live):
        applied = goal.at_rest(goal.after) if goal.after or owned is None else owned.last_applied
    else:
        applied = managed_part(goal.kind, goal.seen(live), goal.after)
    # What was written only because a create writes everything is nobody's promise, and its change nobody's drift.
    applied = {name: value for name, value in applied.items() if name not in change.filled}
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


def names_of(state: State) -> str:
    """The fields that are not as wanted."""
    return ", ".join(state.goal.differing(state.live)) if state.live is not None else "everything"


def reason_of(state: State) -> str:
    """What the last answer was."""
    return state.refusal.reason if state.refusal is not None else "the platform accepted the request"


def finish(state: State, ending: Ending) -> Next:
    """The change is over."""
    return replace(state, phase=Phase.OVER, ending=ending), Finish(ending)


def success(state: State) -> Ending:
    """Made now, or found made."""
    change = change_of(state)
    is_ours = state.knowledge.owned is not None
    by_store_alone = {Action.ADOPT: not is_ours, Action.FORGET: is_ours}
    is_new = state.sent or by_store_alone.get(change.action, False)
    return Succeeded(change.address, change.action) if is_new else AlreadyDone(change.address, change.action)


def failure(state: State, reason: str, hint: str | None = None) -> Failed:
    """Not made, and why."""
    return Failed(change_of(state).address, change_of(state).action, reason, hint)


def ignorance(state: State, reason: str) -> Ending:
    """It could not be found out."""
    return Unknown(change_of(state).address, change_of(state).action, reason)


def conflict(state: State) -> Ending:
    """Something else stands there."""
    return Conflict(change_of(state).address, change_of(state).action, _FOREIGN)


def staleness(state: State, reason: str) -> Ending:
    """Live moved."""
    fields = state.goal.moved(state.live) if state.live is not None else ()
    return Stale(change_of(state).address, change_of(state).action, reason, fields)
