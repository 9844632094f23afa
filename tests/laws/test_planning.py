"""The laws of planning, held to on paper: nothing is sent, so many estates can be tried."""

import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.apply.schedule import Schedule
from reconciler.diffing.canonical import normal
from reconciler.diffing.fields import FieldOperation, field_changes
from reconciler.errors import PlanFileError
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.kind import Kind
from reconciler.model.resource import Lifecycle, Resource, Resources
from reconciler.model.shape import Shape
from reconciler.model.snapshot import Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.comparing import compare
from reconciler.plan.planfile import decode, digest_of, encode
from tests.laws import paper
from tests.laws.agreement import disagreements
from tests.laws.effort import tried
from tests.laws.estates import History, estates, histories, specs_of_one_kind

Pair = tuple[str, dict[str, Any], dict[str, Any]]
RANDOM = st.randoms(use_true_random=False)


# --- 1: nothing to do ---------------------------------------------------------------------------------------------


@tried(40)
@given(estates())
def test_an_estate_that_is_live_plans_to_nothing(estate: Resources) -> None:
    """Law 1: `plan(e, e)` is empty, without drift, and counts every object as unchanged."""
    plan = paper.plan_of(estate, estate)

    assert plan.changes == ()
    assert plan.drift == ()
    assert plan.unchanged == len(estate)


# --- 4: order -----------------------------------------------------------------------------------------------------


class _World:
    """Which objects are there while a plan is carried out, and what they refer to."""

    def __init__(self, before: Resources) -> None:
        self.specs: dict[Address, Mapping[str, Any]] = {address: row.spec for address, row in before.items()}
        self._carried: dict[Address, list[Address]] = {}

    def objection(self, change: Change) -> str | None:
        """The platform's objection if the change began now."""
        if change.action in {Action.DELETE, Action.REPLACE}:
            users = [user for user in self.specs if change.address in self._named_by(user)]
            return f"{change.address} is still used by {users}" if users else None
        missing = [name for name in _references(change.address.kind, change.after or {}) if name not in self.specs]
        return f"{change.address} needs {missing}" if missing else None

    def begin(self, change: Change) -> None:
        """The change begins: an update reads the object, whose references it will write as they are called now."""
        if change.action is Action.UPDATE:
            old = Address(change.address.kind, change.live_moniker or change.address.name)
            managed = change.after or {}
            kept = {name: value for name, value in self.specs[old].items() if name not in managed}
            self._carried[change.address] = _references(old.kind, kept)

    def _named_by(self, user: Address) -> list[Address]:
        return _references(user.kind, self.specs[user])

    def carry_out(self, change: Change) -> None:
        """The change is made."""
        assert self.specs.keys() >= set(self._carried.get(change.address, ()))
        if change.action is Action.DELETE:
            del self.specs[change.address]
            return
        old = Address(change.address.kind, change.live_moniker or change.address.name)
        spec = {**self.specs.pop(old, {}), **(change.after or {})}
        for user in self.specs:
            # The platform keeps references by id: they follow a rename.
            self.specs[user] = _renamed(user.kind, self.specs[user], old, change.address)
        self.specs[change.address] = spec


def _references(kind: str, spec: Mapping[str, Any]) -> list[Address]:
    return [Address(reference.kind, name) for reference, _, name in kind_named(kind).refers(spec)]


def _renamed(kind: str, spec: Mapping[str, Any], old: Address, new: Address) -> Mapping[str, Any]:
    return normal(kind_named(kind), spec, renames={(old.kind, old.name): new.name}) if old != new else spec


@tried(40)
@given(histories(), st.data())
def test_in_every_schedule_a_change_comes_after_all_that_it_needs(history: History, data: st.DataObject) -> None:
    """Law 4: whoever refers finds what it refers to, and nothing goes while something refers to it."""
    plan = paper.plan_of(*history)
    world, schedule = _World(history.before), Schedule(plan.changes)
    running: list[Change] = []
    finished = 0
    while True:
        while (change := schedule.start()) is not None:
            assert world.objection(change) is None
            world.begin(change)
            running.append(change)
        if not running:
            break
        ended = running.pop(data.draw(st.integers(0, len(running) - 1)))
        world.carry_out(ended)
        schedule.succeeded(ended.address)
        finished += 1

    assert finished == len(plan.changes)
    assert set(world.specs) == set(history.after)


@tried(40)
@given(histories())
def test_a_plan_lists_its_changes_in_an_order_in_which_they_can_be_made(history: History) -> None:
    """Law 4, for the one order that people read: every change comes after those that it waits for."""
    seen: set[Address] = set()
    for change in paper.plan_of(*history).changes:
        assert seen.issuperset(change.waits_for)
        seen.add(change.address)


# --- 5: the plan file ---------------------------------------------------------------------------------------------


@tried(40)
@given(histories())
def test_a_saved_plan_is_read_back_as_it_was(history: History) -> None:
    """Law 5: `load(save(p)) == p`, and saving it once more gives the same bytes."""
    plan = paper.plan_of(*history)
    content = encode(plan)

    again, digest = decode(content, "plan.json")

    assert again == plan
    assert digest == digest_of(plan)
    assert encode(again) == content


@tried(40)
@given(histories(), st.data())
def test_a_changed_byte_anywhere_in_a_plan_file_is_noticed(history: History, data: st.DataObject) -> None:
    """Law 5: whichever byte is another one, is missing, or is there twice, the plan is refused."""
    content = bytearray(encode(paper.plan_of(*history)))
    place = data.draw(st.integers(0, len(content) - 1))
    match data.draw(st.sampled_from(["flip", "drop", "double"])):
        case "flip":
            content[place] ^= data.draw(st.integers(1, 255))
        case "drop":
            del content[place]
        case _:
            content.insert(place, content[place])

    with pytest.raises(PlanFileError):
        decode(bytes(content), "plan.json")


def test_every_flipped_byte_of_a_small_plan_file_is_noticed() -> None:
    """Law 5, without chance: each byte in turn, by its lowest bit and by its case."""
    content = encode(paper.plan_of(Resources(), Resources()))
    for place in range(len(content)):
        for mask in (0x01, 0x20):
            flipped = bytearray(content)
            flipped[place] ^= mask
            with pytest.raises(PlanFileError):
                decode(bytes(flipped), "plan.json")


# --- 7: fields and equality ---------------------------------------------------------------------------------------


@tried(90)
@given(specs_of_one_kind())
def test_there_are_field_changes_exactly_if_two_specs_differ(drawn: Pair) -> None:
    """Law 7: no field changes ⇔ canonically equal, absent and null being told apart by nobody who reads a diff."""
    kind, specs = kind_named(drawn[0]), drawn[1:]
    first, second = (_full(kind, normal(kind, spec)) for spec in specs)

    assert (field_changes(first, second, kind.shape) == ()) == (first == second)
    assert field_changes(first, first, kind.shape) == ()


def _full(kind: Kind, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _filled(spec.get(name), place) for name, place in kind.shape.members.items()}


def _filled(value: Any, shape: Shape) -> Any:
    if isinstance(value, list):
        return [_filled(item, shape.item or Shape()) for item in value] or None
    if isinstance(value, dict) and shape.members:
        return {name: _filled(value.get(name), place) for name, place in shape.members.items()}
    return value


@tried(90)
@given(specs_of_one_kind())
def test_a_comparison_says_what_differs_exactly_if_something_does(drawn: Pair) -> None:
    """Law 7, for what a plan shows: the comparison agrees with a member by member look, and never without a field."""
    kind, old, new = kind_named(drawn[0]), drawn[1], drawn[2]
    address = Address(kind.name, "object")
    seen = paper.live(Resource(address, old))

    found = compare(kind, normal(kind, new), seen, digests=paper.digests(Resource(address, new)), renames={})

    assert (found is None) == (not disagreements(Resource(address, new), seen, paper.digest))
    assert found is None or found.fields


# --- normal forms -------------------------------------------------------------------------------------------------


@tried(90)
@given(specs_of_one_kind())
def test_the_normal_form_of_a_normal_form_is_itself(drawn: Pair) -> None:
    """Normalising is idempotent, and changes nothing that it was given."""
    kind, spec = kind_named(drawn[0]), drawn[1]
    once = normal(kind, spec)

    assert normal(kind, once) == once


@tried(70)
@given(specs_of_one_kind(), RANDOM)
def test_a_set_in_another_order_is_no_change(drawn: Pair, chance: random.Random) -> None:
    """An unordered field may be written in any order."""
    kind, spec = kind_named(drawn[0]), drawn[1]
    address = Address(kind.name, "object")
    seen = paper.live(Resource(address, spec))
    shuffled = _shuffled(spec, kind.shape, chance, ordered=False)

    digests = paper.digests(Resource(address, spec))
    assert compare(kind, normal(kind, shuffled), seen, digests=digests, renames={}) is None


@tried(70)
@given(specs_of_one_kind(), RANDOM)
def test_an_ordered_list_in_another_order_is_moves_and_nothing_else(drawn: Pair, chance: random.Random) -> None:
    """Rules that change places are moved, not edited; and they are moved exactly if their order is another one."""
    kind, spec = kind_named(drawn[0]), drawn[1]
    shuffled = _shuffled(spec, kind.shape, chance, ordered=True)

    changes = field_changes(normal(kind, spec), normal(kind, shuffled), kind.shape)

    assert {change.operation for change in changes} == ({FieldOperation.MOVE} if shuffled != spec else set())


def _shuffled(value: Any, shape: Shape, chance: random.Random, *, ordered: bool) -> Any:
    """The value with every list that is (or is not) ordered in another order."""
    if isinstance(value, Mapping):
        members = shape.members
        return {
            name: _shuffled(inner, members.get(name, Shape()), chance, ordered=ordered) for name, inner in value.items()
        }
    if isinstance(value, list):
        items = [_shuffled(item, shape.item or Shape(), chance, ordered=ordered) for item in value]
        if shape.item_key and shape.ordered is ordered:
            chance.shuffle(items)
        return items
    return value


# --- 10: order says nothing ---------------------------------------------------------------------------------------


@tried(40)
@given(histories(), RANDOM)
def test_a_plan_depends_on_no_order(history: History, chance: random.Random) -> None:
    """Law 10: fields, objects, live objects and inventory rows in another order give the same bytes."""
    before, after = history
    plan = paper.plan_of(before, after)

    again = paper.plan(
        Resources(_mixed([row._replace(spec=_turned(row.spec, chance)) for row in after.values()], chance)),
        Snapshot(paper.ACCOUNT, _mixed(list(paper.snapshot(before.values()).by_address.values()), chance)),
        Inventory(
            "lineage",
            dict(_mixed(list(paper.inventory(before.values()).owned.items()), chance)),
            paper.ACCOUNT.identity,
            paper.ACCOUNT.origin,
        ),
    )

    assert encode(again) == encode(plan)


def _mixed(items: list[Any], chance: random.Random) -> list[Any]:
    return chance.sample(items, len(items))


def _turned(value: Any, chance: random.Random) -> Any:
    """The value with the members of every mapping in another order."""
    if isinstance(value, Mapping):
        return {name: _turned(value[name], chance) for name in _mixed(list(value), chance)}
    return [_turned(item, chance) for item in value] if isinstance(value, list) else value


# --- protection ---------------------------------------------------------------------------------------------------


@tried(40)
@given(histories(), RANDOM)
def test_no_plan_that_may_be_applied_takes_away_what_is_protected(history: History, chance: random.Random) -> None:
    """S19: a protected object that would go is refused by name, also when its block, protection included, is gone."""
    before = Resources(
        row._replace(lifecycle=Lifecycle(protect=chance.random() < 0.5)) for row in history.before.values()
    )
    plan = paper.plan_of(before, history.after)

    going = {change.address for change in plan.changes if change.action.is_destructive}
    protected = {address for address in going if address in before and before[address].lifecycle.protect}
    assert {name for result in plan.objections() if result.guard == "protect" for name in result.addresses} == protected


# --- 9, on paper --------------------------------------------------------------------------------------------------


@tried(40)
@given(histories(), estates(only=("VSlice", "OperatorPolicy", "EventMap"), prefix="z"))
def test_what_is_not_ours_is_in_no_change(history: History, foreign: Resources) -> None:
    """Law 9: a live object that is neither declared nor owned is listed as unmanaged, and that is all."""
    before, after = history
    seen = paper.snapshot([*before.values(), *foreign.values()])

    plan = paper.plan(after, seen, paper.inventory(before.values()))

    assert {item.address for item in plan.unmanaged} == set(foreign)
    assert not {change.address for change in plan.changes} & set(foreign)
    assert not {drift.address for drift in plan.drift} & set(foreign)
