"""
The structural verdicts over the SIM part of a plan. Pure: the plan and its grounds, and nothing else.

Absence never terminates, suspends or moves a SIM: only what a set or an Endpoint says happens.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator

from reconciler.kinds import group_kind, holder
from reconciler.model.address import Address
from reconciler.plan.grounds import ReleasedSet
from reconciler.plan.owners import OWNERSHIP
from reconciler.plan.plan import GuardResult, Plan, Verdict
from reconciler.plan.roster import RosterAction, RosterPlan

_LIMITED = {RosterAction.MOVE, RosterAction.SUSPEND}
_MOST_NAMED = 5
_RESERVED_ADDRESSES = 2


def sim_verdicts(plan: Plan) -> Iterator[GuardResult]:
    """The verdicts on the SIM part: what is refused, and what is worth a look."""
    yield from _overlaps(plan)
    yield from _most_moves(plan)
    yield from crowded(plan)
    yield from _addresses(plan)
    yield from _absent(plan.roster)
    yield from _unlisted(plan.roster)
    yield from _released(plan.grounds.released)
    yield from sims_of_others(plan)


def net_of(group: str, plan: Plan) -> tuple[str, str] | None:
    """VSlice and subnet of a group, as they will be."""
    for change in plan.changes:
        place = holder().place(change.after or {}) if change.address == _address(group) else None
        if place is not None:
            return place
    net = plan.grounds.nets.get(group)
    return None if net is None else (net.vslice, net.subnet)


def _address(group: str) -> Address:
    return Address(group_kind().name, group)


def _overlaps(plan: Plan) -> Iterator[GuardResult]:
    for claims in plan.grounds.claims:
        message = (
            f"{claims.count:,} SIMs are claimed by {claims.first} and {claims.second} for different groups: "
            f"{', '.join(claims.some)}"
        )
        yield GuardResult("overlap", Verdict.DENY, message, "narrow one of the selectors, or exclude them in one set")


def _most_moves(plan: Plan) -> Iterator[GuardResult]:
    for limit in plan.grounds.limits:
        changed = (
            change for change in plan.roster.changes if change.action in _LIMITED and change.address == limit.address
        )
        moved = sum(len(change.iccids) for change in changed)
        verdict = Verdict.DENY if moved > limit.bound else Verdict.PASS
        message = f"{limit.address} would move or suspend {moved:,} SIMs; its limit maxMoves is {limit.bound:,}"
        step = "move them in several steps, or raise the limit of the set" if verdict is Verdict.DENY else ""
        yield GuardResult("maxMoves", verdict, message, step, (), moved, limit.bound)


def crowded(plan: Plan) -> Iterator[GuardResult]:
    """A refusal for each subnet that would have more SIMs than addresses (D-46)."""
    arriving, leaving = plan.roster.arriving(), plan.roster.leaving()
    filled: Counter[tuple[str, str]] = Counter()
    groups: dict[tuple[str, str], list[str]] = {}
    for name in sorted(plan.grounds.nets.keys() | arriving.keys()):
        place = net_of(name, plan)
        if place is None:
            continue
        seen = plan.grounds.nets.get(name)
        filled[place] += (seen.sims if seen else 0) + arriving.get(name, 0) - leaving.get(name, 0)
        if name in arriving:
            groups.setdefault(place, []).append(name)
    for place, names in groups.items():
        room = max(1, ipaddress.IPv4Network(place[1]).num_addresses - _RESERVED_ADDRESSES)
        if filled[place] > room:
            shown = ", ".join(str(_address(name)) for name in names)
            message = f"{filled[place]:,} SIMs would share the {room:,} addresses of {place[1]} ({shown}) (D-46)"
            step = "use a larger subnet, or divide the SIMs over groups with subnets of their own"
            addresses = tuple(_address(name) for name in names)
            yield GuardResult("subnet", Verdict.DENY, message, step, addresses, filled[place], room)


def _addresses(plan: Plan) -> Iterator[GuardResult]:
    for change in plan.roster.of(RosterAction.MOVE):
        place = net_of(change.target or "", plan)
        unfit = [
            (iccid, address)
            for iccid, address in change.fixed
            if place is None or ipaddress.IPv4Address(address) not in ipaddress.IPv4Network(place[1])
        ]
        if unfit:
            some = ", ".join(f"{iccid} {address}" for iccid, address in unfit[:_MOST_NAMED])
            message = f"{len(unfit):,} static addresses do not fit {_address(change.target or '')} and are lost: {some}"
            step = "give them addresses of the new subnet with staticIPv4"
            yield GuardResult("static-address", Verdict.WARN, message, step, (), len(unfit))


def _absent(plan: RosterPlan) -> Iterator[GuardResult]:
    for guard, found, what, step in (
        (
            "missing",
            plan.missing,
            "are listed and not in this account; they are left out",
            "check the numbers, or wait until the supplier has allocated them",
        ),
        (
            "terminated",
            plan.gone,
            "are listed and were terminated; a terminated SIM stays so (D-42)",
            "remove them from the lists",
        ),
    ):
        if found:
            some = ", ".join(found[:_MOST_NAMED]) + (" …" if len(found) > _MOST_NAMED else "")
            verb = (
                what
                if len(found) > 1
                else what.replace("are ", "is ", 1).replace("they are", "it is").replace("were", "was")
            )
            message = f"{len(found):,} SIM{'s' if len(found) > 1 else ''} {verb}: {some}"
            yield GuardResult(guard, Verdict.WARN, message, step, (), len(found))


def _released(released: Iterable[ReleasedSet]) -> Iterator[GuardResult]:
    """A word on each list that is not declared any more: nothing happens to its SIMs, and that is not to be missed."""
    for one in released:
        sims = "its SIM" if one.sims == 1 else f"its {one.sims:,} SIMs"
        message = (
            f"{one.address} is not declared any more and released: {sims} in {_address(one.group)} stay as they are, "
            "and are managed only as far as another list has them"
        )
        yield GuardResult("released", Verdict.WARN, message, "", (Address.parse(one.address),), one.sims)


def _unlisted(plan: RosterPlan) -> Iterator[GuardResult]:
    """The verdicts on the SIMs of a group that no list has, as the changes treat them."""
    for group, iccids in plan.unlisted.items():
        rest, parts = set(iccids), []
        for change in plan.changes:
            concerned = rest.intersection(change.iccids)
            if concerned and change.action in _LIMITED:
                rest -= concerned
                becomes = "suspended" if change.target is None else f"moved to {change.target}"
                parts.append((len(concerned), f"will be {becomes}"))
        if rest:
            parts.append((len(rest), "are left as they are"))
        counts = Counter[str]()
        for count, what in parts:
            counts[what] += count
        fate = next(iter(counts)) if len(counts) == 1 else ", ".join(f"{n:,} {what}" for what, n in counts.items())
        message = f"{len(iccids):,} SIMs of {_address(group)} are in no list and {fate}"
        yield GuardResult("unlisted", Verdict.WARN, message, "", (_address(group),), len(iccids))


def sims_of_others(plan: Plan) -> Iterator[GuardResult]:
    """A refusal for each group of another estate whose SIMs would be changed (ADR 0009)."""
    for group, owner in plan.grounds.others_groups.items():
        sims = sum(len(change.iccids) for change in plan.roster.changes if group in (change.source, change.target))
        message = f"{sims:,} SIMs of the group {group} would be changed, which belongs to the estate {owner}"
        step = f"leave them out of these manifests, or let the estate {owner} change them"
        yield GuardResult(OWNERSHIP, Verdict.DENY, message, step, (), sims, 0)
