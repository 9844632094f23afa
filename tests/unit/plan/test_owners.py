"""Whose an object is decides who may change it; letting go of one is everybody's own affair."""

from dataclasses import replace

from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.grounds import Grounds
from reconciler.plan.owners import objection
from reconciler.plan.plan import Verdict
from reconciler.plan.roster import RosterAction, RosterPlan
from reconciler.plan.sim_guards import sims_of_others
from tests.laws import paper
from tests.unit.plan.plans import happens, plan

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


def test_sims_in_a_group_of_another_estate_are_not_changed() -> None:
    """Those that would leave it and those that would come are counted, and refused under the name of its owner."""
    moves = (
        happens(RosterAction.MOVE, 3, source="theirs", target="ours"),
        happens(RosterAction.MOVE, 2, source="ours", target="theirs", first=3),
        happens(RosterAction.SUSPEND, 4, source="ours", first=5),
    )
    found = plan(roster=RosterPlan(changes=moves), grounds=Grounds(others_groups={"theirs": "team-b"}))

    (refusal,) = sims_of_others(found)
    assert (refusal.guard, refusal.verdict, refusal.measured, refusal.limit) == ("ownership", Verdict.DENY, 5, 0)
    assert "team-b" in refusal.message
