"""
The store: inventory, journal and lock, as one estate sees them, behind one object.

One store holds many estates of one account; a `Store` is bound to one of them by its name. It reads and writes that
estate's own rows, but for the lock, which is one for the store (ADR 0009), and the facts, which are one chain.

Nothing here is a response body or a secret. Every decision is one transaction and fenced by its epoch; it is durable
when the method returns (I8, I9).

Length: one class, the whole surface of the store; what it does is in the modules that it calls.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Self

from sqlalchemy import Connection, Engine, delete, insert, select

from reconciler.environment import Environment
from reconciler.errors import StoreError
from reconciler.model.address import Address
from reconciler.model.inventory import HeldSet, Inventory, Owned
from reconciler.model.snapshot import Account
from reconciler.store import estates, journal, lock, retention
from reconciler.store.connection import open_engine
from reconciler.store.estates import StoredEstate
from reconciler.store.files import check_place
from reconciler.store.group_commit import CommitEntry, GroupCommit, write
from reconciler.store.liveness import Liveness
from reconciler.store.location import StoreLocation
from reconciler.store.migrations import MIGRATIONS, Migration, latest
from reconciler.store.opening import check_schema, check_session, create_file, create_tables, failing, meta_of, refusing
from reconciler.store.records import (
    ActionRecord,
    Claim,
    Epoch,
    Fact,
    Holder,
    Intent,
    LedgerState,
    RunRecord,
    Settlement,
)
from reconciler.store.retention import Pruned
from reconciler.store.rows import COLUMNS, SETS, SIMS_AS_OF, SLOTS, encoded, inventory_of, owned_of
from reconciler.store.tables import META, RESOURCE
from reconciler.store.upgrading import refuse_unclaimed, upgrade

LEASE_SECONDS = 60.0
_SIMS_EXEMPT = "sims_standing:"
_MOST_EXEMPT = 10_000


class Store:
    """
    One open store. Thread-safe; one process at a time decides. Close it, or use it as a context manager.

    `lineage` names the estate's history, None until the store knows the estate: the store that is made for it does, any
    other from the first run on. `hmac_key` is the key of its secret digests (S8).
    """

    def __init__(self, location: StoreLocation, engine: Engine, environment: Environment, estate: str) -> None:
        self.location = location
        self.estate = estate
        self._engine = engine
        self._environment = environment
        self._turn = threading.RLock()
        # A database has a second connection, so that renewing does not wait for a decision under way.
        self._renewal_turn = self._turn if location.path is not None else threading.RLock()
        self._group = GroupCommit(self._commit)
        self._process = os.getpid()
        self._schema = 0
        self._liveness = Liveness(location.path) if location.path is not None else None
        self.lineage: str | None = None
        self.hmac_key = b""

    @classmethod
    def open(
        cls,
        location: StoreLocation,
        *,
        estate: str,
        create: bool,
        environment: Environment,
        steps: Mapping[int, Migration] = MIGRATIONS,
    ) -> Self:
        """
        Open a store for an estate, and make it if `create` says so and there is none.

        An older file is migrated by `steps`, after a backup; an older database is not: others use it too, so that is
        for a person to decide. Raises `StoreError` when the store is missing, damaged, unsafe, or written by a newer
        version (I18), and `EstateError` when it is from before estates and holds something: whose that is, a person
        has to say (ADR 0009). It is then left as it was.
        """
        if create and location.path is not None and not check_place(location.path, location.root):
            create_file(location.path, location, environment, estate=estate)
        store = cls(location, open_engine(location), environment, estate)
        try:
            check_session(store._engine, location)
            if create and location.path is None:
                create_tables(store._engine, location, environment, estate=estate)
            store._open(steps)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Let go of the database, and of the lock's sign of life."""
        if os.getpid() != self._process:
            # The child of a fork: the connections are its parent's, and closing them would end those.
            self._engine.dispose(close=False)
            return
        if self._liveness is not None:
            self._liveness.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, steps: Mapping[int, Migration]) -> None:
        with self._transaction() as connection:
            found = check_schema(connection, self.location, current=latest(steps))
            refuse_unclaimed(connection, self.location, self.estate, found=found)
        if found < latest(steps):
            if self.location.path is None:
                message = f"the store {self.location} was written by an older version of reconciler (schema {found})"
                raise StoreError(
                    message, hint="run `reconciler store migrate`; older versions cannot use it afterwards"
                )
            upgrade(self._engine, self.location, self._environment, steps=steps, estate=self.estate)
        with self._transaction() as connection:
            meta = self._meta(connection)
            self._schema = latest(steps)
            self.lineage = estates.lineage_of(connection, self.estate)
            self.hmac_key = bytes.fromhex(meta["hmac_key"])

    @contextmanager
    def _transaction(self, turn: "threading.RLock | None" = None) -> Iterator[Connection]:
        self._check_process()
        with turn or self._turn, failing(self.location), self._engine.begin() as connection:
            yield connection

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            message = f"the store {self.location} was opened by another process"
            raise StoreError(message, hint="open it again after a fork")

    def _meta(self, connection: Connection) -> dict[str, str]:
        return meta_of(connection)

    @property
    def _known_as(self) -> str:
        """The lineage; one that no row has for an estate that the store does not know."""
        return self.lineage or ""

    # --- inventory ----------------------------------------------------------------------------------------------------

    def inventory(self) -> Inventory:
        """The inventory of the estate, with the objects of other estates."""
        with self._transaction() as connection:
            lineage = estates.lineage_of(connection, self.estate)
            chosen = select(*(RESOURCE.c[name] for name in COLUMNS)).where(RESOURCE.c.estate == lineage)
            return inventory_of(
                self._meta(connection),
                owned_of(connection.execute(chosen).all()),
                estate=self.estate,
                lineage=lineage,
                serial=0 if lineage is None else estates.serial_of(connection, lineage),
                is_established=lineage is not None and journal.is_established(connection, lineage),
                others=estates.owned_by_others(connection, lineage),
                begun=estates.begun_by_others(connection, lineage),
            )

    def estates(self) -> tuple[StoredEstate, ...]:
        """Every estate of the store, by name."""
        with self._transaction() as connection:
            return estates.known(connection)

    def rename_estate(self, epoch: Epoch, old: str, new: str) -> None:
        """Give an estate another name. Raises `EstateError` unless `old` is one and `new` is free, and `Fenced`."""
        with self._transaction() as connection:
            lock.fence(connection, epoch)
            estates.rename(connection, old, new)

    def transfer(self, epoch: Epoch, new: str, addresses: Sequence[Address], *, makes: bool, tool_version: str) -> None:
        """
        Make objects of this estate those of the estate `new`, all or none; both histories say so.

        `makes`: an estate that the store does not know is made. Raises `EstateError` as `estates.transfer`, `Fenced`.
        """
        environment = self._environment
        digest = sha256("\n".join([self.estate, new, *map(str, addresses)]).encode()).hexdigest()
        with self._transaction() as connection:
            lock.fence(connection, epoch)
            if makes and estates.lineage_of(connection, new) is None:
                estates.register(connection, new, environment.new_id())
            giver, taker = estates.transfer(connection, self.estate, new, addresses)
            for lineage, run_id in ((giver, epoch.run_id), (taker, environment.new_id())):
                plan = f"sha256:{digest}"
                row = {"run_id": run_id, "estate": lineage, "plan_sha": plan, "epoch": epoch.number}
                more = {"tool_version": tool_version, "actor": environment.user, "started": environment.now()}
                journal.begin_run(connection, row | more)
                result = f"transfer: exit 0, {len(addresses)} from {self.estate} to {new}"
                journal.end_run(connection, run_id, at=environment.now(), result=result)
            # An estate that owns live objects is past its first apply, so that new hosts need a consent there, too.
            journal.mark_ledger(connection, epoch, f"sha256:{digest}", LedgerState.COMPLETED, estate=taker)

    def pin_account(self, account: Account) -> None:
        """
        Bind the store to the account that it is used with; the first use decides.

        Raises `PlanFileError` for another platform or account (F16).
        """
        with self._transaction() as connection:
            meta = self._meta(connection)
            pinned = Inventory(None, pinned_origin=meta.get("api_origin"), pinned_account=meta.get("account_id"))
            if (objection := pinned.objection_to(account)) is not None:
                raise objection
            for key, value in (("api_origin", account.origin), ("account_id", account.identity)):
                if value is not None and key not in meta:
                    connection.execute(insert(META).values(key=key, value=value))

    def note_sims(self, epoch: Epoch, inputs: str, exempt: Mapping[str, Sequence[str]]) -> None:
        """
        Write which manifests and files all SIMs are as of now; `exempt` are those that no apply makes so, by why.

        Raises `Fenced`. More of them than a note has room for are not written.
        """
        kept = exempt if sum(map(len, exempt.values())) <= _MOST_EXEMPT else {}
        noted = {SIMS_AS_OF: inputs, _SIMS_EXEMPT: json.dumps({name: sorted(kept[name]) for name in sorted(kept)})}
        with self._transaction() as connection:
            lock.fence(connection, epoch)
            for name, value in noted.items():
                key = f"{name}{self._known_as}"
                connection.execute(delete(META).where(META.c.key == key))
                connection.execute(insert(META).values(key=key, value=value))

    def note_sets(self, epoch: Epoch, sets: Mapping[str, HeldSet]) -> None:
        """Write what the lists of SIMs hold as of now, in place of what was noted before. Raises `Fenced`."""
        key = f"{SETS}{self._known_as}"
        with self._transaction() as connection:
            lock.fence(connection, epoch)
            connection.execute(delete(META).where(META.c.key == key))
            connection.execute(insert(META).values(key=key, value=encoded({name: list(sets[name]) for name in sets})))

    def note_slots(self, epoch: Epoch, declared: Mapping[str, str]) -> None:
        """
        Write the slots of objects that templates made; an empty one says that no template makes the object any more.

        Raises `Fenced`. The slots of objects that are not declared stay, as long as these are owned.
        """
        owned = {str(address): slot for address, slot in self.inventory().slots.items()}
        kept = {address: slot for address, slot in {**owned, **declared}.items() if slot}
        key = f"{SLOTS}{self._known_as}"
        with self._transaction() as connection:
            lock.fence(connection, epoch)
            connection.execute(delete(META).where(META.c.key == key))
            connection.execute(insert(META).values(key=key, value=encoded(kept)))

    def sims_as_of(self) -> str | None:
        """The digest of the manifests and files that the estate's SIMs were last made as, or None."""
        with self._transaction() as connection:
            return self._meta(connection).get(f"{SIMS_AS_OF}{self.lineage}")

    def sims_exempt(self) -> dict[str, frozenset[str]]:
        """The SIMs that were not as they are listed when that was noted, by what they were."""
        with self._transaction() as connection:
            text = self._meta(connection).get(f"{_SIMS_EXEMPT}{self.lineage}", "{}")
        try:
            return {str(name): frozenset(map(str, sims)) for name, sims in json.loads(text).items()}
        except (AttributeError, TypeError, ValueError):
            # Nothing depends on it but what drift calls a change.
            return {}

    def adopt(self, epoch: Epoch, owned: Owned) -> None:
        """Write that an object is ours."""
        self.settle(epoch, Settlement(upserts=(owned,)))

    def forget(self, epoch: Epoch, address: Address) -> None:
        """Write that an object is not ours any more."""
        self.settle(epoch, Settlement(removals=(address,)))

    # --- lock ---------------------------------------------------------------------------------------------------------

    def acquire(self, run_id: str, lease_seconds: float = LEASE_SECONDS, *, registers: bool = True) -> Epoch:
        """Take the lock; the new epoch. With `registers`, the estate is known from then on.

        Raises `LockError` naming a holder that lives (F17).
        """
        environment = self._environment
        claim = Holder(
            epoch=0,
            run_id=run_id,
            name=environment.user,
            host=environment.host,
            pid=environment.pid,
            since=environment.now(),
        )
        with self._transaction() as connection:
            self._check_version(connection)
            former = lock.holder(connection)
            epoch = lock.acquire(
                connection,
                lambda: lock.database_time(connection, environment),
                claim=claim,
                lease_seconds=lease_seconds,
                is_alive=self._is_alive,
            )
            if self._liveness is not None:
                self._liveness.take(epoch.number)
            if registers:
                self._register(connection)
        if former is not None and self._liveness is not None:
            self._liveness.drop(former.epoch)
        return epoch

    def _register(self, connection: Connection) -> None:
        self.lineage = estates.lineage_of(connection, self.estate)
        if self.lineage is None:
            self.lineage = self._environment.new_id()
            estates.register(connection, self.estate, self.lineage)

    def _check_version(self, connection: Connection) -> None:
        """Refuse a store that was migrated since it was opened: its tables are not those that we know."""
        written = self._meta(connection).get("schema_version")
        if written != str(self._schema):
            message = f"the store {self.location} was migrated meanwhile (schema {written}, not {self._schema})"
            raise StoreError(message, hint="use the version of reconciler that migrated it")

    def _is_alive(self, epoch: int) -> bool:
        return self._liveness is None or self._liveness.is_alive(epoch)

    def renew(self, epoch: Epoch) -> None:
        """Extend the lease. Raises `Fenced` when the lock was taken over."""
        with self._transaction(self._renewal_turn) as connection:
            lock.renew(connection, lock.database_time(connection, self._environment), epoch)

    def release(self, epoch: Epoch) -> None:
        """Give the lock back; nothing happens if it is not ours any more."""
        try:
            with self._transaction() as connection:
                lock.fence(connection, epoch)
                lock.release(connection, lock.database_time(connection, self._environment))
        except lock.Fenced:
            pass
        if self._liveness is not None:
            self._liveness.drop(epoch.number)

    def unlock(self, number: int) -> Holder:
        """Take the lock from the holder of that epoch, and return that holder. Raises `LockError` if there is none."""
        with self._transaction() as connection:
            return lock.break_lock(connection, lock.database_time(connection, self._environment), number)

    def holder(self) -> Holder | None:
        """The holder of the lock, or None."""
        with self._transaction() as connection:
            return lock.holder(connection)

    def running(self) -> Holder | None:
        """The holder of the lock if it may be at work: neither known to be dead nor beyond the lease; else None."""
        with self._transaction() as connection:
            found = lock.holder(connection)
            is_over = found is None or lock.lease_left(connection, self._environment) < 0
            return None if is_over or found is None or not self._is_alive(found.epoch) else found

    def lease_left(self) -> float:
        """How long the lease of the holder lasts, in seconds; negative when it ran out."""
        with self._transaction() as connection:
            return lock.lease_left(connection, self._environment)

    # --- journal ------------------------------------------------------------------------------------------------------

    def begin_run(self, epoch: Epoch, *, plan_digest: str, tool_version: str) -> None:
        """Write that a run of this plan began."""
        with self._transaction() as connection:
            lock.fence(connection, epoch)
            journal.begin_run(
                connection,
                {
                    "run_id": epoch.run_id,
                    "estate": self.lineage,
                    "plan_sha": plan_digest,
                    "epoch": epoch.number,
                    "tool_version": tool_version,
                    "actor": self._environment.user,
                    "started": self._environment.now(),
                },
            )

    def end_run(self, epoch: Epoch, result: str) -> None:
        """Write how the run ended; taken from anybody, since it decides nothing."""
        with refusing(self.location):
            self._group.flush()
        with self._transaction() as connection:
            journal.end_run(connection, epoch.run_id, at=self._environment.now(), result=result)

    def ledger(self, plan_digest: str) -> LedgerState | None:
        """How far this plan got, or None if it was never begun (I17)."""
        with self._transaction() as connection:
            return journal.ledger(connection, plan_digest, self._known_as)

    def mark_ledger(self, epoch: Epoch, plan_digest: str, state: LedgerState) -> None:
        """Write how far this plan got."""
        with self._transaction() as connection:
            lock.fence(connection, epoch)
            journal.mark_ledger(connection, epoch, plan_digest, state, estate=self._known_as)

    def intend(self, epoch: Epoch, intents: Sequence[Intent]) -> None:
        """Transaction A: write what is about to be sent. Raises `Fenced`; then nothing may be sent."""
        self._write(CommitEntry(epoch, intents=intents))

    def fact(self, fact: Fact) -> None:
        """Append what was seen; accepted from anybody, also from a holder that lost the lock."""
        self._write(CommitEntry(facts=(fact,)))

    def fact_soon(self, fact: Fact) -> None:
        """Write a fact as `fact` does; while another thread commits, leave it to that thread, which commits it next."""
        with refusing(self.location):
            self._group.add(CommitEntry(facts=(fact,)))

    def settle(self, epoch: Epoch, *settlements: Settlement) -> None:
        """Transaction B: write outcomes and what they make of the inventory, all in one commit. Raises `Fenced`."""
        self._write(*(CommitEntry(epoch, settlement=settlement) for settlement in settlements))

    def _write(self, *entries: CommitEntry) -> None:
        self._check_process()
        with refusing(self.location):
            self._group.write(*entries)

    def _commit(self, entries: Sequence[CommitEntry]) -> None:
        with self._transaction() as connection:
            write(connection, self._environment, entries, estate=self._known_as)

    def unresolved(self) -> list[ActionRecord]:
        """Actions in state intent or unknown, oldest first: what recovery looks at."""
        with self._transaction() as connection:
            return journal.unresolved(connection, self._known_as)

    def claims(self) -> dict[str, tuple[str, ...]]:
        """Creates that may yet have taken effect, by natural key: what may be adopted."""
        with self._transaction() as connection:
            return journal.claims(connection, self._known_as)

    def open_creations(self) -> list[Claim]:
        """The same as whole intents, oldest first: what a live object is compared with before it is called foreign."""
        with self._transaction() as connection:
            return journal.open_creations(connection, self._known_as)

    def touched(self, plan_digest: str) -> frozenset[Address]:
        """Addresses for which a request of this plan was ever intended."""
        with self._transaction() as connection:
            return journal.touched(connection, plan_digest, self._known_as)

    def history(self, limit: int = 20) -> list[RunRecord]:
        """The last runs, newest first."""
        with self._transaction() as connection:
            return journal.runs(connection, limit, self._known_as)

    def prune(
        self, epoch: Epoch, *, days: int = retention.DAYS, most: int | None = retention.AT_ONCE, only_try: bool = False
    ) -> Pruned:
        """Remove what is older than so many days and not needed; `only_try` undoes it again. Raises `Fenced`."""
        with self._transaction() as connection:
            lock.fence(connection, epoch)
            now, wall = lock.database_time(connection, self._environment), self._environment.wall()
            found = retention.prune(connection, self._known_as, now=now, wall=wall, days=days, most=most)
            if only_try:
                connection.rollback()
            return found

    def facts(self) -> list[Fact]:
        """All facts, oldest first."""
        with self._transaction() as connection:
            return journal.facts(connection)

    def facts_are_intact(self) -> bool:
        """Whether the chain of facts is unbroken."""
        with self._transaction() as connection:
            return journal.facts_are_intact(connection)
