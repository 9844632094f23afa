"""
Add up the results of several runs of pytest: `python tools/tally.py RESULTS.xml ...`. The last line of a CI log.

The last result of a test counts: a slow test that failed runs once more, alone, and is named. A run that left no
results (it could not start, or was stopped) is an error.
"""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as Xml

_NOT_PASSED = ("failure", "error", "skipped")


def main(files: list[str]) -> int:
    """Print one line; 1 if anything failed or is missing."""
    missing = [file for file in files if not Path(file).is_file()]
    last: dict[tuple[str, str], str] = {}
    again: set[tuple[str, str]] = set()
    for file in files:
        if file not in missing:
            # Written by our own pytest a moment ago.
            results = {_name(case): _result(case) for case in Xml.parse(file).getroot().iter("testcase")}  # noqa: S314 our own file
            again |= results.keys() & last.keys()
            last |= results
    count = Counter(last.values())
    failed = count["failure"] + count["error"] + len(missing)
    for file in missing:
        print(f"no results: {file}")
    for place, name in sorted(again):
        print(f"failed once: {place}::{name}")
    print(f"{count['passed']} passed, {failed} failed, {count['skipped']} skipped")
    return 1 if failed else 0


def _name(case: Xml.Element) -> tuple[str, str]:
    return case.get("classname", ""), case.get("name", "")


def _result(case: Xml.Element) -> str:
    return next((name for name in _NOT_PASSED if case.find(name) is not None), "passed")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
