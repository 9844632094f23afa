"""Objects go from one estate of a store to another: all of them at once, or none."""

from collections.abc import Callable, Iterator

import pytest

from reconciler.environment import Environment
from reconciler.errors import EstateError
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.store.location import StoreLocation
from reconciler.store.lock import Fenced
from reconciler.store.records import ActionState, Intent, Settlement
from reconciler.store.store import Store

NET, OTHER, THIRD = (Address("VSlice", name) for name in ("net", "other", "third"))
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


def _owning(store: Store, *rows: tuple[Address, str]) -> None:
    epoch = store.acquire(f"run-{store.estate}")
    for address, remote_id in rows:
        store.adopt(epoch, Owned(address, remote_id, address.name, protect=True, last_applied={"displayName": "A"}))
    store.release(epoch)


def _transfer(store: Store, new: str, *addresses: Address, makes: bool = False) -> None:
    epoch = store.acquire(f"transfer {', '.join(map(str, addresses))} to {new}", registers=False)
    try:
        store.transfer(epoch, new, addresses, makes=makes, tool_version="1")
    finally:
        store.release(epoch)


def _settled(name: str) -> Settlement:
    return Settlement({name: ActionState.DONE})


def _held(store: Store) -> dict[Address, str]:
    return {address: row.remote_id for address, row in store.inventory().owned.items()}


def test_the_rows_change_their_owner_and_nothing_else(opening: Opening) -> None:
    """The other estate knows all that was remembered; both histories say it, and older plans are stale."""
    one, two = opening("one"), opening("two")
    _owning(one, (NET, "r1"), (OTHER, "r2"))
    _owning(two, (THIRD, "r3"))
    before, serials = one.inventory().owned[NET], (one.inventory().serial, two.inventory().serial)

    _transfer(one, "two", NET)

    assert (_held(one), _held(two)) == ({OTHER: "r2"}, {NET: "r1", THIRD: "r3"})
    assert two.inventory().owned[NET] == before._replace(row_version=before.row_version + 1)
    assert (one.inventory().serial, two.inventory().serial) == (serials[0] + 1, serials[1] + 1)
    assert one.inventory().others == {("VSlice", "r1"): "two", ("VSlice", "r3"): "two"}
    assert [run.result for store in (one, two) for run in store.history(1)] == [
        "transfer: exit 0, 1 from one to two",
        "transfer: exit 0, 1 from one to two",
    ]
    assert (one.inventory().is_established, two.inventory().is_established) == (False, True)


def test_one_object_that_cannot_go_keeps_all_of_them(opening: Opening) -> None:
    """Another object of the address, an object that is not owned, an estate that is not known, the same estate."""
    one, two = opening("one"), opening("two")
    _owning(one, (NET, "r1"), (OTHER, "r2"))
    _owning(two, (OTHER, "r9"))
    held = (_held(one), _held(two), one.inventory().serial, two.inventory().serial)
    for new, addresses, said in (
        ("two", (NET, OTHER), "the estate two owns another VSlice/other"),
        ("two", (NET, THIRD), "the estate one does not own VSlice/third"),
        ("three", (NET,), "the store knows no estate three"),
        ("one", (NET,), "the estate one has its objects already"),
    ):
        with pytest.raises(EstateError, match=said):
            _transfer(one, new, *addresses)
        assert (_held(one), _held(two), one.inventory().serial, two.inventory().serial) == held
    assert [estate.name for estate in one.estates()] == ["one", "two"]


def test_a_request_without_an_outcome_keeps_its_object(opening: Opening) -> None:
    """Of either estate: whose the object is then, the outcome says."""
    one, two = opening("one"), opening("two")
    _owning(one, (NET, "r1"))
    _owning(two)
    for store, op in ((one, "update"), (two, "create")):
        epoch = store.acquire(f"open-{store.estate}")
        name = f"a-{store.estate}"
        store.intend(
            epoch,
            [
                Intent(
                    action_id=name,
                    plan_digest="p",
                    seq=1,
                    verb=op,
                    address=NET,
                    moniker="net",
                    natural_key="VSlice:net",
                )
            ],
        )
        store.release(epoch)
        with pytest.raises(EstateError, match=f"a request of the estate {store.estate} for VSlice/net"):
            _transfer(one, "two", NET)
        assert _held(one) == {NET: "r1"}
        if store is one:
            epoch = store.acquire("settles")
            store.settle(epoch, _settled(name))
            store.release(epoch)


def test_an_estate_is_made_for_what_it_gets(opening: Opening) -> None:
    """A part of an estate becomes an estate of its own, where that is asked for; one that is known is taken."""
    one = opening("one")
    _owning(one, (NET, "r1"), (OTHER, "r2"))

    _transfer(one, "new", NET, makes=True)
    _transfer(one, "new", OTHER, makes=True)

    assert _held(opening("new")) == {NET: "r1", OTHER: "r2"}
    assert _held(one) == {}


def test_a_run_that_lost_the_lock_gives_nothing(opening: Opening) -> None:
    """The transfer is fenced as every decision is."""
    one, two = opening("one"), opening("two")
    _owning(one, (NET, "r1"))
    _owning(two)
    epoch = one.acquire("slow")
    one.unlock(epoch.number)

    with pytest.raises(Fenced):
        one.transfer(epoch, "two", (NET,), makes=False, tool_version="1")

    assert _held(one) == {NET: "r1"}
