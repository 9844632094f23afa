"""The names and the journal entries of requests: the same in every run of the same plan. Pure."""

import hashlib

from reconciler.apply.goal import Goal
from reconciler.apply.objects.state import State
from reconciler.apply.sims.batch import Batch
from reconciler.control_plane.port import Step
from reconciler.diffing.canonical import with_secrets
from reconciler.model.address import Address
from reconciler.store.records import Intent


def id_of_step(plan_digest: str, state: State, request: Step) -> str:
    """The name of the request of a change."""
    parts = (plan_digest, str(request.address), state.half.value, request.verb.value, request.natural_key)
    return _digest(parts)


def id_of_batch(plan_digest: str, batch: Batch) -> str:
    """The name of the request of a batch of SIMs."""
    return _digest((plan_digest, batch.address, batch.natural_key))


def _digest(parts: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def intent_of_step(plan_digest: str, state: State, request: Step, seq: int) -> Intent:
    """The intent that is durable before the request of a change is sent."""
    goal, change = state.goal, state.knowledge.goal.change
    return Intent(
        action_id=id_of_step(plan_digest, state, request),
        plan_digest=plan_digest,
        seq=seq,
        verb=request.verb.value,
        address=change.address,
        moniker=request.moniker,
        natural_key=request.natural_key,
        remote_id=request.remote_id,
        segment=request.segment,
        items=request.items,
        wanted=wanted_at_rest(goal),
        fingerprint=change.fingerprint,
        source=change.reason.source,
        protect=change.protect,
        retain=change.retain,
    )


def intent_of_batch(plan_digest: str, batch: Batch) -> Intent:
    """The intent that is durable before the request of a batch is sent."""
    change = batch.change
    return Intent(
        action_id=id_of_batch(plan_digest, batch),
        plan_digest=plan_digest,
        seq=0,
        verb=batch.verb,
        address=Address.parse(batch.address),
        moniker=(change.target if change else None) or "",
        natural_key=batch.natural_key,
        items=tuple((iccid,) for iccid in batch.iccids),
        source=change.place if change else None,
    )


def wanted_at_rest(goal: Goal) -> dict[str, object]:
    """The managed fields as the journal keeps them: every secret that is known here as its digest (S8)."""
    return dict(with_secrets(goal.kind, goal.after, goal.secret_digests.get))
