"""The effects that the machines of changes and of SIMs ask for, and the events that answer them. Values, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from reconciler.control_plane.errors import ControlPlaneError
from reconciler.control_plane.port import Receipt, Step
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.outcomes import Ending
from reconciler.store.records import ActionState

if TYPE_CHECKING:
    # Most plans change no SIM, and then none of this is imported.
    from reconciler.apply.sims.batch import Batch
    from reconciler.diffing.rosters import Live
    from reconciler.plan.roster import RosterAction


class Sharing(Enum):
    """How an object may be read: alone and now, in a complete list that is young, or in one that is yet to be read."""

    ALONE = "alone"
    RECENT = "recent"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Look:
    """Read the object with this id or moniker; a list may be used where one request for many changes is enough."""

    key: str
    sharing: Sharing = Sharing.ALONE


@dataclass(frozen=True, slots=True)
class Intend:
    """Make durable that this step is about to be sent."""

    step: Step


@dataclass(frozen=True, slots=True)
class Send:
    """Send this step, once; `current` is the read that it is based on."""

    step: Step
    current: Observed | None


@dataclass(frozen=True, slots=True)
class Rest:
    """Wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Settle:
    """Make durable what is decided: the state of the step's action, and what that makes of the inventory."""

    step: Step | None
    state: ActionState
    row: Owned | None = None
    is_removal: bool = False


@dataclass(frozen=True, slots=True)
class Finish:
    """The change is over."""

    ending: Ending


@dataclass(frozen=True, slots=True)
class LookAtSims:
    """Read these SIMs, now; some with key values. `is_detailed`: with name, reference, tags and lock in any case."""

    iccids: frozenset[str]
    with_key_values: frozenset[str]
    is_detailed: bool


@dataclass(frozen=True, slots=True)
class Deliver:
    """
    Make the intents of these batches durable, then send the batches, each as `reconciler.apply.sims.delivery` says.

    `bulk` are the actions for which one request takes many SIMs, `activation` the secret reference of each code.
    """

    batches: "tuple[Batch, ...]"
    bulk: "frozenset[RosterAction]"
    activation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SendBatch:
    """Send the request of these SIMs, once, for the `attempt`-th time."""

    batch: "Batch"
    attempt: int


@dataclass(frozen=True, slots=True)
class SettleBatches:
    """Make durable what became of batches."""

    states: "tuple[tuple[Batch, ActionState], ...]"


@dataclass(frozen=True, slots=True)
class Over:
    """The machine has ended; its state holds the result."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The machine has ended, and the run with it, because of this error."""

    error: ControlPlaneError


ChangeEffect = Look | Intend | Send | Rest | Settle | Finish


@dataclass(frozen=True, slots=True)
class Seen:
    """A read answered: the object, or that it is not there. `is_listed`: a list said so, which may be a little old."""

    live: Observed | None
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class CouldNotLook:
    """A read failed for good."""

    error: ControlPlaneError


@dataclass(frozen=True, slots=True)
class Done:
    """The effect is done: an intent or a decision is durable, a rest is over."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform accepted the step."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class NotExecuted:
    """The step was certainly not executed; `wait_seconds` until another attempt, None for no more."""

    error: ControlPlaneError
    wait_seconds: float | None


@dataclass(frozen=True, slots=True)
class Declined:
    """
    The platform, or the search for a secret, said no: this request was certainly not executed.

    `may_be_taken`: it may have said so because an object of this name exists, made by the same request delivered twice.
    """

    reason: str
    hint: str | None = None
    is_fatal: bool = False
    may_be_taken: bool = False


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The step may have been executed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The run is to end; a rest was cut short."""


@dataclass(frozen=True, slots=True)
class SimsSeen:
    """A reading of the SIMs that were asked for: those that are in the account, and when it was made."""

    asked: frozenset[str]
    sims: "Mapping[str, Live]"
    key_values: Mapping[str, Mapping[str, str]]
    asked_at: float
    answered_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDelivery:
    """
    The requests of one batch in progress, and what became of its SIMs.

    `parts` are left to send, the first of them is under way for the `attempt`-th time. `refused` says why, `uncertain`
    are SIMs of which no answer came, `activated` those that the platform took in; `left` were not asked for.
    """

    batch: "Batch"
    parts: "tuple[Batch, ...]"
    attempt: int = 1
    is_resting: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)
    uncertain: frozenset[str] = frozenset()
    activated: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    is_fatal: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """
    A wave is over: what became of each batch that was begun, and when.

    `never` were intended and not begun. `untried` counts the SIMs of these, and of those that were not intended.
    """

    deliveries: tuple[BatchDelivery, ...]
    never: "tuple[Batch, ...]"
    untried: int
    at: float


ChangeEvent = Seen | CouldNotLook | Done | Sent | NotExecuted | Declined | Uncertain | Interrupted
