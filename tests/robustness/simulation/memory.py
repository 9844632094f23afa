"""
The store's contract in memory: what thousands of histories write to instead of a database.

`test_memory.py` holds it against the real store, call by call. One `Database` is what several processes share; each has
a `MemoryStore` of its own on it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.errors import LockError, PlanFileError, StoreError
from reconciler.model.address import Address
from reconciler.model.inventory import HeldSet, Inventory, Owned
from reconciler.model.snapshot import Account
from reconciler.store.location import StoreLocation
from reconciler.store.lock import IN_FLIGHT_SECONDS, Fenced
from reconciler.store.records import (
    ADOPTABLE,
    UNRESOLVED,
    ActionRecord,
    ActionState,
    Claim,
    Epoch,
    Fact,
    Holder,
    Intent,
    LedgerState,
    Settlement,
)
from reconciler.store.retention import AT_ONCE, DAYS, Pruned
from reconciler.store.store import LEASE_SECONDS

_EFFECTIVE = {ActionState.DONE, ActionState.ADOPTED}


@dataclass
class Database:
    """The tables. `decisions` are the epochs of accepted decisions in order, `epochs` all that were given out."""

    now: Callable[[], float]
    is_alive: Callable[[str], bool] = lambda _run_id: True
    pins: dict[str, str] = field(default_factory=dict)
    serial: int = 0
    owned: dict[Address, Owned] = field(default_factory=dict)
    actions: dict[str, ActionRecord] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    runs: dict[str, str | None] = field(default_factory=dict)
    ledger: dict[str, LedgerState] = field(default_factory=dict)
    epoch: int = 0
    run_id: str | None = None
    since: float = 0.0
    sims_as_of: str | None = None
    sims_exempt: dict[str, frozenset[str]] = field(default_factory=dict)
    slots: dict[str, str] = field(default_factory=dict)
    sets: dict[str, HeldSet] = field(default_factory=dict)
    lease_until: float = 0.0
    drain_until: float = 0.0
    epochs: list[int] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)


class MemoryStore:
    """
    The methods that applying asks of a store; see `reconciler.store.store.Store` for what each method promises.

    `test_memory.py` lists what only commands of their own ask for, and is not here.
    """

    # As a store in a file has it: a holder that lives is not waited for.
    location = StoreLocation(Path("/"), path=Path("/memory"))
    estate = "estate"
    lineage = "memory"
    hmac_key = b"memory"

    def __init__(self, database: Database) -> None:
        self._db = database

    def inventory(self) -> Inventory:
        """The objects that the estate owns."""
        db = self._db
        return Inventory(
            self.lineage,
            dict(sorted(db.owned.items())),
            db.pins.get("account"),
            db.pins.get("platform"),
            db.serial,
            estate="estate",
            sets=dict(db.sets),
            slots={address: slot for address in sorted(db.owned) if (slot := db.slots.get(str(address)))},
        )

    def pin_account(self, account: Account) -> None:
        """The first use decides."""
        for what, value in (("platform", account.origin), ("account", account.identity)):
            if value is not None and self._db.pins.setdefault(what, value) != value:
                message = f"the store belongs to another {what}"
                raise PlanFileError(message)

    def acquire(self, run_id: str, lease_seconds: float = LEASE_SECONDS, *, registers: bool = True) -> Epoch:
        """Take the lock from nobody, a dead one, or one whose lease ran out. The one estate is always known."""
        del registers
        db, now = self._db, self._db.now()
        expired = db.lease_until < now
        if db.run_id is not None and not expired and db.is_alive(db.run_id):
            message = f"the store is locked by {db.run_id}"
            raise LockError(message)
        lease_end = db.lease_until if db.run_id is not None and expired else 0.0
        db.drain_until = self._drain_until(lease_end)
        db.epoch += 1
        db.run_id, db.lease_until, db.since = run_id, now + lease_seconds, now
        db.epochs.append(db.epoch)
        return Epoch(db.epoch, run_id, lease_seconds, max(0.0, db.drain_until - now))

    def _drain_until(self, lease_end: float) -> float:
        sent = [row.updated for row in self._db.actions.values() if row.state in UNRESOLVED]
        if not sent:
            return 0.0
        late = lease_end + IN_FLIGHT_SECONDS if lease_end else 0.0
        return max(max(sent) + IN_FLIGHT_SECONDS, late, self._db.drain_until)

    def _fence(self, epoch: Epoch) -> None:
        if (self._db.epoch, self._db.run_id) != (epoch.number, epoch.run_id):
            message = "the lock was taken over"
            raise Fenced(message)
        self._db.decisions.append(epoch.number)

    def renew(self, epoch: Epoch) -> None:
        """Extend the lease."""
        self._fence(epoch)
        self._db.lease_until = self._db.now() + epoch.lease_seconds

    def release(self, epoch: Epoch) -> None:
        """Give the lock back, if it is ours."""
        if (self._db.epoch, self._db.run_id) == (epoch.number, epoch.run_id):
            self._db.run_id, self._db.lease_until = None, self._db.now()

    def unlock(self, number: int) -> Holder:
        """Take the lock away from the holder of that epoch."""
        db, found = self._db, self.holder()
        if found is None or found.epoch != number:
            message = "nobody holds that epoch"
            raise LockError(message)
        db.drain_until = self._drain_until(db.lease_until)
        db.epoch, db.run_id, db.lease_until = number + 1, None, db.now()
        return found

    def holder(self) -> Holder | None:
        """The holder of the lock."""
        db = self._db
        if db.run_id is None:
            return None
        return Holder(epoch=db.epoch, run_id=db.run_id, name="noc", host="machine", pid=1, since=str(db.since))

    def running(self) -> Holder | None:
        """The holder of the lock, if it may be at work."""
        found = self.holder()
        is_over = found is None or self.lease_left() < 0
        return None if is_over or found is None or not self._db.is_alive(found.run_id) else found

    def lease_left(self) -> float:
        """How long the lease of the holder lasts."""
        return self._db.lease_until - self._db.now()

    def begin_run(self, epoch: Epoch, *, plan_digest: str, tool_version: str) -> None:
        """A run began."""
        del plan_digest, tool_version
        self._fence(epoch)
        if epoch.run_id in self._db.runs:
            message = "the run began before"
            raise StoreError(message)
        self._db.runs[epoch.run_id] = None

    def end_run(self, epoch: Epoch, result: str) -> None:
        """A run ended."""
        if epoch.run_id in self._db.runs:
            self._db.runs[epoch.run_id] = result

    def mark_ledger(self, epoch: Epoch, plan_digest: str, state: LedgerState) -> None:
        """How far a plan got."""
        self._fence(epoch)
        if self._db.ledger.get(plan_digest) is not LedgerState.COMPLETED:
            self._db.ledger[plan_digest] = state

    def intend(self, epoch: Epoch, intents: Sequence[Intent]) -> None:
        """Transaction A."""
        self._fence(epoch)
        for intent in intents:
            found = self._db.actions.get(intent.action_id)
            self._db.actions[intent.action_id] = ActionRecord(
                intent=intent,
                run_id=epoch.run_id,
                state=ActionState.INTENT,
                attempts=(found.attempts if found else 0) + 1,
                epoch=epoch.number,
                updated=self._db.now(),
            )

    def fact(self, fact: Fact) -> None:
        """Accepted from anybody."""
        self._db.facts.append(fact)

    def fact_soon(self, fact: Fact) -> None:
        """At once."""
        self.fact(fact)

    def facts(self) -> list[Fact]:
        """All of them, oldest first."""
        return list(self._db.facts)

    def settle(self, epoch: Epoch, *settlements: Settlement) -> None:
        """Transaction B; one that is refused does not undo those before it."""
        self._fence(epoch)
        for settlement in settlements:
            self._settle(settlement)

    def _settle(self, settlement: Settlement) -> None:
        rows = {address: row for address, row in self._db.owned.items() if address not in settlement.removals}
        for owned in settlement.upserts:
            former = rows.get(owned.address)
            rows[owned.address] = owned._replace(row_version=(former.row_version if former else 0) + 1)
        if len({(row.address.kind, row.remote_id) for row in rows.values()}) < len(rows):
            message = "two rows for one object"
            raise StoreError(message)
        for action_id, state in settlement.states.items():
            self._decide(action_id, state)
        self._db.owned = rows
        self._db.serial += bool(settlement.removals or settlement.upserts)

    def _decide(self, action_id: str, state: ActionState) -> None:
        row, now = self._db.actions.get(action_id), self._db.now()
        if row is None:
            return
        self._db.actions[action_id] = replace(row, state=state, updated=now)
        if row.intent.verb == "create" and state in _EFFECTIVE:
            for name, other in self._db.actions.items():
                is_older = other.intent.natural_key == row.intent.natural_key and other.state in ADOPTABLE
                if is_older and name != action_id:
                    self._db.actions[name] = replace(other, state=ActionState.MOOT, updated=now)

    def _rows(self) -> list[ActionRecord]:
        return sorted(self._db.actions.values(), key=lambda row: (row.updated, row.intent.action_id))

    def unresolved(self) -> list[ActionRecord]:
        """The requests that recovery looks at."""
        return [row for row in self._rows() if row.state in UNRESOLVED]

    def claims(self) -> dict[str, tuple[str, ...]]:
        """The objects that may be adopted."""
        found: dict[str, tuple[str, ...]] = {}
        for row in self._rows():
            if row.state in ADOPTABLE and row.intent.verb == "create":
                found[row.intent.natural_key] = (*found.get(row.intent.natural_key, ()), row.intent.action_id)
        return found

    def note_sims(self, epoch: Epoch, inputs: str, exempt: Mapping[str, Sequence[str]]) -> None:
        """Only a holder of the lock says what the SIMs are as of."""
        self._fence(epoch)
        self._db.sims_as_of = inputs
        self._db.sims_exempt = {name: frozenset(sims) for name, sims in exempt.items()}

    def note_sets(self, epoch: Epoch, sets: Mapping[str, HeldSet]) -> None:
        """Only a holder of the lock says what the lists hold."""
        self._fence(epoch)
        self._db.sets = dict(sets)

    def note_slots(self, epoch: Epoch, declared: Mapping[str, str]) -> None:
        """Only a holder of the lock says which slots the objects fill."""
        owned = {str(address): slot for address, slot in self.inventory().slots.items()}
        self._fence(epoch)
        self._db.slots = {address: slot for address, slot in {**owned, **declared}.items() if slot}

    def sims_as_of(self) -> str | None:
        """The time that the SIMs are as of."""
        return self._db.sims_as_of

    def sims_exempt(self) -> dict[str, frozenset[str]]:
        """Those that were not as listed then."""
        return self._db.sims_exempt

    def adopt(self, epoch: Epoch, owned: Owned) -> None:
        """It is ours."""
        self.settle(epoch, Settlement(upserts=(owned,)))

    def forget(self, epoch: Epoch, address: Address) -> None:
        """It is not ours any more."""
        self.settle(epoch, Settlement(removals=(address,)))

    def open_creations(self) -> list[Claim]:
        """The same as whole intents, each with the ids that were answered to it."""
        facts = [fact for fact in self._db.facts if fact.remote_id is not None]
        return [
            Claim.of(row.intent, [str(fact.remote_id) for fact in facts if fact.action_id == row.intent.action_id])
            for row in self._rows()
            if row.state in ADOPTABLE and row.intent.verb == "create"
        ]

    def prune(self, epoch: Epoch, *, days: int = DAYS, most: int | None = AT_ONCE, only_try: bool = False) -> Pruned:
        """Nothing: a history is over within days."""
        del days, most, only_try
        self._fence(epoch)
        return Pruned(0, 0, 0)

    def ledger(self, plan_digest: str) -> LedgerState | None:
        """How far a plan got."""
        return self._db.ledger.get(plan_digest)

    def touched(self, plan_digest: str) -> frozenset[Address]:
        """Addresses for which this plan intended anything."""
        return frozenset(
            row.intent.address for row in self._db.actions.values() if row.intent.plan_digest == plan_digest
        )
