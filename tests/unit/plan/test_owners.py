"""Whose an object is decides who may change it; letting go of one is everybody's own affair."""

from dataclasses import replace

from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.owners import objection
from tests.laws import paper

NET = Address("VSlice", "shared-net")
WHY = Reason(ReasonCode.VANISHED, "it is gone")
GONE = Change(NET, Action.FORGET, None, None, WHY, remote_id="gone", live_moniker="x")


def test_an_object_that_is_gone_can_be_let_go_while_another_estate_makes_one_of_its_name() -> None:
    """The creation of the other estate has no outcome yet: we may forget ours, and may not make or edit one."""
    inventory = replace(paper.inventory([]), begun={NET: "team-b"})
    seen = paper.snapshot([])

    assert objection(GONE, seen, inventory) is None
    for action in (Action.CREATE, Action.REPLACE, Action.UPDATE):
        assert objection(replace(GONE, action=action), seen, inventory) == "it belongs to the estate team-b"
