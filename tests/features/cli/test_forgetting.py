"""Letting go: an object stops being ours in one run, and the platform keeps it."""

import json
from pathlib import Path

import pytest

from reconciler.simulator.application import Simulator
from tests.features.cli.copies import Copy

HANDLER = "EventHandler/workshop-webhook"


@pytest.fixture
def applied(tmp_path: Path, platform: tuple[Simulator, str]) -> Copy:
    """An estate that is applied."""
    copy = Copy(tmp_path / "vantiq")
    copy.environment["STACUITY_HOST"] = platform[1]
    assert copy.run("apply", "--auto-approve").exit_code == 0
    return copy


def _owned(copy: Copy) -> set[str]:
    return {row["address"] for row in json.loads(copy.run("inventory", "list", "-o", "json").stdout)["owned"]}


def _undeclare_workshop(copy: Copy) -> None:
    """Take the division of the workshops out of the manifests."""
    for file in (copy.root / "estate" / "workshop").iterdir():
        file.unlink()


def _actions(copy: Copy) -> list[tuple[str, str]]:
    body = json.loads(copy.run("plan", "-o", "json").stdout)["plan"]
    return [(change["address"], change["action"]) for change in body["changes"]]


def test_named_objects_leave_the_inventory_and_stay_on_the_platform(
    applied: Copy, platform: tuple[Simulator, str]
) -> None:
    """One run, no request that writes; a manifest that still declares one is named, and the history has the run."""
    before, owned = platform[0].dump(), _owned(applied)

    result = applied.run("forget", HANDLER, "VSlice/vantiq-w*", "--auto-approve")

    assert result.exit_code == 0, result.output
    assert f"  . {HANDLER} will be forgotten" in result.output
    assert f"note: {HANDLER} is still declared (estate/workshop/groups.yaml:4:9)" in result.output
    assert platform[0].dump() == before
    assert owned - _owned(applied) == {HANDLER, "VSlice/vantiq-workshop"}
    assert "forget: exit 0" in applied.run("history").output


@pytest.mark.slow
def test_a_name_that_is_not_owned_forgets_nothing(applied: Copy) -> None:
    """The nearest owned address is named, and no other of the same command is forgotten."""
    owned = _owned(applied)

    result = applied.run("forget", "VSlice/vantiq-workshop", "EventHandler/workshop-webhok", "-y")

    assert result.exit_code == 64, result.output
    assert f"did you mean {HANDLER}?" in result.output
    assert _owned(applied) == owned


def test_an_estate_that_owns_nothing_has_nothing_to_forget(tmp_path: Path, platform: tuple[Simulator, str]) -> None:
    """Exit code 11, as for everything that needs what an apply made."""
    copy = Copy(tmp_path / "vantiq")
    copy.environment["STACUITY_HOST"] = platform[1]
    assert copy.run("forget", "*", "-y").exit_code == 11


@pytest.mark.slow
def test_without_a_terminal_somebody_has_to_approve(applied: Copy) -> None:
    """Exit code 64 with the option that is missing."""
    result = applied.run("forget", HANDLER)
    assert result.exit_code == 64
    assert "--auto-approve" in result.output


def test_listed_addresses_are_forgotten_by_a_plan_of_everything(applied: Copy, platform: tuple[Simulator, str]) -> None:
    """`spec.removed` keeps what a deletion would take, also where all of a kind goes; the entry may stay afterwards."""
    owned = sorted(name for name in _owned(applied) if "workshop" in name)
    _undeclare_workshop(applied)
    assert {action for _, action in _actions(applied)} == {"delete"}
    applied.edit("reconciler.yaml", "spec:\n", f"spec:\n  removed: [{', '.join(owned)}]\n")
    before = platform[0].dump()

    assert sorted(_actions(applied)) == [(name, "forget") for name in owned]
    assert applied.run("apply", "-y").exit_code == 0
    assert platform[0].dump() == before
    assert not _owned(applied) & set(owned)
    assert applied.run("plan", "--detailed-exitcode").exit_code == 0


@pytest.mark.slow
def test_what_is_destroyed_is_not_what_is_let_go(applied: Copy, platform: tuple[Simulator, str]) -> None:
    """`destroy` deletes what the estate owns, and forgets what `spec.removed` lists."""
    _undeclare_workshop(applied)
    applied.edit("reconciler.yaml", "spec:\n", f"spec:\n  removed: [{HANDLER}]\n")

    result = applied.run("destroy", "--confirm", "nobody")

    assert f"  . {HANDLER} will be forgotten" in result.output
    assert f"  - {HANDLER}" not in result.output


@pytest.mark.parametrize(
    ("listed", "said", "code"),
    [
        (HANDLER, "is declared here, and spec.removed of reconciler.yaml says that it stops being owned", "R214"),
        ("VSlic/gone", "Write VSlice/gone.", "R204"),
        ("EndpointSet/all", "must be the address of an object, as KIND/NAME", "R204"),
        ("VSlice", "must be the address of an object, as KIND/NAME", "R204"),
    ],
)
def test_a_mistake_in_the_list_is_found_offline(tmp_path: Path, listed: str, said: str, code: str) -> None:
    """An address is declared or removed, never both, and it is the address of an object."""
    copy = Copy(tmp_path / "vantiq")
    copy.edit("reconciler.yaml", "spec:\n", f"spec:\n  removed: [{listed}]\n")
    result = copy.run("validate")
    assert result.exit_code == 8
    assert said in result.output
    assert f"error[{code}]" in result.output


def test_a_new_name_for_what_is_removed_is_a_mistake(tmp_path: Path) -> None:
    """An object is renamed or let go, never both."""
    copy = Copy(tmp_path / "vantiq")
    copy.edit("reconciler.yaml", "spec:\n", "spec:\n  removed: [EventHandler/old-hook]\n")
    copy.edit(
        "estate/workshop/groups.yaml",
        "  name: workshop-webhook\n",
        "  name: workshop-webhook\n  annotations: {reconciler.dev/renamed-from: old-hook}\n",
    )
    result = copy.run("validate")
    assert result.exit_code == 8, result.output
    assert "EventHandler/old-hook gets the name workshop-webhook here" in result.output
