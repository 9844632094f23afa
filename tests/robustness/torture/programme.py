"""A part of the programme: a function of a seed and a time, and what it found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    The findings of one part.

    `counts` are the figures of the run by name, `wanted` the least that a whole programme has of some of them.
    `failures` are broken promises in words, each with what it takes to see it again.
    """

    counts: Mapping[str, int]
    wanted: Mapping[str, int] = field(default_factory=dict)
    failures: Sequence[str] = ()

    @property
    def missing(self) -> dict[str, int]:
        """How many there are too few of each wanted figure."""
        return {
            name: least - self.counts.get(name, 0)
            for name, least in self.wanted.items()
            if self.counts.get(name, 0) < least
        }


Part = Callable[[int, float], Outcome]
"""Try for about so many seconds (second argument) with everything random drawn from a seed (first argument)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A part by name: the module that has it as `torture`, and its share of the time."""

    name: str
    module: str
    weight: int


PROGRAMME: Sequence[Entry] = (
    Entry("sweep", "tests.robustness.torture.sweep", 10),
    Entry("races", "tests.robustness.torture.races", 6),
    Entry("estates", "tests.robustness.torture.estates", 6),
    Entry("histories", "tests.robustness.torture.histories", 10),
    Entry("machine", "tests.robustness.torture.machine", 4),
    Entry("edits", "tests.robustness.torture.edits", 4),
    Entry("wire faults", "tests.robustness.torture.wire", 6),
    Entry("lying lists", "tests.robustness.torture.lists", 1),
    Entry("disk faults", "tests.robustness.torture.disk", 6),
    Entry("fuzzing", "tests.robustness.torture.fuzz", 8),
)
