"""Drift: what changed on the platform since the last apply."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from reconciler.control_plane.port import ControlPlane
from reconciler.diagnostics import nearest
from reconciler.diffing.canonical import comparable, normal
from reconciler.diffing.naming import name_unnamed
from reconciler.diffing.rosters import RosterDifference
from reconciler.errors import StoreError, UsageError
from reconciler.kinds import kind_named
from reconciler.manifests.declarations import Loaded
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.resource import Resources
from reconciler.model.snapshot import Snapshot
from reconciler.operations.estate import Estate
from reconciler.operations.planning import inputs_of, sim_difference
from reconciler.operations.planning import secret_digests as digest_by
from reconciler.operations.session import Session, opened
from reconciler.plan.authorship import Authorship, authorship_of
from reconciler.plan.comparing import known_by_id, managed_fields
from reconciler.plan.drifting import drift_since, not_accepted
from reconciler.plan.matching import group_renames
from reconciler.plan.needed_secrets import secret_digests
from reconciler.plan.patterns import fits
from reconciler.plan.plan import Drift
from reconciler.plan.scoping import all_outside
from reconciler.plan.sim_drift import SimDrift, drift_of_sims


@dataclass(frozen=True, slots=True)
class DriftFound:
    """
    The drift of objects and of SIMs, and how much was compared.

    `outside` are owned objects outside of the scope, which are not compared. `compared_sims` is None where the estate
    declares no SIMs, or where its manifests changed since SIMs were last applied completely: then `unclear_sims` of
    them are not as the manifests say, and whether they drifted is not known. `authors` has who changed an object last,
    where the platform tells.
    """

    objects: tuple[Drift, ...]
    sims: tuple[SimDrift, ...]
    outside: tuple[Address, ...]
    compared: int
    compared_sims: int | None
    unclear_sims: int
    difference: RosterDifference | None = field(default=None, compare=False, repr=False)
    authors: Mapping[Address, Authorship] = field(default_factory=dict)


def drift(estate: Estate, patterns: Sequence[str] = ()) -> DriftFound:
    """
    Compare what the estate owns with what was last applied to it, and every SIM with what was applied.

    `patterns` choose owned objects and sets of SIMs; without any, everything is compared. Raises `UsageError` for one
    that chooses nothing.
    """
    with opened(estate) as session:
        return drift_in(session, session.control_plane.snapshot(), patterns)


def drift_in(session: Session, snapshot: Snapshot, patterns: Sequence[str]) -> DriftFound:
    """The drift by a reading, in a session that is open."""
    loaded = session.loaded
    if session.inventory is None:
        message = f"there is no store at {session.location}, so nothing is known of what was applied"
        raise StoreError(message, hint="run this where the store is, or name a shared one in reconciler.yaml")
    snapshot.require(address.kind for address in session.inventory.owned)
    chosen = _chosen(session, patterns)
    owned = {address: row for address, row in session.inventory.owned.items() if str(address) in chosen}
    beyond = all_outside(owned.values(), snapshot, loaded.configuration.scope)
    owned = {address: row for address, row in owned.items() if address not in beyond}
    found = [left for one in drift_since(owned, snapshot) if (left := _not_accepted(one, session, snapshot))]
    roster = loaded.roster
    with session.store() as store:
        as_of, exempt = store.sims_as_of(), store.sims_exempt()
    is_known = roster is None or as_of == inputs_of(loaded)
    known = exempt if is_known else {}
    difference = _sim_difference(loaded, session.control_plane, snapshot, session.inventory)
    sims = () if difference is None or roster is None else drift_of_sims(difference, roster, known)
    compared = len(roster.members) if roster is not None and is_known else None
    named = tuple(one for one in sims if not patterns or one.address in chosen)
    # The manifests have changed since the apply: a plan shows how the SIMs differ from them.
    unclear = 0 if is_known else len(sims)
    authors = {
        one.address: author
        for one in found
        if (live := snapshot.by_id.get((one.address.kind, owned[one.address].remote_id))) is not None
        and (author := authorship_of(live)) is not None
    }
    seen = named if is_known else ()
    return DriftFound(tuple(found), seen, beyond, len(owned), compared, unclear, difference, authors)


def _chosen(session: Session, patterns: Sequence[str]) -> frozenset[str]:
    """The addresses that are compared: of owned objects and of declared sets of SIMs."""
    owned = session.inventory.owned if session.inventory is not None else ()
    sets = (a for a in session.loaded.built.estate if kind_named(a.kind).is_roster)
    possible = frozenset(map(str, (*owned, *sets)))
    for pattern in patterns:
        if not any(fits(name, pattern) for name in possible):
            guess = nearest(pattern, possible)
            message = f"{pattern} is nothing that this estate owns"
            raise UsageError(message, hint=f"did you mean {guess}?" if guess else "see `reconciler inventory list`")
    return frozenset(name for name in possible if not patterns or any(fits(name, pattern) for pattern in patterns))


def _not_accepted(found: Drift, session: Session, snapshot: Snapshot) -> Drift | None:
    """The drift without what somebody has brought into the manifests since."""
    sides = sides_of_drift(found.address, session, snapshot)
    return found if sides is None else not_accepted(found, kind_named(found.address.kind), *sides)


def sides_of_drift(
    address: Address, session: Session, snapshot: Snapshot
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The declared spec, its secrets as digests, and the live one, in normal form; None where either is missing."""
    resource = session.loaded.built.estate.get(address)
    inventory = session.inventory
    row = None if inventory is None else inventory.owned.get(address)
    live = None if row is None else snapshot.by_id.get((address.kind, row.remote_id))
    if resource is None or live is None or inventory is None:
        return None
    kind = kind_named(address.kind)
    renames = {
        (other.address.kind, other.address.name): one.address.name
        for one in inventory.owned.values()
        if (other := snapshot.by_id.get((one.address.kind, one.remote_id))) and other.address != one.address
    }
    live = known_by_id(kind, live, row)
    declared = managed_fields(kind, resource.spec, live, unmanaged=resource.lifecycle.unmanaged)
    seen = name_unnamed(kind, normal(kind, live.spec, renames=renames), declared)
    digest = digest_by(session.secrets.find, session.digest)
    return comparable(kind, declared, seen, secret_digests(kind, resource.spec, digest)), seen


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
    found = _sim_difference(loaded, control_plane, snapshot, inventory)
    return () if found is None or loaded.roster is None else drift_of_sims(found, loaded.roster, exempt or {})


def _sim_difference(
    loaded: Loaded, control_plane: ControlPlane, snapshot: Snapshot, inventory: Inventory
) -> RosterDifference | None:
    """The difference between the declared SIMs and the live ones; None where none are declared."""
    if loaded.roster is None:
        return None
    estate = Resources(r for r in loaded.built.estate.values() if not kind_named(r.address.kind).is_roster)
    renames = group_renames(estate, snapshot, inventory)
    return sim_difference(loaded.roster, control_plane, renames, loaded.configuration.scope)
