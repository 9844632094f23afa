"""
What became of requests whose outcome nobody wrote down: the first thing that each apply finds out (reliability 5.3).

It reads, and decides by what it sees; it sends nothing and asks nobody. What cannot be read stays unknown, and only
that object is left alone.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.apply.lease import Lease
from reconciler.apply.preconditions import Goal, Position, position
from reconciler.apply.steps import is_visible
from reconciler.control_plane.errors import ControlPlaneError
from reconciler.control_plane.port import ControlPlane, Step, Verb
from reconciler.environment import Environment
from reconciler.kinds import kinds, object_kinds
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.store.records import ActionRecord, ActionState, Epoch, Intent, Settlement
from reconciler.store.store import Store

_TELLING = ("EndpointGroup",)
"""The kind whose objects say whose account it is."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found out, in words by address, and what could not be: those objects are left alone."""

    found: Mapping[Address, str]
    unknown: Mapping[Address, str]


def recover(
    store: Store,
    epoch: Epoch,
    *,
    control_plane: ControlPlane,
    environment: Environment,
    digest_secret: Callable[[str], str],
    drain_seconds: float,
) -> Recovered:
    """Resolve every action in state intent or unknown, of any run. `drain_seconds`: how long its request may land."""
    found: dict[Address, str] = {}
    unknown: dict[Address, str] = {}
    sims: Counter[Address] = Counter()
    records = store.unresolved()
    if any(record.intent.verb != Verb.CREATE for record in records):
        # A create is caught by its unique name however late it lands; everything else has to be waited for.
        environment.sleep(drain_seconds)
        store.renew(epoch)
    for record in records:
        intent = record.intent
        if intent.address.kind in kinds() and kinds()[intent.address.kind].is_roster:
            # Where each of these SIMs is now is read before anything is sent for it again (F30).
            store.settle(epoch, Settlement({intent.action_id: ActionState.VOID}))
            sims[intent.address] += len(intent.items)
            found[intent.address] = f"was cut short at {sims[intent.address]:,} SIMs; apply reads where each of them is"
            continue
        if intent.address.kind not in object_kinds():
            unknown[intent.address] = f"this version knows no kind {intent.address.kind}"
            continue
        try:
            live = control_plane.read(intent.address.kind, intent.remote_id or intent.moniker)
        except ControlPlaneError as error:
            unknown[intent.address] = f"what became of an earlier request could not be found out: {error}"
            continue
        words, settlement = _decided(record, live, store, digest_secret)
        store.settle(epoch, settlement)
        found[intent.address] = words
    return Recovered(found, unknown)


def _decided(
    record: ActionRecord,
    live: Observed | None,
    store: Store,
    digest_secret: Callable[[str], str],
) -> tuple[str, Settlement]:
    intent, owned = record.intent, store.inventory().owned
    goal = Goal(_change(intent), {}, digest_secret)
    step = Step(
        Verb(intent.verb), intent.address, intent.moniker, intent.remote_id, intent.wanted, intent.segment, intent.items
    )
    if step.verb is Verb.CREATE:
        return _decided_creation(intent, goal, live, owned, lambda: _was_answered(store, intent, live))
    if not is_visible(goal, step, live):
        return "was not executed", Settlement({intent.action_id: ActionState.VOID})
    states = {intent.action_id: ActionState.DONE}
    row = owned.get(intent.address)
    if row is None or row.remote_id != intent.remote_id:
        return "had been executed", Settlement(states)
    if step.verb is Verb.DELETE:
        return "had been executed", Settlement(states, removals=(intent.address,))
    if live is not None and goal.is_reached(live):
        digests = {**row.secret_digests, **goal.secret_digests}
        applied = goal.after or row.last_applied
        row = row._replace(moniker=live.address.name, last_applied=applied, secret_digests=digests)
        return "had been executed", Settlement(states, (row,))
    return "had been executed", Settlement(states)


def _decided_creation(
    intent: Intent,
    goal: Goal,
    live: Observed | None,
    owned: Mapping[Address, Owned],
    was_answered: Callable[[], bool],
) -> tuple[str, Settlement]:
    if live is None:
        return "was not executed", Settlement({intent.action_id: ActionState.VOID})
    if any(row.address.kind == live.address.kind and row.remote_id == live.remote_id for row in owned.values()):
        return "had been executed", Settlement({intent.action_id: ActionState.DONE})
    if position(goal, live) not in {Position.AFTER, Position.BETWEEN} and not was_answered():
        return "something else has its name", Settlement({intent.action_id: ActionState.CONFLICT})
    row = Owned(
        intent.address,
        live.remote_id,
        live.address.name,
        protect=intent.protect,
        last_applied=goal.after,
        secret_digests=goal.secret_digests,
        retain=intent.retain,
        source=intent.source,
    )
    return "had been executed; it is ours", Settlement({intent.action_id: ActionState.ADOPTED}, (row,))


def _was_answered(store: Store, intent: Intent, live: Observed | None) -> bool:
    """Whether the platform answered our own create with this very id: ours, whoever edited it since (I5)."""
    return live is not None and any(
        fact.action_id == intent.action_id and fact.remote_id == live.remote_id for fact in store.facts()
    )


def _change(intent: Intent) -> Change:
    """The change that an intent was part of, as far as the journal knows it."""
    is_create = intent.verb == Verb.CREATE
    return Change(
        intent.address,
        Action.CREATE if is_create else Action.UPDATE,
        None if is_create else {},
        intent.wanted,
        Reason(ReasonCode.CHANGED, "recovered from the journal"),
        remote_id=intent.remote_id,
        live_moniker=None if is_create else intent.moniker,
    )


def recover_alone(
    store: Store,
    *,
    control_plane: ControlPlane,
    environment: Environment,
    digest_secret: Callable[[str], str],
    in_flight_seconds: float,
    on_begin: Callable[[Epoch], None] = lambda _: None,
) -> Recovered:
    """
    Resolve what an interrupted run left, under the lock, before a new plan is made: a plan needs to know what is ours.

    Does nothing, and takes no lock, when nothing is unresolved. `on_begin` is called once the lock is held: until then
    the other run may be alive. Raises `LockError` when another run is at work, and `PlanFileError` when the token is of
    another account: there, nothing of ours would be found, and taken for gone (F16).
    """
    if not store.unresolved():
        return Recovered({}, {})
    taken_at = environment.monotonic()
    epoch = store.acquire(environment.new_id())
    try:
        on_begin(epoch)
        # Waiting for what may still land takes longer than a lease.
        with Lease(store, environment, epoch, taken_at=taken_at):
            store.pin_account(control_plane.snapshot(_TELLING).account)
            return recover(
                store,
                epoch,
                control_plane=control_plane,
                environment=environment,
                digest_secret=digest_secret,
                drain_seconds=min(epoch.drain_seconds, in_flight_seconds),
            )
    finally:
        store.release(epoch)
