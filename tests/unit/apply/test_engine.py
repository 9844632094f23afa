"""The protocol of one change, as plain values: state, event, next state, effect."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from reconciler.apply.goal import Goal
from reconciler.apply.objects.machine import begin, step
from reconciler.apply.objects.state import Half, Knowledge, Phase, State, sighting_of, step_of
from reconciler.apply.protocol import (
    ChangeEffect,
    CouldNotLook,
    Declined,
    Done,
    Finish,
    Intend,
    Interrupted,
    Look,
    NotExecuted,
    Rest,
    Seen,
    Send,
    Sent,
    Settle,
    Sharing,
    Uncertain,
)
from reconciler.control_plane.errors import Throttled, Unauthorised, Unreachable
from reconciler.control_plane.port import Receipt, Verb
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.outcomes import AlreadyDone, Conflict, Failed, Stale, Succeeded, Unknown
from reconciler.store.records import ActionState

ADDRESS = Address("EventMap", "fleet-map")
SPEC = {"displayName": "Map", "scope": "account", "subscriptions": []}
FULL = {**SPEC, "subscriptions": [{"event": "EndpointSteered_v1", "handler": "hook"}]}
OWNED = Owned(ADDRESS, "id-1", "fleet-map")
NOTHING = Seen(None)


def live(spec: Mapping[str, Any] = SPEC, *, key: str = "id-1", name: str = "fleet-map") -> Observed:
    """A live event map."""
    return Observed(Address("EventMap", name), key, spec)


def knowledge(action: Action, before: Any, after: Any, **facts: Any) -> Knowledge:
    """The facts that are known before the change begins."""
    key = None if action is Action.CREATE else "id-1"
    change = Change(
        ADDRESS,
        action,
        before,
        after,
        Reason(ReasonCode.CHANGED, "it differs"),
        remote_id=key,
        live_moniker=key and "fleet-map",
        adopts=facts.pop("adopts", False),
    )
    owned = facts.pop("owned", None if action is Action.CREATE else OWNED)
    return Knowledge(
        goal=Goal(change, {}, lambda text: f"hmac-sha256:{text}"), owned=owned, polls=1, patient_polls=1, **facts
    )


def run(known: Knowledge, *events: Any) -> tuple[State, ChangeEffect]:
    """The state and effect after these events."""
    state, effect = begin(known)
    for event in events:
        state, effect = step(state, event)
    return state, effect


def create(after: Any = SPEC, **facts: Any) -> Knowledge:
    """A creation."""
    return knowledge(Action.CREATE, None, after, **facts)


def update(**facts: Any) -> Knowledge:
    """An update of the display name."""
    return knowledge(Action.UPDATE, {"displayName": "Map"}, {"displayName": "New"}, **facts)


def delete(**facts: Any) -> Knowledge:
    """A deletion."""
    return knowledge(Action.DELETE, SPEC, None, **facts)


NEW = live({**SPEC, "displayName": "New"})
SENT_CREATE = [NOTHING, Done(), Sent(Receipt("id-1"))]
SENT_UPDATE = [Seen(live()), Done(), Sent(Receipt())]


def test_a_create_reads_intends_sends_reads_and_settles_in_this_order() -> None:
    """The intent is durable before the request, success is told after the outcome is durable (I9)."""
    state, effect = begin(create())
    seen: list[Any] = [effect]
    for event in (NOTHING, Done(), Sent(Receipt("id-1")), Seen(live()), Done()):
        state, effect = step(state, event)
        seen.append(effect)
    assert [type(one) for one in seen] == [Look, Intend, Send, Look, Settle, Finish]
    assert seen[0] == Look("fleet-map", Sharing.RECENT)
    assert seen[3] == Look("id-1", Sharing.TOGETHER)
    assert seen[4].state is ActionState.DONE
    assert seen[4].row.remote_id == "id-1"
    assert seen[5] == Finish(Succeeded(ADDRESS, Action.CREATE))


def test_items_that_the_body_did_not_bring_are_added() -> None:
    """After a create, what a read shows missing is sent, and nothing else."""
    state, effect = run(create(FULL), *SENT_CREATE, Seen(live()), Done(), Seen(live()), Done())
    assert isinstance(effect, Intend)
    assert (effect.step.verb, effect.step.segment) == (Verb.ADD, "subscriptions")
    state, effect = step(state, Done())
    assert isinstance(effect, Send)
    assert effect.current == live()
    state, effect = step(state, Sent(Receipt()))
    state, effect = step(state, Seen(live(FULL)))
    assert isinstance(effect, Settle)
    assert effect.row is not None
    assert effect.row.last_applied == FULL


def test_a_created_object_that_reads_differently_is_ours_and_a_failure() -> None:
    """The platform made something else of it: it has a row, and the difference is named."""
    other = Seen(live({**SPEC, "displayName": "Else"}))
    state, effect = run(create(), *SENT_CREATE, other, Done(), other)
    assert isinstance(effect, Settle)
    assert effect.row is not None
    assert effect.row.last_applied == {**SPEC, "displayName": "Else"}
    _, effect = step(state, Done())
    assert isinstance(effect, Finish)
    assert isinstance(effect.ending, Failed)
    assert "displayName" in effect.ending.reason


def test_a_creation_that_cannot_be_seen_is_unknown() -> None:
    """Accepted, but not there however long one looks."""
    state, effect = run(create(), *SENT_CREATE, NOTHING, Done(), NOTHING)
    assert isinstance(effect, Settle)
    assert effect.state is ActionState.UNKNOWN
    _, effect = step(state, Done())
    assert isinstance(effect, Finish)
    assert isinstance(effect.ending, Unknown)


def test_a_create_is_sent_at_most_twice() -> None:
    """Lost and not found: once more; lost and not found again: unknown."""
    lost = [Done(), Uncertain("reset"), NOTHING, Done(), NOTHING]
    state, effect = run(create(), NOTHING, *lost)
    assert isinstance(effect, Intend)
    assert state.attempt == 2
    state, effect = run(create(), NOTHING, *lost, *lost)
    assert isinstance(effect, Settle)
    assert effect.state is ActionState.UNKNOWN


@pytest.mark.parametrize(
    ("seen", "expected"),
    [(live(), ActionState.ADOPTED), (live({**SPEC, "displayName": "Theirs"}), ActionState.CONFLICT)],
)
def test_a_lost_create_is_ours_by_content_alone(seen: Observed, expected: ActionState) -> None:
    """The name proves nothing: what differs from what we sent is somebody else's (I6)."""
    _state, effect = run(create(), NOTHING, Done(), Uncertain("reset"), Seen(seen))
    assert isinstance(effect, Settle)
    assert effect.state is expected
    assert (effect.row is not None) == (expected is ActionState.ADOPTED)


def test_a_refused_create_after_a_lost_one_is_looked_at() -> None:
    """The platform says that the name is taken, by our own earlier request: it is ours."""
    events = [NOTHING, Done(), Declined("taken")]
    _, effect = run(create(has_intent=True), *events)
    assert effect == Look("fleet-map")
    _, effect = run(create(has_intent=True), *events, Seen(live()))
    assert isinstance(effect, Settle)
    assert effect.state is ActionState.ADOPTED
    for last in (Seen(live({**SPEC, "displayName": "Theirs"})), CouldNotLook(Unreachable("gone"))):
        state, effect = run(create(has_intent=True), *events, last)
        assert isinstance(effect, Settle)
        assert effect.state is ActionState.VOID
        _, effect = step(state, Done())
        assert isinstance(effect, Finish)
        assert isinstance(effect.ending, Failed)


def test_a_refused_create_without_history_is_a_failure() -> None:
    """No earlier request, no claim: nothing is looked for."""
    _, effect = run(create(), NOTHING, Done(), Declined("taken", is_fatal=True))
    assert isinstance(effect, Settle)
    assert effect.state is ActionState.FAILED


@pytest.mark.parametrize(
    ("known", "seen", "expected"),
    [
        (create(), live(), Conflict),
        (create(has_intent=True), live({**SPEC, "displayName": "Theirs"}), Conflict),
        (create(owned=OWNED), live({**SPEC, "displayName": "Theirs"}), Stale),
        (update(), None, Stale),
        (update(owned=None), live(), Stale),
        (update(), live({**SPEC, "displayName": "Portal"}), Stale),
        (delete(owned=None), live(), Stale),
        (delete(), live({**SPEC, "displayName": "Portal"}), Stale),
        (knowledge(Action.REPLACE, SPEC, SPEC), None, Stale),
        (knowledge(Action.ADOPT, SPEC, SPEC, owned=None), live(FULL), Stale),
    ],
)
def test_what_moved_is_not_touched(known: Knowledge, seen: Observed | None, expected: type) -> None:
    """Neither as the plan saw it nor as it wants it: no intent, no request (I7)."""
    _, effect = run(known, Seen(seen))
    assert isinstance(effect, Finish)
    assert isinstance(effect.ending, expected)


@pytest.mark.parametrize("known", [create(has_intent=True), create(owned=OWNED), update(), delete()])
def test_what_is_done_is_not_done_again(known: Knowledge) -> None:
    """Live is as wanted: the inventory is brought up to date, and nothing is sent."""
    goal = known.goal.change.action
    seen = {Action.CREATE: live(), Action.UPDATE: NEW, Action.DELETE: None}[goal]
    state, effect = run(known, Seen(seen))
    assert isinstance(effect, Settle)
    assert effect.step is None
    assert (effect.row is None) == (goal is Action.DELETE)
    _, effect = step(state, Done())
    assert effect == Finish(AlreadyDone(ADDRESS, goal))


def test_an_object_that_is_adopted_is_ours_before_it_is_changed() -> None:
    """The row comes first, then the request."""
    state, effect = run(update(adopts=True, owned=None), Seen(live()))
    assert isinstance(effect, Settle)
    assert effect.row is not None
    _, effect = step(state, Done())
    assert isinstance(effect, Intend)


@pytest.mark.parametrize("known", [update(), delete()])
def test_an_unclear_answer_is_waited_out_before_anything_is_sent_again(known: Knowledge) -> None:
    """Read; wait for the drain; read; still as before: again, three times at most, then unknown."""
    lost = [Done(), Uncertain("reset"), Seen(live()), Done(), Seen(live())]
    _, effect = run(known, Seen(live()), Done(), Uncertain("reset"), Seen(live()))
    assert isinstance(effect, Rest)
    state, effect = run(known, Seen(live()), *lost)
    assert isinstance(effect, Intend)
    assert state.attempt == 2
    _, effect = run(known, Seen(live()), *lost, *lost, *lost)
    assert isinstance(effect, Settle)
    assert effect.state is ActionState.UNKNOWN


def test_an_unclear_update_that_took_effect_is_done() -> None:
    """The read shows it: settled, with a row."""
    _, effect = run(update(), Seen(live()), Done(), Uncertain("reset"), Seen(NEW))
    assert isinstance(effect, Settle)
    assert (effect.state, effect.row is not None) == (ActionState.ADOPTED, True)


def test_an_unclear_update_that_somebody_overtook_is_stale() -> None:
    """After the drain live is something third: nothing more is sent."""
    third = Seen(live({**SPEC, "displayName": "Portal"}))
    state, effect = run(update(), Seen(live()), Done(), Uncertain("reset"), third, Done(), third)
    assert isinstance(effect, Settle)
    assert effect.state is ActionState.VOID
    _, effect = step(state, Done())
    assert isinstance(effect, Finish)
    assert isinstance(effect.ending, Stale)


@pytest.mark.parametrize(("known", "words"), [(update(), "displayName"), (delete(), "still there")])
def test_an_accepted_request_without_effect_is_a_failure(known: Knowledge, words: str) -> None:
    """The platform said yes and nothing happened: success is never claimed (I19)."""
    state, effect = run(known, *SENT_UPDATE, Seen(live()), Done(), Seen(live()))
    assert isinstance(effect, Settle)
    assert effect.state is ActionState.FAILED
    _, effect = step(state, Done())
    assert isinstance(effect, Finish)
    assert isinstance(effect.ending, Failed)
    assert words in effect.ending.reason


def test_an_object_that_vanishes_under_an_update_is_named() -> None:
    """The read after an accepted update finds nothing."""
    _state, effect = run(update(), *SENT_UPDATE, NOTHING, Done(), NOTHING, Done())
    assert isinstance(effect, Finish)
    assert isinstance(effect.ending, Failed)
    assert "everything" in effect.ending.reason


def test_a_throttled_request_is_compared_again_before_it_is_repeated() -> None:
    """Between two attempts somebody may have edited: the wait is followed by a read."""
    throttled = NotExecuted(Throttled("slow down"), 3.0)
    state, effect = run(update(), Seen(live()), Done(), throttled)
    assert effect == Rest(3.0)
    state, effect = step(state, Done())
    assert effect == Look("id-1")
    state, effect = step(state, Seen(live()))
    assert isinstance(effect, Intend)
    assert state.attempt == 2


def test_a_request_that_may_not_be_repeated_failed() -> None:
    """No more attempts: a failure, and certainly nothing happened."""
    _, effect = run(update(), Seen(live()), Done(), NotExecuted(Unreachable("no route"), None))
    assert isinstance(effect, Settle)
    assert effect.state is ActionState.FAILED


def test_a_read_that_fails_before_anything_was_sent_is_a_failure() -> None:
    """Nothing was sent, so nothing is unknown; a refused token is fatal."""
    for error, fatal in ((Unreachable("no route"), False), (Unauthorised("no"), True)):
        _, effect = run(update(), CouldNotLook(error))
        assert isinstance(effect, Finish)
        assert isinstance(effect.ending, Failed)
        assert effect.ending.is_fatal is fatal


@pytest.mark.parametrize("event", [Sent(Receipt()), Uncertain("reset")])
def test_a_read_that_fails_afterwards_leaves_the_outcome_unknown(event: Any) -> None:
    """Something was sent and cannot be looked at."""
    state, effect = run(update(), Seen(live()), Done(), event, CouldNotLook(Unreachable("no route")))
    assert isinstance(effect, Settle)
    assert effect.state is ActionState.UNKNOWN
    _, effect = step(state, Done())
    assert isinstance(effect, Finish)
    assert isinstance(effect.ending, Unknown)


def test_an_interruption_while_waiting_is_said_as_it_is() -> None:
    """Before sending again: failed. While finding out: unknown."""
    _, effect = run(update(), Seen(live()), Done(), NotExecuted(Throttled("slow"), 3.0), Interrupted())
    assert isinstance(effect, Settle)
    assert effect.state is ActionState.FAILED
    _, effect = run(update(), Seen(live()), Done(), Uncertain("reset"), Seen(live()), Interrupted())
    assert isinstance(effect, Settle)
    assert effect.state is ActionState.UNKNOWN


def test_a_replacement_deletes_and_then_makes() -> None:
    """The old object goes first, its row with it; the new one is a create of its own."""
    after = {**SPEC, "scope": "vslice"}
    known = knowledge(Action.REPLACE, SPEC, after)
    state, effect = run(known, Seen(live()), Done(), Sent(Receipt()), NOTHING)
    assert isinstance(effect, Settle)
    assert effect.is_removal
    state, effect = step(state, Done())
    assert (effect, state.half) == (Look("fleet-map"), Half.MAKE)
    state, effect = step(state, NOTHING)
    assert isinstance(effect, Intend)
    assert effect.step.verb is Verb.CREATE
    for event in (Done(), Sent(Receipt("id-2")), Seen(live(after, key="id-2")), Done()):
        state, effect = step(state, event)
    assert effect == Finish(Succeeded(ADDRESS, Action.REPLACE))


def test_a_replacement_goes_on_where_an_earlier_run_stopped() -> None:
    """The old object is gone by our own request: the new one is made."""
    known = knowledge(Action.REPLACE, SPEC, {**SPEC, "scope": "vslice"}, was_touched=True, owned=None)
    _state, effect = run(known, NOTHING, NOTHING)
    assert isinstance(effect, Intend)
    assert effect.step.verb is Verb.CREATE


def test_associations_are_taken_away_before_an_object_is_deleted() -> None:
    """A primary group lets go of its secondary groups first (D-21)."""
    address = Address("EndpointGroup", "fleet-group")
    spec = {"type": "primary", "vslice": "net", "secondaryGroups": ["one", "two"]}
    change = Change(
        address,
        Action.DELETE,
        spec,
        None,
        Reason(ReasonCode.REMOVED, "gone"),
        remote_id="id-1",
        live_moniker="fleet-group",
    )
    known = Knowledge(goal=Goal(change, {}, str), owned=Owned(address, "id-1", "fleet-group"))
    verbs: list[Any] = []
    state, effect = begin(known)
    group = {"secondaryGroups": ["one", "two"]}
    while not isinstance(effect, Finish):
        match effect:
            case Look():
                gone = verbs[-1:] == [(Verb.DELETE, ())]
                event: Any = Seen(None if gone else Observed(address, "id-1", {**spec, **group}))
            case Send(request):
                verbs.append((request.verb, request.items))
                group = {"secondaryGroups": [name for name in group["secondaryGroups"] if (name,) not in request.items]}
                event = Sent(Receipt())
            case _:
                event = Done()
        state, effect = step(state, event)
    assert verbs == [(Verb.REMOVE, (("one",),)), (Verb.REMOVE, (("two",),)), (Verb.DELETE, ())]
    assert isinstance(effect.ending, Succeeded)


def test_a_deletion_that_was_cut_off_goes_on() -> None:
    """Some associations are gone already, by our own request: the rest follows; by somebody else's: stale."""
    address = Address("EndpointGroup", "fleet-group")
    spec = {"type": "primary", "vslice": "net", "secondaryGroups": ["one", "two"]}
    reason = Reason(ReasonCode.REMOVED, "gone")
    change = Change(address, Action.DELETE, spec, None, reason, remote_id="id-1", live_moniker="fleet-group")
    half = Seen(Observed(address, "id-1", {**spec, "secondaryGroups": ["two"]}))
    for touched, expected in ((True, Intend), (False, Finish)):
        owned = Owned(address, "id-1", "fleet-group")
        _, effect = run(Knowledge(goal=Goal(change, {}, str), owned=owned, was_touched=touched), half)
        assert isinstance(effect, expected)


def test_adopting_and_forgetting_send_nothing() -> None:
    """Both change the inventory alone."""
    state, effect = run(knowledge(Action.ADOPT, SPEC, SPEC, owned=None), Seen(live()))
    assert isinstance(effect, Settle)
    assert effect.row is not None
    assert step(state, Done())[1] == Finish(Succeeded(ADDRESS, Action.ADOPT))
    state, effect = begin(knowledge(Action.FORGET, None, None))
    assert isinstance(effect, Settle)
    assert effect.is_removal
    assert step(state, Done())[1] == Finish(Succeeded(ADDRESS, Action.FORGET))


@pytest.mark.parametrize(("needed", "words"), [(step_of, "a step"), (sighting_of, "an object")])
def test_a_phase_that_needs_a_step_or_an_object_has_one(needed: Callable[[State], object], words: str) -> None:
    """Confirming nothing is a mistake of ours, and is said."""
    known = update()
    with pytest.raises(ValueError, match=f"confirm without {words}"):
        needed(State(knowledge=known, goal=known.goal, phase=Phase.CONFIRM, half=Half.MAKE))
