"""Other runs on the same store: what a run has just made is not known as ours yet."""

from dataclasses import replace

from reconciler.environment import Environment
from reconciler.errors import LockError, StoreError
from reconciler.model.inventory import Inventory
from reconciler.operations.planning import Planned
from reconciler.plan.deriving import derived
from reconciler.plan.owners import OWNERSHIP
from reconciler.plan.planfile import digest_of
from reconciler.store.location import StoreLocation
from reconciler.store.reader import read_inventory
from reconciler.store.records import Holder


def said_of_others(
    planned: Planned, before: Inventory | None, location: StoreLocation, environment: Environment
) -> Planned:
    """
    The plan, made with the inventory `before`, whose refusals of what is not ours say so where another run made it.

    The store is read, and only where something was refused; one that cannot be read changes nothing.
    """
    if not refuses_ownership(planned):
        return planned
    try:
        inventory = read_inventory(location, planned.plan.basis.estate)
        running = _running(location, environment) if inventory is not None else None
    except StoreError:
        return planned
    known = inventory.owned.keys() - (before.owned.keys() if before else ()) if inventory is not None else frozenset()

    if not (known or running):
        return planned
    refused = {address for result in planned.plan.objections() for address in result.addresses}
    grounds = replace(planned.plan.grounds, made_beside=tuple(sorted(known & refused)), running=running)
    plan = derived(replace(planned.plan, grounds=grounds))
    return replace(planned, plan=plan, digest=digest_of(plan))


def refuses_ownership(planned: Planned) -> bool:
    """Whether a plan refuses something because it is not ours."""
    return any(result.guard == OWNERSHIP for result in planned.plan.objections())


def be_alone(location: StoreLocation, environment: Environment) -> None:
    """Raise `LockError` naming whoever is at work: what a running apply has just made would seem to be foreign."""
    holder = _holder(location, environment)
    if holder is not None:
        message = f"the store is locked by {holder}"
        hint = f"wait for it, or if it is certainly gone: reconciler unlock --epoch {holder.epoch}"
        raise LockError(message, hint=hint)


def _running(location: StoreLocation, environment: Environment) -> str | None:
    """Who holds the lock, in words; None for nobody."""
    holder = _holder(location, environment)
    return None if holder is None else f"{holder.name} on {holder.host} since {holder.since} (run {holder.run_id})"


def _holder(location: StoreLocation, environment: Environment) -> Holder | None:
    """Who holds the lock, on this machine only if the process lives; None for nobody."""
    # Imported here: a command that only reads seldom has to know.
    from reconciler.store.liveness import living
    from reconciler.store.store import Store

    if location.path is not None and living(location.path) is None:
        return None
    with Store.open(location, estate="", create=False, environment=environment) as store:
        return store.running()
