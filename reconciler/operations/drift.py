"""Drift: what changed on the platform since the last apply."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from reconciler.control_plane.port import ControlPlane
from reconciler.errors import StoreError
from reconciler.kinds import kind_named
from reconciler.manifests.declarations import Loaded
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.resource import Resources
from reconciler.model.snapshot import Snapshot
from reconciler.operations.estate import Estate
from reconciler.operations.planning import inputs_of, sim_difference
from reconciler.operations.session import opened
from reconciler.plan.drifting import drift_since
from reconciler.plan.matching import group_renames
from reconciler.plan.plan import Drift
from reconciler.plan.scoping import all_outside
from reconciler.plan.sim_drift import SimDrift, drift_of_sims


@dataclass(frozen=True, slots=True)
class DriftFound:
    """
    The drift of objects and of SIMs, and how much was compared.

    `outside` are owned objects outside of the scope, which are not compared. `compared_sims` is None where the estate
    declares no SIMs, or where its manifests changed since SIMs were last applied completely: then `unclear_sims` of
    them are not as the manifests say, and whether they drifted is not known.
    """

    objects: tuple[Drift, ...]
    sims: tuple[SimDrift, ...]
    outside: tuple[Address, ...]
    compared: int
    compared_sims: int | None
    unclear_sims: int


def drift(estate: Estate) -> DriftFound:
    """Compare what the estate owns with what was last applied to it, and every SIM with what was applied."""
    with opened(estate) as session:
        if session.inventory is None:
            message = f"there is no store at {session.location}, so nothing is known of what was applied"
            raise StoreError(message, hint="run this where the store is, or name a shared one in reconciler.yaml")
        owned = session.inventory.owned
        snapshot = session.control_plane.snapshot()
        beyond = all_outside(owned.values(), snapshot, session.loaded.configuration.scope)
        owned = {address: row for address, row in owned.items() if address not in beyond}
        found = drift_since(owned, snapshot)
        roster = session.loaded.roster
        with session.store() as store:
            as_of, exempt = store.sims_as_of(), store.sims_exempt()
        is_known = roster is None or as_of == inputs_of(session.loaded)
        known = exempt if is_known else {}
        sims = sims_since(session.loaded, session.control_plane, snapshot, session.inventory, exempt=known)
    compared = len(roster.members) if roster is not None and is_known else None
    # The manifests have changed since the apply: a plan shows how the SIMs differ from them.
    return DriftFound(
        tuple(found), sims if is_known else (), beyond, len(owned), compared, 0 if is_known else len(sims)
    )


def sims_since(
    loaded: Loaded,
    control_plane: ControlPlane,
    snapshot: Snapshot,
    inventory: Inventory,
    *,
    exempt: Mapping[str, AbstractSet[str]] | None = None,
) -> tuple[SimDrift, ...]:
    """
    How the SIMs of the account differ from what the estate says of them, without its objects being planned.

    `exempt` are those of which it is known that they were suspended, missing or gone when SIMs were last applied.
    """
    if loaded.roster is None:
        return ()
    estate = Resources(r for r in loaded.built.estate.values() if not kind_named(r.address.kind).is_roster)
    renames = group_renames(estate, snapshot, inventory)
    found = sim_difference(loaded.roster, control_plane, renames, loaded.configuration.scope)
    return drift_of_sims(found, loaded.roster, exempt or {})
