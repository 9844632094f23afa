"""Scope: what an estate may own, over snapshots that are written down, drawn and declared."""

import random
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource, Resources
from reconciler.model.scope import Scope
from reconciler.model.snapshot import Snapshot
from reconciler.plan.action import Action
from reconciler.plan.plan import Plan, Verdict
from reconciler.plan.planner import make_plan
from reconciler.plan.scoping import bounded, objection
from tests.laws import paper
from tests.laws.effort import tried


def _net(name: str, title: str = "A net") -> Resource:
    return Resource(Address("VSlice", name), {"displayName": title, "subnets": ["100.64.0.0/16"]})


def _handler(name: str, url: str = "https://hooks.example") -> Resource:
    return Resource(Address("EventHandler", name), {"webhook": {"url": url}})


def _target(name: str, vslice: str) -> Resource:
    spec = {"vslice": vslice, "redundancyZone": "europe-primary", "internet": {}}
    return Resource(Address("RoutingTarget", name), spec)


def _plan(
    scope: Scope, live: list[Resource], declared: list[Resource], *, owned: list[Resource], adopts: bool = False
) -> Plan:
    return make_plan(
        replace(
            paper.situation(Resources(declared), paper.snapshot(live), paper.inventory(owned)),
            scope=scope,
            adopts=adopts,
        )
    )


def _said(plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    return [(r.verdict.value, tuple(map(str, r.addresses))) for r in plan.guards if r.guard == "scope"]


ONLY_A = Scope(names=("a-*",))


@pytest.mark.parametrize(
    ("live", "declared", "owned", "said", "actions"),
    [
        ([], [_net("b-net")], [], ["deny"], []),
        ([_net("b-net")], [_net("b-net")], [], ["deny"], []),
        ([_net("b-net")], [_net("b-net", "Another")], [_net("b-net")], ["deny"], []),
        ([_net("b-net")], [_net("b-net")], [_net("b-net")], ["warn"], []),
        ([_net("b-net")], [], [_net("b-net")], ["warn"], []),
        ([], [], [_net("b-net")], [], ["forget"]),
    ],
    ids=["creation", "adoption", "edit", "unchanged", "removal", "gone"],
)
@pytest.mark.parametrize("adopts", [False, True])
def test_nothing_outside_is_created_adopted_edited_or_deleted(
    live: list[Resource],
    declared: list[Resource],
    owned: list[Resource],
    said: list[str],
    actions: list[str],
    *,
    adopts: bool,
) -> None:
    """A declaration that asks for something is refused, what is ours is named; what is gone may be let go."""
    plan = _plan(ONLY_A, live, declared, owned=owned, adopts=adopts)

    assert _said(plan) == [(verdict, ("VSlice/b-net",)) for verdict in said]
    assert [change.action.value for change in plan.changes] == actions
    assert [result.guard for result in plan.objections()] == (["scope"] if "deny" in said else [])


def test_a_rename_neither_leaves_the_scope_nor_enters_it() -> None:
    """The former and the new name are judged both."""
    for old, new in (("a-net", "b-net"), ("b-net", "a-net")):
        renamed = Resource(Address("VSlice", new), _net(new).spec, lifecycle=Lifecycle(renamed_from=old))
        plan = _plan(ONLY_A, [_net(old)], [renamed], owned=[_net(old)])

        assert _said(plan) == [("deny", (f"VSlice/{new}",))]
        assert plan.changes == ()


def test_an_object_lies_in_the_vslice_that_it_names() -> None:
    """A VSlice lies in itself, a target in its VSlice, a group in the existing one that it names, a handler in none."""
    specs: dict[Address, dict[str, Any]] = {
        Address("VSlice", "a-net"): {},
        Address("VSlice", "b-net"): {},
        Address("RoutingTarget", "t"): {"vslice": "b-net"},
        Address("EndpointGroup", "g"): {"vslice": "existing:a-net"},
        Address("EventHandler", "h"): {"webhook": {}},
    }
    scope = Scope(vslices=("a-*",))

    found = {a.name: scope.objection(a, kind_named(a.kind), spec) for a, spec in specs.items()}

    assert {name: objection and objection[0] for name, objection in found.items()} == {
        "a-net": None,
        "b-net": ("metadata", "name"),
        "t": ("spec", "vslice"),
        "g": None,
        "h": ("metadata", "name"),
    }


def test_a_live_object_outside_is_not_replaced_by_a_declaration_inside() -> None:
    """The target is declared in our VSlice, and lives in another one: the replacement would delete what is outside."""
    nets = [_net("a-net"), _net("b-net")]
    declared = [_net("a-net"), _target("t", "a-net")]
    live = [*nets, _target("t", "b-net")]

    plan = _plan(Scope(vslices=("a-*",)), live, declared, owned=[_net("a-net"), _target("t", "b-net")])

    assert _said(plan) == [("deny", ("RoutingTarget/t",))]
    assert plan.changes == ()


def test_an_older_plan_is_held_to_a_narrower_scope() -> None:
    """Each change outside is refused, by its old name and by its new one; letting go of an object is not."""
    renamed = Resource(Address("VSlice", "a-two"), _net("a-two").spec, lifecycle=Lifecycle(renamed_from="b-two"))
    live = [_net("b-edit"), _net("b-gone"), _net("b-two"), _handler("b-hook"), _net("a-net")]
    owned = [*live, _net("b-lost")]
    declared = [_net("b-new"), _net("b-edit", "Another"), renamed, _net("a-new"), _handler("b-hook"), _net("a-net")]
    plan = _plan(Scope(), live, declared, owned=owned)
    assert {str(c.address): c.action.value for c in plan.changes} == {
        "VSlice/b-new": "create",
        "VSlice/b-edit": "update",
        "VSlice/a-two": "update",
        "VSlice/b-gone": "delete",
        "VSlice/a-new": "create",
        "VSlice/b-lost": "forget",
    }

    refused = [str(address) for result in bounded(plan, ONLY_A).objections() for address in result.addresses]

    assert sorted(refused) == ["VSlice/a-two", "VSlice/b-edit", "VSlice/b-gone", "VSlice/b-new"]
    assert bounded(plan, Scope(names=("*",))).objections() == ()
    assert bounded(bounded(plan, ONLY_A), ONLY_A) == bounded(plan, ONLY_A)


def test_a_change_that_says_nothing_of_vslices_is_judged_by_its_live_object() -> None:
    """A target inside is only renamed, another one only loses its protection: neither is refused, nor stale."""
    scope = Scope(vslices=("a-*",))
    live = [_net("a-net"), _target("old-target", "a-net"), _target("kept-target", "a-net")]
    spec = _target("new-target", "a-net").spec
    renamed = Resource(Address("RoutingTarget", "new-target"), spec, lifecycle=Lifecycle(renamed_from="old-target"))
    owned = [*live[:2], Resource(live[2].address, live[2].spec, lifecycle=Lifecycle(protect=True))]
    declared = [_net("a-net"), renamed, _target("kept-target", "a-net")]
    plan = _plan(scope, live, declared, owned=owned)
    assert {str(c.address): c.action.value for c in plan.changes} == {
        "RoutingTarget/new-target": "update",
        "RoutingTarget/kept-target": "adopt",
    }

    seen = paper.snapshot(live)

    assert bounded(plan, scope).objections() == ()
    assert [objection(change, seen, scope) for change in plan.changes] == [None, None]
    assert [objection(change, seen, Scope(vslices=("b-*",))) is None for change in plan.changes] == [False, False]


def test_what_moved_out_of_the_scope_is_not_changed() -> None:
    """An object that is called otherwise by now is judged by what it is called now."""
    plan = _plan(ONLY_A, [_net("a-net")], [_net("a-net", "Another")], owned=[_net("a-net")])
    (change,) = plan.changes
    moved = paper.live(_net("b-net"))._replace(remote_id=str(change.remote_id))
    seen = Snapshot(paper.snapshot([]).account, [moved])

    assert objection(change, seen, ONLY_A) == (
        "it is outside of the scope: its name fits none of spec.scope.names: a-*"
    )
    assert objection(change, seen, Scope()) is None
    assert objection(replace(change, action=Action.FORGET), seen, ONLY_A) is None
    assert objection(change, paper.snapshot([]), ONLY_A) is None


def test_the_message_names_object_and_condition() -> None:
    """Kind, name and VSlice each have their sentence."""
    for scope, why in (
        (Scope(kinds=("VSlice",)), "spec.scope.kinds has VSlice only"),
        (Scope(names=("a-*",)), "its name fits none of spec.scope.names: a-*"),
        (Scope(vslices=("a-*",)), "it lies in no VSlice, and spec.scope.vslices names a-*"),
    ):
        (result,) = _plan(scope, [], [_handler("b-hook")], owned=[]).guards
        assert result.message == f"EventHandler/b-hook would be created and is outside of the scope: {why}"
    (result,) = _plan(Scope(vslices=("a-*",)), [_net("b-net")], [_target("t", "b-net")], owned=[]).objections()
    assert result.message.endswith("VSlice/b-net fits none of spec.scope.vslices: a-*")


@tried(100)
@given(st.integers(0, 2**32))
def test_whatever_is_drawn_no_change_is_outside_and_the_rest_is_planned_as_ever(seed: int) -> None:
    """The changes with a scope are those without one that are inside of it."""
    chance = random.Random(seed)
    pool = [
        make(f"{team}-{kind}-{number}")
        for team in "ab"
        for number in range(3)
        for kind, make in (("net", _net), ("hook", _handler))
    ]
    live = [one for one in pool if chance.random() < 0.6]
    owned = [one for one in live if chance.random() < 0.6]
    declared = [
        _net(one.address.name, chance.choice(["A net", "Another"])) if one.address.kind == "VSlice" else one
        for one in pool
        if chance.random() < 0.6
    ]
    names = tuple(chance.sample(["a-*", "b-*", "*-0", "a-net-?"], 2))
    kinds = tuple(chance.choice([(), ("VSlice",), ("EventHandler", "VSlice")]))
    adopts = chance.random() < 0.5

    free = _plan(Scope(), live, declared, owned=owned, adopts=adopts)
    bound = _plan(Scope(names=names, kinds=kinds), live, declared, owned=owned, adopts=adopts)

    def is_inside(address: Address) -> bool:
        named = any(fnmatchcase(address.name, pattern) for pattern in names)
        return named and (not kinds or address.kind in kinds)

    assert {(c.address, c.action) for c in bound.changes} == {
        (c.address, c.action) for c in free.changes if is_inside(c.address)
    }
    assert bounded(bound, Scope(names=names, kinds=kinds)) == bound
    denied = {a for r in bound.guards if r.guard == "scope" and r.verdict is Verdict.DENY for a in r.addresses}
    asked = {c.address for c in free.changes if c.address in {d.address for d in declared}}
    asked |= {a for r in free.guards if r.guard == "ownership" for a in r.addresses}
    assert denied == {address for address in asked if not is_inside(address)}
