"""Whose a change is: the first cause that holds, from two plans under one reading."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.diffing.fields import FieldChange, FieldOperation
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.resource import Resource
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change, ReasonCode
from reconciler.plan.consideration import Consideration
from reconciler.plan.contradictions import contradiction
from reconciler.plan.plan import Drift, Plan
from reconciler.plan.planfile import decode, encode
from reconciler.plan.provenance import (
    Provenance,
    ProvenanceTally,
    edit_provenances,
    provenance_counts,
    provenance_of,
    shared_objects,
    shared_sims,
    sims_by_provenance,
)
from reconciler.plan.releases import released_fields
from reconciler.plan.revision_facts import RevisionFacts
from reconciler.plan.roster import RosterAction, RosterPlan
from tests.unit.plan.plans import change, edit, happens, plan

MAP = Address("EventMap", "map")
COMMIT = "0" * 40
FACTS = RevisionFacts(revision="main", commit=COMMIT)
OLD = FieldChange("displayName", FieldOperation.EDIT, "old", "new")
OTHER = FieldChange("scope", FieldOperation.EDIT, "old", "new")


def _update(*fields: FieldChange, **more: Any) -> Change:
    return change(MAP, Action.UPDATE, fields=fields, **more)


@pytest.mark.parametrize(
    ("ours", "theirs", "is_shared"),
    [
        (_update(OLD), _update(OLD), True),
        (_update(OLD), _update(OLD, OTHER), True),
        (_update(OLD, OTHER), _update(OLD), False),
        (_update(OLD), _update(replace(OLD, after="another")), False),
        (_update(OLD), _update(replace(OLD, path="other")), False),
        (_update(OLD), change(MAP, Action.DELETE), False),
        (_update(OLD), _update(OLD, protect=True), False),
        (_update(OLD), _update(OLD, retain=True), False),
        (_update(OLD), _update(OLD, adopts=True), False),
        (_update(OLD), _update(OLD, remote_id="another"), False),
        (change(MAP, Action.DELETE), change(MAP, Action.DELETE), True),
        (change(MAP, Action.ADOPT, after={"a": 1}), change(MAP, Action.ADOPT, after={"a": 1, "b": 1}), True),
        (change(MAP, Action.CREATE, after={"a": 1}), change(MAP, Action.CREATE, after={"a": 1}), True),
        (change(MAP, Action.CREATE, after={"a": 1}), change(MAP, Action.CREATE, after={"a": 2}), False),
        (change(MAP, Action.CREATE, after={"a": 1}), change(Address("EventMap", "else"), Action.CREATE), False),
    ],
)
def test_a_change_is_shared_if_the_base_asks_for_all_of_it(ours: Change, theirs: Change, *, is_shared: bool) -> None:
    """More on the side of the base does not matter; anything more on ours makes it a change of this change set."""
    assert shared_objects(plan(ours), plan(theirs)) == ((MAP,) if is_shared else ())


def test_the_sims_to_which_the_base_does_the_same_are_shared() -> None:
    """The same action from the same group to the same group, or an edit that sets the same."""
    ours = RosterPlan(
        changes=(happens(RosterAction.MOVE, 3, target="other"), happens(RosterAction.SUSPEND, 2)),
        edits=(edit(1, {"tags": ["a"]}), edit(2, {"tags": ["a"]}), edit(3, {"tags": ["a"]})),
    )
    theirs = RosterPlan(
        changes=(
            happens(RosterAction.MOVE, 2, target="other", first=1),
            happens(RosterAction.MOVE, 1, target="elsewhere"),
            happens(RosterAction.SUSPEND, 2, source="other"),
        ),
        edits=(edit(1, {"tags": ["a"], "imeiLock": "1"}), edit(2, {"tags": ["b"]})),
    )

    assert shared_sims(ours, theirs) == {"move": ("1", "2"), "edit": ("1",)}


DRIFT = Drift(MAP, (FieldChange("displayName", FieldOperation.EDIT, "new", "old"),))
GONE = Drift(MAP, (), vanished=True)
RELEASE = change(MAP, Action.ADOPT, ReasonCode.RELEASED, released={"displayName": "x"})


@pytest.mark.parametrize(
    ("one", "drift", "facts", "expected"),
    [
        (_update(OLD), None, replace(FACTS, objects=(MAP,)), Provenance.PENDING),
        (_update(OLD), None, FACTS, Provenance.CHANGE_SET),
        (_update(OLD), None, None, Provenance.NOT_DETERMINED),
        (_update(OLD), None, replace(FACTS, problem="broken"), Provenance.NOT_DETERMINED),
        (_update(OLD), DRIFT, replace(FACTS, objects=(MAP,)), Provenance.DRIFT),
        (_update(OLD), DRIFT, None, Provenance.DRIFT),
        # The first cause counts: this change set also edits what drifted.
        (_update(OLD), DRIFT, FACTS, Provenance.CHANGE_SET),
        (_update(OLD, OTHER), DRIFT, replace(FACTS, objects=(MAP,)), Provenance.PENDING),
        (_update(replace(OLD, after="newest")), DRIFT, replace(FACTS, objects=(MAP,)), Provenance.PENDING),
        (change(MAP, Action.DELETE), DRIFT, replace(FACTS, objects=(MAP,)), Provenance.PENDING),
        (change(MAP, Action.CREATE), GONE, replace(FACTS, objects=(MAP,)), Provenance.DRIFT),
        (change(MAP, Action.FORGET), GONE, replace(FACTS, objects=(MAP,)), Provenance.PENDING),
        (RELEASE, None, FACTS, Provenance.RELEASED),
        (RELEASE, None, replace(FACTS, objects=(MAP,)), Provenance.RELEASED),
    ],
)
def test_the_first_cause_counts(
    one: Change, drift: Drift | None, facts: RevisionFacts | None, expected: Provenance
) -> None:
    """By this change set, then pending, then drift; a release sends nothing and is by itself."""
    made = plan(one, drift=(drift,) if drift else (), revision=facts)

    assert provenance_of(one, made) is expected


@pytest.mark.parametrize(
    ("facts", "moved", "edited"),
    [
        (None, {Provenance.NOT_DETERMINED: 3}, Provenance.NOT_DETERMINED),
        (FACTS, {Provenance.CHANGE_SET: 3}, Provenance.CHANGE_SET),
        (
            replace(FACTS, sims={"move": ("1",), "edit": ("9",)}),
            {Provenance.CHANGE_SET: 2, Provenance.PENDING: 1},
            Provenance.PENDING,
        ),
        (
            replace(FACTS, sims={"move": ("1",), "edit": ("9",)}, has_applied_sims=True),
            {Provenance.CHANGE_SET: 2, Provenance.DRIFT: 1},
            Provenance.DRIFT,
        ),
    ],
)
def test_sims_are_counted_one_by_one(
    facts: RevisionFacts | None, moved: dict[Provenance, int], edited: Provenance
) -> None:
    """One move of three SIMs may be of two sorts; the counts add up to it."""
    move = happens(RosterAction.MOVE, 3, target="other")
    made = plan(roster=RosterPlan(changes=(move,), edits=(edit(9, {"tags": []}),)), revision=facts)

    assert {one: len(iccids) for one, iccids in sims_by_provenance(move, made)} == moved
    assert edit_provenances(made) == (edited,)
    assert sum(count.sims for count in provenance_counts(made).values()) == 4


def test_a_plan_without_changes_has_no_counts() -> None:
    """Nothing is counted that is not there."""
    assert provenance_counts(plan(revision=FACTS)) == {}
    assert provenance_counts(plan(_update(OLD))) == {Provenance.NOT_DETERMINED: ProvenanceTally(1)}


def test_the_facts_of_the_base_are_in_the_plan_file() -> None:
    """They are read back as they were; a plan without a base has no such member."""
    made = Plan(plan().basis, revision=replace(FACTS, unlisted={"EndpointSet/gone": 3}))

    assert decode(encode(made), "plan.json")[0].revision == made.revision
    assert b'"revision"' not in encode(replace(made, revision=None))


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        (replace(FACTS, objects=(MAP,)), "the base asks for a change that is not in the plan"),
        (replace(FACTS, sims={"move": ("5",)}), "the base asks for a change of a SIM that is not in the plan"),
        (replace(FACTS, sims={"edit": ("5",)}), "the base asks for a change of a SIM that is not in the plan"),
        (FACTS, None),
    ],
)
def test_the_base_asks_for_nothing_that_the_plan_does_not_do(facts: RevisionFacts, problem: str | None) -> None:
    """A file that says so has another author."""
    assert contradiction(plan(revision=facts)) == problem


def test_what_is_left_out_is_not_changed() -> None:
    """A file that says both has another author; what it leaves out otherwise is read back."""
    part = Consideration(words="--target x", considered=1, left_out=(MAP,))

    assert contradiction(plan(change(MAP, Action.FORGET, remote_id="1"), consideration=part)) == (
        "EventMap/map: it is left out and changed"
    )
    made = Plan(plan().basis, consideration=replace(part, removed=(Address("EventMap", "gone"),)))
    assert decode(encode(made), "plan.json")[0].consideration == made.consideration


def test_a_field_is_not_released_and_written() -> None:
    """Also deep inside, and only an edit or a mark releases."""
    nested = {"rateLimit": {"uplink": "unlimited"}}
    policy = Address("RoutingPolicy", "policy")

    def problem(action: Action, path: str) -> str | None:
        made = change(policy, action, before=nested, after=nested, released={path: "x"}, remote_id="1", fingerprint="f")
        return contradiction(plan(made))

    written = "RoutingPolicy/policy: a field is released that is written"
    assert problem(Action.ADOPT, "rateLimit.uplink") == written
    assert problem(Action.ADOPT, "rateLimit") == written
    assert problem(Action.REPLACE, "status") == written
    assert problem(Action.ADOPT, "rateLimit.downlink") is None
    assert problem(Action.ADOPT, "status.inner") is None


@pytest.mark.parametrize(
    ("kind", "applied", "stated", "live", "expected"),
    [
        ("RoutingPolicy", {"status": "active"}, {}, {"status": "inactive"}, {"status": "inactive"}),
        ("RoutingPolicy", {"status": "active"}, {"status": "inactive"}, {}, {}),
        ("RoutingPolicy", {"status": None}, {}, {}, {"status": None}),
        (
            "RoutingPolicy",
            {"rateLimit": {"uplink": "1", "downlink": "2"}},
            {"rateLimit": {"uplink": "1"}},
            {"rateLimit": {"uplink": "1", "downlink": "3"}},
            {"rateLimit.downlink": "3"},
        ),
        ("RoutingPolicy", {"rateLimit": {"uplink": "1"}}, {"rateLimit": None}, {}, {}),
        # A list is whole: an item that is gone is an edit.
        ("RoutingPolicy", {"rules": [{"name": "a", "description": "b"}]}, {"rules": [{"name": "a"}]}, {}, {}),
        # Another member of a choice takes the place of the former one.
        ("RoutingTarget", {"internet": {}}, {"vpn": {}}, {}, {}),
        ("RoutingTarget", {"internet": {}}, {}, {"internet": {}}, {"internet": {}}),
        (
            "EventHandler",
            {"webhook": {"url": "hmac-sha256:1@a.example", "timeoutSeconds": 5}},
            {"webhook": {"timeoutSeconds": 5}},
            {"webhook": {"url": "hmac-sha256:2@b.example", "timeoutSeconds": 5}},
            {"webhook.url": "(secret)"},
        ),
        ("EventHandler", {"later": 1}, {}, {}, {"later": None}),
    ],
)
def test_a_released_field_has_its_live_value(
    kind: str, applied: dict[str, Any], stated: dict[str, Any], live: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Fields that were applied and are not stated, at any depth; a secret is hidden."""
    address = Address(kind, "one")
    owned = Owned(address, "1", "one", last_applied=applied)

    assert released_fields(owned, Resource(address, stated), Observed(address, "1", live)) == expected
