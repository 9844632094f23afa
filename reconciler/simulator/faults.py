"""
Faults on the way, scripted or by a seed (F6-F15).

| effect | what the client sees | executed |
|---|---|---|
| `status` | this status, a plain body, `retry_after` | as `executed` says |
| `drop` | no answer: the connection closes; in process `ConnectionDropped` is raised | as `executed` says |
| `truncate` | half of the answer, then the connection closes | yes |
| `garbage` | status 200 and a page of HTML | as `executed` says |
| `redirect` | a 302 to elsewhere | no |
| `latency` | the true answer, `seconds` later | yes |
| `late` | as `drop`, and the request runs `seconds` later (A3) | later |
| `refuse` | success false with a message | no |
| `total` / `short` / `duplicate` / `empty` | a page with a wrong total, a row missing, a row twice, no rows | yes |
"""

import random
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

FaultEffect = Literal[
    "status",
    "drop",
    "truncate",
    "garbage",
    "redirect",
    "latency",
    "late",
    "refuse",
    "total",
    "short",
    "duplicate",
    "empty",
]
PAGE_EFFECTS = frozenset({"total", "short", "duplicate", "empty"})


class ConnectionDropped(ConnectionError):
    """The simulator closes the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One fault: what happens, to which requests, how often.

    `method` is a verb or None for any; `path` is searched in the path below the base as a regular expression in any
    case; `skip` matching requests pass first, then `times` are hit (None: all). `executed` None: the default of the
    effect, for a 401, 403 or 429 the switch A6.
    """

    effect: FaultEffect
    method: str | None = None
    path: str = ""
    status: int = 503
    retry_after: str | None = None
    seconds: float = 0.0
    executed: Literal["before", "never"] | None = None
    skip: int = 0
    times: int | None = 1

    def matches(self, method: str, path: str) -> bool:
        """Whether the request is one of those that it hits."""
        return (self.method is None or self.method.upper() == method) and bool(
            re.search(self.path, path, re.IGNORECASE)
        )


_SEEDED: tuple[Fault, ...] = (
    Fault("status", status=503, retry_after="1"),
    Fault("status", status=429, retry_after="1"),
    Fault("status", status=500, executed="before"),
    Fault("status", status=502, executed="never"),
    Fault("drop", executed="before"),
    Fault("drop", executed="never"),
    Fault("garbage", executed="before"),
)


@dataclass(slots=True)
class _Scripted:
    """A fault of the script with what is left of its counters."""

    fault: Fault
    skip: int
    times: int | None


class Faults:
    """The faults of one simulator. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._script: list[_Scripted] = []
        self._random: random.Random | None = None
        self._rate = 0.0
        self._choice: Sequence[Fault] = _SEEDED

    def script(self, faults: Iterable[Fault | Mapping[str, Any]]) -> None:
        """Replace the script. The first fault that matches a request and is not used up hits it."""
        with self._lock:
            made = (fault if isinstance(fault, Fault) else Fault(**fault) for fault in faults)
            self._script = [_Scripted(fault, fault.skip, fault.times) for fault in made]

    def seed(self, seed: int, *, rate: float = 0.1, faults: Sequence[Fault] = _SEEDED) -> None:
        """Hit this share of the requests with one of `faults`; the same seed and requests give the same faults."""
        with self._lock:
            # Chance for tests that can be repeated, not for secrets.
            self._random, self._rate, self._choice = random.Random(seed), rate, faults  # noqa: S311 - repeatable on purpose

    def clear(self) -> None:
        """No faults any more."""
        with self._lock:
            self._script, self._random = [], None

    def next(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request, if any."""
        with self._lock:
            for entry in self._script:
                if entry.times == 0 or not entry.fault.matches(method, path):
                    continue
                if entry.skip:
                    entry.skip -= 1
                    continue
                entry.times = None if entry.times is None else entry.times - 1
                return entry.fault
            if self._random is None or self._random.random() >= self._rate:
                return None
            hit = self._random.choice(self._choice)
            return hit if hit.matches(method, path) else None
