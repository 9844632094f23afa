"""
The number of requests at the same time: as many as the platform answers well, never more than was asked for.

A platform that throttles, or that becomes slow, gets half as many; with each round of good answers it gets one more.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SLOW_SECONDS = 5.0
"""An answer that takes longer may be a sign of too many requests."""
SLOW_TIMES = 8
"""It is one if it takes so many times as long as the quickest answer of the run."""


@dataclass(slots=True)
class Turn:
    """One request that may be sent now; `is_throttled` is set where the platform answers that it is too much."""

    begun: float
    is_throttled: bool = False


class Pace:
    """
    Lets requests of several threads begin, `most` at a time at first. Thread-safe.

    `now` is the clock, `on_change` hears how many requests at a time there are after each change, in the thread of the
    request that led to it.
    """

    def __init__(self, most: int, *, now: Callable[[], float], on_change: Callable[[int], None]) -> None:
        self.most = most
        self._now = now
        self._on_change = on_change
        self._free = threading.Condition()
        self._limit = most
        self._under_way = 0
        self._good = 0
        self._slowed_at = float("-inf")
        self._quickest = float("inf")

    @property
    def at_once(self) -> int:
        """How many requests may be under way now."""
        return self._limit

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Wait until a request may begin; on leaving, its answer or error has come."""
        with self._free:
            self._free.wait_for(lambda: self._under_way < self._limit)
            self._under_way += 1
        turn = Turn(self._now())
        try:
            yield turn
        finally:
            if (limit := self._over(turn, self._now() - turn.begun)) is not None:
                self._on_change(limit)

    def _over(self, turn: Turn, seconds: float) -> int | None:
        """Count one answer; the new limit where that changes it."""
        with self._free:
            self._under_way -= 1
            before = self._limit
            if turn.is_throttled or seconds > max(SLOW_SECONDS, SLOW_TIMES * self._quickest):
                self._slow_down(turn)
            else:
                self._quickest = min(self._quickest, seconds)
                self._speed_up()
            self._free.notify_all()
            return self._limit if self._limit != before else None

    def _slow_down(self, turn: Turn) -> None:
        # Requests that were under way when the limit fell say nothing of the new one.
        if turn.begun > self._slowed_at:
            self._limit = max(1, self._limit // 2)
            self._slowed_at = self._now()
            self._good = 0

    def _speed_up(self) -> None:
        self._good += 1
        if self._limit < self.most and self._good >= self._limit:
            self._limit += 1
            self._good = 0
