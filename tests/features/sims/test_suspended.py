"""SIMs that the platform has suspended and no manifest speaks of do not read as a match."""

from pathlib import Path

import pytest

from reconciler.plan.plan import Plan
from reconciler.plan.planfile import decode, encode
from reconciler.reports.plan_text import summary
from tests.features.sims.estate import SimHouse, endpoint, groups, house_at, iccids, listed


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """Six SIMs in a group, as declared."""
    house = house_at(tmp_path)
    numbers = iccids(6)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    return house


def _suspend(house: SimHouse, *numbers: str) -> None:
    body = {"endpointStatus": "suspended"}
    house.simulator.perform(lambda scene, _: [scene.endpoints.set_status(one, body) for one in numbers])


def _counts(plan: Plan) -> tuple[int, int]:
    saved, _ = decode(encode(plan), "plan.json")
    return saved.roster.unchanged, len(saved.roster.suspended)


@pytest.mark.parametrize("more", ["", ", attributes: {tags: []}"], ids=["by group alone", "with attributes"])
@pytest.mark.parametrize(
    ("count", "sims", "sentence"),
    [
        (0, " and 6 SIMs", ""),
        (1, " and 5 SIMs", "\n1 listed SIM is suspended on the platform, and the manifests do not say so."),
        (6, "", "\n6 listed SIMs are suspended on the platform, and the manifests do not say so."),
    ],
)
def test_a_suspended_sim_does_not_read_match(house: SimHouse, count: int, sims: str, sentence: str, more: str) -> None:
    """The others match; the suspended ones are counted beside them, in the text and in the document."""
    numbers = iccids(6)
    _suspend(house, *numbers[:count])
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers, more))
    plan = house.now()
    assert plan.is_empty
    assert _counts(plan) == (6 - count, count)
    assert summary(plan) == f"No changes. {plan.unchanged} objects{sims} match the manifests.{sentence}"


def test_a_suspended_sim_is_counted_once_beside_what_happens_to_it(house: SimHouse) -> None:
    """One rests, one moves, one is edited, and one is suspended because its Endpoint says so."""
    numbers = iccids(6)
    _suspend(house, *numbers[:4])
    house.declare(
        groups(),
        listed("set-uk", "fleet-uk", [numbers[0], *numbers[2:]]),
        listed("set-de", "fleet-de", [numbers[1]]),
        endpoint("sim-c", numbers[2], ", displayName: C"),
        endpoint("sim-d", numbers[3], ", state: suspended"),
    )
    plan = house.now()
    assert _counts(plan) == (3, 3)
    assert summary(plan).splitlines()[1:3] == [
        "SIMs: 1 to move, 1 to edit. 3 unchanged.",
        "3 listed SIMs are suspended on the platform, and the manifests do not say so.",
    ]
