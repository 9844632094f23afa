"""Objects that are named to be forgotten stop being ours, and nothing else happens to them or to others."""

from dataclasses import replace

import pytest

from reconciler.errors import UsageError
from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource, Resources
from reconciler.plan.action import Action
from reconciler.plan.change import ReasonCode
from reconciler.plan.forgetting import named_by, only_forgotten
from reconciler.plan.limits import Guard
from reconciler.plan.measures import measure
from reconciler.plan.plan import Plan
from reconciler.plan.planner import make_plan
from tests.laws import paper

ONE, OTHER = Address("VSlice", "one-net"), Address("VSlice", "other-net")


def _net(address: Address) -> Resource:
    spec = {"displayName": address.name, "subnets": ["100.64.0.0/16"]}
    return Resource(address, spec, lifecycle=Lifecycle(protect=True))


def _plan(let_go: frozenset[Address], *, live: tuple[Address, ...] = (ONE, OTHER)) -> Plan:
    owned = paper.inventory([_net(ONE), _net(OTHER)])
    situation = paper.situation(Resources(), paper.snapshot(map(_net, live)), owned)
    return make_plan(replace(situation, let_go=let_go))


def test_a_named_object_is_forgotten_and_the_others_are_deleted() -> None:
    """The name decides, protected or not; the rest goes as ever."""
    plan = _plan(frozenset({ONE}))
    assert {c.address: (c.action, c.reason.code) for c in plan.changes} == {
        ONE: (Action.FORGET, ReasonCode.LET_GO),
        OTHER: (Action.DELETE, ReasonCode.REMOVED),
    }


def test_a_named_object_that_is_gone_is_forgotten_as_gone() -> None:
    """The reason is what is so."""
    plan = _plan(frozenset({ONE}), live=(OTHER,))
    assert {c.address: c.reason.code for c in plan.changes if c.action is Action.FORGET} == {ONE: ReasonCode.VANISHED}


@pytest.mark.parametrize(("let_go", "emptied"), [((), 1), ((ONE,), 1), ((ONE, OTHER), 0)])
def test_letting_go_of_all_empties_nothing_and_hides_no_loss(let_go: tuple[Address, ...], emptied: int) -> None:
    """The guard counts a kind whose rest goes because no manifest has it, whatever was let go beside it."""
    assert measure(_plan(frozenset(let_go)), Guard.EMPTIED).count == emptied


def test_only_what_was_named_is_left_of_the_plan() -> None:
    """Deletions beside it, and their refusals, are no part of it."""
    plan = only_forgotten(_plan(frozenset({ONE})), {ONE})
    assert [change.address for change in plan.changes] == [ONE]
    assert not plan.objections()
    assert not only_forgotten(_plan(frozenset({ONE})), {OTHER}).changes


def test_names_and_patterns_choose_owned_addresses() -> None:
    """Each of them has to choose something."""
    assert named_by([ONE, OTHER], ["VSlice/o*-net"]) == {ONE, OTHER}
    assert named_by([ONE, OTHER], ["VSlice/one-net"]) == {ONE}
    for wrong in ("VSlice/one-nett", "EventMap/*", "entirely-else"):
        with pytest.raises(UsageError):
            named_by([ONE, OTHER], ["VSlice/one-net", wrong])
