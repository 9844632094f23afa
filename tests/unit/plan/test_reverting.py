"""Undoing a drift changes what drifted, and nothing that the manifests ask for besides."""

from dataclasses import replace

from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.grounds import Grounds, ReleasedSet
from reconciler.plan.reverting import only_of
from reconciler.plan.roster import RosterAction
from tests.unit.plan.plans import DIGEST, change, edit, happens, plan

NET, POLICY, GROUP, OTHER = (Address(kind, "one") for kind in ("VSlice", "EventMap", "EventHandler", "OperatorPolicy"))


def test_only_what_drifted_is_kept() -> None:
    """Objects, and SIMs by the list that speaks of them; a list that is released is for another apply."""
    made = plan(change(NET, Action.CREATE, after={}), change(OTHER, Action.CREATE, after={}))
    moves = replace(made.roster, changes=(happens(RosterAction.RESUME, 2),), edits=(edit(7, {"displayName": "x"}),))
    gone = Grounds(released=(ReleasedSet("EndpointSet/old", "fleet", 1, DIGEST),))
    made = replace(made, roster=moves, grounds=gone)

    objects = only_of(made, {NET}, ())
    sims = only_of(made, (), {"EndpointSet/all"})

    assert [one.address for one in objects.changes] == [NET]
    assert objects.roster.is_empty
    assert sims.changes == ()
    assert (sims.roster.changes[0].iccids, len(sims.roster.edits)) == (("0", "1"), 1)
    assert not only_of(made, (), ()).has_work


def test_what_waits_for_a_change_that_is_left_out_is_left_out() -> None:
    """Also where it waits for another one that does."""
    made = plan(
        change(NET, Action.CREATE, after={}),
        change(POLICY, Action.CREATE, after={}, waits_for=(NET,)),
        change(GROUP, Action.CREATE, after={}, waits_for=(POLICY,)),
        change(OTHER, Action.CREATE, after={}),
    )
    assert [one.address for one in only_of(made, {POLICY, GROUP, OTHER}, ()).changes] == [OTHER]
    assert [one.address for one in only_of(made, {NET, POLICY}, ()).changes] == [NET, POLICY]
