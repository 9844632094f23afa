"""A list lets a change begin and confirms that it took effect; only a read of the object itself refuses."""

from typing import Any

import pytest

from reconciler.apply.objects.machine import begin
from reconciler.apply.objects.state import Phase
from reconciler.apply.protocol import Done, Intend, Look, Seen, Sent, Settle, Sharing
from reconciler.control_plane.port import Receipt
from reconciler.model.inventory import Owned
from reconciler.plan.action import Action
from tests.unit.apply.test_engine import (
    ADDRESS,
    NEW,
    NOTHING,
    SPEC,
    create,
    delete,
    knowledge,
    live,
    run,
    update,
)

LISTED_NOTHING = Seen(None, is_listed=True)
OWNED = Owned(ADDRESS, "id-1", "fleet-map")


def test_a_creation_begins_by_a_list_without_the_name() -> None:
    """No other read comes before its intent."""
    _, effect = run(create(), LISTED_NOTHING)

    assert isinstance(effect, Intend)


def test_a_deletion_begins_by_a_list_with_the_object_as_planned() -> None:
    """No other read comes before its intent."""
    _, effect = run(delete(owned=OWNED), Seen(live(), is_listed=True))

    assert isinstance(effect, Intend)


@pytest.mark.parametrize(
    ("known", "listed"),
    [
        (create(), live()),
        (create(), live({**SPEC, "displayName": "Other"})),
        (delete(owned=OWNED), None),
        (delete(owned=OWNED), NEW),
        (delete(owned=None), live()),
    ],
    ids=["as wanted", "a foreign object", "gone", "edited", "not ours"],
)
def test_anything_else_in_a_list_is_asked_of_the_object(known: Any, listed: Any) -> None:
    """A list may be some seconds old, so it ends no change."""
    state, effect = run(known, Seen(listed, is_listed=True))

    assert isinstance(effect, Look)
    assert (state.phase, effect.sharing) == (Phase.ASSESS, Sharing.ALONE)


@pytest.mark.parametrize(
    "known",
    [
        update(owned=OWNED),
        knowledge(Action.REPLACE, SPEC, SPEC, owned=OWNED),
        create(has_intent=True),
        create(was_touched=True),
        delete(owned=OWNED, was_touched=True),
    ],
    ids=["an edit", "a replacement", "a creation that may be made", "a creation that was begun", "a begun deletion"],
)
def test_what_is_based_on_the_object_reads_it(known: Any) -> None:
    """An edit writes over what it read, and what was begun before may be anywhere."""
    _, effect = begin(known)

    assert isinstance(effect, Look)
    assert effect.sharing is Sharing.ALONE


def test_a_list_shows_that_a_request_took_effect() -> None:
    """The decision follows at once."""
    _, effect = run(create(), NOTHING, Done(), Sent(Receipt("id-1")))
    assert effect == Look("id-1", Sharing.TOGETHER)

    _, effect = run(create(), NOTHING, Done(), Sent(Receipt("id-1")), Seen(live(), is_listed=True))

    assert isinstance(effect, Settle)


@pytest.mark.parametrize("listed", [None, live({**SPEC, "displayName": "Other"})], ids=["not there", "different"])
def test_a_list_does_not_say_that_a_request_had_no_effect(listed: Any) -> None:
    """It may be behind; the object itself is read before anything is waited for."""
    _, effect = run(create(), NOTHING, Done(), Sent(Receipt("id-1")), Seen(listed, is_listed=True))

    assert effect == Look("id-1", Sharing.ALONE)
