"""Entries of policies: a default and exceptions by country and operator, one codec for each kind that has them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.model.lookup import Lookup
from reconciler.model.wire import Items

_COUNTRY, _OPERATOR = "country", "operator"
_ISO3, _OPERATOR_ID = "iso3", "operatorId"


def policy_entries(
    default: Lookup,
    entries: Lookup,
    value: Lookup,
    *,
    read: tuple[str, Callable[[Any], Any]],
    write: Sequence[str],
    batch: bool,
) -> Items:
    """
    The sub-collection behind a field for the default and a list for the exceptions (D-30, D-31, D-33).

    `value` is the field of an entry that the default is a value of too; `read` is its member in answers, with its
    decoder. `write` are the members of a body in their order.
    """
    member, decoded = read
    written = next(name for name in write if name not in {_ISO3, _OPERATOR_ID})

    def decode(items: Sequence[Any]) -> Mapping[str, Any]:
        spec: dict[str, Any] = {str(default): None, str(entries): []}
        for item in items:
            found, (country, operator) = decoded(item.get(member)), _identity(item)
            if country is None and operator is None:
                spec[str(default)] = found
                continue
            entry = {_COUNTRY: country, _OPERATOR: operator, str(value): found}
            spec[str(entries)].append({name: known for name, known in entry.items() if known is not None})
        return spec

    def encode(spec: Mapping[str, Any]) -> Mapping[tuple[Any, ...], Any]:
        found = {(entry[_COUNTRY], entry.get(_OPERATOR)): value.of(entry) for entry in entries.of(spec) or ()}
        if (common := spec.get(str(default))) is not None:
            found = {(None, None): common, **found}
        return {place: body(*place, known) for place, known in found.items()}

    def body(country: Any, operator: Any, known: Any) -> Mapping[str, Any]:
        members = {_ISO3: country, _OPERATOR_ID: operator, written: known}
        return {name: members[name] for name in write}

    return Items(
        paths=(str(default), str(entries)),
        segment="entries",
        decode=decode,
        encode=encode,
        identity=_identity,
        delete_key=lambda item: str(item["id"]),
        batch=batch,
        member="entries",
    )


def _identity(item: Any) -> tuple[Any, ...]:
    return item.get(_ISO3), item.get(_OPERATOR_ID)
