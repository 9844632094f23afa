"""Two estates and one store, from the command line: nobody takes, changes or deletes what another owns."""

import json
import shutil
from pathlib import Path

import pytest

from reconciler.plan.canonical_json import canonical, digest
from reconciler.simulator.application import Simulator
from reconciler.store.location import StoreLocation
from tests.features.cli.copies import Copy
from tests.unit.store.stores import everything, place_golden

OLD, NEW = "vantiq-motors", "vantiq-trucks"


@pytest.fixture
def applied(tmp_path: Path, platform: tuple[Simulator, str]) -> Copy:
    """An estate that is applied."""
    copy = Copy(tmp_path / "vantiq")
    copy.environment["STACUITY_HOST"] = platform[1]
    assert copy.run("apply", "--auto-approve").exit_code == 0
    return copy


def _owned(copy: Copy) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(copy.run("inventory", "list", "-o", "json").stdout)["owned"]
    return found


def _renamed(copy: Copy) -> None:
    copy.edit("reconciler.yaml", f"name: {OLD}", f"name: {NEW}")


def test_another_name_deletes_and_adopts_nothing(applied: Copy, platform: tuple[Simulator, str]) -> None:
    """A copied folder with its store and a new name: refused with the owner's name, and the command that renames."""
    before = platform[0].dump()
    _renamed(applied)

    for command in (("plan",), ("plan", "--adopt"), ("apply", "--auto-approve"), ("apply", "--adopt", "-y")):
        result = applied.run(*command)
        assert result.exit_code == 3, result.output
        assert f"belongs to the estate {OLD} of this store, not to {NEW}" in result.output
        assert f"reconciler store rename-estate {OLD} {NEW}" in result.output
        assert "will be adopted" not in result.output
        assert "will be deleted" not in result.output
    assert platform[0].dump() == before
    adopted = applied.run("adopt", "--all", "-y")
    assert adopted.exit_code == 3, adopted.output


def test_an_estate_without_manifests_deletes_nothing_of_the_others(
    applied: Copy, platform: tuple[Simulator, str]
) -> None:
    """Neither an empty estate nor its destruction reaches what another estate owns; it is listed with its owner."""
    before = platform[0].dump()
    _renamed(applied)
    shutil.rmtree(applied.root / "estate")
    (applied.root / "estate").mkdir()
    (applied.root / "estate" / "one.yaml").write_text(
        "apiVersion: reconciler.dev/v1alpha1\nkind: VSlice\nmetadata: {name: trucks-net}\n"
        "spec: {displayName: Trucks, subnets: [10.99.0.0/24]}\n",
        encoding="utf-8",
    )

    plan = applied.run("plan", "-o", "json")
    assert plan.exit_code == 0, plan.output
    body = json.loads(plan.stdout)["plan"]
    assert [(change["address"], change["action"]) for change in body["changes"]] == [("VSlice/trucks-net", "create")]
    assert {item["owner"] for item in body["unmanaged"]} == {OLD}
    destroyed = applied.run("destroy", "--confirm", NEW)
    assert destroyed.exit_code == 11, destroyed.output
    assert applied.run("destroy", "--confirm", OLD).exit_code == 11
    assert platform[0].dump() == before


def test_a_renamed_estate_goes_on(applied: Copy) -> None:
    """After `store rename-estate` the plan is empty, inventory and history are there; the old name is unknown."""
    _renamed(applied)
    for command in (("inventory", "list"), ("history",), ("recover",)):
        result = applied.run(*command)
        assert result.exit_code == 8, result.output
        assert f"store rename-estate {OLD} {NEW}" in result.output

    assert applied.run("store", "rename-estate", OLD, NEW).exit_code == 0
    assert applied.run("plan", "--detailed-exitcode").exit_code == 0
    assert applied.run("history").output.count("apply: exit 0") == 1

    clash = applied.run("store", "rename-estate", OLD, NEW)
    assert clash.exit_code == 8
    assert OLD in clash.output
    assert NEW in clash.output


def test_a_plan_of_another_estate_is_refused(applied: Copy) -> None:
    """Exit code 4, with both names, before anything is compared."""
    assert applied.run("plan", "--out", str(applied.root / "plan.json")).exit_code == 0
    _renamed(applied)

    result = applied.run("apply", str(applied.root / "plan.json"), "--auto-approve")

    assert result.exit_code == 4, result.output
    assert f"the plan is of the estate {OLD}, not of {NEW}" in result.output


def test_taking_over_is_a_change(applied: Copy, platform: tuple[Simulator, str]) -> None:
    """Adoptions count in the summary and in the exit code; an object that is edited as well says both."""
    applied.lose_store()
    applied.edit("estate/fleet/groups.yaml", "Fleet United Kingdom", "Fleet of the United Kingdom")
    count = len(applied.run("plan", "--adopt", "--verbose").output.split("will be adopted")) - 1

    plan = applied.run("plan", "--adopt", "--detailed-exitcode")

    assert plan.exit_code == 2, plan.output
    assert f"1 to change, 0 to replace, 0 to destroy, {count} to adopt (1 of them changed as well)" in plan.output
    assert "No changes" not in plan.output
    assert applied.run("apply", "--adopt", "-y").exit_code == 0
    assert applied.run("plan", "--detailed-exitcode").exit_code == 0


def test_an_adoption_is_an_entry_of_its_own(applied: Copy, platform: tuple[Simulator, str]) -> None:
    """An object both adopted and edited has two: the adoption changes nothing, and the edit after it says that too."""
    applied.lose_store()
    applied.edit("estate/fleet/groups.yaml", "Fleet United Kingdom", "Fleet of the United Kingdom")
    address = "EndpointGroup/vantiq-fleet-uk"

    plan = json.loads(applied.run("plan", "--adopt", "-o", "json").stdout)["plan"]

    first, second = [change for change in plan["changes"] if change["address"] == address]
    assert (first["action"], first["adopts"], first["fields"]) == ("adopt", False, [])
    assert first["before"] == first["after"] == {**second["after"], "displayName": "Fleet United Kingdom"}
    assert (second["action"], second["adopts"]) == ("update", True)
    assert [field["path"] for field in second["fields"]] == ["displayName"]
    actions = [change["action"] for change in plan["changes"]]
    assert {action: plan["summary"][action] for action in set(actions)} == {a: actions.count(a) for a in set(actions)}
    text = applied.run("plan", "--adopt", "--verbose").output
    assert f"= {address} will be adopted" in text
    assert f"~ {address} will be updated" in text
    assert "because it exists, and differs from its manifest" in text


def test_an_adoption_that_a_plan_file_hides_is_refused(applied: Copy) -> None:
    """Without the entry of the adoption, or with another one in its place, the file contradicts itself: exit code 4."""
    applied.lose_store()
    applied.edit("estate/fleet/groups.yaml", "Fleet United Kingdom", "Fleet of the United Kingdom")
    plan = applied.root / "plan.json"
    assert applied.run("plan", "--adopt", "--out", str(plan)).exit_code == 0
    document = json.loads(plan.read_bytes())
    entries = document["plan"]["changes"]
    (place,) = [n for n, entry in enumerate(entries) if entry["address"] == "EndpointGroup/vantiq-fleet-uk"][:1]
    moved = [*entries[:place], *entries[place + 1 :], entries[place]]
    edited = [*entries[:place], {**entries[place], "after": {}}, *entries[place + 1 :]]

    for forged in ([*entries[:place], *entries[place + 1 :]], moved, edited):
        body = {**document["plan"], "changes": forged}
        header = {"digest": digest(body), "origin": document["origin"]}
        plan.write_bytes(canonical({**header, "plan": body, "seal": digest(header)}) + b"\n")
        result = applied.run("apply", str(plan), "-y")
        assert result.exit_code == 4, result.output
        assert "contradicts itself" in result.output


@pytest.mark.parametrize("chosen", [("--all",), ("--kind", "VSlice", "--kind", "EndpointGroup"), ("VSlice/*",)])
def test_many_are_taken_over_at_once_and_nothing_is_sent(
    applied: Copy, platform: tuple[Simulator, str], chosen: tuple[str, ...]
) -> None:
    """By kind, by pattern, or everything; what is not chosen stays as it is."""
    applied.lose_store()
    before = platform[0].dump()

    result = applied.run("adopt", *chosen, "-y")

    assert result.exit_code == 0, result.output
    assert platform[0].dump() == before
    owned = {row["address"].split("/")[0] for row in _owned(applied)}
    named = {part.removesuffix("/*") for part in chosen if not part.startswith("--")}
    assert owned == named if named else len(owned) > 2
    nothing = applied.run("adopt", "VSlice/no-such-*", "-y")
    assert nothing.exit_code == 64
    assert applied.run("adopt", "-y").exit_code == 64


def test_a_copied_store_from_before_estates_is_claimed_by_nobody(tmp_path: Path) -> None:
    """Under a new name: exit code 8 for every command, with the command that renames, which then goes on."""
    copy = Copy(tmp_path / "vantiq")
    copy.environment["STACUITY_HOST"] = "embedded"
    _renamed(copy)
    location = StoreLocation.parse("sqlite:.reconciler/state.db", copy.root)
    place_golden(location, 1)
    before = everything(location)

    for command in (("plan",), ("apply", "-y"), ("adopt", "--all", "-y"), ("destroy", "--confirm", NEW), ("recover",)):
        result = copy.run(*command)
        assert result.exit_code == 8, result.output
        assert "does not say which estate owns its 1 object" in result.output
        assert f"reconciler store rename-estate OLD {NEW}" in result.output
    assert everything(location) == before

    result = copy.run("store", "rename-estate", OLD, NEW)
    assert result.exit_code == 0, result.output
    assert f"to schema 2 for {OLD}; as it was: " in result.output
    assert [row["address"] for row in _owned(copy)] == ["VSlice/fleet-net"]


def test_a_copied_folder_under_a_new_name_goes_on_with_one_command(
    applied: Copy, platform: tuple[Simulator, str], tmp_path: Path
) -> None:
    """The copy has its `.reconciler` folder too: refused until somebody says that it is the same estate."""
    shutil.copytree(applied.root, tmp_path / "copy")
    before, log = platform[0].dump(), len(platform[0].log())
    original, applied.root = applied.root, tmp_path / "copy"
    _renamed(applied)

    refused = applied.run("apply", "-y")

    assert refused.exit_code == 3, refused.output
    (hint,) = {line for line in refused.stderr.splitlines() if "Nothing was sent" in line}
    assert f"reconciler store rename-estate {OLD} {NEW}" in hint
    assert platform[0].dump() == before
    assert {row.method for row in platform[0].log()[log:]} == {"GET"}
    assert applied.run("store", "rename-estate", OLD, NEW).exit_code == 0
    assert applied.run("plan", "--detailed-exitcode").exit_code == 0
    applied.root = original
    assert applied.run("plan", "--detailed-exitcode").exit_code == 0
