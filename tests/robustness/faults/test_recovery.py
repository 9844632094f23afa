"""The requests that an earlier run left open are found out before anything else is done."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from reconciler.apply.lease import Lease
from reconciler.control_plane.errors import ControlPlaneError
from reconciler.errors import StalePlan, StoreError
from reconciler.model.address import Address
from reconciler.model.resource import Resource
from reconciler.plan.plan import Plan
from reconciler.simulator.faults import Fault
from reconciler.store.lock import IN_FLIGHT_SECONDS, Fenced
from reconciler.store.records import Intent
from tests.robustness.faults.house import House, resource, undisturbed


def _ops(**spec: Any) -> Resource:
    return resource("OperatorPolicy", "fleet-ops", **{"default": "allow", "entries": [], **spec})


def _lost(house: House, plan: Plan, method: str, *, executed: str) -> None:
    """A run that ends without knowing what became of its last request."""

    def fail(verb: str, path: str) -> None:
        if verb == method:
            house.simulator.faults.script(
                [
                    Fault("drop", method, executed=executed),  # type: ignore[arg-type]  # One of its two words.
                    Fault("status", "GET", status=500, times=None),
                ]
            )

    house.before_request = fail
    assert house.apply(plan).exit_code == 7
    house.before_request = undisturbed
    house.simulator.faults.clear()
    assert len(house.store.unresolved()) == 1


@pytest.mark.parametrize("executed", ["before", "never"])
@pytest.mark.parametrize(
    ("method", "after"),
    [
        ("PUT", [_ops(displayName="New")]),
        ("DELETE", []),
        ("POST", [_ops(entries=[{"country": "GBR", "action": "allow"}])]),
    ],
)
def test_a_request_of_unknown_outcome_is_resolved_by_the_next_run(
    house: House, method: str, after: list[Resource], executed: str
) -> None:
    """Executed or not: the same plan ends as declared, the journal is resolved, and there is no drift afterwards."""
    house.make(_ops())
    plan = house.plan(*after)
    _lost(house, plan, method, executed=executed)
    begun = house.clock.seconds
    report = house.apply(plan)
    assert report.exit_code == 0
    assert house.clock.seconds - begun <= IN_FLIGHT_SECONDS + 1
    assert house.store.unresolved() == []
    assert report.recovered == {
        Address("OperatorPolicy", "fleet-ops"): "had been executed" if executed == "before" else "was not executed"
    }
    found = house.plan(*after)
    assert (found.changes, found.drift) == ((), ())


def test_an_update_that_a_human_overtook_is_stale(house: House) -> None:
    """A request of unknown outcome, and an edit in the portal after it: nothing is sent."""
    house.make(_ops())
    plan = house.plan(_ops(displayName="New"))
    _lost(house, plan, "PUT", executed="never")
    found = house.control_plane.read("OperatorPolicy", "fleet-ops")
    assert found is not None
    body = {"name": "Portal", "moniker": "fleet-ops"}
    house.control_plane.exchange.write("PUT", f"/OperatorPolicies/{found.remote_id}", body)
    with pytest.raises(StalePlan):
        house.apply(plan)


def _leave(house: House, **facts: Any) -> None:
    epoch = house.store.acquire("earlier")
    address = Address(str(facts.get("kind", "OperatorPolicy")), "fleet-ops")
    intent = Intent(
        action_id="a",
        plan_digest="earlier",
        seq=0,
        verb=str(facts.get("verb", "create")),
        address=address,
        moniker="fleet-ops",
        natural_key=f"{address.kind}:fleet-ops",
        remote_id=facts.get("remote_id"),
        wanted=facts.get("wanted", {}),
    )
    house.store.intend(epoch, [intent])
    house.store.release(epoch)


def _state(house: House) -> str:
    with house.store._transaction() as connection:
        return str(connection.exec_driver_sql("SELECT state FROM action WHERE action_id = 'a'").scalar())


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"wanted": {"displayName": "Other"}}, "conflict"),
        ({"wanted": {"displayName": "fleet-ops"}}, "adopted"),
        ({"verb": "update", "remote_id": "?", "wanted": {"displayName": "fleet-ops"}}, "done"),
        ({"verb": "update", "remote_id": "gone", "wanted": {"displayName": "fleet-ops"}}, "void"),
        ({"verb": "delete", "remote_id": "gone"}, "done"),
    ],
)
def test_recovery_decides_by_what_it_sees(house: House, facts: dict[str, Any], expected: str) -> None:
    """Content decides on creations, the effect on everything else; an object that is not ours stays so."""
    house.control_plane.exchange.write(
        "POST", "/OperatorPolicies", {"name": "fleet-ops", "moniker": "fleet-ops", "entries": []}
    )
    found = house.control_plane.read("OperatorPolicy", "fleet-ops")
    assert found is not None
    plan = house.plan()
    _leave(house, **{name: found.remote_id if value == "?" else value for name, value in facts.items()})
    house.apply(plan)
    assert _state(house) == expected
    assert bool(house.store.inventory().owned) == (expected == "adopted")


def test_a_creation_that_is_ours_already_is_done(house: House) -> None:
    """The row is there, only the outcome was not written."""
    house.make(_ops())
    _leave(house, wanted={"displayName": "anything"})
    house.apply(house.plan(_ops()))
    assert _state(house) == "done"


def test_a_kind_of_a_newer_version_stays_unknown(house: House) -> None:
    """A kind that this version does not know is not decided on."""
    _leave(house, kind="Something")
    house.apply(house.plan())
    assert _state(house) == "intent"


def test_a_lease_that_cannot_be_renewed_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent when a request might outlast the lease."""
    epoch = house.store.acquire("run")
    lease = Lease(house.store, house.environment, epoch, taken_at=house.clock.seconds)
    lease.check()
    assert lease.lost is None

    def fail(epoch: object) -> None:
        raise StoreError("connection lost")

    monkeypatch.setattr(house.store, "renew", fail)
    lease.renew()
    assert lease.lost is None
    house.clock.sleep(50)
    with pytest.raises(Fenced, match="could not be renewed: connection lost"):
        lease.check()
    assert lease.lost is not None


def test_the_lease_keeps_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread renews while the run works, and ends with it."""
    renewed = threading.Event()
    monkeypatch.setattr(house.store, "renew", lambda _: renewed.set())
    epoch = replace(house.store.acquire("run"), lease_seconds=0.04)
    with Lease(house.store, house.environment, epoch, taken_at=house.clock.seconds):
        assert renewed.wait(5)


def test_a_platform_that_cannot_be_read_changes_nothing(house: House) -> None:
    """Without a complete read nothing is sent, and the lock is given back."""
    plan = house.plan(_ops())
    house.simulator.faults.script([Fault("status", "GET", path="operatorpolicies", status=500, times=None)])
    house.control_plane.exchange.write(
        "POST", "/OperatorPolicies", {"name": "Other", "moniker": "other-ops", "entries": []}
    )
    count = len(house.mutations())
    with pytest.raises(ControlPlaneError):
        house.apply(plan)
    assert len(house.mutations()) == count
    assert house.store.holder() is None
    assert house.store.history()[0].result == "apply: exit 10"
