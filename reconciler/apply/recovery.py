"""
The outcome of requests that the journal does not have: the first thing that each apply finds out.

Recovery reads, and decides by what it sees; it sends nothing and asks no person. An object that cannot be read stays
unknown, and only that object is left alone.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from reconciler.apply.goal import Goal
from reconciler.apply.lease import Lease, acquire_when_free
from reconciler.apply.objects.steps import is_visible
from reconciler.apply.precondition import FOREIGN, Readiness, precondition
from reconciler.control_plane.errors import ControlPlaneError
from reconciler.control_plane.port import ControlPlane, Step, Verb
from reconciler.diffing.canonical import surely_declared
from reconciler.diffing.naming import known_names
from reconciler.environment import Environment
from reconciler.errors import LockError, StoreError
from reconciler.kinds import account_kinds, kinds, object_kinds
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Owned
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.store.lock import Fenced
from reconciler.store.records import ActionState, Claim, Epoch, Intent, Settlement
from reconciler.store.store import Store


@dataclass(frozen=True, slots=True)
class Recovered:
    """The outcomes that were found, in words by address, and those that were not: those objects are left alone."""

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
    sighting = None if live is None else goal.sighting(live)
    if not is_visible(step, sighting):
        return "was not executed", Settlement({intent.action_id: ActionState.VOID})
    states = {intent.action_id: ActionState.DONE}
    row = inventory.owned.get(intent.address)
    if row is None or row.remote_id != intent.remote_id:
        return "had been executed", Settlement(states)
    if step.verb is Verb.DELETE:
        return "had been executed", Settlement(states, removals=(intent.address,))
    if sighting is not None and sighting.is_reached:
        digests = {**row.secret_digests, **goal.secret_digests}
        applied = goal.after or row.last_applied
        names = known_names(goal.kind, sighting.spec, sighting.live.item_ids)
        row = row._replace(
            moniker=sighting.live.address.name, last_applied=applied, secret_digests=digests, item_names=names
        )
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
        return FOREIGN.reason, Settlement({action_id: ActionState.CONFLICT})
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


def tidy(store: Store, epoch: Epoch) -> None:
    """Remove a little of what is old and no recovery needs; where that fails, the run has ended as it did."""
    with suppress(Fenced, StoreError):
        store.prune(epoch)


# --- objects that our own intents made --------------------------------------------------------------------------------


def change_of(intent: Intent) -> Change:
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


def made_by(claim: Claim, live: Observed, digest_secret: Callable[[str], str]) -> Owned | None:
    """
    The inventory row of `live` if the creation of this claim made it, else None.

    It is recognised by the id that the platform answered, or else by its name and its whole wanted content: the name
    alone proves nothing (I5, I6).
    """
    intent = claim.intent
    goal = Goal(change_of(intent), {}, digest_secret)
    found = precondition(goal, goal.sighting(live), owned=None, made=claim.answered, has_intent=True)
    if found.readiness is Readiness.CONFLICT:
        return None
    return Owned(
        intent.address,
        live.remote_id,
        live.address.name,
        protect=intent.protect,
        last_applied=surely_declared(goal.kind, intent.address.name, goal.after),
        secret_digests=goal.secret_digests,
        retain=intent.retain,
        source=intent.source,
        item_names=known_names(goal.kind, goal.sighting(live).spec, live.item_ids),
    )


def is_owned(live: Observed, inventory: Inventory, owned: Mapping[Address, Owned]) -> bool:
    """Whether an estate of the store has this object already, under any address; `owned` is what ours has."""
    return (live.address.kind, live.remote_id) in inventory.others or any(
        row.address.kind == live.address.kind and row.remote_id == live.remote_id for row in owned.values()
    )


def with_evidence(
    inventory: Inventory, claims: Sequence[Claim], snapshot: Snapshot, digest_secret: Callable[[str], str]
) -> Inventory:
    """
    The inventory with the objects that our own intents made and that it does not have yet.

    The next apply writes the same rows before it does anything else, so a plan may count on them.
    """
    owned = dict(inventory.owned)
    for claim in claims:
        address = claim.intent.address
        if address.kind not in object_kinds():
            continue
        row = owned.get(address)
        if row is not None and (address.kind, row.remote_id) in snapshot.by_id:
            continue
        answered = (snapshot.by_id.get((address.kind, key)) for key in sorted(claim.answered))
        named = snapshot.by_address.get(Address(address.kind, claim.intent.moniker))
        live = next((seen for seen in answered if seen is not None), named)
        found = None if live is None or is_owned(live, inventory, owned) else made_by(claim, live, digest_secret)
        if found is not None:
            owned[address] = found
    return inventory if owned == inventory.owned else replace(inventory, owned=owned)
