"""What the engine asks for and what it is told: effects and events, as values."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.apply.preconditions import Goal
from reconciler.control_plane.errors import ControlPlaneError
from reconciler.control_plane.port import Receipt, Step
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.outcomes import Ending
from reconciler.store.records import ActionState

POLLS = 4
PATIENT_POLLS = 7
"""Looks after a pause of 0.65 s that doubles: 9.75 s, and 82.55 s, which is longer than a read may lag (A2)."""


@dataclass(frozen=True, slots=True)
class Look:
    """Read the object with this id or moniker, now."""

    key: str


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


Effect = Look | Intend | Send | Rest | Settle | Finish


@dataclass(frozen=True, slots=True)
class Seen:
    """A read answered: the object, or that it is not there."""

    live: Observed | None


@dataclass(frozen=True, slots=True)
class CouldNotLook:
    """A read failed for good."""

    error: ControlPlaneError


@dataclass(frozen=True, slots=True)
class Done:
    """What was asked for is done: an intent or a decision is durable, a rest is over."""


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
class Refused:
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


Event = Seen | CouldNotLook | Done | Sent | NotExecuted | Refused | Uncertain | Interrupted


class Phase(StrEnum):
    """Where the protocol of one change stands; see `reconciler.apply.engine`."""

    ASSESS = "assess"
    INTEND = "intend"
    SEND = "send"
    CONFIRM = "confirm"
    CONFIRM_REST = "confirm-rest"
    RESOLVE = "resolve"
    RESOLVE_REST = "resolve-rest"
    REFUSED = "refused"
    REFUSED_REST = "refused-rest"
    RETRY_REST = "retry-rest"
    SETTLE = "settle"
    OVER = "over"


class Half(StrEnum):
    """What is being done to the live object: a replacement first deletes, then makes."""

    MAKE = "make"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """
    What the store knows of one change before it begins, and the times to wait.

    `owned` is the inventory row of the address (or of the former address of a rename). `has_intent`: a create of this
    very object was intended before and may have taken effect. `was_touched`: a request of this plan was intended for
    this address before. `polls` is how often is looked for what ought to be seen soon, `patient_polls` for what was
    certainly accepted, and for what nothing more is sent for: longer than a read lags (A2).
    """

    goal: Goal
    owned: Owned | None = None
    has_intent: bool = False
    was_touched: bool = False
    drain_seconds: float = 0.0
    polls: int = POLLS
    patient_polls: int = PATIENT_POLLS
    first_poll_seconds: float = 0.65


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The protocol of one change in progress."""

    knowledge: Knowledge
    goal: Goal
    phase: Phase
    half: Half
    live: Observed | None = None
    step: Step | None = None
    attempt: int = 0
    polls: int = 0
    sent: int = 0
    remote_id: str | None = None
    was_touched: bool = False
    has_intent: bool = False
    is_drained: bool = False
    refusal: Refused | None = None
    ending: Ending | None = None
