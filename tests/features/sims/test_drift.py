"""Drift of SIMs: whatever somebody changes on the platform after an apply is seen, SIM by SIM."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.operations.drift import sims_since
from reconciler.operations.estate import EMBEDDED_FILE
from reconciler.operations.planning import inputs_of
from reconciler.operations.validate import check
from reconciler.simulator.application import Simulator
from tests.features.sims.estate import SimHouse, endpoint, groups, house_at, iccids, listed

A, B, C = iccids(3)


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """Three SIMs in a group, one of them with settings of its own, all of it applied."""
    house = house_at(tmp_path)
    house.stock([A, B, C])
    more = ", displayName: A, tags: [x], staticIPv4: 100.64.0.9"
    house.declare(groups(), listed("set-uk", "fleet-uk", [A, B, C]), endpoint("sim-a", A, more))
    house.converge()
    return house


def _drift(house: SimHouse) -> list[tuple[str, str]]:
    loaded = check(house.root, remember=False).sound()
    snapshot = house.control_plane.snapshot()
    exempt = house.store.sims_exempt()
    found = sims_since(loaded, house.control_plane, snapshot, house.store.inventory(), exempt=exempt)
    return [(one.sim, one.what) for one in found]


def _status(number: str, state: str) -> Callable[[SimHouse], object]:
    return lambda house: house.simulator.perform(
        lambda scene, _: scene.endpoints.set_status(number, {"endpointStatus": state})
    )


def _edit(number: str, **values: object) -> Callable[[SimHouse], object]:
    return lambda house: house.simulator.perform(lambda scene, _: scene.endpoints.edit(number, values))


def _assign(number: str, target: str) -> Callable[[SimHouse], object]:
    body = {"endpointGroup": target, "endpoints": [number]}
    return lambda house: house.simulator.perform(lambda scene, _: scene.endpoints.assign(body))


def _vanish(house: SimHouse) -> object:
    _status(C, "terminated")(house)
    return house.simulator.perform(lambda scene, at: scene.sims.purge(at + 1))


@pytest.mark.parametrize(
    ("happens", "seen"),
    [
        (_assign(B, "fleet-de"), (B, "is in fleet-de, not in fleet-uk")),
        (_status(B, "suspended"), (B, "is suspended")),
        (_status(A, "suspended"), (A, "is suspended")),
        (_status(B, "terminated"), (B, "was terminated")),
        (_edit(A, name="Z"), (A, 'displayName is "Z", not "A"')),
        (_edit(A, tags=["y"]), (A, 'tags is ["y"], not ["x"]')),
        (_edit(A, staticIpAddress="100.64.0.77"), (A, 'staticIPv4 is "100.64.0.77", not "100.64.0.9"')),
        (_edit(A, name="Z" * 100), (A, f'displayName is "{"Z" * 78}…, not "A"')),
        (_vanish, (C, "is not in the account")),
    ],
    ids=[
        "moved",
        "suspended",
        "own-suspended",
        "terminated",
        "renamed",
        "retagged",
        "re-addressed",
        "renamed at length",
        "vanished",
    ],
)
def test_what_somebody_changed_of_a_sim_is_drift(
    house: SimHouse, happens: Callable[[SimHouse], object], seen: tuple[str, str]
) -> None:
    """Nothing before, exactly this afterwards."""
    assert _drift(house) == []
    happens(house)
    assert _drift(house) == [seen]


def test_an_apply_remembers_what_the_sims_are_as(house: SimHouse) -> None:
    """The digest of manifests and files, of the last apply that was complete; other manifests have another."""
    assert house.store.sims_as_of() == inputs_of(check(house.root, remember=False).sound())
    house.declare(groups(), listed("set-uk", "fleet-uk", [A, B]), listed("set-de", "fleet-de", [C]))
    assert house.store.sims_as_of() != inputs_of(check(house.root, remember=False).sound())
    house.converge()
    assert house.store.sims_as_of() == inputs_of(check(house.root, remember=False).sound())


def test_the_command_names_each_sim_and_says_when_it_cannot_tell(tmp_path: Path) -> None:
    """Exit code 2 with the SIM and what lists it, in text and in JSON; no verdict once the manifests changed."""
    environment = {"STACUITY_HOST": "embedded", "STACUITY_TOKEN": "a-token", "RECONCILER_STORE": ""}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, [arguments[0], "--chdir", str(tmp_path), *arguments[1:]], env=environment)

    house = house_at(tmp_path / "elsewhere")
    house.declare(groups("fleet-uk"), listed("set-uk", "fleet-uk", [A, B]))
    (tmp_path / "estate.yaml").write_bytes((house.root / "estate.yaml").read_bytes())
    for written in ("estate.yaml", "reconciler.yaml"):
        (tmp_path / "elsewhere" / written).unlink(missing_ok=True)
    assert run("plan").exit_code == 0
    with closing(Simulator(tmp_path / EMBEDDED_FILE)) as simulator:
        simulator.put_sims([A, B], None, "pending")
    applied = run("apply", "--auto-approve")
    assert applied.exit_code == 0, applied.output
    assert run("drift").exit_code == 0
    with closing(Simulator(tmp_path / EMBEDDED_FILE)) as simulator:
        simulator.perform(lambda scene, _: scene.endpoints.set_status(B, {"endpointStatus": "suspended"}))

    found, listing = run("drift"), run("drift", "-o", "json")

    assert (found.exit_code, listing.exit_code) == (2, 2), found.output
    assert f"{B[:4]}…{B[-4:]} is suspended  EndpointSet/set-uk" in found.output
    assert json.loads(listing.stdout)["sims"] == [{"sim": B, "address": "EndpointSet/set-uk", "what": "is suspended"}]
    (tmp_path / "estate.yaml").write_text((tmp_path / "estate.yaml").read_text() + "# changed\n")
    unknown = run("drift")
    assert unknown.exit_code == 0
    assert "whether they drifted is not known" in unknown.output
    # Nothing is to be done, and from then on it is known what SIMs are as.
    assert run("apply", "--auto-approve").exit_code == 0
    assert (run("drift").exit_code, run("drift").stderr) == (0, "")
    with closing(Simulator(tmp_path / EMBEDDED_FILE)) as simulator:
        simulator.perform(lambda scene, _: scene.endpoints.set_status(A, {"endpointStatus": "suspended"}))
    again = run("drift")
    assert (again.exit_code, f"{B[:4]}…{B[-4:]}" in again.output, f"{A[:4]}…{A[-4:]}" in again.output) == (
        2,
        False,
        True,
    )


def test_what_was_so_when_sims_were_applied_did_not_drift(house: SimHouse) -> None:
    """SIMs that were suspended, terminated or missing even then are no drift; another state, and another SIM, are."""
    extra = iccids(2, 50)
    house.declare(groups(), listed("set-uk", "fleet-uk", [A, B, C, *extra]), from_references("set-de", "VAN-1"))
    for number, state in ((A, "suspended"), (C, "terminated")):
        _status(number, state)(house)
    house.converge()
    exempt = {"suspended": {A}, "missing": {*extra, "VAN-1"}, "gone": {C}}
    assert house.store.sims_exempt() == exempt
    assert _drift(house) == []
    _status(B, "suspended")(house)
    _status(A, "terminated")(house)
    assert _drift(house) == [(A, "was terminated"), (B, "is suspended")]


def test_more_standing_sims_than_a_note_has_room_for_are_not_noted(house: SimHouse) -> None:
    """Then all of them are reported; a note that somebody damaged says nothing either."""
    epoch = house.store.acquire("run")
    numbers = [str(number) for number in range(10_001)]
    house.store.note_sims(epoch, "sha256:0", {"suspended": numbers[1:]})
    assert house.store.sims_exempt() == {"suspended": frozenset(numbers[1:])}
    house.store.note_sims(epoch, "sha256:0", {"suspended": numbers})
    assert house.store.sims_exempt() == {}
    house.store.release(epoch)
    with closing(sqlite3.connect(house.location.path or "")) as connection, connection:
        found = connection.execute("UPDATE meta SET value = '[1]' WHERE key LIKE 'sims_standing:%'").rowcount
    assert found == 1
    assert house.store.sims_exempt() == {}


def from_references(name: str, *references: str) -> str:
    """A set whose SIMs are listed by reference."""
    rows = ", ".join(f"{{reference: {reference}}}" for reference in references)
    return f"kind: EndpointSet\nmetadata: {{name: {name}}}\nspec: {{group: fleet-de, members: [{{list: [{rows}]}}]}}\n"


def test_a_sim_that_somebody_resumed_or_put_into_a_group_is_drift(tmp_path: Path) -> None:
    """A state that was declared, a group that is exclusive, and a reference that no SIM has any more."""
    house = house_at(tmp_path)
    numbers = iccids(6)
    house.stock(numbers)
    for place, number in enumerate(numbers[:2]):
        _edit(number, reference=f"VAN-{place}")(house)
    house.declare(
        groups(),
        from_references("set-de", "VAN-0", "VAN-1"),
        listed("set-uk", "fleet-uk", numbers[2:3], ", authority: exclusive, onRemove: {moveTo: fleet-de}"),
        listed("set-fr", "fleet-fr", numbers[3:4], ", authority: exclusive, onRemove: suspend"),
        endpoint("one-sim", numbers[2], ", state: suspended"),
    )
    house.converge()
    assert _drift(house) == []

    _status(numbers[2], "active")(house)
    _edit(numbers[1], reference="LORRY-1")(house)
    _assign(numbers[4], "fleet-uk")(house)
    _assign(numbers[5], "fleet-fr")(house)

    assert _drift(house) == [
        (numbers[2], "is not suspended"),
        (numbers[4], "is in fleet-uk, and nothing put it there"),
        (numbers[5], "is in fleet-fr, and nothing put it there"),
        ("VAN-1", "is not in the account"),
    ]


def test_a_sim_in_no_group_of_an_endpoint_without_a_list_is_drift(house: SimHouse) -> None:
    """The Endpoint that speaks of a SIM is named where no set lists it."""
    house.declare(groups(), listed("set-uk", "fleet-uk", [B, C]), endpoint("sim-a", A, ", displayName: A"))
    house.converge()
    _status(A, "terminated")(house)
    loaded = check(house.root, remember=False).sound()
    found = sims_since(loaded, house.control_plane, house.control_plane.snapshot(), house.store.inventory())
    assert [(one.sim, one.address, one.what) for one in found] == [(A, "Endpoint/sim-a", "was terminated")]
