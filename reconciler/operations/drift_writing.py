"""Drift into the manifests: the live value takes the place of the declared one, in its own line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.diffing.canonical import merge, normal, value_at, with_secrets
from reconciler.diffing.naming import name_unnamed
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource
from reconciler.operations.drift import DriftFound, drift_in, sides_of_drift
from reconciler.operations.estate import Estate
from reconciler.operations.row_writing import write_sims
from reconciler.operations.session import opened
from reconciler.operations.written_files import LeftField, WrittenField, WrittenFiles
from reconciler.plan.drifting import root_of
from reconciler.plan.plan import Drift

_Sides = tuple[Mapping[str, Any], Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True)
class DriftWritten:
    """The drift that was found, what of it is in the files now, and what is left."""

    found: DriftFound
    written: tuple[WrittenField, ...]
    left: tuple[LeftField, ...]


def write_drift(estate: Estate, patterns: Sequence[str] = ()) -> DriftWritten:
    """
    Bring the live values of everything that drifted into the files that declare it.

    Only managed fields are written, secrets never, and nothing that a template made. Files are replaced whole, each at
    once. Raises as `drift` does, and `UsageError` for a file that cannot be written.
    """
    with opened(estate) as session:
        snapshot = session.control_plane.snapshot()
        found = drift_in(session, snapshot, patterns)
        files = WrittenFiles(session)
        for one in found.objects:
            write_object(files, one, sides_of_drift(one.address, session, snapshot))
        if found.sims and found.difference is not None:
            write_sims(files, found.difference, frozenset(one.sim for one in found.sims))
        files.save()
        return DriftWritten(found, tuple(files.written), tuple(files.left))


def write_object(files: WrittenFiles, found: Drift, sides: _Sides) -> None:
    """Bring every field of one object that drifted into its manifest; `sides` are what is declared and what lives."""
    address = found.address
    resource = files.session.loaded.built.estate.get(address)
    if found.vanished:
        files.leave(address, "", "it is gone from the platform; remove its manifest, or apply to make it again")
        return
    if sides is None or resource is None:
        files.leave(address, "", "no manifest declares it")
        return
    kind = kind_named(address.kind)
    seen = _without_secrets(files, resource, kind, *sides)
    for name in dict.fromkeys(root_of(change.path) for change in found.fields):
        if name == "metadata":
            files.leave(address, "metadata.name", "its moniker is its name here: declare it under the new one")
        elif name not in resource.spec:
            files.leave(address, name, "the manifest does not state it")
        else:
            _write_field(files, resource, name, seen)


def _without_secrets(
    files: WrittenFiles, resource: Resource, kind: Kind, wanted: Mapping[str, Any], seen: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The live spec with each secret as the manifest names it; one that is another now is left, and said."""
    for path in map(".".join, kind.secret_paths):
        value = value_at(seen, path.split("."))
        if value is not None and value_at(wanted, path.split(".")) not in (None, value):
            files.leave(resource.address, path, "it is a secret, and none is written into a manifest")
    stated = normal(kind, resource.spec)
    return with_secrets(kind, seen, lambda path, value: value_at(stated, path.split(".")) or value)


def _write_field(files: WrittenFiles, resource: Resource, name: str, seen: Mapping[str, Any]) -> None:
    address, kind = resource.address, kind_named(resource.address.kind)
    declared = normal(kind, resource.spec)
    if merge(kind, seen, {name: declared[name]}) == seen:
        return
    if not _is_as_applied(files, address, name, declared):
        files.leave(address, name, "its manifest was changed, too; decide which of the two is meant")
        return
    if name in kind.one_of and seen.get(name) is None:
        files.leave(address, name, "it is of another form on the platform")
        return

    def is_as_lived(made: Resource) -> bool:
        stated = normal(kind, made.spec)
        named = name_unnamed(kind, seen, stated)
        return merge(kind, named, {name: stated[name]} if name in stated else {}) == named

    files.write(address, (name,), seen.get(name), is_as_lived=is_as_lived)


def _is_as_applied(files: WrittenFiles, address: Address, name: str, declared: Mapping[str, Any]) -> bool:
    """Whether the manifest says of a field what was last applied, secrets apart."""
    kind, inventory = kind_named(address.kind), files.session.inventory
    applied = {} if inventory is None else inventory.owned[address].last_applied
    before = with_secrets(kind, normal(kind, applied), lambda *_: "")
    after = with_secrets(kind, declared, lambda *_: "")
    return name in before and merge(kind, before, {name: after[name]}) == before
