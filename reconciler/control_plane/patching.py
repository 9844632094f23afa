"""
The body of a PUT: the answer that was just read, patched. Pure.

A body that is built from a spec erases what the spec does not know. So the answer is turned into the form of a body,
member by member and at any depth, and only those members change whose value in a body made from the wanted spec is
another one than in a body made from the live spec. The law: without an edit, the body is the answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.control_plane import codec
from reconciler.control_plane.spelling import respelt_items
from reconciler.diffing.canonical import merge
from reconciler.model.kind import Kind
from reconciler.model.live_form import settled
from reconciler.model.resource import Spec
from reconciler.model.secret import Plaintext
from reconciler.model.wire import Fold, Items, Payload, moniker_of, patched

_REFERENCE = frozenset({"id", "key", "moniker", "name", "active"})


def edited(kind: Kind, live: Spec, managed: Spec) -> dict[str, Any]:
    """The spec that an object gets: the managed fields over the live ones, those that the platform never tells too."""
    untold = {name: value for name, value in managed.items() if name not in live}
    return {**untold, **merge(kind, live, managed)}


def replacement(kind: Kind, payload: Payload, live: Spec, wanted: Spec, moniker: str) -> dict[str, Any]:
    """
    The body of a PUT that makes an object as `wanted`.

    `live` is the spec that the payload was decoded to, secrets as tainted values, list items by the same names.
    """
    payload = codec.prepared(kind, payload)
    result: dict[str, Any] = {**carried(kind, payload), "moniker": moniker}
    old = codec.body(kind, live, moniker, for_update=True)
    new = codec.body(kind, wanted, moniker, for_update=True)
    for fold in kind.wire.folds:
        if fold.patch is not None:
            for member in fold.members:
                if old.get(member) != new.get(member):
                    result[member] = fold.patch(payload.get(member), result.get(member), live, wanted)
                old.pop(member, None)
                new.pop(member, None)
    sent = {name: new[name] for field in kind.wire.fields if field.read is None and (name := field.write) in new}
    return {**patched(result, old, new), **sent}


def carried(kind: Kind, payload: Payload) -> dict[str, Any]:
    """A payload in the form of a body: what a PUT may carry, as it was read."""
    wire = kind.wire
    fields = {field.read: field for field in wire.fields if field.read}
    folds = {member: fold for fold in wire.folds for member in fold.members}
    told = {"id", "moniker", *wire.computed, *(member for _, member in wire.counts)}
    told |= {name for name in (wire.account, wire.fixed_flag) if name}
    told |= {name for part in wire.items for name in (part.member, part.embedded) if name}
    result: dict[str, Any] = {}
    for member, value in payload.items():
        if member in fields:
            field = fields[member]
            if field.write is not None and not field.create_only:
                result[field.write] = field.null if value is None else _bare(value)
        elif member in folds:
            result[member] = _folded(folds[member], member, value)
        elif member not in told:
            result[member] = _flat(value)
    return result


def item_bodies(
    kind: Kind, part: Items, names: Iterable[tuple[Any, ...]], wanted: Spec, items: Sequence[Any]
) -> list[Any]:
    """
    The bodies of the items with these identities, as `wanted` has them.

    An item that is there already, among `items` as they were read, is patched as an object is.
    """
    items = respelt_items(part, items)
    live = {codec.identity_of(kind, part, item): item for item in items}
    old = part.encode(settled(kind.spec, codec.decoded_part(part.decode, items))[0])
    new = part.encode(wanted)
    return [
        patched(carried_item(part, live[name]), old.get(name, {}), new[name]) if name in live else new[name]
        for name in names
    ]


def carried_item(part: Items, item: Any) -> Mapping[str, Any]:
    """An item of a sub-collection in the form of a body."""
    if not isinstance(item, Mapping):
        return {}
    return {
        part.renamed.get(name, name): _bare(value) if name in part.leaves else _flat(value)
        for name, value in item.items()
        if name not in part.read_only
    }


def _bare(value: Any) -> Any:
    return moniker_of(value) if isinstance(value, Mapping) else value


def _flat(value: Any) -> Any:
    """A value of a newer platform: references and enumerations as the bare monikers that the platform writes."""
    if isinstance(value, list):
        return [_flat(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    # The platform takes its members in any case, and a newer one may answer them so.
    lowered = {str(name).lower(): inner for name, inner in value.items()}
    if "moniker" in lowered and ("id" in lowered or "key" in lowered) and lowered.keys() <= _REFERENCE:
        return moniker_of(lowered)
    return {name: _flat(inner) for name, inner in value.items()}


def _folded(fold: Fold, pattern: str, value: Any) -> Any:
    if pattern in fold.secrets:
        return Plaintext(value) if isinstance(value, str) else value
    if pattern in fold.leaves:
        return _bare(value)
    if isinstance(value, list):
        return [_folded(fold, f"{pattern}[]", item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if not codec.is_around(fold, pattern):
        return _flat(value)
    inner = ((name, f"{pattern}.{name}", item) for name, item in value.items())
    return {name: _folded(fold, path, item) for name, path, item in inner if path not in fold.read_only}
