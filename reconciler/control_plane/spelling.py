"""Members of answers in the spelling that is known: the platform compares their names without regard to case. Pure."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from reconciler.model.wire import Fold, Items


def respelt_items(part: Items, items: Sequence[Any]) -> Sequence[Any]:
    """The items of a sub-collection with their members spelt as they are known; the same where nothing differs."""
    found: Sequence[Any] = respelt(items, _item_spelling(part.segment, (*part.leaves, *part.read_only)))
    return found


@cache
def _item_spelling(_segment: str, names: tuple[str, ...]) -> Mapping[str, str]:
    return {name.lower(): name for name in (*names, "id", "key", "moniker", "name", "active") if name}


@cache
def spelling_of(fold: Fold) -> Mapping[str, str]:
    """The members inside of a fold by their lower-case form, and by themselves: most come spelt so."""
    paths = (*fold.leaves, *fold.read_only, *fold.members)
    names = (part.removesuffix("[]") for path in paths for part in path.split("."))
    known = (*names, "id", "key", "moniker", "name", "active")
    return {name: name for name in known} | {name.lower(): name for name in known}


def respelt(value: Any, names: Mapping[str, str]) -> Any:
    """The value with its members spelt as they are known, at any depth; the same value where nothing differs."""
    if type(value) is list:
        items = [respelt(item, names) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    if type(value) is not dict:
        return value
    result = value
    for name, inner in value.items():
        if (names.get(name) or names.get(name.lower(), name)) != name:
            return {names.get(other.lower(), other): respelt(one, names) for other, one in value.items()}
        if type(inner) is dict or type(inner) is list:
            found = respelt(inner, names)
            if found is not inner:
                result = {**result, name: found}
    return result
