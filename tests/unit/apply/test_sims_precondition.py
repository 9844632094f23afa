"""The one table of what may be done for a SIM: each row of it, for changes and for edits."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from reconciler.apply.sims.precondition import Known, SimReadiness, ruling_of_change, ruling_of_edit, unshown_loss
from reconciler.diffing.rosters import ACTIVE, PENDING, SUSPENDED, TERMINATED
from reconciler.model.scope import Scope
from reconciler.plan.roster import RosterAction, RosterChange, SimEdit

SIM = "8944500000000000001"
HOME, AWAY, ABROAD = "fleet-uk", "fleet-de", "fleet-fr"


@dataclass(frozen=True, slots=True)
class Live:
    """A SIM as a reading shows it."""

    iccid: str = SIM
    group: str | None = HOME
    status: str = ACTIVE
    ip_address: str | None = None
    static_ip_address: str | None = None
    name: str = "before"
    tags: tuple[str, ...] = ("ours",)


def known(sim: Live | None, **more: Any) -> Known:
    """The knowledge of a run about one SIM."""
    return Known(scope=Scope(tags=("ours",)), seen={} if sim is None else {SIM: sim}, **more)


def change(action: RosterAction) -> RosterChange:
    """A change of the SIM; a move goes away from home."""
    target = AWAY if action in {RosterAction.MOVE, RosterAction.ACTIVATE} else None
    return RosterChange(action=action, address="EndpointSet/a", source=HOME, target=target, iccids=(SIM,))


MOVE, SUSPEND, ACTIVATE = map(change, (RosterAction.MOVE, RosterAction.SUSPEND, RosterAction.ACTIVATE))
HERE = Live()


@pytest.mark.parametrize(
    ("asked", "knowledge", "readiness", "reason"),
    [
        (MOVE, known(HERE), SimReadiness.GO, ""),
        (MOVE, known(replace(HERE, group=AWAY)), SimReadiness.DONE, ""),
        (MOVE, known(replace(HERE, group=ABROAD)), SimReadiness.STALE, "it is in fleet-fr now, not in fleet-uk"),
        (MOVE, known(replace(HERE, status=TERMINATED)), SimReadiness.STALE, "it was terminated"),
        (MOVE, known(replace(HERE, tags=())), SimReadiness.STALE, "it is outside of the scope of this estate now"),
        (MOVE, known(None), SimReadiness.STALE, "it is no longer in the account"),
        (MOVE, known(HERE, uncertain=frozenset({SIM})), SimReadiness.WAITING, ""),
        (MOVE, known(HERE, refused={SIM: "no"}), SimReadiness.REFUSED, ""),
        (MOVE, known(HERE, stale={SIM: "it moved"}), SimReadiness.STALE, "it moved"),
        (SUSPEND, known(HERE), SimReadiness.GO, ""),
        (SUSPEND, known(replace(HERE, status=SUSPENDED)), SimReadiness.DONE, ""),
        (SUSPEND, known(replace(HERE, status=PENDING)), SimReadiness.STALE, "it is pending; it needs a group first"),
        (SUSPEND, known(replace(HERE, status=PENDING), moved=frozenset({SIM})), SimReadiness.GO, ""),
        (SUSPEND, known(replace(HERE, group=AWAY), targets={SIM: {AWAY}}), SimReadiness.GO, ""),
        (SUSPEND, known(None, moved=frozenset({SIM})), SimReadiness.GO, ""),
        (ACTIVATE, known(None), SimReadiness.GO, ""),
        (ACTIVATE, known(replace(HERE, group=AWAY)), SimReadiness.DONE, ""),
        (ACTIVATE, known(replace(HERE, group=None)), SimReadiness.BETWEEN, ""),
        (ACTIVATE, known(HERE), SimReadiness.STALE, "it is in fleet-uk now"),
        (ACTIVATE, known(replace(HERE, status=TERMINATED)), SimReadiness.STALE, "it was terminated"),
    ],
)
def test_a_change_is_made_to_a_sim_that_is_as_the_plan_saw_it(
    asked: RosterChange, knowledge: Known, readiness: SimReadiness, reason: str
) -> None:
    """Anything else is done already, waits, or is stale with a reason."""
    assert ruling_of_change(knowledge, asked, SIM) == (readiness, reason)


NAME = SimEdit("Endpoint/a", SIM, {"displayName": "before"}, {"displayName": "after"}, HOME)
KEYS = SimEdit("Endpoint/a", SIM, {"keyValues": {"apn": "a"}}, {"keyValues": {"apn": "b"}}, HOME)
ADDRESS = SimEdit("Endpoint/a", SIM, {"staticIPv4": None}, {"staticIPv4": "10.0.0.9"}, HOME)


@pytest.mark.parametrize(
    ("edit", "knowledge", "readiness", "reason"),
    [
        (NAME, known(HERE), SimReadiness.GO, ""),
        (NAME, known(replace(HERE, name="after")), SimReadiness.DONE, ""),
        (NAME, known(replace(HERE, name="other")), SimReadiness.STALE, "displayName changed meanwhile"),
        (NAME, known(replace(HERE, group=AWAY)), SimReadiness.STALE, "it is in fleet-de now, not in fleet-uk"),
        (NAME, known(replace(HERE, tags=())), SimReadiness.STALE, "it is outside of the scope of this estate now"),
        (NAME, known(replace(HERE, tags=()), activating=frozenset({SIM})), SimReadiness.GO, ""),
        (NAME, known(replace(HERE, status=TERMINATED)), SimReadiness.STALE, "it was terminated"),
        (NAME, known(None), SimReadiness.STALE, "it is no longer in the account"),
        (NAME, known(None, activated=frozenset({SIM})), SimReadiness.GO, ""),
        (NAME, known(HERE, uncertain=frozenset({SIM})), SimReadiness.WAITING, ""),
        (KEYS, known(HERE, key_values={SIM: {"apn": "a"}}), SimReadiness.GO, ""),
        (KEYS, known(HERE, key_values={SIM: {"apn": "b", "more": "c"}}), SimReadiness.DONE, ""),
        (KEYS, known(HERE, key_values={SIM: {"apn": "c"}}), SimReadiness.STALE, "keyValues changed meanwhile"),
        (ADDRESS, known(replace(HERE, group=ABROAD), moved=frozenset({SIM})), SimReadiness.GO, ""),
    ],
)
def test_settings_are_edited_of_a_sim_that_is_as_the_plan_saw_it(
    edit: SimEdit, knowledge: Known, readiness: SimReadiness, reason: str
) -> None:
    """Anything else is done already, waits, or is stale with a reason."""
    assert ruling_of_edit(knowledge, edit) == (readiness, reason)


def test_a_move_that_costs_more_addresses_than_it_shows_is_stale() -> None:
    """A few more are tolerated, as SIMs come and go between plan and apply."""
    iccids = tuple(str(number) for number in range(12))
    seen = {iccid: Live(iccid, ip_address="10.0.0.1") for iccid in iccids}
    move = replace(MOVE, iccids=iccids)

    assert unshown_loss(replace(move, losing=2), seen) is None
    assert (
        unshown_loss(replace(move, losing=1), seen) == "12 of these SIMs would lose their addresses, the plan shows 1"
    )
