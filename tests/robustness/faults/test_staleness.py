"""The approved plan is what happens: a plan that does not fit is refused, and nothing is sent (I6, I7, I16, I17)."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import LockError, PlanFileError, StalePlan, StoreError
from reconciler.model.address import Address
from reconciler.model.inventory import Origin
from reconciler.model.resource import Lifecycle, Resource
from reconciler.model.snapshot import Account
from reconciler.plan.action import Action
from reconciler.plan.planfile import digest_of
from reconciler.simulator.faults import Fault
from reconciler.store.store import Store
from tests.robustness.faults.estates import changed, first
from tests.robustness.faults.house import House, environment, resource, undisturbed

NET = resource("VSlice", "fleet-net", subnets=["100.64.0.0/16"])


def ops(name: str = "fleet-ops", **spec: Any) -> Resource:
    """An operator policy."""
    return resource("OperatorPolicy", name, **{"default": "allow", "entries": [], **spec})


def _portal(house: House, path: str, body: dict[str, Any], *, method: str = "POST") -> None:
    """Somebody works in the portal."""
    house.control_plane.exchange.write(method, path, body)


def _refuses(house: House, plan: Any, words: str) -> None:
    before = len(house.mutations())
    with pytest.raises(StalePlan, match=words) as refused:
        house.apply(plan)
    assert refused.value.exit_code == 4
    assert len(house.mutations()) == before


def _id(house: House, kind: str, name: str) -> str:
    found = house.control_plane.read(kind, name)
    assert found is not None
    return found.remote_id


def test_a_field_that_moved_stops_the_whole_apply(house: House) -> None:
    """One object of the plan was edited in the portal: nothing at all is sent, and the field is named (F24)."""
    house.make(*first())
    plan = house.plan(*changed())
    key = _id(house, "OperatorPolicy", "fleet-ops")
    _portal(house, f"/OperatorPolicies/{key}", {"name": "Portal", "moniker": "fleet-ops"}, method="PUT")
    _refuses(house, plan, "OperatorPolicy/fleet-ops: it was changed .*displayName")


def test_a_field_that_is_not_managed_may_move(house: House) -> None:
    """An edit of a field that no manifest names neither stops the plan nor is undone by it (I11)."""
    house.make(ops())
    plan = house.plan(ops(displayName="Named"))
    key = _id(house, "OperatorPolicy", "fleet-ops")
    body = {"name": "fleet-ops", "moniker": "fleet-ops", "allow2g": False}
    _portal(house, f"/OperatorPolicies/{key}", body, method="PUT")
    assert house.apply(plan).exit_code == 0
    found = house.control_plane.read("OperatorPolicy", "fleet-ops")
    assert found is not None
    assert (found.spec["displayName"], found.spec["allow2g"]) == ("Named", False)


@pytest.mark.parametrize("action", ["update", "delete", "replace"])
def test_an_object_that_vanished_is_not_made_up_for(house: House, action: str) -> None:
    """An update or replacement of something that is gone is stale; a deletion of it is done already."""
    before = resource("EventMap", "fleet-map", scope="account", subscriptions=[])
    house.make(before)
    after = {
        "update": (resource("EventMap", "fleet-map", scope="account", displayName="New", subscriptions=[]),),
        "replace": (resource("EventMap", "fleet-map", scope="vslice", subscriptions=[]),),
        "delete": (),
    }[action]
    plan = house.plan(*after)
    assert plan.changes[0].action == action
    _portal(house, f"/EventMaps/{_id(house, 'EventMap', 'fleet-map')}", {}, method="DELETE")
    if action == "delete":
        report = house.apply(plan)
        assert [done.address for done in report.already] == [before.address]
        assert house.store.inventory().owned == {}
    else:
        _refuses(house, plan, "it is gone from the platform")


def test_an_object_that_appeared_meanwhile_is_not_ours(house: House) -> None:
    """A create whose name was taken after planning is refused, whatever the object looks like (I6)."""
    plan = house.plan(ops())
    _portal(house, "/OperatorPolicies", {"name": "fleet-ops", "moniker": "fleet-ops", "entries": None})
    _refuses(house, plan, "exists and is not ours")


def test_an_object_that_appears_during_apply_is_a_conflict(house: House) -> None:
    """The last read before a create finds somebody else's object: a conflict, exit code 4, nothing sent for it."""
    plan = house.plan(ops())
    looks: list[str] = []

    def meddle(method: str, path: str) -> None:
        if path.lower().endswith("/operatorpolicies") and method == "POST":
            looks.append(path)
            house.before_request = undisturbed
            _portal(house, "/OperatorPolicies", {"name": "Theirs", "moniker": "fleet-ops", "entries": None})

    house.before_request = meddle
    report = house.apply(plan)
    assert looks
    assert len(report.conflicts) == 1
    assert report.exit_code == 4


@pytest.mark.parametrize("action", ["update", "delete"])
def test_an_edit_during_apply_makes_that_change_stale(house: House, action: str) -> None:
    """The read right before the call catches an edit that came after the check of the whole plan (F25)."""
    house.make(ops())
    plan = house.plan(*([ops(displayName="New")] if action == "update" else []))
    key = _id(house, "OperatorPolicy", "fleet-ops")

    def meddle(method: str, path: str) -> None:
        if path.endswith(key) and method == "GET":
            house.before_request = undisturbed
            _portal(house, f"/OperatorPolicies/{key}", {"name": "Portal", "moniker": "fleet-ops"}, method="PUT")

    house.before_request = meddle
    report = house.apply(plan, max_read_age_seconds=0)
    assert report.exit_code == 4
    assert report.stale[0].fields == (("displayName",) if action == "update" else report.stale[0].fields)
    assert "displayName" in report.stale[0].fields


def test_a_plan_that_was_applied_says_so(house: House) -> None:
    """Applying a completed plan again changes nothing while live is as it made it, and is refused afterwards (I17)."""
    house.make(*first())
    plan = house.plan(*changed())
    assert house.apply(plan).exit_code == 0
    count = len(house.mutations())
    report = house.apply(plan)
    assert report.exit_code == 0
    assert report.done == ()
    assert len(report.already) == len(plan.changes)
    assert len(house.mutations()) == count
    assert house.make().exit_code == 0
    with pytest.raises(StalePlan):
        house.apply(plan)
    assert house.control_plane.read("VSlice", "fleet-net") is None


def test_a_completed_plan_of_creations_is_not_made_again(house: House) -> None:
    """When what a completed plan made was deleted since, the plan is stale: one plan, one completion."""
    plan = house.plan(ops())
    assert house.apply(plan).exit_code == 0
    assert house.make().exit_code == 0
    _refuses(house, plan, "applied completely before")


def test_adoption_changes_the_inventory_only(house: House) -> None:
    """An object that is as declared becomes ours without a request; again, it already is."""
    _portal(house, "/OperatorPolicies", {"name": "fleet-ops", "moniker": "fleet-ops", "entries": [_DEFAULT]})
    plan = house.plan(ops(), adopts=True)
    assert [change.action for change in plan.changes] == [Action.ADOPT]
    count = len(house.mutations())
    assert len(house.apply(plan).done) == 1
    assert len(house.mutations()) == count
    (owned,) = house.store.inventory().owned.values()
    assert owned.origin is Origin.ADOPTED
    assert len(house.apply(plan).already) == 1


_DEFAULT = {"operatorId": None, "iso3": None, "steeringProfileEntryAction": "allow"}


def test_adoption_of_what_differs_makes_it_ours_and_changes_it(house: House) -> None:
    """An object that is taken over and edited in one change is ours before the first request for it."""
    _portal(house, "/OperatorPolicies", {"name": "Theirs", "moniker": "fleet-ops", "entries": [_DEFAULT]})
    plan = house.plan(ops(displayName="Ours"), adopts=True)
    house.simulator.faults.script([Fault("refuse", "PUT")])
    assert house.apply(plan).exit_code == 5
    assert [owned.origin for owned in house.store.inventory().owned.values()] == [Origin.ADOPTED]
    assert house.apply(plan).exit_code == 0
    assert house.plan(ops(displayName="Ours")).changes == ()


def test_an_object_to_adopt_that_moved_is_refused(house: House) -> None:
    """The object that was reviewed for adoption is the one that is adopted."""
    _portal(house, "/OperatorPolicies", {"name": "fleet-ops", "moniker": "fleet-ops", "entries": [_DEFAULT]})
    plan = house.plan(ops(), adopts=True)
    key = _id(house, "OperatorPolicy", "fleet-ops")
    entry = {**_DEFAULT, "steeringProfileEntryAction": "reject-hard"}
    _portal(house, f"/OperatorPolicies/{key}/entries", [entry])  # type: ignore[arg-type]  # A list, as the platform takes it.
    _refuses(house, plan, "changed on the platform")


def test_forgetting_leaves_the_object_alone(house: House) -> None:
    """A retained object that is no longer declared stops being ours and stays."""
    house.make(ops()._replace(lifecycle=Lifecycle(retain=True)))
    plan = house.plan()
    assert [change.action for change in plan.changes] == [Action.FORGET]
    assert house.apply(plan).exit_code == 0
    assert house.store.inventory().owned == {}
    assert house.control_plane.read("OperatorPolicy", "fleet-ops") is not None
    assert len(house.apply(plan).already) == 1


def test_a_rename_keeps_the_object(house: House) -> None:
    """A rename is one update of the same id; the inventory row moves with it."""
    house.make(NET)
    key = _id(house, "VSlice", "fleet-net")
    renamed = Lifecycle(renamed_from="fleet-net")
    new = resource("VSlice", "fleet-two", subnets=["100.64.0.0/16"])._replace(lifecycle=renamed)
    assert house.apply(house.plan(new)).exit_code == 0
    (owned,) = house.store.inventory().owned.values()
    assert (owned.address, owned.remote_id, owned.moniker) == (Address("VSlice", "fleet-two"), key, "fleet-two")
    assert house.plan(new).changes == ()


def test_a_group_that_still_holds_sims_is_not_deleted(house: House) -> None:
    """SIMs that arrived after planning keep their group: nothing is sent (F26, F29)."""
    group = resource(
        "EndpointGroup",
        "fleet-group",
        vslice="fleet-net",
        routingPolicy="fleet-route",
        regionalPolicy="fleet-region",
        subnet="100.64.0.0/16",
    )
    base = [one for one in first() if one.address.kind not in {"EventHandler", "EventMap"}]
    assert house.make(*base, group).exit_code == 0
    plan = house.plan(*base)
    house.simulator.put_sims([f"8944000000000000{number:03d}" for number in range(5)], group="fleet-group")
    _refuses(house, plan, "would be deleted, but 5 SIMs are in it")
    idle = {"sessionInactivity": {"seconds": 600, "action": "notify"}}
    edit = house.plan(*base, group._replace(spec={**group.spec, **idle}))
    house.simulator.put_sims([f"8944000000000001{number:03d}" for number in range(50)], group="fleet-group")
    _refuses(house, edit, "it reaches 55 SIMs now, the plan saw 5")


def test_a_plan_for_elsewhere_is_refused(house: House) -> None:
    """Another platform, account, store or a restored backup is noticed before anything is sent (I16, F16, F22)."""
    house.make(NET)
    plan = house.plan(NET, ops())
    basis = plan.basis
    cases = [
        (
            replace(basis, account=Account("https://elsewhere.example")),
            "the plan was made for https://elsewhere.example",
        ),
        (replace(basis, lineage="another"), "made with another store"),
        (replace(basis, lineage=None), "made without a store"),
        (replace(basis, serial=99), "the store is older than the plan"),
    ]
    count = len(house.mutations())
    for other, words in cases:
        with pytest.raises(PlanFileError, match=words):
            house.apply(replace(plan, basis=other))
    assert len(house.mutations()) == count
    assert house.store.holder() is None


def test_a_lost_lock_stops_the_run(house: House) -> None:
    """Without the lock nothing more is sent, the exit code is 6, and the next run finds out what happened."""
    plan = house.plan(*first())

    def take(method: str, path: str) -> None:
        if method == "POST":
            house.before_request = undisturbed
            holder = house.store.holder()
            assert holder is not None
            house.store.unlock(holder.epoch)

    house.before_request = take
    report = house.apply(plan, parallelism=1)
    assert report.exit_code == 6
    assert len(house.mutations()) == 1
    # The change that was sent, and the one after it, whose intent was refused.
    assert len(report.unknown) == 2
    house.reopen()
    assert house.apply(plan).exit_code == 0
    assert house.plan(*first()).changes == ()


def test_two_runs_at_once_are_refused(house: House) -> None:
    """A second run is told who is at work, and sends nothing (F17)."""
    plan = house.plan(NET)
    other = Store.open(house.location, estate="estate", create=False, environment=house.environment)
    epoch = other.acquire("somebody-else")
    with pytest.raises(LockError, match="somebody-else"):
        house.apply(plan)
    other.release(epoch)
    other.close()
    assert house.apply(plan).exit_code == 0


def test_a_failing_store_stops_the_run(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """When an intent cannot be written, nothing is sent (F21)."""
    plan = house.plan(NET)

    def fail(epoch: object, intents: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(house.store, "intend", fail)
    with pytest.raises(StoreError, match="disk full"):
        house.apply(plan)
    assert house.mutations() == []
    monkeypatch.undo()
    assert house.apply(plan).exit_code == 0
    assert [run.result for run in house.store.history()] == ["apply: exit 0, 1 done", "apply: exit 11"]


def test_no_secret_is_at_rest(house: House) -> None:
    """Neither secrets nor URLs that count as secret are in the store, in whatever table (S8, S9, I13)."""
    house.make(*first())
    house.secrets["HOOK"] = "another-secret-word"
    plan = house.plan(*first())
    assert [change.action for change in plan.changes] == [Action.UPDATE]
    assert house.apply(plan).exit_code == 0
    assert house.plan(*first()).changes == ()
    house.store.close()
    for path in (house.root / ".reconciler").iterdir():
        content = path.read_bytes()
        for secret in (b"secret-word", b"hooks.example.com/x"):
            assert secret not in content, path


def test_the_lease_is_renewed_while_a_run_waits(house: House) -> None:
    """A platform that asks for minutes of patience does not cost the lock."""
    plan = house.plan(NET)
    house.simulator.faults.script([Fault("status", "POST", status=429, retry_after="110", times=2)])
    assert house.apply(plan, stop=threading.Event()).exit_code == 0


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_redirect_of_every_write_ends_the_apply_and_is_named(house: House, status: int) -> None:
    """One creation and twenty end about as soon: after as many failures in a row as stop a run, exit code 7 (F12)."""
    house.simulator.faults.script([Fault("status", "POST", status=status, times=None)])
    begun = house.clock.seconds
    report = house.apply(house.plan(*(ops(f"policy-{number:02}") for number in range(20))), parallelism=8)
    assert report.exit_code == 7
    assert "never followed: check that --platform is the whole address" in report.unknown[0].reason
    assert len(report.unknown) + len(report.skipped) == 20
    # The clock adds up the waits of all threads: at most those that were under way when the run stopped.
    assert house.clock.seconds - begun < 20 * 100


def test_patience_is_limited(house: House) -> None:
    """A run does not wait longer than its budget altogether (F8)."""
    names = [f"policy-{number}" for number in range(3)]
    plan = house.plan(*(ops(name) for name in names))
    house.simulator.faults.script([Fault("status", "POST", status=429, retry_after="119", times=None)])
    begun = house.clock.seconds
    report = house.apply(plan, parallelism=1)
    assert len(report.failed) == 3
    assert house.clock.seconds - begun < 1000
    assert digest_of(plan)


def test_a_pause_between_intent_and_request_is_noticed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asleep for longer than the lease right before the request, and taken over meanwhile: it is not sent (F19)."""
    plan = house.plan(NET)
    intend = house.store.intend

    def oversleep(*what: Any) -> None:
        intend(*what)
        house.clock.sleep(3600)
        with Store.open(
            house.location, estate="estate", create=False, environment=environment(house.clock, pid=2)
        ) as other:
            other.acquire("somebody-else")

    monkeypatch.setattr(house.store, "intend", oversleep)

    report = house.apply(plan, parallelism=1)

    assert report.exit_code == 6
    assert house.mutations() == []
