"""The declared lifecycle of an object against its row in the inventory, and the changes of it. Pure."""

from reconciler.model.inventory import Owned
from reconciler.model.resource import Resource
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason
from reconciler.plan.comparing import as_it_stands, fingerprint
from reconciler.plan.releases import is_released


def is_settled(owned: Owned, resource: Resource, live: Observed) -> bool:
    """True if nothing differs even before any normal form is made, as with most objects of most plans."""
    return (
        owned.moniker == live.address.name == resource.address.name
        and as_it_stands(resource.spec, live.spec)
        and as_it_stands(owned.last_applied, live.spec)
        and not is_outdated(owned, resource)
        and not is_released(owned, resource)
    )


def is_outdated(owned: Owned, resource: Resource) -> bool:
    """Whether the inventory remembers another protection or deletion policy than the manifest says."""
    lifecycle = resource.lifecycle
    return (owned.protect, owned.retain) != (lifecycle.protect, lifecycle.retain)


def is_lifted(owned: Owned, resource: Resource) -> bool:
    """Whether the manifest ends a protection or a retention that the inventory remembers (S19)."""
    lifecycle = resource.lifecycle
    return (owned.protect and not lifecycle.protect) or (owned.retain and not lifecycle.retain)


def lifting(owned: Owned, resource: Resource, live: Observed, reason: Reason) -> Change:
    """The change that only ends a protection or a retention: nothing of the object is written."""
    return Change(
        owned.address,
        Action.ADOPT,
        live.spec,
        {},
        reason,
        remote_id=live.remote_id,
        live_moniker=live.address.name,
        fingerprint=fingerprint(live.spec, live),
        row_version=owned.row_version,
        protect=resource.lifecycle.protect,
        retain=resource.lifecycle.retain,
        notes=("what else its manifest changes is for the next plan to show",),
    )


def lifecycle_text(owned: Owned, resource: Resource) -> str:
    """The changes in the facts of an object's life that the inventory remembers (S19)."""
    said = []
    if owned.protect != resource.lifecycle.protect:
        said.append("its protection begins" if resource.lifecycle.protect else "its protection ends")
    if owned.retain != resource.lifecycle.retain:
        kept = resource.lifecycle.retain
        said.append("it is kept when it leaves the manifests" if kept else "it is deleted when it leaves the manifests")
    return ", and ".join(said)
