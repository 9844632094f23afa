"""What the store knows of an estate: the objects that it owns, and its runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.diagnostics import nearest
from reconciler.errors import StoreError, UsageError
from reconciler.model.inventory import Inventory, Owned
from reconciler.operations.estate import Estate
from reconciler.operations.store_location import store_location, unknown_estate
from reconciler.plan.plain_words import plain_words_of_inventory
from reconciler.redaction import KNOWN
from reconciler.store.reader import read_inventory

if TYPE_CHECKING:
    from reconciler.store.records import RunRecord
    from reconciler.store.store import Store


def inventory(estate: Estate) -> Inventory:
    """Every object that is ours. Raises `StoreError` where there is no store, `EstateError` where it knows others."""
    estate.existing_root()
    with estate.under_way():
        configuration = estate.configuration()
        location = store_location(estate, configuration)
        found = read_inventory(location, configuration.name)
    if found is None:
        message = f"there is no store at {location}"
        raise StoreError(message, hint="it is made by the first apply")
    if found.lineage is None and found.others:
        raise unknown_estate(configuration.name, found.others.values(), location)
    KNOWN.keep(lambda: plain_words_of_inventory(found))
    return found


def owned_object(estate: Estate, address: str) -> Owned:
    """One object that is ours; `UsageError` with the nearest address where there is none."""
    owned = inventory(estate).owned
    row = next((row for row in owned.values() if str(row.address) == address), None)
    if row is None:
        guess = nearest(address, [str(a) for a in owned])
        message = f"{address} is not in the inventory"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else "see `reconciler inventory list`")
    return row


@contextmanager
def known_store(estate: Estate) -> Iterator["Store"]:
    """The store of an estate that it knows, or of none yet; `EstateError` where it knows others only."""
    from reconciler.store.store import Store

    estate.existing_root()
    with estate.under_way():
        configuration = estate.configuration()
        name, location = configuration.name, store_location(estate, configuration)
        with Store.open(location, estate=name, create=False, environment=estate.environment) as store:
            if store.lineage is None and (others := [known.name for known in store.estates()]):
                raise unknown_estate(name, others, location)
            yield store


def history(estate: Estate, limit: int) -> "Sequence[RunRecord]":
    """The last runs of the estate, newest first."""
    with known_store(estate) as store:
        return store.history(limit)
