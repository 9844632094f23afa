"""A lost answer is found out by reading, and its request is never sent twice by guess (F6-F10, F15)."""

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.plan.outcomes import Failed, PaceChange, SimsAdvanced, Skipped, Started, Succeeded, Unknown
from reconciler.simulator.faults import Fault
from reconciler.simulator.settings import Settings
from reconciler.store.records import ActionState
from tests.robustness.faults.estates import changed, first
from tests.robustness.faults.house import MUTATIONS, House, resource, undisturbed

NET = resource("VSlice", "fleet-net", subnets=["100.64.0.0/16"])


def _house(root: Path, **settings: Any) -> House:
    root.mkdir(exist_ok=True)
    return House(root, settings=Settings(**settings), secrets={"HOOK": "word"})


def _hit(house: House, place: int, **fault: Any) -> None:
    """Let the n-th mutation from now on meet a fault."""
    house.simulator.faults.script([Fault(method=None, path="", times=0, effect="drop")])
    seen = [0]

    def count(method: str, path: str) -> None:
        if method in MUTATIONS:
            seen[0] += 1
            script = [Fault(**{"method": method, "path": "", **fault})] if seen[0] == place else []
            house.simulator.faults.script(script)

    house.before_request = count


FAULTS = [
    {"effect": "drop", "executed": "before"},
    {"effect": "drop", "executed": "never"},
    {"effect": "garbage", "executed": "before"},
    {"effect": "status", "status": 500, "executed": "before"},
    {"effect": "status", "status": 502, "executed": "never"},
    {"effect": "status", "status": 429, "retry_after": "3"},
    {"effect": "status", "status": 503, "retry_after": "3"},
    {"effect": "truncate"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
def test_one_lost_answer_anywhere_changes_nothing_in_the_end(tmp_path: Path, fault: dict[str, Any]) -> None:
    """Whichever mutation is hit, the run ends complete, live is as declared, and nothing is created twice."""
    for place in range(1, 19, 3):
        house = _house(tmp_path / str(place))
        assert house.make(*first()).exit_code == 0
        before = len(house.mutations())
        plan = house.plan(*changed())
        _hit(house, place, **fault)
        report = house.apply(plan, parallelism=1)
        assert report.exit_code == 0, (place, report)
        assert house.plan(*changed()).changes == ()
        assert house.store.unresolved() == []
        assert len(house.mutations()) > before
        house.store.close()


@pytest.mark.parametrize("place", range(1, 9))
def test_a_create_whose_answer_is_lost_is_recognised(tmp_path: Path, place: int) -> None:
    """The object that exists is taken for ours by its content; there is no second request for it (I4)."""
    house = _house(tmp_path)
    _hit(house, place, effect="drop", executed="before")
    report = house.apply(house.plan(*first()), parallelism=1)
    assert report.exit_code == 0
    created = Counter((row.path, str(row.body)) for row in house.mutations())
    assert max(created.values()) == 1
    assert house.plan(*first()).changes == ()


def test_a_create_that_lands_late_is_adopted_by_the_next_run(house: House) -> None:
    """A request that both runs thought lost may still arrive: its intent is kept, and the object becomes ours (I5)."""
    plan = house.plan(NET)
    house.simulator.faults.script([Fault("late", "POST", seconds=100.0), Fault("drop", "POST", executed="never")])
    report = house.apply(plan)
    assert report.exit_code == 7
    assert house.store.unresolved()
    house.clock.sleep(120)
    report = house.apply(plan)
    assert report.exit_code == 0
    assert [row.address for row in house.store.inventory().owned.values()] == [Address("VSlice", "fleet-net")]
    assert house.plan(NET).changes == ()


def test_a_void_intent_is_still_good_for_adoption(house: House) -> None:
    """An object that was not there at recovery may land after it; the next run knows it and calls nothing foreign."""
    plan = house.plan(NET)
    house.simulator.faults.script([Fault("late", "POST", seconds=500.0), Fault("drop", "POST", executed="never")])
    assert house.apply(plan).exit_code == 7
    house.simulator.faults.script([Fault("status", "POST", status=401, times=None)])
    assert house.apply(plan).exit_code == 9
    house.simulator.faults.clear()
    house.clock.sleep(1000)
    house.simulator.advance(0)
    report = house.apply(plan)
    assert report.exit_code == 0
    assert len(house.store.inventory().owned) == 1


def test_an_object_of_that_name_that_is_not_ours_is_left_alone(house: House) -> None:
    """A lost create and somebody else's object under the same name: a conflict, and no ownership (I6)."""
    plan = house.plan(NET)

    def meddle(method: str, path: str) -> None:
        if method == "POST":
            house.before_request = undisturbed
            other = {"name": "Other", "moniker": "fleet-net", "subnetAddress": "10.0.0.0/8", "dnsMode": "auto"}
            house.control_plane.exchange.write("POST", "/vslices", other | {"ipAddressFamily": "ipv4"})
            house.simulator.faults.script([Fault("drop", "POST", executed="never")])

    house.before_request = meddle
    report = house.apply(plan)
    assert [conflict.address for conflict in report.conflicts] == [Address("VSlice", "fleet-net")]
    assert report.exit_code == 4
    assert house.store.inventory().owned == {}


def test_an_outcome_that_cannot_be_read_stays_unknown_until_the_next_run(house: House) -> None:
    """When reading fails after a lost answer, the run says so with exit code 7, and the next run finds out."""
    plan = house.plan(NET)

    def fail(method: str, path: str) -> None:
        if method == "POST":
            house.simulator.faults.script(
                [Fault("drop", "POST", executed="before"), Fault("status", "GET", status=500, times=None)]
            )

    house.before_request = fail
    report = house.apply(plan)
    assert report.exit_code == 7
    assert isinstance(report.unknown[0], Unknown)
    house.before_request = undisturbed
    house.simulator.faults.clear()
    assert [record.state for record in house.store.unresolved()] == [ActionState.UNKNOWN]
    report = house.apply(plan)
    assert report.exit_code == 0
    assert report.recovered == {Address("VSlice", "fleet-net"): "had been executed; it is ours"}
    assert len([row for row in house.mutations() if row.method == "POST"]) == 1


def test_what_cannot_be_recovered_blocks_only_what_depends_on_it(house: House) -> None:
    """An object whose last request is still unknown is not touched; everything else goes on."""
    plan = house.plan(NET, resource("OperatorPolicy", "fleet-ops", default="allow", entries=[]))

    def fail(method: str, path: str) -> None:
        if method == "POST" and "vslices" in path:
            house.simulator.faults.script(
                [
                    Fault("drop", "POST", path="vslices", executed="before"),
                    Fault("status", "GET", path="vslices", status=500, times=None),
                ]
            )
            house.before_request = undisturbed

    house.before_request = fail
    assert house.apply(plan, parallelism=1).exit_code in {5, 7}
    house.simulator.faults.script([Fault("status", "GET", path="vslices/fleet-net$", status=500, times=None)])
    report = house.apply(plan)
    assert [unknown.address for unknown in report.unknown] == [Address("VSlice", "fleet-net")]
    assert report.exit_code == 7


def test_a_refused_token_stops_everything_that_has_not_begun(house: House) -> None:
    """401 means not executed; nothing else is tried, and the exit code is 9 (F15)."""
    plan = house.plan(*first())
    house.simulator.faults.script([Fault("status", "POST", status=401, times=None)])
    report = house.apply(plan, parallelism=1)
    assert report.exit_code == 9
    assert len(report.failed) == 1
    assert {skipped.because for skipped in report.skipped} <= {
        "the platform does not accept the token",
        "EventHandler/fleet-hook",
    }
    assert len(house.mutations()) == 1
    house.simulator.faults.clear()
    assert house.apply(plan).exit_code == 0


def test_independent_branches_go_on_after_a_failure(house: House) -> None:
    """A change that waits for the failed one is skipped because of it; all else is made, and running again ends it."""
    plan = house.plan(*first())
    house.simulator.faults.script([Fault("refuse", "POST", path="vslices")])
    report = house.apply(plan, parallelism=1)
    assert report.exit_code == 5
    assert [failed.address for failed in report.failed] == [Address("VSlice", "fleet-net")]
    assert {(str(s.address), s.because) for s in report.skipped} == {
        ("RoutingTarget/fleet-out", "VSlice/fleet-net"),
        ("RoutingPolicy/fleet-route", "VSlice/fleet-net"),
    }
    assert len(report.done) == 4
    assert house.apply(plan).exit_code == 0
    assert house.plan(*first()).changes == ()


def test_too_many_failures_stop_the_run(house: House) -> None:
    """After three failures in a row nothing more is begun."""
    names = [f"policy-{number}" for number in range(8)]
    plan = house.plan(*(resource("OperatorPolicy", name, default="allow", entries=[]) for name in names))
    house.simulator.faults.script([Fault("refuse", "POST", times=None)])
    report = house.apply(plan, parallelism=1)
    assert len(report.failed) == 3
    assert {skipped.because for skipped in report.skipped} == {"3 changes in a row failed"}


def test_an_interrupted_run_finishes_what_is_under_way(house: House) -> None:
    """After the first interruption nothing more begins; what was begun is settled, and the next run goes on (F5)."""
    stop = threading.Event()
    plan = house.plan(*first())

    def interrupt(method: str, path: str) -> None:
        if method == "POST":
            stop.set()

    house.before_request = interrupt
    report = house.apply(plan, parallelism=1, stop=stop)
    assert report.interrupted
    assert report.exit_code == 5
    assert len(report.done) == 1
    assert {skipped.because for skipped in report.skipped} == {"the run was interrupted"}
    assert house.store.unresolved() == []
    house.before_request = undisturbed
    assert house.apply(plan).exit_code == 0


def test_an_interruption_cuts_waiting_short(house: House) -> None:
    """A run that waits for the platform does not wait on after an interruption, and says what it does not know."""
    stop = threading.Event()
    plan = house.plan(NET)
    house.simulator.faults.script([Fault("status", "POST", status=429, retry_after="100")])
    house.before_request = lambda method, _: stop.set() if method == "POST" else None
    report = house.apply(plan, stop=stop)
    assert isinstance(report.failed[0], Failed)
    assert "interrupted" in report.failed[0].reason
    stop.clear()
    house.simulator.faults.script([Fault("drop", "POST", executed="never")])
    report = house.apply(plan, stop=stop)
    assert isinstance(report.unknown[0], Unknown)


def test_every_change_begins_and_ends_once(house: House) -> None:
    """Events come in pairs, in the caller's thread, and a change begins after all that it waits for has ended."""
    plan = house.plan(*first())
    house.apply(plan)
    begun = [event.address for event in house.events if isinstance(event, Started)]
    ended = [event.address for event in house.events if isinstance(event, Succeeded)]
    assert Counter(begun) == Counter(ended) == Counter(change.address for change in plan.changes)
    told = [event for event in house.events if not isinstance(event, SimsAdvanced | PaceChange)]
    places = {(type(event), event.address): place for place, event in enumerate(told)}
    for change in plan.changes:
        for other in change.waits_for:
            assert places[Succeeded, other] < places[Started, change.address]
    assert not any(isinstance(event, Skipped) for event in house.events)


@pytest.mark.parametrize("lag", [1.0, 5.0])
def test_reads_that_lag_behind_are_waited_for(tmp_path: Path, lag: float) -> None:
    """A read that does not yet show what was written is repeated (A2); nothing is sent again because of it."""
    house = _house(tmp_path, consistency_lag_seconds=lag)
    assert house.apply(house.plan(*first()), parallelism=1).exit_code == 0
    house.clock.sleep(10)
    assert house.plan(*first()).changes == ()


@pytest.mark.parametrize("settings", [{"not_found": 404}, {"errors": "problem"}, {"post_entries": "replace"}])
def test_other_readings_of_the_platform_do_no_harm(tmp_path: Path, settings: dict[str, Any]) -> None:
    """However the platform turns out to behave, a run ends as declared or says that it did not."""
    house = _house(tmp_path, **settings)
    assert house.apply(house.plan(*first()), parallelism=1).exit_code == 0
    house.apply(house.plan(*changed()), parallelism=1)
    report = house.apply(house.plan(*changed()), parallelism=1)
    assert (house.plan(*changed()).changes == ()) == (report.exit_code == 0)


def test_a_replacement_that_got_only_half_way_says_so(house: House) -> None:
    """The old object is deleted and the new one refused: the report says what is gone and what to do."""
    house.make(resource("EventMap", "fleet-map", scope="account"))
    plan = house.plan(resource("EventMap", "fleet-map", scope="vslice"))
    house.simulator.faults.script([Fault("refuse", method="POST", path="eventmaps", times=None)])

    (failed,) = house.apply(plan).failed

    assert failed.reason.startswith("the old object was deleted, but the new one was not made: ")
    assert failed.hint == "correct the manifest and apply again"
