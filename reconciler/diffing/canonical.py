"""
The one normal form in which two specs of a kind are compared, and the merge of what is managed over what is live.

Nested values of specs are plain dictionaries and lists: asking for those is several times cheaper than for the
abstract `Mapping`, and this runs for every field of every object.

Sets are sorted, references are bare monikers, items and atomic blocks have their defaults. A missing key stays
missing: it is "not managed here" and the live value is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.diffing.fields import item_name
from reconciler.model.kind import Kind
from reconciler.model.references import EXISTING, bare
from reconciler.model.resource import Spec
from reconciler.model.secret import UNKEYED, SecretRef, is_same
from reconciler.model.shape import Shape


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
    return {item_name(item, place.item_key): item for item in old} == {
        item_name(item, place.item_key): item for item in new
    }


def managed_equal(kind: Kind, managed: Spec, live: Spec) -> bool:
    """Whether the live object already has every managed field as it should be. Both in normal form."""
    live = name_unnamed(kind, live, managed)
    return merge(kind, live, managed) == live


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


def name_unnamed(kind: Kind, live: Spec, managed: Spec) -> Spec:
    """
    `live` with names for list items that have none on the platform.

    An ordered item keeps its identity in a description that others may have written; one without is matched by
    content with a declared item and takes its name. An item that matches nothing is called by its place.
    """
    for field, place in kind.shape.members.items():
        items = live.get(field)
        if not place.ordered or not items or all(item.get(place.item_key[0]) for item in items):
            continue
        live = {**live, field: _named(items, managed.get(field) or (), place.item_key[0])}
    return live


def _named(items: list[dict[str, Any]], declared: Any, identity: str) -> list[dict[str, Any]]:
    taken = {item[identity] for item in items if item.get(identity)}
    free = [item for item in declared if item.get(identity) not in taken]
    result = []
    for place, item in enumerate(items, 1):
        if item.get(identity):
            result.append(item)
            continue
        content = {name: value for name, value in item.items() if name != identity}
        match = next((d for d in free if {n: v for n, v in d.items() if n != identity} == content), None)
        if match is not None:
            free.remove(match)
        name = match[identity] if match is not None else _free_name(f"rule-{place}", taken)
        taken.add(name)
        result.append({**item, identity: name})
    return result


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "-"
    return name


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
