"""The one table of preconditions, row by row, and how often an object is compared for it."""

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest

from reconciler.apply.goal import Goal
from reconciler.apply.objects.machine import begin, step
from reconciler.apply.objects.state import Knowledge
from reconciler.apply.precondition import FOREIGN, Precondition, Readiness, precondition
from reconciler.apply.protocol import Done, Seen, Sent
from reconciler.control_plane.port import Receipt
from reconciler.diffing import canonical
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode

MAP = Address("EventMap", "fleet-map")
BARE: Mapping[str, Any] = {"displayName": "Map", "scope": "account", "subscriptions": []}
WANTED = {**BARE, "displayName": "New", "subscriptions": [{"event": "EndpointSteered_v1", "handler": "hook"}]}
HALF = {**WANTED, "subscriptions": []}
OTHER = {**BARE, "displayName": "Portal"}
OURS, THEIRS = Owned(MAP, "id-1", "fleet-map"), Owned(MAP, "id-2", "fleet-map")
REASON = Reason(ReasonCode.CHANGED, "it differs")

CREATE = Change(MAP, Action.CREATE, None, WANTED, REASON)
UPDATE = Change(MAP, Action.UPDATE, BARE, WANTED, REASON, remote_id="id-1", live_moniker="fleet-map")
TAKEOVER = replace(UPDATE, adopts=True)
ADOPT = replace(UPDATE, action=Action.ADOPT, after=BARE)
DELETE = replace(UPDATE, action=Action.DELETE, after=None)
REPLACE = replace(UPDATE, action=Action.REPLACE)
FORGET = replace(UPDATE, action=Action.FORGET, after=None)

DONE, GO = Precondition(Readiness.DONE), Precondition(Readiness.GO)


def stale(reason: str, *fields: str) -> Precondition:
    """The object moved."""
    return Precondition(Readiness.STALE, reason, fields)


CHANGED = stale("it was changed on the platform after the plan was made", "displayName")
NOT_OURS = stale("it is not ours any more")
GONE = stale("it is gone from the platform")


@pytest.mark.parametrize(
    ("change", "live", "facts", "expected"),
    [
        (CREATE, None, {}, GO),
        (CREATE, WANTED, {"owned": OURS}, DONE),
        (CREATE, WANTED, {"made": ("id-1",)}, DONE),
        (CREATE, HALF, {"owned": OURS}, GO),
        (CREATE, WANTED, {"has_intent": True}, GO),
        (CREATE, OTHER, {"owned": OURS}, stale("it exists already and differs from the plan")),
        (CREATE, OTHER, {"has_intent": True}, FOREIGN),
        (CREATE, WANTED, {"owned": THEIRS}, FOREIGN),
        (UPDATE, None, {"owned": OURS}, GONE),
        (UPDATE, WANTED, {}, NOT_OURS),
        (UPDATE, BARE, {"owned": THEIRS}, NOT_OURS),
        (UPDATE, WANTED, {"owned": OURS}, DONE),
        (TAKEOVER, WANTED, {}, GO),
        (UPDATE, BARE, {"owned": OURS}, GO),
        (TAKEOVER, BARE, {}, GO),
        (UPDATE, HALF, {"owned": OURS, "was_touched": True}, GO),
        (UPDATE, HALF, {"owned": OURS}, replace(CHANGED, fields=())),
        (UPDATE, OTHER, {"owned": OURS, "was_touched": True}, CHANGED),
        (ADOPT, BARE, {"owned": OURS}, DONE),
        (ADOPT, BARE, {}, GO),
        (ADOPT, OTHER, {}, CHANGED),
        (DELETE, None, {}, DONE),
        (REPLACE, None, {"owned": OURS}, GONE),
        (REPLACE, None, {"was_touched": True}, DONE),
        (DELETE, BARE, {}, NOT_OURS),
        (DELETE, BARE, {"owned": OURS}, GO),
        (REPLACE, BARE, {"owned": OURS}, GO),
        (DELETE, OTHER, {"owned": OURS}, CHANGED),
        (FORGET, BARE, {"owned": OURS}, stale("it is on the platform")),
        (FORGET, OTHER, {"owned": OURS}, stale("it is on the platform", "displayName")),
        (FORGET, None, {"owned": THEIRS}, stale("another object has its address now")),
        (FORGET, None, {}, DONE),
        (FORGET, None, {"owned": OURS}, GO),
    ],
)
def test_a_change_is_done_goes_or_is_refused_with_its_reason(
    change: Change, live: Mapping[str, Any] | None, facts: Mapping[str, Any], expected: Precondition
) -> None:
    """Each row of the table, with the words and the fields that moved."""
    goal = Goal(change, {}, str)
    goal = goal.deleting() if change.action.is_destructive else goal
    sighting = None if live is None else goal.sighting(Observed(MAP, "id-1", live))

    assert precondition(goal, sighting, **{"owned": None, **facts}) == expected


def test_an_objection_names_the_fields_that_moved_only_where_the_object_was_edited() -> None:
    """The fields explain an edit; where none moved, the moniker did. A change that may be made has no objection."""
    edited = "it was changed on the platform after the plan was made"
    found = [one.objection for one in (DONE, GO, GONE, FOREIGN, CHANGED, stale(edited))]

    assert found == [
        None,
        None,
        "it is gone from the platform",
        "an object of this name exists and is not ours",
        f"{edited} (displayName)",
        f"{edited} (its moniker)",
    ]


def test_each_read_is_brought_into_normal_form_once_and_merged_once_for_each_side() -> None:
    """An update reads twice: both sides of the change, and each read, are brought into normal form once."""
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in {canonical.normal.__code__, canonical.merge.__code__}:
            calls[frame.f_code.co_name] += 1

    before, after = Observed(MAP, "id-1", BARE), Observed(MAP, "id-1", HALF)
    wanted = replace(UPDATE, after={"displayName": "New"})
    state, _ = begin(Knowledge(goal=Goal(wanted, {}, str), owned=OURS))
    sys.setprofile(count)
    try:
        for event in (Seen(before), Done(), Sent(Receipt()), Seen(after), Done()):
            state, _ = step(state, event)
    finally:
        sys.setprofile(None)

    # The wanted fields, the planned ones, two reads; the second read is compared with the wanted fields alone.
    assert calls == {"normal": 4, "merge": 3}
