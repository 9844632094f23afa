"""The expectation of a caller: the digest of the plan that was approved, or of its effect."""

from reconciler.errors import PlanFileError
from reconciler.operations.planning import Planned
from reconciler.plan.effect import PREFIX, effect_digest
from reconciler.plan.plan import Plan
from reconciler.plan.plan_difference import differing_entries

_MOST_NAMED = 20


def hold_to(planned: Planned, expect: str | None, against: Plan | None = None) -> None:
    """
    Raise `PlanFileError` for a plan that is not the expected one, by the digest of its file or of its effect.

    Entries that differ are named where there is a plan to compare with.
    """
    if expect is None:
        return
    is_effect = expect.startswith(PREFIX)
    found = effect_digest(planned.plan) if is_effect else planned.digest
    if found == expect:
        return
    entries = [] if against is None else list(differing_entries(against, planned.plan))
    listed = "".join(f"\n  {entry}" for entry in entries[:_MOST_NAMED])
    more = f"\n  and {len(entries) - _MOST_NAMED:,} more" if len(entries) > _MOST_NAMED else ""
    what = "effect" if is_effect else "digest"
    message = f"the plan has the {what} {found}, not the expected {expect[:90]}{listed}{more}"
    hint = "have this plan reviewed, or apply the one that was"
    if against is None:
        hint += "; `reconciler plan --against PLAN` says how they differ"
    raise PlanFileError(message, hint=hint)
