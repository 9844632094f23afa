"""
Whether a change may be made of an object as it is now: the one table, with the words for each refusal (I7). Pure.

The check of a whole plan, the machine of each change and recovery all ask `precondition`.

=========  ===========  ===================  ============================================================
change     live is      ours                 precondition
=========  ===========  ===================  ============================================================
create     absent                            go
..         as made      by row or by id      done; go where items are missing
..         as made      by intent            go: it is taken over
..         different    by row or by id      stale
..         any          no                   conflict
edit       absent                            stale
..         any          no, nor adopted      stale
..         as wanted    by row               done
..         as wanted    adopted              go: it is taken over
..         as planned   yes or adopted       go
..         between      yes or adopted       go where an earlier run of the plan sent something
..         different    yes or adopted       stale
deletion   absent                            done; stale for a replacement that no run of the plan began
..         any          no                   stale
..         as planned   by row               go
..         between      by row               go where an earlier run of the plan sent something
..         different    by row               stale
forget     read again                        stale
..         absent       row of another id    stale
..         absent       no row               done
..         absent       by row               go
=========  ===========  ===================  ============================================================

*Create* is the second half of a replacement too, *deletion* the first, and *edit* an adoption: that one never goes,
since it writes nothing to the platform.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.apply.goal import Goal, Position, Sighting
from reconciler.kinds import kind_named
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.impact import is_noticed
from reconciler.plan.plan import Plan

TOLERATED_SIMS = 10
TOLERATED_PERCENT = 2

_GONE = "it is gone from the platform"
_NOT_OURS = "it is not ours any more"
_CHANGED = "it was changed on the platform after the plan was made"
_DIFFERENT = "it exists already and differs from the plan"
_THERE = "it is on the platform"


class Readiness(StrEnum):
    """The readiness of a change: done already, may be made, the object moved, or a foreign object is in its place."""

    DONE = "done"
    GO = "go"
    STALE = "stale"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Precondition:
    """The readiness of a change, the reason where it may not be made, and the fields that moved."""

    readiness: Readiness
    reason: str = ""
    fields: tuple[str, ...] = ()

    @property
    def objection(self) -> str | None:
        """Why the change may not be made, in one clause, or None."""
        if self.readiness in {Readiness.DONE, Readiness.GO}:
            return None
        return f"{self.reason} ({', '.join(self.fields) or 'its moniker'})" if self.reason == _CHANGED else self.reason


_DONE = Precondition(Readiness.DONE)
_GO = Precondition(Readiness.GO)
FOREIGN = Precondition(Readiness.CONFLICT, "an object of this name exists and is not ours")


def precondition(
    goal: Goal,
    sighting: Sighting | None,
    *,
    owned: Owned | None,
    made: Container[str] = (),
    has_intent: bool = False,
    was_touched: bool = False,
) -> Precondition:
    """
    The row of the table for a goal and the live object, None where there is none.

    `owned` is the inventory row of the object, and `made` holds the ids that the platform answered to our creation.
    `has_intent`: a creation of ours may have taken effect. `was_touched`: a run of this plan sent something for it.
    """
    change = goal.change
    if change.action is Action.FORGET:
        return _of_forgetting(change, sighting, owned)
    if goal.is_deletion:
        return _of_deletion(change, sighting, owned, was_touched=was_touched)
    if change.action in {Action.CREATE, Action.REPLACE}:
        return _of_creation(sighting, owned, made, has_intent=has_intent)
    return _of_edit(change, sighting, owned, was_touched=was_touched)


def _of_creation(
    sighting: Sighting | None, owned: Owned | None, made: Container[str], *, has_intent: bool
) -> Precondition:
    if sighting is None:
        return _GO
    remote_id = sighting.live.remote_id
    is_ours = remote_id in made or (owned is not None and owned.remote_id == remote_id)
    if (is_ours or has_intent) and sighting.is_made:
        return _DONE if is_ours and sighting.position is Position.AFTER else _GO
    return stale(_DIFFERENT, sighting) if is_ours else FOREIGN


def _of_edit(change: Change, sighting: Sighting | None, owned: Owned | None, *, was_touched: bool) -> Precondition:
    if sighting is None:
        return stale(_GONE)
    is_ours = owned is not None and owned.remote_id == sighting.live.remote_id
    if not (is_ours or change.adopts or change.action is Action.ADOPT):
        return stale(_NOT_OURS, sighting)
    if sighting.position is Position.AFTER:
        return _DONE if is_ours else _GO
    may_go = change.action is not Action.ADOPT and _is_as_planned(sighting, was_touched=was_touched)
    return _GO if may_go else stale(_CHANGED, sighting)


def _of_deletion(change: Change, sighting: Sighting | None, owned: Owned | None, *, was_touched: bool) -> Precondition:
    if sighting is None:
        return _DONE if was_touched or change.action is Action.DELETE else stale(_GONE)
    if owned is None or owned.remote_id != change.remote_id:
        return stale(_NOT_OURS, sighting)
    return _GO if _is_as_planned(sighting, was_touched=was_touched) else stale(_CHANGED, sighting)


def _of_forgetting(change: Change, sighting: Sighting | None, owned: Owned | None) -> Precondition:
    if sighting is not None:
        return stale(_THERE, sighting)
    if (reason := reassignment(change, owned)) is not None:
        return stale(reason)
    return _DONE if owned is None else _GO


def reassignment(change: Change, owned: Owned | None) -> str | None:
    """Why the inventory row of a change does not go: it speaks of another object by now (I5). None where it may."""
    return None if owned is None or owned.remote_id == change.remote_id else "another object has its address now"


def _is_as_planned(sighting: Sighting, *, was_touched: bool) -> bool:
    """Whether the object is as the plan saw it, or as a run of the plan that was cut off leaves it."""
    return sighting.position is Position.BEFORE or (was_touched and sighting.position is Position.BETWEEN)


def stale(reason: str, sighting: Sighting | None = None) -> Precondition:
    """The object moved: why the change may not be made, and the fields that moved."""
    return Precondition(Readiness.STALE, reason, sighting.moved if sighting is not None else ())


# --- the SIMs behind an object ----------------------------------------------------------------------------------------


def tolerated(sims: int) -> int:
    """How many more or fewer than so many SIMs are still what was reviewed: they come and go between plan and apply."""
    return max(TOLERATED_SIMS, sims * TOLERATED_PERCENT // 100)


def growth(change: Change, sims: int) -> str | None:
    """Why a plan that was reviewed for a few SIMs is not applied to so many, or None."""
    planned = change.impact.sims
    if not is_noticed(change) or sims <= planned + tolerated(planned):
        return None
    return f"it reaches {sims} SIMs now, the plan saw {planned}"


def shrinkage(change: Change, sims: int) -> str | None:
    """Why a plan that was reviewed for many SIMs is not applied to so few, or None: it is not about these any more."""
    planned = change.impact.sims
    if sims >= planned - tolerated(planned):
        return None
    return f"it reaches {sims} SIMs only, the plan saw {planned}"


def growth_of(change: Change, live: Observed) -> str | None:
    """The same of the SIMs that the object itself holds, as it is read right before a request."""
    holds = kind_named(change.address.kind).is_held_in(live.spec)
    return growth(change, live.counts.get("sims", 0)) if holds else None


def with_arrivals(plan: Plan) -> Iterator[Change]:
    """The changes of a plan; the impact of a group counts the SIMs that the plan itself moves there."""
    arriving = plan.roster.arriving()
    for change in plan.changes:
        more = arriving.get(change.address.name, 0) if kind_named(change.address.kind).holds_sims else 0
        yield replace(change, impact=replace(change.impact, sims=change.impact.sims + more)) if more else change
