"""The codec: payloads into observed objects, specs into bodies. Pure, and derived from each kind's wire facts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from reconciler.control_plane.errors import ProtocolViolation
from reconciler.diagnostics import with_article
from reconciler.diffing.canonical import normal, with_secrets
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.model.secret import Plaintext
from reconciler.model.snapshot import Observed
from reconciler.model.wire import PLAIN, Items, Payload, moniker_of

_MISSING = object()
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def decode(
    kind: Kind, payload: Payload, items: Mapping[str, Sequence[Any]], *, seal: Callable[[str], Any] | None
) -> Observed:
    """
    One live object from its payload and its sub-collections (by segment), its spec in normal form.

    `seal` turns each secret value into what may be kept, e.g. a keyed digest; None keeps the tainted `Plaintext`.
    Members are found whatever their case. Raises `ProtocolViolation` when id or moniker are
    missing.
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
            payload = _cased(kind, payload)
    spec: dict[str, Any] = {}
    _decode_fields(known.fields, payload, spec)
    for fold in wire.folds:
        spec.update(fold.decode(payload))
    for part in wire.items:
        spec.update(part.decode(items.get(part.segment) or ()))
    sealed: Mapping[str, Any] = spec
    if seal is not None and kind.secret_paths:
        sealed = with_secrets(
            kind, spec, lambda _, value: seal(value.reveal()) if isinstance(value, Plaintext) else value
        )
    return Observed(
        Address(kind.name, moniker),
        remote_id,
        normal(kind, sealed),
        unknown=_NOTHING if is_plain else _unknown(kind, payload),
        counts={name: int(payload.get(member) or 0) for name, member in wire.counts} if wire.counts else _NOTHING,
        fixed=bool(wire.fixed_flag and payload.get(wire.fixed_flag)),
    )


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
    return _Known(wire.members, frozenset(kind.spelling.values()), tuple(fields), [()])


def _cased(kind: Kind, payload: Payload) -> Payload:
    spelling = kind.spelling
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
                value = decoder(value)
        if tail:
            if value is not None:
                spec.setdefault(head, {})[tail] = value
        elif value is not None or read in payload:
            # A member that the platform leaves out is left out of the spec; that is not the same as null.
            spec[head] = value


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


def carried(unknown: Mapping[str, Any]) -> dict[str, Any]:
    """
    Members of a newer platform as a PUT carries them.

    References and enumerations are the bare monikers that the platform writes, everything else is
    untouched.
    """
    return {name: _flat(value) for name, value in unknown.items()}


def _flat(value: Any) -> Any:
    is_named = isinstance(value, Mapping) and "moniker" in value and ("id" in value or "key" in value)
    return moniker_of(value) if is_named else value


def differing_items(
    part: Items, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[tuple[Any, ...], Any], list[tuple[Any, ...]]]:
    """Items of a sub-collection to add or change (by identity), and the identities to remove."""
    old, new = part.encode(before), part.encode(after)
    added = {identity: item for identity, item in new.items() if old.get(identity) != item}
    return added, [identity for identity in old if identity not in new]
