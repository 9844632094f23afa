"""Retention: what a recovery may need is kept for ever, the rest goes, and the chain of facts stays whole."""

from collections.abc import Callable

import pytest

from reconciler.environment import Environment
from reconciler.model.inventory import Owned
from reconciler.store.examination import Weight, examine
from reconciler.store.location import StoreLocation
from reconciler.store.lock import Fenced
from reconciler.store.reader import read
from reconciler.store.records import ActionState, Claim, Epoch, Fact, Intent, LedgerState, Settlement
from reconciler.store.retention import Pruned
from reconciler.store.store import Store
from tests.unit.store.conftest import Clock
from tests.unit.store.stores import execute, rows_of
from tests.unit.store.test_journal import ADDRESS, _intent

DAY = 86_400.0
Sent = tuple[str, ActionState | None]


def _run(store: Store, name: str, *sent: Sent, ledger: LedgerState = LedgerState.COMPLETED, answer: str = "id") -> None:
    """One run of a plan of its own: requests with their outcomes, None for none, and two facts of each."""
    epoch = store.acquire(name)
    store.begin_run(epoch, plan_digest=f"plan of {name}", tool_version="1")
    for action, state in sent:
        intent = _intent(action, plan_digest=f"plan of {name}", natural_key=f"VSlice:{action}")
        _request(store, epoch, intent, state, answer)
    store.mark_ledger(epoch, f"plan of {name}", ledger)
    store.end_run(epoch, "apply: exit 0")
    store.release(epoch)


def _request(store: Store, epoch: Epoch, intent: Intent, state: ActionState | None, answer: str) -> None:
    store.intend(epoch, [intent])
    for what, remote_id in (("sent", None), ("answered", f"{answer} of {intent.action_id}")):
        store.fact(Fact(action_id=intent.action_id, attempt=1, epoch=epoch.number, what=what, remote_id=remote_id))
    if state is not None:
        store.settle(epoch, Settlement({intent.action_id: state}))


def _prune(store: Store, days: int = 90, most: int | None = None, *, only_try: bool = False) -> Pruned:
    epoch = store.acquire("pruning")
    try:
        return store.prune(epoch, days=days, most=most, only_try=only_try)
    finally:
        store.release(epoch)


def _left(location: StoreLocation) -> dict[str, set[str]]:
    return {
        "action": set(rows_of(location, "action")),
        "fact": {row[0] for row in rows_of(location, "fact").values()},
        "run": set(rows_of(location, "run")),
    }


def _is_sound(location: StoreLocation, environment: Environment) -> bool:
    return [each.weight for each in examine(location, environment) if each.subject == "facts"] == [Weight.FINE]


KEPT: tuple[Sent, ...] = (
    ("intended", None),
    ("unknown", ActionState.UNKNOWN),
    ("void", ActionState.VOID),
)


def test_what_is_old_goes_and_the_chain_stays_whole(
    store: Store, clock: Clock, location: StoreLocation, environment: Environment
) -> None:
    """Requests with an outcome, their facts but for the last one, and their runs; the plan ledger stays."""
    _run(store, "old", ("a", ActionState.DONE), ("b", ActionState.FAILED))
    clock.sleep(91 * DAY)
    _run(store, "young", ("c", ActionState.DONE))

    assert _prune(store) == Pruned(2, 4, 1)
    assert _left(location) == {"action": {"c"}, "fact": {"c"}, "run": {"young"}}
    assert store.ledger("plan of old") is LedgerState.COMPLETED
    assert store.facts_are_intact()
    assert _is_sound(location, environment)
    assert _prune(store) == Pruned(0, 0, 0)


def test_facts_are_chained_across_prunings(
    store: Store, clock: Clock, location: StoreLocation, environment: Environment
) -> None:
    """The last fact is kept however old it is, the next one follows it, and what was changed is found as before."""
    for name in ("first", "second", "third"):
        _run(store, name, (name, ActionState.DONE))
        clock.sleep(91 * DAY)
        _prune(store)
        assert _left(location)["fact"] == {name}
        assert _is_sound(location, environment)
    assert len(store.facts()) == 1
    execute(location, "UPDATE fact SET what = 'refused'")
    assert not store.facts_are_intact()


def test_a_fact_that_something_else_removed_is_missed(store: Store, clock: Clock, location: StoreLocation) -> None:
    """Also from the beginning of a chain that was pruned before."""
    _run(store, "old", ("a", ActionState.DONE))
    clock.sleep(91 * DAY)
    _run(store, "young", ("b", ActionState.DONE))
    _prune(store)
    execute(location, "DELETE FROM fact WHERE id = (SELECT min(id) FROM fact)")

    assert not store.facts_are_intact()


def test_what_is_not_older_stays(store: Store, clock: Clock, location: StoreLocation) -> None:
    """To the day, by default and as it is asked."""
    _run(store, "old", ("a", ActionState.DONE))
    clock.sleep(89 * DAY)
    _run(store, "young")
    before = _left(location)

    assert _prune(store) == Pruned(0, 0, 0)
    assert _left(location) == before
    assert _prune(store, days=88) == Pruned(1, 1, 1)


def test_what_a_recovery_may_need_is_kept(store: Store, clock: Clock, location: StoreLocation) -> None:
    """Outcomes that are not known, creations that may yet be found, and with each the id that was answered to it."""
    _run(store, "old", *KEPT, ("gone", ActionState.DONE))
    clock.sleep(1_000 * DAY)
    _run(store, "young")
    unresolved = {record.intent.action_id for record in store.unresolved()}
    answered = {claim.intent.action_id: claim.answered for claim in store.open_creations()}

    assert _prune(store) == Pruned(1, 7, 0)
    assert {record.intent.action_id for record in store.unresolved()} == unresolved == {"intended", "unknown"}
    claims = {claim.intent.action_id: claim for claim in store.open_creations()}
    assert {name: claim.answered for name, claim in claims.items()} == answered
    assert answered == {name: frozenset({f"id of {name}"}) for name, _ in KEPT}
    stored = read(location, "estate")
    assert stored is not None
    assert {claim.intent.action_id: claim for claim in stored.claims} == claims
    assert _left(location)["run"] == {"old", "young"}


def test_a_request_that_is_sent_again_keeps_the_id_of_the_first_answer(store: Store, clock: Clock) -> None:
    """The fact of the answer is gone, and a new attempt knows no id."""
    _run(store, "old", ("a", ActionState.UNKNOWN))
    clock.sleep(91 * DAY)
    _run(store, "young", ("b", ActionState.DONE))
    _prune(store)
    (claim,) = store.open_creations()
    epoch = store.acquire("again")
    store.intend(epoch, [_intent("a", plan_digest="plan of old", natural_key="VSlice:a")])

    assert [one.answered for one in store.open_creations()] == [claim.answered] == [frozenset({"id of a"})]


def test_a_second_id_of_one_creation_stays_in_the_chain(store: Store, clock: Clock) -> None:
    """A gateway that sent it twice was answered twice, and either may be ours."""
    for answer in ("first", "second"):
        _run(store, answer, ("a", ActionState.VOID), answer=answer)
    clock.sleep(91 * DAY)
    _run(store, "young", ("b", ActionState.DONE))
    expected = [Claim(claim.intent, claim.answered) for claim in store.open_creations()]

    for _ in range(2):
        assert _prune(store).actions == 0
        assert [claim.answered for claim in store.open_creations()] == [claim.answered for claim in expected]
    assert expected[0].answered == {"first of a", "second of a"}
    assert [fact.what for fact in store.facts()] == ["answered", "sent", "answered"]
    assert store.facts_are_intact()


def test_the_last_request_for_an_object_is_kept(store: Store, clock: Clock, location: StoreLocation) -> None:
    """The inventory names it, for as long as it does."""
    _run(store, "old", ("a", None), ("b", None))
    epoch = store.acquire("deciding")
    store.settle(epoch, Settlement({"a": ActionState.DONE}, (Owned(ADDRESS, "id", "fleet-net"),)))
    store.settle(epoch, Settlement({"b": ActionState.DONE}))
    store.release(epoch)
    clock.sleep(91 * DAY)
    _run(store, "young")
    inventory = store.inventory()

    assert _prune(store).actions == 1
    assert _left(location)["action"] == {"a"}
    assert store.inventory() == inventory
    epoch = store.acquire("forgetting")
    store.forget(epoch, ADDRESS)
    store.release(epoch)
    assert _prune(store).actions == 1


def test_a_plan_that_is_not_complete_keeps_its_requests(store: Store, clock: Clock) -> None:
    """Applied again, it knows which objects it had touched."""
    _run(store, "old", ("a", ActionState.FAILED), ledger=LedgerState.STARTED)
    clock.sleep(91 * DAY)
    _run(store, "young")

    assert _prune(store).actions == 0
    assert store.touched("plan of old") == {ADDRESS}


def test_nothing_of_another_estate_goes(
    store: Store, clock: Clock, location: StoreLocation, environment: Environment
) -> None:
    """Its requests, runs and facts stay, and so does what was appended to the chain after them."""
    with Store.open(location, estate="other", create=False, environment=environment) as other:
        _run(other, "theirs", ("a", ActionState.DONE))
        clock.sleep(DAY)
        _run(store, "ours", ("b", ActionState.DONE))
        clock.sleep(91 * DAY)
        _run(other, "theirs later")
        _run(store, "ours later")

        assert _prune(store) == Pruned(1, 0, 1)
        assert _left(location) == {"action": {"a"}, "fact": {"a", "b"}, "run": {"theirs", "theirs later", "ours later"}}
        assert _prune(other) == Pruned(1, 3, 1)
    assert _left(location) == {"action": set(), "fact": {"b"}, "run": {"theirs later", "ours later"}}
    assert store.facts_are_intact()


def test_an_apply_takes_a_little_at_a_time(store: Store, clock: Clock, location: StoreLocation) -> None:
    """At most so many requests, the oldest first, and four times as many facts; the next one goes on."""
    for number in range(5):
        _run(store, f"run {number}", (f"a{number}", ActionState.DONE))
        clock.sleep(1)
    clock.sleep(91 * DAY)
    _run(store, "young")

    assert _prune(store, most=2) == Pruned(2, 8, 2)
    assert _left(location)["action"] == {"a2", "a3", "a4"}
    assert _prune(store, most=1) == Pruned(1, 1, 1)
    assert _prune(store, most=None) == Pruned(2, 0, 2)


def test_trying_says_the_same_and_removes_nothing(store: Store, clock: Clock, location: StoreLocation) -> None:
    """The numbers of what would go."""
    _run(store, "old", *KEPT, ("gone", ActionState.DONE))
    clock.sleep(91 * DAY)
    _run(store, "young", ("c", ActionState.DONE))
    before = _left(location)

    tried = _prune(store, only_try=True)

    assert _left(location) == before
    assert _prune(store) == tried == Pruned(1, 8, 0)


def test_without_facts_there_is_no_chain_to_keep(store: Store) -> None:
    """A store before its first request."""
    assert _prune(store) == Pruned(0, 0, 0)
    assert store.facts_are_intact()


def test_only_who_holds_the_lock_prunes(store: Store, open_store: Callable[[], Store], clock: Clock) -> None:
    """A run that lost it removes nothing."""
    epoch = store.acquire("slow")
    clock.sleep(91 * DAY)
    open_store().unlock(epoch.number)
    with pytest.raises(Fenced):
        store.prune(epoch)
