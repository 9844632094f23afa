"""The codec: payloads into observed objects, specs into bodies. Pure, and derived from each kind's wire facts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from reconciler.control_plane.errors import ProtocolViolation
from reconciler.control_plane.spelling import respelt, respelt_items, spelling_of
from reconciler.diagnostics import with_article
from reconciler.diffing.canonical import normal, with_secrets
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.model.live_form import SpecPlace, settled, twins, unit_of
from reconciler.model.secret import Plaintext
from reconciler.model.snapshot import Observed
from reconciler.model.wire import PLAIN, Fold, Items, Payload

UNKNOWN_FORM = "a form that this version does not know"
_MISSING = object()
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


def decode(
    kind: Kind, payload: Payload, items: Mapping[str, Sequence[Any]], *, seal: Callable[[str], Any] | None
) -> Observed:
    """
    One live object from its payload and its sub-collections (by segment), its spec in normal form.

    `seal` turns each secret value into what may be kept, e.g. a keyed digest; None keeps the tainted `Plaintext`.
    Members are found whatever their case. Words, types and shapes that this version does not know never make an object
    unreadable: they stay in the spec as they are, with their places in `unsaid`, or are left out of it where not even
    their form is known. `reconciler.control_plane.leaf.leaves_not_managed` lists them. Raises `ProtocolViolation`
    when id or moniker are missing.
    """
    remote_id, moniker = payload.get("id"), payload.get("moniker")
    if not isinstance(remote_id, str) or not isinstance(moniker, str):
        message = (
            f"{with_article(kind.name)} without id or moniker was answered (members: {', '.join(sorted(payload)[:20])})"
        )
        raise ProtocolViolation(message)
    wire = kind.wire
    known = _known_of(kind.name)
    # Nearly every answer has the members that are known, spelt as they are known, and no others.
    spelt = tuple(payload)
    is_plain = spelt == known.usual[0]
    if not is_plain:
        if known.read <= payload.keys() <= known.members:
            is_plain, known.usual[0] = True, spelt
        else:
            payload = cased(kind, payload)
    spec: dict[str, Any] = {}
    ids: dict[str, tuple[Any, ...]] = {}
    _decode_fields(known.fields, payload, spec)
    for fold in wire.folds:
        payload = arranged(fold, payload)
        spec.update(decoded_part(fold.decode, payload))
        if fold.ids and fold.paths[0] in spec:
            ids[fold.paths[0]] = tuple(item.get(fold.ids) for item in payload.get(fold.members[0]) or ())
    for part in wire.items:
        spec.update(decoded_part(part.decode, respelt_items(part, items.get(part.segment) or ())))
    spec, refused, _ = settled(kind.spec, spec)
    sealed: Mapping[str, Any] = spec
    if seal is not None and kind.secret_paths:
        sealed = with_secrets(
            kind, spec, lambda _, value: seal(value.reveal()) if isinstance(value, Plaintext) else value
        )
    result = normal(kind, sealed)
    return Observed(
        Address(kind.name, moniker),
        remote_id,
        result,
        unknown=_NOTHING if is_plain else _unknown(kind, payload),
        counts={name: int(payload.get(member) or 0) for name, member in wire.counts} if wire.counts else _NOTHING,
        fixed=bool(wire.fixed_flag and payload.get(wire.fixed_flag)),
        unsaid=_unsaid(kind, result, is_refused=bool(refused)),
        item_ids=ids or _NOTHING,
    )


def decoded_part(decode: Callable[[Any], Mapping[str, Any]], data: Any) -> Mapping[str, Any]:
    """A part of the spec; nothing where the platform answers it in a form that is not known."""
    try:
        return decode(data)
    except (TypeError, ValueError, AttributeError, KeyError):
        return _NOTHING


def decoded_rows(fold: Fold, payload: Payload) -> list[tuple[str, Any, str]]:
    """The values of a fold's members that no field holds, beside those that follow from its leaves."""
    try:
        return list(fold.unheld(payload))
    except (TypeError, ValueError, AttributeError, KeyError):
        return [(member, payload[member], UNKNOWN_FORM) for member in fold.members if payload.get(member)]


def prepared(kind: Kind, payload: Payload) -> Payload:
    """A payload with its members spelt as they are known, at any depth, and its lists in their own order."""
    payload = cased(kind, payload)
    for fold in kind.wire.folds:
        payload = arranged(fold, payload)
    return payload


def _unsaid(kind: Kind, spec: Mapping[str, Any], *, is_refused: bool) -> Mapping[SpecPlace, str]:
    """The places that no manifest can hold, by their places in the normal form."""
    found = twins(kind.spec, spec)
    if is_refused:
        # Sets are sorted by now, so the places are looked for again.
        for place, why in settled(kind.spec, spec)[1].items():
            found.setdefault(unit_of(kind.shape, place), why)
    return found or _NOTHING


def arranged(fold: Fold, payload: Payload) -> Payload:
    """
    The payload with the members of a fold spelt as they are known, at any depth, and its list in its own order.

    The same payload where nothing differs.
    """
    names = spelling_of(fold)
    changed = {}
    for member in fold.members:
        value = payload.get(member)
        if value is None:
            continue
        found = respelt(value, names)
        if fold.order is not None:
            found = _ordered(fold.order, found)
        if found is not value:
            changed[member] = found
    return {**payload, **changed} if changed else payload


def _ordered(order: Callable[[Any], Any], value: Any) -> Any:
    try:
        return order(value)
    except (TypeError, AttributeError, KeyError):
        return value


def identity_of(kind: Kind, part: Items, item: Any) -> tuple[Any, ...]:
    """The identity of an item that was read, as the items of a spec have it: in normal form."""
    spec, _, _ = settled(kind.spec, decoded_part(part.decode, [item]))
    found = list(part.encode(spec))
    return found[0] if len(found) == 1 else part.identity(item)


@dataclass(frozen=True, slots=True)
class _Known:
    """
    The facts of a kind that decoding needs, looked up once: known members, those that are read, fields in parts.

    `usual` remembers which members the last answer without surprises had, in their order.
    """

    members: frozenset[str]
    read: frozenset[str]
    fields: tuple[tuple[str, str, str, Callable[[Any], Any] | None, tuple[Any, ...]], ...]
    usual: list[tuple[str, ...]]
    spelling: Mapping[str, str]


@cache
def _known_of(name: str) -> _Known:
    kind = kind_named(name)
    wire = kind.wire
    fields = []
    for field in wire.fields:
        if field.read is not None:
            head, _, tail = field.path.partition(".")
            decoder = None if field.form is PLAIN else field.form.decode
            fields.append((field.read, head, tail, decoder, field.absent))
    return _Known(
        wire.members, frozenset(kind.spelling.values()), tuple(fields), [()], {n.lower(): n for n in wire.members}
    )


def cased(kind: Kind, payload: Payload) -> Payload:
    """The payload with its own members spelt as they are known; the same payload where all of them are."""
    known = _known_of(kind.name)
    if payload.keys() <= known.members:
        return payload
    spelling = known.spelling
    return {spelling.get(name.lower(), name): value for name, value in payload.items()}


def _decode_fields(
    fields: Sequence[tuple[str, str, str, Callable[[Any], Any] | None, tuple[Any, ...]]],
    payload: Payload,
    spec: dict[str, Any],
) -> None:
    for read, head, tail, decoder, absent in fields:
        value = payload.get(read)
        if value is not None:
            if value == "" or value in absent:
                value = None
            elif decoder is not None:
                value = _field_value(decoder, value)
        if tail:
            if value is not None:
                spec.setdefault(head, {})[tail] = value
        elif value is not None or read in payload:
            # A member that the platform leaves out is left out of the spec; that is not the same as null.
            spec[head] = value


def _field_value(decoder: Callable[[Any], Any], value: Any) -> Any:
    try:
        return decoder(value)
    except (TypeError, ValueError, AttributeError):
        return value


def _unknown(kind: Kind, payload: Payload) -> dict[str, Any]:
    known = kind.known_members
    return {name: value for name, value in payload.items() if name.lower() not in known}


def body(kind: Kind, spec: Mapping[str, Any], moniker: str, *, for_update: bool) -> dict[str, Any]:
    """
    The body of a POST or PUT of this object, without its sub-collections.

    Its secrets are references or tainted values; the transport resolves them in its last step.
    """
    written: dict[str, Any] = {"moniker": moniker}
    for field in kind.wire.fields:
        if field.write is None or (for_update and field.create_only):
            continue
        value = _lookup(spec, field.path)
        if value is not _MISSING:
            written[field.write] = field.null if value is None else field.form.encode(value)
    for fold in kind.wire.folds:
        written.update(fold.encode(spec))
    return written


def _lookup(spec: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(spec, Mapping):
            if part not in spec:
                return _MISSING
            spec = spec[part]
        elif isinstance(spec, Sequence) and not isinstance(spec, str) and part.isdigit() and int(part) < len(spec):
            spec = spec[int(part)]
        else:
            return _MISSING
    return spec


def is_around(fold: Fold, pattern: str) -> bool:
    """Whether members of a fold that are known lie inside of the value at this path."""
    return any(path.startswith((f"{pattern}.", f"{pattern}[]")) for path in (*fold.leaves, *fold.read_only))


def differing_items(
    part: Items, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[tuple[Any, ...], Any], list[tuple[Any, ...]]]:
    """Items of a sub-collection to add or change (by identity), and the identities to remove."""
    old, new = part.encode(before), part.encode(after)
    added = {identity: item for identity, item in new.items() if old.get(identity) != item}
    return added, [identity for identity in old if identity not in new]
