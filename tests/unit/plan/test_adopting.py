"""Taking over what exists is asked for by name, and whoever asks for what cannot be had is told why."""

import pytest

from reconciler.errors import Refused, UsageError
from reconciler.model.address import Address
from reconciler.plan.adopting import only_adoptions
from reconciler.plan.plan import GuardResult, Verdict
from tests.unit.plan.plans import plan


def _refusing(*names: str) -> tuple[GuardResult, ...]:
    return tuple(
        GuardResult(guard, Verdict.DENY, f"{name} is refused", addresses=(Address("VSlice", name),))
        for guard, name in zip(("protect", "ownership", "scope"), names, strict=True)
    )


def test_the_refusal_of_the_object_that_is_named_is_given() -> None:
    """Other refusals of the same plan, and of other objects, are passed over."""
    guards = _refusing("our-net", "their-net", "our-net")
    with pytest.raises(Refused) as caught:
        only_adoptions(plan(guards=guards), ["VSlice/our-net"])
    assert str(caught.value) == guards[2].message


def test_a_name_that_no_refusal_speaks_of_is_a_wrong_argument() -> None:
    """Neither another object's owner nor another guard's refusal is the reason that it cannot be adopted."""
    with pytest.raises(UsageError):
        only_adoptions(plan(guards=_refusing("our-net", "their-net", "far-net")), ["VSlice/our-net"])
