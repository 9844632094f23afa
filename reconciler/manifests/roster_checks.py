"""
The checks of the settings of SIMs, whatever gives them: addresses fit their group and are used once (D-46).

Places are looked for only when something is wrong: files are then read once more.
"""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.diagnostics import RULE_VIOLATED, RULE_WARNING, Diagnostic, Related, Report
from reconciler.kinds import group_kind, holder
from reconciler.manifests.sim_text import MOST_SHOWN
from reconciler.model.address import Address
from reconciler.model.references import bare
from reconciler.model.resource import Resources
from reconciler.model.roster import Roster
from reconciler.model.shared_values import SharedValue, shared_values
from reconciler.positions import Origins, Span

Again = Callable[[], Iterator[tuple[str, int, Callable[[], Span | None]]]]
_RULE = "D-46"


@dataclass(frozen=True, slots=True)
class _Given:
    """A static address, the SIM that is given it (None: named by reference), and the set that lists the SIM."""

    address: int
    iccid: int | None
    name: str
    set_number: int


def check_settings(roster: Roster, estate: Resources, origins: Origins, again: Again, report: Report) -> None:
    """Report addresses outside of a group's subnet or twice in a VSlice, and values that several SIMs are given."""
    given = list(_given(roster))
    outside = list(_outside(given, roster, estate))
    twice = list(_twice(given, roster, estate))
    shared = shared_values(roster)
    if not (outside or twice or shared):
        return
    wanted = {one.iccid for one in outside} | {one.iccid for pair in twice for one in pair}
    wanted |= {iccid for value in shared for iccid in value.iccids[:2]}
    places = _places(roster, estate, origins, again, wanted)
    for one in outside[:MOST_SHOWN]:
        group = roster.sets[one.set_number].group
        subnets = " or ".join(map(str, _subnets(group, estate)))
        text = f"{_text(one)} is outside of {subnets}, the subnet of {group_kind().name}/{group}."
        hint = "Give it an address of that subnet, or put the SIM into another group."
        report(_diagnostic(text, hint, roster.sets[one.set_number].address, places.get(one.iccid)))
    for first, second in twice[:MOST_SHOWN]:
        related = (Related("it is given here first", places.get(first.iccid)),)
        text = f"{_text(second)} is given to {first.name} too, in the same VSlice."
        address, hint = roster.sets[second.set_number].address, "Give each SIM an address of its own."
        report(_diagnostic(text, hint, address, places.get(second.iccid), related))
    if (more := max(len(outside), len(twice))) > MOST_SHOWN:
        text = f"{more:,} static addresses are wrong; the first {MOST_SHOWN} are shown."
        report(Diagnostic(RULE_VIOLATED, text, "Mend the source that the addresses are made from.", None, rule=_RULE))
    for value in shared[:MOST_SHOWN]:
        report(_shared(value, places))


def _shared(value: SharedValue, places: Mapping[int | None, Span | None]) -> Diagnostic:
    text = f"{value.count:,} SIMs are given the same {value.setting}, {value.shown}."
    spans = [places.get(iccid) for iccid in value.iccids[:2]]
    related = (Related("and here", spans[1]),) if spans[1:] else ()
    span = spans[0] if spans else None
    return Diagnostic(RULE_WARNING, text, "Give each SIM its own, unless this is meant.", span=span, related=related)


def _given(roster: Roster) -> Iterator[_Given]:
    for iccid, settings in roster.settings.items():
        number = roster.members.get(iccid, roster.endpoints.get(iccid))
        if settings.get("staticIPv4") is not None and number is not None:
            yield _Given(int(ipaddress.IPv4Address(settings["staticIPv4"])), iccid, str(iccid), number)
    for name, settings in roster.settings_by_reference.items():
        if settings.get("staticIPv4") is not None:
            yield _Given(int(ipaddress.IPv4Address(settings["staticIPv4"])), None, name, roster.references[name])


def _spec(kind: str, name: str | None, estate: Resources) -> Mapping[str, Any]:
    address = Address(kind, bare(name or ""))
    return estate[address].spec if name and address in estate else {}


def _subnets(name: str | None, estate: Resources) -> list[ipaddress.IPv4Network]:
    """Those of a group, or of its VSlice where the platform chooses one; none where only the platform knows."""
    facts, group = holder(), _spec(group_kind().name, name, estate)
    network = _spec(facts.network.target, facts.network.of(group), estate)
    texts = [facts.subnet.of(group)] if facts.subnet.of(group) else facts.pool.of(network)
    return [ipaddress.IPv4Network(text, strict=False) for text in texts or ()]


def _outside(given: list[_Given], roster: Roster, estate: Resources) -> Iterator[_Given]:
    """Addresses that are in none of the subnets of their group, where these are known."""
    ranges: dict[str | None, list[tuple[int, int]]] = {}
    for one in given:
        group = roster.sets[one.set_number].group
        known = ranges.get(group)
        if known is None:
            nets = _subnets(group, estate)
            known = ranges[group] = [(int(net.network_address), int(net.broadcast_address)) for net in nets]
        if known and not any(first <= one.address <= last for first, last in known):
            yield one


def _twice(given: list[_Given], roster: Roster, estate: Resources) -> Iterator[tuple[_Given, _Given]]:
    """Two SIMs in one VSlice with the same address; of SIMs in no group that is stated, the VSlice is not known."""
    groups = {one.group for one in roster.sets}
    networks = {group: None if group is None else _network(group, estate) for group in groups}
    seen: dict[tuple[str, int], _Given] = {}
    for one in given:
        network = networks.get(roster.sets[one.set_number].group)
        first = one if network is None else seen.setdefault((network, one.address), one)
        if first is not one:
            yield first, one


def _network(group: str, estate: Resources) -> str:
    """The VSlice of a group. Of a group that lives only on the platform it is not known: it is one with itself."""
    vslice = bare(holder().network.of(_spec(group_kind().name, group, estate)) or "")
    return f"VSlice {vslice}" if vslice else f"group {group}"


def _text(one: _Given) -> str:
    return f"The static address {ipaddress.IPv4Address(one.address)} of {one.name}"


def _diagnostic(
    text: str,
    hint: str,
    address: str,
    span: Span | None,
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    path = ("metadata", "name") if span is None else ()
    return Diagnostic(RULE_VIOLATED, text, hint, address, path, span=span, related=related, rule=_RULE)


def _places(
    roster: Roster, estate: Resources, origins: Origins, again: Again, wanted: set[int | None]
) -> dict[int | None, Span | None]:
    """Where the SIMs are given what they are given: in their Endpoints, else in the row that lists them."""
    found: dict[int | None, Span | None] = {}
    for iccid in wanted & roster.endpoints.keys():
        if iccid is not None:
            address = roster.sets[roster.endpoints[iccid]].address
            spec = estate[Address.parse(address)].spec
            name = next((name for name in ("staticIPv4", "imeiLock", "reference") if name in spec), None)
            if name is not None:
                found[iccid] = origins.span(address, ("spec", name))
    for _, iccid, place in again():
        if iccid in wanted and iccid not in found:
            found[iccid] = place()
    return found
