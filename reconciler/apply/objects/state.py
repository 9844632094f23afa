"""Where the making of one change is: its phases, what is known of it before it begins, and its state. Pure values."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.apply.goal import Goal, Sighting
from reconciler.apply.protocol import Declined
from reconciler.control_plane.port import Step
from reconciler.model.inventory import Owned
from reconciler.plan.change import Change
from reconciler.plan.outcomes import Ending

POLLS = 4
PATIENT_POLLS = 7
"""Looks after a pause of 0.65 s that doubles: 9.75 s, and 82.55 s, which is longer than a read may lag (A2)."""


class Phase(StrEnum):
    """The phase of the protocol of one change; see `reconciler.apply.objects.machine`."""

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
    """The half of a replacement that is under way: it first deletes, then makes."""

    MAKE = "make"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """
    The facts in the store about one change before it begins, and the times to wait.

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
    sighting: Sighting | None = None
    step: Step | None = None
    attempt: int = 0
    polls: int = 0
    sent: int = 0
    remote_id: str | None = None
    was_touched: bool = False
    has_intent: bool = False
    is_drained: bool = False
    refusal: Declined | None = None
    ending: Ending | None = None

    @property
    def change(self) -> Change:
        """The change that is being made, both halves of a replacement."""
        return self.knowledge.goal.change


def step_of(state: State) -> Step:
    """The step that is under way."""
    if state.step is None:
        message = f"{state.phase} without a step"
        raise ValueError(message)
    return state.step


def sighting_of(state: State) -> Sighting:
    """The live object that was read last."""
    if state.sighting is None:
        message = f"{state.phase} without an object"
        raise ValueError(message)
    return state.sighting
