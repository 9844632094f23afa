"""Every benchmark runs from end to end at its least size, so that none can rot. Its numbers mean nothing there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import GROUPS
from bench.measuring import ENVIRONMENT, ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

# A gate may fail at this size. Python ends with the same code when a benchmark dies, and then prints why.
_MEASURED = (0, 1)


def _run(*arguments: str) -> str:
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode in _MEASURED, done.stderr[-3000:]
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    return done.stdout


def test_every_row_of_planning_is_measured_or_says_which_program_is_missing(tmp_path: Path) -> None:
    """`python -m bench` prints each of its rows; only a row that is measured against another program is skipped."""
    file = tmp_path / "bench.json"

    _run("bench", "--objects", "500", "--pairs", "1", "--again", "0", "--json", str(file))

    results = json.loads(file.read_text(encoding="utf-8"))["results"]
    assert {result["row"] for result in results} == {row for group in GROUPS for row in group.rows}
    skipped = [result["what"] for result in results if result["verdict"] == "skipped"]
    assert [what for what in skipped if not re.search("terraform|octoDNS", what, re.IGNORECASE)] == []


def test_every_row_of_sims_is_measured() -> None:
    """`python -m bench.sims` prints rows 14 to 22 but for 19, which is measured with the plans."""
    said = _run("bench.sims", "--sims", "1000", "--groups", "10", "--moves", "100", "--pairs", "1")

    rows = re.findall(r"^row +(\w+)  .* (?:ok|FAIL)$", said, re.MULTILINE)
    assert rows == ["14", "15", "16", "14b", "14c", "17", "18", "20", "21", "22"]


def test_the_cost_of_the_journal_is_measured() -> None:
    """`python -m bench.durability` prints its row."""
    said = _run("bench.durability", "--actions", "10", "--pairs", "1")

    assert re.findall(r"^row (\w+)  .* (?:ok|FAIL)$", said, re.MULTILINE) == ["durability"]
