"""
The effects of a plan on its SIMs, by setting: from the table in the file of their kind. Pure.

An IMEI lock fits one device. Of the SIMs that are given the same lock, all but one are locked out for certain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.kinds import sim_kind
from reconciler.model.effects import FROM_NONE, LOCK, Effect
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan, SimEdit

_STATES = {
    RosterAction.SUSPEND: "suspended",
    RosterAction.RESUME: "active",
    RosterAction.TERMINATE: "terminated",
}


@dataclass(frozen=True, slots=True)
class SimEffect:
    """So many SIMs get another value of one setting, and that is felt so."""

    setting: str
    sims: int
    text: str
    is_noticed: bool


def effect_of(name: str, value: Any) -> Effect:
    """The effect of giving a SIM this value of a setting."""
    return sim_kind().effects.of_value(name, value)


def is_edit_noticed(edit: SimEdit) -> bool:
    """Whether the SIM notices the edit; it does not of a label."""
    return any(effect_of(name, value).is_noticed for name, value in edit.after.items())


def effect_of_change(change: RosterChange) -> tuple[str, Effect]:
    """The setting that an action writes, and what the SIMs notice of it."""
    effects = sim_kind().effects
    if change.action in _STATES:
        return "state", effects.of_value("state", _STATES[change.action])
    if change.action is RosterAction.ACTIVATE:
        return "activationCode", effects.of_edit("activationCode")
    return "group", effects.values["group"][FROM_NONE] if change.source is None else effects.of_edit("group")


def effects_of_edits(plan: RosterPlan) -> tuple[SimEffect, ...]:
    """The effects of the edited settings, the gravest first."""
    counts: dict[tuple[str, Effect], int] = {}
    locks: set[Any] = set()
    for edit in plan.edits:
        for name, value in edit.after.items():
            effect = effect_of(name, value)
            counts[name, effect] = counts.get((name, effect), 0) + 1
            if effect is LOCK:
                locks.add(value)
    return tuple(_found(counts, len(locks)))


def sim_effects(plan: RosterPlan) -> tuple[SimEffect, ...]:
    """The effects of everything that happens to SIMs: of the actions, then of the edited settings."""
    counts: dict[tuple[str, Effect], int] = {}
    for change in plan.changes:
        key = effect_of_change(change)
        counts[key] = counts.get(key, 0) + len(change.iccids)
    return (*_found(counts, 0), *effects_of_edits(plan))


def _found(counts: dict[tuple[str, Effect], int], locks: int) -> Iterator[SimEffect]:
    for (name, effect), count in sorted(counts.items(), key=lambda one: (-one[0][1].rank, one[0][0], one[0][1].text)):
        text = _lock_in_words(count, locks) if effect is LOCK else effect.text
        yield SimEffect(name, count, text, effect.is_noticed)


def _lock_in_words(count: int, locks: int) -> str:
    """`count` SIMs are given the locks of so many devices."""
    if count == locks:
        return f"{_sims(count)} would be locked out in any device but {'its' if count == 1 else 'their'} own"
    devices = "one device" if locks == 1 else f"{locks:,} devices"
    return f"{_sims(count - locks)} would be locked out: {_sims(count)} are given the IMEI locks of {devices}"


def _sims(count: int) -> str:
    return f"{count:,} SIM{'' if count == 1 else 's'}"
