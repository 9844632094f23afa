"""The records of the journal, as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from reconciler.model.address import Address
from reconciler.model.inventory import Owned


class ActionState(StrEnum):
    """
    The state of one request.

    ========= =====================================================================================
    state     meaning
    ========= =====================================================================================
    intent    durable before the first byte was sent; nothing is known of its outcome
    done      executed, and seen in a read-back
    adopted   executed by a request whose answer was lost; recognised by its content
    failed    certainly not executed, or refused
    unknown   may have been executed; could not be found out
    void      intended, not found afterwards: kept, and still good for adoption
    conflict  something else is where it was to have its effect
    moot      overtaken by a later request with the same effect
    ========= =====================================================================================
    """

    INTENT = "intent"
    DONE = "done"
    ADOPTED = "adopted"
    FAILED = "failed"
    UNKNOWN = "unknown"
    VOID = "void"
    CONFLICT = "conflict"
    MOOT = "moot"


UNRESOLVED = frozenset({ActionState.INTENT, ActionState.UNKNOWN})
ADOPTABLE = frozenset({ActionState.INTENT, ActionState.UNKNOWN, ActionState.VOID})


class LedgerState(StrEnum):
    """How far a plan got, by its digest (I17)."""

    STARTED = "started"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Epoch:
    """
    The right to decide, until another run takes it (I8).

    `number` grows with every holder. `drain_seconds` is how long requests of the former holder may still land.
    """

    number: int
    run_id: str
    lease_seconds: float
    drain_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """
    One request that is about to be sent.

    `wanted` is the managed fields that it aims at, secrets as keyed digests:
    what recovery compares a live object with. `items` are the identities of an ADD or REMOVE.
    """

    action_id: str
    plan_digest: str
    seq: int
    verb: str
    address: Address
    moniker: str
    natural_key: str
    remote_id: str | None = None
    segment: str | None = None
    items: tuple[tuple[Any, ...], ...] = ()
    wanted: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None
    source: str | None = None
    protect: bool = False
    retain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """One request as the journal has it."""

    intent: Intent
    run_id: str
    state: ActionState
    attempts: int
    epoch: int
    updated: float


@dataclass(frozen=True, slots=True)
class Claim:
    """A creation that may have taken effect, and the ids that the platform ever answered to it."""

    intent: Intent
    answered: frozenset[str] = frozenset()

    @classmethod
    def of(cls, intent: Intent, answered: Iterable[str]) -> Self:
        """With the id that an old intent keeps itself, since the fact of the answer is pruned."""
        kept = () if intent.remote_id is None else (intent.remote_id,)
        return cls(intent, frozenset((*answered, *kept)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """The facts that were seen of one attempt. Never a body."""

    action_id: str
    attempt: int
    epoch: int
    what: str
    http_status: int | None = None
    remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """The decision after a request: the state of its action, and what that makes of the inventory."""

    states: Mapping[str, ActionState] = field(default_factory=dict)
    upserts: tuple[Owned, ...] = ()
    removals: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run, for `history`."""

    run_id: str
    plan_digest: str
    epoch: int
    tool_version: str
    actor: str
    started: str
    ended: str | None
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The run that holds the lock."""

    epoch: int
    run_id: str
    name: str
    host: str
    pid: int
    since: str

    def __str__(self) -> str:
        where = f"process {self.pid}, run {self.run_id}, epoch {self.epoch}"
        return f"{self.name} on {self.host} ({where}), since {self.since}"
