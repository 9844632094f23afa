"""The estate of Vantiq Motors, once written by hand and once as one template and four divisions."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.manifests.loader import load

EXAMPLES = Path(__file__).parents[3] / "examples"
BY_HAND, BY_TEMPLATE = EXAMPLES / "vantiq", EXAMPLES / "vantiq-templates"
SECRETS = dict(re.findall(r"export ([A-Z_]+)=(\S+)", (BY_HAND / "example.env").read_text(encoding="utf-8")))
FIFTH = """\
apiVersion: reconciler.dev/v1alpha1
kind: Division
metadata: {name: marine}
spec:
  template: {name: division, version: 1.0.0}
  parameters:
    division: marine
    title: Marine
    subnets: [100.90.0.0/20]
    internets: [{name: marine-internet, title: Internet for ships}]
"""


def run(root: Path, *arguments: str, piped: str | None = None) -> Result:
    """One command in the estate, on the embedded platform."""
    name, *rest = arguments
    environment = {"STACUITY_HOST": "embedded", "RECONCILER_SECRETS": ",".join(SECRETS), "CI": "true", **SECRETS}
    kept = {name: None for name in os.environ if name.startswith(("RECONCILER_", "STACUITY_"))}
    return CliRunner().invoke(cli, [name, "--chdir", str(root), *rest], input=piped, env={**kept, **environment})


def effect(root: Path, *arguments: str, piped: str | None = None) -> list[tuple[Any, ...]]:
    """The effect of a plan: address, action, and the fields with before and after."""
    done = run(root, "plan", "--output", "json", *arguments, piped=piped)
    assert done.exit_code in {0, 3}, done.output
    plan = json.loads(done.stdout)
    changes = plan.get("plan", plan)["changes"]
    return [(one["address"], one["action"], one["before"], one["after"]) for one in changes]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the store and the platform of the estate that was written by hand, applied."""
    root = tmp_path_factory.mktemp("by-hand") / "estate"
    shutil.copytree(BY_HAND, root, ignore=shutil.ignore_patterns(".reconciler"))
    done = run(root, "apply", "--auto-approve")
    assert done.exit_code == 0, done.output
    return root


@pytest.fixture
def estate(applied: Path, tmp_path: Path) -> Path:
    """The estate as templates, with the store and the platform of the one that was written by hand."""
    root = tmp_path / "estate"
    shutil.copytree(BY_TEMPLATE, root, ignore=shutil.ignore_patterns(".reconciler"))
    shutil.copytree(applied / ".reconciler", root / ".reconciler")
    return root


def test_the_templates_declare_what_is_written_by_hand() -> None:
    """The same objects with the same labels and fields; lists and references that are empty are the only difference."""
    by_hand, by_template = load(BY_HAND).built.estate, load(BY_TEMPLATE).built.estate

    def meaning(resource: Any) -> tuple[Any, ...]:
        stated = {name: value for name, value in resource.spec.items() if value not in ([], None)}
        return dict(resource.labels), stated, resource.lifecycle.protect

    assert {str(address): meaning(one) for address, one in by_template.items()} == {
        str(address): meaning(one) for address, one in by_hand.items()
    }


@pytest.mark.slow
def test_nothing_changes_against_a_platform_that_has_the_estate(estate: Path) -> None:
    """No object is adopted, renamed or replaced, whether the templates are planned or what they render."""
    rendered = run(estate, "render")
    assert rendered.exit_code == 0, rendered.output

    assert effect(estate) == []
    assert effect(estate, "--file", "-", "--prune", piped=rendered.stdout) == []


@pytest.mark.slow
def test_a_fifth_division_is_one_file_of_ten_lines(estate: Path) -> None:
    """Nothing of the others changes; templates and rendered files have one effect."""
    assert len(FIFTH.splitlines()) <= 10
    (estate / "divisions" / "marine.yaml").write_text(FIFTH, encoding="utf-8")

    found = effect(estate)

    assert sorted((address, action) for address, action, _, _ in found) == [
        ("RoutingTarget/marine-internet", "create"),
        ("VSlice/vantiq-marine", "create"),
    ]
    assert effect(estate, "--file", "-", "--prune", piped=run(estate, "render").stdout) == found


@pytest.mark.slow
def test_a_new_naming_expression_is_a_rename(estate: Path) -> None:
    """It is refused with the fix; with the fix it renames in place, whatever is planned, and then nothing is to do."""
    assert run(estate, "apply", "--auto-approve").exit_code == 0
    template = estate / "templates" / "division.yaml"
    text = template.read_text(encoding="utf-8")
    former = '        metadata: {name: "${apn.name}", labels'
    assert text.count(former) == 1
    text = text.replace(former, '        metadata: {name: "${apn.name}-1", labels')
    text = text.replace("params.apns.map(apn, apn.name)", "params.apns.map(apn, apn.name + '-1')")
    template.write_text(text, encoding="utf-8")
    division = estate / "divisions" / "connect.yaml"
    patched = division.read_text(encoding="utf-8").replace(
        "name: connect-infotainment-eu}\n", "name: connect-infotainment-eu-1}\n"
    )
    division.write_text(patched, encoding="utf-8")

    refused = run(estate, "plan")
    template.write_text(
        text.replace("    - id: apns\n", "    - id: apns\n      renamedFrom: ${apn.name}\n"), encoding="utf-8"
    )
    found = effect(estate)
    rendered = effect(estate, "--file", "-", "--prune", piped=run(estate, "render").stdout)
    done = run(estate, "apply", "--auto-approve")

    assert refused.exit_code == 3
    assert "3 slots would be deleted and created under another name" in refused.output
    assert {action for _, action, _, _ in found} == {"update"}
    assert rendered == found
    assert done.exit_code == 0, done.output
    assert effect(estate) == []


@pytest.mark.slow
def test_rendered_files_are_compared_with_a_folder(tmp_path: Path) -> None:
    """`--out` writes one file for each object, `--check` names what differs; other files are not touched."""
    root, folder = tmp_path / "estate", tmp_path / "rendered"
    shutil.copytree(BY_TEMPLATE, root, ignore=shutil.ignore_patterns(".reconciler"))
    (folder / "notes").mkdir(parents=True)
    (folder / "notes" / "own.yaml").write_text("mine: true\n", encoding="utf-8")

    first = run(root, "render", "--out", str(folder))
    same = run(root, "render", "--check", str(folder))
    text = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    run(root, "render", "--out", str(folder))
    again = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    (folder / "endpoint-group" / "vantiq-fleet-uk.yaml").write_text("changed\n", encoding="utf-8")
    (folder / "vslice" / "vantiq-fleet.yaml").unlink()
    other = run(root, "render", "--check", str(folder))

    assert (first.exit_code, same.exit_code, other.exit_code) == (0, 0, 2)
    assert text == again
    assert len(text) == 47
    assert "differs  endpoint-group/vantiq-fleet-uk.yaml" in other.stdout
    assert "missing  vslice/vantiq-fleet.yaml" in other.stdout


def test_the_origin_of_a_value_is_the_chain_of_lines() -> None:
    """Value, patch, template, parameter and layer, each with its line."""
    done = run(BY_TEMPLATE, "explain", "--origin", "EndpointGroup/vantiq-fleet-uk.routingPolicy")
    value, *steps = done.stdout.splitlines()
    files = [re.match(r"  ← (\S+):(\d+):\d+  (.*)", step) for step in steps]
    lines = [
        (BY_TEMPLATE / match[1]).read_text(encoding="utf-8").splitlines()[int(match[2]) - 1] for match in files if match
    ]

    assert value == 'EndpointGroup/vantiq-fleet-uk.routingPolicy = "fleet-telematics"'
    assert ["routingPolicy: ${group.policy}" in lines[0], "policy:" in lines[1], "vantiq-fleet-uk" in lines[2]] == [
        True,
        True,
        True,
    ]
