"""
When to try again: a pure function from an error to the seconds to wait, and the wait itself.

A wait ends early when the run is asked to stop.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from reconciler.control_plane.errors import (
    ControlPlaneError,
    OutcomeUnknown,
    ProtocolViolation,
    Stopped,
    Throttled,
    Unreachable,
)

READ_ATTEMPTS = 5
WRITE_ATTEMPTS = 5
_FIRST_SECONDS = 0.5
_LONGEST_SECONDS = 20.0
LONGEST_RETRY_AFTER_SECONDS = 120.0
MOST_WAITING_SECONDS = 900.0
"""How long a run may wait for the platform altogether, over all its threads (F8)."""
NAP_SECONDS = 0.2
"""How long a rest may go on after the run was asked to stop."""

_T = TypeVar("_T")


def wait_before_reading_again(error: ControlPlaneError, attempt: int, jitter: float) -> float | None:
    """Seconds to wait before a read is sent again, or None. `attempt` counts from 1, `jitter` is in [0, 1)."""
    if attempt >= READ_ATTEMPTS or not isinstance(error, Unreachable | OutcomeUnknown | Throttled | ProtocolViolation):
        return None
    return _wait(error, attempt, jitter)


def wait_before_writing_again(error: ControlPlaneError, attempt: int, jitter: float) -> float | None:
    """The seconds until a write is sent again: only when it was certainly not executed."""
    if attempt >= WRITE_ATTEMPTS or not isinstance(error, Unreachable | Throttled):
        return None
    return _wait(error, attempt, jitter)


def _wait(error: ControlPlaneError, attempt: int, jitter: float) -> float | None:
    if isinstance(error, Throttled) and error.retry_after_seconds is not None:
        wished = error.retry_after_seconds
        return wished if wished <= LONGEST_RETRY_AFTER_SECONDS else None
    return jitter * min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0**attempt)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a run sleeps, and whether it was asked to stop. Thread-safe."""

    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    stop: threading.Event

    def check(self) -> None:
        """Raise `Stopped` when the run was asked to stop: the request that would follow is not sent."""
        if self.stop.is_set():
            message = "the run was interrupted"
            raise Stopped(message)

    def rest(self, seconds: float) -> None:
        """Sleep. Raises `Stopped` within a nap of being asked to stop."""
        while seconds > 0:
            self.check()
            self.sleep(min(seconds, NAP_SECONDS))
            seconds -= NAP_SECONDS
        self.check()

    def read(self, attempt: Callable[[], _T]) -> _T:
        """The answer to a read, which is tried again as reads are."""
        number = 0
        while True:
            number += 1
            try:
                return attempt()
            except ControlPlaneError as error:
                pause = wait_before_reading_again(error, number, self.jitter())
                if pause is None:
                    raise
                self.rest(pause)


class WaitingBudget:
    """How long a run may wait for the platform altogether, over all its threads (F8)."""

    def __init__(self, seconds: float = MOST_WAITING_SECONDS) -> None:
        self._left = seconds
        self._turn = threading.Lock()

    def take(self, seconds: float) -> bool:
        """Whether there is that much left; it is then spent."""
        with self._turn:
            if seconds > self._left:
                return False
            self._left -= seconds
            return True
