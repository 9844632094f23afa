"""May this plan be applied at all? Asked before the first change is made, with one complete read (I7, I16, I17)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reconciler.apply.driver import Driver
from reconciler.apply.goal import Goal, Position, deletion_position, position
from reconciler.apply.precondition import growth, shrinkage
from reconciler.control_plane.port import Step, Verb
from reconciler.errors import StalePlan
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Owned
from reconciler.model.scope import Scope
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.plan import guards, scoping
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.impact import Reach
from reconciler.plan.needed_secrets import differing_secrets
from reconciler.plan.owners import objection
from reconciler.plan.plan import Plan

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """How one change stands before anything is done: it is done already, it may be made, or why it may not."""

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
) -> tuple[Finding, ...]:
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


def _found(change: Change, snapshot: Snapshot, driver: Driver) -> Finding:
    """How a change stands to live and to the store."""
    found = _finding(change, snapshot, driver)
    if found.is_done or found.objection:
        return found
    return replace(found, objection=_remembered(change, driver) or _rewritten(change, driver))


def _finding(change: Change, snapshot: Snapshot, driver: Driver) -> Finding:
    goal = Goal(change, driver.renames, driver.digest_secret)
    kind = change.address.kind
    by_id = snapshot.by_id.get((kind, change.remote_id)) if change.remote_id is not None else None
    owned = driver.owner(change)
    if change.action is Action.FORGET:
        return Finding(change, is_done=owned is None)
    if change.action is Action.CREATE:
        return _creation(change, goal, snapshot.by_address.get(change.address), driver)
    is_touched = change.address in driver.touched
    if change.action in {Action.DELETE, Action.REPLACE}:
        where = deletion_position(goal.deleting(), by_id)
        if where is Position.ABSENT and change.action is Action.REPLACE:
            if not is_touched:
                return Finding(change, is_done=False, objection="it is gone from the platform")
            return _creation(change, goal.making(), snapshot.by_address.get(change.address), driver)
    else:
        where = position(goal, by_id)
    is_owned = owned is not None and owned.remote_id == change.remote_id
    return _existing(change, goal, by_id, where, is_owned=is_owned, is_touched=is_touched)


def _remembered(change: Change, driver: Driver) -> str | None:
    """What the inventory has against a change (S19); it decides, whatever the plan says of protection and retention."""
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


def _existing(
    change: Change, goal: Goal, live: Observed | None, where: Position, *, is_owned: bool, is_touched: bool
) -> Finding:
    if live is None:
        is_done = change.action is Action.DELETE
        return Finding(change, is_done=is_done, objection=None if is_done else "it is gone from the platform")
    if not (is_owned or change.adopts or change.action is Action.ADOPT):
        return Finding(change, is_done=False, objection="it is not ours any more")
    if where is Position.AFTER:
        return Finding(change, is_done=is_owned)
    if where is Position.BEFORE and change.action is not Action.ADOPT:
        return Finding(change, is_done=False)
    if where is Position.BETWEEN and is_touched:
        return Finding(change, is_done=False)
    moved = ", ".join(goal.moved(live)) or "its moniker"
    return Finding(change, is_done=False, objection=f"it was changed on the platform after the plan was made ({moved})")


def _creation(change: Change, goal: Goal, live: Observed | None, driver: Driver) -> Finding:
    if live is None:
        return Finding(change, is_done=False)
    owned = driver.owned.get(change.address)
    is_ours = owned is not None and owned.remote_id == live.remote_id
    key = Step(Verb.CREATE, change.address, change.address.name).natural_key
    if not is_ours and key not in driver.claims:
        return Finding(change, is_done=False, objection="an object of this name exists and is not ours")
    where = position(goal, live)
    if where is Position.AFTER:
        return Finding(change, is_done=is_ours)
    if where is Position.BETWEEN:
        return Finding(change, is_done=False)
    return Finding(change, is_done=False, objection="it exists already and differs from the plan")


def _growth(change: Change, reach: Reach, leaving: int, *, is_begun: bool) -> str | None:
    """
    A plan that was reviewed for a few SIMs is not applied to many more (F26), nor one for many to a few.

    `leaving` of them may have gone where the plan moves them.
    """
    if change.action not in {Action.UPDATE, Action.REPLACE, Action.DELETE} or change.live_moniker is None:
        return None
    sims = reach.sims(reach.groups(Address(change.address.kind, change.live_moniker)))
    # What this plan has begun may have taken groups away from the object already.
    return growth(change, sims) or (None if is_begun else shrinkage(change, sims + leaving))
