"""What the estate owns, as rows: how a decision changes them."""

from collections.abc import Sequence

from sqlalchemy import Connection, Integer, Text, bindparam, cast, delete, update

from reconciler.store.records import Epoch, Settlement
from reconciler.store.rows import row_of
from reconciler.store.tables import META, RESOURCE
from reconciler.store.writing import Prepared, upsert

_UPSERT = Prepared(lambda name: upsert(name, RESOURCE, "addr", {"row_version": RESOURCE.c.row_version + 1}))
_REMOVE = Prepared(lambda _: delete(RESOURCE).where(RESOURCE.c.addr == bindparam("chosen")))
_SERIAL = cast(cast(META.c.value, Integer) + bindparam("more"), Text)
_COUNT = Prepared(lambda _: update(META).where(META.c.key == "serial").values(value=_SERIAL))


def settle(connection: Connection, settlements: Sequence[tuple[Epoch, Settlement]]) -> None:
    """Take rows away, then write rows, and count the serial up for each settlement that has any."""
    removed = [{"chosen": str(address)} for _, settlement in settlements for address in settlement.removals]
    written = [
        row_of(owned) | {"row_version": 1, "by_action": next(iter(settlement.states), None), "epoch": epoch.number}
        for epoch, settlement in settlements
        for owned in settlement.upserts
    ]
    count = sum(bool(settlement.removals or settlement.upserts) for _, settlement in settlements)
    _REMOVE.run(connection, removed)
    _UPSERT.run(connection, written)
    _COUNT.run(connection, [{"more": count}] if count else [])
