"""The journal: what is written is durable when the call returns, and only what was decided is (I9)."""

from collections.abc import Callable

import pytest

from reconciler.model.address import Address
from reconciler.model.inventory import Origin, Owned
from reconciler.store.records import ActionState, Epoch, Fact, Intent, LedgerState, Settlement
from reconciler.store.store import Store

ADDRESS = Address("VSlice", "fleet-net")
KEY = "VSlice:fleet-net"


def _intent(name: str, **values: object) -> Intent:
    facts = {
        "plan_digest": "p",
        "seq": 1,
        "verb": "create",
        "address": ADDRESS,
        "moniker": "fleet-net",
        "natural_key": KEY,
    }
    return Intent(action_id=name, **(facts | values))  # type: ignore[arg-type]  # Columns of a test.


@pytest.fixture
def epoch(store: Store) -> Epoch:
    """The right to decide."""
    return store.acquire("run")


def test_an_intent_survives_the_process(store: Store, epoch: Epoch, open_store: Callable[[], Store]) -> None:
    """The intent is there for whoever opens the store next, field by field."""
    intent = _intent(
        "a", items=(("GBR", 2145), (None, None)), wanted={"displayName": "Ä"}, segment="entries", retain=True
    )
    store.intend(epoch, [intent])
    store.close()
    (record,) = open_store().unresolved()
    assert record.intent == intent
    assert (record.state, record.attempts, record.epoch, record.run_id) == (ActionState.INTENT, 1, epoch.number, "run")


def test_a_wave_of_intents_is_written_together(store: Store, epoch: Epoch) -> None:
    """Intents of one call are one decision; an action that is intended again counts its attempts."""
    store.intend(epoch, [_intent("a"), _intent("b")])
    store.intend(epoch, [_intent("a")])
    assert {record.intent.action_id: record.attempts for record in store.unresolved()} == {"a": 2, "b": 1}
    assert store.touched("p") == {ADDRESS}
    assert store.touched("another") == frozenset()


def test_outcome_and_inventory_are_one_decision(store: Store, epoch: Epoch, open_store: Callable[[], Store]) -> None:
    """The outcome of an action and the row that it leads to appear together, with a new serial."""
    store.intend(epoch, [_intent("a")])
    owned = Owned(
        ADDRESS, "id-1", "fleet-net", origin=Origin.ADOPTED, protect=True, last_applied={"x": [1]}, source="a:1:1"
    )
    store.settle(epoch, Settlement({"a": ActionState.DONE}, (owned,)))
    found = open_store().inventory()
    assert found.owned == {ADDRESS: owned}
    assert found.serial == 1
    assert store.unresolved() == []
    store.settle(epoch, Settlement(upserts=(owned,)))
    assert store.inventory().owned[ADDRESS].row_version == 2
    store.forget(epoch, ADDRESS)
    assert store.inventory().owned == {}
    assert store.inventory().serial == 3


def test_a_rename_moves_the_row(store: Store, epoch: Epoch) -> None:
    """The row of the former address goes as the row of the new one comes, for the same object."""
    store.adopt(epoch, Owned(ADDRESS, "id-1", "fleet-net"))
    new = Address("VSlice", "renamed")
    store.settle(epoch, Settlement(upserts=(Owned(new, "id-1", "renamed"),), removals=(ADDRESS,)))
    assert set(store.inventory().owned) == {new}


def test_a_void_intent_stays_good_for_adoption(store: Store, epoch: Epoch) -> None:
    """A create that was not found stays adoptable until one for the same object takes effect."""
    store.intend(epoch, [_intent("a"), _intent("other", verb="update")])
    store.settle(epoch, Settlement({"a": ActionState.VOID, "other": ActionState.VOID}))
    assert store.claims() == {KEY: ("a",)}
    store.intend(epoch, [_intent("b")])
    store.settle(epoch, Settlement({"b": ActionState.DONE}))
    assert store.claims() == {}


def test_a_failed_intent_is_not_adoptable(store: Store, epoch: Epoch) -> None:
    """A request that was certainly not executed gives no claim to an object."""
    store.intend(epoch, [_intent("a")])
    store.settle(epoch, Settlement({"a": ActionState.FAILED}))
    assert store.claims() == {}
    assert store.unresolved() == []


def test_facts_are_a_chain(store: Store, epoch: Epoch) -> None:
    """A fact that is changed or taken out of the middle is noticed."""
    for number in range(3):
        store.fact(Fact(action_id="a", attempt=number, epoch=1, what="sent", http_status=200, remote_id="id"))
    assert store.facts_are_intact()
    assert [fact.attempt for fact in store.facts()] == [0, 1, 2]
    with store._transaction() as connection:
        connection.exec_driver_sql("UPDATE fact SET http_status = 500 WHERE attempt = 1")
    assert not store.facts_are_intact()
    with store._transaction() as connection:
        connection.exec_driver_sql("UPDATE fact SET http_status = 200 WHERE attempt = 1")
        connection.exec_driver_sql("DELETE FROM fact WHERE attempt = 1")
    assert not store.facts_are_intact()


def test_a_plan_completes_once(store: Store, epoch: Epoch) -> None:
    """A completed plan stays completed, whatever is marked later (I17)."""
    assert store.ledger("p") is None
    store.mark_ledger(epoch, "p", LedgerState.STARTED)
    assert store.ledger("p") is LedgerState.STARTED
    store.mark_ledger(epoch, "p", LedgerState.COMPLETED)
    store.mark_ledger(epoch, "p", LedgerState.STARTED)
    assert store.ledger("p") is LedgerState.COMPLETED


def test_history_shows_the_last_runs_first(store: Store) -> None:
    """Runs are listed newest first, with who ran what and how it ended."""
    for number in range(3):
        epoch = store.acquire(f"run-{number}")
        store.begin_run(epoch, plan_digest=f"p{number}", tool_version="1.0")
        store.end_run(epoch, "exit 0")
        store.release(epoch)
    found = store.history(2)
    assert [(run.run_id, run.plan_digest, run.actor, run.result) for run in found] == [
        ("run-2", "p2", "somebody", "exit 0"),
        ("run-1", "p1", "somebody", "exit 0"),
    ]
    assert found[0].ended is not None
