"""Drift of what a template made is refused by the name of its maker, in words and as a document."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator
from tests.conformance.client import Client
from tests.features.cli.copies import SECRETS
from tests.features.cli.desk import ROOT


@pytest.mark.slow
def test_an_object_of_a_template_is_left_with_its_maker(tmp_path: Path, platform: tuple[Simulator, str]) -> None:
    """No file is touched: the division and its template say it, not a manifest of its own."""
    root = tmp_path / "estate"
    shutil.copytree(ROOT / "examples" / "vantiq-templates", root, ignore=shutil.ignore_patterns(".reconciler"))
    environment = {"STACUITY_HOST": platform[1], "STACUITY_TOKEN": "a-token", "RECONCILER_SECRETS": "*", **SECRETS}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments, "-C", str(root)], env=environment)

    applied = run("apply", "-y")
    assert applied.exit_code == 0, applied.output
    Client(platform[0], token="a-token").ok("PUT", "/EndpointGroups/vantiq-workshop", {"name": "Changed"})
    before = {path: path.read_bytes() for path in root.rglob("*.yaml")}

    found = run("drift", "--write", "-o", "json")

    assert found.exit_code == 2, found.output
    why = "it is made by Division/workshop: change that, and not what it makes"
    assert json.loads(found.stdout)["left"] == [
        {"address": "EndpointGroup/vantiq-workshop", "field": "displayName", "why": why}
    ]
    assert {path: path.read_bytes() for path in root.rglob("*.yaml")} == before
