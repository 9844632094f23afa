"""Counts that tests record as properties, added up at the end of a run: how much was tried is part of the promise."""

from collections import Counter
from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each property that is a number, over all tests, also those of other processes."""
    total: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                total.update({name: value for name, value in report.user_properties if isinstance(value, int)})
    for name, value in sorted(total.items()):
        terminalreporter.write_line(f"{name}: {value:,}")
