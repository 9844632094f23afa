"""Applying when something else happens at the same time, or half of it went wrong."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.apply.lease import REQUEST_SECONDS, Lease
from reconciler.apply.recovery import recover_alone
from reconciler.control_plane.port import Step, Verb
from reconciler.errors import Refused, StalePlan
from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource
from reconciler.simulator.faults import Fault
from reconciler.store.lock import Fenced
from tests.robustness.faults.house import House, resource, undisturbed

NET = resource("VSlice", "fleet-net", subnets=["100.64.0.0/16"])
BASE = (
    NET,
    resource("RoutingPolicy", "fleet-route", vslice="fleet-net"),
    resource("RegionalPolicy", "fleet-region", defaultGateway="europe"),
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A new estate with an empty platform."""
    house = House(tmp_path)
    yield house
    house.store.close()


def group(name: str, **spec: object) -> Resource:
    """An endpoint group."""
    common = {"vslice": "fleet-net", "routingPolicy": "fleet-route", "regionalPolicy": "fleet-region"}
    return resource("EndpointGroup", name, **common, **spec)


def test_a_plan_that_a_guard_refused_is_not_applied(house: House) -> None:
    """The engine itself says no, whoever asks it, before it takes the lock or sends anything (exit 3)."""
    protected = NET._replace(lifecycle=Lifecycle(protect=True))
    assert house.make(protected).exit_code == 0
    sent = len(house.mutations())

    with pytest.raises(Refused, match="VSlice/fleet-net is protected") as refused:
        house.apply(house.plan())

    assert refused.value.exit_code == 3
    assert len(house.mutations()) == sent


def test_failures_that_are_too_many_altogether_stop_the_run(house: House) -> None:
    """Three of eight fail, never three in a row: what has not begun is left alone, and it is said why."""
    names = [f"policy-{number}" for number in range(8)]
    plan = house.plan(*(resource("OperatorPolicy", name, default="allow") for name in names))
    posts = iter(range(len(names)))

    def every_other(method: str, _path: str) -> None:
        if method == "POST" and next(posts) % 2 == 0:
            house.simulator.faults.script([Fault("refuse", "POST")])

    house.before_request = every_other
    report = house.apply(plan, parallelism=1)

    assert [failed.address.name for failed in report.failed] == ["policy-0", "policy-2", "policy-4"]
    assert {skipped.because for skipped in report.skipped} == {"3 of 8 changes failed"}


def test_an_object_that_is_edited_while_its_items_are_added_is_not_overwritten(house: House) -> None:
    """Between the creation and the last of its items somebody edits the object: that is said, not undone (I7)."""
    primary = group("group-one", displayName="Ours", secondaryGroups=["group-two"])
    plan = house.plan(*BASE, primary, group("group-two", type="secondary", apn="cars.flex"))

    def edit(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/secondarygroups"):
            house.before_request = undisturbed
            live = house.control_plane.read("EndpointGroup", "group-one")
            assert live is not None
            step = Step(Verb.UPDATE, primary.address, "group-one", live.remote_id, {"displayName": "Theirs"})
            house.control_plane.send(step, live)

    house.before_request = edit
    report = house.apply(plan, parallelism=1)

    assert [failed.reason for failed in report.failed] == [
        "it was created, but the platform made it different in: displayName"
    ]
    seen = house.control_plane.read("EndpointGroup", "group-one")
    assert seen is not None
    assert seen.spec["displayName"] == "Theirs"
    assert seen.spec["secondaryGroups"] == ["group-two"]


def test_a_replacement_whose_object_is_gone_is_stale(house: House) -> None:
    """The object to delete first is not there, and we did not delete it: nothing is sent (I7)."""
    before = resource("EventMap", "fleet-map", scope="account", subscriptions=[])
    assert house.make(before).exit_code == 0
    plan = house.plan(resource("EventMap", "fleet-map", scope="vslice", subscriptions=[]))
    live = house.control_plane.read("EventMap", "fleet-map")
    assert live is not None
    house.control_plane.send(Step(Verb.DELETE, before.address, "fleet-map", live.remote_id), live)
    sent = len(house.mutations())

    with pytest.raises(StalePlan, match="EventMap/fleet-map: it is gone from the platform"):
        house.apply(plan)

    assert len(house.mutations()) == sent


def test_a_creation_that_was_half_made_by_an_earlier_run_is_finished(house: House) -> None:
    """The object is ours and lacks items: the next run of the same plan adds them and nothing else (I4)."""
    primary = group("group-one", secondaryGroups=["group-two"])
    plan = house.plan(*BASE, primary, group("group-two", type="secondary", apn="cars.flex"))
    house.simulator.faults.script([Fault("refuse", "POST", path="/secondarygroups")])
    first = house.apply(plan, parallelism=1)
    assert [failed.address for failed in first.failed] == [primary.address]
    sent = len(house.mutations())

    again = house.apply(plan, parallelism=1)

    assert again.exit_code == 0
    assert [row.path.rsplit("/", 1)[-1] for row in house.mutations()[sent:]] == ["secondarygroups"]


def test_a_lease_that_cannot_be_renewed_in_time_is_lost(house: House) -> None:
    """A store that fails is tried again as long as the lease lasts; after that nothing is sent any more."""
    epoch = house.store.acquire("run")
    lease = Lease(house.store, house.environment, epoch, taken_at=house.clock.now())
    with closing(sqlite3.connect(house.root / ".reconciler" / "state.db")) as other:
        other.execute("DROP TABLE lock")
        other.commit()

    lease.renew()
    assert lease.lost is None
    house.clock.sleep(epoch.lease_seconds - REQUEST_SECONDS + 1)
    with pytest.raises(Fenced, match="could not be renewed"):
        lease.check()
    assert lease.lost is not None


def test_a_lease_that_was_taken_over_is_lost_with_the_next_renewal(house: House) -> None:
    """A run that lost the lock finds out before the next request, and says who has it (I8, F19)."""
    epoch = house.store.acquire("run")
    lease = Lease(house.store, house.environment, epoch, taken_at=house.clock.now())
    lease.check()
    house.store.unlock(epoch.number)

    lease.renew()

    with pytest.raises(Fenced, match="taken away"):
        lease.check()


def test_an_object_that_stopped_being_ours_is_not_edited(house: House) -> None:
    """It was forgotten after the plan was made: nothing is sent (I6)."""
    assert house.make(resource("OperatorPolicy", "fleet-ops", default="allow")).exit_code == 0
    plan = house.plan(resource("OperatorPolicy", "fleet-ops", default="reject-hard"))
    epoch = house.store.acquire("forget")
    house.store.forget(epoch, Address("OperatorPolicy", "fleet-ops"))
    house.store.release(epoch)

    with pytest.raises(StalePlan, match="OperatorPolicy/fleet-ops: it is not ours any more"):
        house.apply(plan)


def test_a_half_made_object_that_somebody_edited_is_not_finished(house: House) -> None:
    """The second run of a plan finds the object that the first one made, with another name: nothing is sent (I7)."""
    primary = group("group-one", displayName="Ours", secondaryGroups=["group-two"])
    plan = house.plan(*BASE, primary, group("group-two", type="secondary", apn="cars.flex"))
    house.simulator.faults.script([Fault("refuse", "POST", path="/secondarygroups")])
    assert [failed.address for failed in house.apply(plan, parallelism=1).failed] == [primary.address]
    live = house.control_plane.read("EndpointGroup", "group-one")
    assert live is not None
    step = Step(Verb.UPDATE, primary.address, "group-one", live.remote_id, {"displayName": "Theirs"})
    house.control_plane.send(step, live)

    with pytest.raises(StalePlan, match="EndpointGroup/group-one: it exists already and differs from the plan"):
        house.apply(plan)


def test_recovery_alone_settles_what_a_killed_run_left(house: House) -> None:
    """A plan needs to know what is ours: what a killed run created is found out before the plan, under the lock."""
    declared = resource("OperatorPolicy", "fleet-ops", default="allow")
    plan = house.plan(declared)

    def die(method: str, _path: str) -> None:
        if method == "GET" and house.mutations():
            raise KeyboardInterrupt

    house.before_request = die
    with contextlib.suppress(KeyboardInterrupt):
        house.apply(plan, parallelism=1)
    house.before_request = undisturbed
    house.reopen()
    assert house.store.unresolved()

    for _ in range(2):
        recover_alone(
            house.store,
            control_plane=house.control_plane,
            environment=house.environment,
            digest_secret=house.digest,
            in_flight_seconds=0.0,
        )

        assert house.store.unresolved() == []
        assert house.store.holder() is None
        assert list(house.store.inventory().owned) == [declared.address]


def test_an_address_is_known_by_its_id_wherever_it_was(house: House) -> None:
    """An object that we own under another address is found by its id when a plan renames it (I6)."""
    assert house.make(resource("OperatorPolicy", "old-name", default="allow")).exit_code == 0
    renamed = Resource(
        Address("OperatorPolicy", "new-name"), {"default": "allow"}, lifecycle=Lifecycle(renamed_from="old-name")
    )

    assert house.apply(house.plan(renamed)).exit_code == 0
    assert list(house.store.inventory().owned) == [renamed.address]
