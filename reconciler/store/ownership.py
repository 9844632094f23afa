"""The rows of the inventory, and how a decision changes them."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, bindparam, delete, update

from reconciler.store.records import Epoch, Settlement
from reconciler.store.rows import row_of
from reconciler.store.tables import ESTATE, RESOURCE
from reconciler.store.writing import Prepared, upsert

_UPSERT = Prepared(lambda name: upsert(name, RESOURCE, ("addr", "estate"), {"row_version": RESOURCE.c.row_version + 1}))
_REMOVE = Prepared(
    lambda _: delete(RESOURCE).where(RESOURCE.c.estate == bindparam("owner"), RESOURCE.c.addr == bindparam("chosen"))
)
_COUNT = Prepared(
    lambda _: (
        update(ESTATE)
        .where(ESTATE.c.lineage == bindparam("owner"))
        .values(serial=ESTATE.c.serial + bindparam("more", type_=BigInteger))
    )
)


def settle(connection: Connection, settlements: Sequence[tuple[Epoch, Settlement]], *, estate: str) -> None:
    """Take rows of an estate away, then write rows, and count its serial up for each settlement that has any."""
    removed = [
        {"owner": estate, "chosen": str(address)} for _, settlement in settlements for address in settlement.removals
    ]
    written = [
        row_of(owned)
        | {
            "estate": estate,
            "row_version": 1,
            "by_action": next(iter(settlement.states), None),
            "epoch": epoch.number,
        }
        for epoch, settlement in settlements
        for owned in settlement.upserts
    ]
    count = sum(bool(settlement.removals or settlement.upserts) for _, settlement in settlements)
    _REMOVE.run(connection, removed)
    _UPSERT.run(connection, written)
    _COUNT.run(connection, [{"owner": estate, "more": count}] if count else [])
