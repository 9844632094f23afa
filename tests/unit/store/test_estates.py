"""Many estates in one store: what each owns is its own, and an object has one owner (ADR 0009)."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.exc import IntegrityError

from reconciler.environment import Environment
from reconciler.errors import EstateError, LockError, StoreError
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.store.location import StoreLocation
from reconciler.store.reader import read_inventory
from reconciler.store.records import ActionState, Intent, LedgerState, Settlement
from reconciler.store.store import Store

NET = Address("VSlice", "net")
Opening = Callable[[str], Store]


@pytest.fixture
def opening(location: StoreLocation, environment: Environment) -> Iterator[Opening]:
    """Opens the store for an estate; every one is closed in the end."""
    opened: list[Store] = []

    def open_for(estate: str) -> Store:
        opened.append(Store.open(location, estate=estate, create=True, environment=environment))
        return opened[-1]

    yield open_for
    for store in opened:
        store.close()


def _owned(store: Store, remote_id: str, address: Address = NET) -> None:
    epoch = store.acquire(f"run-{store.estate}-{remote_id}")
    store.adopt(epoch, Owned(address, remote_id, address.name))
    store.release(epoch)


def _create(name: str, action_id: str = "a1") -> Intent:
    address = Address("VSlice", name)
    return Intent(
        action_id=action_id, plan_digest="p", seq=1, verb="create", address=address, moniker=name,
        natural_key=f"VSlice:{name}",
    )  # fmt: skip


def test_each_estate_sees_what_it_owns_and_whose_the_rest_is(opening: Opening, location: StoreLocation) -> None:
    """The same address may be owned by two; a reader that writes nothing sees the same."""
    one, two = opening("one"), opening("two")
    _owned(one, "r1")
    _owned(two, "r2")

    assert {address: row.remote_id for address, row in one.inventory().owned.items()} == {NET: "r1"}
    assert one.inventory().others == {("VSlice", "r2"): "two"}
    assert two.inventory().others == {("VSlice", "r1"): "one"}
    assert (one.inventory().serial, two.inventory().serial) == (1, 1)
    assert one.inventory().lineage != two.inventory().lineage
    for store in (one, two):
        assert read_inventory(location, store.estate) == store.inventory()
    unknown = opening("three").inventory()
    assert (unknown.lineage, unknown.serial, dict(unknown.owned)) == (None, 0, {})
    assert read_inventory(location, "three") == unknown
    assert set(unknown.others.values()) == {"one", "two"}


def test_an_object_has_one_owner_in_the_store(opening: Opening) -> None:
    """The database refuses a second owner, whatever the program does; what the first owns stays."""
    one, two = opening("one"), opening("two")
    _owned(one, "r1")

    with pytest.raises((StoreError, IntegrityError)):
        _owned(two, "r1", Address("VSlice", "other"))

    assert two.inventory().owned == {}
    assert one.inventory().owned[NET].remote_id == "r1"


def test_forgetting_takes_the_row_of_this_estate_only(opening: Opening) -> None:
    """Another estate may own something at the same address."""
    one, two = opening("one"), opening("two")
    _owned(one, "r1")
    _owned(two, "r2")
    epoch = two.acquire("forget")
    two.forget(epoch, NET)

    assert list(one.inventory().owned) == [NET]
    assert list(two.inventory().owned) == []


def test_the_journal_of_an_estate_is_its_own(opening: Opening, location: StoreLocation) -> None:
    """Requests without outcome, claims, plans, runs: none is another estate's, but it is told who has begun what."""
    one, two = opening("one"), opening("two")
    epoch = one.acquire("run-1")
    one.begin_run(epoch, plan_digest="p", tool_version="0")
    one.mark_ledger(epoch, "p", LedgerState.STARTED)
    one.intend(epoch, [_create("net")])
    one.release(epoch)
    later = two.acquire("run-2")

    assert [record.intent.action_id for record in one.unresolved()] == ["a1"]
    assert (two.unresolved(), two.claims(), two.touched("p"), two.ledger("p"), two.history()) == (
        [], {}, frozenset(), None, []
    )  # fmt: skip
    two.mark_ledger(later, "p", LedgerState.COMPLETED)
    assert one.ledger("p") is LedgerState.STARTED
    read = read_inventory(location, "two")
    assert read is not None
    assert two.inventory().begun == {NET: "one"} == read.begun
    assert one.inventory().begun == {}
    two.release(later)
    epoch = one.acquire("run-3")
    one.settle(epoch, Settlement({"a1": ActionState.VOID}))
    assert two.inventory().begun == {}


def test_one_estate_is_at_work_at_a_time(opening: Opening) -> None:
    """The lock is one for the store (ADR 0009); the refusal names the holder."""
    one, two = opening("one"), opening("two")
    epoch = one.acquire("run-1")

    with pytest.raises(LockError, match="run-1"):
        two.acquire("run-2")

    one.release(epoch)
    assert two.acquire("run-2").number == epoch.number + 1


def test_a_rename_keeps_what_is_owned_and_the_history(opening: Opening, location: StoreLocation) -> None:
    """The lineage stays; under the old name there is nothing any more."""
    old = opening("old")
    _owned(old, "r1")
    before = old.inventory()

    epoch = old.acquire("rename", registers=False)
    old.rename_estate(epoch, "old", "new")
    old.release(epoch)

    after = read_inventory(location, "new")
    assert after is not None
    assert (after.lineage, after.owned, after.serial) == (before.lineage, before.owned, before.serial)
    assert [estate.name for estate in old.estates()] == ["new"]
    gone = read_inventory(location, "old")
    assert gone is not None
    assert (gone.lineage, gone.owned) == (None, {})


@pytest.mark.parametrize(("old", "new"), [("one", "two"), ("nobody", "three"), ("nobody", "two")])
def test_a_rename_that_clashes_changes_nothing(opening: Opening, old: str, new: str) -> None:
    """Exit code 8, with both names; also where there is nothing to rename."""
    one, two = opening("one"), opening("two")
    _owned(one, "r1")
    _owned(two, "r2")
    before = one.estates()
    epoch = one.acquire("rename", registers=False)

    with pytest.raises(EstateError, match=f"{old}.*{new}") as refused:
        one.rename_estate(epoch, old, new)

    assert refused.value.exit_code == 8
    assert one.estates() == before


def test_a_name_without_a_history_gives_way(opening: Opening) -> None:
    """An estate that was only mentioned, in a run that never began, keeps nobody from its name."""
    one, two = opening("one"), opening("two")
    _owned(one, "r1")
    two.release(two.acquire("refused"))
    epoch = one.acquire("rename", registers=False)

    one.rename_estate(epoch, "one", "one")
    one.rename_estate(epoch, "one", "two")

    assert [(estate.name, estate.objects) for estate in one.estates()] == [("two", 1)]


@pytest.mark.parametrize("what", ["run", "action"])
def test_a_name_with_a_history_does_not(opening: Opening, what: str) -> None:
    """An estate that owns nothing may still have begun something."""
    one, two = opening("one"), opening("two")
    epoch = two.acquire("run-2")
    if what == "run":
        two.begin_run(epoch, plan_digest="p", tool_version="0")
    else:
        two.intend(epoch, [_create("net")])
    two.release(epoch)
    epoch = one.acquire("rename", registers=False)

    with pytest.raises(EstateError, match="already"):
        one.rename_estate(epoch, "one", "two")
