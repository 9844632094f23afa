"""
The lock: one row with an epoch, the same in both databases.

The holder of the current epoch decides; every decision checks it in its own transaction (the fence). A holder that
lost it can do no harm any more, however long it slept (I8, F19).
"""

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, func, insert, select, update

from reconciler.environment import Environment
from reconciler.errors import LockError
from reconciler.store.records import UNRESOLVED, Epoch, Holder
from reconciler.store.tables import ACTION, LOCK
from reconciler.store.writing import Prepared

SCOPE = "estate"
IN_FLIGHT_SECONDS = 105.0
"""How long after it was sent a request may still land (assumption A3): a time-out of 45 s and a minute on the way."""


_MINE = Prepared(
    lambda _: (
        select(LOCK.c.epoch)
        .where(LOCK.c.scope == SCOPE, LOCK.c.epoch == bindparam("number"), LOCK.c.run_id == bindparam("run"))
        .with_for_update()
    )
)


class Fenced(LockError):
    """Somebody else took the lock over: nothing may be decided any more."""


def database_time(connection: Connection, environment: Environment) -> float:
    """The database's clock in Unix seconds, so that machines with different clocks agree on leases (F23)."""
    if connection.dialect.name == "sqlite":
        return environment.wall()
    return float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())


def holder(connection: Connection) -> Holder | None:
    """The holder of the lock, or None."""
    # Named one by one: this is also asked of stores whose schema is older.
    asked = (LOCK.c.epoch, LOCK.c.run_id, LOCK.c.holder, LOCK.c.host, LOCK.c.pid, LOCK.c.since)
    row = connection.execute(select(*asked).where(LOCK.c.scope == SCOPE)).mappings().first()
    if row is None or row["run_id"] is None:
        return None
    return Holder(
        epoch=row["epoch"],
        run_id=row["run_id"],
        name=row["holder"],
        host=row["host"],
        pid=row["pid"],
        since=row["since"],
    )


def lease_left(connection: Connection, environment: Environment) -> float:
    """How long the lease lasts, in seconds; negative when it ran out."""
    until = connection.execute(select(LOCK.c.lease_until).where(LOCK.c.scope == SCOPE)).scalar_one()
    return float(until) - database_time(connection, environment)


def acquire(
    connection: Connection,
    clock: Callable[[], float],
    *,
    claim: Holder,
    lease_seconds: float,
    is_alive: Callable[[int], bool],
) -> Epoch:
    """
    Take the lock; the new epoch. `claim` says who wants it (its epoch is ignored).

    `clock` is the database's, read once the row is ours: waiting for it may have taken a while. A holder whose process
    is dead or whose lease ran out is replaced. Raises `LockError` naming a holder that lives.
    """
    row = connection.execute(select(LOCK).where(LOCK.c.scope == SCOPE).with_for_update()).mappings().one()
    former = holder(connection)
    now = clock()
    expired = row["lease_until"] < now
    if former is not None and not expired and is_alive(former.epoch):
        message = f"the store is locked by {former}"
        hint = f"wait for it, or if it is certainly gone: reconciler unlock --epoch {former.epoch}"
        raise LockError(message, hint=hint)
    lease_end = row["lease_until"] if former is not None and expired else 0.0
    drain_until = _drain_until(connection, lease_end=lease_end, promised=row["drain_until"])
    number = row["epoch"] + 1
    connection.execute(
        update(LOCK)
        .where(LOCK.c.scope == SCOPE)
        .values(
            epoch=number,
            holder=claim.name,
            run_id=claim.run_id,
            host=claim.host,
            pid=claim.pid,
            since=claim.since,
            lease_until=now + lease_seconds,
            drain_until=drain_until,
        )
    )
    return Epoch(number, claim.run_id, lease_seconds, max(0.0, drain_until - now))


def _drain_until(connection: Connection, *, lease_end: float, promised: float) -> float:
    """
    Until when requests of former holders may land: only unresolved ones, counted from when they were last sent.

    `promised` is the end of a wait that a former holder may not have lived to see.
    """
    unresolved = ACTION.c.state.in_([state.value for state in UNRESOLVED])
    last = connection.execute(select(func.max(ACTION.c.updated)).where(unresolved)).scalar()
    if last is None:
        return 0.0
    return max(float(last) + IN_FLIGHT_SECONDS, lease_end + IN_FLIGHT_SECONDS if lease_end else 0.0, promised)


def fence(connection: Connection, epoch: Epoch) -> None:
    """Let this transaction decide, or raise `Fenced`. The row stays locked until it ends."""
    if _MINE.first(connection, {"number": epoch.number, "run": epoch.run_id}) is None:
        taker = holder(connection)
        message = f"the lock was taken over by {taker}" if taker else "the lock was taken away (unlock)"
        raise Fenced(message, hint="nothing more was sent; plan again when the other run is done")


def renew(connection: Connection, now: float, epoch: Epoch) -> None:
    """Extend the lease, or raise `Fenced`."""
    fence(connection, epoch)
    connection.execute(update(LOCK).where(LOCK.c.scope == SCOPE).values(lease_until=now + epoch.lease_seconds))


def release(connection: Connection, now: float) -> None:
    """Give the lock back; the epoch stays, so that it never repeats."""
    connection.execute(
        update(LOCK).where(LOCK.c.scope == SCOPE).values(run_id=None, holder=None, host=None, pid=None, lease_until=now)
    )


def break_lock(connection: Connection, now: float, number: int) -> Holder:
    """
    Take the lock away from the holder of epoch `number`; the holder that lost it.

    It may send until its lease would have ended, for it only hears of it when it next decides; so the next holder
    waits as long as if that lease had run out. Raises `LockError` when no run or another epoch holds it.
    """
    row = connection.execute(select(LOCK).where(LOCK.c.scope == SCOPE).with_for_update()).mappings().one()
    current = holder(connection)
    if current is None:
        message = "the store is not locked"
        raise LockError(message)
    if current.epoch != number:
        message = f"the store is locked by {current}, not by epoch {number}"
        raise LockError(message, hint="name the epoch that is to lose the lock")
    drain_until = _drain_until(connection, lease_end=row["lease_until"], promised=row["drain_until"])
    release(connection, now)
    values = {"epoch": number + 1, "drain_until": drain_until}
    connection.execute(update(LOCK).where(LOCK.c.scope == SCOPE).values(values))
    return current


def create_row(connection: Connection) -> None:
    """The row of a new store: no holder, epoch 0."""
    connection.execute(insert(LOCK).values(scope=SCOPE, epoch=0, lease_until=0.0, drain_until=0.0))
