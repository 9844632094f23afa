"""A deletion and a creation that look alike are named together: perhaps the annotation of a rename is missing."""

from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.lookalikes import Lookalike, lookalikes
from tests.unit.plan.plans import change

NET = {"displayName": "Fleet", "subnets": ["10.0.0.0/16"], "ipAllocation": "static", "dns": {"mode": "auto"}}


def _gone(name: str, spec: dict[str, Any], kind: str = "VSlice") -> Change:
    return change(Address(kind, name), Action.DELETE, before=spec)


def _new(name: str, spec: dict[str, Any], kind: str = "VSlice") -> Change:
    return change(Address(kind, name), Action.CREATE, after=spec)


def _pairs(*changes: Change) -> list[tuple[str, str]]:
    return [(pair.old.name, pair.new.name) for pair in lookalikes(changes)]


def test_an_object_that_comes_as_another_goes_looks_like_it() -> None:
    """The same fields under another name, whatever people call it."""
    pair = Lookalike(Address("VSlice", "old-net"), Address("VSlice", "new-net"))
    assert lookalikes([_gone("old-net", NET), _new("new-net", {**NET, "displayName": "Other"})]) == (pair,)


@pytest.mark.parametrize(
    "changes",
    [
        [_gone("old-net", NET), _new("new-net", {"subnets": ["10.9.0.0/16"], "ipAllocation": "pooled"})],
        [_gone("old-net", NET), _new("new-net", {"subnets": ["10.0.0.0/16"]})],
        [_gone("old-net", NET), change(Address("VSlice", "net"), Action.UPDATE, before=NET, after=NET)],
        [_gone("old-net", NET), _new("new-map", NET, "EventMap")],
        [_gone("old-net", NET)],
        [],
    ],
    ids=["differs", "too-little", "update", "kind", "deletion", "nothing"],
)
def test_nothing_is_guessed_without_a_reason(changes: list[Change]) -> None:
    """Other values, too few fields, another action or another kind say nothing."""
    assert lookalikes(changes) == ()


def test_the_most_alike_are_paired_and_each_object_once() -> None:
    """Two renames in one plan keep apart by what differs between the objects."""
    other = {**NET, "ipAllocation": "pooled", "dns": {"mode": "custom"}, "subnets": ["10.1.0.0/16"]}
    found = _pairs(_gone("a-old", NET), _gone("b-old", other), _new("b-new", other), _new("a-new", NET))
    assert sorted(found) == [("a-old", "a-new"), ("b-old", "b-new")]


def test_a_less_alike_object_is_left_over() -> None:
    """An object in a pair is not offered to another one."""
    nearly = {**NET, "dns": {"mode": "custom"}, "displayName": "Else", "eventMap": None, "apnPattern": None}
    nearly |= {"ipAddressFamily": "ipv4"}
    known = {**NET, "ipAddressFamily": "ipv4"}
    assert _pairs(_gone("old-net", known), _new("new-net", known), _new("next-net", nearly)) == [("old-net", "new-net")]


def test_between_equals_nothing_is_guessed_unless_the_title_tells() -> None:
    """Two copies of one object are no hint; the name for people decides where it differs."""
    twin = {**NET, "displayName": "Twin"}
    assert _pairs(_gone("old-net", NET), _new("one-net", NET), _new("two-net", NET)) == []
    assert _pairs(_gone("old-net", NET), _new("one-net", NET), _new("two-net", twin)) == [("old-net", "one-net")]


def test_a_reference_to_what_is_renamed_too_is_the_same() -> None:
    """A VSlice and what lies in it are renamed together."""
    policy = {"vslice": "old-net", "status": "active", "rateLimit": {"uplink": "1mbits"}}
    moved = {**policy, "vslice": "new-net"}
    found = _pairs(
        _gone("old-net", NET),
        _gone("old-route", policy, "RoutingPolicy"),
        _new("new-net", NET),
        _new("new-route", moved, "RoutingPolicy"),
    )
    assert sorted(found) == [("old-net", "new-net"), ("old-route", "new-route")]
    elsewhere = {**policy, "vslice": "third-net", "status": "inactive"}
    apart = _pairs(_gone("old-route", policy, "RoutingPolicy"), _new("route", elsewhere, "RoutingPolicy"))
    assert apart == []


def test_a_plan_that_replaces_everything_is_not_searched() -> None:
    """Hundreds of deletions beside hundreds of creations are no rename, and comparing them would take its time."""
    many = range(201)
    gone = [_gone(f"old-{number:03}", {**NET, "subnets": [f"10.{number}.0.0/16"]}) for number in many]
    new = [_new(f"new-{number:03}", {**NET, "subnets": [f"10.{number}.0.0/16"]}) for number in many]
    assert lookalikes([*gone, *new]) == ()


def test_secrets_are_not_compared() -> None:
    """A digest on one side and a reference on the other say nothing about likeness."""
    before = {"vslice": "net", "redundancyZone": "europe-primary", "vpn": {"presharedKey": "hmac-sha256:1"}}
    after = {**before, "vpn": {"presharedKey": {"secretRef": {"env": "KEY"}}}}
    found = _pairs(_gone("old-out", before, "RoutingTarget"), _new("new-out", after, "RoutingTarget"))
    assert found == [("old-out", "new-out")]
