"""Slots: a new naming expression is a rename, and never a deletion and a creation."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.environment import system
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.resource import Lifecycle, Resource, Resources
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.planfile import decode, encode
from reconciler.plan.slot_guards import slot_verdicts
from reconciler.plan.slots import NO_SLOTS, Slots, slots_of
from reconciler.store.location import StoreLocation
from reconciler.store.reader import read_inventory
from reconciler.store.rows import slots_in
from reconciler.store.store import Store
from tests.laws import paper
from tests.unit.plan.plans import change, plan

OLD, NEW, OTHER = (Address("EventMap", name) for name in ("old-name", "new-name", "other-name"))
POLICY = Address("RoutingPolicy", "old-name")
DELETED, CREATED = change(OLD, Action.DELETE), change(NEW, Action.CREATE)


def _declared(address: Address, slot: str | None) -> Resource:
    return Resource(address, {}, lifecycle=Lifecycle(slot=slot))


def test_a_slot_that_is_deleted_and_created_under_another_name_is_refused() -> None:
    """One refusal for all of them, with the resource whose naming expression changed."""
    slots = Slots({str(NEW): "fleet/events[a]"}, {str(OLD): "fleet/events[a]"})

    (refusal,) = slot_verdicts(slots, (DELETED, CREATED))

    assert (refusal.guard, refusal.measured, refusal.addresses) == ("rename", 1, (NEW, OLD))
    assert refusal.message == (
        "1 slot would be deleted and created under another name: EventMap/old-name → new-name (fleet/events[a])"
    )
    assert "beside the id of events" in refusal.next_step


def test_many_slots_are_one_refusal() -> None:
    """Three are named, and the rest is counted."""
    olds = [Address("EventMap", f"old-{number:05}") for number in range(2_000)]
    news = [Address("EventMap", f"new-{number:05}") for number in range(2_000)]
    slots = Slots(
        {str(address): f"d{number}/events" for number, address in enumerate(news)},
        {str(address): f"d{number}/events" for number, address in enumerate(olds)},
    )
    changes = (*(change(old, Action.DELETE) for old in olds), *(change(new, Action.CREATE) for new in news))

    (refusal,) = slot_verdicts(slots, changes)

    assert refusal.measured == 2_000
    assert refusal.message.endswith(" and 1,997 more")


@pytest.mark.parametrize(
    ("slots", "changes"),
    [
        (NO_SLOTS, (DELETED, CREATED)),
        (Slots({str(NEW): "fleet/events[b]"}, {str(OLD): "fleet/events[a]"}), (DELETED, CREATED)),
        (Slots({str(NEW): "fleet/events[a]"}, {str(POLICY): "fleet/events[a]"}), (CREATED,)),
        (
            Slots({str(POLICY): "fleet/events[a]"}, {str(OLD): "fleet/events[a]"}),
            (DELETED, change(POLICY, Action.CREATE)),
        ),
        (Slots({str(NEW): ""}, {str(OLD): ""}), (DELETED, CREATED)),
        (Slots({str(NEW): "fleet/events[a]"}, {str(OLD): "fleet/events[a]"}), (change(NEW, Action.UPDATE),)),
    ],
    ids=["no slots", "another slot", "another kind", "a policy in place of a map", "no template", "an update"],
)
def test_a_change_that_is_no_rename_passes(slots: Slots, changes: tuple[Change, ...]) -> None:
    """Another item, another kind, an object without a template, and one that exists already."""
    assert list(slot_verdicts(slots, changes)) == []


def test_the_slots_of_a_plan_are_those_that_the_inventory_does_not_know() -> None:
    """A known slot is not said again; an object that no template makes any more is said to have none."""
    estate = Resources([_declared(NEW, "fleet/events[b]"), _declared(OTHER, None), _declared(POLICY, "fleet/policy")])
    inventory = replace(
        paper.inventory([]),
        slots={OLD: "fleet/events[a]", NEW: "fleet/events[a]", OTHER: "x/y", POLICY: "fleet/policy"},
    )

    found = slots_of(estate, inventory, (DELETED, change(POLICY, Action.UPDATE)))

    assert found == Slots({str(NEW): "fleet/events[b]", str(OTHER): ""}, {str(OLD): "fleet/events[a]"})
    assert slots_of(Resources([_declared(POLICY, "fleet/policy")]), inventory, ()) == NO_SLOTS
    assert slots_of(Resources([_declared(NEW, "a/b")]), None, ()) == Slots({str(NEW): "a/b"}, {})


def test_a_plan_file_has_its_slots() -> None:
    """They are read back as they were, and a plan without any says nothing of them."""
    slots = Slots({str(NEW): "fleet/events[a]"}, {str(OLD): "fleet/events[a]"})
    made = plan()

    assert [decode(encode(one), "plan")[0].slots for one in (replace(made, slots=slots), made)] == [slots, NO_SLOTS]


def _store(folder: Path) -> StoreLocation:
    return StoreLocation.parse("sqlite:state.db", folder)


def test_the_store_keeps_the_slots_of_what_is_owned(tmp_path: Path) -> None:
    """A second note adds to the first; an empty slot takes one out; both ways of reading agree."""
    location = _store(tmp_path)
    with Store.open(location, estate="estate", create=True, environment=system()) as store:
        epoch = store.acquire("run")
        for number, address in enumerate((OLD, NEW, OTHER)):
            store.adopt(epoch, Owned(address, f"id-{number}", address.name))
        store.note_slots(epoch, {str(OLD): "a/b", str(NEW): "a/c", str(POLICY): "a/d"})
        store.note_slots(epoch, {str(OTHER): "a/e", str(NEW): ""})
        store.release(epoch)
        slots = store.inventory().slots

    found = read_inventory(location, "estate")

    assert slots == {OLD: "a/b", OTHER: "a/e"}
    assert found is not None
    assert found.slots == slots


@pytest.mark.parametrize(
    ("text", "words"),
    [("[]", "make no sense"), ('{"EventMap/a": 1}', "make no sense"), ('{"a": "b"}', "address"), ("{", "Expecting")],
)
def test_a_note_of_slots_that_makes_no_sense_is_an_error(text: str, words: str) -> None:
    """It is never treated as if nothing were known."""
    with pytest.raises(ValueError, match=words):
        slots_in({"slots:id-0": text}, "id-0", set())
