"""
The values of a live object that are not managed here, because no field of a manifest can hold them. Pure.

An export writes everything else, and lists these. Each value of an answer is in the spec, is one that only the
platform writes, says nothing (null or empty), or is listed here: nothing is left out in silence.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.control_plane import codec
from reconciler.control_plane.spelling import respelt_items
from reconciler.diffing.fields import item_name
from reconciler.diffing.naming import name_unnamed
from reconciler.kinds import kind_named
from reconciler.model.kind import Kind
from reconciler.model.live_form import LiveLeaf, SpecPlace, settled, twins, unit_of
from reconciler.model.shape import Shape
from reconciler.model.snapshot import Observed
from reconciler.model.wire import Fold, Items, Payload

UNKNOWN_MEMBER = "a member that this version does not know"
_NO_FIELD = "no field holds it while the others of its block are as they are"
_IN_BLOCK = "its block or list is managed as a whole, and another part of it cannot be"
_POSITION = re.compile(r"\[[0-9]+\]")
_SECRET_NAME = re.compile(r"(?i)pass(word|phrase)|secret|token|credential|(preshared|private|api|auth)_?key|psk")
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_ALSO_UNSET: tuple[Any, ...] = (0, False)
_NAMED = frozenset({"id", "key", "moniker", "name", "active"})


def leaves_not_managed(seen: Observed) -> tuple[LiveLeaf, ...]:
    """
    Each value of a live object that is not managed here, in the order of the answer.

    Call it with an object of ``control_plane.snapshot(keep=True)`` or of ``control_plane.read(…)``: both keep the
    answer that they were made from. A manifest of the object is its ``spec``, with the names that
    ``name_unnamed(kind, spec, {})`` gives to list items, without what lies at each `place` of the result; the object
    itself is never left out. Where `place` is None there is nothing to leave out, and the row is all that is told.
    """
    if seen.raw is None:
        message = f"{seen.address} was read without its answer"
        raise ValueError(message)
    kind = kind_named(seen.address.kind)
    payload = codec.prepared(kind, seen.raw.payload)
    held = _Held(kind, seen, payload)
    found = list(_of_members(kind, payload, held))
    for part in kind.wire.items:
        items = respelt_items(part, seen.raw.items.get(part.segment) or ())
        found.extend(_of_items(part, items, held))
    return (*found, *held.untold())


class _Held:
    """The values of an object that its spec holds, and why others are not held."""

    def __init__(self, kind: Kind, seen: Observed, payload: Payload) -> None:
        self.kind = kind
        self.spec = name_unnamed(kind, seen.spec, {})
        # Reasons of the refused values themselves, of values with an earlier twin, and of forms that are not known.
        self.refused = {**twins(kind.spec, seen.spec), **settled(kind.spec, seen.spec)[1]}
        self.units = {unit_of(kind.shape, place): why for place, why in self.refused.items()}
        self.told: set[SpecPlace] = set()
        parts = [codec.decoded_part(fold.decode, payload) for fold in kind.wire.folds]
        self.unshaped = settled(kind.spec, {name: value for part in parts for name, value in part.items()})[2]

    def leaf(self, wire: str, path: str, value: Any, positions: Sequence[int]) -> LiveLeaf | None:
        """The row of a value whose field is `path`, with its positions in lists; None where the spec holds it."""
        place = _placed(path, positions)
        found = _value_at(self.spec, place)
        unit = next((place[:depth] for depth in range(1, len(place) + 1) if place[:depth] in self.units), None)
        if value in _EMPTY:
            return None
        if unit is not None:
            self.told.add(unit)
            why = self.refused.get(place) or (self.units[unit] if unit == place else _inner(self.refused, place))
            return LiveLeaf(wire, self._shown(path, value), why or _IN_BLOCK, unit, self._named(unit))
        if found is not None or value in _ALSO_UNSET:
            return None
        why = self.unshaped.get(str(place[0])) or (_NO_FIELD if place[0] in self.spec else codec.UNKNOWN_FORM)
        return LiveLeaf(wire, self._shown(path, value), why)

    def untold(self) -> Iterator[LiveLeaf]:
        """The rows of parts of which no single member of the answer is the cause."""
        for unit in sorted(self.units.keys() - self.told, key=str):
            value = _value_at(self.spec, unit)
            yield LiveLeaf(str(unit[0]), value, self.units[unit], unit, self._named(unit))

    def _named(self, place: SpecPlace) -> str:
        """A place with the names of list items instead of their positions."""
        text, shape = "", self.kind.shape
        value: Any = self.spec
        for step in place:
            if isinstance(step, int):
                value = value[step]
                text += f"[{item_name(value, shape.item_key or ('',))}]"
                shape = shape.item or shape
            else:
                value = value.get(step) if isinstance(value, Mapping) else None
                text += f".{step}" if text else step
                shape = shape.members.get(step, shape)
        return text

    def _shown(self, path: str, value: Any) -> Any:
        place = self.kind.places.get(path)
        return "***" if place is not None and (place.secret or place.secret_url) else value


def _inner(refused: Mapping[SpecPlace, str], place: SpecPlace) -> str | None:
    """The reason of the first refused value inside of a place."""
    return next((why for other, why in refused.items() if other[: len(place)] == place), None)


def _of_members(kind: Kind, payload: Payload, held: _Held) -> Iterator[LiveLeaf]:
    wire = kind.wire
    fields = {field.read: field.path for field in wire.fields if field.read}
    folds = {member: fold for fold in wire.folds for member in fold.members}
    told = {"id", "moniker", *wire.computed, *(member for _, member in wire.counts)}
    told |= {name for name in (wire.account, wire.fixed_flag) if name}
    told |= {name for part in wire.items for name in (part.member, part.embedded) if name}
    for member, value in payload.items():
        if member in fields:
            row = held.leaf(member, fields[member], _flat(value), ())
            if row is not None:
                yield row
        elif member in folds:
            yield from _walked(folds[member], member, value, held)
        elif member not in told:
            yield from _unknown(member, value)
    # An object of an unknown type has none of the blocks of which a manifest states one.
    is_chosen = not kind.one_of or any(name in held.spec for name in kind.one_of)
    place, name = (None, None) if is_chosen else ((kind.one_of[0],), kind.one_of[0])
    for fold in wire.folds:
        yield from (LiveLeaf(path, value, why, place, name) for path, value, why in codec.decoded_rows(fold, payload))


def _walked(fold: Fold, path: str, value: Any, held: _Held) -> Iterator[LiveLeaf]:
    pattern = _POSITION.sub("[]", path)
    if pattern in fold.read_only:
        return
    if pattern in fold.leaves:
        field = fold.leaves[pattern]
        row = held.leaf(path, field, _flat(value), _positions(path)) if field else None
        if row is not None:
            yield row if pattern not in fold.secrets else LiveLeaf(path, "***", row.reason, row.place, row.field)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _walked(fold, f"{path}.{name}", inner, held)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _walked(fold, f"{path}[{at}]", inner, held)
    else:
        yield from _unknown(path, value)


def _of_items(part: Items, items: Sequence[Any], held: _Held) -> Iterator[LiveLeaf]:
    """The rows of a sub-collection: its items are told apart by their place in the answer."""
    for at, item in enumerate(items):
        where = f"{part.segment}[{at}]"
        single = settled(held.kind.spec, codec.decoded_part(part.decode, [item]))[0]
        if not isinstance(item, Mapping):
            yield from _item_row(single, where, item, next(iter(part.leaves.values()), ""), held)
            continue
        for member, value in item.items():
            field = part.leaves.get(member)
            if field is not None:
                yield from _item_row(single, f"{where}.{member}", _flat(value), field, held)
            elif member not in part.read_only and "" not in part.leaves:
                yield from _unknown(f"{where}.{member}", value)
        if "" in part.leaves:
            yield from _item_row(single, where, _flat(item), part.leaves[""], held)


def _item_row(single: Mapping[str, Any], where: str, value: Any, field: str, held: _Held) -> Iterator[LiveLeaf]:
    """The row of one member of an item, found in the spec by what the item alone decodes to."""
    name, _, rest = field.partition("[]")
    if not single.get(name):
        # The item is the one without a key: its value has a field of its own.
        other = next((path for path, found in single.items() if path != name and found is not None), None)
        row = held.leaf(where, other, value, ()) if other and rest else None
    else:
        shape = held.kind.shape.members[name]
        at = _at(held.spec.get(name) or (), single[name][0], shape)
        row = held.leaf(where, field, value, (at,)) if at is not None else LiveLeaf(where, value, codec.UNKNOWN_FORM)
    if row is not None:
        yield row


def _at(items: Sequence[Any], item: Any, shape: Shape) -> int | None:
    return next((at for at, other in enumerate(items) if _is_same(item, other, shape)), None)


def _is_same(one: Any, other: Any, shape: Shape) -> bool:
    key = shape.item_key or ("",)
    return item_name(one, key) == item_name(other, key) and (
        not isinstance(one, Mapping) or all(other.get(name) == value for name, value in one.items())
    )


def _unknown(path: str, value: Any) -> Iterator[LiveLeaf]:
    """Each value inside of a member that is not known."""
    if isinstance(value, Mapping) and not _is_named(value):
        for name, inner in value.items():
            yield from _unknown(f"{path}.{name}", inner)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _unknown(f"{path}[{at}]", inner)
    elif value not in _EMPTY:
        name = path.rsplit(".", maxsplit=1)[-1]
        yield LiveLeaf(path, "***" if _SECRET_NAME.search(name) else _flat(value), UNKNOWN_MEMBER)


def _is_named(value: Mapping[str, Any]) -> bool:
    return "moniker" in value and ("id" in value or "key" in value)


def _flat(value: Any) -> Any:
    return value.get("moniker") if isinstance(value, Mapping) and _is_named(value) else value


def _positions(path: str) -> list[int]:
    return [int(found[1:-1]) for found in _POSITION.findall(path)]


def _placed(path: str, positions: Sequence[int]) -> SpecPlace:
    """A field's path with positions in lists: ``rules[].match.protocol`` and 3 give ``(rules, 3, match, protocol)``."""
    left = iter(positions)
    return tuple(next(left) if part == "[]" else part for part in path.replace("[]", ".[]").split("."))


def _value_at(spec: Any, place: SpecPlace) -> Any:
    for step in place:
        if isinstance(step, int):
            spec = spec[step] if isinstance(spec, list) and step < len(spec) else None
        else:
            spec = spec.get(step) if isinstance(spec, Mapping) else None
    return spec
