"""
The fields of the staleness table and what they may become, from the kinds and the examples alone.

Which of many words a field takes is not known here: `tests.robustness.wire_faults.staleness` finds it out by trying.
"""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from typing_extensions import is_typeddict

from reconciler.kinds import kind_named, object_kinds
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.model.references import bare, is_existing
from reconciler.model.resource import Resource, Spec
from reconciler.model.shape import Shape
from reconciler.operations.validate import check
from reconciler.simulator.seed import GATEWAYS, INSTANCES, SUBSCRIPTION_TYPES, ZONES

EXAMPLES = Path(__file__).parents[3] / "examples"
_NOWHERE: Mapping[str, Any] = {"EndpointGroup.ipAllocation": "static", "EventHandler.smpp.systemType": "SMPP"}
"""Fields that no example has, with a value."""
_TOGETHER: Mapping[str, dict[str, Any]] = {
    "EventMap.scope": {"subscriptions": []},
    "EndpointGroup.type": {"apn": "main.plant.flex", "secondaryGroups": []},
}
"""The other fields that have to differ for a field to be another one."""
ALONE = frozenset({"RoutingTarget.typeInstance"})
"""Fields that have one value only for an object: the platform has one instance of each type."""
_ELSEWHERE = 9
_WORDS = (
    "8081", "198.51.100.77", "198.51.100.78", "10.77.0.0/16", "10.78.0.0/16", "100.65.0.0/16", "https://a.example/b",
    "https://b.example/c", "FRA", "DEU", "ikev1", "tls", "udp", "other.plant.flex", "more.plant.flex", "*.flex", "*",
    "aes128-sha1-modp1024", "aes128-sha256-modp2048", "aes256-sha512-modp4096", "2mbits", "3mbits",
    "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=", "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=",
    *(str(row["moniker"]) for row in (*GATEWAYS, *ZONES, *INSTANCES, *SUBSCRIPTION_TYPES)),
)  # fmt: skip
"""Words that platforms know; which of them a field takes is found out by trying."""


@dataclass(frozen=True, slots=True)
class Place:
    """A field of an object of an example: where the example is, the object, and the dotted path."""

    folder: str
    address: Address
    path: str

    def __str__(self) -> str:
        return f"{self.address.kind}.{self.path}"


def leaves(kind: Kind) -> tuple[str, ...]:
    """The dotted paths of all fields of a kind that may be different; a list, or an atomic block, is one field."""
    return tuple(_leaves(kind.shape, ""))


def _leaves(shape: Shape, prefix: str) -> Iterator[str]:
    for name, inner in shape.members.items():
        is_block = inner.item is None and is_typeddict(inner.type)
        if is_block and not inner.atomic:
            yield from _leaves(inner, f"{prefix}{name}.")
        elif not inner.read_only and len(inner.choices) != 1:
            yield f"{prefix}{name}"


def at(spec: Any, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for part in path.split("."):
        spec = spec.get(part) if isinstance(spec, Mapping) else None
    return spec


def _has(spec: Spec, path: str) -> bool:
    head, _, last = path.rpartition(".")
    inner = at(spec, head) if head else spec
    return isinstance(inner, Mapping) and last in inner


def _put(spec: Any, path: str, value: Any) -> dict[str, Any]:
    head, _, rest = path.partition(".")
    return {**(spec or {}), head: _put((spec or {}).get(head), rest, value) if rest else value}


@cache
def examples(folder: str) -> Mapping[Address, Resource]:
    """The objects of an example, with the fields that no example has."""
    found = {}
    for address, one in check(EXAMPLES / folder, remember=False).loaded.built.estate.items():
        if address.kind in object_kinds():
            spec = one.spec
            for place, value in _NOWHERE.items():
                kind, _, path = place.partition(".")
                if kind == address.kind and ("." not in path or path.split(".")[0] in spec):
                    spec = _put(spec, path, value)
            found[address] = Resource(address, spec)
    return found


def _folders() -> Iterator[str]:
    yield from (f"kinds/{folder.name}" for folder in sorted((EXAMPLES / "kinds").iterdir()) if folder.is_dir())
    yield "vantiq"


@cache
def places() -> tuple[Place, ...]:
    """Each field of each kind once, in the objects that have most of them."""
    found = []
    for name, kind in object_kinds().items():
        objects = [(f, one) for f in _folders() for one in examples(f).values() if one.address.kind == name]
        missing = list(leaves(kind))
        while missing:
            folder, best = max(objects, key=lambda pair: sum(_has(pair[1].spec, path) for path in missing))
            covered = [path for path in missing if _has(best.spec, path)]
            if not covered:
                break
            found += [Place(folder, best.address, path) for path in covered if f"{name}.{path}" not in ALONE]
            missing = [path for path in missing if path not in covered]
    return tuple(found)


def _refers(one: Resource) -> list[tuple[Any, Any, str]]:
    return list(kind_named(one.address.kind).refers(one.spec))


def _needed(estate: Mapping[Address, Resource], address: Address) -> dict[Address, Resource]:
    """The objects that an object refers to, and so on; not itself."""
    found: dict[Address, Resource] = {}
    todo = [address]
    while todo:
        for reference, _, name in _refers(estate[todo.pop()]):
            one = Address(reference.kind, bare(name))
            if one in estate and one not in found and one != address:
                found[one] = estate[one]
                todo.append(one)
    return found


def _simple(kind: str) -> Iterator[Resource]:
    """Objects of a kind that refer to nothing, two of each sort that is in the examples."""
    found: dict[str, Resource] = {}
    for one in (one for folder in _folders() for one in examples(folder).values() if one.address.kind == kind):
        spec = {name: [] if isinstance(value, list) else value for name, value in one.spec.items()}
        plain = Resource(one.address, spec)
        if not _refers(plain):
            found.setdefault(str(sorted((n, v) for n, v in spec.items() if n != "displayName")), plain)
    return (_clone(one, number, {}) for one in found.values() for number in (1, 2))


def _clone(one: Resource, number: int, named: Container[Address], address: Address | None = None) -> Resource:
    """Another object like this; references to those in `named` are to their clones."""
    kind = kind_named(one.address.kind)
    spec = json.loads(json.dumps(one.spec))
    for reference, path, name in kind.refers(one.spec):
        if Address(reference.kind, bare(name)) in named and not is_existing(name):
            inner = spec
            for part in path[:-1]:
                inner = inner[part]
            inner[path[-1]] = _cloned(name, number)
    if "apn" in spec:
        spec["apn"] = f"n{number}.{spec['apn']}"
    return Resource(address or Address(kind.name, _cloned(one.address.name, number)), spec)


def _cloned(name: str, number: int) -> str:
    return f"{name[:27]}-{number}"


def _others(shape: Shape, old: Any, names: Sequence[str]) -> Iterator[Any]:
    """Values that may be meant by somebody who changes `old`."""
    if shape.secret or shape.secret_url:
        yield from ({"secretRef": {"env": name}} for name in ("SECOND", "THIRD"))
    elif shape.members and shape.item is None:
        for name, inner in shape.members.items():
            yield from ({**(old or {}), name: value} for value in _others(inner, (old or {}).get(name), names))
            if not inner.required:
                yield {other: value for other, value in (old or {}).items() if other != name}
    elif shape.item is not None:
        yield from _lists(shape, list(old or ()), names)
    elif shape.choices:
        yield from (choice for choice in shape.choices if choice != old)
    elif isinstance(old, bool):
        yield not old
    elif isinstance(old, int):
        yield from (old + 1, old + 2, old - 1)
    elif shape.reference:
        yield from (name for name in names if name != old)
    else:
        yield from (f"{old} b", f"{old} c", f"{old}b", f"{old}c", f"b{old}", f"c{old}")
        yield from (word for word in _WORDS if word != old)
    if shape.nullable and old is not None:
        yield None


def _lists(shape: Shape, old: list[Any], names: Sequence[str]) -> Iterator[Any]:
    item = shape.item
    assert item is not None
    if len(old) > 1:
        yield old[:-1]
        if shape.ordered:
            yield old[::-1]
    if item.members:
        for name, inner in item.members.items():
            if old and name in old[0]:
                yield from ([{**old[0], name: value}, *old[1:]] for value in _others(inner, old[0][name], names))
    else:
        yield from ([*old, value] for value in _others(item, old[-1] if old else "x", names) if value not in old)
    if old:
        yield []


@cache
def targets() -> tuple[tuple[str, Address], ...]:
    """The objects that the fields of the table are in, each with the example that it is in."""
    return tuple(dict.fromkeys((place.folder, place.address) for place in places()))


def around(folder: str, target: Resource) -> tuple[Resource, ...]:
    """
    The objects that have to be there beside an object, for all that it may become.

    An object that it refers to is there three times, so that a reference may be another one; and all is there a second
    time, so that the object may move to another scope.
    """
    needed = _needed(examples(folder), target.address)
    named = {Address(ref.kind, bare(name)) for ref, _, name in _refers(target) if not is_existing(name)}
    clones = [_clone(needed[one], number, {}) for one in needed if one in named for number in (1, 2)]
    clones += [_clone(one, _ELSEWHERE, needed) for one in needed.values()]
    kind = kind_named(target.address.kind)
    possible = {reference.kind for reference in kind.references if len(reference.path) == 1}
    others = possible - {one.kind for one in named} - {kind.name}
    return (*needed.values(), *clones, *(one for name in sorted(others) for one in _simple(name)))


def variants(target: Resource, path: str, beside: Sequence[Resource]) -> Iterator[Resource]:
    """The object with other values of a field, as manifests may have them."""
    kind = kind_named(target.address.kind)
    if path == kind.scope:
        named = {Address(reference.kind, bare(name)) for reference, _, name in _refers(target)}
        yield _clone(target, _ELSEWHERE, named, target.address)
        return
    shape = dict(kind.shape.walk())[path]
    names = [one.address.name for one in beside if one.address.kind == shape.reference]
    for value in _others(shape, at(target.spec, path), names):
        wanted = _put(target.spec, path, value) | _TOGETHER.get(f"{kind.name}.{path}", {})
        with suppress(ValidationError):
            yield Resource(target.address, kind.adapter.validate_python(wanted))
