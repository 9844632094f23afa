"""
A live SIM compared with the one that the plan saw and the one that it wants: one table for changes and edits. Pure.

=========  ===================================================================
readiness  meaning
=========  ===================================================================
go         the SIM is as the plan saw it; the request may be sent
done       the SIM is as wanted already
between    the SIM is activated and not yet in its group
waiting    the outcome of an earlier request for the SIM is unknown
refused    the platform refused an earlier request for the SIM
stale      the SIM changed after the plan was made; the reason says how
=========  ===================================================================
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from reconciler.apply.precondition import tolerated
from reconciler.apply.sims.batch import STATES, Batch
from reconciler.diffing.rosters import PENDING, TERMINATED, Live, comparable, live_value
from reconciler.model.scope import Scope
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan, SimEdit

Targets = Mapping[str, Collection[str | None]]
"""The groups that a plan puts a SIM into, by ICCID."""
KeyValues = Mapping[str, Mapping[str, str]]
"""The live key values of SIMs, by ICCID."""
_LEFT_THE_SCOPE = "it is outside of the scope of this estate now"
_TERMINATED = "it was terminated"
_GONE = "it is no longer in the account"


class SimReadiness(StrEnum):
    """The relation of a SIM to the plan; see the table of this module."""

    GO = "go"
    DONE = "done"
    BETWEEN = "between"
    WAITING = "waiting"
    REFUSED = "refused"
    STALE = "stale"


class Ruling(NamedTuple):
    """The verdict on one SIM, and of a stale one the reason."""

    readiness: SimReadiness
    reason: str = ""


_GO, _DONE, _BETWEEN = Ruling(SimReadiness.GO), Ruling(SimReadiness.DONE), Ruling(SimReadiness.BETWEEN)
_WAITING, _REFUSED = Ruling(SimReadiness.WAITING), Ruling(SimReadiness.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    The knowledge of a run about the SIMs of its plan.

    `seen` and `key_values` are the last reading. `moved` and `activated` are SIMs for which this run asked that,
    `uncertain` those of which no answer came; `refused` and `stale` say why.
    """

    scope: Scope
    targets: Targets = field(default_factory=dict)
    activating: frozenset[str] = frozenset()
    seen: Mapping[str, Live] = field(default_factory=dict)
    key_values: KeyValues = field(default_factory=dict)
    moved: frozenset[str] = frozenset()
    activated: frozenset[str] = frozenset()
    uncertain: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    stale: Mapping[str, str] = field(default_factory=dict)


def ruling_of_change(known: Known, change: RosterChange, iccid: str) -> Ruling:
    """Whether a change may be made to one of its SIMs."""
    sim = known.seen.get(iccid)
    if change.action is RosterAction.ACTIVATE:
        return _ruling_of_activation(change, sim)
    if is_there(change, sim):
        return _DONE
    if (earlier := _earlier(known, iccid)) is not None:
        return earlier
    if sim is None:
        return _GO if iccid in known.moved else _stale(_GONE)
    if sim.status == TERMINATED:
        return _stale(_TERMINATED)
    if _is_outside(known, sim):
        return _stale(_LEFT_THE_SCOPE)
    # A move starts from its source and from nowhere else.
    targets = {} if change.action is RosterAction.MOVE else known.targets
    if (why := elsewhere(sim, change.source, targets)) is not None:
        return _stale(why)
    if sim.status == PENDING and change.action not in {RosterAction.MOVE, RosterAction.TERMINATE}:
        # A SIM that this very plan puts into service is active by now.
        return _GO if iccid in known.moved else _stale("it is pending; it needs a group first")
    return _GO


def _ruling_of_activation(change: RosterChange, sim: Live | None) -> Ruling:
    if sim is None:
        return _GO
    if sim.status == TERMINATED:
        return _stale(_TERMINATED)
    if is_there(change, sim):
        return _DONE
    return _BETWEEN if sim.group is None else _stale(f"it is in {sim.group} now")


def ruling_of_edit(known: Known, edit: SimEdit) -> Ruling:
    """Whether the settings of a SIM may be edited."""
    iccid = edit.iccid
    if (earlier := _earlier(known, iccid)) is not None:
        return earlier
    sim, is_moved = known.seen.get(iccid), iccid in known.moved
    if sim is None:
        return _GO if is_moved or iccid in known.activated else _stale(_GONE)
    if is_moved and "staticIPv4" in edit.after and sim.status != TERMINATED:
        return _GO
    if is_edited(edit, sim, known.key_values):
        return _DONE
    if sim.status == TERMINATED:
        return _stale(_TERMINATED)
    if _is_outside(known, sim):
        return _stale(_LEFT_THE_SCOPE)
    if (why := elsewhere(sim, edit.group, known.targets)) is not None:
        return _stale(why)
    changed = [
        name
        for name in edit.before
        if _setting(edit, sim, name, known.key_values) not in (edit.before[name], comparable(name, edit.after[name]))
    ]
    return _stale(f"{', '.join(sorted(changed))} changed meanwhile") if changed else _GO


def _stale(reason: str) -> Ruling:
    return Ruling(SimReadiness.STALE, reason)


def _earlier(known: Known, iccid: str) -> Ruling | None:
    """The ruling that follows from earlier events of the SIM, if any."""
    if iccid in known.uncertain:
        return _WAITING
    if iccid in known.refused:
        return _REFUSED
    return _stale(known.stale[iccid]) if iccid in known.stale else None


def is_there(change: RosterChange, sim: Live | None) -> bool:
    """Whether a change has nothing left to do for a SIM."""
    if sim is None:
        return False
    if change.action is RosterAction.MOVE:
        return sim.group == change.target and sim.status != TERMINATED
    if change.action is RosterAction.ACTIVATE:
        return change.target is None or sim.group == change.target
    return sim.status == STATES[change.action]


def is_edited(edit: SimEdit, sim: Live, key_values: KeyValues) -> bool:
    """Whether the settings of a SIM are as an edit wants them."""
    return all(_setting(edit, sim, name, key_values) == comparable(name, value) for name, value in edit.after.items())


def is_seen(batch: Batch, iccid: str, sim: Live | None, key_values: KeyValues) -> bool:
    """Whether a SIM shows that all of what its batch wants is so."""
    if batch.change is not None:
        return is_there(batch.change, sim)
    return sim is not None and any(edit.iccid == iccid and is_edited(edit, sim, key_values) for edit in batch.edits)


def has_effect(batch: Batch, iccid: str, sim: Live | None, key_values: KeyValues) -> bool:
    """Whether a SIM shows that the request of its batch took effect; an activation does without the group."""
    if batch.change is not None and batch.change.action is RosterAction.ACTIVATE:
        return sim is not None
    return is_seen(batch, iccid, sim, key_values)


def is_unmoved(change: RosterChange | None, sim: Live | None) -> bool:
    """True if a SIM is where it was; a SIM that another caller moved or terminated says nothing of the platform."""
    if change is None or change.action is RosterAction.ACTIVATE:
        return True
    is_alive = sim is not None and sim.status != TERMINATED
    return is_alive and (change.action is not RosterAction.MOVE or sim is None or sim.group == change.source)


def _setting(edit: SimEdit, sim: Live, name: str, key_values: KeyValues) -> Any:
    """A live setting in the form in which plans have it; of key values those that are named."""
    if name != "keyValues":
        return live_value(sim, name)
    live = key_values.get(edit.iccid, {})
    return {key: live.get(key) for key in edit.after[name]}


def _is_outside(known: Known, sim: Live) -> bool:
    """True if the estate may not change a SIM; a SIM that this plan activates has no tags before its edit."""
    is_tagged = sim.iccid in known.activating or known.scope.admits(getattr(sim, "tags", None) or ())
    return not (is_tagged and (sim.group is None or known.scope.takes(sim.group)))


def targets_of(plan: RosterPlan) -> Targets:
    """
    Where the plan puts each SIM that it moves or activates: a run that was cut short may have done so.

    An activated SIM is in no group until the next request puts it into one.
    """
    found: dict[str, set[str | None]] = {}
    for change in plan.changes:
        match change.action:
            case RosterAction.MOVE:
                steps: set[str | None] = {change.target}
            case RosterAction.ACTIVATE:
                steps = {None, change.target}
            case _:
                continue
        for iccid in change.iccids:
            found.setdefault(iccid, set()).update(steps)
    return found


def elsewhere(sim: Live, group: str | None, targets: Targets) -> str | None:
    """Why a SIM is not the one that the plan speaks of: it is neither where it was nor where the plan puts it."""
    if sim.group == group or sim.group in targets.get(sim.iccid, ()):
        return None
    return f"it is in {sim.group or 'no group'} now, not in {group or 'no group'}"


def unshown_loss(change: RosterChange, seen: Mapping[str, Live]) -> str | None:
    """Why a move would cost SIMs more than the plan shows: more of them have an address where they are now (D-46)."""
    still = [seen[iccid] for iccid in change.iccids if iccid in seen and seen[iccid].group == change.source]
    losing = sum(sim.ip_address is not None for sim in still)
    if losing > change.losing + tolerated(change.losing):
        return f"{losing} of these SIMs would lose their addresses, the plan shows {change.losing}"
    return None
