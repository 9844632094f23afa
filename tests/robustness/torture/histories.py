"""Simulated histories, as many as there is time for, on every core; every fault at every step of the protocol."""

import concurrent.futures
import itertools
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.errors import ReconcilerError
from tests.robustness.protocol_model.cases import UNBOUNDED, VERBS
from tests.robustness.protocol_model.model import Explorer, Rules
from tests.robustness.simulation.faults import PAIRS
from tests.robustness.simulation.history import History
from tests.robustness.torture.programme import Outcome

HISTORIES = 100_000
HITS = 100
_PORTION = 250
_MOST_TOLD = 20
_MODEL_SHARE = 0.1
_LARGE = 3


@dataclass
class Tally:
    """The sum of some histories."""

    histories: int = 0
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Both together."""
        self.histories += other.histories
        self.hits += other.hits
        self.counts += other.counts
        self.failures += other.failures


def portion(first: int) -> Tally:
    """A number of histories one after the other; `first` is the seed of the first."""
    tally = Tally()
    for seed in range(first, first + _PORTION):
        history = History(seed)
        try:
            history.run()
        except (AssertionError, ReconcilerError, LookupError, ValueError, TypeError, AttributeError) as error:
            tally.failures.append(f"history {seed}: {type(error).__name__}: {error}")
        tally.histories += 1
        tally.hits += history.hits
        tally.counts += history.counts
    return tally


def torture(seed: int, seconds: float) -> Outcome:
    """The protocol model with three appliers and three kills, then histories until the time is over."""
    end = time.monotonic() + seconds
    counts, failures = _explored(time.monotonic() + seconds * _MODEL_SHARE)
    total = Tally()
    firsts = itertools.count(seed * 1_000_000_007 % 2**40, _PORTION)
    workers = os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
        running = {pool.submit(portion, next(firsts)) for _ in range(workers)}
        while running:
            finished, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in finished:
                total.add(future.result())
                if time.monotonic() < end and len(total.failures) < _MOST_TOLD:
                    running.add(pool.submit(portion, next(firsts)))
    counts |= {
        "histories": total.histories,
        "applies": total.counts["applies"],
        "kills": total.counts["kills"],
        "portal edits": total.counts["portal edits"],
        "unmanaged values kept by a write": total.counts["unmanaged values kept by a write"],
        "unmanaged values reverted in the window": total.counts["unmanaged values reverted in the window"],
        "creates that landed after a deletion": total.counts["creates that landed after a deletion"],
        "faults": sum(total.hits.values()),
        "pairs of fault and step": sum(total.hits[pair] >= HITS for pair in PAIRS),
        **{f"{fault} at {step}": total.hits[step, fault] for step, fault in PAIRS},
    }
    wanted = {"histories": HISTORIES, **{f"{fault} at {step}": HITS for step, fault in PAIRS}}
    return Outcome(counts, wanted, [*failures, *total.failures])


def _explored(end: float) -> tuple[dict[str, int], list[str]]:
    """The model of the protocol with more of everything, verb after verb while there is time."""
    moments, failures = 0, []
    for name, appliers, kills in _sizes():
        if time.monotonic() > end:
            break
        rules = Rules(pause_is_bounded=name not in UNBOUNDED)
        explored = Explorer(VERBS[name], rules, appliers=appliers, kills=kills).explore()
        moments += explored.moments
        failures += [f"model, {name}: {broken}: {story}" for broken, story in explored.broken.items()]
    return {"moments of the protocol": moments}, failures


def _sizes() -> Iterator[tuple[str, int, int]]:
    for appliers, kills in ((2, _LARGE), (_LARGE, 1), (_LARGE, 2), (_LARGE, _LARGE)):
        for name in VERBS:
            yield name, appliers, kills
