"""Every mistake in a manifest ends in exit 8 with the place, the cause and what to do; never in a traceback."""

import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.diagnostics import CODES
from tests.golden.broken.case import BROKEN, Case
from tests.golden.broken.corpus import CASES
from tests.golden.broken.sound import SOUND, SUPPORT_FILE
from tests.golden.broken.syntax import HARMLESS
from tests.golden.broken.values import NEVER_SHOWN

INVALID = 8
BLOCK = re.compile(r"^(?=(?:error|warning)\[)", re.MULTILINE)
CODE = re.compile(r"error\[(?P<code>R\d{3})\]: ")
ANY_CODE = re.compile(r"^(?:error|warning)\[(\w+)\]", re.MULTILINE)
POSITION = re.compile(r"^ +(?P<file>[^\s:]+):(?P<line>\d+):\d+", re.MULTILINE)
HINT = re.compile(r"^hint: ", re.MULTILINE)
# A report is read by people: a mistake must not bury itself.
LONGEST_REPORT = 200_000
LONGEST_LINE = 1_000
EXAMPLES = Path(__file__).parents[3] / "examples"


def _validate(folder: Path, files: Mapping[str, bytes]) -> Result:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return CliRunner().invoke(cli, ["validate", "--chdir", str(folder)])


def _complaints(case: Case, result: Result) -> list[str]:
    """The parts that are missing in the report of a case; empty when all is well."""
    output = result.output
    errors = [block for block in BLOCK.split(output) if block.startswith("error[")]
    right = [block for block in errors if _is_right(case, block)]
    words = "".join(errors)
    rows = (
        (result.exit_code == INVALID, f"exit code {result.exit_code} ({result.exception!r})"),
        ("Traceback" not in output, "a traceback"),
        (bool(right), f"no error {sorted(case.expect or ())} at {case.file}:{case.line or '*'}"),
        (all(HINT.search(block) for block in errors), "an error without a word about what to do"),
        (
            case.rule is None or any(f"({case.rule})" in block for block in errors),
            f"no mention of the rule {case.rule}",
        ),
        (len(output) <= LONGEST_REPORT, f"a report of {len(output)} characters"),
        (max(map(len, output.splitlines()), default=0) <= LONGEST_LINE, "a line that is too long to be read"),
        (set(ANY_CODE.findall(output)) <= set(CODES), "a code that the manifest forged"),
        (not any(secret in output for secret in NEVER_SHOWN), "the secret itself"),
        *((word in words, f"no mention of {word!r}") for word in case.mentions),
    )
    return [complaint for fine, complaint in rows if not fine]


def _is_right(case: Case, block: str) -> bool:
    """Whether an error of the report has an acceptable code, and names the place of the mistake."""
    place, code = POSITION.search(block), CODE.match(block)
    return (
        place is not None
        and code is not None
        and (case.expect is None or code["code"] in case.expect)
        and place["file"] == case.file
        and case.line in {None, int(place["line"])}
    )


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
