"""
From where a live object stands to the requests that are left to send, as data. Pure.

The order inside a change is fixed: the object first, then what is added to its sub-collections, then what is removed
from them; before a deletion, the associations with other objects are taken away. Each step is one request.
"""

from dataclasses import dataclass
from typing import Any

from reconciler.apply.goal import Goal, associations, without
from reconciler.control_plane.port import Step, Verb
from reconciler.model.resource import Spec
from reconciler.model.snapshot import Observed
from reconciler.model.wire import Items

Identity = tuple[Any, ...]


def creation(goal: Goal) -> Step:
    """The request that creates the object; its body may carry items of sub-collections."""
    return Step(Verb.CREATE, goal.change.address, goal.change.address.name, spec=goal.after)


def steps_to(goal: Goal, live: Observed) -> tuple[Step, ...]:
    """The requests that make an existing object as wanted; what it has already is not sent again."""
    change, kind = goal.change, goal.kind
    seen = goal.seen(live)
    target = goal.target(seen)
    items = kind.item_paths
    found = []
    renamed = live.address.name != change.address.name
    if renamed or without(target, items) != without(seen, items):
        found.append(Step(Verb.UPDATE, change.address, change.address.name, live.remote_id, goal.after))
    for part in kind.wire.items:
        old, new = part.encode(seen), part.encode(target)
        added = tuple(name for name, item in new.items() if old.get(name) != item)
        writing = _ItemSteps(goal, live, part)
        found.extend(writing.step(Verb.ADD, batch, target) for batch in _batches(part, added))
        found.extend(writing.step(Verb.REMOVE, (name,), seen) for name in old if name not in new)
    return tuple(found)


def deletion_steps(goal: Goal, live: Observed) -> tuple[Step, ...]:
    """The requests that delete an existing object: first its associations with others, then itself."""
    seen = goal.seen(live)
    removals = [
        _ItemSteps(goal, live, part).step(Verb.REMOVE, (name,), seen)
        for part in associations(goal.kind)
        for name in part.encode(seen)
    ]
    return (*removals, Step(Verb.DELETE, goal.change.address, live.address.name, live.remote_id))


def is_visible(goal: Goal, step: Step, live: Observed | None) -> bool:
    """Whether the live object shows that `step`, which is no creation, took effect."""
    if step.verb is Verb.DELETE or live is None:
        return step.verb is Verb.DELETE and live is None
    seen = goal.seen(live)
    if step.verb is Verb.UPDATE:
        items = goal.kind.item_paths
        return live.address.name == step.moniker and without(goal.target(seen), items) == without(seen, items)
    part = next(part for part in goal.kind.wire.items if part.segment == step.segment)
    have, want = part.encode(seen), part.encode(step.spec or {})
    if step.verb is Verb.REMOVE:
        return not any(name in have for name in step.items)
    return all(name in have and have[name] == want.get(name) for name in step.items)


def has_body_items(goal: Goal, live: Observed) -> bool:
    """Whether a created object shows the items that the body of its creation carried."""
    seen = goal.seen(live)
    target = goal.target(seen)
    return all(part.encode(seen) == part.encode(target) for part in goal.kind.wire.items if part.member)


def _batches(part: Items, names: tuple[Identity, ...]) -> tuple[tuple[Identity, ...], ...]:
    if not names:
        return ()
    return (names,) if part.batch else tuple((name,) for name in names)


@dataclass(frozen=True, slots=True)
class _ItemSteps:
    goal: Goal
    live: Observed
    part: Items

    def step(self, verb: Verb, names: tuple[Identity, ...], spec: Spec) -> Step:
        address, live = self.goal.change.address, self.live
        return Step(verb, address, live.address.name, live.remote_id, spec, self.part.segment, names)
