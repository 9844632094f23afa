"""A plan file whose part about SIMs does not fit together is refused, however the rest was made to fit."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import PlanFileError
from reconciler.plan.deriving import derived
from reconciler.plan.planfile import decode, encode
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan, SimEdit
from tests.features.sims.estate import iccids
from tests.unit.plan.plans import plan

FIRST, SECOND, NEW = iccids(3)
MOVE = RosterChange(
    action=RosterAction.MOVE, address="EndpointSet/all", source="old", target="new", iccids=(FIRST, SECOND)
)
START = RosterChange(action=RosterAction.ACTIVATE, address="EndpointSet/all", source=None, target="new", iccids=(NEW,))
HALT = replace(MOVE, action=RosterAction.SUSPEND, target=None)
EDIT = SimEdit("Endpoint/van", FIRST, {"displayName": "Van 1"}, {"displayName": "Van 2"}, "old")
CODES = {NEW: {"secretRef": {"env": "CODE"}}}


def _moving(**parts: Any) -> RosterPlan:
    return RosterPlan(changes=(replace(MOVE, **parts),))


def _editing(**parts: Any) -> RosterPlan:
    return RosterPlan(edits=(replace(EDIT, **parts),))


SOUND: Mapping[str, RosterPlan] = {
    "a move of SIMs in a list": RosterPlan(changes=(MOVE,)),
    "a move of SIMs in no list": RosterPlan(changes=(MOVE,), unlisted={"old": (FIRST, SECOND)}),
    "an activation with its code": RosterPlan(changes=(START,), activation=CODES),
    "a suspension": RosterPlan(changes=(HALT,)),
    "an edit": RosterPlan(edits=(EDIT,)),
}
FORGED: Mapping[str, RosterPlan] = {
    "one move for SIMs in a list and in none": RosterPlan(changes=(MOVE,), unlisted={"old": (FIRST,)}),
    "an activation without its code": RosterPlan(changes=(START,)),
    "a code for a SIM that is not activated": RosterPlan(activation=CODES),
    "a code in clear": RosterPlan(changes=(START,), activation={NEW: "1234"}),
    "an edit for no list": _editing(address="VSlice/net"),
    "an edit that changes nothing": _editing(after=EDIT.before),
    "an edit of something else than before": _editing(after={"imeiLock": "356938035643800"}),
    "an edit of the state": _editing(before={"state": "active"}, after={"state": "suspended"}),
    "an edit of no SIM": _editing(iccid="all"),
    "two edits of a SIM": RosterPlan(edits=(EDIT, EDIT)),
    "two moves of a SIM": RosterPlan(changes=(MOVE, MOVE)),
    "a move of nobody": _moving(iccids=()),
    "a move of no SIM": _moving(iccids=("1", "2")),
    "SIMs in another order": _moving(iccids=(SECOND, FIRST)),
    "a request that is too large": _moving(batch=501),
    "a move for no list": _moving(address="EndpointSet/"),
    "a move to nowhere": _moving(target=None),
    "a move to where they are": _moving(target="old"),
    "a suspension that moves": RosterPlan(changes=(replace(HALT, target="new"),)),
    "an activation of what is in a group": RosterPlan(changes=(replace(START, source="old"),), activation=CODES),
    "more lost addresses than SIMs": _moving(losing=3),
    "a lost address of another SIM": _moving(fixed=((NEW, "10.0.0.1"),)),
    "places of fewer SIMs": _moving(places=("estate.yaml:1",)),
    "a cause for another SIM": _moving(caused_by={NEW: "Endpoint/van"}),
    "a suspension that loses addresses": RosterPlan(changes=(replace(HALT, losing=1),)),
}


def _saved(roster: RosterPlan) -> bytes:
    """The file of a plan in which everything else follows from this part."""
    return encode(derived(plan(roster=roster)))


@pytest.mark.parametrize("name", SOUND)
def test_a_part_about_sims_that_fits_together_is_read_back(name: str) -> None:
    """The part that a planner writes about SIMs comes back from its file as it was."""
    read, _ = decode(_saved(SOUND[name]), "plan.json")
    assert replace(read.roster, changes=_plain(read.roster)) == SOUND[name]


def _plain(roster: RosterPlan) -> tuple[RosterChange, ...]:
    return tuple(replace(change, reason="") for change in roster.changes)


@pytest.mark.parametrize("name", FORGED)
def test_a_part_about_sims_that_contradicts_itself_is_refused(name: str) -> None:
    """One thing in it does not fit, and everything that follows from it was made anew: exit code 4."""
    with pytest.raises(PlanFileError, match="contradicts itself") as caught:
        decode(_saved(FORGED[name]), "plan.json")
    assert caught.value.exit_code == 4
