"""`drift --write`: the live value comes into the manifest's own line, and nothing else changes."""

import os
import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator
from tests.conformance.client import Client
from tests.features.drift import commented
from tests.features.drift.edits import Place, edited
from tests.features.drift.region import comments, region, with_lead

EDITS = int(os.environ.get("RECONCILER_DRIFT_EDITS", "40"))
BATCH = 10
TOKEN = "a-token-of-the-account"


class Plant:
    """The commented estate, applied, and somebody at the portal of its platform."""

    def __init__(self, root: Path, platform: tuple[Simulator, str]) -> None:
        self.root = root
        for name, text in commented.files().items():
            self.write(name, text)
        simulator, url = platform
        simulator.put_sims((*commented.MACHINES, *commented.LORRIES))
        self.portal = Client(simulator, token=TOKEN)
        self.environment: dict[str, str | None] = {
            "STACUITY_HOST": url,
            "STACUITY_TOKEN": TOKEN,
            "CI": "true",
            "RECONCILER_SECRETS": "*",
            "HOOK_TOKEN": "the-token-of-the-hook",
        }
        applied = self.run("apply", "--auto-approve")
        assert applied.exit_code == 0, applied.output

    def write(self, name: str, text: str) -> None:
        """A file of the estate."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def read(self, name: str) -> str:
        """The text of a file, with the line ends that it has."""
        return (self.root / name).read_bytes().decode()

    def texts(self) -> dict[str, str]:
        """The text of every file of the estate."""
        return {name: self.read(name) for name in commented.files()}

    def run(self, *arguments: str) -> Result:
        """One command in the estate."""
        return CliRunner().invoke(cli, [*arguments, "--chdir", str(self.root)], env=self.environment)

    def is_settled(self) -> None:
        """The next plan is empty and nothing has drifted, without an apply that sends something."""
        plan = self.run("plan", "--detailed-exitcode")
        assert plan.exit_code == 0, plan.output
        drift = self.run("drift")
        assert drift.exit_code == 0, drift.output


@pytest.fixture
def plant(tmp_path: Path, platform: tuple[Simulator, str]) -> Plant:
    """The plant."""
    return Plant(tmp_path / "plant", platform)


def _without(text: str, place: Place, *, lead: int = 0) -> list[str]:
    """The lines outside of the place, and outside of so many lines above it."""
    first, end = region(text, place.address, place.path, place.item)
    lines = text.split("\n")
    return lines[: first - lead] + lines[end:]


def _lead(text: str, place: Place) -> int:
    """How many comment lines are right above a place: they go where it goes."""
    first, _ = region(text, place.address, place.path, place.item)
    return first - with_lead(text, first)


def assert_only_there(before: str, after: str, place: Place) -> None:
    """The lines outside of the place are the same, and in the same order; every comment outside is kept."""
    match place.verb:
        case "row":
            assert [line for line in before.split("\n") if place.item not in line] == [
                line for line in after.split("\n") if place.item not in line
            ]
        case "insert":
            assert _without(after, place) == before.split("\n")
        case "remove":
            assert after.split("\n") == _without(before, place)
        case "move":
            lead = _lead(before, place)
            assert _without(before, place, lead=lead) == _without(after, place, lead=lead)
            assert sorted(before.split("\n")) == sorted(after.split("\n"))
        case _:
            assert _without(before, place) == _without(after, place)
            kept = comments("\n".join(_without(before, place)))
            assert [one for one in comments(after) if one in kept] == kept


def _tried(plant: Plant, rng: random.Random, count: int) -> None:
    for number in range(count):
        before = plant.texts()
        place = edited(plant.portal, rng)
        found = plant.run("drift", "--write")
        assert found.exit_code == 0, (number, place, found.output)
        after = plant.texts()
        assert {name for name in after if after[name] != before[name]} == {place.file}, (number, place, found.output)
        try:
            assert_only_there(before[place.file], after[place.file], place)
        except AssertionError as error:
            raise AssertionError((number, place, str(error))) from error
        plant.is_settled()
        # From the next apply on, which has nothing to send, the accepted value is the one that was last applied.
        plant.portal.simulator.clear_log()
        assert plant.run("apply", "--auto-approve").exit_code == 0
        assert {row.method for row in plant.portal.simulator.log()} <= {"GET"}


def test_a_live_edit_touches_its_own_lines_only(plant: Plant) -> None:
    """A few random edits, one after the other; the long tier tries two hundred."""
    _tried(plant, random.Random(11), 3)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(EDITS // BATCH))
def test_many_live_edits_touch_their_own_lines_only(plant: Plant, batch: int) -> None:
    """Scalars, items that come, go and move, rows of SIMs: each is in its own lines, and the next plan is empty."""
    seed = int(os.environ.get("RECONCILER_DRIFT_SEED", "20261128"))
    _tried(plant, random.Random(seed + batch), BATCH)


def test_a_secret_is_named_and_not_written(plant: Plant) -> None:
    """The rest of its block is written; what is left is said, with exit code 2, and no file has the new secret."""
    config = plant.portal.get("/EventHandlers/plant-hook")["configurationData"]
    config["webhookConfig"] |= {"bearerToken": "another-token", "url": "https://other.example/x", "timeout": "7"}
    plant.portal.ok("PUT", "/EventHandlers/plant-hook", {"configurationData": config})

    found = plant.run("drift", "--write")

    assert found.exit_code == 2, found.output
    for path in ("webhook.bearerToken", "webhook.url"):
        assert f"not written: EventHandler/plant-hook {path}: it is a secret" in found.output
    assert "another-token" not in found.output
    text = plant.read("estate/network.yaml")
    assert "other.example" not in text
    assert "another-token" not in text
    assert "    timeoutSeconds: 7                        # their limit\n" in text


@pytest.mark.slow
def test_only_the_named_objects_are_written(plant: Plant) -> None:
    """A name or a pattern chooses; a name that chooses nothing writes nothing."""
    for name in ("plant-machines", "plant-lorries"):
        plant.portal.ok("PUT", f"/EndpointGroups/{name}", {"name": "Another name"})
    before = plant.texts()
    wrong = plant.run("drift", "--write", "EndpointGroup/plant-lories")
    assert wrong.exit_code == 64
    assert "did you mean EndpointGroup/plant-lorries?" in wrong.output
    assert plant.texts() == before

    assert plant.run("drift", "--write", "EndpointGroup/*-lorries").exit_code == 0
    text = plant.read("estate/groups.yaml")
    assert "displayName: Another name\n  type: primary\n  vslice: plant-net\n  subnet: 100.65.0.0/16" in text
    assert plant.run("drift", "EndpointGroup/plant-machines").exit_code == 2
    assert plant.run("drift", "EndpointGroup/plant-lorries").exit_code == 0


@pytest.mark.slow
def test_an_edit_of_both_sides_is_left_for_a_person(plant: Plant) -> None:
    """The manifest says something that was never applied, the platform something else: neither is lost."""
    plant.portal.ok("PUT", "/EndpointGroups/plant-lorries", {"name": "Trucks"})
    text = plant.read("estate/groups.yaml")
    plant.write("estate/groups.yaml", text.replace("displayName: Lorries", "displayName: Lorries and vans"))
    before = plant.texts()

    found = plant.run("drift", "--write")

    assert found.exit_code == 2, found.output
    assert "EndpointGroup/plant-lorries displayName: its manifest was changed, too" in found.output
    assert plant.texts() == before


@pytest.mark.slow
def test_a_sim_that_changed_its_group_changes_its_list(plant: Plant) -> None:
    """The row goes from the table to the list and back, with what it says; other rows stay as they are."""
    machine, lorry = commented.MACHINES[3], commented.LORRIES[1]
    plant.portal.ok("POST", "/endpoints/assign", {"endpointGroup": "plant-lorries", "endpoints": [machine]})
    plant.portal.ok("POST", "/endpoints/assign", {"endpointGroup": "plant-machines", "endpoints": [lorry]})
    before = plant.texts()

    assert plant.run("drift", "--write").exit_code == 0

    after = plant.texts()
    rows = [row for row in before["sims/machines.csv"].split("\n") if machine not in row]
    assert after["sims/machines.csv"].split("\n") == [*rows[:-1], f"{lorry},Lorry 2,,,", ""]
    text = before["estate/groups.yaml"]
    gone = f'        - iccid: "{lorry}"                          # in repair\n          displayName: "Lorry 2"\n'
    new = f'        - {{iccid: "{machine}", displayName: "Machine, the third", state: active}}\n'
    assert gone in text
    assert after["estate/groups.yaml"] == text.replace(gone, "") + new
    plant.is_settled()


@pytest.mark.slow
def test_what_cannot_be_written_is_said_with_the_reason(plant: Plant) -> None:
    """An object that is gone, one with another moniker, and a SIM that was terminated."""
    plant.portal.ok("PUT", "/routingtargets/plant-in", {"moniker": "plant-inn"})
    plant.portal.ok("PUT", f"/endpoints/{commented.MACHINES[0]}/status", {"endpointStatus": "terminated"})
    before = plant.texts()

    found = plant.run("drift", "--write")

    assert found.exit_code == 2, found.output
    assert "RoutingTarget/plant-in metadata.name: its moniker is its name here" in found.output
    assert f"{commented.MACHINES[0]}: it was terminated; remove its row" in found.output
    assert plant.texts() == before


@pytest.mark.slow
@pytest.mark.parametrize("end", ["\r\n", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_stay(plant: Plant, end: str) -> None:
    """A file of Windows stays one."""
    for name in ("estate/network.yaml", "estate/groups.yaml", "sims/machines.csv"):
        text = plant.read(name)
        plant.write(name, end + text if end == "\ufeff" else text.replace("\n", end))
    assert plant.run("apply", "-y").exit_code == 0
    plant.portal.ok("PUT", "/EndpointGroups/plant-lorries", {"name": "Trucks"})
    plant.portal.ok("PUT", f"/endpoints/{commented.MACHINES[1]}", {"name": "Other"})
    before = plant.texts()

    assert plant.run("drift", "--write").exit_code == 0

    after = plant.texts()
    assert after["estate/groups.yaml"] == before["estate/groups.yaml"].replace("Lorries", "Trucks", 1)
    assert after["sims/machines.csv"] == before["sims/machines.csv"].replace("Machine 1,", "Other,", 1)
    plant.is_settled()


@pytest.mark.slow
def test_drift_is_undone_by_an_ordinary_plan(plant: Plant) -> None:
    """Drifted objects and SIMs go back under the guards; a change of the manifests that waits is for another apply."""
    for wrong in (("--revert",), ("--revert", "--write", "-y")):
        assert plant.run("drift", *wrong).exit_code == 64
    plant.portal.ok("PUT", "/EndpointGroups/plant-lorries", {"name": "Another name"})
    plant.portal.ok("PUT", f"/endpoints/{commented.LORRIES[0]}", {"name": "Other"})

    found = plant.run("drift", "--revert", "-y")

    assert found.exit_code == 0, found.output
    assert plant.portal.get("/EndpointGroups/plant-lorries")["name"] == "Lorries"
    assert plant.portal.get(f"/endpoints/{commented.LORRIES[0]}")["name"] == "Lorry 1"
    assert "No drift" in plant.run("drift", "--revert", "-y").output
    text = plant.read("estate/network.yaml")
    plant.write("estate/network.yaml", text.replace("Hook\n", "Another hook\n"))
    plant.portal.ok("PUT", "/EndpointGroups/plant-lorries", {"name": "Another name"})
    assert plant.run("drift", "--revert", "-y").exit_code == 0
    assert plant.portal.get("/EventHandlers/plant-hook")["name"] == "Hook"
    assert plant.run("drift").exit_code == 0
    assert plant.run("plan", "--detailed-exitcode").exit_code == 2
