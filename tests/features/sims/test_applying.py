"""Plans of SIMs through the simulator: what is declared is so afterwards, and nothing else happened on the way."""

from pathlib import Path
from typing import Any, Literal

import pytest

from reconciler.plan.outcomes import ApplyReport
from reconciler.plan.plan import Plan, Verdict
from reconciler.plan.planfile import decode, encode
from reconciler.plan.roster import RosterAction
from reconciler.simulator.faults import Fault
from reconciler.simulator.settings import Settings
from tests.features.sims.estate import (
    SimHouse,
    count_of,
    endpoint,
    from_file,
    group,
    groups,
    house_at,
    iccid,
    iccids,
    listed,
)

ONE_BY_ONE = {"assign": None, "bulk-status": None}
CODE = ", activationCode: {secretRef: {env: CODE}}"


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """Nothing declared, nothing on the platform; the secret CODE is known."""
    return house_at(tmp_path, secrets={"CODE": "open-sesame"})


def _verdicts(plan: Plan, verdict: Verdict) -> set[str]:
    return {result.guard for result in plan.guards if result.verdict is verdict}


def _refused(report: ApplyReport) -> set[str]:
    return {number for number, _ in report.sims.refused}


# --- membership -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", [{}, ONE_BY_ONE], ids=["bulk", "one by one"])
@pytest.mark.parametrize("batch", [7, 500])
def test_membership_is_that_of_the_files(tmp_path: Path, wire: dict[str, str | None], batch: int) -> None:
    """From stock to groups and from group to group; no SIM is without a group once it has had one (D-22)."""
    house = house_at(tmp_path, wire=wire)
    numbers = iccids(30)
    house.stock(numbers)
    more = f", authority: exclusive, limits: {{batch: {batch}}}"
    house.declare(groups(), *(from_file(f"set-{n}", f"fleet-{n}", f"sims/{n}.csv", more) for n in ("uk", "de")))
    for cut in (15, 30, 0, 7):
        wanted = {"uk": numbers[:cut], "de": numbers[cut:]}
        for name, chosen in wanted.items():
            house.csv(f"sims/{name}.csv", chosen)
        house.converge()
        assert house.membership() == {number: f"fleet-{name}" for name, chosen in wanted.items() for number in chosen}
    placed: set[str] = set()
    for _, path, body, status in house.sim_requests():
        assert status == 200
        assert body["endpointGroup"] is not None
        placed |= set(body.get("endpoints", [path.rsplit("/", 1)[-1]]))
    assert placed == set(numbers)


def test_only_what_differs_is_asked_for(house: SimHouse) -> None:
    """A second apply sends nothing for SIMs that are as declared."""
    numbers = iccids(40)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers[:20]), listed("set-de", "fleet-de", numbers[20:]))
    house.converge()
    house.simulator.clear_log()
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers[:22]), listed("set-de", "fleet-de", numbers[22:]))
    house.converge()
    assert house.asked_for() == dict.fromkeys(numbers[20:22], 1)


def test_a_group_whose_sims_all_move_away_goes_in_the_same_apply(house: SimHouse) -> None:
    """Upserts, then moves, then deletions (D-24)."""
    numbers = iccids(10)
    house.stock(numbers)
    house.declare(groups("fleet-uk"), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    house.declare(groups("fleet-de"), listed("set-de", "fleet-de", numbers))
    house.converge()
    assert set(house.membership().values()) == {"fleet-de"}
    order = [(row.method, row.path) for row in house.mutations() if row.method == "DELETE" or "assign" in row.path]
    assert order[-1][0] == "DELETE"


def test_a_group_is_kept_when_a_sim_would_not_go(house: SimHouse) -> None:
    """A change that waits for the moves is skipped, and the rest is said to be done in part."""
    numbers = iccids(4)
    house.stock(numbers)
    house.declare(groups("fleet-uk"), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    house.declare(groups("fleet-de"), listed("set-de", "fleet-de", numbers))
    plan = house.now()
    house.simulator.faults.script([Fault("refuse", path="assign", times=None)])
    report = house.apply(plan)
    assert report.exit_code != 0
    assert _refused(report) == set(numbers)
    assert "fleet-uk" in house.simulator.dump()["EndpointGroups"]
    house.simulator.faults.clear()
    assert house.apply(plan).exit_code == 0
    assert house.now().is_empty


def test_a_renamed_group_keeps_its_sims(house: SimHouse) -> None:
    """Nothing moves: the group is the same, only its name is new."""
    numbers = iccids(5)
    house.stock(numbers)
    house.declare(groups("fleet-uk"), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    renamed = group("fleet-gb", "100.64.0.0/16").replace(
        "{name: fleet-gb}", "{name: fleet-gb, annotations: {reconciler.dev/renamed-from: fleet-uk}}"
    )
    house.declare(renamed, listed("set-uk", "fleet-gb", numbers))
    assert house.now().roster.is_empty
    house.converge()
    assert set(house.membership().values()) == {"fleet-gb"}


# --- what is not there ------------------------------------------------------------------------------------------------


def test_missing_sims_are_warned_of_and_left_out(house: SimHouse) -> None:
    """By number and by reference; the others go where they belong."""
    numbers = iccids(6)
    house.stock(numbers[:4])
    rows = "[{list: [{reference: NOBODY}]}]"
    house.declare(
        groups(),
        listed("set-uk", "fleet-uk", numbers),
        f"kind: EndpointSet\nmetadata: {{name: set-de}}\nspec: {{group: fleet-de, members: {rows}}}\n",
    )
    plan = house.now()
    assert plan.roster.missing == (*numbers[4:], "NOBODY")
    assert "missing" in _verdicts(plan, Verdict.WARN)
    house.converge()
    assert house.membership() == dict.fromkeys(numbers[:4], "fleet-uk")
    assert not set(house.asked_for()) & set(numbers[4:])


@pytest.mark.parametrize("document", ["listed", "endpoint", "bare", "code"])
def test_a_terminated_sim_stays_so_whoever_lists_it(house: SimHouse, document: str) -> None:
    """It is named, nothing is sent for it, and the plan is empty (I22)."""
    number = iccid(1)
    house.stock([number])
    declared = {
        "listed": listed("set-uk", "fleet-uk", [number]),
        "endpoint": endpoint("one-sim", number, ", group: fleet-uk, state: active, displayName: A"),
        "bare": endpoint("one-sim", number),
        "code": endpoint("one-sim", number, CODE),
    }[document]
    house.declare(groups())
    house.converge()
    _terminate(house, number)
    house.declare(groups(), declared)
    plan = house.now()
    assert plan.is_empty
    assert plan.roster.gone == (number,)
    assert plan.roster.missing == ()
    house.apply(plan)
    assert house.asked_for() == {}


# --- attributes and states --------------------------------------------------------------------------------------------


def test_settings_of_rows_and_sets_arrive(house: SimHouse) -> None:
    """From columns, from attributes, from an Endpoint; null clears, and what is not named is kept."""
    numbers = iccids(3)
    house.stock(numbers)
    columns = "{displayName: name, reference: ref, tags: tags, staticIPv4: ip, state: state}"
    house.declare(
        groups(),
        from_file(
            "set-uk", "fleet-uk", f"sims/uk.csv, columns: {columns}", ', attributes: {imeiLock: "352099001761481"}'
        ),
        endpoint("special", numbers[2], ", displayName: Special, keyValues: {depot: Leeds, axle: 3}"),
    )
    rows = [f"{numbers[0]},Van 0,V0,b;a,100.64.3.17,", f"{numbers[1]},,,,,suspended", f"{numbers[2]},Van 2,V2,,,"]
    house.csv("sims/uk.csv", rows, "iccid,name,ref,tags,ip,state")
    house.converge()
    live = house.live()
    assert [live[n]["name"] for n in numbers] == ["Van 0", None, "Special"]
    assert [live[n]["reference"] for n in numbers] == ["V0", None, "V2"]
    assert sorted(live[numbers[0]]["tags"]) == ["a", "b"]
    assert live[numbers[0]]["staticIpAddress"] == "100.64.3.17"
    assert {live[n]["imeiLock"] for n in numbers} == {"352099001761481"}
    assert house.states()[numbers[1]] == "suspended"
    assert {k: str(v) for k, v in live[numbers[2]]["keyValues"].items()} == {"depot": "Leeds", "axle": "3"}
    house.declare(groups(), endpoint("special", numbers[0], ", displayName: null, tags: null, staticIPv4: null"))
    house.converge()
    cleared = house.live()[numbers[0]]
    assert (cleared["name"], cleared["tags"], cleared["staticIpAddress"], cleared["reference"]) == (
        None,
        [],
        None,
        "V0",
    )


def test_a_static_address_is_given_again_after_a_move(house: SimHouse) -> None:
    """A move takes every address away, also one that is declared and fits (D-46)."""
    number = iccid(1)
    house.stock([number])
    text = '{group: %s, members: [{list: [{iccid: "%s", staticIPv4: 100.64.1.1}]}]}'
    both = group("fleet-uk") + "---\n" + group("fleet-gb", "100.64.0.0/16")
    for place in ("fleet-uk", "fleet-gb", "fleet-uk"):
        house.declare(both, f"kind: EndpointSet\nmetadata: {{name: the-set}}\nspec: {text % (place, number)}\n")
        house.converge()
        assert house.live()[number]["staticIpAddress"] == "100.64.1.1"
        assert house.membership()[number] == place


@pytest.mark.parametrize("wire", [{}, ONE_BY_ONE], ids=["bulk", "one by one"])
def test_suspending_and_resuming(tmp_path: Path, wire: dict[str, str | None]) -> None:
    """As rows say; a row that says nothing leaves the state alone."""
    house = house_at(tmp_path, wire=wire)
    numbers = iccids(9)
    house.stock(numbers)
    house.declare(groups(), from_file("set-uk", "fleet-uk", "sims/uk.csv, columns: {state: state}"))
    for first, rest in (("suspended", "active"), ("active", "suspended"), ("", "")):
        house.csv("sims/uk.csv", [f"{n},{first if i < 4 else rest}" for i, n in enumerate(numbers)], "iccid,state")
        house.converge()
        if first:
            assert [house.states()[n] for n in numbers] == [first] * 4 + [rest] * 5
    assert [house.states()[n] for n in numbers] == ["active"] * 4 + ["suspended"] * 5


@pytest.mark.parametrize("removal", ["report", "suspend", "{moveTo: fleet-fr}"])
def test_an_exclusive_set_does_what_it_says_and_no_more(house: SimHouse, removal: str) -> None:
    """300 rows fewer: reported, suspended or moved, never terminated, and said beforehand."""
    numbers = iccids(400)
    house.stock(numbers)
    house.declare(
        groups(), from_file("set-uk", "fleet-uk", "sims/uk.csv", f", authority: exclusive, onRemove: {removal}")
    )
    house.csv("sims/uk.csv", numbers)
    house.converge()
    house.csv("sims/uk.csv", numbers[:100])
    plan = house.now()
    assert plan.roster.unlisted == {"fleet-uk": tuple(sorted(numbers[100:]))}
    assert any("300 SIMs" in result.message for result in plan.guards if result.guard == "unlisted")
    house.converge()
    states, places = house.states(), house.membership()
    assert {states[n] for n in numbers[100:]} == {"suspended" if removal == "suspend" else "active"}
    assert {places[n] for n in numbers[100:]} == {"fleet-fr" if "moveTo" in removal else "fleet-uk"}
    assert {(states[n], places[n]) for n in numbers[:100]} == {("active", "fleet-uk")}


# --- termination ------------------------------------------------------------------------------------------------------


def test_terminating_needs_the_word_and_the_exact_number(house: SimHouse) -> None:
    """Any other number refuses the whole plan, and nothing is sent."""
    from reconciler.errors import Refused

    numbers = iccids(5)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    house.declare(
        groups(),
        listed("set-uk", "fleet-uk", numbers[2:]),
        *(endpoint(f"gone-{n}", number, ", state: terminated") for n, number in enumerate(numbers[:2])),
    )
    plan = house.now()
    assert count_of(plan, RosterAction.TERMINATE) == 2
    before = house.simulator.dump()
    for allowed in (0, 1, 3, 100):
        with pytest.raises(Refused):
            house.apply(plan, terminations=allowed)
    assert house.simulator.dump() == before
    house.converge(terminations=2)
    states = house.states()
    assert [states[n] for n in numbers] == ["terminated"] * 2 + ["active"] * 3


# --- guards -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "moved", "verdict"),
    [("10", 10, "pass"), ("9", 10, "deny"), ('"10%"', 4, "pass"), ('"10%"', 5, "deny"), ("0", 1, "deny")],
)
def test_the_limit_of_a_set_holds(house: SimHouse, limit: str, moved: int, verdict: str) -> None:
    """The limit maxMoves as a number, or as a share of the set."""
    numbers = iccids(40)
    house.stock(numbers)
    house.declare(
        groups(), listed("set-uk", "fleet-uk", numbers[moved:]), listed("set-de", "fleet-de", numbers[:moved])
    )
    house.converge()
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers, f", limits: {{maxMoves: {limit}}}"))
    (result,) = [result for result in house.now().guards if result.guard == "maxMoves"]
    assert (result.verdict, result.measured) == (verdict, moved)


def test_a_share_counts_sims_that_are_selected(house: SimHouse) -> None:
    """A set without a list has the SIMs that its selector takes."""
    numbers = iccids(10)
    house.declare(groups())
    house.converge()
    house.stock(numbers, "fleet-de")
    _tag(house, numbers, "hgv")
    select = "{tags: {all: [hgv]}, from: {groups: [fleet-de]}}"
    text = f'{{group: fleet-uk, members: [{{select: {select}}}], limits: {{maxMoves: "50%"}}}}'
    house.declare(groups(), f"kind: EndpointSet\nmetadata: {{name: set-uk}}\nspec: {text}\n")
    (result,) = [result for result in house.now().guards if result.guard == "maxMoves"]
    assert (result.measured, result.limit) == (10, 5)


def test_a_subnet_that_is_too_small_is_refused(house: SimHouse) -> None:
    """Six addresses of a /29 for seven SIMs, those counted that are there already (D-46)."""
    numbers = iccids(8)
    house.stock(numbers)
    small = group("fleet-small", "100.67.0.0/29")
    house.declare(groups(), small, listed("set-small", "fleet-small", numbers[:6]))
    house.converge()
    house.declare(groups(), small, listed("set-small", "fleet-small", numbers[:7]))
    plan = house.now()
    assert "subnet" in _verdicts(plan, Verdict.DENY)
    house.declare(
        groups(), small, listed("set-small", "fleet-small", numbers[2:8]), listed("set-uk", "fleet-uk", numbers[:2])
    )
    house.converge()


def test_static_addresses_that_do_not_fit_are_listed_beforehand(house: SimHouse) -> None:
    """With the SIM and the address, and how many lose an address at all."""
    numbers = iccids(3)
    house.stock(numbers)
    house.declare(
        groups(), listed("set-uk", "fleet-uk", numbers), endpoint("fixed", numbers[0], ", staticIPv4: 100.64.9.9")
    )
    house.converge()
    house.simulator.session_start(numbers[1])
    house.declare(groups(), listed("set-de", "fleet-de", numbers))
    plan = house.now()
    (found,) = [result for result in plan.guards if result.guard == "static-address"]
    assert f"{numbers[0]} 100.64.9.9" in found.message
    assert [change.losing for change in plan.roster.changes] == [2]
    house.converge()


# --- the plan is frozen -----------------------------------------------------------------------------------------------


def _edit(house: SimHouse, number: str, **values: Any) -> None:
    house.simulator.perform(lambda scene, _: scene.endpoints.edit(number, values))


def _tag(house: SimHouse, numbers: list[str], *tags: str) -> None:
    for number in numbers:
        _edit(house, number, tags=list(tags))


def _terminate(house: SimHouse, number: str) -> None:
    house.simulator.perform(lambda scene, _: scene.endpoints.set_status(number, {"endpointStatus": "terminated"}))


def _move(house: SimHouse, number: str, place: str) -> None:
    house.simulator.perform(lambda scene, _: scene.endpoints.assign({"endpointGroup": place, "endpoints": [number]}))


def test_apply_moves_what_was_selected_when_it_was_planned(house: SimHouse) -> None:
    """Tags that change between review and apply change nothing; the next plan sees them."""
    numbers = iccids(6)
    house.declare(groups())
    house.converge()
    house.stock(numbers, "fleet-de")
    _tag(house, numbers[:3], "hgv")
    text = "{group: fleet-uk, members: [{select: {tags: {any: [hgv]}, from: {groups: [fleet-de]}}}]}"
    house.declare(groups(), f"kind: EndpointSet\nmetadata: {{name: set-uk}}\nspec: {text}\n")
    plan, digest = decode(encode(house.now()), "a.plan")
    assert digest
    _tag(house, numbers[:1])
    _tag(house, numbers[3:4], "hgv")
    assert house.apply(plan).exit_code == 0
    assert [house.membership()[n] for n in numbers] == ["fleet-uk"] * 3 + ["fleet-de"] * 3
    assert [change.iccids for change in house.now().roster.changes] == [(numbers[3],)]


def test_a_sim_that_somebody_moved_meanwhile_is_left_alone(house: SimHouse) -> None:
    """It is stale and named; the others go on; nothing is asked for it."""
    numbers = iccids(6)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    house.declare(groups(), listed("set-de", "fleet-de", numbers), endpoint("one-sim", numbers[0], ", displayName: A"))
    plan = house.now()
    _move(house, numbers[0], "fleet-fr")
    _terminate(house, numbers[1])
    house.simulator.clear_log()
    report = house.apply(plan)
    assert {number for number, _ in report.sims.stale} == set(numbers[:2])
    assert report.exit_code != 0
    assert [house.membership()[n] for n in numbers] == ["fleet-fr", None] + ["fleet-de"] * 4
    assert house.asked_for() == dict.fromkeys(numbers[2:], 1)


def test_settings_that_somebody_changed_meanwhile_are_left_alone(house: SimHouse) -> None:
    """Neither as before nor as wanted: stale."""
    numbers = iccids(2)
    house.stock(numbers)
    house.declare(groups(), *(endpoint(f"sim-{i}", n, ", group: fleet-uk") for i, n in enumerate(numbers)))
    house.converge()
    house.declare(
        groups(), *(endpoint(f"sim-{i}", n, ", group: fleet-uk, displayName: A") for i, n in enumerate(numbers))
    )
    plan = house.now()
    _edit(house, numbers[0], name="Somebody's")
    report = house.apply(plan)
    assert [number for number, _ in report.sims.stale] == [numbers[0]]
    assert [house.live()[n]["name"] for n in numbers] == ["Somebody's", "A"]


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bulk", ["all-or-nothing", "partial"])
@pytest.mark.parametrize("wire", [{}, ONE_BY_ONE], ids=["bulk", "one by one"])
def test_the_sims_that_the_platform_does_not_take_are_named(
    tmp_path: Path, bulk: Literal["all-or-nothing", "partial"], wire: dict[str, str | None]
) -> None:
    """A refused batch is halved until only they are left; every other SIM goes."""
    house = house_at(tmp_path, Settings(bulk=bulk), wire=wire)
    numbers = iccids(24)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    house.declare(groups(), listed("set-de", "fleet-de", numbers))
    plan = house.now()
    bad = {numbers[3], numbers[4], numbers[20]}
    # They vanish between the look around and the move.
    first = True

    def vanish(method: str, _path: str) -> None:
        nonlocal first
        if first and method in {"POST", "PUT"}:
            first = False
            for number in bad:
                _terminate(house, number)

    house.before_request = vanish
    house.simulator.clear_log()
    report = house.apply(plan)
    assert _refused(report) == bad
    assert report.sims.done == len(numbers) - len(bad)
    assert {n for n, place in house.membership().items() if place == "fleet-de"} == set(numbers) - bad
    if wire:
        assert set(house.asked_for().values()) == {1}


def test_one_by_one_nothing_is_asked_twice_when_one_answer_is_429(tmp_path: Path) -> None:
    """Throttled in the middle: only that SIM is tried again."""
    house = house_at(tmp_path, wire=ONE_BY_ONE)
    numbers = iccids(12)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    plan = house.now()
    house.simulator.faults.script([Fault("status", method="PUT", status=429, retry_after="1", skip=5)])
    assert house.apply(plan, parallelism=1).exit_code == 0
    assert sorted(house.asked_for().values()) == [1] * 11 + [2]
    assert house.now().is_empty


# --- activation -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["endpoint", "set"])
def test_a_sim_that_the_account_does_not_have_is_activated(house: SimHouse, by: str) -> None:
    """With its code, into its group, with its settings and state, by one apply; the code is in no plan and no store."""
    number = iccid(1)
    more = ", group: fleet-uk" if by == "endpoint" else ""
    documents = [
        endpoint("new-sim", number, f"{CODE}{more}, displayName: New, state: suspended, staticIPv4: 100.64.0.9")
    ]
    if by == "set":
        documents.append(listed("set-uk", "fleet-uk", [number], ", attributes: {tags: [a]}"))
    house.declare(groups(), *documents)
    plan = house.now()
    assert b"open-sesame" not in encode(plan)
    house.converge()
    live = house.live()[number]
    assert (live["endpointGroup"], live["endpointStatus"], live["name"]) == ("fleet-uk", "suspended", "New")
    assert live["staticIpAddress"] == "100.64.0.9"
    assert live["tags"] == (["a"] if by == "set" else [])
    sent = [row.body for row in house.mutations() if row.path.lower() == "/endpoints"]
    assert sent == [{"iccid": number, "activationCode": "open-sesame"}]


def test_an_endpoint_with_a_code_that_is_there_already_is_left_as_it_is(house: SimHouse) -> None:
    """The code is only for a SIM that the account does not have."""
    house.stock([iccid(1)])
    house.declare(groups(), endpoint("one-sim", iccid(1), CODE))
    plan = house.now()
    assert plan.roster.is_empty
    assert plan.roster.missing == ()


def test_a_wrong_code_names_the_sim_and_sends_nothing_more_for_it(tmp_path: Path) -> None:
    """Refused, with the reason of the platform."""
    house = house_at(tmp_path, Settings(activation_codes={iccid(1): "other"}), secrets={"CODE": "wrong"})
    house.declare(groups(), endpoint("one-sim", iccid(1), f"{CODE}, group: fleet-uk"))
    report = house.apply(house.now())
    assert _refused(report) == {iccid(1)}
    assert "activation code" in report.sims.refused[0][1]
    assert len(house.sim_requests()) == 1


# --- impact -----------------------------------------------------------------------------------------------------------


def test_the_impact_of_a_rule_is_the_number_of_sims_behind_it(house: SimHouse) -> None:
    """One rule, four groups: as many SIMs as an independent count of the platform has in them."""
    sizes = {"fleet-uk": 40, "fleet-de": 30, "fleet-fr": 20}
    fourth = group("fleet-gb", "100.64.0.0/16")
    first = 0
    documents = []
    for name, size in {**sizes, "fleet-gb": 10}.items():
        house.stock(iccids(size, first))
        documents.append(listed(f"set-{name}", name, iccids(size, first)))
        first += size
    house.stock(iccids(7, 1000))
    house.declare(groups(), fourth, *documents)
    house.converge()
    place = house.root / "estate.yaml"
    place.write_text(
        place.read_text().replace(
            "direction: uplink, action: forward, target: fleet-internet", "direction: uplink, action: drop"
        )
    )
    plan = house.now()
    counted = sum(place is not None for place in house.membership().values())
    assert counted == 100
    assert [change.impact.sims for change in plan.changes] == [counted]
    assert plan.sims_touched == counted
