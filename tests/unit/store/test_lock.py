"""The lock: one decider at a time, and a dead or sleeping one is no obstacle (I8, I24, F17-F19)."""

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.apply.lease import acquire_when_free
from reconciler.environment import Environment
from reconciler.errors import LockError
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.store.lock import IN_FLIGHT_SECONDS, Fenced
from reconciler.store.records import ActionState, Fact, Intent, LedgerState, Settlement
from reconciler.store.store import Store
from tests.unit.store.conftest import Clock

Opening = Callable[[], Store]
ADDRESS = Address("VSlice", "fleet-net")
INTENT = Intent(
    action_id="a",
    plan_digest="p",
    seq=0,
    verb="create",
    address=ADDRESS,
    moniker="fleet-net",
    natural_key="VSlice:fleet-net",
)


# A database cannot see that a process on another machine died: there, the lease decides.
SQLITE_ONLY = pytest.mark.parametrize("location", ["sqlite"], indirect=True)


def test_epochs_grow_strictly_over_runs_and_processes(open_store: Opening) -> None:
    """Each holder gets a higher epoch than every one before, also after closing and opening."""
    numbers = []
    for run in range(4):
        store = open_store()
        epoch = store.acquire(f"run-{run}")
        numbers.append(epoch.number)
        store.release(epoch)
        store.close()
    assert numbers == sorted(set(numbers))


def test_a_held_lock_names_its_holder(store: Store, open_store: Opening) -> None:
    """A second run is told who holds the lock, where, and since when, and how to take it away."""
    epoch = store.acquire("first")
    with pytest.raises(
        LockError, match=r"somebody on machine \(process 7, run first, epoch 1\), since 2027-"
    ) as refused:
        open_store().acquire("second")
    assert refused.value.exit_code == 6
    assert f"--epoch {epoch.number}" in str(refused.value.hint)
    assert store.holder() is not None


@SQLITE_ONLY
def test_a_dead_holder_blocks_nobody(store: Store, open_store: Opening) -> None:
    """When the process of the holder is gone, the next run takes over at once, without waiting for the lease."""
    first = store.acquire("first")
    store.close()
    second = open_store().acquire("second")
    assert second.number > first.number
    assert second.drain_seconds == 0


def test_a_sleeping_holder_is_fenced_off_after_its_lease(store: Store, open_store: Opening, clock: Any) -> None:
    """After take-over every decision of the former holder is refused, and its facts are kept."""
    first = store.acquire("first")
    clock.sleep(61)
    other = open_store()
    second = other.acquire("second")
    decisions: list[Callable[[], object]] = [
        lambda: store.renew(first),
        lambda: store.intend(first, [INTENT]),
        lambda: store.settle(first, Settlement({"a": ActionState.DONE})),
        lambda: store.adopt(first, Owned(ADDRESS, "id", "fleet-net")),
        lambda: store.forget(first, ADDRESS),
        lambda: store.mark_ledger(first, "p", LedgerState.STARTED),
        lambda: store.begin_run(first, plan_digest="p", tool_version="1"),
    ]
    for decide in decisions:
        with pytest.raises(Fenced, match="taken over by somebody on machine"):
            decide()
    store.fact(Fact(action_id="a", attempt=1, epoch=first.number, what="sent"))
    assert [fact.what for fact in other.facts()] == ["sent"]
    store.release(first)
    other.renew(second)


def test_a_renewed_lease_lasts(store: Store, open_store: Opening, clock: Any) -> None:
    """A holder that renews keeps the lock however long it works."""
    epoch = store.acquire("first")
    for _ in range(5):
        clock.sleep(50)
        store.renew(epoch)
    with pytest.raises(LockError):
        open_store().acquire("second")


def test_unlock_takes_the_lock_from_the_epoch_that_is_named(store: Store, open_store: Opening) -> None:
    """Only the named epoch loses the lock; it is fenced off, and the next holder has a higher one."""
    epoch = store.acquire("first")
    other = open_store()
    with pytest.raises(LockError, match="not by epoch 99"):
        other.unlock(99)
    assert other.unlock(epoch.number).run_id == "first"
    with pytest.raises(Fenced, match="taken away"):
        store.renew(epoch)
    store.release(epoch)
    second = other.acquire("second")
    assert second.number > epoch.number
    other.release(second)
    with pytest.raises(LockError, match="not locked"):
        other.unlock(1)


@SQLITE_ONLY
def test_unresolved_requests_are_waited_for(store: Store, open_store: Opening, clock: Any) -> None:
    """A new holder is told how long requests of the former one may still land; without any it need not wait (A3)."""
    epoch = store.acquire("first")
    store.intend(epoch, [INTENT])
    clock.sleep(5)
    store.close()
    second = open_store()
    taken = second.acquire("second")
    assert taken.drain_seconds == IN_FLIGHT_SECONDS - 5
    second.settle(taken, Settlement({"a": ActionState.DONE}))
    second.release(taken)
    assert second.acquire("third").drain_seconds == 0


def test_a_sleeping_holder_may_have_sent_until_its_lease_ended(store: Store, open_store: Opening, clock: Any) -> None:
    """After an expired lease the wait is counted from its end."""
    epoch = store.acquire("first")
    store.intend(epoch, [INTENT])
    clock.sleep(61)
    # A database has its own clock, which went on a little.
    assert open_store().acquire("second").drain_seconds == pytest.approx(IN_FLIGHT_SECONDS - 1, abs=5)


def test_after_unlock_the_lease_is_waited_for_all_the_same(store: Store, open_store: Opening, clock: Any) -> None:
    """A run that lost the lock hears of it when it next decides; until its lease would have ended it may send (A3)."""
    epoch = store.acquire("first")
    store.intend(epoch, [INTENT])
    other = open_store()
    other.unlock(epoch.number)

    second = other.acquire("second")
    assert second.drain_seconds == pytest.approx(60 + IN_FLIGHT_SECONDS, abs=5)
    with pytest.raises(Fenced):
        store.settle(epoch, Settlement({"a": ActionState.DONE}))


def test_a_wait_that_nobody_finished_is_inherited(store: Store, open_store: Opening, clock: Any) -> None:
    """A holder that dies while it waits for the one before leaves the rest of the wait to the next (double kill)."""
    store.intend(store.acquire("first"), [INTENT])
    clock.sleep(61)
    second = open_store()
    promised = second.acquire("second").drain_seconds
    second.close()
    clock.sleep(10)
    third = open_store()
    if third.location.path is None:
        third.unlock(2)

    assert third.acquire("third").drain_seconds >= promised - 15


def test_whoever_holds_the_lock_is_at_work_until_the_lease_ends(
    store: Store, open_store: Opening, clock: Clock
) -> None:
    """A holder that let its lease run out, or is known to be dead, is no reason to wait."""
    other = open_store()
    assert other.running() is None
    store.acquire("first")
    found = other.running()
    assert (found is not None and found.run_id, other.lease_left() > 0) == ("first", True)
    clock.sleep(61)
    assert [other.running(), other.lease_left() < 0] == [None, True]


@SQLITE_ONLY
def test_a_dead_holder_is_not_at_work(store: Store, open_store: Opening) -> None:
    """The operating system tells of a process on this machine."""
    store.acquire("first")
    store.close()
    assert open_store().running() is None


def test_recovery_waits_for_a_lease_only_where_nothing_else_tells(
    store: Store, open_store: Opening, environment: Environment
) -> None:
    """In a database the end of the lease tells that the holder died; beside a file the holder's process does."""
    former = store.acquire("first")
    waited: list[float] = []

    def note(_error: LockError, seconds: float) -> None:
        waited.append(seconds)

    with pytest.raises(LockError):
        acquire_when_free(open_store(), environment, None)
    if store.location.path is not None:
        with pytest.raises(LockError):
            acquire_when_free(open_store(), environment, note)
        assert waited == []
        return
    _, epoch = acquire_when_free(open_store(), environment, note)
    assert epoch.number == former.number + 1
    assert [0 < seconds <= 60 for seconds in waited] == [True]
