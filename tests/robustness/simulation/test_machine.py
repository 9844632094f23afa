"""The command line in the hands of a team: any order of edits, plans, applies, kills and portal work ends well."""

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.robustness.simulation.machine import Weeks

EXAMPLES, STEPS = 20, 20


@pytest.mark.slow
def test_whatever_a_team_does_it_ends_as_declared() -> None:
    """Nothing is there twice or terminated by us, no undocumented exit code, and two quiet runs converge (I1)."""
    run_state_machine_as_test(
        Weeks,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            print_blob=False,
        ),
    )
