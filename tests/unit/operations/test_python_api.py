"""The operations without the command line: in a process in which click cannot be imported."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path

from tests.features.cli.copies import EXAMPLE, SECRETS
from tests.features.cli.desk import ROOT

PAGE = (ROOT / "docs" / "reference" / "python-api.md").read_text(encoding="utf-8")
WITHOUT_CLICK = "import sys\nsys.modules['click'] = None\n"

DIVISIONS = """
import json
from reconciler.operations.apply import apply
from reconciler.operations.drift import drift
from reconciler.operations.estate import Estate, PlatformAccess
from reconciler.operations.store import history, inventory
from reconciler.operations.plan import plan
from reconciler.operations.validate import validate

estate = Estate.open("estate", PlatformAccess("embedded"))
checked = validate(estate)
planned = plan(estate)
report = apply(estate, planned)
print(json.dumps({
    "declared": len(checked.loaded.built.estate),
    "findings": len(checked.diagnostics),
    "planned": len(planned.plan.changes),
    "done": len(report.done),
    "complete": report.is_complete,
    "owned": len(inventory(estate).owned),
    "runs": [run.result for run in history(estate, 10)],
    "drift": len(drift(estate).objects),
    "left": len(plan(estate).plan.changes),
}))
"""


def _ran(folder: Path, code: str, **variables: str) -> str:
    """The output of a program that has no click."""
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_CLICK + code],
        cwd=folder,
        env=os.environ | {"CI": "", "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_four_divisions_are_validated_planned_and_applied_without_click(tmp_path: Path) -> None:
    """The API alone takes the example from nothing to an empty plan."""
    shutil.copytree(EXAMPLE, tmp_path / "estate", ignore=shutil.ignore_patterns(".reconciler"))

    assert json.loads(_ran(tmp_path, DIVISIONS, **SECRETS)) == {
        "declared": 46,
        "findings": 0,
        "planned": 46,
        "done": 46,
        "complete": True,
        "owned": 46,
        "runs": ["apply: exit 0, 46 done"],
        "drift": 0,
        "left": 0,
    }


def test_the_example_of_the_page_prints_what_the_page_says(tmp_path: Path) -> None:
    """The first block is the program, the second one its output."""
    code, said = re.findall(r"```(?:python|text)\n(.*?)```", PAGE, re.DOTALL)[:2]
    shutil.copytree(ROOT / "examples" / "minimal", tmp_path / "estate", ignore=shutil.ignore_patterns(".reconciler"))

    assert _ran(tmp_path, code) == said


def test_every_function_of_the_page_exists_with_its_types() -> None:
    """Each name in the table leads to a function whose parameters and result are typed."""
    named = re.findall(r"^\| `(reconciler\.operations\.[\w.]+)`", PAGE, re.MULTILINE)
    untyped = []
    for name in named:
        module, _, function = name.rpartition(".")
        found = getattr(import_module(module), function)
        names = {*signature(found).parameters, "return"}
        untyped += [name for hinted in [found.__annotations__] if hinted.keys() != names]

    assert (len(named) > 10, untyped) == (True, [])
