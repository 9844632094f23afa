"""
How a plan is held to the scope of its estate: outside of it nothing is created, adopted, edited or deleted. Pure.

A declaration outside is refused before anything is planned (`reconciler.validation.scope`). Here is the rest: live
objects and SIMs that lie outside, what the estate owns and does not declare, and plans that were made under another
scope. Declaration and live object are judged both, so no edit leads out of the scope or into it. An object that merely
stops being ours is let go from anywhere: nothing of it is written.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.diffing.rosters import RosterDifference
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.roster import Roster
from reconciler.model.scope import Scope
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.grounds import Outside
from reconciler.plan.matching import Match, Presence
from reconciler.plan.plan import GuardResult, Plan, Verdict
from reconciler.plan.roster import RosterAction, RosterPlan
from reconciler.plan.situation import Situation, Where

SCOPE = "scope"
_MOST_NAMED = 5
_WIDEN = "widen spec.scope in reconciler.yaml"
_Seen = tuple[Address, Mapping[str, Any]]


def match_outside(match: Match, scope: Scope) -> str | None:
    """Why a declaration, or the live object that it means, is outside of the scope; None for one that is not."""
    live = [(match.live.address, match.live.spec)] if match.live is not None else []
    return _outside([(match.resource.address, match.resource.spec), *live], scope)


def owned_outside(owned: Owned, live: Observed | None, scope: Scope) -> str | None:
    """Why an object that is ours is outside of the scope; None for one that is not."""
    spec = owned.last_applied if live is None else live.spec
    seen = [] if live is None else [(live.address, live.spec)]
    return _outside([(owned.address, spec or {}), *seen], scope)


def _outside(found: Iterable[_Seen], scope: Scope) -> str | None:
    if not scope.is_of_objects:
        return None
    objections = (scope.objection(address, kind_named(address.kind), spec) for address, spec in found)
    return next((objection[1] for objection in objections if objection is not None), None)


def all_outside(owned: Iterable[Owned], snapshot: Snapshot, scope: Scope) -> tuple[Address, ...]:
    """The objects of ours that are outside of the scope by a reading, in the order of addresses."""
    seen = ((row, snapshot.by_id.get((row.address.kind, row.remote_id))) for row in owned)
    return tuple(sorted(row.address for row, live in seen if owned_outside(row, live, scope) is not None))


def verdict_on(match: Match, why: str, change: Change | None, situation: Situation) -> GuardResult:
    """A refusal of a change outside of the scope; an object of ours that is as declared is named."""
    address = match.resource.address
    if change is None and match.presence is Presence.OURS:
        return left_alone(address, why)
    return _refusal(address, why, change, situation.where(address, ("metadata", "name")))


def _refusal(address: Address, why: str, change: Change | None, place: str | None) -> GuardResult:
    verb = change.action.past if change is not None else "taken over"
    message = f"{address}{f' ({place})' if place else ''} would be {verb} and is outside of the scope: {why}"
    return GuardResult(SCOPE, Verdict.DENY, message, f"remove it from these manifests, or {_WIDEN}", (address,))


def left_alone(address: Address, why: str) -> GuardResult:
    """The verdict on an object of ours that is outside of the scope and stays as it is."""
    message = f"{address} is owned by this estate and outside of the scope; it is left alone: {why}"
    return GuardResult(SCOPE, Verdict.WARN, message, f"to manage it again, {_WIDEN}", (address,))


def sims_outside(
    scope: Scope, difference: RosterDifference | None, roster: Roster | None, where: Where
) -> Iterator[GuardResult]:
    """A refusal for each set that asks for a change of SIMs outside of the scope, or that would put SIMs outside."""
    if difference is None or roster is None:
        return
    by_set: dict[str, list[int]] = {}
    for iccid, number in difference.outside:
        by_set.setdefault(roster.sets[number].address, []).append(iccid)
    for name, iccids in sorted(by_set.items()):
        address = Address.parse(name)
        place = where(address, ("metadata", "name"))
        named = sorted(iccids)[:_MOST_NAMED]
        rows = roster.rows(frozenset(named))
        some = ", ".join(f"{iccid} ({rows[iccid]})" if rows.get(iccid) else str(iccid) for iccid in named)
        message = (
            f"{name}{f' ({place})' if place else ''} would change {len(iccids):,} "
            f"SIM{'s' if len(iccids) > 1 else ''} outside of the scope ({scope.of_sims}): {some}"
        )
        step = f"leave them out of the set, or {_WIDEN}"
        yield GuardResult(SCOPE, Verdict.DENY, message, step, (address,), len(iccids), 0)


def outside_of(result: GuardResult) -> Outside:
    """The grounds of a verdict, from which it follows again."""
    is_refused = result.verdict is Verdict.DENY
    return Outside(result.addresses[0], result.message, result.next_step, is_refused, result.measured)


def scope_verdicts(plan: Plan) -> Iterator[GuardResult]:
    """The verdicts on what was left out of a plan because it is outside of the scope."""
    for one in plan.grounds.outside:
        verdict = Verdict.DENY if one.is_refused else Verdict.WARN
        limit = None if one.sims is None else 0
        yield GuardResult(SCOPE, verdict, one.text, one.next_step, (one.address,), one.sims, limit)


def bounded(plan: Plan, scope: Scope) -> Plan:
    """The plan with a refusal for each change that the scope forbids: a plan file may be older than the scope."""
    found = [*_changes_outside(plan.changes, scope), *_sims_of_plan(plan.roster, scope)]
    known = set(plan.guards)
    return replace(plan, guards=(*plan.guards, *(result for result in found if result not in known)))


def _changes_outside(changes: Iterable[Change], scope: Scope) -> Iterator[GuardResult]:
    for change in changes:
        if change.action is Action.FORGET:
            continue
        # A change that only renames, or only ends a protection, says nothing of VSlices: the live object does.
        why = _outside(_seen_by(change), scope) or _outside(_named_by(change), replace(scope, vslices=()))
        if why is not None:
            yield _refusal(change.address, why, change, change.reason.source)


def _named_by(change: Change) -> list[_Seen]:
    """An object under its declared and its live name."""
    former = Address(change.address.kind, change.live_moniker or change.address.name)
    return [(change.address, {}), (former, {})]


def _seen_by(change: Change) -> Iterator[_Seen]:
    """An object under both names, with the fields that the plan has of it."""
    for spec in (change.before, change.after):
        if spec:
            yield from ((address, spec) for address, _ in _named_by(change))


def objection(change: Change, snapshot: Snapshot, scope: Scope) -> str | None:
    """Why a change may not be made now: the object lies outside of the scope as it lives by this reading."""
    live = snapshot.by_id.get((change.address.kind, change.remote_id or ""))
    if live is None or change.action is Action.FORGET:
        return None
    why = _outside([(live.address, live.spec)], scope)
    return None if why is None else f"it is outside of the scope: {why}"


def _sims_of_plan(plan: RosterPlan, scope: Scope) -> Iterator[GuardResult]:
    if not scope.is_of_sims:
        return
    by_address: dict[str, set[str]] = {}
    entering = {
        iccid: change.target
        for change in plan.changes
        if change.source is None and change.target is not None
        for iccid in change.iccids
    }
    for change in plan.changes:
        places: set[str | None] = {change.source}
        if change.source is None:
            places = {entering.get(iccid) for iccid in change.iccids}
        if change.action in {RosterAction.MOVE, RosterAction.ACTIVATE}:
            places.add(change.target)
        if not all(map(scope.takes, places)):
            by_address.setdefault(change.address, set()).update(change.iccids)
    for edit in plan.edits:
        tags = [spec["tags"] or () for spec in (edit.before, edit.after) if "tags" in spec]
        if not (scope.takes(edit.group or entering.get(edit.iccid)) and all(map(scope.admits, tags))):
            by_address.setdefault(edit.address, set()).add(edit.iccid)
    for name, iccids in sorted(by_address.items()):
        some = ", ".join(sorted(iccids)[:_MOST_NAMED])
        message = f"{name} would change {len(iccids):,} SIMs outside of the scope ({scope.of_sims}): {some}"
        address = (Address.parse(name),) if name else ()
        yield GuardResult(SCOPE, Verdict.DENY, message, f"plan again, or {_WIDEN}", address, len(iccids), 0)
