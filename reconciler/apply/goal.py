"""
The goal of a change, and one live object compared with it (I7). Pure.

All comparisons are of managed fields in their normal form; secrets are compared as keyed digests (S8). Each read makes
one `Sighting`, which computes the normal form and each merge once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from reconciler.diffing.canonical import comparable, merge, normal, with_secrets
from reconciler.diffing.naming import name_unnamed
from reconciler.kinds import kind_named
from reconciler.model.kind import Kind
from reconciler.model.resource import Spec
from reconciler.model.secret import DIGEST_PREFIX
from reconciler.model.snapshot import Observed
from reconciler.model.wire import Items
from reconciler.plan.change import Change
from reconciler.plan.deriving import Renames


class Position(StrEnum):
    """Where a live object is: as the plan saw it, as it wants it, on the way between the two, or elsewhere."""

    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Goal:
    """
    One change, ready to be compared with live objects.

    `digest` makes keyed digests of URLs that count as secret. `is_deletion`: the live object is to go.
    """

    change: Change
    renames: Renames
    digest: Callable[[str], str]
    is_deletion: bool = False

    @cached_property
    def kind(self) -> Kind:
        """The kind of the object."""
        return kind_named(self.change.address.kind)

    def deleting(self) -> "Goal":
        """A deletion, or the first half of a replacement: the old object goes."""
        return replace(self, change=replace(self.change, after=None), is_deletion=True)

    def making(self) -> "Goal":
        """The second half of a replacement: a new object comes, as by a create."""
        return replace(self, change=replace(self.change, before=None, remote_id=None, live_moniker=None))

    @cached_property
    def after(self) -> Spec:
        """The managed fields that are wanted, in normal form; secret references stay as in the plan."""
        return normal(self.kind, self.change.after or {})

    @cached_property
    def before(self) -> Spec:
        """The fields that the plan saw, in normal form."""
        return normal(self.kind, self.change.before or {}, renames=self.renames)

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
        """`spec` as it may be stored: references stay, a secret in clear becomes its digest."""

        def sealed(path: str, value: Any) -> Any:
            return self.secret_digests.get(path) if isinstance(value, str) else value

        return with_secrets(self.kind, spec, sealed)

    def sighting(self, live: Observed) -> "Sighting":
        """A live object that was just read, next to this goal."""
        return Sighting(self, live)


@dataclass(frozen=True)
class Sighting:
    """One read of a live object, compared with a goal."""

    goal: Goal
    live: Observed

    @cached_property
    def spec(self) -> Spec:
        """The live object in normal form, references as after the plan's renames, list items named as is wanted."""
        return name_unnamed(self.goal.kind, self._read, self.goal.after, self.goal.before)

    @cached_property
    def seen(self) -> Spec:
        """The same with list items named as the plan saw them: an item that is to change has no other sign."""
        return name_unnamed(self.goal.kind, self._read, self.goal.before, self.goal.after)

    @cached_property
    def _read(self) -> Spec:
        return normal(self.goal.kind, self.live.spec, renames=self.goal.renames)

    @cached_property
    def before(self) -> Spec:
        """The fields that the plan saw; a secret that it saw without a key is taken as it is live."""
        return comparable(self.goal.kind, self.goal.before, self.seen, {})

    @cached_property
    def origin(self) -> Spec:
        """The live object with the fields that the plan saw put over it."""
        return merge(self.goal.kind, self.seen, self.before)

    @cached_property
    def target(self) -> Spec:
        """The live object with the wanted fields put over it, secrets as digests."""
        goal = self.goal
        return merge(goal.kind, self.spec, comparable(goal.kind, goal.after, self.spec, goal.secret_digests))

    @cached_property
    def position(self) -> Position:
        """Where the live object is between the fields that the plan saw and those that the goal wants."""
        if not self.goal.is_deletion:
            if self.is_reached:
                return Position.AFTER
            if self.goal.change.before is not None and self._is_before:
                return Position.BEFORE
            return Position.BETWEEN if self._is_between() else Position.ELSEWHERE
        if self._is_before:
            return Position.BEFORE
        return Position.BETWEEN if self._is_half_deleted() else Position.ELSEWHERE

    @property
    def is_made(self) -> bool:
        """Whether the live object is as a create makes it, wholly or with items still missing."""
        return self.position in {Position.AFTER, Position.BETWEEN}

    @property
    def is_reached(self) -> bool:
        """Whether the live object is wholly as wanted, its moniker included."""
        return not self.is_renamed and self.target == self.spec

    @property
    def is_renamed(self) -> bool:
        """Whether the live object has another moniker than the wanted one."""
        return self.live.address.name != self.goal.change.address.name

    @property
    def differing(self) -> tuple[str, ...]:
        """The fields of the live object that are not as wanted."""
        target, spec = self.target, self.spec
        names = (name for name in {**target, **spec} if target.get(name) != spec.get(name))
        return (*(("moniker",) if self.is_renamed else ()), *names)

    @property
    def moved(self) -> tuple[str, ...]:
        """The fields of the live object that are neither as wanted nor as the plan saw them."""
        target, origin, seen = self.target, self.origin, self.seen
        has_goal = self.goal.change.after is not None
        names = (name for name in {**target, **self.spec, **origin} if seen.get(name) != origin.get(name))
        return tuple(name for name in names if not has_goal or self.spec.get(name) != target.get(name))

    def is_same_but(self, names: frozenset[str], wanted: Spec) -> bool:
        """Whether the live object is as `wanted`, apart from these top-level fields."""
        return _without(wanted, names) == _without(self.spec, names)

    @property
    def _has_known_moniker(self) -> bool:
        change = self.goal.change
        return self.live.address.name == (change.live_moniker or change.address.name)

    @cached_property
    def _is_before(self) -> bool:
        return self._has_known_moniker and self.origin == self.seen

    def _is_between(self) -> bool:
        """
        Whether every part of the object is as before or as wanted: the state that a request that was cut off leaves.

        Everything outside of sub-collections changes in one request, so it is wholly the one or wholly the other; items
        of sub-collections go one by one. Before a create there are no items.
        """
        kind, is_create = self.goal.kind, self.goal.change.before is None
        is_after = not self.is_renamed and self.is_same_but(kind.item_paths, self.target)
        is_before = (
            not is_create
            and self._has_known_moniker
            and _without(self.origin, kind.item_paths) == _without(self.seen, kind.item_paths)
        )
        if not (is_after or is_before):
            return False
        before = {} if is_create else self.origin
        return all(_items_between(part, before, self.target, self.spec) for part in kind.wire.items)

    def _is_half_deleted(self) -> bool:
        """Whether some associations of an object that is to be deleted are gone already, and nothing else is."""
        parts = associations(self.goal.kind)
        is_left = all(part.encode(self.spec).items() <= part.encode(self.before).items() for part in parts)
        associated = frozenset(path for part in parts for path in part.paths)
        return is_left and _without(self.origin, associated) == _without(self.seen, associated)


def associations(kind: Kind) -> tuple[Items, ...]:
    """Sub-collections that tie other objects to this one; they are emptied before it is deleted."""
    return tuple(part for part in kind.wire.items if part.refers_to)


def _without(spec: Spec, names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in spec.items() if name not in names}


def _items_between(part: Items, before: Spec, after: Spec, seen: Spec) -> bool:
    old, new, live = part.encode(before), part.encode(after), part.encode(seen)
    return all(live.get(name) in (old.get(name), new.get(name)) for name in {*old, *new, *live})
