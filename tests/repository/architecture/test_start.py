"""The imports of a command before it does its work: the budget of start-up, without a clock."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

# Runs the command line in a fresh interpreter; the first argument is where to write [exit code, modules it imported].
PROBE = """
import json, runpy, sys
report, sys.argv[:] = sys.argv[1], ["reconciler", *sys.argv[2:]]
before = set(sys.modules)
code = None
try:
    runpy.run_module("reconciler", run_name="__main__")
except SystemExit as ending:
    code = ending.code
with open(report, "w", encoding="utf-8") as out:
    json.dump([code or 0, sorted(set(sys.modules) - before)], out)
"""

# Libraries that a plan without changes has no use for; each costs as much to import as the rest of the command.
UNUSED_WITHOUT_CHANGES = {"deepdiff", "jsonschema", "networkx", "rapidfuzz", "rich", "sqlalchemy"}


def _third_party_imports(folder: Path, report: Path, *arguments: str) -> set[str]:
    """Runs one command on the embedded platform and returns the third-party packages that it imported."""
    result = subprocess.run(
        [sys.executable, "-c", PROBE, str(report), *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "STACUITY_HOST": "embedded"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert report.exists(), result.stderr
    code, modules = json.loads(report.read_text(encoding="utf-8"))
    assert code == 0, result.stdout + result.stderr
    third_party = packages_distributions().keys() - {"reconciler"}
    return {module.partition(".")[0] for module in modules} & third_party


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["version"],
        ["plan", "--help"],
        ["apply", "--help"],
        ["completion", "bash"],
        ["explain", "D-40"],
        ["explain", "R203"],
    ],
    ids=" ".join,
)
def test_asking_for_help_imports_click_only(tmp_path: Path, arguments: list[str]) -> None:
    """Help, version, completion and the rule book answer at once; of third-party packages they import click alone."""
    assert _third_party_imports(tmp_path, tmp_path / "report.json", *arguments) <= {"click", "colorama"}


@pytest.mark.slow
def test_a_plan_without_changes_imports_nothing_that_explains_changes(tmp_path: Path) -> None:
    """After an apply, the next plan imports no library for differences, graphs, expressions, reports or migrations."""
    estate = tmp_path / "estate"
    shutil.copytree(ROOT / "examples" / "minimal", estate, ignore=shutil.ignore_patterns(".reconciler"))
    _third_party_imports(estate, tmp_path / "apply.json", "apply", "--auto-approve")
    imported = _third_party_imports(estate, tmp_path / "plan.json", "plan", "--detailed-exitcode")
    assert imported & UNUSED_WITHOUT_CHANGES == set()
