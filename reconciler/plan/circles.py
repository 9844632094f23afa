"""
Changes that wait for each other in a circle: no order carries them out, so they are refused with the circle. Pure.

The circles follow from the changes and their grounds, so that a plan file cannot hide them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.references import bare
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.plan import GuardResult, Plan, Verdict

_MOST_NAMED = 5

Edges = set[tuple[Address, Address]]
"""Pairs of addresses: the first waits for the second."""


def names_handed_over(changes: Iterable[Change]) -> Iterator[tuple[Address, Address]]:
    """The changes that take a moniker from the live object of another change, with that other change (D-6)."""
    holders = {(c.address.kind, c.live_moniker): c for c in changes if c.live_moniker is not None}
    for change in changes:
        holder = holders.get((change.address.kind, change.address.name))
        if holder is None or holder.address == change.address or change.after is None or holder.action.is_silent:
            continue
        yield change.address, holder.address


def circular_verdicts(plan: Plan) -> Iterator[GuardResult]:
    """A refusal for each circle, which it names from its smallest address on."""
    names, others = set(names_handed_over(plan.changes)), _letting_go(plan)
    if not names and not others:
        return
    # Imported here: most plans have no circle to look for, and must not pay for the graph library.
    from reconciler.ordering.graph import simple_cycles

    by_address = {change.address: change for change in plan.changes}
    rings = [list(ring) for ring in simple_cycles(names)]
    for ring in rings:
        yield _exchanged([by_address[address] for address in ring])
    needed = {(user, used) for user, change in by_address.items() for used in needed_by(change, by_address)}
    # An object that refers to another before and after that is made anew is refused as such, without a circle.
    needed -= {(user, used) for used, user in others}
    for circle in simple_cycles((names | others | needed) - {step for ring in rings for step in _steps(ring)}):
        message = f"these changes wait for each other, so that none of them can come first: {_shown(circle)} (D-52)"
        step = "declare what would be replaced or renamed under a new name; the old object goes in the same plan"
        yield GuardResult("references", Verdict.DENY, message, step, tuple(circle))


def _exchanged(changes: list[Change]) -> GuardResult:
    called = [f"{change.address} is called {change.live_moniker}" for change in changes]
    more = f" and {len(called) - _MOST_NAMED:,} more" if len(called) > _MOST_NAMED else ""
    ring = [change.address for change in changes]
    message = (
        f"monikers were exchanged on the platform: {', '.join(called[:_MOST_NAMED])}{more}; "
        f"each name becomes free only after the next one: {_shown(ring)} (D-6)"
    )
    first = changes[0]
    step = (
        f"give the {first.address.kind} that is called {first.live_moniker} another moniker in the portal, "
        "one that nothing has, and plan again: then each object gets its declared name"
    )
    return GuardResult("rename", Verdict.DENY, message, step, tuple(ring))


def _steps(circle: Sequence[Address]) -> Edges:
    return set(zip(circle, [*circle[1:], circle[0]], strict=True))


def _shown(circle: Sequence[Address]) -> str:
    """The circle, closed; of a long one the first and the last members."""
    names = [str(address) for address in circle]
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"… ({len(names):,} in all)", names[-1]]
    return " → ".join([*names, names[0]])


def _letting_go(plan: Plan) -> Edges:
    """The steps from an object that goes to the changes of the live objects that refer to it: it waits for them."""
    live = {Address(c.address.kind, c.live_moniker): c.address for c in plan.changes if c.live_moniker is not None}
    return {
        (change.address, live[user])
        for change in plan.changes
        if change.action in {Action.DELETE, Action.REPLACE}
        for user in plan.grounds.users.get(str(change.address), ())
        if live.get(user, change.address) != change.address
    }


def needed_by(change: Change, changes: Mapping[Address, Change]) -> set[Address]:
    """The upserts that come before a change: those of what it will refer to."""
    if change.after is None or change.action is Action.ADOPT:
        return set()
    found = set()
    for reference, _, name in kind_named(change.address.kind).refers(change.after):
        target = changes.get(Address(reference.kind, bare(name)))
        if target is not None and target.after is not None and target.address != change.address:
            found.add(target.address)
    return found
