"""The sentence on secrets that a plan says nothing about."""

from reconciler.plan.not_compared import Uncompared
from reconciler.plan.plan import Plan
from reconciler.reports.diagnostics import escaped

_MOST_NAMED = 5


def not_compared(plan: Plan) -> str:
    """The secrets that the plan says nothing about, what they are for, and why."""
    found = [_not_compared(item) for item in plan.uncompared]
    more = f", and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    noun = "secret" if len(found) == 1 else "secrets"
    return escaped(f"{len(found):,} {noun} not compared: {', '.join(found[:_MOST_NAMED])}{more}.")


def _not_compared(item: Uncompared) -> str:
    why = "is not available" if item.is_missing else "has no key to compare it under before the first apply"
    return f"{item.reference or 'the URL in the manifest'} ({item.address} {item.field}) {why}"
