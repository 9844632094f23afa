"""Which change waits for which: the cases that a graph of references alone does not show."""

from typing import Any

from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource, Resources
from tests.laws import paper

NET = Resource(Address("VSlice", "fleet-net"), {"subnets": ["100.64.0.0/16"]})
ROUTE = Resource(Address("RoutingPolicy", "fleet-route"), {"vslice": "fleet-net"})
REGION = Resource(Address("RegionalPolicy", "fleet-region"), {"defaultGateway": "europe"})
COMMON = {"vslice": "fleet-net", "routingPolicy": "fleet-route", "regionalPolicy": "fleet-region"}


def group(name: str, **spec: Any) -> Resource:
    """An endpoint group."""
    return Resource(Address("EndpointGroup", name), {**COMMON, **spec})


def second(name: str) -> Resource:
    """A secondary group."""
    return group(name, type="secondary", apn=f"{name}.flex")


def _waits(before: list[Resource], after: list[Resource]) -> dict[str, list[str]]:
    common = [NET, ROUTE, REGION]
    plan = paper.plan_of(Resources([*common, *before]), Resources([*common, *after]))
    return {change.address.name: [other.name for other in change.waits_for] for change in plan.changes}


def test_a_secondary_group_is_let_go_of_before_another_primary_takes_it() -> None:
    """A secondary group belongs to one primary at most: the taker waits, in whatever order the names are (D-21)."""
    for giver, taker in (("group-a", "group-b"), ("group-b", "group-a")):
        before = [group(giver, secondaryGroups=["extra"]), group(taker, secondaryGroups=[]), second("extra")]
        after = [group(giver, secondaryGroups=[]), group(taker, secondaryGroups=["extra"]), second("extra")]

        assert _waits(before, after) == {giver: [], taker: [giver]}


def test_a_secondary_group_of_a_primary_that_goes_is_taken_afterwards() -> None:
    """The deletion of the holder lets go of it; a rename of the secondary group on the way changes nothing."""
    old, new = second("extra"), second("other")._replace(lifecycle=Lifecycle(renamed_from="extra"))
    before = [group("group-b", secondaryGroups=["extra"]), group("group-a", secondaryGroups=[]), old]

    waits = _waits(before, [group("group-a", secondaryGroups=["other"]), new])

    assert waits == {"group-b": [], "other": [], "group-a": ["group-b", "other"]}


def test_primaries_that_exchange_their_secondaries_do_not_wait_for_each_other() -> None:
    """A circle would be no plan at all; so one of them goes first, and what the platform refuses is tried again."""
    before = [group("group-a", secondaryGroups=["extra"]), group("group-b", secondaryGroups=["other"])]
    after = [group("group-a", secondaryGroups=["other"]), group("group-b", secondaryGroups=["extra"])]
    secondaries = [second("extra"), second("other")]

    waits = _waits([*before, *secondaries], [*after, *secondaries])

    assert waits == {"group-b": [], "group-a": ["group-b"]}


def test_an_update_waits_for_the_rename_of_what_it_refers_to() -> None:
    """An update writes the whole object, references that are not managed included, as they are called by then."""
    renamed = NET._replace(address=Address("VSlice", "other-net"), lifecycle=Lifecycle(renamed_from="fleet-net"))
    target = Resource(
        Address("RoutingTarget", "fleet-out"),
        {"vslice": "fleet-net", "redundancyZone": "europe-primary", "internet": {}},
    )
    moved = target._replace(
        address=Address("RoutingTarget", "fleet-exit"),
        spec={**target.spec, "vslice": "other-net"},
        lifecycle=Lifecycle(renamed_from="fleet-out"),
    )

    plan = paper.plan_of(Resources([NET, target]), Resources([renamed, moved]))

    assert [(str(change.address), change.waits_for) for change in plan.changes] == [
        ("VSlice/other-net", ()),
        ("RoutingTarget/fleet-exit", (renamed.address,)),
    ]


def test_who_gives_and_who_takes_may_wait_for_the_same_renames() -> None:
    """Waiting for something by two ways is waiting once."""
    net = NET._replace(address=Address("VSlice", "other-net"), lifecycle=Lifecycle(renamed_from="fleet-net"))
    route = ROUTE._replace(
        address=Address("RoutingPolicy", "other-route"),
        spec={"vslice": "other-net"},
        lifecycle=Lifecycle(renamed_from="fleet-route"),
    )
    before = [group("group-a", secondaryGroups=["extra"]), group("group-b"), second("extra")]
    spec = {"vslice": "other-net", "routingPolicy": "other-route"}
    after = [group("group-a", **spec, secondaryGroups=[]), group("group-b", **spec, secondaryGroups=["extra"])]

    plan = paper.plan_of(
        Resources([NET, ROUTE, REGION, *before]),
        Resources([net, route, REGION, *after, second("extra")._replace(spec={**second("extra").spec, **spec})]),
    )

    assert {change.address.name: [other.name for other in change.waits_for] for change in plan.changes} == {
        "other-net": [],
        "other-route": ["other-net"],
        "group-a": ["other-route", "other-net"],
        "group-b": ["group-a", "other-route", "other-net"],
    }
