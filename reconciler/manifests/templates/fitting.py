"""Whether a value of an expression's type fits the field that it feeds, decided when a template is loaded."""

from dataclasses import replace
from typing import Any

from reconciler.expressions.types import LONGEST_INT, NULL, Sort, ValueType, list_of, struct, text
from reconciler.model.shape import Shape

LONGEST_FIELD = 4096
_SCALARS = {int: Sort.INT, bool: Sort.BOOL, str: Sort.STRING}
_NOUNS = {Sort.INT: "a whole number", Sort.BOOL: "true or false", Sort.STRING: "text"}


def misfit(found: ValueType, shape: Shape) -> str | None:
    """The reason why a value of this type is refused by a field of this shape; None if it fits."""
    if found.nullable and not shape.nullable:
        return "the field takes no null, and the value may be null"
    if found.sort is Sort.NULL:
        return None
    if shape.type is Any:
        # A field of several forms: the value itself says which, and is checked when it is there.
        return None
    if shape.secret:
        return "the field holds a reference to a secret, which is written out"
    if shape.members:
        return _object(found, shape)
    if shape.item is not None:
        if found.sort is not Sort.LIST or found.item is None:
            return f"the field takes a list, and the value is {found}"
        inner = misfit(found.item, shape.item) if found.high else None
        return None if inner is None else f"an item does not fit: {inner}"
    wanted = Sort.STRING if shape.choices else _SCALARS.get(shape.type)
    if wanted is None:
        return None if found.sort is Sort.MAP else f"the field takes a mapping, and the value is {found}"
    if found.sort is not wanted:
        return f"the field takes {_NOUNS[wanted]}, and the value is {found}"
    return None


def _object(found: ValueType, shape: Shape) -> str | None:
    if found.sort is not Sort.STRUCT:
        return f"the field takes a mapping, and the value is {found}"
    for name, member in found.members.items():
        place = shape.members.get(name)
        if place is None:
            return f'{found.label} has a field "{name}", which does not exist there'
        # A member that is null is left out, so only a required field needs one that never is.
        inner = misfit(member if place.required else replace(member, nullable=False), place)
        if inner is not None:
            return f"{name} does not fit: {inner}"
    missing = [name for name, place in shape.members.items() if place.required and name not in found.members]
    return f"{found.label} lacks {missing[0]}" if missing else None


def referable(label: str, shape: Shape, stated: object) -> ValueType | None:
    """The type of what is stated at a place of a resource, as other resources may refer to it; None if they may not."""
    if stated is None or shape.type is Any or shape.secret or shape.secret_url:
        return None
    if shape.members:
        if not isinstance(stated, dict):
            return None
        members = {
            name: found
            for name, inner in stated.items()
            if name in shape.members and (found := referable(f"{label}.{name}", shape.members[name], inner)) is not None
        }
        return struct(label, members)
    if shape.item is not None:
        item = referable(f"{label}[]", shape.item, "") if not shape.item.members else None
        return None if item is None else list_of(item, 0, len(stated) if isinstance(stated, list) else 0)
    if shape.choices or shape.type is str:
        return text(0, LONGEST_FIELD)
    return {int: ValueType(Sort.INT), bool: ValueType(Sort.BOOL)}.get(shape.type)


def sized(found: ValueType, stated: ValueType | None, literal: object) -> ValueType:
    """The type of a referable field with the size of the expression, or of the literal, that it is made of."""
    if stated is not None and stated.sort is found.sort:
        return ValueType(found.sort, stated.low, stated.high, stated.item or found.item, found.members, found.label)
    if found.sort is Sort.STRING and isinstance(literal, str):
        return text(len(literal), len(literal))
    return found


def joined(parts: list[str | ValueType]) -> ValueType:
    """The type of a text that is made of literal parts and values."""
    low = high = 0
    for part in parts:
        if isinstance(part, str):
            low, high = low + len(part), high + len(part)
        elif part.sort is Sort.STRING:
            low, high = low + part.low, high + part.high
        else:
            low, high = low + 1, high + LONGEST_INT
    return text(low, high)


def not_in_text(found: ValueType) -> str | None:
    """The reason why a value cannot be a part of a text; None if it can."""
    if found.nullable or found is NULL:
        return "a text takes no null, and the value may be null"
    return None if found.sort in _NOUNS else f"a text takes no value that is {found}"
