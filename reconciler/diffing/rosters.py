"""
Desired SIMs against live ones: the live pages are streamed past the desired map, and what differs comes out (pure).

The map is marked in place while pages go by, so that a SIM that comes twice is noticed without a second map; what is
unmarked at the end is not in the account.

Length: one pass over the live side, with every case of a SIM in the order in which it is met.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any, Protocol

from reconciler.model.roster import Roster, Selector
from reconciler.model.scope import Scope

_REMAINDERS = 2**64 - 59  # A prime, so that long numbers fit into eight bytes and still differ.
PENDING, ACTIVE, SUSPENDED, TERMINATED = "pending", "active", "suspended", "terminated"


class Live(Protocol):
    """The members of a live SIM that are compared; addresses as text, None where there is none."""

    @property
    def iccid(self) -> str:
        """Its number."""

    @property
    def group(self) -> str | None:
        """The moniker of its primary group."""

    @property
    def status(self) -> str:
        """pending, active, suspended or terminated."""

    @property
    def ip_address(self) -> str | None:
        """The address that it has in its group."""

    @property
    def static_ip_address(self) -> str | None:
        """That address, if it is a fixed one."""


class Duplicate(Exception):
    """A SIM came twice in what should be one list: the reading is not complete."""


@dataclass(slots=True)
class SimFlow:
    """SIMs that go from one group to another because of one set; `losing` of them have an address there now."""

    iccids: list[int] = field(default_factory=list)
    losing: list[int] = field(default_factory=list)
    fixed: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Edit:
    """One SIM whose settings differ: the managed ones, before and after; `group` is where it is."""

    iccid: int
    set_number: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    group: str | None = None


@dataclass(slots=True)
class RosterDifference:
    """
    The SIMs that differ, by how they differ.

    `flows` are keyed by (from, to, set number); from is None for a SIM that is in no group. `states` by (state, set
    number, group where the SIM is). `unlisted` are SIMs of exclusive groups that
    nobody lists, by group. `missing` are listed and not in the account, `gone` listed and terminated, `claimed` are
    claimed by two sets through selectors or references. `claims` counts the SIMs that a set has only through those.
    `suspended` are listed and suspended, and nobody says of their state. `references` has those of SIMs that are listed
    by reference. `outside` are SIMs (with the set number) of which something is asked that the scope forbids.
    """

    flows: dict[tuple[str | None, str, int], SimFlow] = field(default_factory=dict)
    states: dict[tuple[str, int, str | None], list[int]] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    unlisted: dict[str, list[int]] = field(default_factory=dict)
    missing: list[int] = field(default_factory=list)
    missing_references: list[str] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    claimed: list[tuple[int, int, int]] = field(default_factory=list)
    claims: dict[int, int] = field(default_factory=dict)
    suspended: list[int] = field(default_factory=list)
    references: dict[int, str] = field(default_factory=dict)
    outside: list[tuple[int, int]] = field(default_factory=list)
    unchanged: int = 0
    seen: int = 0

    def absorb(self, other: "RosterDifference") -> None:
        """Take over what was found of one SIM."""
        for route, flow in other.flows.items():
            mine = self.flows.setdefault(route, SimFlow())
            mine.iccids += flow.iccids
            mine.losing += flow.losing
            mine.fixed += flow.fixed
        for state, iccids in other.states.items():
            self.states.setdefault(state, []).extend(iccids)
        for group, iccids in other.unlisted.items():
            self.unlisted.setdefault(group, []).extend(iccids)
        for number, count in other.claims.items():
            self.claims[number] = self.claims.get(number, 0) + count
        self.edits += other.edits
        self.claimed += other.claimed
        self.suspended += other.suspended
        self.unchanged += other.unchanged


def compare(
    roster: Roster,
    pages: Iterable[Sequence[Live]],
    *,
    renames: Mapping[str, str] | None = None,
    key_values: Callable[[int], Mapping[str, str]] = lambda _: {},
    scope: Scope | None = None,
) -> RosterDifference:
    """
    Stream `pages` past the roster.

    `renames` maps live monikers of groups to those of the declarations; `key_values` reads those of one SIM, and is
    asked only for SIMs that have some declared. Nothing is planned for SIMs outside of `scope`. Raises `Duplicate`,
    and whatever reading raises; the roster is afterwards as it was before.
    """
    (found,) = compare_all([RosterSide(roster, renames or {}, scope)], pages, key_values=key_values)
    return found


@dataclass(frozen=True, slots=True)
class RosterSide:
    """One desired side: a roster, new monikers of renamed groups, and the scope outside of which nothing is done."""

    roster: Roster
    renames: Mapping[str, str]
    scope: Scope | None


def compare_all(
    asked: Sequence[RosterSide],
    pages: Iterable[Sequence[Live]],
    *,
    key_values: Callable[[int], Mapping[str, str]] = lambda _: {},
) -> tuple[RosterDifference, ...]:
    """The differences of several desired sides from one reading, as `compare` gives each of them."""
    comparing = [_Comparing(one.roster, one.renames, key_values, one.scope) for one in asked]
    try:
        for page in pages:
            for one in comparing:
                one.page(page)
        return tuple(one.finish() for one in comparing)
    finally:
        for one in comparing:
            one.restore()


class _Comparing:
    def __init__(
        self,
        roster: Roster,
        renames: Mapping[str, str],
        key_values: Callable[[int], Mapping[str, str]],
        scope: Scope | None,
    ) -> None:
        self.scope = scope
        self.roster = roster
        self.found = RosterDifference()
        self.renames = renames
        self.wanted = [one.group for one in roster.sets]
        # Marks are made once and shared: an integer object for each of a million entries would cost as much as the map.
        self.marks = [-1 - number for number in range(len(roster.sets))]
        self.selecting = [number for number, one in enumerate(roster.sets) if one.selectors]
        self.exclusive = {one.group: number for number, one in enumerate(roster.sets) if one.is_exclusive}
        self.asks_for_more = roster.asks_for_more
        self.references_seen: set[str] = set()
        # SIMs outside of the map that something follows from: each may come once.
        self.others_seen: set[int] = set()
        self.key_values = key_values
        # The value behind a reference becomes known as SIMs go by; then the settings are a copy, to be added to.
        self.settings = dict(roster.settings) if roster.references else roster.settings
        # SIMs that nobody speaks of may be most of an account: eight bytes for each tell whether one came twice.
        self.strangers = array("Q")

    def page(self, page: Sequence[Live]) -> None:
        members, wanted, marks = self.roster.members, self.wanted, self.marks
        renames, is_plain = self.renames, not self.asks_for_more
        found = self.found
        found.seen += len(page)
        same = 0
        for sim in page:
            iccid = int(sim.iccid)
            number = members.get(iccid)
            if number is None:
                self._met(iccid, sim, None)
                continue
            if number < 0:
                raise Duplicate(sim.iccid)
            members[iccid] = marks[number]
            if is_plain:
                group = sim.group
                if renames and group is not None:
                    group = renames.get(group, group)
                status = sim.status
                if group == wanted[number] and status != TERMINATED:
                    same += 1
                    if status == SUSPENDED:
                        found.suspended.append(iccid)
                    continue
            self._met(iccid, sim, number)
        found.unchanged += same

    def _met(self, iccid: int, sim: Live, number: int | None) -> None:
        """One SIM, listed by the set `number` or by none: who says what of it, and what follows."""
        claims = [] if number is None else [number]
        if self.asks_for_more:
            claims = self._claims(iccid, sim, number)
        if sim.status == TERMINATED:
            self._terminated(iccid, claims)
        elif self.scope is None:
            self._judged(iccid, sim, number, claims)
        else:
            self._bounded(iccid, sim, number, claims, scope=self.scope)

    def _bounded(self, iccid: int, sim: Any, number: int | None, claims: list[int], *, scope: Scope) -> None:
        """
        Find out what is asked of a SIM, and plan all of it or nothing.

        The SIM must be inside of the scope before and after: nothing leaves the scope and nothing comes into it.
        """
        whole, asked = self.found, RosterDifference()
        self.found = asked
        try:
            self._judged(iccid, sim, number, claims)
        finally:
            self.found = whole
        targets = {target for _, target, _ in asked.flows}
        places = {sim.group, self.renames.get(sim.group or "", sim.group)} if sim.group is not None else targets
        tags = getattr(sim, "tags", None) or ()
        given = [edit.after["tags"] or () for edit in asked.edits if "tags" in edit.after]
        is_here = bool(places or not scope.groups) and all(map(scope.takes, places)) and scope.admits(tags)
        if is_here and all(map(scope.takes, targets)) and all(map(scope.admits, given)):
            whole.absorb(asked)
            return
        whole.absorb(replace(asked, flows={}, states={}, edits=[], claimed=[], unlisted={}, suspended=[]))
        askers = [one for *_, one in asked.flows] + [one for _, one, _ in asked.states]
        askers += [edit.set_number for edit in asked.edits] + [one for _, *both in asked.claimed for one in both]
        whole.outside += dict.fromkeys((iccid, one) for one in askers)

    def _judged(self, iccid: int, sim: Live, number: int | None, claims: list[int]) -> None:
        if claims:
            if number is None:
                self._once(iccid)
                self.found.claims[claims[0]] = self.found.claims.get(claims[0], 0) + 1
            other = next((claim for claim in claims if self.wanted[claim] != self.wanted[claims[0]]), None)
            if other is not None:
                self.found.claimed.append((iccid, claims[0], other))
            else:
                self._listed(iccid, sim, claims[0])
        elif iccid in self.roster.endpoints:
            self._once(iccid)
            self._listed(iccid, sim, self.roster.endpoints[iccid])
        else:
            self._unlisted(iccid, sim)

    def _claims(self, iccid: int, sim: Any, number: int | None) -> list[int]:
        """The sets that a SIM is in: by its number, by its reference, by what is known of it."""
        found = [] if number is None or self._is_excluded(number, sim) else [number]
        by_reference = self.roster.references.get(sim.reference) if sim.reference else None
        if by_reference is not None:
            if sim.reference in self.references_seen:
                raise Duplicate(sim.iccid)
            self.references_seen.add(sim.reference)
            if not self._is_excluded(by_reference, sim) and iccid not in self.roster.excluded.get(by_reference, ()):
                found.append(by_reference)
                self.found.references[iccid] = sim.reference
                settings = self.roster.settings_by_reference.get(sim.reference)
                if settings is not None and isinstance(self.settings, dict):
                    self.settings[iccid] = {**settings, **self.settings.get(iccid, {})}
        found += (other for other in self.selecting if self._selects(other, iccid, sim))
        return list(dict.fromkeys(found))

    def _once(self, iccid: int) -> None:
        if iccid in self.others_seen:
            raise Duplicate(str(iccid))
        self.others_seen.add(iccid)

    def _terminated(self, iccid: int, claims: Sequence[int]) -> None:
        """A terminated SIM stays so, whoever lists it (I22)."""
        number = claims[0] if claims else self.roster.endpoints.get(iccid)
        if number is None:
            self.strangers.append(iccid % _REMAINDERS)
            return
        self._once(iccid)
        if self._settings(iccid, number).get("state") == TERMINATED:
            self.found.unchanged += 1
        else:
            self.found.gone.append(iccid)

    def _listed(self, iccid: int, sim: Live, number: int) -> None:
        changed = False
        group = self.renames.get(sim.group or "", sim.group)
        target = self.wanted[number]
        is_moving = target is not None and group != target
        if self.asks_for_more:
            settings = self._settings(iccid, number)
            if settings.get("state") == TERMINATED:
                self.found.states.setdefault((TERMINATED, number, group), []).append(iccid)
                return
            changed = self._edited(iccid, sim, number, settings, group=group)
        if sim.status == SUSPENDED and "state" not in self._settings(iccid, number):
            self.found.suspended.append(iccid)
        if target is not None and is_moving:
            self._flow(iccid, sim, group, target, number)
        elif not changed:
            self.found.unchanged += 1

    def _flow(self, iccid: int, sim: Live, group: str | None, target: str, number: int) -> None:
        flow = self.found.flows.get((group, target, number))
        if flow is None:
            flow = self.found.flows[group, target, number] = SimFlow()
        flow.iccids.append(iccid)
        if sim.ip_address is not None:
            flow.losing.append(iccid)
        if sim.static_ip_address is not None:
            flow.fixed.append((iccid, sim.static_ip_address))

    def _unlisted(self, iccid: int, sim: Live) -> None:
        self.strangers.append(iccid % _REMAINDERS)
        group = self.renames.get(sim.group or "", sim.group)
        number = self.exclusive.get(group)
        if group is None or number is None:
            return
        self._once(iccid)
        one = self.roster.sets[number]
        self.found.unlisted.setdefault(group, []).append(iccid)
        if one.move_to is not None:
            self._flow(iccid, sim, group, one.move_to, number)
        elif one.suspends and sim.status == ACTIVE:
            self.found.states.setdefault((SUSPENDED, number, group), []).append(iccid)

    def _settings(self, iccid: int, number: int) -> Mapping[str, Any]:
        """The settings of a SIM: its own, then those of its set. Other sets that select it as well add nothing."""
        own, shared = self.settings.get(iccid), self.roster.sets[number].attributes
        return {**shared, **own} if own and shared else own or shared

    def _edited(self, iccid: int, sim: Any, number: int, settings: Mapping[str, Any], *, group: str | None) -> bool:
        """Note which settings differ; whether any does. A SIM that moves leaves its static address behind (D-46)."""
        is_moving = self.wanted[number] not in {None, group}
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        changes_state = False
        for name, value in settings.items():
            if name == "state":
                # A pending SIM becomes active by being assigned.
                if value != sim.status and not (value == ACTIVE and sim.status == PENDING):
                    self.found.states.setdefault((value, number, group), []).append(iccid)
                    changes_state = True
                continue
            if name == "keyValues":
                live = self.key_values(iccid)
                seen: Any = {key: live.get(key) for key in value}
            else:
                seen = None if is_moving and name == "staticIPv4" else live_value(sim, name)
            if comparable(name, value) != seen:
                before[name], after[name] = seen, value
        if after:
            self.found.edits.append(Edit(iccid, number, before, after, group))
        return changes_state or bool(after)

    def _selects(self, number: int, iccid: int, sim: Any) -> bool:
        one = self.roster.sets[number]
        if iccid in self.roster.excluded.get(number, ()) or self._is_excluded(number, sim):
            return False
        group = self.renames.get(sim.group or "", sim.group)
        # A SIM that was selected is in the set's own group afterwards, and stays selected there.
        return any((group in s.groups or group == one.group) and _matches(s, sim) for s in one.selectors)

    def _is_excluded(self, number: int, sim: Any) -> bool:
        """Whether a set does not mean a SIM by what is known of it; being in the set's group changes nothing."""
        one = self.roster.sets[number]
        if one.excluded_references and sim.reference in one.excluded_references:
            return True
        group = self.renames.get(sim.group or "", sim.group)
        return any((group in s.groups or one.group in s.groups) and _matches(s, sim) for s in one.excluded)

    def finish(self) -> RosterDifference:
        found = self.found
        strangers = sorted(self.strangers)
        if any(one == following for one, following in pairwise(strangers)):
            raise Duplicate("a SIM that nobody lists")
        if found.seen < len(self.roster.members) or any(number >= 0 for number in self.roster.members.values()):
            found.missing = [iccid for iccid, number in self.roster.members.items() if number >= 0]
        alone = (i for i in self.roster.endpoints if i not in self.roster.members and i not in self.others_seen)
        found.missing = sorted([*found.missing, *alone])
        if self.scope is not None and self.roster.activation:
            beyond = {iccid for iccid in found.missing if self._arrives_outside(iccid, self.scope)}
            found.missing = [iccid for iccid in found.missing if iccid not in beyond]
            found.outside += [(iccid, self.roster.endpoints[iccid]) for iccid in sorted(beyond)]
        found.missing_references = sorted(self.roster.references.keys() - self.references_seen)
        return found

    def _arrives_outside(self, iccid: int, scope: Scope) -> bool:
        """Whether a SIM is to come into the account outside: by its group, and by the tags that it is given."""
        if iccid not in self.roster.activation:
            return False
        listing = self.roster.members.get(iccid, self.roster.endpoints[iccid])
        tags = self._settings(iccid, listing).get("tags") or ()
        return not (scope.takes(self.wanted[listing]) and scope.admits(tags))

    def restore(self) -> None:
        members = self.roster.members
        for iccid, number in members.items():
            if number < 0:
                members[iccid] = -1 - number


def live_value(sim: Any, name: str) -> Any:
    """A live setting by the word that manifests have for it, in their form: no blanks around texts, sets sorted."""
    match name:
        case "displayName":
            return _text(sim.name)
        case "reference":
            return _text(sim.reference)
        case "tags":
            return sorted({tag.strip() for tag in sim.tags or ()} - {""})
        case "staticIPv4":
            return sim.static_ip_address
        case "imeiLock":
            return sim.imei_lock
    return getattr(sim, name)


def _text(value: str | None) -> str | None:
    return (value or "").strip() or None


def comparable(name: str, value: Any) -> Any:
    """A declared setting in the form that `live_value` has: no tags are an empty list."""
    return sorted(set(value or ())) if name == "tags" else value


def _matches(selector: Selector, sim: Any) -> bool:
    tags = set(sim.tags or ())
    if not selector.all_tags <= tags or selector.no_tags & tags:
        return False
    if selector.any_tags and not selector.any_tags & tags:
        return False
    return selector.reference is None or fnmatchcase(sim.reference or "", selector.reference)
