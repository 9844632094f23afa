"""
Names for the items of ordered lists: an item of the platform has none of its own, and a manifest needs one.

A name is known where it is in the inventory beside the platform's id, or in the item's description, where we wrote it
when we created it. Every other item takes the name of a declared item with the same content, or else of the one that
is most like it, or else a name that its description suggests. No two items get one name, whatever the platform holds:
a rule that was cloned in the portal is a rule of its own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.model.kind import Kind
from reconciler.model.resource import Spec
from reconciler.model.shape import Shape

_Item = Mapping[str, Any]
_NO_WORD = re.compile(r"[\W_]+")
_LONGEST = 40
_ALIKE = 0.5


def name_unnamed(kind: Kind, live: Spec, *managed: Spec) -> Spec:
    """
    `live` with a name for each item of an ordered list, each name once.

    `managed` are specs whose items are named: the names of the first that fit an item are taken.
    """
    for field, place in kind.shape.members.items():
        items = live.get(field)
        if not place.ordered or not items or _is_named(items, place.item_key[0]):
            continue
        references = [spec.get(field) or () for spec in managed]
        live = {**live, field: _named(items, references, place)}
    return live


def with_known_names(kind: Kind, live: Spec, ids: Mapping[str, Sequence[Any]], known: Mapping[str, _Item]) -> Spec:
    """`live` with the names that are known by the platform's ids: `ids` of each list in order, `known` id to name."""
    for field, names in known.items():
        items, keys = live.get(field), ids.get(field, ())
        place = kind.shape.members.get(field)
        if not items or place is None or len(items) != len(keys) or not names:
            continue
        identity = place.item_key[0]
        named = [{**item, identity: names.get(key, item.get(identity))} for item, key in zip(items, keys, strict=True)]
        # A name that is known by an id is not also that of an item whose description has it.
        sure = {names[key] for key in keys if key in names}
        live = {
            **live,
            field: [
                {**item, identity: None} if key not in names and item.get(identity) in sure else item
                for item, key in zip(named, keys, strict=True)
            ],
        }
    return live


def known_names(kind: Kind, named: Spec, ids: Mapping[str, Sequence[Any]]) -> dict[str, dict[str, str]]:
    """The names of list items by the platform's ids, of a live spec whose items are named."""
    found: dict[str, dict[str, str]] = {}
    for field, keys in ids.items():
        items, place = named.get(field) or (), kind.shape.members[field]
        if len(items) == len(keys):
            pairs = ((key, item.get(place.item_key[0])) for key, item in zip(keys, items, strict=True))
            found[field] = {key: name for key, name in pairs if isinstance(key, str) and isinstance(name, str)}
    return {field: names for field, names in found.items() if names}


def _is_named(items: Sequence[_Item], identity: str) -> bool:
    names = [item.get(identity) for item in items]
    return all(names) and len(set(names)) == len(names)


def _named(items: Sequence[_Item], references: Sequence[Sequence[_Item]], place: Shape) -> list[dict[str, Any]]:
    identity = place.item_key[0]
    names: list[str | None] = [None] * len(items)
    taken: set[str] = set()
    for at, item in enumerate(items):
        name = item.get(identity)
        if name and name not in taken:
            names[at] = name
            taken.add(name)
    for match in (_exported, _same, _suggested, _alike):
        for declared in references:
            free = {name: item for item in declared if (name := item.get(identity)) and name not in taken}
            for at, name in match(items, names, free, identity):
                names[at] = name
                taken.add(name)
    reserved = {str(item.get(identity)) for declared in references for item in declared}
    result = []
    for at, item in enumerate(items):
        name = names[at] or _free(suggestion(item, at), taken | reserved)
        taken.add(name)
        result.append({**item, identity: name})
    return result


_Matches = Iterator[tuple[int, str]]


def _exported(items: Sequence[_Item], names: Sequence[Any], free: Mapping[str, _Item], identity: str) -> _Matches:
    """
    Items with all that is declared under the name that an export gave them.

    A value that no manifest can hold is not declared, so the content alone may fit several items.
    """
    left = dict(free)
    for at, item in enumerate(items):
        if names[at] is not None:
            continue
        name, number = suggestion(item, at), 1
        while name in free and not (name in left and _holds(item, left[name], identity)):
            number += 1
            name = f"{suggestion(item, at)}-{number}"
        if name in left:
            del left[name]
            yield at, name


def _holds(item: _Item, declared: _Item, identity: str = "") -> bool:
    """Whether an item has every declared value, at any depth."""
    for name, value in declared.items():
        if name == identity:
            continue
        found = item.get(name)
        if isinstance(value, Mapping) and isinstance(found, Mapping):
            if not _holds(found, value):
                return False
        elif found != value:
            return False
    return True


def _same(items: Sequence[_Item], names: Sequence[Any], free: Mapping[str, _Item], identity: str) -> _Matches:
    """Items with the content of a declared one, in their order."""
    left = dict(free)
    for at, item in enumerate(items):
        if names[at] is None:
            content = _content(item, identity)
            name = next((name for name, other in left.items() if _content(other, identity) == content), None)
            if name is not None:
                del left[name]
                yield at, name


def _suggested(items: Sequence[_Item], names: Sequence[Any], free: Mapping[str, _Item], _identity: str) -> _Matches:
    """Items whose description suggests the name of a declared one: an export named it so."""
    left = set(free)
    for at, item in enumerate(items):
        if names[at] is None and (name := suggestion(item, at)) in left:
            left.discard(name)
            yield at, name


def _alike(items: Sequence[_Item], names: Sequence[Any], free: Mapping[str, _Item], identity: str) -> _Matches:
    """Items most of whose values are those of a declared one, the most alike first."""
    open_items = [at for at, name in enumerate(names) if name is None]
    scores = sorted(
        ((_likeness(items[at], other, identity), -order, at, name)
         for order, (name, other) in enumerate(free.items()) for at in open_items),
        key=lambda score: (-score[0], -score[1], score[2]),
    )  # fmt: skip
    done: set[int | str] = set()
    for score, _, at, name in scores:
        if score >= _ALIKE and at not in done and name not in done:
            done |= {at, name}
            yield at, name


def _content(item: _Item, identity: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != identity}


def _likeness(one: _Item, other: _Item, identity: str) -> float:
    ours, theirs = dict(_leaves(_content(one, identity))), dict(_leaves(_content(other, identity)))
    places = ours.keys() | theirs.keys()
    return sum(ours.get(place) == theirs.get(place) for place in places) / len(places) if places else 1.0


def _leaves(value: _Item, prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _leaves(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", inner


def suggestion(item: _Item, at: int) -> str:
    """A name for an item, from the text of its description; from its place where it has none."""
    text = item.get("description")
    words = _NO_WORD.sub("-", text.lower())[:_LONGEST].strip("-") if isinstance(text, str) else ""
    return words or f"rule-{at + 1}"


def _free(name: str, taken: set[str]) -> str:
    number = 2
    wanted = name
    while wanted in taken:
        wanted = f"{name}-{number}"
        number += 1
    return wanted
