"""
The data that follow from the primary data of a plan: fields, reversibility, effects, reasons and verdicts. Pure.

Primary are the address, the action, before and after, what was read of the object, facts and grounds. Everything else
that a plan shows is computed here, for a plan in the making and for a plan that is read from a file. A file
cannot say one thing in `fields` and do another with `after`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.diffing.canonical import comparable, managed_part, merge, normal
from reconciler.diffing.fields import FieldChange
from reconciler.diffing.naming import name_unnamed
from reconciler.kinds import kind_named
from reconciler.model.kind import Kind
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reversibility
from reconciler.plan.comparing import blocking, explain, rename_change
from reconciler.plan.guards import structural_verdicts
from reconciler.plan.impact import impact_of, sims_behind, sims_touched
from reconciler.plan.plan import Plan
from reconciler.plan.roster import with_reasons
from reconciler.plan.shadows import with_shadows

Renames = Mapping[tuple[str, str], str]
_EDITING = {Action.UPDATE, Action.REPLACE}


def renames_of(changes: Iterable[Change]) -> dict[tuple[str, str], str]:
    """Monikers that a plan changes: live references to the old one mean the same object as ones to the new."""
    return {
        (change.address.kind, change.live_moniker): change.address.name
        for change in changes
        if change.live_moniker and change.after is not None and change.live_moniker != change.address.name
    }


def derived(plan: Plan) -> Plan:
    """The plan with everything that follows from its primary data computed anew."""
    renames = renames_of(plan.changes)
    plan = replace(plan, changes=tuple(_derived(change, renames, plan) for change in plan.changes))
    plan = replace(plan, sims_touched=sims_touched(plan), roster=with_reasons(plan.roster))
    return replace(plan, guards=structural_verdicts(plan))


def _derived(change: Change, renames: Renames, plan: Plan) -> Change:
    change = replace(change, fields=fields_of(change, renames))
    impact = impact_of(change, sims_behind(change, plan))
    reversibility = reversibility_of(change.action, impact.sims)
    return replace(change, reversibility=reversibility, impact=impact, notes=with_shadows(change))


def reversibility_of(action: Action, sims: int) -> Reversibility:
    """The cost of undoing an action that reaches so many SIMs."""
    if action.is_destructive:
        return Reversibility.DESTRUCTIVE
    return Reversibility.DISRUPTIVE if sims else Reversibility.REVERSIBLE


def fields_of(change: Change, renames: Renames) -> tuple[FieldChange, ...]:
    """The differences between before and after; none for an action that edits nothing."""
    if change.action not in _EDITING or change.before is None or change.after is None:
        return ()
    sides = sides_of(change, renames)
    fields = explain(sides.kind, sides.declared, sides.wanted, sides.seen).fields
    moniker = change.live_moniker
    is_renamed = moniker is not None and moniker != change.address.name
    return (rename_change(str(moniker), change.address.name), *fields) if is_renamed else fields


@dataclass(frozen=True, slots=True)
class Sides:
    """Before and after of a change, compared as a declaration and its live object are: each form is made once."""

    kind: Kind
    declared: Mapping[str, Any]
    wanted: Mapping[str, Any]
    seen: Mapping[str, Any]

    @property
    def are_same(self) -> bool:
        """Whether the object is as it is to be, so that nothing is to be sent."""
        return merge(self.kind, self.seen, self.wanted) == self.seen

    @property
    def blocking(self) -> tuple[tuple[str, str], ...]:
        """The immutable fields that differ, with their rule."""
        return blocking(self.kind, managed_part(self.kind, self.seen, self.wanted), self.wanted)


def sides_of(change: Change, renames: Renames) -> Sides:
    """The two sides of a change, in normal form."""
    kind = kind_named(change.address.kind)
    before, after = change.before or {}, change.after or {}
    seen = name_unnamed(kind, normal(kind, before, renames=renames) if renames else before, after)
    return Sides(kind, after, comparable(kind, after, seen, change.secret_digests), seen)
