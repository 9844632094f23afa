"""Objects of another estate are not adopted, changed or deleted, and its SIMs stay where they are (ADR 0009)."""

from reconciler.model.inventory import Inventory
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.matching import Match, Presence

OWNERSHIP = "ownership"


def owner_of(live: Observed, inventory: Inventory | None) -> str | None:
    """The other estate of the store that owns a live object, or whose creation of it has no outcome yet."""
    return None if inventory is None else inventory.owner_of(live.address, live.remote_id)


def owner_of_match(match: Match, inventory: Inventory | None) -> str | None:
    """The other estate that a declared object belongs to, or that has begun to create it."""
    if inventory is None or match.presence is Presence.OURS:
        return None
    return inventory.begun.get(match.resource.address) if match.live is None else owner_of(match.live, inventory)


def objection(change: Change, snapshot: Snapshot, inventory: Inventory) -> str | None:
    """Why a change may not be made by this estate: what it takes over, makes or edits is another estate's."""
    if change.action is Action.FORGET:
        # The object stops being ours, even if another one has the name: nothing is written.
        return None
    kind = change.address.kind
    live = snapshot.by_id.get((kind, change.remote_id)) if change.remote_id else snapshot.by_address.get(change.address)
    owner = owner_of(live, inventory) if live is not None else inventory.begun.get(change.address)
    return None if owner is None else f"it belongs to the estate {owner}"
