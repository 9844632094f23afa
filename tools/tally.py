"""
Add up the results of several runs of pytest: `python tools/tally.py RESULTS.xml ...`. The last line of a CI log.

A run that left no results (it could not start, or was stopped) is an error.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

_COUNTED = ("failures", "errors", "skipped")


def main(files: list[str]) -> int:
    """Print one line; 1 if anything failed or is missing."""
    total = dict.fromkeys(("tests", *_COUNTED), 0)
    missing = [file for file in files if not Path(file).is_file()]
    for file in files:
        if file not in missing:
            # Written by our own pytest a moment ago.
            for suite in Xml.parse(file).getroot().iter("testsuite"):  # noqa: S314 our own file
                for name in total:
                    total[name] += int(suite.get(name, "0"))
    failed = total["failures"] + total["errors"] + len(missing)
    passed = total["tests"] - sum(total[name] for name in _COUNTED)
    for file in missing:
        print(f"no results: {file}")
    print(f"{passed} passed, {failed} failed, {total['skipped']} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
