"""How a change ends: its ending with the words for it, and the inventory row that it leaves. Pure."""

from collections.abc import Mapping
from typing import Any

from reconciler.apply.objects.state import State
from reconciler.diffing.canonical import managed_part
from reconciler.model.inventory import Origin, Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.outcomes import AlreadyDone, Conflict, Ending, Failed, Stale, Succeeded, Unknown

_FOREIGN = "an object of this name exists and is not ours"


def row_of(state: State, live: Observed) -> Owned:
    """The inventory row of a live object: what was applied if all of it was, else what is there of it."""
    goal, change, owned = state.goal, state.change, state.knowledge.owned
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


def success(state: State) -> Ending:
    """Made now, or found made."""
    change = state.change
    is_ours = state.knowledge.owned is not None
    by_store_alone = {Action.ADOPT: not is_ours, Action.FORGET: is_ours}
    is_new = state.sent or by_store_alone.get(change.action, False)
    return Succeeded(change.address, change.action) if is_new else AlreadyDone(change.address, change.action)


def failure(state: State, reason: str, hint: str | None = None) -> Failed:
    """Not made, and why."""
    return Failed(state.change.address, state.change.action, reason, hint)


def ignorance(state: State, reason: str) -> Ending:
    """It could not be found out."""
    return Unknown(state.change.address, state.change.action, reason)


def conflict(state: State) -> Ending:
    """Something else stands there."""
    return Conflict(state.change.address, state.change.action, _FOREIGN)


def staleness(state: State, reason: str) -> Ending:
    """Live moved."""
    fields = state.goal.moved(state.live) if state.live is not None else ()
    return Stale(state.change.address, state.change.action, reason, fields)
