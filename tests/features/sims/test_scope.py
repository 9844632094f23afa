"""Scope of SIMs: what lies outside by its live group or its live tags stays as it is, whoever lists it."""

import random
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.diffing.rosters import compare
from reconciler.errors import InvalidManifests
from reconciler.model.roster import Roster
from reconciler.model.scope import Scope
from reconciler.plan.roster import RosterAction
from reconciler.plan.scoping import bounded
from tests.features.sims.estate import SimHouse, endpoint, groups, iccids, listed
from tests.features.sims.naive import (
    GROUPS,
    PARK,
    POOLS,
    TAGS,
    LiveOne,
    Outcome,
    expected,
    plain,
    random_live,
    random_roster,
)
from tests.laws.effort import tried

OURS, THEIRS = iccids(2), iccids(3, 10)
GROUPED = ("fleet-uk", "fleet-de")
CONFIGURATION = """\
apiVersion: reconciler.dev/v1alpha1
kind: Estate
metadata: {name: estate}
spec: {scope: SCOPE, manifests: [estate.yaml]}
"""


def _bound(house: SimHouse, scope: str) -> None:
    house.write("reconciler.yaml", CONFIGURATION.replace("SCOPE", scope))


def _tag(house: SimHouse, iccid: str, tag: str) -> None:
    house.simulator.perform(lambda scene, _: scene.endpoints.edit(iccid, {"tags": [tag]}))


def _fits(name: str | None, patterns: Collection[str]) -> bool:
    return not patterns or any(fnmatchcase(name or "", pattern) for pattern in patterns)


def _carries(tags: Sequence[str], patterns: Collection[str]) -> bool:
    return not patterns or any(_fits(tag, patterns) for tag in tags)


def _is_inside(sim: LiveOne, free: Outcome, scope: Scope) -> bool:
    """Written down once more: a SIM is inside before and after all that is asked of it."""
    number = int(sim.iccid)
    _, target = free.moves.get(number, (None, None))
    places = [place for place in (sim.group, target) if place is not None]
    after = free.edits.get(number, {}).get("tags", sim.tags) or ()
    is_placed = all(_fits(place, scope.groups) for place in places) and bool(places or not scope.groups)
    return is_placed and _carries(sim.tags, scope.tags) and _carries(after, scope.tags)


def _drawn(chance: random.Random) -> tuple[list[LiveOne], Roster, Scope]:
    count = chance.choice([3, 8, 20])
    patterns = [*GROUPS, *POOLS, PARK, "?e", "*"]
    scope = Scope(
        groups=tuple(chance.sample(patterns, chance.randrange(5))), tags=tuple(chance.sample(TAGS, chance.randrange(3)))
    )
    return random_live(chance, count), random_roster(chance, count), scope


@tried(300)
@given(st.integers(0, 2**32))
@example(226033)
def test_of_each_sim_all_that_is_asked_is_planned_or_nothing(seed: int) -> None:
    """For SIMs and sets as they come: those inside before and after are planned for, the others are reported."""
    live, roster, scope = _drawn(random.Random(seed))
    free = expected(roster, live, {})

    found = compare(roster, [live], scope=scope)

    bound = plain(found)
    inside = {int(sim.iccid) for sim in live if _is_inside(sim, free, scope)}
    asked = {*free.moves, *free.states, *free.edits, *free.claimed}
    assert bound.moves == {i: move for i, move in free.moves.items() if i in inside}
    assert bound.states == {i: state for i, state in free.states.items() if i in inside}
    assert bound.edits == {i: edit for i, edit in free.edits.items() if i in inside}
    assert bound.claimed == free.claimed & inside
    assert {iccid for iccid, _ in found.outside} == asked - inside
    assert bound.unchanged == free.unchanged


@tried(200)
@given(st.integers(0, 2**32))
def test_the_order_and_the_cut_of_pages_change_nothing_about_the_scope(seed: int) -> None:
    """The same SIMs in one page and one by one give the same."""
    chance = random.Random(seed)
    live, roster, scope = _drawn(chance)
    whole = compare(roster, [live], scope=scope)
    pages = [[sim] for sim in chance.sample(live, len(live))]

    single = compare(roster, pages, scope=scope)

    assert plain(single) == plain(whole)
    assert sorted(single.outside) == sorted(whole.outside)


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """Two groups that are applied, with five SIMs in service."""
    found = SimHouse(tmp_path)
    found.stock([*OURS, *THEIRS])
    found.declare(groups(*GROUPED), listed("set-uk", "fleet-uk", OURS), listed("set-de", "fleet-de", THEIRS))
    _bound(found, "{names: ['*']}")
    found.converge()
    return found


def _touched(house: SimHouse) -> tuple[list[str], set[str]]:
    """The refusals of the scope, and the SIMs that the plan has anything for."""
    plan = house.now()
    said = [result.message for result in plan.objections() if result.guard == "scope"]
    changed = {iccid for change in plan.roster.changes for iccid in change.iccids}
    return said, changed | {edit.iccid for edit in plan.roster.edits}


@pytest.mark.parametrize("scope", ["{groups: [fleet-uk]}", "{groups: ['fleet-u?'], names: ['*-*']}"])
@pytest.mark.parametrize(
    "documents",
    [
        (listed("set-uk", "fleet-uk", [*OURS, *THEIRS]),),
        (listed("set-uk", "fleet-uk", OURS), *(endpoint(f"sim-{n}", n, ", displayName: X") for n in THEIRS)),
        (listed("set-uk", "fleet-uk", OURS), *(endpoint(f"sim-{n}", n, ", state: suspended") for n in THEIRS)),
        (listed("set-uk", "fleet-uk", OURS), *(endpoint(f"sim-{n}", n, ", state: terminated") for n in THEIRS)),
    ],
    ids=["moved in", "edited", "suspended", "terminated"],
)
def test_sims_of_a_group_outside_stay_as_they_are(house: SimHouse, scope: str, documents: tuple[str, ...]) -> None:
    """The plan is refused with the manifest, its line and the scope, and has nothing for these SIMs."""
    house.declare(groups(*GROUPED), *documents)
    _bound(house, scope)

    said, touched = _touched(house)

    assert said
    for message in said:
        assert "(estate.yaml:" in message
        assert "outside of the scope (spec.scope.groups: fleet-u" in message
    assert touched == set()


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (listed("set-de", "fleet-de", [*OURS, *THEIRS]), ("spec", "group")),
        (endpoint("sim-a", OURS[0], ", group: fleet-de"), ("spec", "group")),
        (
            listed("set-uk", "fleet-uk", OURS, ", authority: exclusive, onRemove: {moveTo: fleet-de}"),
            ("spec", "onRemove", "moveTo"),
        ),
    ],
    ids=["set", "endpoint", "move of the rest"],
)
def test_a_declared_group_outside_is_invalid(house: SimHouse, document: str, path: tuple[str, ...]) -> None:
    """SIMs that are sent out of the scope are refused before the platform is asked: exit code 8, with the place."""
    house.declare(groups(*GROUPED), document)
    _bound(house, "{groups: [fleet-uk]}")

    with pytest.raises(InvalidManifests) as caught:
        house.now()

    (found,) = caught.value.diagnostics
    assert (found.code.id, found.path) == ("R220", path)
    assert found.span is not None
    assert found.span.file == "estate.yaml"
    assert caught.value.exit_code == 8


@pytest.mark.parametrize(
    "document",
    [
        endpoint("sim-a", OURS[0], ", tags: [team-b]"),
        endpoint("sim-a", OURS[0], ", tags: null"),
        listed("set-a", "fleet-uk", OURS, ", attributes: {tags: [team-b]}"),
        (
            f"kind: EndpointSet\nmetadata: {{name: set-a}}\nspec: {{group: fleet-uk, members: [{{list: "
            f'[{{iccid: "{OURS[0]}", tags: [team-b]}}, {{iccid: "{OURS[1]}"}}]}}]}}\n'
        ),
    ],
    ids=["other tag", "cleared", "of a set", "of a row"],
)
def test_declared_tags_outside_are_invalid(house: SimHouse, document: str) -> None:
    """An edit that would take a SIM out of the scope is refused before the platform is asked."""
    house.declare(groups(*GROUPED), document)
    _bound(house, "{tags: ['team-a*']}")

    with pytest.raises(InvalidManifests) as caught:
        house.now()

    assert [found.code.id for found in caught.value.diagnostics] == ["R220"]


def test_tags_of_a_file_outside_are_refused_with_the_row(house: SimHouse) -> None:
    """A row of a CSV file that would take a SIM out of the scope: the plan names the row, and leaves the SIM."""
    for iccid in OURS:
        _tag(house, iccid, "team-a")
    house.write("cars.csv", f"iccid,tags\n{OURS[0]},team-a\n{OURS[1]},team-b\n")
    house.declare(
        groups(*GROUPED),
        "kind: EndpointSet\nmetadata: {name: set-uk}\nspec: {group: fleet-uk, "
        "members: [{file: {path: cars.csv, columns: {iccid: iccid, tags: tags}}}]}\n",
    )
    _bound(house, "{tags: ['team-a*']}")

    said, touched = _touched(house)

    assert len(said) == 1
    assert f"{OURS[1]} (cars.csv:3)" in said[0]
    assert touched == set()


def test_sims_without_a_tag_of_the_scope_stay_as_they_are(house: SimHouse) -> None:
    """By live tags: one SIM has the tag and is renamed, the others are refused, one that would get the tag too."""
    _tag(house, OURS[0], "team-a")
    named = endpoint("sim-a", OURS[0], ", displayName: A car"), endpoint("sim-b", OURS[1], ", tags: [team-a]")
    sets = (listed("set-uk", "fleet-uk", OURS), listed("set-de", "fleet-de", THEIRS))
    house.declare(groups(*GROUPED), *sets, *named)
    _bound(house, "{tags: ['team-*']}")

    said, touched = _touched(house)

    assert len(said) == 1
    assert "would change 1 SIM outside of the scope (spec.scope.tags: team-*)" in said[0]
    assert touched == {OURS[0]}


def test_a_sim_in_no_group_may_be_assigned_to_a_group_of_the_scope(house: SimHouse) -> None:
    """The first assignment counts by its target."""
    new = iccids(1, 90)
    house.stock(new)
    house.declare(groups(*GROUPED), listed("set-uk", "fleet-uk", [*OURS, *new]))
    _bound(house, "{groups: [fleet-uk]}")

    assert _touched(house) == ([], set(new))


def test_a_sim_that_is_to_be_activated_counts_by_its_group_and_its_tags(house: SimHouse) -> None:
    """It is not in the account yet: a SIM that is given a group and a tag of the scope is activated, no other."""
    house.secrets["CODE"] = "a-code"
    new = iccids(1, 90)[0]
    code = ", activationCode: {secretRef: {env: CODE}}"
    house.declare(groups(*GROUPED), endpoint("sim-e", new, f", group: fleet-uk, tags: [team-a]{code}"))
    _bound(house, "{groups: [fleet-uk], tags: [team-a]}")
    assert _touched(house) == ([], {new})

    house.declare(groups(*GROUPED), endpoint("sim-e", new, f", group: fleet-uk{code}"))
    said, touched = _touched(house)
    assert (len(said), touched) == (1, set())


def test_a_sim_that_left_the_scope_after_the_plan_is_left_alone(house: SimHouse) -> None:
    """Another team takes the tag away between plan and apply: the edit of that SIM is stale, the other is made."""
    for iccid in OURS:
        _tag(house, iccid, "team-a")
    named = (endpoint(f"sim-{place}", iccid, ", displayName: A car") for place, iccid in enumerate(OURS))
    house.declare(groups(*GROUPED), listed("set-uk", "fleet-uk", OURS), *named)
    _bound(house, "{tags: ['team-*']}")
    plan = house.now()
    _tag(house, OURS[0], "other")

    report = house.apply(plan, scope=Scope(tags=("team-*",)))

    assert report.sims.stale == ((OURS[0], "it is outside of the scope of this estate now"),)
    assert report.sims.done == 1


def test_a_narrower_scope_refuses_the_sims_of_an_older_plan(house: SimHouse) -> None:
    """A plan that was made under a wider scope: its moves and edits outside are refused before anything is sent."""
    house.declare(
        groups(*GROUPED),
        listed("set-uk", "fleet-uk", [*OURS, THEIRS[0]]),
        endpoint("sim-a", OURS[0], ", tags: [team-b]"),
        endpoint("sim-b", THEIRS[1], ", state: suspended"),
    )
    plan = house.now()
    assert {change.action for change in plan.roster.changes} == {RosterAction.MOVE, RosterAction.SUSPEND}

    def refused(scope: Scope) -> list[tuple[str, int | None]]:
        return [(str(r.addresses[0]), r.measured) for r in bounded(plan, scope).objections() if r.guard == "scope"]

    assert refused(Scope()) == []
    assert refused(Scope(groups=("fleet-*",))) == []
    assert refused(Scope(groups=("fleet-uk",))) == [("Endpoint/sim-b", 1), ("EndpointSet/set-uk", 1)]
    assert refused(Scope(groups=("fleet-de",))) == [("Endpoint/sim-a", 1), ("EndpointSet/set-uk", 1)]
    assert refused(Scope(tags=("team-a",))) == [("Endpoint/sim-a", 1)]


def test_first_assignments_of_an_older_plan_count_by_their_target(house: SimHouse) -> None:
    """A SIM in no group is where the plan puts it, under the scope of whoever applies the plan too."""
    new = iccids(1, 90)
    house.stock(new)
    house.declare(groups(*GROUPED), listed("set-uk", "fleet-uk", [*OURS, *new]))
    plan = house.now()

    assert bounded(plan, Scope(groups=("fleet-uk",))).objections() == ()
    assert [result.measured for result in bounded(plan, Scope(groups=("fleet-de",))).objections()] == [1]
