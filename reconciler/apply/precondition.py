"""Whether a change may still be made: how many more SIMs than the plan saw it may reach (F26). Pure."""

from collections.abc import Iterator
from dataclasses import replace

from reconciler.kinds import kind_named
from reconciler.model.snapshot import Observed
from reconciler.plan.change import Change
from reconciler.plan.impact import is_noticed
from reconciler.plan.plan import Plan

TOLERATED_SIMS = 10
TOLERATED_PERCENT = 2


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


def expecting(plan: Plan) -> tuple[Change, ...]:
    """The changes of a plan, groups with the SIMs that the plan itself moves there."""
    return tuple(_expecting(plan))


def _expecting(plan: Plan) -> Iterator[Change]:
    arriving = plan.roster.arriving()
    for change in plan.changes:
        more = arriving.get(change.address.name, 0) if kind_named(change.address.kind).holds_sims else 0
        yield replace(change, impact=replace(change.impact, sims=change.impact.sims + more)) if more else change
