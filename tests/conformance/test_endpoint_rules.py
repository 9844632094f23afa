"""Operations on SIMs and the rules D-22 and D-41 to D-48, on the assumed paths."""

from collections.abc import Iterator

import pytest

from reconciler.simulator.application import Simulator
from reconciler.simulator.settings import Settings
from tests.conformance.client import TOKEN, Client, group, iccid, secondary, vslice

DAY = 24 * 3600.0
ONE, TWO, THREE = iccid(1), iccid(2), iccid(3)


@pytest.fixture
def fleet(platform: Client) -> Client:
    """The VSlice vee-1 with the groups group-1, group-2 and ota-group, and three pending SIMs."""
    return _fleet(platform)


def _fleet(client: Client) -> Client:
    client.create("vslices", vslice())
    client.create("EndpointGroups", group())
    client.create("EndpointGroups", group("group-2"))
    client.create("EndpointGroups", secondary("ota-group", "ota.flex"))
    client.simulator.put_sims([ONE, TWO, THREE])
    return client


@pytest.fixture
def partial() -> Iterator[Client]:
    """The same, on a platform whose bulk calls do what they can (A8)."""
    simulator = Simulator(token=TOKEN, settings=Settings(bulk="partial", suspension="final"))
    yield _fleet(Client(simulator))
    simulator.close()


def status(client: Client, key: str) -> int:
    """The provisioning state of a SIM as its number."""
    return int(client.get(f"/endpoints/{key}")["endpointStatus"]["key"])


def assign(client: Client, where: str, *keys: str) -> dict[str, object]:
    """The bulk call."""
    return client.call("POST", "/endpoints/assign", {"endpointGroup": where, "endpoints": list(keys)})


def test_d22_endpoints_are_assigned_to_one_primary_group(fleet: Client) -> None:
    """A secondary takes none; assigning elsewhere moves; the counts of groups and VSlice follow."""
    fleet.refused("PUT", f"/endpoints/{ONE}", {"endpointGroup": "ota-group"})
    fleet.refused("POST", "/endpoints/assign", {"endpointGroup": "ota-group", "endpoints": [ONE]})
    assert assign(fleet, "group-1", ONE, TWO)["success"] is True
    fleet.ok("PUT", f"/endpoints/{ONE}", {"endpointGroup": "group-2"})
    counts = {one["moniker"]: one["endpointsAssigned"] for one in fleet.get("/EndpointGroups")}
    assert counts == {"group-1": 1, "group-2": 1, "ota-group": 0}
    assert fleet.get("/vslices/vee-1")["endpointCount"] == 2
    members = fleet.get("/endpoints?filter=endpointGroup:group-2")
    assert [one["iccid"] for one in members] == [ONE]


def test_d22_a_session_in_a_secondary_group_needs_the_association(fleet: Client) -> None:
    """Secondary memberships come through the association, each with an address of its own."""
    assign(fleet, "group-1", ONE)
    with pytest.raises(Exception, match="not a secondary group"):
        fleet.simulator.session_start(ONE, "ota-group")
    fleet.ok("POST", "/EndpointGroups/group-1/secondarygroups", ["ota-group"])
    first, second = fleet.simulator.session_start(ONE), fleet.simulator.session_start(ONE, "ota-group")
    assert first != second
    assert fleet.simulator.session_start(ONE) == first


def test_d41_states_have_their_numbers(fleet: Client) -> None:
    """30 pending, 50 active, 60 suspended, 70 terminated, with the network state beside it."""
    seen = [status(fleet, ONE)]
    assign(fleet, "group-1", ONE)
    seen.append(status(fleet, ONE))
    for name in ("suspended", "active", "terminated"):
        fleet.ok("PUT", f"/endpoints/{ONE}/status", {"endpointStatus": name})
        seen.append(status(fleet, ONE))
    assert seen == [30, 50, 60, 50, 70]
    fleet.simulator.put_sims([iccid(9)], "group-1")
    fleet.simulator.session_start(iccid(9))
    assert fleet.get(f"/endpoints/{iccid(9)}")["endpointNetworkStatus"]["key"] == 40
    fleet.ok("POST", f"/endpoints/{iccid(9)}/reset", {"forceDetach": True, "endDataSession": True})
    assert fleet.get(f"/endpoints/{iccid(9)}")["endpointNetworkStatus"]["key"] == 20


def test_d42_only_these_transitions(fleet: Client) -> None:
    """Pending becomes active by assignment only and may be terminated; terminated is final."""
    fleet.refused("PUT", f"/endpoints/{ONE}/status", {"endpointStatus": "suspended"})
    fleet.refused("PUT", f"/endpoints/{ONE}/status", {"endpointStatus": "active"})
    fleet.refused("PUT", f"/endpoints/{ONE}/status", {"endpointStatus": "pending"})
    fleet.ok("PUT", f"/endpoints/{ONE}/status", {"endpointStatus": "terminated"})
    for name in ("active", "suspended"):
        fleet.refused("PUT", f"/endpoints/{ONE}/status", {"endpointStatus": name})
    fleet.refused("PUT", f"/endpoints/{ONE}", {"endpointGroup": "group-1"})
    assign(fleet, "group-1", TWO)
    fleet.ok("PUT", f"/endpoints/{TWO}", {"endpointGroup": None})
    assert status(fleet, TWO) == 30


def test_d42_suspension_can_be_final(partial: Client) -> None:
    """With the switch of A7, suspended does not become active again."""
    assign(partial, "group-1", ONE)
    partial.ok("PUT", f"/endpoints/{ONE}/status", {"endpointStatus": "suspended"})
    partial.refused("PUT", f"/endpoints/{ONE}/status", {"endpointStatus": "active"})


def test_bulk_calls_are_all_or_nothing_and_say_which(fleet: Client) -> None:
    """One result for each item; one that is refused stops them all."""
    answer = assign(fleet, "group-1", ONE, "8900000000000000000", TWO)
    results = answer["data"]
    assert isinstance(results, list)
    assert (answer["success"], [one["success"] for one in results]) == (False, [False, False, False])
    assert results[1]["messages"] == ["Record not found"]
    assert [status(fleet, key) for key in (ONE, TWO)] == [30, 30]


def test_bulk_calls_can_be_partial(partial: Client) -> None:
    """With the switch of A8, what can be done is done."""
    partial.ok("PUT", f"/endpoints/{TWO}/status", {"endpointStatus": "terminated"})
    answer = assign(partial, "group-1", ONE, TWO, THREE)
    results = answer["data"]
    assert isinstance(results, list)
    assert (answer["success"], [one["success"] for one in results]) == (False, [True, False, True])
    assert [status(partial, key) for key in (ONE, TWO, THREE)] == [50, 70, 50]


def test_bulk_status(fleet: Client) -> None:
    """Many are suspended in one call."""
    assign(fleet, "group-1", ONE, TWO)
    answer = fleet.call("POST", "/endpoints/status", {"endpointStatus": "suspended", "endpoints": [ONE, TWO]})
    assert answer["success"] is True
    assert [status(fleet, key) for key in (ONE, TWO)] == [60, 60]


def test_d44_a_terminated_sim_is_kept_for_ninety_days(fleet: Client) -> None:
    """Then it is gone, by the platform's clock; its group could go at once."""
    assign(fleet, "group-1", ONE)
    fleet.ok("PUT", f"/endpoints/{ONE}/status", {"endpointStatus": "terminated"})
    fleet.ok("DELETE", "/EndpointGroups/group-1")
    fleet.simulator.advance(89 * DAY)
    assert status(fleet, ONE) == 70
    fleet.simulator.advance(1.1 * DAY)
    assert fleet.call("GET", f"/endpoints/{ONE}")["success"] is False
    listed = fleet.call("GET", "/endpoints?limit=1&offset=1")
    assert (listed["totalItems"], listed["data"][0]["iccid"]) == (2, THREE)


def test_d45_activation_needs_a_valid_iccid_and_a_code(fleet: Client) -> None:
    """Once per ICCID; the SIM is pending and has what the body says."""
    new = iccid(77)
    for body in (
        {"iccid": new},
        {"iccid": new[:-1] + str((int(new[-1]) + 1) % 10), "activationCode": "x"},
        {"iccid": "12345", "activationCode": "x"},
        {"iccid": ONE, "activationCode": "x"},
    ):
        fleet.refused("POST", "/endpoints", body)
    key = fleet.ok("POST", "/endpoints", {"iccid": new, "activationCode": "x", "name": "Truck 77", "tags": ["a:b"]})
    seen = fleet.get(f"/endpoints/{key}")
    assert (seen["iccid"], seen["name"], seen["tags"], seen["endpointStatus"]["key"]) == (new, "Truck 77", ["a:b"], 30)


def test_d46_static_addresses_lie_in_the_subnet_and_are_unique(fleet: Client) -> None:
    """In the group's subnet, once in the VSlice, and gone when the SIM moves."""
    fleet.refused("PUT", f"/endpoints/{ONE}", {"staticIpAddress": "100.64.0.9"})
    assign(fleet, "group-1", ONE, TWO)
    assign(fleet, "group-2", THREE)
    fleet.refused("PUT", f"/endpoints/{ONE}", {"staticIpAddress": "10.0.0.1"})
    fleet.ok("PUT", f"/endpoints/{ONE}", {"staticIpAddress": "100.64.0.1"})
    for other in (TWO, THREE):
        fleet.refused("PUT", f"/endpoints/{other}", {"staticIpAddress": "100.64.0.1"})
    seen = fleet.get(f"/endpoints/{ONE}")
    assert (seen["ipAddress"], seen["staticIpAddress"]) == ("100.64.0.1", "100.64.0.1")
    assert fleet.simulator.session_start(TWO) == "100.64.0.2"
    assert fleet.get(f"/endpoints/{TWO}")["staticIpAddress"] is None
    fleet.ok("PUT", f"/endpoints/{ONE}", {"endpointGroup": "group-2"})
    assert fleet.get(f"/endpoints/{ONE}")["ipAddress"] is None
    fleet.ok("PUT", f"/endpoints/{TWO}", {"staticIpAddress": "100.64.0.1"})
    fleet.ok("PUT", f"/endpoints/{TWO}", {"staticIpAddress": None})
    assert fleet.get(f"/endpoints/{TWO}")["ipAddress"] is None


def test_d47_a_reference_is_unique_and_addresses_the_sim(fleet: Client) -> None:
    """By the API too; absent keeps, null clears."""
    fleet.ok("PUT", f"/endpoints/{ONE}", {"reference": "VIN-1", "name": "Truck"})
    assert fleet.get("/endpoints/VIN-1")["iccid"] == ONE
    fleet.refused("PUT", f"/endpoints/{TWO}", {"reference": "VIN-1"})
    fleet.ok("PUT", "/endpoints/VIN-1", {"tags": ["x"]})
    fleet.ok("PUT", "/endpoints/VIN-1", {"name": None})
    seen = fleet.get(f"/endpoints/{ONE}")
    assert (seen["reference"], seen["name"], seen["tags"]) == ("VIN-1", None, ["x"])


def test_d48_imsis_cannot_be_switched(fleet: Client) -> None:
    """The member is ignored like any that cannot be written."""
    before = fleet.get(f"/endpoints/{ONE}")
    fleet.ok("PUT", f"/endpoints/{ONE}", {"imsi": "234500000000000", "identities": []})
    assert fleet.get(f"/endpoints/{ONE}") == before


def test_key_values(fleet: Client) -> None:
    """Strings and numbers under keys whose case is kept."""
    fleet.ok("PUT", f"/endpoints/{ONE}/keyvalues/ROUTER_MFR", {"value": "Teltonika & Söhne"})
    fleet.ok("PUT", f"/endpoints/{ONE}/keyvalues/a%2Fb", {"value": 3})
    expected = [{"key": "ROUTER_MFR", "value": "Teltonika & Söhne"}, {"key": "a/b", "value": 3}]
    assert fleet.get(f"/endpoints/{ONE}/keyvalues") == expected
    fleet.ok("DELETE", f"/endpoints/{ONE}/keyvalues/ROUTER_MFR")
    assert fleet.get(f"/endpoints/{ONE}/keyvalues") == expected[1:]
    assert fleet.http.put(f"/endpoints/{ONE}/keyvalues/x", json={"value": [1]}).status_code == 400


def test_events_of_the_life_of_a_sim(fleet: Client) -> None:
    """Each operation writes its event, in order."""
    assign(fleet, "group-1", ONE)
    fleet.ok("PUT", f"/endpoints/{ONE}/keyvalues/x", {"value": "y"})
    fleet.ok("PUT", f"/endpoints/{ONE}", {"imeiLock": "356938035643809"})
    fleet.ok("POST", f"/endpoints/{ONE}/reset", {"forceDetach": True})
    fleet.ok("PUT", f"/endpoints/{ONE}/status", {"endpointStatus": "suspended"})
    fleet.ok("PUT", f"/endpoints/{ONE}/status", {"endpointStatus": "terminated"})
    events = fleet.get("/events?sortOrder=0&limit=100&offset=0&from=&to=&filter=")
    assert [one["eventType"] for one in events] == [
        "endpointprovisioningstatussetactive_v1",
        "endpointkeyvalueupdated_v1",
        "endpointimeichanged_v1",
        "endpointforciblydetached_v1",
        "endpointprovisioningstatussetsuspended_v1",
        "endpointprovisioningstatussetterminated_v1",
    ]
    assert {one["endpointId"] for one in events} == {fleet.get(f"/endpoints/{ONE}")["id"]}
    assert len({one["eventId"] for one in events}) == len(events)


def test_assumed_paths_can_be_replaced() -> None:
    """The table of what is not publicly known is data."""
    simulator = Simulator(token=TOKEN, settings=Settings(paths={"assign": "PUT /bulk/group-assignment"}))
    client = _fleet(Client(simulator))
    body = {"endpointGroup": "group-1", "endpoints": [ONE]}
    assert client.call("PUT", "/Bulk/group-assignment", body)["success"] is True
    assert client.http.post("/endpoints/assign", json=body).status_code == 405
    simulator.close()
