"""Platforms whose lists lie, for as long as there is time."""

import tempfile
import time
from pathlib import Path

from tests.robustness.torture.programme import Outcome
from tests.robustness.wire_faults.test_lying_lists import estate


def torture(seed: int, seconds: float) -> Outcome:
    """One platform after the other, each of a seed of its own."""
    until = time.monotonic() + seconds
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        liars = estate(Path(folder))
        number = seed << 32
        while time.monotonic() < until:
            found = liars.tell(number)
            failures += [found] if found else []
            number += 1
    counts = {"lying servers": liars.told, "plans refused": liars.refused}
    return Outcome(counts, {"lying servers": 50_000}, failures)
