"""The state machine of a team's weeks, with new random numbers until the time is over."""

import itertools
import time
import traceback

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.robustness.simulation.machine import Weeks
from tests.robustness.torture.programme import Outcome

WEEKS = 20_000
_PORTION, _STEPS = 10, 60


def torture(seed_of_run: int, seconds: float) -> Outcome:
    """Portions of stories, each from a seed of its own, so that one can be seen again by itself."""
    end, stories, failures = time.monotonic() + seconds, 0, []
    for number in itertools.count(seed_of_run * 1_000_003):
        if time.monotonic() > end:
            break
        try:
            run_state_machine_as_test(
                seed(number)(Weeks),
                settings=settings(
                    max_examples=_PORTION,
                    stateful_step_count=_STEPS,
                    database=None,
                    deadline=None,
                    phases=(Phase.generate, Phase.shrink),
                    suppress_health_check=list(HealthCheck),
                ),
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            failures.append(f"weeks of seed {number}: {''.join(traceback.format_exception_only(error))[:1000]}")
        stories += _PORTION
    return Outcome({"stories of weeks": stories}, {"stories of weeks": WEEKS}, failures)
