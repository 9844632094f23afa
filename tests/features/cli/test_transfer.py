"""A division leaves an estate and becomes one of its own: the objects go, their manifests go, and nothing is sent."""

import shutil
from pathlib import Path

import pytest

from reconciler.simulator.application import Simulator
from tests.features.cli.copies import Copy


@pytest.mark.slow
def test_a_division_becomes_an_estate(tmp_path: Path, platform: tuple[Simulator, str]) -> None:
    """Both plans are empty afterwards; a mistyped estate is refused and gives nothing."""
    copy = Copy(tmp_path / "vantiq")
    copy.environment["STACUITY_HOST"] = platform[1]
    assert copy.run("apply", "-y").exit_code == 0
    before = platform[0].dump()
    mistyped = copy.run("transfer", "*/*workshop*", "--to", "workshop", "-y")
    assert mistyped.exit_code == 8, mistyped.output
    assert "the store knows no estate workshop" in mistyped.output
    assert copy.run("plan", "--detailed-exitcode").exit_code == 0

    given = copy.run("transfer", "*/*workshop*", "--to", "workshops", "--new", "-y")

    assert given.exit_code == 0, given.output
    assert "VSlice/vantiq-workshop is still declared here (estate/workshop/network.yaml:" in given.output
    assert copy.run("plan").exit_code == 3
    shutil.move(copy.root / "estate" / "workshop", tmp_path / "workshop")
    assert copy.run("plan", "--detailed-exitcode").exit_code == 0
    other = Copy(tmp_path / "other")
    other.environment = dict(copy.environment)
    shutil.rmtree(other.root / "estate")
    shutil.move(tmp_path / "workshop", other.root / "estate")
    other.edit("reconciler.yaml", "name: vantiq-motors", "name: workshops")
    other.edit("estate/network.yaml", "eventMap: network", "eventMap: existing:network")
    shutil.copytree(copy.root / ".reconciler", other.root / ".reconciler")
    plan = other.run("plan", "--detailed-exitcode")
    assert plan.exit_code == 0, plan.output
    assert platform[0].dump() == before
