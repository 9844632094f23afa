"""
The faults of a history, and their places: each fault at each step of the protocol that it can strike.

Swarm testing: a history is given a random part of the faults, so that rare ones are not drowned by frequent ones.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

PROCESS = ("kill before", "kill after", "pause beyond the lease")
READ = (*PROCESS, "unreachable", "no answer", "HTTP 429", "HTTP 500", "HTTP 401", "garbage", "stale answer")
WRITE = (
    *PROCESS, "unreachable", "lost, not executed", "lost, executed", "executed late", "HTTP 429", "HTTP 401",
    "HTTP 500, not executed", "HTTP 500, executed", "garbage, executed",
)  # fmt: skip
STORE = (*PROCESS, "store fails", "store fails after the commit")

READS = (
    "read to verify", "read to plan", "read to recover", "read before all", "read before the intent",
    "read to confirm", "read to resolve", "read SIMs before", "read SIMs after",
)  # fmt: skip
WRITES = ("send create", "send update", "send delete", "send items", "send SIMs")
STORES = (
    "take the lock", "begin", "settle in recovery", "mark the plan", "intend", "note the fact", "settle",
    "intend SIMs", "note SIMs", "settle SIMs", "end", "give back the lock",
)  # fmt: skip

PAIRS = tuple(
    (step, fault)
    for steps, faults in ((READS, READ), (WRITES, WRITE), (STORES, STORE))
    for step in steps
    for fault in faults
)
_FAULTS = tuple(dict.fromkeys((*READ, *WRITE, *STORE)))
_WHERE = {step: faults for steps, faults in ((READS, READ), (WRITES, WRITE), (STORES, STORE)) for step in steps}
_MOST_FAULTS = 6
_WEIGHTS = {
    "read to plan": 0.1, "read before all": 0.2, "read to verify": 1.0, "read to recover": 8.0, "read to resolve": 8.0,
    "read SIMs before": 5.0, "read SIMs after": 9.0, "send create": 3.0, "send update": 5.0, "send delete": 15.0,
    "send items": 6.0, "send SIMs": 12.0, "settle in recovery": 8.0, "intend SIMs": 8.0, "note SIMs": 8.0,
    "settle SIMs": 12.0,
}  # fmt: skip
"""How much likelier a fault is at a step that comes rarely, so that each pair is hit often enough; else 1."""


@dataclass
class Swarm:
    """The faults of one history: which there are, how many, how likely each moment is to be struck."""

    chance: random.Random
    enabled: frozenset[str] = frozenset()
    left: int = 0
    rate: float = 0.0
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, chance: random.Random) -> "Swarm":
        """A random one."""
        enabled = frozenset(fault for fault in _FAULTS if chance.random() < 0.4)
        return cls(chance, enabled, chance.randrange(_MOST_FAULTS + 1), chance.choice((0.01, 0.04, 0.15)))

    def strikes(self, step: str) -> str | None:
        """The fault of this moment, or None."""
        if self.left <= 0 or self.chance.random() >= self.rate * _WEIGHTS.get(step, 1.0):
            return None
        possible = [fault for fault in _WHERE[step] if fault in self.enabled]
        if not possible:
            return None
        fault = self.chance.choice(possible)
        self.left -= 1
        self.hits[step, fault] += 1
        return fault
