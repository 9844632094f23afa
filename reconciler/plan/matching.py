"""Which live object is meant by which declaration: by id where we own it, by moniker where we do not (I6)."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Owned
from reconciler.model.resource import Resource, Resources
from reconciler.model.snapshot import Observed, Snapshot


class Presence(StrEnum):
    """The relation of a live object to the estate."""

    OURS = "ours"
    FOREIGN = "foreign"
    ABSENT = "absent"
    VANISHED = "vanished"


class Match(NamedTuple):
    """
    One declaration, the live object that it means, and what the inventory knows of it.

    `succeeded` is the row of an object of ours that vanished, in whose place a foreign one is.
    """

    resource: Resource
    live: Observed | None
    owned: Owned | None
    presence: Presence
    succeeded: Owned | None = None

    @property
    def row_version(self) -> int | None:
        """How often the store had written the row that the declaration has; None without a row."""
        row = self.owned or self.succeeded
        return None if row is None else row.row_version

    @property
    def is_rename(self) -> bool:
        """Whether the live object has another moniker than the declaration."""
        return self.live is not None and self.live.address != self.resource.address


def group_renames(estate: Resources, snapshot: Snapshot, inventory: Inventory | None) -> dict[str, str]:
    """The monikers of groups that hold SIMs and are renamed by their declarations: live to declared."""
    groups = Resources(r for r in estate.values() if kind_named(r.address.kind).holds_sims)
    return {
        match.live.address.name: match.resource.address.name
        for match in matches(groups, snapshot, inventory)
        if match.live is not None and match.is_rename
    }


def matches(estate: Resources, snapshot: Snapshot, inventory: Inventory | None) -> Iterator[Match]:
    """
    A match for each declaration, in the estate's order.

    An owned object is found by its id, whatever its moniker is now. Otherwise the former moniker of a rename, then
    the moniker itself; what is found so is foreign until it is adopted.
    """
    owned_by_address: Mapping[Address, Owned] = inventory.owned if inventory else {}
    by_id, by_address = snapshot.by_id, snapshot.by_address
    owned_ids: set[tuple[str, str]] | None = None
    for address, resource in estate.items():
        owned = owned_by_address.get(address)
        former = resource.lifecycle.renamed_from
        if owned is None and former is not None:
            owned = owned_by_address.get(Address(address.kind, former))
        if owned is not None:
            live = by_id.get((address.kind, owned.remote_id))
            if live is not None:
                yield Match(resource, live, owned, Presence.OURS)
                continue
        found = by_address.get(address)
        if found is None and former is not None:
            found = by_address.get(Address(address.kind, former))
        if found is not None and owned_ids is None:
            owned_ids = {(row.address.kind, row.remote_id) for row in owned_by_address.values()}
        if found is not None and owned_ids is not None and (address.kind, found.remote_id) not in owned_ids:
            yield Match(resource, found, None, Presence.FOREIGN, owned)
        else:
            yield Match(resource, None, owned, Presence.VANISHED if owned else Presence.ABSENT)
