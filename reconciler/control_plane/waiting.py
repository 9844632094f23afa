"""Waiting for the platform in a way that hears when the run is asked to stop."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from reconciler.control_plane.errors import ControlPlaneError, Stopped
from reconciler.control_plane.retry import wait_before_reading_again

NAP_SECONDS = 0.2
"""How long a rest may go on after the run was asked to stop."""

T = TypeVar("T")


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

    def read(self, attempt: Callable[[], T]) -> T:
        """What a read answers, tried again as reads are (5.5)."""
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
