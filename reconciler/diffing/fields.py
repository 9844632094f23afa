"""
The field differ: what differs between two values of one resource, as paths.

Equality decides whether anything differs; this module says what. Values are compared with ``==`` first; only nested
values that differ are handed to DeepDiff, item by matched item, with its depth threshold at zero and never with
``ignore_order``. Lists whose items have an identity are aligned before: ordered lists give insertions,
moves and edits, sets give additions and removals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.model.shape import Shape


class FieldOperation(StrEnum):
    """The edit of one place: set (from nothing), clear (to null), edit, or, in lists, insert, remove, move."""

    SET = "set"
    CLEAR = "clear"
    EDIT = "edit"
    INSERT = "insert"
    REMOVE = "remove"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """
    One difference: where, what, from and to.

    `path` is the field's place; list items are named by their identity, not by position: ``rules[to-dc].target``.
    For a move, `before` and `after` are positions counted from 1.
    """

    path: str
    operation: FieldOperation
    before: Any = None
    after: Any = None


def field_changes(before: Mapping[str, Any], after: Mapping[str, Any], shape: Shape) -> tuple[FieldChange, ...]:
    """
    The differences between two specs of one kind, in the order of the kind's fields.

    No changes if and only if the two are equal (law 7), given canonical specs.
    """
    found: list[FieldChange] = []
    _compare_members(before, after, shape, "", found)
    return tuple(found)


def _compare_members(
    before: Mapping[str, Any], after: Mapping[str, Any], shape: Shape, prefix: str, found: list[FieldChange]
) -> None:
    known = [name for name in shape.members if name in before or name in after]
    others = sorted((set(before) | set(after)) - set(known))
    for name in [*known, *others]:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        _compare(old, new, shape.members.get(name, _LEAF), f"{prefix}{name}", found)


def _compare(old: Any, new: Any, shape: Shape, path: str, found: list[FieldChange]) -> None:
    if isinstance(old, Mapping) and isinstance(new, Mapping) and shape.members:
        _compare_members(old, new, shape, f"{path}.", found)
    elif shape.item_key and isinstance(old, list | tuple | None) and isinstance(new, list | tuple | None):
        _compare_items(old or (), new or (), shape, path, found)
    elif old is None:
        found.append(FieldChange(path, FieldOperation.SET, None, new))
    elif new is None:
        found.append(FieldChange(path, FieldOperation.CLEAR, old, None))
    elif isinstance(old, Mapping | list) and isinstance(new, Mapping | list):
        found.extend(_explained(old, new, path))
    else:
        found.append(FieldChange(path, FieldOperation.EDIT, old, new))


def item_name(item: Any, key: Sequence[str]) -> str:
    """How one list item is called in paths and reports: its identity, e.g. ``GBR/2145`` or ``to-dc``."""
    if key == ("",) or not isinstance(item, Mapping):
        return str(item)
    return "/".join(str(item.get(part)) for part in key if item.get(part) is not None) or "default"


def named_items(items: Sequence[Any], key: Sequence[str]) -> dict[str, Any]:
    """Items by their names; one whose name an earlier item has gets a number: no live list is known to be a set."""
    found: dict[str, Any] = {}
    for item in items:
        wanted = name = item_name(item, key)
        number = 2
        while name in found:
            name, number = f"{wanted} ({number})", number + 1
        found[name] = item
    return found


def _compare_items(old: Sequence[Any], new: Sequence[Any], shape: Shape, path: str, found: list[FieldChange]) -> None:
    before = {name: (at, item) for at, (name, item) in enumerate(named_items(old, shape.item_key).items(), 1)}
    after = {name: (at, item) for at, (name, item) in enumerate(named_items(new, shape.item_key).items(), 1)}
    for name, (_, item) in before.items():
        if name not in after:
            found.append(FieldChange(f"{path}[{name}]", FieldOperation.REMOVE, item, None))
    moved = (
        moved_names([n for n in before if n in after], [n for n in after if n in before]) if shape.ordered else set()
    )
    for name, (place, item) in after.items():
        if name not in before:
            found.append(FieldChange(f"{path}[{name}]", FieldOperation.INSERT, None, item))
            continue
        if name in moved:
            found.append(FieldChange(f"{path}[{name}]", FieldOperation.MOVE, before[name][0], place))
        if before[name][1] != item:
            _compare(before[name][1], item, shape.item or _LEAF, f"{path}[{name}]", found)


def moved_names(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The fewest names to pick up and put elsewhere: those outside a longest increasing run of old positions."""
    place = {name: position for position, name in enumerate(old)}
    tails: list[str] = []
    previous: dict[str, str | None] = {}
    for name in new:
        low, high = 0, len(tails)
        while low < high:
            middle = (low + high) // 2
            if place[tails[middle]] < place[name]:
                low = middle + 1
            else:
                high = middle
        previous[name] = tails[low - 1] if low else None
        tails[low : low + 1] = [name]
    kept: set[str] = set()
    walk = tails[-1] if tails else None
    while walk is not None:
        kept.add(walk)
        walk = previous[walk]
    return set(new) - kept


def _explained(old: Any, new: Any, path: str) -> list[FieldChange]:
    # Imported here: a plan without changes must not pay for DeepDiff (performance row 25).
    from deepdiff import DeepDiff

    found: list[FieldChange] = []
    delta = DeepDiff(old, new, threshold_to_diff_deeper=0, view="tree", verbose_level=2)
    for group in delta.values():
        for level in group:
            inner = "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}" for part in level.path(output_format="list")
            )
            before = None if type(level.t1).__name__ == "NotPresent" else level.t1
            after = None if type(level.t2).__name__ == "NotPresent" else level.t2
            operation = _operation(before, after)
            found.append(FieldChange(f"{path}{inner}", operation, before, after))
    return sorted(found, key=lambda change: change.path) or [FieldChange(path, FieldOperation.EDIT, old, new)]


def _operation(before: Any, after: Any) -> FieldOperation:
    if before is None:
        return FieldOperation.SET
    return FieldOperation.CLEAR if after is None else FieldOperation.EDIT


_LEAF = Shape()
