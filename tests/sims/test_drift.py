"""Drift of SIMs: whatever somebody changes on the platform after an apply is seen, SIM by SIM."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.cli.wiring import EMBEDDED_FILE
from reconciler.operations import check, inputs_of, sims_since
from reconciler.simulator.application import Simulator
from tests.sims.estate import SimHouse, endpoint, groups, house_at, iccids, listed

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
    found = sims_since(loaded, house.control_plane, snapshot, house.store.inventory())
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


def test_a_sim_that_somebody_resumed_or_put_into_a_group_is_drift(tmp_path: Path) -> None:
    """A state that was declared, a group that is exclusive, and a reference that no SIM has any more."""
    house = house_at(tmp_path)
    numbers = iccids(6)
    house.stock(numbers)
    for place, number in enumerate(numbers[:2]):
        _edit(number, reference=f"VAN-{place}")(house)
    by_reference = "members: [{list: [{reference: VAN-0}, {reference: VAN-1}]}]"
    house.declare(
        groups(),
        f"kind: EndpointSet\nmetadata: {{name: set-de}}\nspec: {{group: fleet-de, {by_reference}}}\n",
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
