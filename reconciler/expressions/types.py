"""
The types of values in expressions: our own words, without the library.

A type says how large its values may be, because the bound on an expression is computed from that: text has a shortest
and a longest length, a list a fewest and a most items.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Sort(StrEnum):
    """The sorts of values."""

    BOOL = "true or false"
    INT = "a whole number"
    STRING = "text"
    NULL = "null"
    LIST = "a list"
    STRUCT = "an object"
    MAP = "a mapping"
    UNTYPED = "a value of no known type"


LONGEST_INT = 20
"""The characters of the longest whole number of 64 bits."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """
    One type. `low` and `high` bound the characters of text and the items of a list or mapping.

    `members` are those of an object and `item` is the type of the items of a list, or of the values of a mapping.
    `label` names an object for people (``params.countries[]``). A `nullable` value may be null.
    """

    sort: Sort
    low: int = 0
    high: int = 0
    item: "ValueType | None" = None
    members: Mapping[str, "ValueType"] = field(default_factory=dict)
    label: str = ""
    nullable: bool = False

    def __str__(self) -> str:
        null = " or null" if self.nullable else ""
        if self.sort is Sort.LIST and self.item is not None:
            inner = {Sort.STRING: "texts", Sort.INT: "whole numbers", Sort.BOOL: "booleans", Sort.STRUCT: "objects"}
            return f"a list of {inner.get(self.item.sort, 'values')}{null}"
        return f"{self.sort.value}{null}"

    @property
    def size(self) -> int:
        """The most characters that a value takes, with one more for each item."""
        match self.sort:
            case Sort.STRING:
                return self.high
            case Sort.LIST | Sort.MAP:
                return self.high * (1 + (self.item.size if self.item else 1))
            case Sort.STRUCT:
                return sum(1 + member.size for member in self.members.values())
            case _:
                return LONGEST_INT

    def or_null(self) -> "ValueType":
        """The same type, with null among its values."""
        return replace(self, nullable=True)


BOOL = ValueType(Sort.BOOL)
INT = ValueType(Sort.INT)
NULL = ValueType(Sort.NULL, nullable=True)
UNTYPED = ValueType(Sort.UNTYPED)


def text(low: int, high: int) -> ValueType:
    """Text of `low` to `high` characters."""
    return ValueType(Sort.STRING, low, high)


def list_of(item: ValueType, low: int, high: int) -> ValueType:
    """A list of `low` to `high` items."""
    return ValueType(Sort.LIST, low, high, item)


def map_of(item: ValueType, high: int) -> ValueType:
    """A mapping of text to values, of at most `high` entries."""
    return ValueType(Sort.MAP, 0, high, item)


def struct(label: str, members: Mapping[str, ValueType]) -> ValueType:
    """An object with these members and no others."""
    return ValueType(Sort.STRUCT, members=members, label=label)
