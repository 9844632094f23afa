"""The questions for a number: what is typed is the number, or no consent."""

import pytest

from reconciler.operations.apply import consented
from reconciler.plan.judging import with_verdicts
from reconciler.plan.limits import STANDARD, Guard
from tests.unit.plan.plans import counting

REFUSED = with_verdicts(counting[Guard.SIM_MOVES](1_204), STANDARD)


@pytest.mark.parametrize(
    ("typed", "is_allowed"),
    [("1204", True), ("1,204", True), (" 1204 ", True), ("1203", False), ("1205", False), ("yes", False), ("", False)],
)
def test_only_the_number_is_a_consent(typed: str, is_allowed: bool) -> None:
    """With or without its comma; another number, a word or nothing leaves the refusal as it is."""
    assert (consented(REFUSED, STANDARD, lambda _: typed).objections() == ()) is is_allowed
