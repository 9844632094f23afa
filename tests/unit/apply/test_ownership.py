"""Our objects stay ours: old plans forget no newer object, and an edited create is still known by its answer."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.apply.goal import Goal
from reconciler.apply.objects.machine import begin, step
from reconciler.apply.objects.state import Knowledge
from reconciler.apply.protocol import ChangeEffect, ChangeEvent, Done, Intend, Rest, Seen, Settle, Uncertain
from reconciler.apply.recovery import recover_alone
from reconciler.control_plane.port import Step, Verb
from reconciler.model.address import Address
from reconciler.model.resource import Resource
from reconciler.plan.action import Action
from reconciler.simulator.faults import Fault
from reconciler.store.records import ActionState
from tests.robustness.faults.house import House, resource, undisturbed

OPS = Address("OperatorPolicy", "fleet-ops")
DECLARED = resource("OperatorPolicy", "fleet-ops", default="allow")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An estate with one object of ours."""
    found = House(tmp_path)
    found.make(DECLARED)
    yield found
    found.store.close()


def remove_at_the_portal(house: House) -> None:
    """Somebody deletes our object."""
    house.control_plane.send(Step(Verb.DELETE, OPS, OPS.name, house.store.inventory().owned[OPS].remote_id), None)


def anew(house: House, *resources: Resource) -> str:
    """A newer run makes the object again; its id."""
    house.make(*(resources or (DECLARED,)))
    return house.store.inventory().owned[OPS].remote_id


def test_an_old_plan_does_not_forget_the_object_that_has_the_address_now(house: House) -> None:
    """It speaks of an object that is gone; the address belongs to another one by now (I5)."""
    remove_at_the_portal(house)
    old = house.plan()
    assert [change.action for change in old.changes] == [Action.FORGET]
    new = anew(house)

    report = house.apply(old, parallelism=1)

    assert [stale.reason for stale in report.stale] == ["another object has its address now"]
    assert house.store.inventory().owned[OPS].remote_id == new


def test_an_old_plan_does_not_delete_the_row_of_the_object_that_has_the_address_now(house: House) -> None:
    """The object that it wants to delete is gone; the row of the address is that of another object (I5)."""
    old = house.plan()
    assert [change.action for change in old.changes] == [Action.DELETE]
    remove_at_the_portal(house)
    new = anew(house)

    report = house.apply(old, parallelism=1)

    assert [stale.reason for stale in report.stale] == ["another object has its address now"]
    assert house.store.inventory().owned[OPS].remote_id == new


def test_what_is_there_is_not_forgotten_as_gone(house: House) -> None:
    """The plan read that it was gone; a read that lagged behind must not make an orphan (A2, I10)."""
    remove_at_the_portal(house)
    old = house.plan()
    id_now = anew(house)
    change = old.changes[0]
    plan = replace(old, changes=(replace(change, remote_id=id_now),))

    report = house.apply(plan, parallelism=1)

    assert [stale.reason for stale in report.stale] == ["it is on the platform"]
    assert OPS in house.store.inventory().owned


@pytest.mark.parametrize("edited", ["by id", "without an answer"])
def test_a_create_that_was_edited_before_recovery_is_ours_if_its_answer_was_noted(house: House, edited: str) -> None:
    """The platform answered our create with this id: ours, whoever edited it; without an answer it is a conflict."""
    remove_at_the_portal(house)
    house.apply(house.plan(), parallelism=1)
    plan = house.plan(DECLARED)
    count = len(house.mutations())

    def die(method: str, _path: str) -> None:
        if method == "GET" and len(house.mutations()) > count:
            raise KeyboardInterrupt

    house.before_request = die
    if edited == "without an answer":
        house.simulator.faults.script([Fault("drop", "POST", executed="before")])
    with contextlib.suppress(KeyboardInterrupt):
        house.apply(plan, parallelism=1)
    house.before_request = undisturbed
    house.reopen()
    live = house.control_plane.read(OPS.kind, OPS.name)
    assert live is not None
    spec = {**live.spec, "default": "reject-hard", "displayName": "Theirs"}
    house.control_plane.send(Step(Verb.UPDATE, OPS, OPS.name, live.remote_id, spec), live)
    entry = Step(Verb.ADD, OPS, OPS.name, live.remote_id, spec, "entries", ((None, None),))
    house.control_plane.send(entry, live)

    recovered = recover_alone(
        house.store,
        control_plane=house.control_plane,
        environment=house.environment,
        digest_secret=house.digest,
        in_flight_seconds=0.0,
    )

    is_ours = edited == "by id"
    assert (OPS in house.store.inventory().owned) is is_ours
    assert recovered.found[OPS] == (
        "had been executed; it is ours" if is_ours else "an object of this name exists and is not ours"
    )
    assert house.store.unresolved() == []


def test_a_lost_deletion_is_believed_only_when_absence_lasts(house: House) -> None:
    """A read may lag so far behind that the object was not there yet; then it is there, and is deleted (A2, I10)."""
    change = house.plan().changes[0]
    owned = house.store.inventory().owned[OPS]
    live = house.control_plane.read(OPS.kind, OPS.name)
    knowledge = Knowledge(goal=Goal(change, {}, house.digest), owned=owned, polls=1, patient_polls=1)

    def after(*events: ChangeEvent) -> ChangeEffect:
        state, effect = begin(knowledge)
        for event in events:
            state, effect = step(state, event)
        return effect

    lost = (Seen(live), Done(), Uncertain("reset"), Seen(None))
    assert isinstance(after(*lost), Rest)
    lasting = after(*lost, Done(), Seen(None))
    assert isinstance(lasting, Settle)
    assert (lasting.state, lasting.is_removal) == (ActionState.ADOPTED, True)
    assert isinstance(after(*lost, Done(), Seen(live)), Rest), "it waits until the request cannot land any more"
    again = after(*lost, Done(), Seen(live), Done(), Seen(live))
    assert isinstance(again, Intend)
    assert again.step.verb is Verb.DELETE
