"""One declaration against one live object: unchanged, updated or replaced, field by field. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.diffing.canonical import comparable, completed, managed_part, merge, normal, place_of, with_secrets
from reconciler.diffing.fields import FieldChange, FieldOperation, field_changes
from reconciler.diffing.naming import name_unnamed, with_known_names
from reconciler.errors import Refused
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.kind import Kind
from reconciler.model.secret import host_in
from reconciler.model.snapshot import Observed
from reconciler.plan.canonical_json import digest

SECRET = "(secret)"  # noqa: S105 - what is shown instead of one


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    The differences between a declaration and its live object.

    `before` and `after` are the managed fields, `before` with references as they were read; `blocking` names the
    immutable fields that differ with their rule.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    fields: tuple[FieldChange, ...]
    blocking: tuple[tuple[str, str], ...] = ()


def compare(
    kind: Kind,
    declared: Mapping[str, Any],
    live: Observed,
    *,
    digests: Mapping[str, str],
    renames: Mapping[tuple[str, str], str],
) -> Comparison | None:
    """
    None when every managed field is as declared, in normal form; else what differs.

    Raises `Refused` for a difference that no field explains: a plan never writes what it does not show (law 7).
    """
    seen = live.spec if not renames else normal(kind, live.spec, renames=renames)
    seen = name_unnamed(kind, seen, declared)
    wanted = comparable(kind, declared, seen, digests) if kind.secret_paths else declared
    if merge(kind, seen, wanted) == seen:
        return None
    found = explained(live.address, explain(kind, declared, wanted, seen))
    if not renames:
        return found
    # A plan keeps references as they were read: its reader follows the renames, and twice along a chain goes astray.
    return replace(found, before=managed_part(kind, _named_as(kind, live.spec, seen), wanted))


def explained(address: Address, found: Comparison) -> Comparison:
    """The differences of an object, which are there; `Refused` where no field says in what it differs."""
    if not found.fields:
        message = f"{address} differs from its manifest, and no field says in what"
        raise Refused(message, hint="please report it, and edit the object in the portal until then")
    return found


def known_by_id(kind: Kind, live: Observed, owned: Owned | None) -> Observed:
    """The live object with the names of list items that the inventory knows by the platform's ids."""
    if owned is None or not owned.item_names or not live.item_ids:
        return live
    return live._replace(spec=with_known_names(kind, live.spec, live.item_ids, owned.item_names))


def managed_fields(
    kind: Kind, declared: Mapping[str, Any], live: Observed, *, unmanaged: Iterable[str] = ()
) -> Mapping[str, Any]:
    """
    The declared fields in normal form, with the values inside of them that no manifest can hold.

    `unmanaged` are fields inside of lists that the manifest leaves out as not managed here.
    """
    wanted = normal(kind, declared)
    if not live.unsaid and not unmanaged:
        return wanted
    named = name_unnamed(kind, live.spec, wanted)
    places = [place for text in unmanaged if (place := place_of(kind.shape, named, text)) is not None]
    return completed(kind, wanted, named, [*live.unsaid, *places])


def _named_as(kind: Kind, spec: Mapping[str, Any], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """The spec with its ordered items called as in `named`, which has the same items in the same order."""
    for field, place in kind.shape.members.items():
        if place.ordered and spec.get(field):
            identity = place.item_key[0]
            pairs = zip(spec[field], named[field], strict=True)
            spec = {**spec, field: [{**item, identity: other[identity]} for item, other in pairs]}
    return spec


def as_it_stands(managed: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """
    Whether every managed field is in the live spec letter for letter.

    Values that are equal as read are equal in normal form too; most objects are, and this check is several times
    cheaper than normalising both. No answer is lost: where this is False, the normal forms decide.
    """
    return {**live, **managed} == live


def explain(kind: Kind, declared: Mapping[str, Any], wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> Comparison:
    """The differences between the wanted fields and the seen ones, given that there are some."""
    before = managed_part(kind, seen, wanted)
    changes = field_changes(_shown(kind, before, wanted), _shown(kind, wanted, before), kind.shape)
    return Comparison(before, declared, changes, blocking(kind, before, wanted))


def _shown(kind: Kind, spec: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """The spec with secrets that are the same on both sides hidden, and those that differ told apart."""

    def shown(path: str, value: Any) -> Any:
        found: Any = other
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if found == value:
            return SECRET
        host = host_in(str(value))
        return f"{SECRET} {str(value).partition('@')[0][-6:]}" + (f" at {host}" if host else "")

    return with_secrets(kind, spec, shown)


def blocking(kind: Kind, before: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The immutable fields that differ, with their rule."""
    found = [(".".join(path), rule) for path, rule in kind.immutable if _differ(_at(before, path), _at(wanted, path))]
    chosen = next((name for name in kind.one_of if wanted.get(name) is not None), None)
    if chosen is not None and before.get(chosen) is None:
        found.append((chosen, "D-39"))
    for items in kind.wire.items:
        name = items.paths[0]
        first = (before.get(name) or [None])[0]
        if items.fixed_first and first is not None and name in wanted and first not in wanted[name]:
            found.append((f"{name}[{first}]", "D-16"))
    return tuple(found)


def _differ(old: Any, new: Any) -> bool:
    return old is not None and new is not None and bool(old != new)


def _at(spec: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        spec = spec.get(part) if isinstance(spec, Mapping) else None
    return spec


def rename_change(old: str, new: str) -> FieldChange:
    """The field change of a rename: the moniker is an attribute, the id is the identity (D-6)."""
    return FieldChange("metadata.name", FieldOperation.EDIT, old, new)


def document_path(fields: tuple[FieldChange, ...]) -> tuple[str | int, ...]:
    """The place in the document of the first field that changed; there is at least one."""
    path = fields[0].path
    return tuple(path.split(".")) if path.startswith("metadata") else ("spec", *path.split("[")[0].split("."))


def fingerprint(spec: Mapping[str, Any], live: Observed) -> str:
    """The digest of what was read of an object: its managed fields and the number of SIMs in it."""
    return digest({"id": live.remote_id, "spec": spec, "sims": live.counts.get("sims", 0)})
