"""Fields as plans show them: each on its line, items of lists with what they say, wrapped where long and never cut."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.diffing.fields import FieldChange, FieldOperation, item_name
from reconciler.kinds import kind_named
from reconciler.model.secret import SecretRef
from reconciler.model.shape import Shape
from reconciler.reports.diagnostics import escaped
from reconciler.reports.style import Paint
from reconciler.reports.values import PLAIN, field_texts, members, place_at, shown

_SIGNS = {
    FieldOperation.SET: "+",
    FieldOperation.INSERT: "+",
    FieldOperation.EDIT: "~",
    FieldOperation.MOVE: ">",
    FieldOperation.CLEAR: "-",
    FieldOperation.REMOVE: "-",
}
_STYLES = {"+": "add", "-": "remove"}
_WIDTH = 100
_FIELD = " " * 6
_ITEM = " " * 10
_HANGING = " " * 14


def created(kind: str, after: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    """The lines of everything that a new object will have."""
    shape = kind_named(kind).shape
    for name in members(after, shape):
        value, place = after[name], shape.members.get(name, PLAIN)
        head = f"{_FIELD}{paint('+', 'add')} {escaped(name)}:"
        if not isinstance(value, list | tuple):
            yield f"{head} {shown(value, place)}"
        elif value and all(isinstance(item, Mapping) for item in value):
            yield f"{head} {len(value)} item{'' if len(value) == 1 else 's'}"
            for number, item in enumerate(value, 1):
                yield from _item(item, place, number)
        else:
            yield from _listed(head, value, place)


def changed(kind: str, fields: Iterable[FieldChange], paint: Paint) -> Iterator[str]:
    """The lines of what changes in an object; an item that is edited shows only what differs."""
    shape = kind_named(kind).shape
    for field in fields:
        yield from _changed(field, place_at(shape, field.path), paint)


def _changed(field: FieldChange, place: Shape, paint: Paint) -> Iterator[str]:
    sign = _SIGNS[field.operation]
    head = f"{_FIELD}{paint(sign, _STYLES.get(sign, 'change'))} {escaped(field.path)}"
    match field.operation:
        case FieldOperation.SET | FieldOperation.INSERT:
            yield from _whole(head, field.after, place)
        case FieldOperation.CLEAR | FieldOperation.REMOVE:
            yield from _whole(head, field.before, place)
        case FieldOperation.MOVE:
            yield f"{head}: place {field.before} -> {field.after}"
        case _:
            before, after = shown(field.before, place), shown(field.after, place)
            if len(field.path) + len(before) + len(after) <= _WIDTH:
                yield f"{head}: {before} -> {after}"
            else:
                yield from (f"{head}:", f"{_ITEM}{before}", f"{_ITEM}-> {after}")


def _whole(head: str, value: Any, place: Shape) -> Iterator[str]:
    """Something that comes or goes with all that it says."""
    if isinstance(value, Mapping) and place.members and SecretRef.of(value) is None:
        yield head
        yield from _wrapped(_ITEM, list(field_texts(value, place)), _ITEM)
    elif isinstance(value, list | tuple):
        yield from _listed(f"{head}:", value, place)
    else:
        yield f"{head}: {shown(value, place)}"


def _item(item: Mapping[str, Any], place: Shape, number: int) -> Iterator[str]:
    """One item of a new list: its name, if one field is its name, and what it says."""
    alone = place.item_key[0] if len(place.item_key) == 1 else None
    name = escaped(item_name(item, place.item_key)) if alone else f"{number}."
    rest = {key: value for key, value in item.items() if key != alone}
    yield from _wrapped(f"{_ITEM}{name}  ", list(field_texts(rest, place.item or PLAIN)), _HANGING)


def _listed(head: str, values: Sequence[Any], place: Shape) -> Iterator[str]:
    """A list of plain values, on the line of its name if there is room."""
    pieces = [shown(value, place.item or PLAIN) for value in values]
    whole = f"{head} [{', '.join(pieces)}]"
    if len(whole) <= _WIDTH:
        yield whole
        return
    yield f"{head} {len(values)} item{'' if len(values) == 1 else 's'}"
    yield from _wrapped(_ITEM, pieces, _ITEM)


def _wrapped(head: str, pieces: Sequence[str], hanging: str) -> Iterator[str]:
    """The pieces with commas between them, as many on a line as there is room for; a piece is never broken."""
    line, is_begun = head, False
    for number, piece in enumerate(pieces, 1):
        text = piece if number == len(pieces) else f"{piece},"
        if is_begun and len(line) + 1 + len(text) > _WIDTH:
            yield line
            line, is_begun = hanging, False
        line += f" {text}" if is_begun else text
        is_begun = True
    if line.strip():
        yield line.rstrip()
