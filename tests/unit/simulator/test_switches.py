"""Each assumption about the platform is a switch, and each switch does what it says."""

from typing import Any

import pytest

from reconciler.simulator.application import Simulator
from reconciler.simulator.faults import ConnectionDropped, Fault
from reconciler.simulator.settings import Settings
from tests.conformance.client import (
    TOKEN,
    Client,
    event_map,
    group,
    handler,
    iccid,
    operator_entry,
    vslice,
    with_entries,
)


class Clock:
    """Seconds that do not move by themselves."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def client(**switches: Any) -> Client:
    """A platform with switches set, on a clock that does not move by itself."""
    return Client(Simulator(token=TOKEN, settings=Settings(**switches), now=Clock()))


def test_a1_monikers_can_be_taken_twice() -> None:
    """With the switch, two objects have the same moniker and each has its id."""
    platform = client(monikers="any")
    first, second = (platform.create("vslices", vslice()) for _ in range(2))
    assert first != second
    assert platform.get("/vslices/vee-1")["id"] == first
    assert set(platform.simulator.dump()["vslices"]) == {"vee-1", "vee-1'"}


def test_a2_reads_lag_behind_writes() -> None:
    """Creates, changes and deletions are seen when the lag is over, not before."""
    platform = client(consistency_lag_seconds=10.0)
    key = platform.create("vslices", vslice())
    assert platform.get("/vslices") == []
    platform.simulator.advance(10)
    before = platform.get(f"/vslices/{key}")
    platform.ok("PUT", "/vslices/vee-1", {"name": "Later"})
    assert platform.get("/vslices/vee-1") == before
    platform.simulator.advance(10)
    assert platform.get("/vslices/vee-1")["name"] == "Later"
    platform.ok("DELETE", "/vslices/vee-1")
    assert len(platform.get("/vslices")) == 1
    platform.simulator.advance(11)
    assert platform.get("/vslices") == []
    platform.create("vslices", vslice())
    platform.create("EndpointGroups", group())
    platform.simulator.advance(11)
    platform.simulator.put_sims([iccid(1)], "group-1")
    assert platform.get("/EndpointGroups/group-1")["endpointsAssigned"] == 1


def test_a3_a_request_can_run_late() -> None:
    """The client sees a lost connection; the request is executed when its time has come."""
    platform = client()
    platform.simulator.faults.script([Fault("late", method="POST", seconds=60)])
    with pytest.raises(ConnectionDropped):
        platform.call("POST", "/vslices", vslice())
    platform.simulator.advance(59)
    assert platform.get("/vslices") == []
    platform.simulator.advance(2)
    assert [one["moniker"] for one in platform.get("/vslices")] == ["vee-1"]


@pytest.mark.parametrize("choice", ["never", "last"])
def test_a4_ids_can_be_used_again(choice: str) -> None:
    """The next object of the collection gets the id of the one that was deleted last, or a new one."""
    platform = client(id_reuse=choice)
    old = platform.create("vslices", vslice())
    platform.ok("DELETE", "/vslices/vee-1")
    assert (platform.create("vslices", vslice("vee-2")) == old) == (choice == "last")


def test_a5_the_account_can_be_hidden() -> None:
    """`customerId` is null then; otherwise it is the account of the settings."""
    for choice, expected in (("shown", Settings().account), ("hidden", None)):
        platform = client(account_id=choice)
        platform.create("vslices", vslice())
        platform.create("EndpointGroups", group())
        assert platform.get("/EndpointGroups/group-1")["customerId"] == expected


@pytest.mark.parametrize("status", [401, 403, 429])
@pytest.mark.parametrize("choice", ["not-executed", "executed"])
def test_a6_a_refusing_status_may_have_executed(choice: str, status: int) -> None:
    """The write is there, or is not."""
    platform = client(refused_status=choice)
    platform.simulator.faults.script([Fault("status", method="POST", status=status)])
    assert platform.http.post("/vslices", json=vslice()).status_code == status
    assert len(platform.get("/vslices")) == (choice == "executed")


def test_a9_a_token_may_only_read() -> None:
    """The read-only token gets answers to GET and 403 to the rest."""
    simulator = Simulator(token=TOKEN, settings=Settings(read_only_token="reader"))
    reader = Client(simulator, token="reader")
    assert reader.get("/vslices") == []
    assert reader.http.post("/vslices", json=vslice()).status_code == 403
    assert Client(simulator).create("vslices", vslice())


@pytest.mark.parametrize("choice", ["add", "replace"])
def test_a10_a_post_of_items_can_replace_the_set(choice: str) -> None:
    """Entries and subscriptions that were not in the POST stay, or go."""
    platform = client(post_entries=choice)
    platform.create("OperatorPolicies", with_entries("op-1", operator_entry(), operator_entry("DZA")))
    platform.ok("POST", "/OperatorPolicies/op-1/entries", [operator_entry("AND")])
    assert len(platform.get("/OperatorPolicies/op-1/entries")) == (3 if choice == "add" else 1)
    platform.create("EventHandlers", handler())
    platform.create("EventMaps", event_map("map-01", "vslice", "endpointsteered_v1"))
    one = {"eventEndpointId": "handler-1", "eventTypeId": "endpointpurged_v1"}
    platform.ok("POST", "/EventMaps/map-01/subscriptions", [one])
    assert len(platform.get("/EventMaps/map-01/subscriptions")) == (2 if choice == "add" else 1)


@pytest.mark.parametrize("choice", ["replace", "ignore"])
def test_a_put_can_ignore_entries(choice: str) -> None:
    """The set in the body of a PUT replaces what is there, or is not looked at."""
    platform = client(put_entries=choice)
    platform.create("OperatorPolicies", with_entries("op-1", operator_entry(), operator_entry("DZA")))
    platform.ok("PUT", "/OperatorPolicies/op-1", with_entries("op-1", operator_entry()))
    assert len(platform.get("/OperatorPolicies/op-1/entries")) == (1 if choice == "replace" else 2)


def test_not_found_and_errors_have_a_second_form() -> None:
    """404 with the same envelope; refusals as problem documents."""
    platform = client(not_found=404, errors="problem")
    missing = platform.http.get("/vslices/nobody")
    assert (missing.status_code, missing.json()) == (404, {"success": False, "messages": ["Record not found"]})
    refused = platform.http.post("/vslices", json=vslice(moniker="-"))
    assert (refused.status_code, refused.headers["Content-Type"][:24]) == (400, "application/problem+json")
    assert "moniker" in refused.json()["title"]
