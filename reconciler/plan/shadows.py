"""The rules of a change that can never match, and those that can again: from before and after, never believed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.kinds import policy_field
from reconciler.model.covering import covered_rules
from reconciler.plan.action import Action
from reconciler.plan.change import Change

_SIGN, _AGAIN = " can never match: ", " can match again: "
_WRITING = {Action.CREATE, Action.UPDATE, Action.REPLACE}


@dataclass(frozen=True, slots=True)
class ShadowedRule:
    """
    A rule that can never match after a change, and the rules that take everything from it.

    `is_new`: it could before. With `is_over` it is the other way round: it could not before, and can after the change.
    """

    name: str
    by: tuple[str, ...]
    is_new: bool = False
    is_over: bool = False

    def __str__(self) -> str:
        """The sentence of a plan."""
        names, is_one = " and ".join(self.by), len(self.by) == 1
        if self.is_over:
            return f"rule {self.name}{_AGAIN}{names} {'took' if is_one else 'together took'} everything before (D-35)"
        takes, new = "takes" if is_one else "together take", " (new with this change)" if self.is_new else ""
        return f"rule {self.name}{_SIGN}{names} {takes} everything{new} (D-35)"


def with_shadows(change: Change) -> tuple[str, ...]:
    """The notes of a change, those about shadowed rules made anew."""
    kept = tuple(note for note in change.notes if _SIGN not in note and _AGAIN not in note)
    return (*kept, *map(str, shadowed_rules(change)))


def shadowed_rules(change: Change) -> tuple[ShadowedRule, ...]:
    """Each rule that can never match after the change, then each that can again (D-35)."""
    kind = policy_field()[1]
    if change.address.kind != kind.name or change.action not in _WRITING:
        return ()
    before, after = _rules(change.before), _rules(change.after)
    old, new = _named(before), _named(after)
    is_edit = change.action is Action.UPDATE
    found = [ShadowedRule(name, by, is_new=is_edit and name not in old) for name, by in new.items()]
    left = {_name(rule) for rule in after if isinstance(rule, Mapping) and rule.get("enabled", True)}
    over = [ShadowedRule(name, by, is_over=True) for name, by in old.items() if name in left and name not in new]
    return (*found, *(over if is_edit else ()))


def _rules(spec: Mapping[str, Any] | None) -> Sequence[Any]:
    rules = (spec or {}).get("rules")
    return rules if isinstance(rules, list) else ()


def _named(rules: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """The rules that can never match, and those that take everything from each."""
    names = [_name(rule) for rule in rules]
    return {names[place]: tuple(names[other] for other in by) for place, by in covered_rules(rules).items()}


def _name(rule: Any) -> str:
    return str(rule.get("name")) if isinstance(rule, Mapping) else ""
