"""How many SIMs a change reaches: from the changed object over references to the groups that hold SIMs (I12)."""

from collections.abc import Iterable

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.kind import bare
from reconciler.model.snapshot import Snapshot

EFFECTS = {
    "OperatorPolicy": "at the next check-in of each device, which may take hours (D-34)",
    "EventHandler": "at once; traffic is not affected",
    "EventMap": "at once; traffic is not affected",
}
AT_ONCE = "at once; open sessions are kept, but may be disturbed (D-40)"


class Reach:
    """The live references backwards: who depends on an object, and how many SIMs that is."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._users: dict[Address, list[Address]] = {}
        for address, seen in snapshot.by_address.items():
            for reference, _, name in kind_named(address.kind).refers(seen.spec):
                self._users.setdefault(Address(reference.kind, bare(name)), []).append(address)

    def users(self, address: Address) -> tuple[Address, ...]:
        """The live objects that refer to this one directly, in order."""
        return tuple(sorted(set(self._users.get(address, ()))))

    def groups(self, address: Address) -> frozenset[Address]:
        """The primary groups whose SIMs an edit of this object reaches, itself included."""
        seen: set[Address] = set()
        todo = [address]
        while todo:
            place = todo.pop()
            if place not in seen:
                seen.add(place)
                todo.extend(self._users.get(place, ()))
        return frozenset(place for place in seen if self._holds(place))

    def sims(self, groups: Iterable[Address]) -> int:
        """The SIMs in these groups."""
        found = self._snapshot.by_address
        return sum(found[group].counts.get("sims", 0) for group in groups)

    def _holds(self, address: Address) -> bool:
        seen = self._snapshot.by_address.get(address)
        return seen is not None and kind_named(address.kind).holds_sims and seen.spec.get("type") != "secondary"


def effect_of(kind: str) -> str:
    """When a change of this kind takes effect, and what that does to sessions."""
    return EFFECTS.get(kind, AT_ONCE)


def total_sims(snapshot: Snapshot) -> int:
    """The SIMs of the account that are in a primary group."""
    return sum(
        seen.counts.get("sims", 0)
        for address, seen in snapshot.by_address.items()
        if kind_named(address.kind).holds_sims and seen.spec.get("type") != "secondary"
    )
