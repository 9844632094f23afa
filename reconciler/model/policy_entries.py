"""Entries of policies: a default and exceptions by country and operator, one codec for each kind that has them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.model.lookup import Lookup
from reconciler.model.wire import Items


def policy_entries(
    default: Lookup,
    entries: Lookup,
    *,
    key: tuple[Lookup, ...],
    value: Lookup,
    read: Mapping[Lookup, str],
    decoded: Callable[[Any], Any],
    write: Mapping[str, Lookup],
    batch: bool,
) -> Items:
    """
    The sub-collection behind a field for the default and a list for the exceptions (D-30, D-31, D-33).

    `key` and `value` are the fields of an exception; the default is a value without a key. `read` has their members in
    answers, where `decoded` takes the value out of its member, `write` those of a body, in their order.
    """

    def identity(item: Any) -> tuple[Any, ...]:
        return tuple(item.get(read[field]) for field in key)

    def decode(items: Sequence[Any]) -> Mapping[str, Any]:
        spec: dict[str, Any] = {str(default): None, str(entries): []}
        for item in items:
            found, place = decoded(item.get(read[value])), identity(item)
            if not any(part is not None for part in place):
                spec[str(default)] = found
                continue
            entry = dict(zip((*key, value), (*place, found), strict=True))
            spec[str(entries)].append({str(field): known for field, known in entry.items() if known is not None})
        return spec

    def encode(spec: Mapping[str, Any]) -> Mapping[tuple[Any, ...], Any]:
        found = {tuple(field.of(entry) for field in key): value.of(entry) for entry in entries.of(spec) or ()}
        if (common := spec.get(str(default))) is not None:
            found = {(None,) * len(key): common, **found}
        return {place: body(place, known) for place, known in found.items()}

    def body(place: tuple[Any, ...], known: Any) -> Mapping[str, Any]:
        entry = dict(zip((*key, value), (*place, known), strict=True))
        return {member: entry[field] for member, field in write.items()}

    return Items(
        paths=(str(default), str(entries)),
        segment="entries",
        decode=decode,
        encode=encode,
        identity=identity,
        delete_key=lambda item: str(item["id"]),
        batch=batch,
        member="entries",
        renamed={read[field]: member for member, field in write.items()},
        leaves={member: f"{entries}[].{field}" for field, member in read.items()},
        read_only=("id", "regionalGatewayPolicyId", "steeringProfileId"),
    )
