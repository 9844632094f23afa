"""What the engine asks for and what it is told: effects and events, as values."""

from dataclasses import dataclass

from reconciler.control_plane.errors import ControlPlaneError
from reconciler.control_plane.port import Receipt, Step
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.outcomes import Ending
from reconciler.store.records import ActionState


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
