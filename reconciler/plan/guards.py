"""
Guards: named refusals with their numbers. They annotate the plan and never hide it (design 6).

The guards here are structural and always hold: they refuse what the platform would refuse, or what nobody meant. They
need the reading. `reconciler.plan.judging` has the guards with a limit, which need the plan only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.diffing.fields import FieldChange
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.roster import Roster
from reconciler.model.snapshot import Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reversibility
from reconciler.plan.facts import facts_of
from reconciler.plan.impact import REACHING, Reach, impact_of, sims_touched
from reconciler.plan.plan import GuardResult, Plan, Verdict

_MOST_NAMED = 5
_LONGEST_VALUE = 60


def judged(
    plan: Plan,
    snapshot: Snapshot,
    *,
    foreign: tuple[Address, ...],
    inventory: Inventory | None,
    found: Sequence[GuardResult] = (),
    roster: Roster | None = None,
) -> Plan:
    """The plan with facts, impact and the verdicts of the structural guards; `found` are those over its SIMs."""
    plan = replace(plan, facts=facts_of(snapshot, inventory, roster, plan.roster.edits))
    results = [*found, *_foreign(foreign), *_account(snapshot, inventory)]
    if plan.has_work:
        reach = Reach(snapshot)
        changes = tuple(_with_impact(change, reach) for change in plan.changes)
        plan = replace(plan, changes=changes)
        plan = replace(plan, sims_touched=sims_touched(plan))
        results += [*_usurped(changes), *_protected(changes), *_fixed(changes, snapshot), *_holding(plan, snapshot)]
        results += [*_referenced(changes, reach)]
    return replace(plan, guards=tuple(sorted(results, key=lambda result: (result.guard, result.addresses))))


def objections(plan: Plan, snapshot: Snapshot) -> tuple[GuardResult, ...]:
    """The refusals that the changes of a plan and a fresh reading give, whatever verdicts stand in the plan."""
    results = [*_usurped(plan.changes), *_protected(plan.changes), *_fixed(plan.changes, snapshot)]
    return (*results, *_holding(plan, snapshot), *_referenced(plan.changes, Reach(snapshot)))


def _with_impact(change: Change, reach: Reach) -> Change:
    if change.action not in REACHING or change.live_moniker is None:
        return change
    groups = reach.groups(Address(change.address.kind, change.live_moniker))
    impact = impact_of(change, reach.sims(groups))
    disruptive = impact.sims and change.reversibility is Reversibility.REVERSIBLE
    return replace(
        change,
        impact=impact,
        reaches=tuple(sorted(group.name for group in groups)),
        reversibility=Reversibility.DISRUPTIVE if disruptive else change.reversibility,
    )


def _foreign(foreign: tuple[Address, ...]) -> Iterator[GuardResult]:
    for address in foreign:
        message = f"{address} exists on the platform and is not owned by this estate"
        step = (
            f"after an interrupted apply run `reconciler apply`, which finds out what became of it; otherwise take it "
            f"over with `reconciler adopt {address}`, or all at once with `--adopt`, or choose another name"
        )
        yield GuardResult("ownership", Verdict.DENY, message, step, (address,))


def _is_usurping(change: Change) -> bool:
    """Whether an object that is not ours would be taken over only to be destroyed."""
    return change.adopts and change.action is Action.REPLACE


def _usurped(changes: tuple[Change, ...]) -> Iterator[GuardResult]:
    for change in changes:
        if not _is_usurping(change):
            continue
        blocking = _blocking(change)
        differ = "; ".join(f"{f.path} is {_short(f.before)} there and {_short(f.after)} here" for f in blocking)
        rule = f" ({change.reason.rule})" if change.reason.rule else ""
        message = (
            f"{change.address} exists on the platform, is not owned by this estate and cannot become what is declared: "
            f"{change.reason.text}{rule}{': ' if differ else ''}{differ}. "
            "Replacing it would destroy an object that is not ours"
        )
        lives = ", ".join(f"{field.path}: {_short(field.before)}" for field in blocking)
        step = (
            f"write {lives or 'what it has there'} in the manifest if this object is meant, "
            "or declare another one under a name of its own"
        )
        yield GuardResult("ownership", Verdict.DENY, message, step, (change.address,))


def _blocking(change: Change) -> list[FieldChange]:
    """The fields that a replacement is for, of those whose two values can be said in a few words."""
    from reconciler.kinds import kind_named

    kind = kind_named(change.address.kind)
    fixed = {".".join(path) for path, _ in kind.immutable}
    return [f for f in change.fields if f.path in fixed and _short(f.before) and _short(f.after)]


def _short(value: object) -> str:
    """A scalar as a manifest has it; empty for anything else, and for what is too long for a sentence."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if len(text) <= _LONGEST_VALUE else ""


def _account(snapshot: Snapshot, inventory: Inventory | None) -> Iterator[GuardResult]:
    pinned = inventory.pinned_account if inventory else None
    if pinned is not None and snapshot.account.identity is not None and pinned != snapshot.account.identity:
        message = f"the store belongs to the account {pinned}, this token to {snapshot.account.identity}"
        yield GuardResult("account", Verdict.DENY, message, "use the token of the right account, or another store")


def _protected(changes: tuple[Change, ...]) -> Iterator[GuardResult]:
    for change in changes:
        if change.protect and not _is_usurping(change) and change.action in {Action.DELETE, Action.REPLACE}:
            message = f"{change.address} is protected and would be {change.action.past}"
            step = 'set reconciler.dev/protect: "false" and apply that first'
            yield GuardResult("protect", Verdict.DENY, message, step, (change.address,))
        elif change.retain and not _is_usurping(change) and change.action is Action.REPLACE:
            message = f"{change.address} is retained and would be replaced, which deletes it first"
            step = "declare the new object under a new name, or set its deletion policy to delete and apply that first"
            yield GuardResult("protect", Verdict.DENY, message, step, (change.address,))


def _fixed(changes: tuple[Change, ...], snapshot: Snapshot) -> Iterator[GuardResult]:
    for change in changes:
        seen = snapshot.by_address.get(Address(change.address.kind, change.live_moniker or ""))
        if seen is not None and seen.fixed and not change.action.is_silent:
            message = f"{change.address} is fixed by the platform and cannot be {change.action.past} (D-32)"
            step = f"refer to it as existing:{seen.address.name} and do not declare it"
            yield GuardResult("fixed", Verdict.DENY, message, step, (change.address,))


def _holding(plan: Plan, snapshot: Snapshot) -> Iterator[GuardResult]:
    leaving = plan.roster.leaving()
    for change in plan.changes:
        if not change.action.is_destructive or _is_usurping(change):
            continue
        seen = snapshot.by_address.get(Address(change.address.kind, change.live_moniker or ""))
        sims = seen.counts.get("sims", 0) - leaving.get(seen.address.name, 0) if seen else 0
        if seen is None or sims <= 0 or not _is_group(change.address):
            continue
        if change.action is Action.REPLACE:
            message = f"{change.address} would be replaced, but {sims:,} SIMs are in it: {change.reason.text} (D-16)"
            step = "declare a new group with the new settings, move the SIMs there, and remove this one afterwards"
        else:
            message = f"{change.address} would be deleted, but {sims:,} SIMs are in it (D-24)"
            step = "move the SIMs to another group first, or declare the group again"
        yield GuardResult("sims", Verdict.DENY, message, step, (change.address,), sims, 0)


def _is_group(address: Address) -> bool:
    from reconciler.kinds import kind_named

    return kind_named(address.kind).holds_sims


def _referenced(changes: tuple[Change, ...], reach: Reach) -> Iterator[GuardResult]:
    """An object cannot go while a live object keeps referring to it (D-52, D-53, D-25)."""
    by_live = {Address(c.address.kind, c.live_moniker): c for c in changes if c.live_moniker}
    for change in changes:
        if not change.action.is_destructive or change.live_moniker is None or _is_usurping(change):
            continue
        keepers = [
            user
            for user in reach.users(Address(change.address.kind, change.live_moniker))
            if _keeps(by_live.get(user), change)
        ]
        if not keepers:
            continue
        named = ", ".join(map(str, keepers[:_MOST_NAMED])) + (
            f" and {len(keepers) - _MOST_NAMED} more" if len(keepers) > _MOST_NAMED else ""
        )
        message = f"{change.address} would be {change.action.past}, but {named} would still refer to it (D-52)"
        step = (
            f"declare the new object under a new name and let {named} refer to that; the old one goes in the same plan"
            if change.action is Action.REPLACE
            else "remove the references first; what is not owned by this estate has to be changed by its owner"
        )
        yield GuardResult("references", Verdict.DENY, message, step, (change.address, *keepers))


def _keeps(user: Change | None, used: Change) -> bool:
    from reconciler.kinds import kind_named

    if user is None:
        return True
    if user.action is Action.DELETE:
        return False
    if user.after is None or user.action is Action.ADOPT:
        return True
    names = {(reference.kind, name) for reference, _, name in kind_named(user.address.kind).refers(user.after)}
    if user.action is Action.REPLACE:
        # It is made anew with what it is to refer to, and keeps nothing that is not declared.
        return (used.address.kind, used.address.name) in names
    managed = {
        reference.path[0] for reference in kind_named(user.address.kind).references if reference.path[0] in user.after
    }
    held = [r for r in kind_named(user.address.kind).references if r.kind == used.address.kind]
    if any(reference.path[0] not in managed for reference in held):
        return True
    return (used.address.kind, used.address.name) in names
