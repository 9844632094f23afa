"""
Guards: named refusals with their numbers. They annotate the plan and never hide it.

The guards here are structural and always hold: they refuse plans that the platform would refuse, or that are a mistake.
They follow from the plan and its grounds. `reconciler.plan.judging` has the guards with a limit, which need the
caller's limits, `reconciler.plan.sim_guards` the structural ones over SIMs.
"""

from collections.abc import Iterator
from dataclasses import replace
from shlex import quote

from reconciler.diffing.fields import FieldChange
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.roster import Roster
from reconciler.model.snapshot import Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reversibility
from reconciler.plan.circles import circular_verdicts
from reconciler.plan.facts import facts_of
from reconciler.plan.grounding import with_live_grounds
from reconciler.plan.grounds import Grounds
from reconciler.plan.impact import REACHING, Reach, impact_of, sims_touched
from reconciler.plan.owners import OWNERSHIP
from reconciler.plan.plan import GuardResult, Plan, Verdict
from reconciler.plan.scoping import scope_verdicts
from reconciler.plan.sim_guards import crowded, sim_verdicts, sims_of_others
from reconciler.plan.slot_guards import slot_verdicts

_MOST_NAMED = 5
_LONGEST_VALUE = 60


def judged(plan: Plan, snapshot: Snapshot, *, inventory: Inventory | None = None, roster: Roster | None = None) -> Plan:
    """The plan with facts, impact, the grounds that a reading gives, and the verdicts of the structural guards."""
    plan = replace(plan, facts=facts_of(snapshot, inventory, roster, plan.roster.edits))
    if plan.has_work:
        reach = Reach(snapshot)
        plan = replace(plan, changes=tuple(_with_impact(change, reach) for change in plan.changes))
        plan = with_live_grounds(plan, snapshot, reach, inventory)
        touched = sims_touched(plan)
        # The counts of groups may lag behind the list of SIMs: the part is never larger than the whole.
        plan = replace(plan, sims_touched=touched, sims=max(plan.sims, touched))
    pinned = inventory.pinned_account if inventory else None
    plan = replace(plan, grounds=replace(plan.grounds, pinned_account=pinned))
    return replace(plan, guards=structural_verdicts(plan))


def structural_verdicts(plan: Plan) -> tuple[GuardResult, ...]:
    """The verdicts of the structural guards, by guard: they follow from the plan and its grounds."""
    results = [
        *_foreign(plan.grounds),
        *_others(plan),
        *_renamed(plan.grounds),
        *slot_verdicts(plan.slots, plan.changes),
        *scope_verdicts(plan),
        *_account(plan),
        *_usurped(plan.changes),
        *_protected(plan.changes),
        *_fixed(plan),
        *_holding(plan),
        *_referenced(plan),
        *circular_verdicts(plan),
        *sim_verdicts(plan),
    ]
    advised = (_advised(result, plan.grounds) for result in results)
    return tuple(sorted(advised, key=lambda result: (result.guard, result.addresses)))


def objections(plan: Plan, snapshot: Snapshot, inventory: Inventory) -> tuple[GuardResult, ...]:
    """The refusals that the changes of a plan and a fresh reading give, whatever grounds the plan has."""
    plan = with_live_grounds(plan, snapshot, Reach(snapshot), inventory)
    results = [*_usurped(plan.changes), *_protected(plan.changes), *_fixed(plan), *_holding(plan), *_referenced(plan)]
    return (*results, *circular_verdicts(plan), *crowded(plan), *sims_of_others(plan))


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


def _advised(result: GuardResult, grounds: Grounds) -> GuardResult:
    """A refusal of what is not ours says so where another run made it, or may have."""
    if result.guard != OWNERSHIP:
        return result
    if any(address in grounds.made_beside for address in result.addresses):
        return replace(result, next_step="another run has made it ours while this plan was made: plan again")
    if grounds.running is None:
        return result
    step = (
        f"an apply is running, by {grounds.running}: what it has just made is not known as ours yet. Plan again when "
        f"it is done; for an object that is no work of that run: {result.next_step}"
    )
    return replace(result, next_step=step)


def _foreign(grounds: Grounds) -> Iterator[GuardResult]:
    for address in grounds.foreign:
        message = f"{address} exists on the platform and is not owned by this estate"
        step = (
            f"after an interrupted apply run `reconciler apply`, which finds out what became of it; otherwise take it "
            f"over with `reconciler adopt {quote(str(address))}`, or all at once with `--adopt`, or choose another name"
        )
        yield GuardResult(OWNERSHIP, Verdict.DENY, message, step, (address,))


def _others(plan: Plan) -> Iterator[GuardResult]:
    """A refusal for each declaration of what is another estate's (ADR 0009)."""
    estate = plan.basis.estate
    for text, owner in plan.grounds.others.items():
        address = Address.parse(text)
        message = f"{address} belongs to the estate {owner} of this store, not to {estate}"
        step = (
            f"if {estate} is {owner} under a new name: reconciler store rename-estate {quote(owner)} {quote(estate)}; "
            f"otherwise remove {address} from these manifests and refer to it as existing:{address.name}"
        )
        yield GuardResult(OWNERSHIP, Verdict.DENY, message, step, (address,))


def _renamed(grounds: Grounds) -> Iterator[GuardResult]:
    for new, old in grounds.former.items():
        message = f"{new} is declared as the new name of {old}, but both exist on the platform (D-6)"
        step = (
            f"choose another new name for {old}; or remove reconciler.dev/renamed-from if {new} is another "
            f"object, and declare {old} as well or remove it in a plan of its own"
        )
        yield GuardResult("rename", Verdict.DENY, message, step, (Address.parse(new), Address.parse(old)))


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
        yield GuardResult(OWNERSHIP, Verdict.DENY, message, step, (change.address,))


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


def _account(plan: Plan) -> Iterator[GuardResult]:
    pinned = Inventory(None, pinned_account=plan.grounds.pinned_account)
    if (objection := pinned.objection_to(plan.basis.account)) is not None:
        yield GuardResult("account", Verdict.DENY, str(objection), objection.hint or "")


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


def _fixed(plan: Plan) -> Iterator[GuardResult]:
    for change in plan.changes:
        if change.address in plan.grounds.fixed:
            message = f"{change.address} is fixed by the platform and cannot be {change.action.past} (D-32)"
            step = f"refer to it as existing:{change.live_moniker} and do not declare it"
            yield GuardResult("fixed", Verdict.DENY, message, step, (change.address,))


def _holding(plan: Plan) -> Iterator[GuardResult]:
    leaving = plan.roster.leaving()
    for change in plan.changes:
        if not change.action.is_destructive or _is_usurping(change) or not _is_group(change.address):
            continue
        group = change.live_moniker or ""
        sims = plan.grounds.held.get(group, 0) - leaving.get(group, 0)
        if sims <= 0:
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


def _referenced(plan: Plan) -> Iterator[GuardResult]:
    """An object cannot go while a live object keeps referring to it (D-52, D-53, D-25)."""
    by_live = {Address(c.address.kind, c.live_moniker): c for c in plan.changes if c.live_moniker}
    for change in plan.changes:
        if not change.action.is_destructive or _is_usurping(change):
            continue
        users = plan.grounds.users.get(str(change.address), ())
        keepers = [user for user in users if _keeps(by_live.get(user), change)]
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
