"""The guards' measures of objects: deletions, lost kinds, what was not read, what vanished, and hosts."""

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change, ReasonCode
from reconciler.plan.facts import Facts
from reconciler.plan.limits import Guard
from reconciler.plan.measures import measure
from reconciler.plan.plan import Drift
from reconciler.plan.roster import RosterAction, RosterPlan
from tests.unit.plan.plans import FLEET, change, counting, happens, plan


def test_what_is_replaced_is_deleted_and_what_is_forgotten_is_not() -> None:
    """Creations, edits, adoptions and forgetting delete nothing."""
    given = plan(*(change(Address("EventMap", action.value), action) for action in Action))

    assert measure(given, Guard.DELETIONS).addresses == (
        Address("EventMap", "replace"),
        Address("EventMap", "delete"),
    )


OWNED = Facts(owned={"EventMap": 2, "OperatorPolicy": 1})
MAPS = [Address("EventMap", name) for name in ("one", "two")]


@pytest.mark.parametrize(
    ("changes", "emptied"),
    [
        ([change(MAPS[0], Action.DELETE), change(MAPS[1], Action.DELETE)], 1),
        ([change(MAPS[0], Action.DELETE), change(MAPS[1], Action.FORGET)], 1),
        ([change(MAPS[0], Action.DELETE), change(MAPS[1], Action.FORGET, before=None)], 1),
        # Something of the kind stays, or is declared.
        ([change(MAPS[0], Action.DELETE)], 0),
        ([change(MAPS[0], Action.DELETE), change(MAPS[1], Action.UPDATE)], 0),
        ([change(MAPS[0], Action.DELETE), change(MAPS[1], Action.REPLACE)], 0),
        ([*(change(one, Action.DELETE) for one in MAPS), change(Address("EventMap", "new"), Action.CREATE)], 0),
        # It is gone from the platform as well.
        ([change(one, Action.FORGET, before=None) for one in MAPS], 0),
        # The whole estate.
        (
            [*(change(one, Action.DELETE) for one in MAPS), change(Address("OperatorPolicy", "x"), Action.DELETE)],
            2,
        ),
    ],
)
def test_a_kind_is_emptied_when_all_of_it_goes_and_nothing_of_it_is_declared(
    changes: list[Change], emptied: int
) -> None:
    """The inventory knows the kind, and the input does not."""
    assert measure(plan(*changes, facts=OWNED), Guard.EMPTIED).count == emptied


def test_the_text_of_an_emptied_estate_names_what_is_lost() -> None:
    """Kinds with their counts, then groups, so that the reader sees which file is missing."""
    roster = RosterPlan(changes=(happens(RosterAction.SUSPEND, 6),), unlisted={"fleet": tuple("012345")})
    given = plan(
        *(change(one, Action.DELETE) for one in MAPS),
        roster=roster,
        facts=Facts(owned={"EventMap": 2}, sims={"fleet": 10}),
    )

    found = measure(given, Guard.EMPTIED)

    assert found.text == "2 kinds or rosters would be emptied: all 2 EventMap, 6 of 10 SIMs of EndpointGroup/fleet"
    assert found.addresses == (FLEET,)
    assert (
        measure(counting[Guard.EMPTIED](1), Guard.EMPTIED).text
        == "1 kind or roster would be emptied: all 1 EdgeService"
    )


def test_only_what_was_not_read_is_left_out() -> None:
    """A deletion that a manifest asks for is none, whoever reads it; an edit is none."""
    found = measure(
        plan(
            change(MAPS[0], Action.DELETE, ReasonCode.LEFT_OUT),
            change(MAPS[1], Action.FORGET, ReasonCode.LEFT_OUT),
            change(Address("EventMap", "three"), Action.DELETE, ReasonCode.REMOVED),
            change(Address("EventMap", "four"), Action.UPDATE, ReasonCode.LEFT_OUT),
        ),
        Guard.LEFT_OUT,
    )

    assert (found.count, found.addresses) == (2, tuple(MAPS))


def test_the_account_shrinks_by_what_vanished() -> None:
    """Declared or not, what the inventory has and the reading has not counts, once; other drift does not."""
    given = plan(
        change(MAPS[0], Action.CREATE, ReasonCode.VANISHED),
        change(MAPS[1], Action.FORGET, before=None),
        change(Address("EventMap", "three"), Action.FORGET),
        drift=(Drift(MAPS[0], (), vanished=True), Drift(Address("EventMap", "four"), ())),
        facts=Facts(owned={"EventMap": 100}, gone=(MAPS[0], Address("EventMap", "five"))),
    )

    found = measure(given, Guard.SHRUNK_ACCOUNT)

    assert (found.count, found.parts, found.addresses) == (3, ((3, 100),), (*MAPS, Address("EventMap", "five")))


@pytest.mark.parametrize(("is_established", "peers"), [(False, 0), (True, 2)])
def test_new_peers_are_listed_at_first_and_counted_then(is_established: bool, peers: int) -> None:
    """Until the estate's first apply has completed they are named and refuse nothing."""
    changes = counting[Guard.NEW_PEERS](2).changes
    found = measure(plan(*changes, facts=Facts(is_established=is_established)), Guard.NEW_PEERS)

    assert found.count == peers
    assert found.text == (
        "2 hosts would be sent to for the first time: EventHandler/hook-0 webhook.url: none -> 0.example.net, "
        "EventHandler/hook-1 webhook.url: none -> 1.example.net"
    )


def test_two_hosts_of_one_object_are_two_and_the_object_is_named_once() -> None:
    """A tunnel with another end and a wider route: two reasons to look, one address."""
    target = Address("RoutingTarget", "plant")
    before = {"vpn": {"remotePeer": "192.0.2.1", "remoteSubnets": ["10.0.0.0/8"]}}
    after: Mapping[str, Any] = {"vpn": {"remotePeer": "192.0.2.2", "remoteSubnets": ["0.0.0.0/0"]}}
    given = plan(change(target, Action.UPDATE, before=before, after=after), facts=Facts(is_established=True))

    found = measure(given, Guard.NEW_PEERS)

    assert (found.count, found.addresses) == (2, (target,))
