"""
What became of requests whose outcome nobody wrote down: the first thing that each apply finds out.

It reads, and decides by what it sees; it sends nothing and asks nobody. What cannot be read stays unknown, and only
that object is left alone.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from reconciler.apply.evidence import change_of, is_owned, made_by
from reconciler.apply.goal import Goal
from reconciler.apply.lease import Lease
from reconciler.apply.objects.steps import is_visible
from reconciler.control_plane.errors import ControlPlaneError
from reconciler.control_plane.port import ControlPlane, Step, Verb
from reconciler.environment import Environment
from reconciler.errors import LockError, StoreError
from reconciler.kinds import account_kinds, kinds, object_kinds
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.snapshot import Observed
from reconciler.store.lock import Fenced
from reconciler.store.records import ActionState, Claim, Epoch, Settlement
from reconciler.store.store import Store

_A_MOMENT = 0.5

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
    answered = {claim.intent.action_id: claim.answered for claim in store.open_creations()}
    has_waited = any(record.intent.verb != Verb.CREATE for record in records)
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
            if live is None and not has_waited and answered.get(intent.action_id):
                # The platform answered an id: it was made, and a read may lag behind that (A2).
                environment.sleep(drain_seconds)
                store.renew(epoch)
                has_waited = True
                live = control_plane.read(intent.address.kind, intent.moniker)
        except ControlPlaneError as error:
            unknown[intent.address] = f"what became of an earlier request could not be found out: {error}"
            continue
        claim = Claim(intent, answered.get(intent.action_id, frozenset()))
        words, settlement = _decided(claim, live, store, digest_secret)
        store.settle(epoch, settlement)
        found[intent.address] = words
    _claimed(store, epoch, control_plane, digest_secret, found)
    return Recovered(found, unknown)


def _claimed(
    store: Store,
    epoch: Epoch,
    control_plane: ControlPlane,
    digest_secret: Callable[[str], str],
    found: dict[Address, str],
) -> None:
    """Take over what an earlier creation made after all, although it was not there when it was looked for."""
    for claim in waiting_claims(store):
        intent = claim.intent
        if intent.address in found:
            continue
        try:
            live = control_plane.read(intent.address.kind, intent.moniker)
        except ControlPlaneError:
            # It stays a claim; whatever needs the object reads it again.
            continue
        inventory = store.inventory()
        row = (
            None if live is None or is_owned(live, inventory, inventory.owned) else made_by(claim, live, digest_secret)
        )
        if row is not None:
            store.settle(epoch, Settlement({intent.action_id: ActionState.ADOPTED}, (row,)))
            found[intent.address] = "had been executed; it is ours"


def waiting_claims(store: Store) -> list[Claim]:
    """The creations that were not found when they were looked for, of objects that the inventory does not have."""
    owned = store.inventory().owned
    return [
        claim
        for claim in store.open_creations()
        if claim.intent.address not in owned and claim.intent.address.kind in object_kinds()
    ]


def _decided(
    claim: Claim,
    live: Observed | None,
    store: Store,
    digest_secret: Callable[[str], str],
) -> tuple[str, Settlement]:
    intent, inventory = claim.intent, store.inventory()
    goal = Goal(change_of(intent), {}, digest_secret)
    step = Step(
        Verb(intent.verb), intent.address, intent.moniker, intent.remote_id, intent.wanted, intent.segment, intent.items
    )
    if step.verb is Verb.CREATE:
        return _decided_creation(claim, live, inventory, digest_secret)
    if not is_visible(goal, step, live):
        return "was not executed", Settlement({intent.action_id: ActionState.VOID})
    states = {intent.action_id: ActionState.DONE}
    row = inventory.owned.get(intent.address)
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
    claim: Claim, live: Observed | None, inventory: Inventory, digest_secret: Callable[[str], str]
) -> tuple[str, Settlement]:
    action_id = claim.intent.action_id
    if live is None:
        return "was not executed", Settlement({action_id: ActionState.VOID})
    if is_owned(live, inventory, inventory.owned):
        is_ours = (live.address.kind, live.remote_id) not in inventory.others
        state = ActionState.DONE if is_ours else ActionState.CONFLICT
        words = "had been executed" if is_ours else "another estate of this store owns what has its name"
        return words, Settlement({action_id: state})
    row = made_by(claim, live, digest_secret)
    if row is None:
        return "something else has its name", Settlement({action_id: ActionState.CONFLICT})
    return "had been executed; it is ours", Settlement({action_id: ActionState.ADOPTED}, (row,))


def recover_alone(
    store: Store,
    *,
    control_plane: ControlPlane,
    environment: Environment,
    digest_secret: Callable[[str], str],
    in_flight_seconds: float,
    on_begin: Callable[[Epoch], None] = lambda _: None,
    on_wait: Callable[[LockError, float], None] | None = None,
) -> Recovered:
    """
    Resolve what an interrupted run left, under the lock, before a new plan is made: a plan needs to know what is ours.

    Does nothing, and takes no lock, when nothing is unresolved and no creation may yet turn up. `on_begin` is called
    once the lock is held: until then the other run may be alive. Raises `LockError` when another run is at work, and
    `PlanFileError` when the token is of another account: there, nothing of ours would be found, and taken for gone
    (F16). With `on_wait`, which is told of it, the end of the lease is waited for: only a holder that lives renews it.
    """
    if not store.unresolved() and not waiting_claims(store):
        return Recovered({}, {})
    taken_at, epoch = acquire_when_free(store, environment, on_wait)
    try:
        on_begin(epoch)
        # Waiting for what may still land takes longer than a lease.
        with Lease(store, environment, epoch, taken_at=taken_at):
            store.pin_account(control_plane.snapshot(account_kinds()).account)
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


def acquire_when_free(
    store: Store, environment: Environment, on_wait: Callable[[LockError, float], None] | None
) -> tuple[float, Epoch]:
    """When the lock was asked for, and the epoch; a lease that its holder lets run out is waited for once."""
    taken_at = environment.monotonic()
    try:
        return taken_at, store.acquire(environment.new_id())
    except LockError as error:
        left = store.lease_left()
        if on_wait is None or store.location.path is not None or left <= 0:
            raise
        on_wait(error, left)
        environment.sleep(left + _A_MOMENT)
    taken_at = environment.monotonic()
    return taken_at, store.acquire(environment.new_id())


def tidy(store: Store, epoch: Epoch) -> None:
    """Remove a little of what is old and no recovery needs; where that fails, the run has ended as it did."""
    with suppress(Fenced, StoreError):
        store.prune(epoch)
