"""What is another estate's is neither adopted, changed nor deleted, and its SIMs stay where they are (ADR 0009)."""

from collections.abc import Iterator, Mapping

from reconciler.kinds import object_kinds
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.plan.change import Change
from reconciler.plan.matching import Match, Standing
from reconciler.plan.plan import GuardResult, Plan, Verdict

OWNERSHIP = "ownership"


def owner_of(live: Observed, inventory: Inventory | None) -> str | None:
    """The other estate of the store that owns a live object, or whose creation of it has no outcome yet."""
    return None if inventory is None else inventory.owner_of(live.address, live.remote_id)


def owner_of_match(match: Match, inventory: Inventory | None) -> str | None:
    """The other estate that a declared object belongs to, or that has begun to create it."""
    if inventory is None or match.standing is Standing.OURS:
        return None
    return inventory.begun.get(match.resource.address) if match.live is None else owner_of(match.live, inventory)


def objection(change: Change, snapshot: Snapshot, inventory: Inventory) -> str | None:
    """Why a change may not be made by this estate: what it takes over, makes or edits is another estate's."""
    kind = change.address.kind
    live = snapshot.by_id.get((kind, change.remote_id)) if change.remote_id else snapshot.by_address.get(change.address)
    owner = owner_of(live, inventory) if live is not None else inventory.begun.get(change.address)
    return None if owner is None else f"it belongs to the estate {owner}"


def refused(
    plan: Plan, claimed: Mapping[Address, str], snapshot: Snapshot, inventory: Inventory | None
) -> Iterator[GuardResult]:
    """A refusal for each declaration of what is another estate's (`claimed`), and for SIMs in another's groups."""
    estate = plan.basis.estate
    for address, owner in claimed.items():
        message = f"{address} belongs to the estate {owner} of this store, not to {estate}"
        step = (
            f"if {estate} is {owner} under a new name: reconciler store rename-estate {owner} {estate}; "
            f"otherwise remove {address} from these manifests and refer to it as existing:{address.name}"
        )
        yield GuardResult(OWNERSHIP, Verdict.DENY, message, step, (address,))
    for group, owner in sorted(_groups_of_others(snapshot, inventory).items()):
        sims = sum(len(change.iccids) for change in plan.roster.changes if group in (change.source, change.target))
        if sims:
            message = f"{sims:,} SIMs of the group {group} would be changed, which belongs to the estate {owner}"
            step = f"leave them out of these manifests, or let the estate {owner} change them"
            yield GuardResult(OWNERSHIP, Verdict.DENY, message, step, (), sims, 0)


def _groups_of_others(snapshot: Snapshot, inventory: Inventory | None) -> dict[str, str]:
    """The groups that hold SIMs and are another estate's, with its name."""
    if inventory is None or not inventory.others:
        return {}
    holding = {name for name, kind in object_kinds().items() if kind.holds_sims}
    return {
        snapshot.by_id[key].address.name: owner
        for key, owner in inventory.others.items()
        if key[0] in holding and key in snapshot.by_id
    }
