"""Drift: what changed on the platform since it was last applied, without a change in the manifests. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.diffing.canonical import comparable, merge, normal, value_at, with_secrets
from reconciler.diffing.fields import FieldChange, FieldOperation
from reconciler.diffing.naming import name_unnamed
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.kind import Kind
from reconciler.model.references import bare
from reconciler.model.resource import Resource
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.plan.comparing import as_it_stands, explain, known_by_id, rename_change
from reconciler.plan.plan import Drift


def drift_since(owned: Mapping[Address, Owned], snapshot: Snapshot) -> tuple[Drift, ...]:
    """The drift of every owned object that has any, in the order of addresses."""
    found = []
    for address, row in sorted(owned.items()):
        live = snapshot.by_id.get((address.kind, row.remote_id))
        if live is None:
            found.append(Drift(address, (), vanished=True))
        elif (drift := drift_of(row, live, kind_named(address.kind), snapshot)) is not None:
            found.append(drift)
    return tuple(found)


def drift_of(owned: Owned, live: Observed, kind: Kind, snapshot: Snapshot) -> Drift | None:
    """The drift of an object from what was last applied to it, or None."""
    if live.address.name == owned.moniker and as_it_stands(owned.last_applied, live.spec):
        return None
    live = known_by_id(kind, live, owned)
    applied = normal(kind, owned.last_applied, renames=_followed(owned, live, kind, snapshot))
    seen = name_unnamed(kind, live.spec, applied)
    wanted = comparable(kind, applied, seen, owned.secret_digests)
    fields: tuple[FieldChange, ...] = ()
    if merge(kind, seen, wanted) != seen:
        # Seen from what we applied, the live value is the new one.
        fields = tuple(map(_turned, explain(kind, applied, wanted, seen).fields))
    if live.address.name != owned.moniker:
        fields = (rename_change(owned.moniker, live.address.name), *fields)
    return Drift(owned.address, fields) if fields else None


def not_accepted(found: Drift, kind: Kind, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> Drift | None:
    """
    The drift without the fields that are declared as they live: somebody brought the live value into the manifest.

    `wanted` is the declaration with its secrets as digests, `seen` the live spec, both in normal form.
    """
    if found.vanished:
        return found
    open_paths = [change.path for change in explain(kind, wanted, wanted, seen).fields]
    fields = tuple(
        change
        for change in found.fields
        if root_of(change.path) not in wanted or any(_overlap(change.path, path) for path in open_paths)
    )
    return replace(found, fields=fields) if fields else None


def _overlap(one: str, other: str) -> bool:
    """Whether one path is the other, or lies below it."""
    longer, shorter = sorted((one, other), key=len, reverse=True)
    return longer.startswith(shorter) and (longer == shorter or longer[len(shorter)] in ".[")


def accepted_row(owned: Owned, resource: Resource) -> Owned | None:
    """
    The inventory row of an object that lives as it is declared, with its declaration as what was last applied.

    None where the row says so already. Secrets stay as the row has them.
    """
    kind = kind_named(owned.address.kind)
    before = normal(kind, owned.last_applied)
    declared = with_secrets(
        kind, normal(kind, resource.spec), lambda path, value: value_at(before, path.split(".")) or value
    )
    secrets = {path[0] for path in kind.secret_paths if value_at(before, path) is None and value_at(declared, path)}
    stated = {name: value for name, value in declared.items() if name not in secrets}
    # A block that holds a secret which the row does not know is left to an apply, which digests it.
    after = merge(kind, before, stated)
    return None if after == before else owned._replace(last_applied=after)


def root_of(path: str) -> str:
    """The field of a spec that a path of a change begins with."""
    return path.partition(".")[0].partition("[")[0]


def _followed(owned: Owned, live: Observed, kind: Kind, snapshot: Snapshot) -> dict[tuple[str, str], str]:
    """
    References that followed a rename: no object has the applied name any more, and the live name is another object's.

    The platform keeps references by id, so renaming an object changes what everybody who refers to it answers; that
    is a drift of the renamed object at most, never of those who refer to it.
    """
    now = {path: name for _, path, name in kind.refers(live.spec)}
    return {
        (reference.kind, bare(name)): now[path]
        for reference, path, name in kind.refers(owned.last_applied)
        if Address(reference.kind, bare(name)) not in snapshot.by_address and path in now
    }


def _turned(change: FieldChange) -> FieldChange:
    turned = {FieldOperation.SET: FieldOperation.CLEAR, FieldOperation.INSERT: FieldOperation.REMOVE}
    turned |= {after: before for before, after in turned.items()}
    operation = turned.get(change.operation, change.operation)
    return replace(change, operation=operation, before=change.after, after=change.before)
