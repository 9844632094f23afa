"""The example of 12,000 vehicles, from an empty platform to an empty plan, and its relocations."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator

EXAMPLES = Path(__file__).parents[3] / "examples"
FLEET = EXAMPLES / "fleet-12000"
COUNTRIES = ("uk", "de", "fr", "nl")
KINDS = sorted(path.name for path in (EXAMPLES / "kinds").iterdir() if path.is_dir())
MOVED = 1204


def run(root: Path, *arguments: str) -> Result:
    """One command in the estate, on the embedded platform."""
    name, *rest = arguments
    environment = {"STACUITY_HOST": "embedded", "STACUITY_TOKEN": "t", "CI": ""}
    return CliRunner().invoke(cli, [name, "--chdir", str(root), *rest], env=environment)


def listed(root: Path, file: str) -> list[str]:
    """The ICCIDs of a file, in its order."""
    return [line.split(",")[0] for line in (root / file).read_text(encoding="utf-8").splitlines()[1:]]


def membership(root: Path) -> dict[str, str]:
    """Which group each SIM of the embedded platform is in."""
    simulator = Simulator(root / ".reconciler" / "platform.db")
    query = "SELECT sim.iccid, object.moniker FROM sim JOIN object ON object.id = sim.grp"
    found = dict(simulator.database.execute(query).fetchall())
    simulator.close()
    return found


def apply_example(root: Path) -> None:
    """A copy of the example, with its stock on the platform, applied."""
    shutil.copytree(FLEET, root, ignore=shutil.ignore_patterns(".reconciler"))
    # Names and references are a request for each SIM; `make fleet` sends them, here memberships are looked at.
    manifest = root / "estate" / "sims.yaml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(", columns: {displayName: name, reference: reference}", ""), encoding="utf-8")
    (root / ".reconciler").mkdir()
    simulator = Simulator(root / ".reconciler" / "platform.db")
    for country in COUNTRIES:
        simulator.put_sims(listed(root, f"sims/{country}.csv"))
    simulator.close()
    done = run(root, "apply", "--auto-approve")
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, applied once for all tests of this file."""
    root = tmp_path_factory.mktemp("fleet") / "estate"
    apply_example(root)
    return root


def test_the_committed_files_are_what_their_script_writes(tmp_path: Path) -> None:
    """Nobody edits a generated file of the example by hand, and the script makes the same bytes every time."""
    copy = tmp_path / "fleet"
    shutil.copytree(FLEET, copy)
    for folder in ("sims", "relocated"):
        shutil.rmtree(copy / folder)
        (copy / folder).mkdir()
    subprocess.run([sys.executable, str(copy / "make_sims.py")], check=True)
    for name in (f"{folder}{country}.csv" for folder in ("sims/", "relocated/to-") for country in COUNTRIES):
        assert (copy / name).read_bytes() == (FLEET / name).read_bytes()


def test_twelve_thousand_sims_are_where_the_files_say(applied: Path) -> None:
    """After apply the membership of the platform is that of the files, and the next plan is empty."""
    wanted = {
        iccid: f"vantiq-fleet-{country}" for country in COUNTRIES for iccid in listed(applied, f"sims/{country}.csv")
    }

    assert membership(applied) == wanted
    assert len(wanted) == 12_000
    assert run(applied, "plan", "--detailed-exitcode").exit_code == 0


def test_lines_in_one_file_relocate_vehicles(applied: Path, tmp_path: Path) -> None:
    """1,204 lines in one relocation list move exactly those SIMs, and removing the lines brings them home."""
    root = tmp_path / "fleet"
    shutil.copytree(applied, root)
    before, chosen = membership(root), listed(root, "sims/uk.csv")[:MOVED]
    (root / "relocated" / "to-de.csv").write_text("iccid\n" + "\n".join(chosen) + "\n", encoding="utf-8")

    planned = run(root, "plan", "-o", "json", "--out", str(root / "move.plan"))
    assert planned.exit_code == 3, planned.output
    (change,) = json.loads((root / "move.plan").read_text(encoding="utf-8"))["plan"]["roster"]["changes"]
    assert (change["source"], change["target"]) == ("vantiq-fleet-uk", "vantiq-fleet-de")
    assert sorted(change["iccids"]) == sorted(chosen)
    shown = run(root, "show", str(root / "move.plan"))
    assert shown.exit_code == 3
    assert run(root, "apply", str(root / "move.plan"), "--auto-approve").exit_code == 3
    allowed = ("--allow", f"simMoves={MOVED}")
    assert run(root, "apply", str(root / "move.plan"), "--auto-approve", *allowed).exit_code == 0

    assert membership(root) == before | dict.fromkeys(chosen, "vantiq-fleet-de")
    assert run(root, "plan", "--detailed-exitcode").exit_code == 0
    (root / "relocated" / "to-de.csv").write_text("iccid\n", encoding="utf-8")
    assert run(root, "apply", "--auto-approve", *allowed).exit_code == 0
    assert membership(root) == before


def test_removed_rows_leave_their_sims_alone(applied: Path, tmp_path: Path) -> None:
    """300 rows that are gone are reported, and nothing is planned for their SIMs."""
    root = tmp_path / "fleet"
    shutil.copytree(applied, root)
    lines = (root / "sims" / "fr.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (root / "sims" / "fr.csv").write_text("".join([lines[0], *lines[301:]]), encoding="utf-8")

    planned = run(root, "plan", "--detailed-exitcode")

    assert planned.exit_code == 0
    assert "300 SIMs of EndpointGroup/vantiq-fleet-fr" in planned.output
    assert "are in no list and are left as they are" in planned.output


@pytest.mark.parametrize("name", KINDS)
def test_the_example_of_each_kind_ends_in_an_empty_plan(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every example of a kind validates without a finding, is applied, and then has nothing left to do."""
    for line in (EXAMPLES / "kinds" / "example.env").read_text(encoding="utf-8").splitlines():
        if line.startswith("export "):
            monkeypatch.setenv(*line.removeprefix("export ").split("=", 1))
    monkeypatch.setenv("RECONCILER_SECRETS", "*,file:*")
    root = tmp_path / name
    shutil.copytree(EXAMPLES / "kinds" / name, root, ignore=shutil.ignore_patterns(".reconciler"))

    checked = run(root, "validate")
    assert (checked.exit_code, checked.output[:5]) == (0, "Valid")
    done = run(root, "apply", "--auto-approve")
    assert done.exit_code == 0, done.output
    assert run(root, "plan", "--detailed-exitcode").exit_code == 0
