"""The last line of a CI log: the results of several runs, added up."""

from pathlib import Path

import pytest

from tools.tally import main

RUN = "<testsuites><testsuite>{}</testsuite></testsuites>"
PASSED = '<testcase classname="tests.a" name="{}"/>'
FAILED = '<testcase classname="tests.a" name="{}"><failure message="x"/></testcase>'
SKIPPED = '<testcase classname="tests.a" name="{}"><skipped/></testcase>'


def _written(folder: Path, name: str, *cases: str) -> str:
    path = folder / name
    path.write_text(RUN.format("".join(cases)), encoding="utf-8")
    return str(path)


def test_the_results_of_all_runs_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Passed, failed and skipped tests of two runs; a failure decides."""
    short = _written(tmp_path, "short.xml", PASSED.format("one"), SKIPPED.format("two"))
    long = _written(tmp_path, "long.xml", PASSED.format("three"), FAILED.format("four"))

    assert main([short, long]) == 1
    assert capsys.readouterr().out == "2 passed, 1 failed, 1 skipped\n"


def test_the_last_result_of_a_test_counts_and_the_first_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A test that failed under load and passes alone is no failure, and the log names it."""
    long = _written(tmp_path, "long.xml", PASSED.format("three"), FAILED.format("four"))
    again = _written(tmp_path, "again.xml", PASSED.format("four"))

    assert main([long, again]) == 0
    assert capsys.readouterr().out == "failed once: tests.a::four\n2 passed, 0 failed, 0 skipped\n"


def test_a_run_without_results_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that could not start left no file."""
    assert main([_written(tmp_path, "short.xml", PASSED.format("one")), str(tmp_path / "long.xml")]) == 1
    assert capsys.readouterr().out == f"no results: {tmp_path}/long.xml\n1 passed, 1 failed, 0 skipped\n"
