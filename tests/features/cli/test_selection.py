"""A part of an estate: ``--target``, ``--selector`` and ``--changed-since`` leave the rest alone, and say so."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.features.cli.guarded import Guarded, csv
from tests.features.cli.repository import committed, git
from tests.features.sims.estate import NETWORK, groups, iccids

SIMS = iccids(6)


def _policy(name: str, default: str = "allow", labels: str = "{}") -> str:
    return f"kind: OperatorPolicy\nmetadata: {{name: {name}, labels: {labels}}}\nspec: {{default: {default}}}\n"


def _policies(estate: Guarded, default: str, *names: str) -> None:
    labels = {"p-noc": "{team: noc, stage: live}", "p-lab": "{team: lab}"}
    for name in names:
        estate.declare(name, _policy(name, default, labels.get(name, "{}")))


def _sims(estate: Guarded, **files: list[str]) -> None:
    for name, numbers in files.items():
        estate.write(f"sims/{name}.csv", csv(numbers))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """An applied estate, committed as main, in which everything is edited afterwards and one object is removed."""
    estate = Guarded(tmp_path_factory.mktemp("selection") / "estate")
    estate.configure()
    estate.declare("network", NETWORK, groups())
    for name in ("uk", "de"):
        members = f"[{{file: {{path: sims/{name}.csv}}}}]"
        spec = f"{{group: fleet-{name}, members: {members}, authority: exclusive, onRemove: suspend}}"
        estate.declare(f"set-{name}", f"kind: EndpointSet\nmetadata: {{name: set-{name}}}\nspec: {spec}\n")
    _sims(estate, uk=SIMS[:4], de=SIMS[4:])
    _policies(estate, "allow", "p-noc", "p-lab", "p-gone", "p-same")
    estate.stock(SIMS)
    estate.apply()
    committed(estate)
    _policies(estate, "reject-hard", "p-noc", "p-lab")
    (estate.root / "estate" / "p-gone.yaml").unlink()
    _sims(estate, uk=SIMS[:3], de=SIMS[3:])
    return estate


@pytest.fixture
def estate(template: Guarded, tmp_path: Path) -> Guarded:
    """A copy of it."""
    return template.copy_to(tmp_path / "estate")


def _changes(estate: Guarded, *words: str) -> tuple[list[str], int, dict[str, Any]]:
    """The changes of objects, how many SIMs move, and the part that was considered."""
    result = estate.run("plan", "-o", "json", *words)
    assert result.exit_code == 0, result.output
    plan = json.loads(result.stdout)["plan"]
    moved = sum(change["count"] for change in plan["roster"]["changes"])
    changes = [f"{change['action']} {change['address'].partition('/')[2]}" for change in plan["changes"]]
    return changes, moved, plan.get("consideration", {})


@pytest.mark.parametrize(
    ("words", "changes", "moved"),
    [
        ((), ["delete p-gone", "update p-lab", "update p-noc"], 1),
        (("--target", "OperatorPolicy/p-noc"), ["update p-noc"], 0),
        (
            ("--target", "OperatorPolicy/p-noc", "--target", "OperatorPolicy/p-gone"),
            ["delete p-gone", "update p-noc"],
            0,
        ),
        (("--target", "OperatorPolicy/p-*"), ["delete p-gone", "update p-lab", "update p-noc"], 0),
        (("--target", "OperatorPolicy/p-same"), [], 0),
        (("--target", "EndpointSet/set-de"), [], 1),
        # The list that a SIM leaves does not suspend it: another list may have it.
        (("--target", "EndpointSet/set-uk"), [], 0),
        (("--selector", "team=noc"), ["update p-noc"], 0),
        (("--selector", "team==noc,stage!=test"), ["update p-noc"], 0),
        (("--selector", "team in (noc, lab), !stage"), ["update p-lab"], 0),
        (("--selector", "team,team notin (noc)"), ["update p-lab"], 0),
        (("--changed-since", "main"), ["delete p-gone", "update p-lab", "update p-noc"], 1),
        (
            ("--changed-since", "main", "--target", "OperatorPolicy/*"),
            ["delete p-gone", "update p-lab", "update p-noc"],
            0,
        ),
        (("--changed-since", "main", "-l", "team"), ["update p-lab", "update p-noc"], 0),
    ],
)
def test_only_what_is_chosen_changes(estate: Guarded, words: tuple[str, ...], changes: list[str], moved: int) -> None:
    """By address, by label, by what differs from a revision; what is given together must all hold."""
    found, count, _ = _changes(estate, *words)

    assert (sorted(found), count) == (changes, moved)


def test_what_is_needed_is_considered_too(estate: Guarded) -> None:
    """A list of SIMs needs its group, the group its policies and VSlice; the others are named as left out."""
    _, _, part = _changes(estate, "--target", "EndpointSet/set-de")

    assert part["words"] == "--target EndpointSet/set-de"
    assert part["considered"] == 6
    assert part["leftOut"] == [
        *("EndpointGroup/fleet-fr", "EndpointGroup/fleet-uk", "EndpointSet/set-uk"),
        *("OperatorPolicy/p-gone", "OperatorPolicy/p-lab", "OperatorPolicy/p-noc", "OperatorPolicy/p-same"),
    ]


def test_the_text_says_what_is_left_out(estate: Guarded) -> None:
    """How many, by which option, and their names; none of them is called unmanaged."""
    shown = estate.run("plan", "--selector", "team").stdout

    assert "Left out by --selector team: 11 objects, which are not changed" in shown
    assert "considered: 2 objects" in shown
    assert "Unmanaged" not in shown


def test_an_apply_changes_what_is_chosen_and_nothing_else(estate: Guarded) -> None:
    """The rest is as before, and the next whole plan has it still."""
    done = estate.run("apply", "--auto-approve", "--changed-since", "main", "--selector", "team=noc")

    assert done.exit_code == 0, done.output
    assert sorted(_changes(estate)[0]) == ["delete p-gone", "update p-lab"]


def test_a_revision_without_differences_leaves_everything_alone(estate: Guarded) -> None:
    """The plan is empty, and says that everything was left out."""
    commit = committed(estate, "all of it")

    changes, moved, part = _changes(estate, "--changed-since", commit)

    assert (changes, moved, part["considered"]) == ([], 0, 0)


def test_a_former_name_is_no_object_of_its_own(estate: Guarded) -> None:
    """A renamed object is meant by its new name, so that leaving it out never deletes it under the old one."""
    annotations = "annotations: {reconciler.dev/renamed-from: p-same}"
    (estate.root / "estate" / "p-same.yaml").unlink()
    estate.declare(
        "p-new", f"kind: OperatorPolicy\nmetadata: {{name: p-new, {annotations}}}\nspec: {{default: allow}}\n"
    )

    assert estate.run("plan", "--target", "OperatorPolicy/p-same").exit_code == 64
    assert _changes(estate, "--target", "OperatorPolicy/p-new")[0] == ["update p-new"]


def test_an_endpoint_of_a_chosen_list_is_considered_too(estate: Guarded) -> None:
    """The row of a SIM is not planned without what its Endpoint says of it."""
    estate.write("sims/de.csv", csv(SIMS[4:], name="Row"))
    members = "[{file: {path: sims/de.csv, columns: {displayName: name}}}]"
    spec = f"{{group: fleet-de, members: {members}}}"
    estate.declare("set-de", f"kind: EndpointSet\nmetadata: {{name: set-de}}\nspec: {spec}\n")
    one = f'kind: Endpoint\nmetadata: {{name: the-van}}\nspec: {{iccid: "{SIMS[4]}", displayName: Mine}}\n'
    other = f'kind: Endpoint\nmetadata: {{name: other-van}}\nspec: {{iccid: "{SIMS[0]}", displayName: Other}}\n'
    estate.declare("endpoints", one, other)

    result = estate.run("plan", "-o", "json", "--target", "EndpointSet/set-de")

    edits = json.loads(result.stdout)["plan"]["roster"]["edits"]
    assert {edit["iccid"]: edit["after"] for edit in edits} == {
        SIMS[4]: {"displayName": "Mine"},
        SIMS[5]: {"displayName": "Row"},
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target", "OperatorPolicy/p-nox"), "did you mean OperatorPolicy/p-noc?"),
        (("--target", "Nothing/*"), "means nothing that is declared or owned"),
        (("--selector", "team=nobody"), "nothing is meant by --selector team=nobody"),
        (("--selector", "team=="), "nothing is meant"),
        (("--selector", "team in noc"), "is no term of a selector"),
        (("--selector", ""), "is no term of a selector"),
        (("--target", "OperatorPolicy/p-noc", "--prune"), "never does"),
        (("--changed-since", "nowhere"), "there is no revision nowhere here"),
    ],
)
def test_a_selection_that_makes_no_sense_is_wrong_usage(estate: Guarded, words: tuple[str, ...], said: str) -> None:
    """Exit 64 with one line; an empty selection is never everything, and never nothing without a word."""
    result = estate.run("plan", *words)

    assert (result.exit_code, result.stdout) == (64, "")
    assert said in result.stderr


def test_a_plan_file_is_not_narrowed(estate: Guarded, tmp_path: Path) -> None:
    """It is complete: an apply of it takes no selection."""
    estate.run("plan", "--out", str(tmp_path / "saved"))

    result = estate.run("apply", str(tmp_path / "saved"), "--auto-approve", "--selector", "team")

    assert result.exit_code == 64


def test_an_invalid_revision_is_no_selection(estate: Guarded) -> None:
    """A check that cannot be made is an error, not a plan without changes."""
    git(estate.root, "switch", "--quiet", "--create", "topic")
    estate.declare("p-same", _policy("p-same", "perhaps"))
    broken = committed(estate, "broken")
    estate.declare("p-same", _policy("p-same"))

    result = estate.run("plan", "--changed-since", broken)

    assert result.exit_code == 64
    assert "cannot be found out" in result.stderr
