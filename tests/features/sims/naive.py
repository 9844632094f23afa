"""The meaning of rosters, written once more as slowly and plainly as can be: dictionaries, one SIM after the other."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from reconciler.diffing.rosters import RosterDifference
from reconciler.model.roster import Roster, Selector, SimSet
from tests.features.sims.estate import iccid

GROUPS = ("uk", "de", "fr")
POOLS = ("stock", "lab")
PARK = "park"
TAGS = ("a", "b", "c")


@dataclass(slots=True)
class LiveOne:
    """A live SIM."""

    iccid: str
    group: str | None
    status: str = "active"
    ip_address: str | None = None
    static_ip_address: str | None = None
    name: str | None = None
    reference: str | None = None
    tags: list[str] = field(default_factory=list)
    imei_lock: str | None = None


@dataclass
class Outcome:
    """The differences, by SIM."""

    moves: dict[int, tuple[str | None, str]] = field(default_factory=dict)
    losing: set[int] = field(default_factory=set)
    states: dict[int, str] = field(default_factory=dict)
    edits: dict[int, dict[str, Any]] = field(default_factory=dict)
    unlisted: dict[int, str] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    missing_references: set[str] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    claimed: set[int] = field(default_factory=set)
    unchanged: int = 0


def plain(difference: RosterDifference) -> Outcome:
    """The same of what the real comparison found; every SIM must be in one flow and one state at most."""
    out = Outcome(unchanged=difference.unchanged)
    for (source, target, _), flow in difference.flows.items():
        for number in flow.iccids:
            assert number not in out.moves
            out.moves[number] = source, target
        out.losing |= set(flow.losing)
    for (state, _, _), numbers in difference.states.items():
        for number in numbers:
            assert number not in out.states
            out.states[number] = state
    for edit in difference.edits:
        assert edit.iccid not in out.edits
        out.edits[edit.iccid] = dict(edit.after)
    out.unlisted = {number: place for place, numbers in difference.unlisted.items() for number in numbers}
    out.missing, out.gone = set(difference.missing), set(difference.gone)
    out.missing_references = set(difference.missing_references)
    out.claimed = {number for number, _, _ in difference.claimed}
    return out


def expected(roster: Roster, live: Sequence[LiveOne], renames: Mapping[str, str]) -> Outcome:
    """The outcome that should be found."""
    out = Outcome()
    out.missing = set(roster.members) | set(roster.endpoints)
    out.missing_references = set(roster.references)
    for sim in live:
        number = int(sim.iccid)
        out.missing.discard(number)
        out.missing_references.discard(sim.reference or "")
        _one(roster, sim, renames.get(sim.group or "", sim.group), out)
    return out


def _one(roster: Roster, sim: LiveOne, place: str | None, out: Outcome) -> None:
    sets = _lists(roster, sim, place)
    if sets:
        _named(roster, sim, place, sets, out)
    elif sim.status != "terminated":
        _left_over(roster, sim, place, out)


def _lists(roster: Roster, sim: LiveOne, place: str | None) -> list[int]:
    number = int(sim.iccid)
    first = roster.members.get(number), roster.references.get(sim.reference or "")
    sets = sorted(_sets_of(roster, sim, place), key=lambda one: (one != first[0], one != first[1], one))
    if not sets and number in roster.endpoints:
        sets = [roster.endpoints[number]]
    return sets


def _named(roster: Roster, sim: LiveOne, place: str | None, sets: Sequence[int], out: Outcome) -> None:
    number = int(sim.iccid)
    said = {**roster.sets[sets[0]].attributes}
    if sim.reference in roster.references and roster.references[sim.reference] in sets:
        said.update(roster.settings_by_reference.get(sim.reference, {}))
    said.update(roster.settings.get(number, {}))
    if sim.status == "terminated":
        if said.get("state") == "terminated":
            out.unchanged += 1
        else:
            out.gone.add(number)
        return
    targets = {roster.sets[one].group for one in sets}
    if len(targets) > 1:
        out.claimed.add(number)
        return
    if said.get("state") == "terminated":
        out.states[number] = "terminated"
        return
    (target,) = targets
    is_moving = target is not None and place != target
    if target is not None and is_moving:
        out.moves[number] = place, target
        if sim.ip_address:
            out.losing.add(number)
    after = _differing(said, sim, is_moving=is_moving)
    if after:
        out.edits[number] = after
    state = said.get("state")
    if state and (sim.status, state) not in {(state, state), ("pending", "active")}:
        out.states[number] = state
    if not (is_moving or after or number in out.states):
        out.unchanged += 1


def _differing(said: Mapping[str, Any], sim: LiveOne, *, is_moving: bool) -> dict[str, Any]:
    live = {
        "displayName": sim.name,
        "reference": sim.reference,
        "tags": sim.tags,
        "imeiLock": sim.imei_lock,
        "staticIPv4": None if is_moving else sim.static_ip_address,
    }
    return {
        name: value
        for name, value in said.items()
        if name != "state" and (set(value or ()) != set(live["tags"] or ()) if name == "tags" else value != live[name])
    }


def _left_over(roster: Roster, sim: LiveOne, place: str | None, out: Outcome) -> None:
    for one in roster.sets:
        if one.is_exclusive and one.group == place and place is not None:
            out.unlisted[int(sim.iccid)] = place
            if one.move_to:
                out.moves[int(sim.iccid)] = place, one.move_to
                if sim.ip_address:
                    out.losing.add(int(sim.iccid))
            elif one.suspends and sim.status == "active":
                out.states[int(sim.iccid)] = "suspended"


def _sets_of(roster: Roster, sim: LiveOne, place: str | None) -> Iterator[int]:
    for number, one in enumerate(roster.sets):
        if int(sim.iccid) in roster.excluded.get(number, ()) or sim.reference in one.excluded_references:
            continue
        if any((place in s.groups or one.group in s.groups) and _fits(s, sim) for s in one.excluded):
            continue
        is_listed = roster.members.get(int(sim.iccid)) == number
        is_referred = sim.reference is not None and roster.references.get(sim.reference) == number
        is_selected = any((place in s.groups or place == one.group) and _fits(s, sim) for s in one.selectors)
        if is_listed or is_referred or is_selected:
            yield number


def _fits(selector: Selector, sim: LiveOne) -> bool:
    has = set(sim.tags)
    return (
        all(tag in has for tag in selector.all_tags)
        and (not selector.any_tags or any(tag in has for tag in selector.any_tags))
        and not any(tag in has for tag in selector.no_tags)
        and (selector.reference is None or fnmatchcase(sim.reference or "", selector.reference))
    )


# --- random estates ---------------------------------------------------------------------------------------------------


def random_live(chance: random.Random, count: int) -> list[LiveOne]:
    """SIMs in every state, in any group or none."""
    found = []
    for number in range(count):
        status = chance.choices(["active", "suspended", "pending", "terminated"], [6, 2, 2, 1])[0]
        place = chance.choice([*GROUPS, *POOLS, PARK]) if status in {"active", "suspended"} else None
        address = f"10.0.0.{number}" if place and chance.random() < 0.5 else None
        found.append(
            LiveOne(
                iccid=iccid(number),
                group=place,
                status=status,
                ip_address=address,
                static_ip_address=address if address and chance.random() < 0.5 else None,
                name=chance.choice([None, "A", "B"]),
                reference=f"VAN-{number}" if chance.random() < 0.5 else None,
                tags=chance.sample(TAGS, chance.randrange(3)),
            )
        )
    return found


def random_roster(chance: random.Random, count: int) -> Roster:
    """Sets of every sort over those SIMs and some that do not exist, and Endpoints with and without a group."""
    roster = Roster()
    free = list(range(count + 4))
    chance.shuffle(free)
    referred = list(range(count + 6))
    chance.shuffle(referred)
    for place in GROUPS:
        if chance.random() < 0.2:
            continue
        number = len(roster.sets)
        roster.sets.append(_random_set(chance, place, number))
        for one in (int(iccid(free.pop())) for _ in range(min(len(free), chance.randrange(count // 2 + 1)))):
            roster.members[one] = number
            if chance.random() < 0.3:
                roster.settings[one] = _random_settings(chance)
        for name in (f"VAN-{referred.pop()}" for _ in range(chance.choice([0, 0, 2]))):
            roster.references[name] = number
            if chance.random() < 0.5:
                roster.settings_by_reference[name] = _random_settings(chance)
        if chance.random() < 0.3:
            away = frozenset(int(iccid(chance.randrange(count))) for _ in range(3)) - roster.members.keys()
            roster.excluded[number] = away
    for nth in range(chance.randrange(4)):
        _random_endpoint(chance, roster, int(iccid(chance.randrange(count + 2))), nth)
    return roster


def _random_endpoint(chance: random.Random, roster: Roster, one: int, nth: int) -> None:
    if one in roster.endpoints:
        return
    target = chance.choice([None, *GROUPS]) if one not in roster.members else None
    number = len(roster.sets)
    roster.sets.append(SimSet(address=f"Endpoint/e{nth}", group=target))
    roster.endpoints[one] = number
    if target is not None:
        roster.members[one] = number
    if chance.random() < 0.7:
        settings = _random_settings(chance)
        if target is None and chance.random() < 0.3:
            settings["state"] = "terminated"
        roster.settings[one] = {**roster.settings.get(one, {}), **settings}


def _random_set(chance: random.Random, place: str, number: int) -> SimSet:
    removal = chance.choice(["report", "move", "suspend"])
    is_exclusive = chance.random() < 0.6
    return SimSet(
        address=f"EndpointSet/s{number}",
        group=place,
        is_exclusive=is_exclusive,
        move_to=PARK if is_exclusive and removal == "move" else None,
        suspends=is_exclusive and removal == "suspend",
        attributes={"imeiLock": chance.choice([None, "352099001761481"])} if chance.random() < 0.3 else {},
        selectors=tuple(_random_selector(chance, POOLS) for _ in range(chance.choice([0, 0, 1, 2]))),
        excluded=tuple(_random_selector(chance, (*GROUPS, *POOLS)) for _ in range(chance.choice([0, 0, 1]))),
        excluded_references=frozenset({"VAN-1", "VAN-3"} if chance.random() < 0.2 else ()),
    )


def _random_selector(chance: random.Random, places: Sequence[str]) -> Selector:
    def some() -> frozenset[str]:
        return frozenset(chance.sample(TAGS, chance.choice([0, 0, 1])))

    return Selector(
        groups=frozenset(chance.sample(list(places), chance.randrange(1, len(places)))),
        all_tags=some(),
        any_tags=some(),
        no_tags=some(),
        reference=chance.choice([None, None, "VAN-*", "VAN-1?"]),
    )


def _random_settings(chance: random.Random) -> dict[str, Any]:
    choices: dict[str, Any] = {
        "displayName": chance.choice(["A", "B", None]),
        "tags": chance.choice([["b", "a"], [], None, ["c"]]),
        "state": chance.choice(["active", "suspended"]),
        "staticIPv4": chance.choice(["10.0.0.1", None]),
    }
    return {name: choices[name] for name in chance.sample(list(choices), chance.randrange(3))}


def settled(live: Sequence[LiveOne], difference: RosterDifference, renames: Mapping[str, str]) -> list[LiveOne]:
    """The live side after everything was done that was found."""
    out = plain(difference)
    after = []
    for sim in live:
        number = int(sim.iccid)
        place = renames.get(sim.group or "", sim.group)
        one = LiveOne(sim.iccid, place, sim.status, sim.ip_address, sim.static_ip_address, sim.name, sim.reference)
        one.tags, one.imei_lock = sim.tags, sim.imei_lock
        if number in out.moves:
            one.group, one.ip_address, one.static_ip_address = out.moves[number][1], None, None
            one.status = "active" if sim.status == "pending" else sim.status
        if number in out.states:
            one.status = out.states[number]
            one.group = None if one.status == "terminated" else one.group
        values = out.edits.get(number, {})
        one.name, one.tags = values.get("displayName", one.name), values.get("tags", one.tags) or []
        one.imei_lock = values.get("imeiLock", one.imei_lock)
        one.static_ip_address = values.get("staticIPv4", one.static_ip_address)
        after.append(one)
    return after
