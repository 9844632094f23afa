"""Former names that a declaration gives and that cannot be followed, because the new name is taken. Pure."""

from collections.abc import Iterator

from reconciler.model.address import Address
from reconciler.plan.matching import Match
from reconciler.plan.situation import Situation


def ignored_name(match: Match, situation: Situation) -> Iterator[tuple[Address, Address]]:
    """
    The declaration and its former name, where both live and the former one is ours: that is refused.

    Otherwise the object of the former name would count as no longer declared: it would be deleted, and its SIMs would
    move to another object that happens to have the new name.
    """
    resource, former = match.resource, match.resource.lifecycle.renamed_from
    if former is None or situation.inventory is None:
        return
    old = Address(resource.address.kind, former)
    row = situation.inventory.owned.get(old)
    live = situation.snapshot.by_id.get((old.kind, row.remote_id)) if row is not None else None
    holder = situation.snapshot.by_address.get(resource.address)
    if live is None or holder is None or holder.remote_id == live.remote_id or old in situation.estate:
        return
    yield resource.address, old
