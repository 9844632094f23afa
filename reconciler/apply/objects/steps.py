"""
The requests that are left to send for a live object, as data. Pure.

The order inside a change is fixed: the object first, then what is added to its sub-collections, then what is removed
from them; before a deletion, the associations with other objects are taken away. Each step is one request.
"""

from typing import Any

from reconciler.apply.goal import Goal, Sighting, associations
from reconciler.control_plane.port import Step, Verb
from reconciler.model.wire import Items

Identity = tuple[Any, ...]


def creation(goal: Goal) -> Step:
    """The request that creates the object; its body may carry items of sub-collections."""
    return Step(Verb.CREATE, goal.change.address, goal.change.address.name, spec=goal.after)


def steps_to(sighting: Sighting) -> tuple[Step, ...]:
    """The requests that make an existing object as wanted; what it has already is not sent again."""
    goal, live, target = sighting.goal, sighting.live, sighting.target
    change, kind = goal.change, goal.kind
    found = []
    if sighting.is_renamed or not sighting.is_same_but(kind.item_paths, target):
        spec, before = goal.after, goal.before
        found.append(Step(Verb.UPDATE, change.address, change.address.name, live.remote_id, spec, before=before))
    for part in kind.wire.items:
        old, new = part.encode(sighting.spec), part.encode(target)
        added = tuple(name for name, item in new.items() if old.get(name) != item)
        found.extend(_item_step(sighting, part, Verb.ADD, batch) for batch in _batches(part, added))
        # A default entry comes first, because others need it, and so it goes last.
        gone = [name for name in reversed(tuple(old)) if name not in new]
        found.extend(_item_step(sighting, part, Verb.REMOVE, (name,)) for name in gone)
    return tuple(found)


def deletion_steps(sighting: Sighting) -> tuple[Step, ...]:
    """The requests that delete an existing object: first its associations with others, then itself."""
    live = sighting.live
    removals = [
        _item_step(sighting, part, Verb.REMOVE, (name,))
        for part in associations(sighting.goal.kind)
        for name in part.encode(sighting.spec)
    ]
    return (*removals, Step(Verb.DELETE, sighting.goal.change.address, live.address.name, live.remote_id))


def is_visible(step: Step, sighting: Sighting | None) -> bool:
    """Whether the live object shows that `step`, which is no creation, took effect."""
    if step.verb is Verb.DELETE or sighting is None:
        return step.verb is Verb.DELETE and sighting is None
    kind = sighting.goal.kind
    if step.verb is Verb.UPDATE:
        is_named = sighting.live.address.name == step.moniker
        return is_named and sighting.is_same_but(kind.item_paths, sighting.target)
    part = next(part for part in kind.wire.items if part.segment == step.segment)
    have, want = part.encode(sighting.spec), part.encode(step.spec or {})
    if step.verb is Verb.REMOVE:
        return not any(name in have for name in step.items)
    return all(name in have and have[name] == want.get(name) for name in step.items)


def has_body_items(sighting: Sighting) -> bool:
    """Whether a created object shows the items that the body of its creation carried."""
    items = (part for part in sighting.goal.kind.wire.items if part.member)
    return all(part.encode(sighting.spec) == part.encode(sighting.target) for part in items)


def _batches(part: Items, names: tuple[Identity, ...]) -> tuple[tuple[Identity, ...], ...]:
    if not names:
        return ()
    return (names,) if part.batch else tuple((name,) for name in names)


def _item_step(sighting: Sighting, part: Items, verb: Verb, names: tuple[Identity, ...]) -> Step:
    address, live = sighting.goal.change.address, sighting.live
    spec = sighting.target if verb is Verb.ADD else sighting.spec
    return Step(verb, address, live.address.name, live.remote_id, spec, part.segment, names)
