"""
Where a live object stands between what the plan saw and what it wants (I7). Pure.

All comparisons are of managed fields in their normal form; secrets are compared as keyed digests (S8).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from reconciler.diffing.canonical import comparable, managed_equal, merge, name_unnamed, normal, with_secrets
from reconciler.kinds import kind_named
from reconciler.model.kind import Kind
from reconciler.model.resource import Spec
from reconciler.model.secret import DIGEST_PREFIX
from reconciler.model.snapshot import Observed
from reconciler.model.wire import Items
from reconciler.plan.change import Change
from reconciler.plan.deriving import Renames


class Position(StrEnum):
    """Where live stands: as the plan saw it, as it wants it, on the way between the two, not there, or elsewhere."""

    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"
    ABSENT = "absent"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Goal:
    """One change, ready to be compared with live objects. `digest` makes keyed digests of URLs that count as secret."""

    change: Change
    renames: Renames
    digest: Callable[[str], str]

    @cached_property
    def kind(self) -> Kind:
        """The kind of the object."""
        return kind_named(self.change.address.kind)

    def deleting(self) -> "Goal":
        """The first half of a replacement: that the old object goes."""
        return Goal(replace(self.change, after=None), self.renames, self.digest)

    def making(self) -> "Goal":
        """The second half of a replacement: that a new object comes, as by a create."""
        return Goal(replace(self.change, before=None, remote_id=None, live_moniker=None), self.renames, self.digest)

    @cached_property
    def after(self) -> Spec:
        """The managed fields that are wanted, in normal form; secret references stand as in the plan."""
        return normal(self.kind, self.change.after or {})

    @cached_property
    def before(self) -> Spec:
        """What the plan saw, in normal form."""
        return normal(self.kind, self.change.before or {}, renames=self.renames)

    def before_as(self, seen: Spec) -> Spec:
        """What the plan saw, to be compared with `seen`: a secret that it saw without a key is taken as it is now."""
        return comparable(self.kind, self.before, seen, {})

    @cached_property
    def secret_digests(self) -> dict[str, str]:
        """The keyed digest of every secret of `after` that is known here, by dotted path."""
        found = dict(self.change.secret_digests)

        def note(path: str, value: Any) -> Any:
            if path not in found and isinstance(value, str):
                found[path] = value if value.startswith(DIGEST_PREFIX) else self.digest(value)
            return value

        with_secrets(self.kind, self.after, note)
        return found

    def at_rest(self, spec: Spec) -> Spec:
        """`spec` as it may be stored: references stay, a secret that stands in clear becomes its digest."""

        def sealed(path: str, value: Any) -> Any:
            return self.secret_digests.get(path) if isinstance(value, str) else value

        return with_secrets(self.kind, spec, sealed)

    def seen(self, live: Observed) -> Spec:
        """The live object in normal form, references as after the plan's renames, list items by their names."""
        spec = normal(self.kind, live.spec, renames=self.renames)
        return name_unnamed(self.kind, spec, self.after or self.before)

    def target(self, seen: Spec) -> dict[str, Any]:
        """What the live object should become: the wanted fields over the live ones, secrets as digests."""
        return merge(self.kind, seen, comparable(self.kind, self.after, seen, self.secret_digests))

    def is_reached(self, live: Observed) -> bool:
        """Whether the live object is wholly as wanted, its moniker included."""
        seen = self.seen(live)
        return live.address.name == self.change.address.name and self.target(seen) == seen

    def differing(self, live: Observed) -> tuple[str, ...]:
        """The fields of the live object that are not as wanted."""
        seen = self.seen(live)
        target = self.target(seen)
        names = [name for name in {**target, **seen} if target.get(name) != seen.get(name)]
        renamed = live.address.name != self.change.address.name
        return (*(("moniker",) if renamed else ()), *names)

    def moved(self, live: Observed) -> tuple[str, ...]:
        """The fields of the live object that are neither as wanted nor as the plan saw them."""
        seen = self.seen(live)
        before = self.before_as(seen)
        at_before = merge(self.kind, seen, before)
        target = at_before if self.change.after is None else self.target(seen)
        return tuple(
            name
            for name in {**target, **seen, **at_before}
            if seen.get(name) != target.get(name) and seen.get(name) != at_before.get(name)
        )


def position(goal: Goal, live: Observed | None) -> Position:
    """Where `live` stands to the goal of an upsert."""
    if live is None:
        return Position.ABSENT
    if goal.is_reached(live):
        return Position.AFTER
    if goal.change.before is not None and _is_before(goal, live):
        return Position.BEFORE
    return Position.BETWEEN if _is_between(goal, live) else Position.ELSEWHERE


def deletion_position(goal: Goal, live: Observed | None) -> Position:
    """Where `live` stands to the goal of a deletion; *between*: some associations are gone already."""
    if live is None:
        return Position.ABSENT
    if _is_before(goal, live):
        return Position.BEFORE
    seen = goal.seen(live)
    before = goal.before_as(seen)
    parts = associations(goal.kind)
    names = frozenset(path for part in parts for path in part.paths)
    items_left = all(part.encode(seen).items() <= part.encode(before).items() for part in parts)
    is_between = items_left and managed_equal(goal.kind, without(before, names), without(seen, names))
    return Position.BETWEEN if is_between else Position.ELSEWHERE


def associations(kind: Kind) -> tuple[Items, ...]:
    """Sub-collections that tie other objects to this one; they are emptied before it is deleted."""
    return tuple(part for part in kind.wire.items if part.refers_to)


def without(spec: Spec, names: frozenset[str]) -> dict[str, Any]:
    """`spec` without these top-level fields."""
    return {name: value for name, value in spec.items() if name not in names}


def _is_before(goal: Goal, live: Observed) -> bool:
    moniker = goal.change.live_moniker or goal.change.address.name
    seen = goal.seen(live)
    return live.address.name == moniker and managed_equal(goal.kind, goal.before_as(seen), seen)


def _is_between(goal: Goal, live: Observed) -> bool:
    """
    Whether every part of the object is as before or as wanted: what a request that was cut off leaves behind.

    Everything outside of sub-collections changes in one request, so it is wholly the one or wholly the other; items
    of sub-collections go one by one. Before a create there are no items.
    """
    kind, change, seen = goal.kind, goal.change, goal.seen(live)
    target = goal.target(seen)
    items = kind.item_paths
    is_after = live.address.name == change.address.name and without(target, items) == without(seen, items)
    is_before = (
        change.before is not None
        and live.address.name == (change.live_moniker or change.address.name)
        and managed_equal(kind, without(goal.before_as(seen), items), without(seen, items))
    )
    if not (is_after or is_before):
        return False
    before = merge(kind, seen, goal.before_as(seen)) if change.before is not None else {}
    return all(_items_between(part, before, target, seen) for part in kind.wire.items)


def _items_between(part: Items, before: Spec, after: Spec, seen: Spec) -> bool:
    old, new, live = part.encode(before), part.encode(after), part.encode(seen)
    return all(live.get(name) in (old.get(name), new.get(name)) for name in {*old, *new, *live})
