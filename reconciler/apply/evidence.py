"""
Which live object is ours although the inventory does not have it: it is compared with our own intents (I5, I6).

A creation whose answer was lost, said nothing or was delivered twice leaves an intent in the journal. The object that
was made by it is recognised by the id that the platform answered, or else by its name and its whole wanted content.
The name alone proves nothing. Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reconciler.apply.goal import Goal, Position, position
from reconciler.control_plane.port import Verb
from reconciler.kinds import object_kinds
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Owned
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.store.records import Claim, Intent


def change_of(intent: Intent) -> Change:
    """The change that an intent was part of, as far as the journal knows it."""
    is_create = intent.verb == Verb.CREATE
    return Change(
        intent.address,
        Action.CREATE if is_create else Action.UPDATE,
        None if is_create else {},
        intent.wanted,
        Reason(ReasonCode.CHANGED, "recovered from the journal"),
        remote_id=intent.remote_id,
        live_moniker=None if is_create else intent.moniker,
    )


def made_by(claim: Claim, live: Observed, digest_secret: Callable[[str], str]) -> Owned | None:
    """The inventory row of `live` if it was made by the creation of this claim, else None."""
    intent = claim.intent
    goal = Goal(change_of(intent), {}, digest_secret)
    if live.remote_id not in claim.answered and position(goal, live) not in {Position.AFTER, Position.BETWEEN}:
        return None
    return Owned(
        intent.address,
        live.remote_id,
        live.address.name,
        protect=intent.protect,
        last_applied=goal.after,
        secret_digests=goal.secret_digests,
        retain=intent.retain,
        source=intent.source,
    )


def is_owned(live: Observed, inventory: Inventory, owned: Mapping[Address, Owned]) -> bool:
    """Whether an estate of the store has this object already, under any address; `owned` is what ours has."""
    return (live.address.kind, live.remote_id) in inventory.others or any(
        row.address.kind == live.address.kind and row.remote_id == live.remote_id for row in owned.values()
    )


def with_evidence(
    inventory: Inventory, claims: Sequence[Claim], snapshot: Snapshot, digest_secret: Callable[[str], str]
) -> Inventory:
    """
    The inventory with the objects that our own intents made and that it does not have yet.

    The next apply writes the same rows before it does anything else, so a plan may count on them.
    """
    owned = dict(inventory.owned)
    for claim in claims:
        address = claim.intent.address
        if address.kind not in object_kinds():
            continue
        row = owned.get(address)
        if row is not None and (address.kind, row.remote_id) in snapshot.by_id:
            continue
        answered = (snapshot.by_id.get((address.kind, key)) for key in sorted(claim.answered))
        named = snapshot.by_address.get(Address(address.kind, claim.intent.moniker))
        live = next((seen for seen in answered if seen is not None), named)
        found = None if live is None or is_owned(live, inventory, owned) else made_by(claim, live, digest_secret)
        if found is not None:
            owned[address] = found
    return inventory if owned == inventory.owned else replace(inventory, owned=owned)
