"""Taking over what exists: by the estate's own choice, and never at the price of the object."""

import json
from pathlib import Path

import pytest

from reconciler.simulator.application import Simulator
from tests.features.cli.copies import Copy

GROUPS = "estate/fleet/groups.yaml"
HERE, ELSEWHERE = "subnet: 100.64.0.0/18", "subnet: 100.64.64.0/18"


@pytest.fixture
def taken(tmp_path: Path, platform: tuple[Simulator, str]) -> Copy:
    """An estate without its store; everything exists on the platform, made by somebody else."""
    copy = Copy(tmp_path / "vantiq")
    copy.environment["STACUITY_HOST"] = platform[1]
    result = copy.run("apply", "--auto-approve")
    assert result.exit_code == 0, result.output
    copy.lose_store()
    copy.edit(GROUPS, HERE, ELSEWHERE)
    return copy


def test_an_adoption_that_would_destroy_is_refused_when_it_is_planned(
    taken: Copy, platform: tuple[Simulator, str]
) -> None:
    """Plan and apply say the same, with exit code 3: what differs, why it cannot be, and what to write."""
    before = platform[0].dump()

    for command in (("plan", "--adopt"), ("apply", "--adopt", "-y"), ("apply", "--adopt", "-y")):
        result = taken.run(*command)

        assert result.exit_code == 3, result.output
        assert result.output.count("REFUSED [") == 1
        assert "REFUSED [ownership] EndpointGroup/vantiq-fleet-uk exists on the platform" in result.output
        assert "subnet is 100.64.0.0/18 there and 100.64.64.0/18 here" in result.output
        assert "Replacing it would destroy an object that is not ours" in result.output
        assert "hint: write subnet: 100.64.0.0/18 in the manifest" in result.output
    assert platform[0].dump() == before


@pytest.mark.slow
def test_both_ways_out_lead_to_an_empty_plan(taken: Copy) -> None:
    """With the value of the platform the object is taken over; under another name there are two."""
    taken.edit(GROUPS, ELSEWHERE, HERE)
    taken.edit(GROUPS, "Fleet United Kingdom", "Fleet of the United Kingdom")

    assert taken.run("apply", "--adopt", "--auto-approve").exit_code == 0
    assert taken.run("plan", "--detailed-exitcode").exit_code == 0

    taken.lose_store()
    taken.edit(GROUPS, HERE, ELSEWHERE)
    taken.edit(GROUPS, "name: vantiq-fleet-uk", "name: vantiq-fleet-gb")

    assert taken.run("apply", "--adopt", "--auto-approve").exit_code == 0
    assert taken.run("plan", "--detailed-exitcode").exit_code == 0


def test_what_was_taken_over_by_name_is_replaced_by_a_plan_of_its_own(taken: Copy) -> None:
    """`adopt` destroys nothing and says so; whoever wants the replacement approves it in the next plan."""
    adopted = taken.run("adopt", "EndpointGroup/vantiq-fleet-uk", "--auto-approve")

    assert adopted.exit_code == 0, adopted.output
    assert "= EndpointGroup/vantiq-fleet-uk will be adopted" in adopted.output
    assert "Destructive" not in adopted.output

    plan = json.loads(taken.run("plan", "--adopt", "-o", "json").stdout)["plan"]
    assert plan["guards"] == []
    assert {change["address"]: change["action"] for change in plan["changes"]}[
        "EndpointGroup/vantiq-fleet-uk"
    ] == "replace"
