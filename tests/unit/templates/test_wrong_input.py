from pathlib import Path

import pytest

from tests.unit.templates.loading import loaded, places
from tests.unit.templates.wrong_divisions import DIVISIONS, SOUND_DIVISION
from tests.unit.templates.wrong_templates import CASES, SOUND, Wrong


def test_the_sound_template_and_division_are_sound(tmp_path: Path) -> None:
    """Each wrong one differs from them in one text, so nothing else is reported."""
    found, findings = loaded(tmp_path, {"template.yaml": SOUND, "division.yaml": SOUND_DIVISION})
    made = sorted(str(address) for address in found.built.estate)
    assert (findings, made) == (
        [],
        [
            "EndpointGroup/fleet-deu",
            "EndpointGroup/fleet-gbr",
            "EndpointGroup/fleet-m2m",
            "RoutingPolicy/fleet-policy",
            "VSlice/vs-fleet",
        ],
    )


@pytest.mark.parametrize("wrong", CASES, ids=lambda wrong: wrong.name)
def test_a_wrong_template_is_refused_at_its_place(wrong: Wrong, tmp_path: Path) -> None:
    """Without any division: one finding, with the place of the mistake, and the field that it concerns."""
    _, findings = loaded(tmp_path, {"template.yaml": wrong.text})
    assert places(findings) == [("template.yaml", *wrong.place)]
    assert wrong.words in findings[0].detail


@pytest.mark.parametrize("wrong", DIVISIONS, ids=lambda wrong: wrong.name)
def test_a_wrong_division_is_refused_at_its_place(wrong: Wrong, tmp_path: Path) -> None:
    """One finding, whose first place is the line of the division."""
    _, findings = loaded(tmp_path, {"template.yaml": SOUND, "division.yaml": wrong.text})
    assert places(findings) == [("division.yaml", *wrong.place)]
    assert wrong.words in findings[0].detail


def test_the_mistakes_of_a_template_come_in_one_run(tmp_path: Path) -> None:
    """Three mistakes in three resources are three findings, in the order of lines."""
    text = SOUND
    for wrong in CASES:
        if wrong.name in {"text for a number", "an undefined name", "a misspelt key of an item"}:
            assert text.count(wrong.old) == 1
            text = text.replace(wrong.old, wrong.new.replace("⟦", ""))
    _, findings = loaded(tmp_path, {"template.yaml": text})
    assert [place[1] for place in places(findings)] == [32, 47, 58]


INDEX = """\
apiVersion: reconciler.dev/v1alpha1
kind: Template
metadata: {name: indexed}
spec:
  version: "1"
  parameters:
    type: object
    required: [names, on]
    properties: {names: {type: array, items: {type: string, maxLength: 20}}, on: {type: boolean}}
  resources:
    - id: net
      includeWhen: "${params.on}"
      template:
        kind: VSlice
        metadata: {name: "${params.names[2]}"}
        spec: {subnets: [10.0.0.0/16]}
"""
DIVISION = """\
apiVersion: reconciler.dev/v1alpha1
kind: Division
metadata: {name: fleet}
spec:
  template: {name: indexed, version: "1"}
  parameters: {names: NAMES, on: ON}
"""


def _indexed(folder: Path, names: str, on: str) -> tuple[list[str], list[tuple[str, str, list[str]]]]:
    division = DIVISION.replace("NAMES", names).replace("ON", on)
    found, findings = loaded(folder, {"template.yaml": INDEX, "division.yaml": division})
    said = [(str(one.span), one.detail, [str(further.span) for further in one.related]) for one in findings]
    return sorted(map(str, found.built.estate)), said


def test_an_index_beyond_the_list_is_refused_in_a_resource_that_is_included(tmp_path: Path) -> None:
    """The line of the division comes first, then that of the template."""
    detail = "VSlice net: metadata.name has no value for this division: Index error: index=2 size=2."
    assert _indexed(tmp_path, "[first, second]", "true") == (
        [],
        [("division.yaml:6:23", detail, ["template.yaml:15:26"])],
    )


def test_an_index_beyond_the_list_is_not_evaluated_in_a_resource_that_is_excluded(tmp_path: Path) -> None:
    """`includeWhen` is decided before the other expressions of the resource."""
    assert _indexed(tmp_path, "[first, second]", "false") == ([], [])


@pytest.mark.parametrize("name", ["four", "UPPER-CASE", "with blank"])
def test_a_name_that_is_no_moniker_is_refused_for_its_division(name: str, tmp_path: Path) -> None:
    """A form that the schema does not prove is checked when the division is rendered."""
    names, said = _indexed(tmp_path, f"[a, b, {name}]", "true")
    assert (names, [place for place, _, _ in said], [further for _, _, further in said]) == (
        [],
        ["division.yaml:6:23"],
        [["template.yaml:15:26"]],
    )
