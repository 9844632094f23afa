"""Which change waits for which, and the one order that plans show."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.kinds import kind_named, kinds
from reconciler.model.address import Address
from reconciler.model.references import bare
from reconciler.model.snapshot import Snapshot
from reconciler.ordering.graph import ordered
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.circles import names_handed_over, needed_by

_GONE = {Action.DELETE, Action.REPLACE}


def sequenced(changes: tuple[Change, ...], snapshot: Snapshot) -> tuple[Change, ...]:
    """
    The changes with `waits_for` filled, in an order that satisfies it.

    An upsert waits for the upserts of what it will refer to. A deletion waits for the changes of whatever refers to
    the object now: those delete it too, or make it let go. An update waits for the renames of what the live object
    refers to, managed or not: it writes the whole object, references by moniker, as they were when it was read.
    A thing that belongs to one object at most waits to be released before another takes it (D-21), and so does a
    moniker (D-6). Of changes that wait for each other in a circle, one goes first: such a plan is refused, and shown
    all the same (`reconciler.plan.circles`).
    """
    by_address = {change.address: change for change in changes}
    waits: dict[Address, set[Address]] = {change.address: set() for change in changes}
    for change in changes:
        waits[change.address] |= needed_by(change, by_address)
    live = {change.live_moniker and Address(change.address.kind, change.live_moniker): change for change in changes}
    for source, seen in snapshot.by_address.items():
        user = live.get(source)
        if user is None:
            continue
        for reference, _, name in kind_named(source.kind).refers(seen.spec):
            used = live.get(Address(reference.kind, bare(name)))
            if used is None or used.address == user.address:
                continue
            if used.action is Action.UPDATE and used.live_moniker != used.address.name and user.action is Action.UPDATE:
                waits[user.address].add(used.address)
            if used.action in _GONE:
                waits[used.address].add(user.address)
                waits[user.address].discard(used.address)
    for namesake, holder in names_handed_over(changes):
        waits[namesake].add(holder)
    for taker, giver in _handovers(by_address, live, snapshot):
        # Two that exchange what they have cannot both wait; then the platform decides, and a second apply ends it.
        if not _waits_for(waits, giver, taker):
            waits[taker].add(giver)
    rank = {address: _rank(change) for address, change in by_address.items()}
    order = ordered(waits, rank.__getitem__)
    if order is None:
        waits = _without_circles(waits, by_address)
        order = ordered(waits, rank.__getitem__) or []
    return tuple(replace(by_address[address], waits_for=tuple(sorted(waits[address]))) for address in order)


def _without_circles(
    waits: Mapping[Address, set[Address]], changes: Mapping[Address, Change]
) -> dict[Address, set[Address]]:
    """The same without what closes a circle; what a change refers to comes first in any case."""
    kept: dict[Address, set[Address]] = {address: set() for address in waits}
    edges = [(user, used) for user, change in changes.items() for used in sorted(needed_by(change, changes))]
    edges += [(address, other) for address, others in waits.items() for other in sorted(others)]
    for address, other in edges:
        if not _waits_for(kept, other, address):
            kept[address].add(other)
    return kept


def _handovers(
    changes: Mapping[Address, Change], live: Mapping[Any, Change], snapshot: Snapshot
) -> Iterator[tuple[Address, Address]]:
    """The objects that take an associated object from its present holder, with that holder."""
    parts = {name: [part for part in kind.wire.items if part.refers_to] for name, kind in kinds().items()}
    holders: dict[Address, Address] = {}
    for source, seen in snapshot.by_address.items():
        if source in live:
            for part in parts[source.kind]:
                for (name,) in part.encode(seen.spec):
                    held = Address(part.refers_to, name)
                    holders[live[held].address if held in live else held] = live[source].address
    if not holders:
        return
    for change in changes.values():
        for part in parts[change.address.kind]:
            for (name,) in part.encode(change.after or {}):
                holder = holders.get(Address(part.refers_to, name), change.address)
                if holder != change.address:
                    yield change.address, holder


def _waits_for(waits: Mapping[Address, set[Address]], start: Address, goal: Address) -> bool:
    """Whether `start` waits for `goal`, however indirectly."""
    seen: set[Address] = set()
    todo = [start]
    while todo:
        address = todo.pop()
        if address == goal:
            return True
        if address not in seen:
            seen.add(address)
            todo.extend(waits[address])
    return False


def _rank(change: Change) -> tuple[bool, Address]:
    return change.action is Action.DELETE, change.address
