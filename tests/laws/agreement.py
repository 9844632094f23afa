"""
Whether a live object is as declared: said once more, member by member, and independently of the code under test.

The comparison that the planner makes merges and normalises; this one walks. A law that used the planner's own would
hold for any mistake in it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.resource import Resource
from reconciler.model.secret import SecretRef
from reconciler.model.shape import Shape
from reconciler.model.snapshot import Observed

Digest = Callable[[Any], str | None]


def disagreements(resource: Resource, seen: Observed | None, digest: Digest) -> list[str]:
    """The declared places that the live object does not have as declared; `digest` is what secrets are seen as."""
    if seen is None:
        return [f"{resource.address} is not there"]
    shape = kind_named(resource.address.kind).shape
    return [f"{resource.address} {path}" for path in _members(resource.spec, seen.spec, shape, "", digest)]


def _members(declared: Mapping[str, Any], live: Any, shape: Shape, prefix: str, digest: Digest) -> Iterable[str]:
    for name, value in declared.items():
        found = live.get(name) if isinstance(live, Mapping) else None
        place = shape.members[name]
        if found is None and value == place.default:
            continue
        yield from _value(value, found, place, f"{prefix}{name}", digest)


def _value(declared: Any, live: Any, shape: Shape, path: str, digest: Digest) -> Iterable[str]:
    if declared is None:
        if live not in (None, [], {}, ""):
            yield path
    elif shape.secret or shape.secret_url:
        if live != digest(SecretRef.of(declared) or declared):
            yield path
    elif shape.members:
        yield from _members(declared, live, shape, f"{path}.", digest)
    elif shape.item is not None:
        if not _items(declared, live or [], shape, digest):
            yield path
    elif declared != live:
        yield path


def _items(declared: list[Any], live: list[Any], shape: Shape, digest: Digest) -> bool:
    if len(declared) != len(live):
        return False
    left = list(live)
    for item in declared:
        # A set may come in any order; in everything else the place counts.
        candidates = left if shape.item_key and not shape.ordered else left[:1]
        match = next((one for one in candidates if _is_same(item, one, shape, digest)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _is_same(declared: Any, live: Any, shape: Shape, digest: Digest) -> bool:
    item = shape.item or Shape()
    if not item.members:
        return bool(declared == live)
    return not list(_members(declared, live, item, "", digest))


def all_disagreements(resources: Iterable[Resource], live: Mapping[Address, Observed], digest: Digest) -> list[str]:
    """The disagreements of many."""
    return [found for resource in resources for found in disagreements(resource, live.get(resource.address), digest)]
