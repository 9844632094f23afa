"""Declared SIMs against live ones: the fast comparison says what the plain one says, in whatever order pages come."""

import random
from collections.abc import Iterator, Sequence
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diffing.rosters import Duplicate, compare
from reconciler.model.roster import Roster, Selector, SimSet
from reconciler.plan.document import read_document
from reconciler.plan.planfile import encode, plan_of
from reconciler.plan.roster_planner import roster_plan
from tests.features.sims.estate import iccid
from tests.features.sims.naive import LiveOne, expected, plain, random_live, random_roster, settled
from tests.laws.effort import tried
from tests.unit.plan.plans import plan

SEEDS = st.integers(0, 2**32)
NO_RENAMES: dict[str, str] = {}


def _pages(live: Sequence[LiveOne], size: int) -> Iterator[Sequence[LiveOne]]:
    for start in range(0, len(live), size):
        yield live[start : start + size]


def _estate(seed: int) -> tuple[Roster, list[LiveOne], random.Random, dict[str, str]]:
    chance = random.Random(seed)
    count = chance.choice([3, 8, 20])
    live = random_live(chance, count)
    renames = {"old-uk": "uk"} if chance.random() < 0.3 else NO_RENAMES
    for sim in live if renames else ():
        sim.group = "old-uk" if sim.group == "uk" else sim.group
    return random_roster(chance, count), live, chance, renames


@tried(500)
@given(SEEDS)
def test_the_difference_is_that_of_the_plain_comparison(seed: int) -> None:
    """For every SIM: where it goes, its state, its settings, and what is noticed of it."""
    roster, live, _, renames = _estate(seed)
    before = deepcopy(roster)
    found = plain(compare(roster, _pages(live, 7), renames=renames))
    assert found == expected(roster, live, renames)
    assert roster == before


@tried(200)
@given(SEEDS, st.integers(1, 30))
def test_pages_in_any_order_and_size_give_the_same_plan(seed: int, size: int) -> None:
    """To the byte; and the plan is the same after it was written and read."""
    roster, live, chance, renames = _estate(seed)
    first = roster_plan(compare(roster, _pages(live, 1000), renames=renames), roster, lambda _: None)
    chance.shuffle(live)
    second = roster_plan(compare(roster, _pages(live, size), renames=renames), roster, lambda _: None)
    content = encode(plan(roster=first))
    assert content == encode(plan(roster=second))
    assert plan_of(read_document(content)).roster == first


@tried(300)
@given(SEEDS)
def test_what_was_done_is_not_asked_for_again(seed: int) -> None:
    """After everything that was found is done, nothing is found; contested SIMs wait, and changed tags choose anew."""
    roster, live, _, renames = _estate(seed)
    difference = compare(roster, _pages(live, 7), renames=renames)
    # Leaving out by group is about where a SIM is now: when another set moves it, that says something else afterwards.
    if any(one.excluded for one in roster.sets) or any("tags" in edit.after for edit in difference.edits):
        return
    again = plain(compare(roster, _pages(settled(live, difference, renames), 7), renames=renames))
    impossible = {
        int(sim.iccid)
        for sim in live
        if sim.status == "pending" and plain(difference).states.get(int(sim.iccid)) == "suspended"
    }
    assert again.moves == {}
    assert again.edits == {}
    assert again.states.keys() <= impossible


@tried(200)
@given(SEEDS)
def test_absence_does_nothing_to_a_sim(seed: int) -> None:
    """A SIM that no set or Endpoint names is touched only by an exclusive set of its group, and never terminated."""
    roster, live, _, renames = _estate(seed)
    found = plain(compare(roster, _pages(live, 7), renames=renames))
    named = set(roster.members) | set(roster.endpoints)
    removing = {one.group for one in roster.sets if one.is_exclusive and (one.move_to or one.suspends)}
    for sim in live:
        number, place = int(sim.iccid), renames.get(sim.group or "", sim.group)
        is_selected = any(one.selectors for one in roster.sets) or sim.reference in roster.references
        if number not in named and not is_selected and place not in removing:
            assert number not in found.moves
            assert number not in found.states
            assert number not in found.edits
    terminated = {number for number, state in found.states.items() if state == "terminated"}
    assert terminated <= {number for number, said in roster.settings.items() if said.get("state") == "terminated"}


@pytest.mark.parametrize("where", ["uk", "lab", "stock"])
@pytest.mark.parametrize("from_groups", [{"lab"}, {"uk"}, {"lab", "uk"}])
@pytest.mark.parametrize("is_selected", [True, False])
def test_one_set_leaves_out_what_it_excludes_and_comes_to_rest(
    where: str, from_groups: set[str], is_selected: bool
) -> None:
    """By selector: a SIM in one of the groups stays there; its own group among them: whoever would come to it."""
    left_out = Selector(groups=frozenset(from_groups), any_tags=frozenset("x"))
    meant = Selector(groups=frozenset({"lab", "stock"}), reference="VAN-*")
    one = SimSet(
        address="EndpointSet/s",
        group="uk",
        is_exclusive=True,
        move_to="park",
        selectors=(meant,) if is_selected else (),
        excluded=(left_out,),
    )
    live = [LiveOne(iccid(1), where, tags=["x"], reference="VAN-1"), LiveOne(iccid(2), where, reference="VAN-2")]
    roster = Roster(sets=[one], members={} if is_selected else {int(sim.iccid): 0 for sim in live})
    difference = compare(roster, [live])
    moves = plain(difference).moves
    is_left_out = where in from_groups or "uk" in from_groups
    target = ("park" if where == "uk" else where) if is_left_out else "uk"
    assert moves.get(int(iccid(1)), ("", where))[1] == target
    assert moves.get(int(iccid(2)), ("", where))[1] == "uk"
    assert plain(compare(roster, [settled(live, difference, {})])).moves == {}


@pytest.mark.parametrize("place", [0, 3, 5])
@pytest.mark.parametrize("sort", ["listed", "exclusive", "endpoint", "reference", "settings"])
def test_a_sim_twice_in_the_live_list_is_refused(sort: str, place: int) -> None:
    """The list was not read completely, whatever it says of the SIM (I10)."""
    live = [LiveOne(iccid(n), "uk", reference=f"R{n}") for n in range(5)]
    numbers = [int(sim.iccid) for sim in live]
    roster = Roster(sets=[SimSet(address="EndpointSet/s", group="uk", is_exclusive=sort == "exclusive")])
    if sort in {"listed", "settings"}:
        roster.members = dict.fromkeys(numbers, 0)
    if sort == "settings":
        roster.settings = {numbers[0]: {"displayName": "A"}}
    if sort == "reference":
        roster.references = {f"R{n}": 0 for n in range(5)}
    if sort == "endpoint":
        roster.sets = [SimSet(address=f"Endpoint/e{n}", group=None) for n in range(5)]
        roster.endpoints = {number: n for n, number in enumerate(numbers)}
    live.insert(place, live[2])
    before = deepcopy(roster)
    with pytest.raises(Duplicate):
        compare(roster, _pages(live, 2))
    assert roster == before


def test_a_sim_by_reference_and_by_number_is_one_sim() -> None:
    """For one group it is listed; for two it is contested; it is never said to be missing."""
    live = [LiveOne(iccid(1), "de", reference="VAN-1")]
    roster = Roster(
        sets=[SimSet(address="EndpointSet/a", group="uk"), SimSet(address="EndpointSet/b", group="de")],
        members={int(iccid(1)): 0},
        references={"VAN-1": 1},
    )
    found = compare(roster, [live])
    assert found.claimed == [(int(iccid(1)), 0, 1)]
    assert found.missing_references == []
    roster.references["VAN-1"] = 0
    assert plain(compare(roster, [live])).moves == {int(iccid(1)): ("de", "uk")}
