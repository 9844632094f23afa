"""A gate before the platform: requests of a verb wait at it until the test opens it, so that no test counts on time."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconciler.simulator.application import Simulator
from reconciler.simulator.faults import Fault

SECONDS = 60
"""How long a test waits for what must come, however busy the machine is."""


@dataclass(frozen=True, slots=True)
class Gate:
    """`reached` is set when the first request waits at it, `opened` by the test."""

    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def await_request(self) -> None:
        """Wait until a request is at the gate: its intent is durable, and the platform knows nothing of it."""
        assert self.reached.wait(SECONDS), "no request came"

    def open(self) -> None:
        """Let everything pass, from now on."""
        self.opened.set()


@contextmanager
def gated(platform: Simulator, method: str, path: str = "", *, only: int | None = None) -> Iterator[Gate]:
    """
    A gate before a platform, for requests of this verb whose path matches: for the one of this number, all with None.

    It is open at the end, whatever happens.
    """
    gate, meant, following = Gate(), Fault("latency", method, path), platform.faults.next
    places = itertools.count(1)

    def waiting(method: str, path: str) -> Fault | None:
        if meant.matches(method, path) and (only is None or next(places) == only):
            gate.reached.set()
            gate.opened.wait(2 * SECONDS)
        return following(method, path)

    # The platform is disturbed from outside: its own choice of faults comes after the gate.
    vars(platform.faults)["next"] = waiting
    try:
        yield gate
    finally:
        gate.open()
        del vars(platform.faults)["next"]
