"""
The batches of SIMs that a plan is sent in: stage after stage, cut into requests and waves. Pure.

The run that sends them and the listing of what would be sent both take them from here.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.apply.sim_batch import Batch
from reconciler.apply.waves import LARGEST_WAVE, Wave, waves
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan, SimEdit

STAGES = (RosterAction.ACTIVATE, RosterAction.MOVE, RosterAction.RESUME, RosterAction.SUSPEND, RosterAction.TERMINATE)
EDITS_AT_ONCE = 100
MOST_SINGLE_REQUESTS = 500


def batches_of(change: RosterChange, iccids: Sequence[str]) -> list[Batch]:
    """These SIMs of a change, as many in a batch as go into one request."""
    size = 1 if change.action is RosterAction.ACTIVATE else change.batch
    return [Batch(change, part) for part in _parts(iccids, size)]


def batches_of_edits(edits: Sequence[SimEdit]) -> list[Batch]:
    """SIMs whose settings are edited, one request for each."""
    return [Batch(None, tuple(edit.iccid for edit in part), part) for part in _parts(edits, EDITS_AT_ONCE)]


def entering(change: RosterChange, iccid: str) -> Batch:
    """A SIM that was just activated goes into its group."""
    move = RosterChange(
        action=RosterAction.MOVE,
        address=change.address,
        source=None,
        target=change.target,
        iccids=change.iccids,
        place=change.place,
    )
    return Batch(move, (iccid,))


def in_waves(batches: Sequence[Batch], *, is_single: bool) -> list[Wave]:
    """In waves that do not take longer than what was read is believed, where each SIM is a request of its own."""
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


def _parts(items: Sequence[Any], size: int) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])
