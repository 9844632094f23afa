"""Facts that the verdicts need and no change says: read when the plan was made, and part of its body."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Origin
from reconciler.model.roster import Roster
from reconciler.model.shared_values import SINGLE, shared_values
from reconciler.model.snapshot import Snapshot
from reconciler.plan.roster import SimEdit


@dataclass(frozen=True, slots=True)
class SharedSetting:
    """A setting that several SIMs are given the same value of, and how many they are."""

    setting: str
    sims: int


@dataclass(frozen=True, slots=True)
class Facts:
    """
    The facts at the time when the plan was made.

    `owned` counts the objects of the inventory by kind. `sims` are the SIMs of each primary group that has some, by
    its live moniker, and `own_groups` the groups of them that the estate owns. `new_groups` are those that it made in a
    first apply that has not completed. `is_established`: the estate's first apply has completed. `shared` are the
    values that the manifests give to several SIMs although each is meant for one, and that the plan gives to at least
    one of them: the setting, and the number of SIMs that have that value then.
    `gone` are the objects of the inventory that the platform does not have.
    """

    owned: Mapping[str, int] = field(default_factory=dict)
    sims: Mapping[str, int] = field(default_factory=dict)
    own_groups: tuple[str, ...] = ()
    new_groups: tuple[str, ...] = ()
    is_established: bool = False
    shared: tuple[SharedSetting, ...] = ()
    gone: tuple[Address, ...] = ()

    @property
    def own_sims(self) -> int:
        """The SIMs in groups that the estate owns."""
        return sum(self.sims[group] for group in self.own_groups)


NO_FACTS = Facts()


def facts_of(
    snapshot: Snapshot, inventory: Inventory | None, roster: Roster | None = None, edits: Sequence[SimEdit] = ()
) -> Facts:
    """The facts of a complete reading and what the store remembers; `edits` are what the plan sets of SIMs."""
    owned = inventory.owned.values() if inventory else ()
    counts: dict[str, int] = {}
    for row in owned:
        counts[row.address.kind] = counts.get(row.address.kind, 0) + 1
    ours = {(row.address.kind, row.remote_id) for row in owned}
    groups = {
        seen.address.name: seen
        for seen in snapshot.by_address.values()
        if seen.counts.get("sims") and kind_named(seen.address.kind).is_held_in(seen.spec)
    }
    own_groups = sorted(name for name, seen in groups.items() if (seen.address.kind, seen.remote_id) in ours)
    created = created_groups(inventory)
    return Facts(
        owned=dict(sorted(counts.items())),
        sims={name: groups[name].counts["sims"] for name in sorted(groups)},
        own_groups=tuple(own_groups),
        new_groups=tuple(name for name in own_groups if name in created),
        is_established=inventory is not None and inventory.is_established,
        shared=() if roster is None else tuple(_shared(roster, edits)),
        gone=tuple(sorted(row.address for row in owned if (row.address.kind, row.remote_id) not in snapshot.by_id)),
    )


def created_groups(inventory: Inventory | None) -> frozenset[str]:
    """
    The live monikers of what the estate has made and holds SIMs, until its first apply has completed; then none.

    These groups had no SIMs before, so an interrupted first apply goes on without consent.
    """
    if inventory is None or inventory.is_established:
        return frozenset()
    rows = (row for row in inventory.owned.values() if row.origin is Origin.CREATED)
    return frozenset(row.moniker for row in rows if kind_named(row.address.kind).holds_sims)


def _shared(roster: Roster, edits: Sequence[SimEdit]) -> Iterator[SharedSetting]:
    """The shared values that an edit gives: those that every SIM has already were consented to."""
    given = {(name, edit.after[name]) for edit in edits for name in SINGLE if edit.after.get(name) is not None}
    return (SharedSetting(one.setting, one.count) for one in shared_values(roster) if (one.setting, one.value) in given)
