"""
The order in which many SIMs are dealt with: a few first, which show whether it works, then the rest.

Pure. The outcome of a wave is read before the next one begins; so a mistake that the platform accepts without a
word reaches a few SIMs and not a fleet.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest

from reconciler.apply.sims.batch import Batch, batches_of, batches_of_edits, entering
from reconciler.plan.roster import RosterAction, RosterPlan

STAGES = (RosterAction.ACTIVATE, RosterAction.MOVE, RosterAction.RESUME, RosterAction.SUSPEND, RosterAction.TERMINATE)
MOST_SINGLE_REQUESTS = 500
TRIALS = (1, 10, 100)
"""SIMs of the first waves, where there are more than the last of them."""
LARGEST_WAVE = 100_000
MOST_LOOKED_AT = 20
"""So many SIMs of a wave are read before the next one, spread over all of it; of the first two waves, each SIM."""
_LEAST_TELLING = 10

Wave = Sequence[Batch]


def waves(batches: Iterable[Batch], largest: int = LARGEST_WAVE) -> Iterator[Wave]:
    """
    All batches, cut where a wave ends.

    Each pair of groups, each state and all edits have waves of their own, of which the n-th are begun together. No more
    SIMs of a sort than the largest trial are one wave; each wave is ten times the one before, and `largest` at most.
    """
    sorts: dict[object, list[Batch]] = {}
    for batch in batches:
        if batch.iccids:
            sorts.setdefault(_sort(batch), []).append(batch)
    for together in zip_longest(*(_of_one(found, largest) for found in sorts.values()), fillvalue=()):
        yield list(chain.from_iterable(together))


def in_waves(batches: Sequence[Batch], *, is_single: bool) -> list[Wave]:
    """The waves of batches; none takes longer than a reading is believed, where each SIM is a request of its own."""
    return list(waves(batches, MOST_SINGLE_REQUESTS if is_single else LARGEST_WAVE))


def in_order(plan: RosterPlan) -> Iterator[Batch]:
    """Every batch of a plan in the order of sending, if everything is as the plan saw it and bulk requests exist."""
    for action in STAGES:
        is_single = action is RosterAction.ACTIVATE
        batches = [batch for change in plan.of(action) for batch in batches_of(change, change.iccids)]
        yield from (batch for wave in in_waves(batches, is_single=is_single) for batch in wave)
        if action is RosterAction.ACTIVATE:
            yield from (entering(c, iccid) for c in plan.of(action) if c.target is not None for iccid in c.iccids)
    for wave in in_waves(batches_of_edits(plan.edits), is_single=True):
        yield from wave


def looked_at(wave: Wave) -> list[Batch]:
    """The SIMs of a wave that are looked at before the next one."""
    total = sum(len(batch.iccids) for batch in wave)
    step = -(-total // MOST_LOOKED_AT)
    iccids = [iccid for batch in wave for iccid in batch.iccids]
    chosen = frozenset(iccids[::step] if step > 1 else iccids)
    return [kept for batch in wave if (kept := batch.only(chosen)).iccids]


def is_bad(count: int, right: int, without_effect: int) -> bool:
    """
    Whether a wave is the last: of `count` SIMs looked at, `right` are as they were asked to be.

    A SIM that was accepted `without_effect` is enough. That a single SIM was refused says little; that not one of ten
    SIMs arrived says that none will.
    """
    return without_effect > 0 or (count >= _LEAST_TELLING and not right)


def _sort(batch: Batch) -> object:
    change = batch.change
    return None if change is None else (change.action, change.source, change.target)


def _of_one(batches: Sequence[Batch], largest: int) -> Iterator[Wave]:
    left = list(batches)
    size = TRIALS[0] if sum(len(batch.iccids) for batch in left) > TRIALS[-1] else largest
    while left:
        wave, left = _cut(left, min(size, largest))
        size *= TRIALS[1]
        yield wave


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
