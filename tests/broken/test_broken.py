"""Whatever is broken in a manifest: exit 8, the place, the cause and what to do; never a traceback."""

import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from tests.broken.case import BROKEN, Case
from tests.broken.corpus import CASES
from tests.broken.sound import SOUND, SUPPORT_FILE
from tests.broken.syntax import HARMLESS
from tests.broken.values import NEVER_SHOWN

INVALID = 8
POSITION = re.compile(r"(?P<file>[\w./-]+\.yaml):(?P<line>\d+):(?P<column>\d+)")
CODE = re.compile(r"\bR[12]\d\d\b")
# A report is read by people: a mistake must not bury itself.
LONGEST_REPORT = 200_000
EXAMPLES = Path(__file__).parents[2] / "examples"


def _validate(folder: Path, files: Mapping[str, bytes]) -> Result:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return CliRunner().invoke(cli, ["validate", "--chdir", str(folder)])


def _complaints(case: Case, result: Result) -> list[str]:
    """What is missing in the report of a case; empty when all is well."""
    output = result.output
    places = [(found["file"].rsplit("/", 1)[-1], int(found["line"])) for found in POSITION.finditer(output)]
    found_codes = set(CODE.findall(output))
    rows = (
        (result.exit_code == INVALID, f"exit code {result.exit_code} ({result.exception!r})"),
        ("Traceback" not in output, "a traceback"),
        (any(file == case.file for file, _ in places), f"no position in {case.file}, only {places[:5]}"),
        (case.line is None or (case.file, case.line) in places, f"not at line {case.line}, but {places[:5]}"),
        (case.expect is None or bool(found_codes & case.expect), f"codes {sorted(found_codes)}"),
        (bool(re.search(r"^\s*(hint|fix|help):", output, re.MULTILINE | re.IGNORECASE)), "no word about what to do"),
        (len(output) <= LONGEST_REPORT, f"a report of {len(output)} characters"),
        (not any(secret in output for secret in NEVER_SHOWN), "the secret itself"),
        *((word in output, f"no mention of {word!r}") for word in case.mentions),
    )
    return [complaint for fine, complaint in rows if not fine]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_broken_manifest_is_refused_with_its_place_its_cause_and_what_to_do(case: Case, tmp_path: Path) -> None:
    """Exit 8; file, line and column; a code; the words that help; no traceback, no flood and no secret."""
    result = _validate(tmp_path, case.files)
    assert _complaints(case, result) == [], result.output[:3_000]


@pytest.mark.parametrize("kind", SOUND)
def test_what_the_cases_break_is_sound(kind: str, tmp_path: Path) -> None:
    """Each manifest of which cases are cut is valid by itself, so that a case has the one mistake that it is about."""
    result = _validate(tmp_path, {BROKEN: SOUND[kind].encode(), **SUPPORT_FILE})
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_looks_odd_is_accepted(name: str, tmp_path: Path) -> None:
    """Strictness refuses mistakes, not ways of writing."""
    result = _validate(tmp_path, HARMLESS[name])
    assert result.exit_code == 0, result.output


def test_there_are_more_than_enough_cases() -> None:
    """The corpus holds more than two hundred cases, each under a name of its own."""
    assert len({case.name for case in CASES}) == len(CASES) > 240


@pytest.mark.slow
def test_no_broken_manifest_takes_ten_times_as_long_as_the_smallest_estate(tmp_path: Path) -> None:
    """Nothing that somebody can put into a file makes `validate` slow."""
    command = [sys.executable, "-m", "reconciler", "validate", "--chdir", str(EXAMPLES / "minimal")]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    limit = 10 * (time.perf_counter() - started)
    slow = {}
    for number, case in enumerate(case for case in CASES if case.name.startswith(("size:", "cycle:", "bytes:"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        began = time.perf_counter()
        _validate(folder, case.files)
        if (taken := time.perf_counter() - began) > limit:
            slow[case.name] = taken
    assert slow == {}
