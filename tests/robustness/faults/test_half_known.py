"""Work that a run left half done, half answered or half decided: the next one goes on from what is there."""

import contextlib
from pathlib import Path

import pytest

from reconciler.apply.recovery import Recovered, recover_alone
from reconciler.control_plane.port import Step, Verb
from reconciler.errors import SecretUnavailable, StalePlan
from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource
from reconciler.plan.plan import Plan
from reconciler.simulator.faults import Fault
from reconciler.simulator.settings import Settings
from reconciler.store.lock import IN_FLIGHT_SECONDS
from tests.robustness.faults.house import House, resource, undisturbed

OPS = Address("OperatorPolicy", "fleet-ops")
ENTRY = {"country": "GBR", "action": "allow"}


def ops(title: str = "Ours", **spec: object) -> Resource:
    """The policy that these tests are about."""
    return Resource(OPS, {"displayName": title, "default": "allow", "entries": [], **spec})


def never_arrives(house: House, plan: Plan) -> None:
    """A run whose creation does not arrive, and which cannot find that out: its intent stays."""

    def fail(method: str, _path: str) -> None:
        if method == "POST":
            house.simulator.faults.script(
                [Fault("drop", "POST", executed="never"), Fault("status", "GET", status=500, times=None)]
            )

    house.before_request = fail
    assert house.apply(plan).exit_code == 7
    house.before_request = undisturbed
    house.simulator.faults.clear()


def dies_after_the_creation(house: House, plan: Plan) -> None:
    """A run that is killed before it looks at what it made."""
    sent: list[str] = []

    def die(method: str, _path: str) -> None:
        if method == "GET" and "POST" in sent:
            raise KeyboardInterrupt
        sent.append(method)

    house.before_request = die
    with contextlib.suppress(KeyboardInterrupt):
        house.apply(plan, parallelism=1)
    house.before_request = undisturbed
    house.reopen()


def somebody_makes(house: House, made: Resource) -> str:
    """Somebody makes an object at the portal; its id."""
    house.control_plane.send(Step(Verb.CREATE, made.address, made.address.name, spec=made.spec), None)
    live = house.control_plane.read(made.address.kind, made.address.name)
    assert live is not None
    return live.remote_id


def recovered(house: House) -> Recovered:
    """The outcomes that are found out without a plan."""
    return recover_alone(
        house.store,
        control_plane=house.control_plane,
        environment=house.environment,
        digest_secret=house.digest,
        in_flight_seconds=IN_FLIGHT_SECONDS,
    )


# --- creations --------------------------------------------------------------------------------------------------------


def test_what_somebody_else_made_under_the_name_of_a_lost_creation_is_not_ours(house: House) -> None:
    """The name is that of our intent and the content is not: no plan counts it as ours, no run takes it (I6)."""
    never_arrives(house, house.plan(ops()))
    assert house.apply(house.plan()).recovered == {OPS: "was not executed"}
    theirs = somebody_makes(house, ops("Theirs", default="reject-hard"))
    count = len(house.mutations())

    plan = house.plan(ops())
    found = recovered(house)

    assert [refusal.guard for refusal in plan.objections()] == ["ownership"]
    assert found == Recovered({}, {})
    assert house.store.inventory().owned == {}
    live = house.control_plane.read(OPS.kind, OPS.name)
    assert live is not None
    assert (live.remote_id, live.spec["displayName"]) == (theirs, "Theirs")
    assert len(house.mutations()) == count


def test_a_creation_that_lands_right_before_it_would_be_sent_again_is_taken_over(house: House) -> None:
    """It is ours without another request, and its intent is no reason to adopt anything any more (I4)."""
    plan = house.plan(ops())
    house.simulator.faults.script([Fault("late", "POST", seconds=500.0)])
    dies_after_the_creation(house, plan)
    looks: list[str] = []

    def land(method: str, path: str) -> None:
        if method == "GET" and path.lower().endswith(f"/{OPS.name}"):
            looks.append(path)
            if len(looks) == 2:
                house.clock.sleep(600)

    house.before_request = land
    report = house.apply(plan)
    house.before_request = undisturbed

    assert report.recovered == {OPS: "was not executed"}
    assert [ending.address for ending in report.already] == [OPS]
    assert [row.method for row in house.mutations()] == ["POST"]
    assert list(house.store.inventory().owned) == [OPS]
    assert house.store.claims() == {}


def test_an_answered_creation_that_a_read_does_not_show_yet_is_waited_for(tmp_path: Path) -> None:
    """The platform answered an id and the process died: the object was made, however far a read lags behind (A2)."""
    house = House(tmp_path, settings=Settings(consistency_lag_seconds=15.0))
    plan = house.plan(ops())
    dies_after_the_creation(house, plan)
    assert house.control_plane.read(OPS.kind, OPS.name) is None
    began = house.clock.seconds

    found = recovered(house)

    assert found == Recovered({OPS: "had been executed; it is ours"}, {})
    assert house.clock.seconds - began == IN_FLIGHT_SECONDS
    assert list(house.store.inventory().owned) == [OPS]
    assert house.plan(ops()).changes == ()
    house.store.close()


# --- updates ----------------------------------------------------------------------------------------------------------


def test_an_update_that_stopped_half_way_is_finished_by_the_same_plan(house: House) -> None:
    """The name is written, the entry was refused: the next run sends the entry and nothing else (I4)."""
    house.make(ops())
    plan = house.plan(ops("New", entries=[ENTRY]))
    house.simulator.faults.script([Fault("refuse", "POST", path="entries")])
    first = house.apply(plan)
    assert [failed.address for failed in first.failed] == [OPS]
    count = len(house.mutations())

    assert house.apply(plan).exit_code == 0

    assert [row.method for row in house.mutations()[count:]] == ["POST"]
    assert house.plan(ops("New", entries=[ENTRY])).changes == ()


def test_a_half_written_object_is_not_said_to_be_applied(house: House) -> None:
    """The first of two requests was executed unseen: recovery says so, and the row stays as it was (I11)."""
    house.make(ops())
    row = house.store.inventory().owned[OPS]
    plan = house.plan(ops("New", entries=[ENTRY]))

    def fail(method: str, _path: str) -> None:
        if method == "PUT":
            house.simulator.faults.script(
                [Fault("drop", "PUT", executed="before"), Fault("status", "GET", status=500, times=None)]
            )

    house.before_request = fail
    assert house.apply(plan).exit_code == 7
    house.before_request = undisturbed
    house.simulator.faults.clear()

    assert recovered(house) == Recovered({OPS: "had been executed"}, {})
    assert house.store.inventory().owned[OPS] == row
    assert house.store.unresolved() == []
    assert house.apply(plan).exit_code == 0
    assert house.plan(ops("New", entries=[ENTRY])).changes == ()


# --- plans that are older than what the store remembers ---------------------------------------------------------------


def test_an_older_deletion_does_not_delete_what_is_declared_under_another_name(house: House) -> None:
    """Another plan renamed the object and somebody gave it its old name back: the row says what it is (S19)."""
    house.make(ops())
    older = house.plan()
    renamed = Resource(Address(OPS.kind, "new-ops"), ops().spec, lifecycle=Lifecycle(renamed_from=OPS.name))
    assert house.make(renamed).exit_code == 0
    live = house.control_plane.read(OPS.kind, "new-ops")
    assert live is not None
    house.control_plane.send(Step(Verb.UPDATE, OPS, OPS.name, live.remote_id, live.spec), live)
    count = len(house.mutations())

    with pytest.raises(StalePlan, match="OperatorPolicy/fleet-ops: the inventory knows it as OperatorPolicy/new-ops"):
        house.apply(older)

    assert len(house.mutations()) == count


# --- secrets ----------------------------------------------------------------------------------------------------------


class Withdrawn(dict[str, str]):
    """Secrets of which one may be gone by the time it is sent."""

    def __missing__(self, name: str) -> str:
        message = f"{name} is not set"
        raise SecretUnavailable(message, hint="set it")


def test_a_secret_that_is_gone_when_it_is_to_be_sent_fails_its_object_alone(tmp_path: Path) -> None:
    """Not a byte of that request is sent, the other objects are made, and the intent is no reason to adopt."""
    house = House(tmp_path, secrets=Withdrawn(HOOK="a-secret-word"))
    webhook = {"url": "https://hooks.example.com/x", "timeoutSeconds": 5, "bearerToken": {"secretRef": {"env": "HOOK"}}}
    hook = resource("EventHandler", "fleet-hook", webhook=webhook)
    plan = house.plan(hook, ops())
    secret = house.secrets.pop("HOOK")

    report = house.apply(plan, parallelism=1)

    assert [(failed.address, failed.reason, failed.hint) for failed in report.failed] == [
        (hook.address, "HOOK is not set", "set it")
    ]
    assert [done.address for done in report.done] == [OPS]
    assert [row.path.strip("/").split("/")[0].lower() for row in house.mutations()] == ["operatorpolicies"]
    assert house.store.claims() == {}
    house.secrets["HOOK"] = secret
    assert house.apply(plan).exit_code == 0
    house.store.close()
