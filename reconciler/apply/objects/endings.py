"""How a change ends: its ending with the words for it, and the inventory row that it leaves. Pure."""

from collections.abc import Mapping
from typing import Any

from reconciler.apply.goal import Sighting
from reconciler.apply.objects.state import State
from reconciler.apply.precondition import Precondition, Readiness, stale
from reconciler.diffing.canonical import managed_part
from reconciler.diffing.naming import known_names
from reconciler.model.inventory import Origin, Owned
from reconciler.plan.action import Action
from reconciler.plan.outcomes import AlreadyDone, Conflict, Ending, Failed, Stale, Succeeded, Unknown


def row_of(state: State, sighting: Sighting) -> Owned:
    """The inventory row of a live object: what was applied if all of it was, else what is there of it."""
    goal, change, owned, live = state.goal, state.change, state.knowledge.owned, sighting.live
    if sighting.is_reached:
        # A change that says nothing of any field leaves what was applied, unless the last field is released.
        says = goal.after or change.released or owned is None
        applied = goal.at_rest(goal.after) if says or owned is None else owned.last_applied
    else:
        applied = managed_part(goal.kind, sighting.spec, goal.after)
    # A default that a create had to write is not declared, so a later change of it is no drift.
    applied = {name: value for name, value in applied.items() if name not in change.filled}
    secrets = ((".".join(path), _at(sighting.spec, path)) for path in goal.kind.secret_paths)
    digests = {path: value for path, value in secrets if isinstance(value, str)}
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
        item_names=known_names(goal.kind, sighting.spec, live.item_ids),
    )


def _at(spec: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        spec = spec.get(part) if isinstance(spec, Mapping) else None
    return spec


def names_of(state: State) -> str:
    """The fields that are not as wanted."""
    return ", ".join(state.sighting.differing) if state.sighting is not None else "everything"


def reason_of(state: State) -> str:
    """The reason of the last answer."""
    return state.refusal.reason if state.refusal is not None else "the platform accepted the request"


def success(state: State) -> Ending:
    """Made now, or found made."""
    change = state.change
    is_ours = state.knowledge.owned is not None
    by_store_alone = {Action.ADOPT: not is_ours, Action.FORGET: is_ours}
    is_new = state.sent or by_store_alone.get(change.action, False)
    return Succeeded(change.address, change.action) if is_new else AlreadyDone(change.address, change.action)


def failure(state: State, reason: str, hint: str | None = None) -> Failed:
    """The ending of a change that was not made, with the reason."""
    return Failed(state.change.address, state.change.action, reason, hint)


def ignorance(state: State, reason: str) -> Ending:
    """It could not be found out."""
    return Unknown(state.change.address, state.change.action, reason)


def refusal(state: State, found: Precondition) -> Ending:
    """The change may not be made of the object as it is now."""
    address, action = state.change.address, state.change.action
    if found.readiness is Readiness.CONFLICT:
        return Conflict(address, action, found.reason)
    return Stale(address, action, found.reason, found.fields)


def staleness(state: State, reason: str) -> Ending:
    """The object moved while the change was made."""
    return refusal(state, stale(reason, state.sighting))
