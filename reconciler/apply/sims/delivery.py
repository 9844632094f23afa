"""
The protocol of one batch: a state machine that sends its requests and halves what the platform refuses. Pure.

============  ====================  ==========================================================
sending       answer                next
============  ====================  ==========================================================
a part        accepted              the next part
a part        no answer             its SIMs are uncertain; the next part
many SIMs     refused               each half on its own, so that the refused SIMs are named
one SIM       refused               it is refused; the next part
a part        token not accepted    its SIMs are refused, the rest is left; over
a part        not executed          rest, and send it again; without a rest, it is refused
a part        interrupted           it and the rest are left; over
a rest        interrupted           the part and the rest are left; over
============  ====================  ==========================================================
"""

from dataclasses import replace
from typing import assert_never

from reconciler.apply.protocol import (
    BatchDelivery,
    Declined,
    Done,
    Interrupted,
    NotExecuted,
    Over,
    Rest,
    SendBatch,
    Uncertain,
)
from reconciler.apply.sims.batch import Batch
from reconciler.plan.roster import RosterAction

BatchAnswer = Done | Declined | NotExecuted | Uncertain | Interrupted
BatchRequest = SendBatch | Rest | Over


def begin(batch: Batch, *, is_bulk: bool) -> tuple[BatchDelivery, BatchRequest]:
    """The first request: for all SIMs of the batch where one request takes them all, else for the first SIM."""
    parts = (batch,) if is_bulk or len(batch.iccids) == 1 else batch.singles()
    return _next(BatchDelivery(batch=batch, parts=parts))


def step(state: BatchDelivery, answer: BatchAnswer) -> tuple[BatchDelivery, BatchRequest]:
    """The next state and request after an answer."""
    part, *others = state.parts
    match answer:
        case Done() if state.is_resting:
            return replace(state, is_resting=False, attempt=state.attempt + 1), SendBatch(part, state.attempt + 1)
        case Done():
            is_activation = part.change is not None and part.change.action is RosterAction.ACTIVATE
            activated = state.activated.union(part.iccids) if is_activation else state.activated
            return _next(replace(state, activated=activated, parts=tuple(others)))
        case Uncertain():
            return _next(replace(state, uncertain=state.uncertain.union(part.iccids), parts=tuple(others)))
        case Interrupted():
            return _leave(state, state.parts)
        case NotExecuted(error, wait_seconds):
            if wait_seconds is None:
                return _refuse(state, str(error))
            return replace(state, is_resting=True), Rest(wait_seconds)
        case Declined():
            if answer.is_fatal or len(part.iccids) == 1:
                return _refuse(replace(state, is_fatal=answer.is_fatal), answer.reason)
            return _next(replace(state, parts=(*part.cut(len(part.iccids) // 2), *others)))
        case _:
            assert_never(answer)


def _refuse(state: BatchDelivery, reason: str) -> tuple[BatchDelivery, BatchRequest]:
    """The SIMs of the part under way are refused; after a refusal of the token nothing else is sent."""
    part, *others = state.parts
    state = replace(state, refused={**state.refused, **dict.fromkeys(part.iccids, reason)}, parts=tuple(others))
    return _leave(state, others) if state.is_fatal else _next(state)


def _leave(state: BatchDelivery, parts: "tuple[Batch, ...] | list[Batch]") -> tuple[BatchDelivery, BatchRequest]:
    left = frozenset(iccid for part in parts for iccid in part.iccids)
    return replace(state, parts=(), left=left), Over()


def _next(state: BatchDelivery) -> tuple[BatchDelivery, BatchRequest]:
    return replace(state, attempt=1), SendBatch(state.parts[0], 1) if state.parts else Over()
