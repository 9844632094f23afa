"""May this plan be applied at all? Asked before the first change is made, with one complete read (I7, I16, I17)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.apply.driver import Driver
from reconciler.apply.goal import Goal
from reconciler.apply.precondition import Precondition, Readiness, growth, precondition, shrinkage, tolerated
from reconciler.control_plane.port import Step, Verb
from reconciler.errors import StalePlan
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Owned
from reconciler.model.scope import Scope
from reconciler.model.snapshot import Snapshot
from reconciler.plan import guards, scoping
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.facts import facts_of
from reconciler.plan.grounding import with_policies
from reconciler.plan.impact import Reach
from reconciler.plan.judging import judge
from reconciler.plan.limits import Guard, Limits
from reconciler.plan.needed_secrets import differing_secrets
from reconciler.plan.owners import objection
from reconciler.plan.plan import Plan, Verdict
from reconciler.plan.traffic import other_traffic

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CheckedChange:
    """One change before anything is done: it is done already, it may be made, or the reason why it may not."""

    change: Change
    is_done: bool
    objection: str | None = None


def check_live(
    plan: Plan,
    snapshot: Snapshot,
    driver: Driver,
    *,
    inventory: Inventory,
    blocked: Iterable[Address],
    scope: Scope,
    counted: Iterable[str] = (),
) -> tuple[CheckedChange, ...]:
    """
    Compare every change with live; `blocked` are left out. `counted` are refusals of the guards that were counted anew.

    Raises `StalePlan` naming what moved, unless nothing did.
    """
    skipped = frozenset(blocked)
    findings = tuple(_found(change, snapshot, driver) for change in plan.changes if change.address not in skipped)
    reach, leaving = Reach(snapshot), sum(plan.roster.leaving().values())
    objections = [f"{found.change.address}: {found.objection}" for found in findings if found.objection]
    objections += [
        f"{found.change.address}: {theirs}"
        for found in findings
        if not found.objection and (theirs := objection(found.change, snapshot, inventory))
    ]
    objections += [
        f"{found.change.address}: {beyond}"
        for found in findings
        if not found.is_done and (beyond := scoping.objection(found.change, snapshot, scope))
    ]
    objections += [
        f"{found.change.address}: {growth}"
        for found in findings
        if not found.is_done
        and not found.objection
        and (growth := _growth(found.change, reach, leaving, is_begun=bool(driver.touched)))
    ]
    if not driver.touched:
        # A plan that was begun has made some of what speaks against the rest true itself.
        objections += [result.message for result in guards.objections(plan, snapshot, inventory)]
        objections += other_traffic(plan, with_policies(plan, snapshot))
    objections += counted
    objections += [
        f"{address}: its {path} is not the one that the plan shows"
        for address, path in differing_secrets(
            plan, lambda value: driver.digest_secret(value) if isinstance(value, str) else None
        )
    ]
    if objections:
        more = f"\n  and {len(objections) - _SHOWN} more" if len(objections) > _SHOWN else ""
        message = "the plan is stale; nothing was changed\n  " + "\n  ".join(objections[:_SHOWN]) + more
        raise StalePlan(message, hint="plan again and look at what is different now")
    return findings


def _found(change: Change, snapshot: Snapshot, driver: Driver) -> CheckedChange:
    """Whether a change may be made, by live and by the store."""
    if change.action is Action.FORGET:
        # Its row is read once more right before it goes.
        return CheckedChange(change, is_done=driver.owner(change) is None)
    found = _precondition(change, snapshot, driver)
    is_done, objection = found.readiness is Readiness.DONE, found.objection
    if not is_done and objection is None:
        objection = _remembered(change, driver) or _rewritten(change, driver)
    return CheckedChange(change, is_done=is_done, objection=objection)


def _precondition(change: Change, snapshot: Snapshot, driver: Driver) -> Precondition:
    goal = Goal(change, driver.renames, driver.digest_secret)
    kind, owned = change.address.kind, driver.owner(change)
    by_id = snapshot.by_id.get((kind, change.remote_id)) if change.remote_id is not None else None
    if change.action is not Action.CREATE:
        half = goal.deleting() if change.action.is_destructive else goal
        sighting = None if by_id is None else half.sighting(by_id)
        found = precondition(half, sighting, owned=owned, was_touched=change.address in driver.touched)
        if change.action is not Action.REPLACE or found.readiness is not Readiness.DONE:
            return found
        goal = goal.making()
    named = snapshot.by_address.get(change.address)
    key = Step(Verb.CREATE, change.address, change.address.name).natural_key
    sighting = None if named is None else goal.sighting(named)
    return precondition(goal, sighting, owned=owned, has_intent=key in driver.claims)


def _remembered(change: Change, driver: Driver) -> str | None:
    """The objection of the inventory to a change (S19); it wins over the plan on protection and retention."""
    owned = driver.owner(change)
    if owned is None or change.action is Action.CREATE:
        return None
    if change.action is Action.DELETE and owned.address != change.address:
        return f"the inventory knows it as {owned.address}"
    if change.action.is_destructive and (owned.protect or owned.retain):
        return f"the inventory says that it is {'protected' if owned.protect else 'retained'}"
    is_ending = (owned.protect and not change.protect) or (owned.retain and not change.retain)
    if is_ending and change.action is Action.UPDATE:
        return "its protection or retention ends only in a plan that does nothing else to it"
    return None


def _rewritten(change: Change, driver: Driver) -> str | None:
    """Whether another plan changed what the store remembers of the object since this one was made (I16)."""
    owned = driver.owner(change)
    # Creations and what changes the store alone look at the row themselves.
    is_exempt = change.action is Action.CREATE or change.action.is_silent or change.address in driver.touched
    if owned is None or is_exempt:
        return None
    if change.row_version == owned.row_version or _is_taken_over(change, owned):
        return None
    return "another plan changed it after this one was made"


def _is_taken_over(change: Change, owned: Owned) -> bool:
    """Whether the row is what adopting the object, the first half of the change, made."""
    return change.adopts and owned.remote_id == change.remote_id


def _growth(change: Change, reach: Reach, leaving: int, *, is_begun: bool) -> str | None:
    """
    A plan that was reviewed for a few SIMs is not applied to many more (F26), nor one for many to a few.

    `leaving` of them may have gone where the plan moves them.
    """
    if change.action not in {Action.UPDATE, Action.REPLACE, Action.DELETE} or change.live_moniker is None:
        return None
    sims = reach.sims(reach.groups(Address(change.address.kind, change.live_moniker)))
    # The changes of this plan that have begun may have taken groups away from the object already.
    return growth(change, sims) or (None if is_begun else shrinkage(change, sims + leaving))


def tripped_now(plan: Plan, snapshot: Snapshot, inventory: Inventory, limits: Limits) -> Iterator[str]:
    """
    The verdicts that refuse a plan with the facts of the reading that the run begins with.

    A plan says how many SIMs and objects its guards counted in; a file may say so falsely, and the account may have
    changed since. Counted anew, no guard may trip that did not trip when the plan was judged. A consent that was given
    holds for a few SIMs more (F26). Of the facts, only what the manifests share is believed.
    """
    consented = (r for r in plan.verdicts if r.verdict in {Verdict.ALLOWED, Verdict.WAIVED})
    given = {Guard(r.guard): r.measured or 0 for r in consented}
    facts = replace(facts_of(snapshot, inventory), shared=plan.facts.shared)
    for result in judge(with_policies(replace(plan, facts=facts), snapshot), limits, given):
        allowed = given.get(Guard(result.guard))
        is_consented = allowed is not None and (result.measured or 0) <= allowed + tolerated(allowed)
        if result.verdict is Verdict.DENY and not is_consented:
            yield f"{result.guard}: {result.message}"
