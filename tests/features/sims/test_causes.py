"""Each change of a SIM says which manifest or row caused it, in the plan document and in its text."""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import PlanFileError
from reconciler.operations.validate import check
from reconciler.plan.plan import Plan
from reconciler.plan.planfile import body_of, decode, encode
from reconciler.reports.plan_text import render
from reconciler.reports.roster_text import short
from reconciler.reports.viewing import view_of
from tests.features.sims.estate import SimHouse, endpoint, from_file, groups, house_at, iccids, listed


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """Nothing declared, nothing on the platform."""
    return house_at(tmp_path)


def _line(house: SimHouse, text: str) -> str:
    """The place of a line in the manifests that has this text once."""
    lines = (house.root / "estate.yaml").read_text().splitlines()
    (number,) = (number for number, line in enumerate(lines, 1) if text in line)
    return f"estate.yaml:{number}"


def _causes(plan: Plan) -> dict[tuple[str, str], tuple[str, str]]:
    """Per action and SIM the address and the place that caused it, as the plan document has them."""
    body = body_of(decode(encode(plan), "plan.json")[0])["roster"]
    found = {
        (change["action"], iccid): (change["causedBy"].get(iccid, change["address"]), place)
        for change in body["changes"]
        for iccid, place in zip(change["iccids"], change["places"], strict=True)
    }
    return found | {("edit", edit["iccid"]): (edit["address"], edit["place"]) for edit in body["edits"]}


def _text(plan: Plan) -> str:
    return render(view_of(plan, "sha256:0"))


@pytest.mark.parametrize("name", ["uk.csv", "uk.csv.gz"])
@pytest.mark.parametrize(
    ("before", "first"),
    [("iccid\n", 2), ("sep=,\niccid\n", 3), ('iccid,"a\nb"\n', 3), ("\niccid\n\n", 4)],
    ids=["plain", "sep", "two lines", "blank lines"],
)
def test_a_move_names_the_row_of_each_sim(house: SimHouse, name: str, before: str, first: int) -> None:
    """The line of the file as an editor counts it, in the JSON for all and in the text for the first three."""
    numbers = iccids(5)
    house.stock(numbers)
    text = (before + "".join(f"{number}\n" for number in reversed(numbers))).encode()
    house.write(f"sims/{name}", gzip.compress(text) if name.endswith("gz") else text)
    house.declare(groups(), from_file("set-uk", "fleet-uk", f"sims/{name}"))
    plan = house.now()
    rows = {number: f"sims/{name}:{first + row}" for row, number in enumerate(reversed(numbers))}
    assert _causes(plan) == {("move", number): ("EndpointSet/set-uk", rows[number]) for number in numbers}
    sample = ", ".join(f"{short(number)} {rows[number]}" for number in numbers[:3])
    assert f"      {sample} and 2 more" in _text(plan)


def test_a_pattern_names_the_file_of_each_sim(house: SimHouse) -> None:
    """Two files of one set."""
    numbers = iccids(4)
    house.stock(numbers)
    house.csv("sims/a.csv", numbers[:2])
    house.csv("sims/b.csv", numbers[2:])
    house.declare(groups(), from_file("set-uk", "fleet-uk", "sims/*.csv"))
    assert [place for _, place in _causes(house.now()).values()] == [
        "sims/a.csv:2",
        "sims/a.csv:3",
        "sims/b.csv:2",
        "sims/b.csv:3",
    ]


def test_a_list_names_the_line_of_the_manifest(house: SimHouse) -> None:
    """By number and by reference."""
    numbers = iccids(2)
    house.stock(numbers)
    house.control_plane.sims.edit(numbers[1], {"reference": "VAN-2"})
    house.declare(
        groups(),
        "kind: EndpointSet\nmetadata: {name: set-uk}\nspec:\n  group: fleet-uk\n  members:\n"
        f'    - list:\n        - iccid: "{numbers[0]}"\n        - reference: VAN-2\n',
    )
    assert _causes(house.now()) == {
        ("move", numbers[0]): ("EndpointSet/set-uk", _line(house, numbers[0])),
        ("move", numbers[1]): ("EndpointSet/set-uk", _line(house, "VAN-2")),
    }


def test_a_selector_names_its_set(house: SimHouse) -> None:
    """No row says it, so the set does; and a set that is exclusive says what happens to the others."""
    numbers = iccids(3)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    house.declare(
        groups(),
        listed("set-uk", "fleet-uk", numbers[:1], ", authority: exclusive, onRemove: suspend"),
        "kind: EndpointSet\nmetadata: {name: set-de}\nspec: {group: fleet-de, members: "
        '[{select: {from: {groups: [fleet-uk]}, reference: "VAN-*"}}], '
        f'exclude: [{{list: [{{iccid: "{numbers[0]}"}}]}}]}}\n',
    )
    house.control_plane.sims.edit(numbers[1], {"reference": "VAN-1"})
    assert _causes(house.now()) == {
        ("move", numbers[1]): ("EndpointSet/set-de", _line(house, "name: set-de")),
        ("suspend", numbers[2]): ("EndpointSet/set-uk", _line(house, "name: set-uk")),
    }


@pytest.mark.parametrize("state", ["suspended", "terminated"])
def test_an_endpoint_is_blamed_and_not_the_set_that_lists_its_sim(house: SimHouse, state: str) -> None:
    """All SIMs of the change are those of Endpoints: the text names these, and nothing of the set."""
    numbers = iccids(6)
    house.stock(numbers)
    house.csv("sims/uk.csv", numbers)
    house.declare(groups(), from_file("set-uk", "fleet-uk", "sims/uk.csv"))
    house.converge()
    more = f", state: {state}"
    ones = [endpoint(f"one-{place}", number, more) for place, number in enumerate(numbers[:5])]
    house.declare(groups(), from_file("set-uk", "fleet-uk", "sims/uk.csv"), *ones)
    plan = house.now()
    action = {"suspended": "suspend"}.get(state, "terminate")
    assert _causes(plan) == {
        (action, number): (f"Endpoint/one-{place}", _line(house, number)) for place, number in enumerate(numbers[:5])
    }
    text = _text(plan)
    assert "because Endpoint/one-0, Endpoint/one-1, Endpoint/one-2 and 2 more say so" in text
    assert f"{short(numbers[0])} {_line(house, numbers[0])}, " in text
    assert "EndpointSet" not in text
    assert "set-uk" not in text
    assert len(plan.roster.changes) == 1


def test_an_endpoint_that_resumes_its_sim_is_blamed_with_its_place(house: SimHouse) -> None:
    """One Endpoint: its place is that of the change."""
    numbers = iccids(2)
    house.stock(numbers)
    house.declare(
        groups(), listed("set-uk", "fleet-uk", numbers), endpoint("one-sim", numbers[0], ", state: suspended")
    )
    house.converge()
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers), endpoint("one-sim", numbers[0], ", state: active"))
    plan = house.now()
    place = _line(house, "state: active")
    assert _causes(plan) == {("resume", numbers[0]): ("Endpoint/one-sim", place)}
    assert (plan.roster.changes[0].reason, plan.roster.changes[0].place) == ("Endpoint/one-sim says so", place)


def test_a_mixed_change_names_set_and_endpoint_and_is_one_request(house: SimHouse) -> None:
    """Rows of the set suspend their SIMs, and Endpoints others; blame does not divide requests."""
    numbers = iccids(4)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    states = ("suspended", "suspended", "", "suspended")
    house.csv(
        "sims/uk.csv", [f"{number},{state}" for number, state in zip(numbers, states, strict=True)], "iccid,state"
    )
    house.declare(
        groups(),
        "kind: EndpointSet\nmetadata: {name: set-uk}\nspec:\n  group: fleet-uk\n"
        "  members: [{file: {path: sims/uk.csv, columns: {state: state}}}]\n",
        endpoint("one-sim", numbers[2], ", state: suspended"),
        endpoint("two-sims", numbers[3], ", state: suspended"),
    )
    plan = house.now()
    assert _causes(plan) == {
        ("suspend", numbers[0]): ("EndpointSet/set-uk", "sims/uk.csv:2"),
        ("suspend", numbers[1]): ("EndpointSet/set-uk", "sims/uk.csv:3"),
        ("suspend", numbers[2]): ("Endpoint/one-sim", _line(house, numbers[2])),
        ("suspend", numbers[3]): ("Endpoint/two-sims", _line(house, numbers[3])),
    }
    assert "because EndpointSet/set-uk, Endpoint/one-sim, Endpoint/two-sims say so" in _text(plan)
    sent = len(house.sim_requests())
    house.converge()
    assert len(house.sim_requests()) - sent == 1


def test_an_endpoint_that_moves_or_activates_its_sim_is_named_with_its_line(tmp_path: Path) -> None:
    """Its group and its activation code are its own words."""
    house = house_at(tmp_path, secrets={"CODE": "open-sesame"})
    numbers = iccids(2)
    house.stock(numbers[:1])
    code = ", group: fleet-de, activationCode: {secretRef: {env: CODE}}"
    house.declare(groups(), endpoint("one-sim", numbers[0], ", group: fleet-uk"), endpoint("new-sim", numbers[1], code))
    assert _causes(house.now()) == {
        ("move", numbers[0]): ("Endpoint/one-sim", _line(house, numbers[0])),
        ("activate", numbers[1]): ("Endpoint/new-sim", _line(house, numbers[1])),
    }


def test_an_edit_names_the_narrowest_cause(house: SimHouse) -> None:
    """An Endpoint before the row, the row before the attributes of the set; a state in a row is the row's."""
    numbers = iccids(4)
    house.stock(numbers)
    house.csv("sims/uk.csv", [f"{number}," for number in numbers], "iccid,name")
    more = "{file: {path: sims/uk.csv, columns: {displayName: name, state: state}}}"
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    house.csv(
        "sims/uk.csv",
        [f"{numbers[0]},,", f"{numbers[1]},B,", f"{numbers[2]},C,", f"{numbers[3]},,suspended"],
        "iccid,name,state",
    )
    house.declare(
        groups(),
        "kind: EndpointSet\nmetadata: {name: set-uk}\nspec:\n  group: fleet-uk\n"
        f"  members: [{more}]\n  attributes: {{tags: [fleet]}}\n",
        endpoint("one-sim", numbers[1], ", imeiLock: '356938035643809'"),
    )
    plan = house.now()
    by_set = ("EndpointSet/set-uk", _line(house, "attributes:"))
    assert _causes(plan) == {
        ("edit", numbers[0]): by_set,
        ("edit", numbers[1]): ("Endpoint/one-sim", _line(house, "imeiLock")),
        ("edit", numbers[2]): ("EndpointSet/set-uk", "sims/uk.csv:4"),
        ("edit", numbers[3]): by_set,
        ("suspend", numbers[3]): ("EndpointSet/set-uk", "sims/uk.csv:5"),
    }
    assert f"  {_line(house, 'imeiLock')}\n" in _text(plan)


def test_a_file_that_is_another_one_by_then_names_no_lines(house: SimHouse) -> None:
    """Between reading and planning a row was put in: the lines would be those of other SIMs, so the set is named."""
    numbers = iccids(3)
    house.csv("sims/uk.csv", numbers[:2])
    house.declare(groups(), from_file("set-uk", "fleet-uk", "sims/uk.csv"))
    roster = check(house.root, remember=False).sound().roster
    assert roster is not None
    assert roster.rows({int(numbers[1])}) == {int(numbers[1]): "sims/uk.csv:3"}
    house.csv("sims/uk.csv", [numbers[2], *numbers[:2]])
    assert roster.rows({int(numbers[1])}) == {}


def test_a_sim_that_is_excluded_is_not_blamed_on_its_row(house: SimHouse) -> None:
    """A row lists it, and its set excludes it by its reference: it moves because the set is exclusive."""
    numbers = iccids(2)
    house.stock(numbers)
    house.control_plane.sims.edit(numbers[1], {"reference": "VAN-1"})
    house.csv("sims/uk.csv", numbers)
    house.declare(groups(), from_file("set-uk", "fleet-uk", "sims/uk.csv"))
    house.converge()
    more = ", authority: exclusive, onRemove: {moveTo: fleet-de}, exclude: [{list: [{reference: VAN-1}]}]"
    house.declare(groups(), from_file("set-uk", "fleet-uk", "sims/uk.csv", more))
    assert _causes(house.now()) == {("move", numbers[1]): ("EndpointSet/set-uk", _line(house, "name: set-uk"))}


@pytest.mark.parametrize("wrong", [{"places": ("sims/uk.csv:2",)}, {"caused_by": {"8988": "Endpoint/another"}}])
def test_a_plan_file_whose_places_are_not_those_of_its_sims_is_refused(house: SimHouse, wrong: dict[str, Any]) -> None:
    """One place for each SIM or none at all, and causes of its own SIMs only."""
    numbers = iccids(3)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    plan = house.now()
    (change,) = plan.roster.changes
    forged = replace(plan, roster=replace(plan.roster, changes=(replace(change, **wrong),)))
    with pytest.raises(PlanFileError, match="the places that caused it are not those of its SIMs"):
        decode(encode(forged), "plan.json")
