"""How a plan differs from an earlier one of the same estate. Pure."""

from collections.abc import Iterator

from reconciler.plan.effect import EffectEntry, effect_of
from reconciler.plan.plan import Plan

_MOST_NAMED = 20


def differing_entries(old: Plan, new: Plan) -> Iterator[str]:
    """Each entry of the two effects that the other has not, or has with other values."""
    before, after = _by_place(old), _by_place(new)
    for place in sorted({*before, *after}):
        address, action = place
        if place not in before:
            yield f"new: {action} {address}"
        elif place not in after:
            yield f"gone: {action} {address}"
        elif before[place] != after[place]:
            yield f"different: {action} {address}"


def _by_place(plan: Plan) -> dict[tuple[str, str], list[EffectEntry]]:
    found: dict[tuple[str, str], list[EffectEntry]] = {}
    for entry in effect_of(plan):
        found.setdefault((entry.address, entry.action), []).append(entry)
    return found


def since(old: Plan, new: Plan) -> tuple[str, ...]:
    """The totals in one sentence, then what is new, gone or different."""
    changes = _count(new) - _count(old)
    sims = new.sims_touched - old.sims_touched
    told = [f"{_delta(changes, 'change')}, {_delta(sims, 'SIM')}, verdict {_verdict(old, new)}"]
    entries = list(differing_entries(old, new))
    more = [f"and {len(entries) - _MOST_NAMED:,} more"] if len(entries) > _MOST_NAMED else []
    return (*told, *entries[:_MOST_NAMED], *more)


def _count(plan: Plan) -> int:
    return sum(plan.counts.values()) + sum(c.count for c in plan.roster.changes) + len(plan.roster.edits)


def _delta(number: int, noun: str) -> str:
    if number == 0:
        return f"as many {noun}s"
    plural = "" if abs(number) == 1 else "s"
    return f"{abs(number):,} {noun}{plural} {'more' if number > 0 else 'fewer'}"


def _verdict(old: Plan, new: Plan) -> str:
    guards = [sorted({result.guard for result in plan.objections()}) for plan in (old, new)]
    if guards[0] == guards[1]:
        return "the same"
    names = [f"refused by {', '.join(one)}" if one else "not refused" for one in guards]
    return f"{names[1]}, so far {names[0]}"
