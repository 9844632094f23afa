"""Monikers that were exchanged on the platform, and other changes that wait for each other in a circle."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.address import Address
from reconciler.model.resource import Resource, Resources
from reconciler.model.snapshot import Snapshot
from reconciler.plan.deriving import derived
from reconciler.plan.guards import objections
from reconciler.plan.plan import Plan
from reconciler.plan.planfile import decode, encode
from tests.laws import paper
from tests.laws.effort import tried
from tests.laws.estates import estates
from tests.robustness.faults.house import House, resource

NAMES = ("net-a", "net-b", "net-c")


def _net(name: str, subnet: str = "100.64.0.0/16") -> Resource:
    return Resource(Address("VSlice", name), {"subnets": [subnet]})


def _policy(name: str, vslice: str) -> Resource:
    return Resource(Address("RoutingPolicy", name), {"vslice": vslice})


ESTATE = Resources([*map(_net, NAMES), _policy("pol-a", "net-a"), _policy("pol-b", "net-b")])


def _seen(estate: Resources, called: dict[Address, str]) -> Snapshot:
    """The estate on the platform, where these objects are called so; references stay with the names."""
    live = (paper.live(row) for row in estate.values())
    return Snapshot(
        paper.ACCOUNT,
        [one._replace(address=Address(one.address.kind, called.get(one.address, one.address.name))) for one in live],
    )


def _called(names: dict[str, str]) -> Plan:
    seen = _seen(ESTATE, {Address("VSlice", old): new for old, new in names.items()})
    return paper.plan(ESTATE, seen, paper.inventory(ESTATE.values()))


def test_a_long_circle_is_cut_to_its_ends() -> None:
    """A message names five members and says how many there are."""
    estate = Resources([resource("EventMap", f"map-{number:02}", scope="account") for number in range(9)])
    called = {address: f"map-{(number + 1) % 9:02}" for number, address in enumerate(estate)}

    (result,) = paper.plan(estate, _seen(estate, called), paper.inventory(estate.values())).objections()

    shown = ["map-00", "map-08", "map-07", "map-06"]
    circle = " → ".join([*(f"EventMap/{name}" for name in shown), "… (9 in all)", "EventMap/map-01", "EventMap/map-00"])
    assert circle in result.message
    assert " and 4 more; " in result.message
    assert len(result.addresses) == 9


@pytest.mark.parametrize("ring", [("net-a", "net-b"), ("net-a", "net-b", "net-c")])
def test_monikers_that_were_exchanged_are_refused_with_their_circle(ring: tuple[str, ...]) -> None:
    """No order gives each its name back: one refusal names the circle and the step that ends it (D-6)."""
    plan = _called(dict(zip(ring, [*ring[1:], ring[0]], strict=True)))

    (result,) = [one for one in plan.objections() if one.guard == "rename"]
    circle = [ring[0], *reversed(ring[1:]), ring[0]]
    assert " → ".join(f"VSlice/{name}" for name in circle) in result.message
    assert "the VSlice that is called net-b another moniker in the portal" in result.next_step
    assert sorted(result.addresses) == [Address("VSlice", name) for name in sorted(ring)]
    assert decode(encode(plan), "plan.json")[0] == plan


def test_a_moniker_is_given_away_before_another_object_takes_it() -> None:
    """Names that moved on by one wait for each other from the free one on; nothing is refused for it."""
    plan = _called({"net-a": "net-b", "net-b": "net-c", "net-c": "net-z"})

    waits = {str(c.address): c.waits_for for c in plan.changes if c.address.kind == "VSlice"}
    assert waits == {
        "VSlice/net-a": (),
        "VSlice/net-b": (Address("VSlice", "net-a"),),
        "VSlice/net-c": (Address("VSlice", "net-b"),),
    }
    assert [one for one in plan.objections() if one.guard == "rename"] == []


def test_a_reference_along_a_chain_of_renames_is_followed_once() -> None:
    """The policies moved on by one name, and a group uses the second: the plan gives it the first, in the file too."""
    spec = {"vslice": "net-a", "subscriptionType": "standard", "regionalPolicy": "automatic", "routingPolicy": "pol-a"}
    group = Resource(Address("EndpointGroup", "group-a"), spec)
    estate = Resources([_net("net-a"), _policy("pol-a", "net-a"), _policy("pol-b", "net-a"), group])
    called = {Address("RoutingPolicy", "pol-a"): "pol-b", Address("RoutingPolicy", "pol-b"): "pol-c"}
    seen = _seen(estate, called)
    objects = [
        one._replace(spec={**one.spec, "routingPolicy": "pol-c"}) if one.address == group.address else one
        for one in seen.by_address.values()
    ]

    plan = paper.plan(estate, Snapshot(paper.ACCOUNT, objects), paper.inventory(estate.values()))

    (change,) = [change for change in plan.changes if change.address == group.address]
    assert [(one.path, one.before, one.after) for one in change.fields] == [("routingPolicy", "pol-b", "pol-a")]
    assert decode(encode(plan), "plan.json")[0] == plan


def test_replacements_that_need_each_other_are_refused_with_their_circle() -> None:
    """Two VSlices are made anew while their policies change places: none of the four can come first."""
    before = [_net("net-a"), _net("net-b"), _policy("pol-a", "net-a"), _policy("pol-b", "net-b")]
    after = [
        _net("net-a", "10.0.0.0/8"),
        _net("net-b", "10.0.0.0/8"),
        _policy("pol-a", "net-b"),
        _policy("pol-b", "net-a"),
    ]

    plan = paper.plan_of(Resources(before), Resources(after))

    (result,) = plan.objections()
    assert result.guard == "references"
    circle = "RoutingPolicy/pol-a → VSlice/net-b → RoutingPolicy/pol-b → VSlice/net-a → RoutingPolicy/pol-a"
    assert circle in result.message
    assert "under a new name" in result.next_step
    assert decode(encode(plan), "plan.json")[0] == plan


def test_a_circle_follows_from_the_changes_and_is_found_again_by_apply() -> None:
    """A plan from which the refusal was taken out has it again when it is derived, and when apply reads anew."""
    plan = _called({"net-a": "net-b", "net-b": "net-a"})
    seen = _seen(ESTATE, {Address("VSlice", "net-a"): "net-b", Address("VSlice", "net-b"): "net-a"})
    forged = replace(plan, guards=())

    assert [one.guard for one in derived(forged).objections()].count("rename") == 1
    found = objections(forged, seen, paper.inventory(ESTATE.values()))
    assert [one.guard for one in found].count("rename") == 1


@tried(15)
@given(st.data())
def test_whatever_names_are_exchanged_there_is_a_plan(data: st.DataObject) -> None:
    """Objects of any kinds that have each other's names: the plan can be made, written and read; rings are refused."""
    estate = data.draw(estates())
    called: dict[Address, str] = {}
    for kind in sorted({address.kind for address in estate}):
        addresses = sorted(address for address in estate if address.kind == kind)
        names = data.draw(st.permutations([address.name for address in addresses]))
        called.update(zip(addresses, names, strict=True))

    plan = paper.plan(estate, _seen(estate, called), paper.inventory(estate.values()))

    assert decode(encode(plan), "plan.json")[0] == plan
    moved = {address for address, name in called.items() if address.name != name}
    refused = {address for one in plan.objections() for address in one.addresses}
    assert moved <= refused


def test_an_exchange_ends_with_one_name_that_is_given_in_the_portal(tmp_path: Path) -> None:
    """The step that the refusal names, and one apply: each object is called as declared, under its own id."""
    house = House(tmp_path)
    maps = [resource("EventMap", name, scope="account") for name in ("map-one", "map-two")]
    house.make(*maps)
    ids = _ids(house)
    _call(house, ids[maps[0].address], "elsewhere")
    _call(house, ids[maps[1].address], "map-one")
    _call(house, ids[maps[0].address], "map-two")
    assert [one.guard for one in house.plan(*maps).objections()] == ["rename"]

    _call(house, ids[maps[0].address], "a-free-name")
    assert house.apply(house.plan(*maps)).exit_code == 0

    assert house.plan(*maps).changes == ()
    assert _ids(house) == ids


def _ids(house: House) -> dict[Address, str]:
    return {row.address: row.remote_id for row in house.store.inventory().owned.values()}


def _call(house: House, remote_id: str, moniker: str) -> None:
    """Somebody renames an event map in the portal."""
    house.control_plane.exchange.write("PUT", f"/EventMaps/{remote_id}", {"name": moniker, "moniker": moniker})
