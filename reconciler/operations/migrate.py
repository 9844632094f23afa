"""Migration from the platform's own Terraform provider: its objects as manifests, and owned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.kinds import object_kinds
from reconciler.manifests.terraform_state import KINDS, LARGEST_BYTES, StateObject, state_objects
from reconciler.model.address import Address
from reconciler.model.snapshot import Snapshot
from reconciler.named_files import read_named
from reconciler.operations.adopt import adopt
from reconciler.operations.apply import APPROVED, Review
from reconciler.operations.estate import EMBEDDED, Estate
from reconciler.operations.export import export
from reconciler.operations.export_files import Exported
from reconciler.operations.export_wish import wish_of
from reconciler.operations.platform import chosen_origin, connected, digester
from reconciler.plan.outcomes import ApplyReport


@dataclass(frozen=True, slots=True)
class TerraformExport:
    """The files that were written, the address of each object of the state, and the objects that are not there."""

    exported: Exported
    addresses: tuple[tuple[StateObject, Address], ...]
    missing: tuple[StateObject, ...]


def export_state(estate: Estate, state: Path, folder: Path) -> TerraformExport:
    """
    Write manifests of what a Terraform state manages, as it lives on the platform, and of nothing else.

    Objects are found by the id in the state, whatever they are called by now. The state's attributes are not read: they
    may be old, and hold secrets. Raises `UsageError` for what is no state, and as `export` does.
    """
    content = read_named(state, limit=LARGEST_BYTES, noun="the Terraform state", hint="name the file of the state")
    objects = state_objects(content, str(state))
    if chosen_origin(estate) == EMBEDDED:
        message = "the embedded simulator has no objects of a Terraform state"
        raise UsageError(message, hint="name the platform with --platform or STACUITY_HOST")
    with connected(estate, digester(None)) as control_plane:
        snapshot = control_plane.snapshot()
    found = [(one, _address(one, snapshot)) for one in objects]
    addresses = tuple((one, address) for one, address in found if address is not None)
    missing = tuple(one for one, address in found if address is None)
    if not addresses:
        message = f"none of the {len(objects):,} objects of {state} is in this account"
        raise UsageError(message, hint="check --platform and the token: the state may be of another account")
    names = [str(address) for _, address in addresses]
    kinds = sorted({address.kind for _, address in addresses})
    exported = export(estate, folder, wish_of(estate, kinds=kinds, addresses=names))
    return TerraformExport(exported, addresses, missing)


def adopt_state(
    estate: Estate, folder: Path, addresses: Sequence[Address], *, review: Review = APPROVED
) -> ApplyReport | None:
    """Take over what was exported into a folder, in the store of the estate there; nothing is sent."""
    return adopt(replace(estate, root=folder), tuple(map(str, addresses)), review=review)


def _address(one: StateObject, snapshot: Snapshot) -> Address | None:
    """The live address of an object of a state: by its id, else by its moniker."""
    kind = KINDS.get(one.type)
    if kind is None or kind not in object_kinds():
        return None
    live = snapshot.by_id.get((kind, one.remote_id)) or (
        snapshot.by_address.get(Address(kind, one.moniker)) if not one.remote_id else None
    )
    return None if live is None or live.fixed else live.address
