"""Random edits of a small estate of SIMs, for as long as there is time: nothing irreversible by accident."""

import tempfile
import time
from pathlib import Path

from tests.features.sims.test_absence import EDITS, test_random_edits_never_terminate_and_never_leave_the_plan
from tests.robustness.torture.programme import Outcome


def torture(seed: int, seconds: float) -> Outcome:
    """One estate after the other, each edited and applied many times."""
    until = time.monotonic() + seconds
    failures: list[str] = []
    estates = 0
    while time.monotonic() < until:
        with tempfile.TemporaryDirectory() as folder:
            try:
                test_random_edits_never_terminate_and_never_leave_the_plan(Path(folder), (seed << 20) + estates)
            except AssertionError as error:
                failures.append(f"seed {(seed << 20) + estates}: {error}")
        estates += 1
    return Outcome({"edits": estates * EDITS}, {"edits": 10_000}, failures)
