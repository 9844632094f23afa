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
    after = _names(rules)
    if not after:
        return ()
    # A live spec may have another form than a manifest: then nothing is known of what was shadowed.
    before = _names((change.before or {}).get("rules") or [])
    found = []
    for name, by in after.items():
        is_new = change.action is Action.UPDATE and before is not None and name not in before
        what = " and ".join(by) + (" takes" if len(by) == 1 else " together take")
        found.append(f"rule {name}{_SIGN}{what} everything{' (new with this change)' if is_new else ''} (D-35)")
    return tuple(found)


def _names(rules: Sequence[Mapping[str, Any]]) -> dict[str, list[str]] | None:
    """The rules that can never match, and what takes everything from each; None of rules of another form."""
    try:
        names = [str(rule.get("name")) for rule in rules]
        return {names[place]: [names[other] for other in by] for place, by in covered_rules(rules).items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
