"""The rules of a change that can never match, as notes of the plan: from before and after, never believed. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.covering import covered_rules
from reconciler.plan.action import Action
from reconciler.plan.change import Change

_SIGN = " can never match: "
_WRITING = {Action.CREATE, Action.UPDATE, Action.REPLACE}


def with_shadows(change: Change) -> tuple[str, ...]:
    """The notes of a change, those about shadowed rules made anew."""
    kept = tuple(note for note in change.notes if _SIGN not in note)
    return (*kept, *shadow_notes(change))


def shadow_notes(change: Change) -> tuple[str, ...]:
    """A sentence for each rule that can never match after the change, and whether it could before (D-35)."""
    rules = (change.after or {}).get("rules") if change.action in _WRITING else None
    if not isinstance(rules, list) or not rules:
        return ()
    try:
        before, after = _names((change.before or {}).get("rules") or []), _names(rules)
    except (AttributeError, KeyError, TypeError, ValueError):
        # Only a forged file has rules of another form; what contradicts itself in it is refused elsewhere.
        return ()
    found = []
    for name, by in after.items():
        is_new = change.action is Action.UPDATE and name not in before
        what = " and ".join(by) + (" takes" if len(by) == 1 else " together take")
        found.append(f"rule {name}{_SIGN}{what} everything{' (new with this change)' if is_new else ''} (D-35)")
    return tuple(found)


def _names(rules: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    names = [str(rule.get("name")) for rule in rules]
    return {names[place]: [names[other] for other in by] for place, by in covered_rules(rules).items()}
