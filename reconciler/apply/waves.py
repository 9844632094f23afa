"""
The order in which many SIMs are dealt with: a few first, which show whether it works, then the rest (reliability 5.8).

Pure. A wave is looked at before the next one begins; so a mistake that the platform accepts without a word reaches one
SIM and not a fleet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.apply.sim_requests import Batch

TRIALS = (1, 10, 100)
"""SIMs of the first waves, of each of which it is seen whether they are as they should be before more are begun."""
LARGEST_WAVE = 10_000


@dataclass(frozen=True, slots=True)
class Wave:
    """Batches that are begun together. After a trial it is looked at what became of it before the next is begun."""

    batches: Sequence[Batch]
    is_trial: bool


def waves(batches: Sequence[Batch]) -> Iterator[Wave]:
    """All batches in their order, cut where a wave ends; as many SIMs as the largest trial are one wave."""
    left = [batch for batch in batches if batch.iccids]
    trials = iter(TRIALS if sum(len(batch.iccids) for batch in left) > TRIALS[-1] else ())
    while left:
        trial = next(trials, None)
        wave, left = _cut(left, trial or LARGEST_WAVE)
        yield Wave(wave, is_trial=trial is not None)


def _cut(batches: Sequence[Batch], size: int) -> tuple[list[Batch], list[Batch]]:
    """The first `size` SIMs, and the rest."""
    wave: list[Batch] = []
    for place, batch in enumerate(batches):
        if size < len(batch.iccids):
            head, tail = batch.cut(size)
            return ([*wave, head] if head.iccids else wave), [tail, *batches[place + 1 :]]
        wave.append(batch)
        size -= len(batch.iccids)
    return wave, []
