"""How many SIMs a change reaches: from the changed object over references to the groups that hold SIMs (I12)."""

from collections.abc import Iterable
from typing import assert_never

from reconciler.diffing.fields import FieldOperation
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.effects import Effect, in_words
from reconciler.model.references import bare
from reconciler.model.snapshot import Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import NO_IMPACT, Change, Impact
from reconciler.plan.plan import Plan
from reconciler.plan.sim_effects import is_edit_noticed

REACHING = frozenset({Action.UPDATE, Action.REPLACE, Action.DELETE})
"""The actions that may reach SIMs: nothing refers to an object that does not exist yet."""


class Reach:
    """The live references backwards: who depends on an object, and how many SIMs that is."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._users: dict[Address, list[Address]] = {}
        for address, seen in snapshot.by_address.items():
            for reference, _, name in kind_named(address.kind).refers(seen.spec):
                self._users.setdefault(Address(reference.kind, bare(name)), []).append(address)

    def users(self, address: Address) -> tuple[Address, ...]:
        """The live objects that refer to this one directly, in order."""
        return tuple(sorted(set(self._users.get(address, ()))))

    def groups(self, address: Address) -> frozenset[Address]:
        """The primary groups whose SIMs an edit of this object reaches, itself included."""
        seen: set[Address] = set()
        todo = [address]
        while todo:
            place = todo.pop()
            if place not in seen:
                seen.add(place)
                todo.extend(self._users.get(place, ()))
        return frozenset(place for place in seen if self._holds(place))

    def sims(self, groups: Iterable[Address]) -> int:
        """The SIMs in these groups."""
        found = self._snapshot.by_address
        return sum(found[group].counts.get("sims", 0) for group in groups)

    def _holds(self, address: Address) -> bool:
        seen = self._snapshot.by_address.get(address)
        return seen is not None and kind_named(address.kind).is_held_in(seen.spec)


def effects_of(change: Change) -> tuple[Effect, ...]:
    """The effects of a change on SIMs, by its action and the fields that it edits."""
    effects = kind_named(change.address.kind).effects
    match change.action:
        case Action.UPDATE:
            return tuple(
                effects.of_edit(f.path, is_addition=f.operation is FieldOperation.INSERT) for f in change.fields
            )
        case Action.REPLACE:
            return (effects.replace,)
        case Action.DELETE:
            return (effects.delete,)
        case Action.CREATE:
            return (effects.create,)
        case Action.ADOPT | Action.FORGET:
            return ()
        case _:
            assert_never(change.action)


def is_noticed(change: Change) -> bool:
    """Whether the SIMs behind the object notice the change; they do not of a label."""
    return any(effect.is_noticed for effect in effects_of(change))


def impact_of(change: Change, sims: int) -> Impact:
    """The impact of a change of an object with so many SIMs: they count only if they notice the change."""
    if change.action not in REACHING:
        return NO_IMPACT
    effects = effects_of(change)
    if any(effect.is_noticed for effect in effects):
        return Impact(sims, in_words(effects)) if sims else NO_IMPACT
    return Impact(0, in_words(effects))


def touched_groups(plan: Plan) -> frozenset[str]:
    """The groups whose SIMs notice a change of an object, by live moniker."""
    return frozenset(group for change in plan.changes if is_noticed(change) for group in change.reaches)


def as_planned(groups: Iterable[str], plan: Plan) -> frozenset[str]:
    """Groups by the monikers that they have in the plan's part about SIMs: renames come before SIMs."""
    renamed = {
        change.live_moniker: change.address.name
        for change in plan.changes
        if change.live_moniker is not None and kind_named(change.address.kind).holds_sims
    }
    return frozenset(renamed.get(group, group) for group in groups)


def sims_behind(change: Change, plan: Plan) -> int:
    """The SIMs in the groups that depend on the object of a change."""
    return sum(plan.facts.sims.get(group, 0) for group in change.reaches)


def sims_touched(plan: Plan) -> int:
    """The SIMs that any change reaches, each once; a SIM that only gets another label notices nothing (I12)."""
    groups = touched_groups(plan)
    counted = as_planned(groups, plan)
    moved = {iccid for change in plan.roster.changes if change.source not in counted for iccid in change.iccids}
    edited = {edit.iccid for edit in plan.roster.edits if edit.group not in counted and is_edit_noticed(edit)}
    return sum(plan.facts.sims.get(group, 0) for group in groups) + len(moved | edited)


def total_sims(snapshot: Snapshot) -> int:
    """The SIMs of the account that are in a primary group."""
    return sum(
        seen.counts.get("sims", 0)
        for address, seen in snapshot.by_address.items()
        if kind_named(address.kind).is_held_in(seen.spec)
    )
