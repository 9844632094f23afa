"""Which change waits for which, and the one order that plans show."""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.kind import bare
from reconciler.model.snapshot import Snapshot
from reconciler.ordering.graph import ordered
from reconciler.plan.action import Action
from reconciler.plan.change import Change

_GONE = {Action.DELETE, Action.REPLACE}


def sequenced(changes: tuple[Change, ...], snapshot: Snapshot) -> tuple[Change, ...]:
    """
    The changes with `waits_for` filled, in an order that satisfies it.

    An upsert waits for the upserts of what it will refer to. A deletion waits for the changes of whatever refers to
    the object now: those delete it too, or make it let go.
    """
    by_address = {change.address: change for change in changes}
    waits: dict[Address, set[Address]] = {change.address: set() for change in changes}
    for change in changes:
        if change.after is not None and change.action is not Action.ADOPT:
            waits[change.address] |= _desired(change, by_address)
    live = {change.live_moniker and Address(change.address.kind, change.live_moniker): change for change in changes}
    for source, seen in snapshot.by_address.items():
        user = live.get(source)
        if user is None:
            continue
        for reference, _, name in kind_named(source.kind).refers(seen.spec):
            used = live.get(Address(reference.kind, bare(name)))
            if used is not None and used.action in _GONE and used.address != user.address:
                waits[used.address].add(user.address)
                waits[user.address].discard(used.address)
    rank = {address: _rank(change) for address, change in by_address.items()}
    order = ordered(waits, rank.__getitem__)
    return tuple(replace(by_address[address], waits_for=tuple(sorted(waits[address]))) for address in order)


def _desired(change: Change, changes: Mapping[Address, Change]) -> set[Address]:
    found = set()
    for reference, _, name in kind_named(change.address.kind).refers(change.after or {}):
        target = changes.get(Address(reference.kind, bare(name)))
        if target is not None and target.after is not None and target.address != change.address:
            found.add(target.address)
    return found


def _rank(change: Change) -> tuple[bool, Address]:
    return change.action is Action.DELETE, change.address
