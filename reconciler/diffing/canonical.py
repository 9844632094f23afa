"""
The one normal form in which two specs of a kind are compared, and the merge of what is managed over what is live.

Nested values of specs are plain dictionaries and lists: asking for those is several times cheaper than for the
abstract `Mapping`, and this runs for every field of every object.

Sets are sorted, references are bare monikers, items and atomic blocks have their defaults. A missing key stays
missing: it is "not managed here" and the live value is kept.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from reconciler.diffing.fields import item_name, named_items
from reconciler.model.kind import Kind
from reconciler.model.live_form import SpecPlace
from reconciler.model.references import EXISTING, bare
from reconciler.model.resource import Spec
from reconciler.model.secret import UNKEYED, SecretRef, is_same
from reconciler.model.shape import Shape

_MISSING = object()


def normal(kind: Kind, spec: Spec, *, renames: Mapping[tuple[str, str], str] | None = None) -> dict[str, Any]:
    """
    The normal form of a spec, declared or live.

    `renames` maps (kind, old moniker) to the new moniker, so that a live reference to an object that this very plan
    renames is not taken for a difference.
    """
    return _normal_members(spec, kind.shape, renames or {}, kind.fixed_first)


def normal_value(value: Any, place: Shape) -> Any:
    """The normal form of one value at its place in a spec; an item of a list is completed by its defaults."""
    return _normal_members({"": value}, Shape(members={"": place}), {})[""]


def _normal_members(
    spec: Spec,
    shape: Shape,
    renames: Mapping[tuple[str, str], str],
    fixed_first: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    result = dict(spec)
    for name, place in shape.worked:
        value = result.get(name)
        if value is None:
            continue
        if place.reference:
            if isinstance(value, str) and (renames or value.startswith(EXISTING)):
                result[name] = _bare(value, place.reference, renames)
        elif place.item is not None:
            result[name] = _normal_list(value, place, renames, keep_first=name in fixed_first)
        else:
            inner = _normal_members(value, place, renames)
            result[name] = _completed(inner, place) if place.atomic else inner
    return result


def _bare(value: str, kind: str, renames: Mapping[tuple[str, str], str]) -> str:
    name = bare(value)
    return renames.get((kind, name), name) if renames else name


def _normal_list(
    value: list[Any], place: Shape, renames: Mapping[tuple[str, str], str], *, keep_first: bool
) -> list[Any]:
    item = place.item
    if item is not None and item.members:
        value = [_completed(_normal_members(entry, item, renames), item) for entry in value]
    elif item is not None and item.reference:
        value = [_bare(entry, item.reference, renames) if isinstance(entry, str) else entry for entry in value]
    if not place.item_key or place.ordered:
        return value
    if keep_first and value:
        return [value[0], *sorted(value[1:])]
    return sorted(value, key=lambda entry: item_name(entry, place.item_key))


def _completed(value: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """`value` with defaults for what is left out or null, without others that are null, and without empty blocks."""
    full = {**shape.defaults, **value}
    if {} in full.values():
        # A block without members says as little as one that is not there.
        full = {name: entry for name, entry in full.items() if entry != {}}
    if None in full.values():
        full = {name: entry for name, entry in full.items() if entry is not None or name not in shape.members}
        full = {**shape.defaults, **full}
    return full


def created(kind: Kind, name: str, spec: Spec) -> dict[str, Any]:
    """The spec that a create writes: the declared fields, the display name, and the defaults that must be sent."""
    full = {"displayName": name, **spec}
    for field, place in kind.shape.members.items():
        if field not in full and place.default is not None:
            full[field] = place.default
    ordered = {field: full[field] for field in kind.shape.members if field in full}
    return normal(kind, ordered)


def unmanaged_fields(kind: Kind, name: str, spec: Spec) -> tuple[str, ...]:
    """The fields that a create writes although the manifest leaves them out."""
    return tuple(field for field in created(kind, name, spec) if field not in spec)


def surely_declared(kind: Kind, name: str, written: Spec) -> dict[str, Any]:
    """
    The fields of what a create wrote that a manifest certainly stated.

    A create fills in the default of a field that the manifest leaves out, so a field at its default may be either.
    """

    def without(field: str) -> dict[str, Any]:
        return {other: value for other, value in written.items() if other != field}

    return {
        field: value
        for field, value in written.items()
        if created(kind, name, without(field)).get(field, _MISSING) != value
    }


def merge(kind: Kind, live: Spec, managed: Spec) -> dict[str, Any]:
    """
    The spec that the object should have: the managed fields over the live ones.

    Both in normal form. A set that has the same members keeps the live order; choosing another member of a `one_of`
    group drops the former one. A field that the platform never tells cannot differ and stays out.
    """
    untold = kind.plain_fields - live.keys()
    if untold and not untold.isdisjoint(managed):
        managed = {name: value for name, value in managed.items() if name not in untold}
    merged = _merge_members(live, managed, kind.shape)
    chosen = [name for name in kind.one_of if managed.get(name) is not None]
    if chosen:
        for name in kind.one_of:
            if name not in chosen:
                merged.pop(name, None)
    return merged


def _merge_members(live: Spec, managed: Spec, shape: Shape) -> dict[str, Any]:
    merged = dict(live)
    for name, value in managed.items():
        old = live.get(name)
        # An empty list clears what is there: where nothing is, nothing is to be done.
        if old == value or (old is None and value == []):
            continue
        place = shape.members.get(name)
        if place is None:
            merged[name] = value
        elif place.members and not place.atomic and isinstance(value, dict) and isinstance(old, dict):
            merged[name] = _merge_members(old, value, place)
        elif place.item_key and not place.ordered and _same_set(old, value, place):
            merged[name] = old
        else:
            merged[name] = value
    return merged


def _same_set(old: Any, new: Any, place: Shape) -> bool:
    if not isinstance(old, list) or not isinstance(new, list) or len(old) != len(new):
        return False
    return named_items(old, place.item_key) == named_items(new, place.item_key)


def managed_part(kind: Kind, live: Spec, managed: Spec) -> dict[str, Any]:
    """The part of a live spec that `managed` speaks of: what a plan records as *before*."""
    return _managed_members(live, managed, kind.shape)


def _managed_members(live: Spec, managed: Spec, shape: Shape) -> dict[str, Any]:
    part: dict[str, Any] = {}
    for name, value in managed.items():
        place, old = shape.members.get(name), live.get(name)
        if place and place.members and not place.atomic and isinstance(value, dict) and isinstance(old, dict):
            part[name] = _managed_members(old, value, place)
        else:
            part[name] = old
    return part


def completed(kind: Kind, managed: Spec, live: Spec, unsaid: Iterable[SpecPlace]) -> Spec:
    """
    The managed fields with the values that no manifest can hold, as the live object has them.

    `unsaid` are the places of `live`, whose items are named. A field that the manifest states is its own: only items of
    its lists and the blocks of them are completed, where the manifest leaves the value out.
    """
    lists: dict[str, list[Any]] = {}
    for place in unsaid:
        field, shape = str(place[0]), kind.shape.members.get(str(place[0]))
        if len(place) == 1 or shape is None or not shape.item_key or not isinstance(managed.get(field), list):
            continue
        item = live[field][place[1]]
        items = lists.setdefault(field, [*managed[field]])
        if not place[2:]:
            # A set has each item once, but for one that the platform has twice.
            earlier = [one for one in live[field][: place[1]] if _is_called(one, item, shape)]
            if len([one for one in items if _is_called(one, item, shape)]) == len(earlier):
                items.append(item)
            continue
        for at, other in enumerate(items):
            if _is_called(other, item, shape):
                items[at] = _with_value(other, place[2:], value_at(item, [str(step) for step in place[2:]]))
    if not lists:
        return managed
    return normal(kind, {**managed, **lists})


def place_of(shape: Shape, spec: Spec, text: str) -> SpecPlace | None:
    """The place in a spec of a field inside of a list, as people write it: ``rules[web].action``; None without one."""
    found = _INSIDE.fullmatch(text)
    place = shape.members.get(found["list"]) if found else None
    if found is None or place is None:
        return None
    names = list(named_items(spec.get(found["list"]) or (), place.item_key))
    rest = tuple(found["rest"].split(".")) if found["rest"] else ()
    return (found["list"], names.index(found["item"]), *rest) if found["item"] in names else None


_INSIDE = re.compile(r"(?P<list>\w+)\[(?P<item>[^\]]+)\](?:\.(?P<rest>.+))?")


def _is_called(one: Any, other: Any, shape: Shape) -> bool:
    return item_name(one, shape.item_key) == item_name(other, shape.item_key)


def _with_value(item: Mapping[str, Any], place: SpecPlace, value: Any) -> Mapping[str, Any]:
    head, rest = str(place[0]), place[1:]
    if rest:
        return {**item, head: _with_value(item.get(head) or {}, rest, value)}
    return item if item.get(head) else {**item, head: value}


def with_secrets(kind: Kind, spec: Spec, replace: Callable[[str, Any], Any]) -> Spec:
    """`spec` with every secret value that is there replaced by ``replace(dotted path, value)``."""
    for path in kind.secret_paths:
        spec = _replaced(spec, path, ".".join(path), replace)
    return spec


def _replaced(spec: Spec, path: tuple[str, ...], dotted: str, replace: Callable[[str, Any], Any]) -> Spec:
    head, *tail = path
    value = spec.get(head)
    if value is None:
        return spec
    if not tail:
        return {**spec, head: replace(dotted, value)}
    if not isinstance(value, dict):
        return spec
    return {**spec, head: _replaced(value, tuple(tail), dotted, replace)}


def comparable(kind: Kind, managed: Spec, live: Spec, digests: Mapping[str, str]) -> Spec:
    """
    `managed` with its secrets as digests, to be compared with a live spec whose secrets are digests.

    `digests` has the digest of each secret that could be resolved, by dotted path. A secret that could not be
    resolved takes the live value: it cannot be told to differ before apply (S8). So does one where either side was
    seen before there was a key. A secret that the platform does not have differs, whatever its value is.
    """

    def digest(path: str, value: Any) -> Any:
        seen = value_at(live, path.split("."))
        if seen is None:
            return digests.get(path, value)
        if UNKEYED in {seen, value if isinstance(value, str) else None}:
            return seen
        if path in digests:
            return seen if isinstance(seen, str) and is_same(seen, digests[path]) else digests[path]
        return seen if SecretRef.of(value) is not None else value

    return with_secrets(kind, managed, digest)


def value_at(spec: Any, path: Sequence[str]) -> Any:
    """The value at a path of a spec, None where there is none."""
    for part in path:
        spec = spec.get(part) if isinstance(spec, Mapping) else None
    return spec
