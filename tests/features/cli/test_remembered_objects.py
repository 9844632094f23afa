"""Protection, retention and former names from the command line: what the inventory remembers decides."""

import json
from pathlib import Path

import pytest

from tests.features.cli.guarded import Guarded

PROTECT, RETAIN = 'reconciler.dev/protect: "true"', "reconciler.dev/deletion-policy: retain"


def a_map(name: str = "fleet-map", annotations: str = "", scope: str = "account") -> str:
    """An event map; its scope cannot change, so another one is a replacement."""
    return f"kind: EventMap\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\nspec: {{scope: {scope}}}\n"


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Guarded]:
    """An estate with a protected map, and one with a retained map; each has another one beside it."""
    found = {}
    for name, annotation in (("protected", PROTECT), ("retained", RETAIN)):
        estate = Guarded(tmp_path_factory.mktemp(name) / "estate")
        estate.configure("{emptied: off, deletions: off}")
        estate.declare("maps", a_map(annotations=annotation), "---\n" + a_map("other-map"))
        estate.apply()
        found[name] = estate
    return found


def _copy(template: Guarded, tmp_path: Path) -> Guarded:
    return template.copy_to(tmp_path / "estate")


def _changes(estate: Guarded) -> list[tuple[str, str, str]]:
    body = json.loads(estate.run("plan", "-o", "json").stdout)["plan"]
    return [(c["address"], c["action"], c["reason"]["code"]) for c in body["changes"]]


@pytest.mark.parametrize("name", ["protected", "retained"])
@pytest.mark.parametrize("after", [a_map(scope="vslice"), a_map() + "---\n", ""], ids=["replaced", "lifted", "removed"])
def test_one_edit_does_not_lift_and_use_it(
    templates: dict[str, Guarded], tmp_path: Path, name: str, after: str
) -> None:
    """
    The manifest lifts it and asks for more: the plan only lifts it. Without the manifest, what is remembered holds.

    A second plan replaces the object, after somebody has seen that it is not protected any more.
    """
    estate = _copy(templates[name], tmp_path)
    estate.declare("maps", after, "---\n" + a_map("other-map"))
    before = estate.platform()

    if not after and name == "protected":
        result = estate.run("apply", "-y")
        assert (result.exit_code, "EventMap/fleet-map is protected and would be deleted" in result.output) == (3, True)
    else:
        expected = ("adopt", "lifecycle_changed") if after else ("forget", "removed_but_retained")
        assert _changes(estate) == [("EventMap/fleet-map", *expected)]
        assert estate.run("apply", "-y").exit_code == 0
    assert estate.platform() == before
    if "vslice" in after:
        assert _changes(estate) == [("EventMap/fleet-map", "replace", "immutable_field_changed")]


def test_a_former_name_that_is_taken_is_refused_with_both(templates: dict[str, Guarded], tmp_path: Path) -> None:
    """The new name lives already: nothing is renamed, and the object of the former name is not deleted either."""
    estate = _copy(templates["protected"], tmp_path)
    estate.declare("maps", a_map("other-map", "reconciler.dev/renamed-from: fleet-map"))
    before = estate.platform()

    result = estate.run("apply", "-y")

    assert (result.exit_code, estate.platform() == before) == (3, True), result.output
    assert "REFUSED [rename] EventMap/other-map is declared as the new name of EventMap/fleet-map" in result.output
    last = result.output.rstrip().splitlines()[-1]
    assert "this cannot be applied. Choose another new name for EventMap/fleet-map" in last
    assert "--allow" not in last
