"""
The functions that expressions may call, each with the size of its result and its steps.

The list is closed: a function without a known bound cannot be called. Clocks, time zones, chance and conversions that
lose the type are absent on purpose.
"""

from collections.abc import Callable, Sequence
from typing import Final

from reconciler.expressions.types import BOOL, INT, LONGEST_INT, Sort, ValueType, list_of, text

Bound = Callable[[Sequence[ValueType]], ValueType]
_MOST = 1 << 60


def _least(*numbers: int) -> int:
    return min(*numbers, _MOST)


def _plus(args: Sequence[ValueType]) -> ValueType:
    left, right = args
    low, high = left.low + right.low, _least(left.high + right.high)
    if left.sort is Sort.STRING:
        return text(low, high)
    if left.sort is Sort.LIST:
        return list_of(wider(left.item, right.item), low, high)
    return INT


def _either(args: Sequence[ValueType]) -> ValueType:
    return wider(args[-2], args[-1])


def wider(left: ValueType | None, right: ValueType | None) -> ValueType:
    """The smallest type that holds the values of both."""
    if left is None or right is None:
        return left or right or text(0, 0)
    if left.sort is Sort.NULL or right.sort is Sort.NULL:
        return (left if right.sort is Sort.NULL else right).or_null()
    if left.sort is not right.sort:
        # An empty list has items of no type.
        return right if left.sort is Sort.UNTYPED else left
    item = wider(left.item, right.item) if left.item or right.item else None
    members = {name: wider(left.members.get(name), right.members.get(name)) for name in left.members}
    low, high = min(left.low, right.low), max(left.high, right.high)
    return ValueType(left.sort, low, high, item, members, left.label, left.nullable or right.nullable)


def _same(args: Sequence[ValueType]) -> ValueType:
    return args[0]


def _part(args: Sequence[ValueType]) -> ValueType:
    return text(0, args[0].high)


def _item(args: Sequence[ValueType]) -> ValueType:
    return args[0].item or text(0, 0)


def _replaced(args: Sequence[ValueType]) -> ValueType:
    source, _, by = args[:3]
    return text(0, _least(source.high + (source.high + 1) * by.high))


def _split(args: Sequence[ValueType]) -> ValueType:
    return list_of(text(0, args[0].high), 0, args[0].high + 1)


def _joined(args: Sequence[ValueType]) -> ValueType:
    values = args[0]
    between = args[1].high if len(args) > 1 else 0
    longest = values.item.high if values.item else 0
    return text(0, _least(values.high * (longest + between)))


def _as_text(args: Sequence[ValueType]) -> ValueType:
    return args[0] if args[0].sort is Sort.STRING else text(1, LONGEST_INT)


def _bool(_: Sequence[ValueType]) -> ValueType:
    return BOOL


def _int(_: Sequence[ValueType]) -> ValueType:
    return INT


def _quoted(args: Sequence[ValueType]) -> ValueType:
    return text(args[0].low + 2, _least(args[0].high * 2 + 2))


FUNCTIONS: Final[dict[str, Bound]] = {
    **dict.fromkeys(("_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"), _bool),
    **dict.fromkeys(("@in", "_in_", "in", "@not_strictly_false", "__not_strictly_false__"), _bool),
    **dict.fromkeys(("startsWith", "endsWith", "contains", "matches"), _bool),
    **dict.fromkeys(("_-_", "_*_", "_/_", "_%_", "-_", "size", "int", "indexOf", "lastIndexOf"), _int),
    **dict.fromkeys(("lowerAscii", "upperAscii", "reverse"), _same),
    **dict.fromkeys(("substring", "trim", "charAt"), _part),
    "_+_": _plus,
    "_?_:_": _either,
    "_[_]": _item,
    "replace": _replaced,
    "split": _split,
    "join": _joined,
    "string": _as_text,
    "strings.quote": _quoted,
}
"""How large the result of each function is. `_+_` adds numbers, joins texts and joins lists."""

LINEAR: Final = frozenset(
    {"matches", "contains", "replace", "split", "join", "lowerAscii", "upperAscii", "reverse", "trim", "indexOf"}
    | {"lastIndexOf", "startsWith", "endsWith", "substring", "_==_", "_!=_", "@in", "_in_", "in", "strings.quote"}
)
"""Functions whose steps grow with the size of what they are given."""

SHOWN: Final = {
    "_&&_": "&&",
    "_||_": "||",
    "!_": "!",
    "_==_": "==",
    "_!=_": "!=",
    "_<_": "<",
    "_<=_": "<=",
    "_>_": ">",
    "_>=_": ">=",
    "_+_": "+",
    "_-_": "-",
    "_*_": "*",
    "_/_": "/",
    "_%_": "%",
    "-_": "-",
    "_?_:_": "?:",
    "_[_]": "[]",
    "@in": "in",
}
"""Operators as people write them."""

NULL_TAKERS: Final = frozenset({"_==_", "_!=_", "_?_:_"})
"""Functions that may be given a value that is null."""
