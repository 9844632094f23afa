"""Observed objects into resources: every field that a manifest can hold, and a list of those that none can."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.control_plane.leaf import leaves_not_managed
from reconciler.diffing.canonical import with_secrets
from reconciler.diffing.naming import name_unnamed
from reconciler.exporting.leftover import Leftover, leftover
from reconciler.exporting.selection import EVERYTHING, Selection
from reconciler.exporting.variables import Variables, is_written, variables_of
from reconciler.kinds import kind_named, object_kinds
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.model.live_form import LiveLeaf
from reconciler.model.references import EXISTING
from reconciler.model.resource import Lifecycle, Resource
from reconciler.model.scope import ANYTHING, Scope
from reconciler.model.shape import Shape
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.positions import Path, path_text

Omissions = Mapping[Address, Collection[Path]]
"""Paths of specs that are left out of the manifests, by object; the empty path leaves out the object."""


@dataclass(frozen=True, slots=True)
class Composed:
    """
    The resources in the order of addresses, the variables of their secrets, and the leftovers.

    `left_out` are objects that no manifest declares, with the reason: manifests refer to them with ``existing:``.
    """

    resources: tuple[Resource, ...] = ()
    variables: Variables = field(default_factory=dict)
    leftovers: tuple[Leftover, ...] = ()
    left_out: Mapping[Address, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """
    How resources are written.

    `is_brief` leaves out values at the platform's default. `without` are places that are left out, for the reason in
    `why`. `declared` are objects that other manifests of the estate declare,
    `taken_variables` those that they read.
    """

    selection: Selection = EVERYTHING
    scope: Scope = ANYTHING
    is_brief: bool = False
    without: Omissions = field(default_factory=dict)
    why: Mapping[tuple[Address, Path], str] = field(default_factory=dict)
    declared: frozenset[Address] = frozenset()
    taken_variables: frozenset[str] = frozenset()
    leaves: dict[Address, tuple[LiveLeaf, ...]] = field(default_factory=dict, compare=False)

    def leaves_of(self, seen: Observed) -> tuple[LiveLeaf, ...]:
        """The values of an object that no manifest holds; found once for all rounds of an export."""
        if seen.raw is None:
            return ()
        if seen.address not in self.leaves:
            self.leaves[seen.address] = leaves_not_managed(seen)
        return self.leaves[seen.address]


def composed(snapshot: Snapshot, composition: Composition) -> Composed:
    """
    Every chosen object of the account as a resource, in a stable order.

    The platform's own objects and those outside of the scope are left out and referred to as ``existing:``, but for
    those that are `declared` elsewhere. A law: planning the result with `--adopt` sends nothing.
    """
    left_out = {
        address: why
        for address, seen in sorted(snapshot.by_address.items())
        if (why := _objection(seen, composition)) is not None
    }
    chosen = [seen for address, seen in sorted(snapshot.by_address.items()) if address not in left_out]
    variables = variables_of(chosen, composition.taken_variables)
    outside = left_out.keys() - composition.declared
    resources, leftovers = [], []
    for name in object_kinds():
        kind = kind_named(name)
        for seen in (seen for seen in chosen if seen.address.kind == name):
            failed = composition.without.get(seen.address, ())
            leaves = composition.leaves_of(seen)
            without = frozenset((*failed, *(leaf.place for leaf in leaves if leaf.place is not None)))
            unmanaged = tuple(dict.fromkeys(leaf.field for leaf in leaves if leaf.place is not None and leaf.field))
            stating = _Stating(
                seen, kind, variables, outside, is_brief=composition.is_brief, without=without, unmanaged=unmanaged
            )
            resources.append(stating.resource())
            leftovers += [leftover(seen.address, leaf.field or leaf.wire, leaf.value, leaf.reason) for leaf in leaves]
            leftovers += _failed(seen, failed, composition)
    return Composed(tuple(resources), variables, tuple(leftovers), left_out)


def _objection(seen: Observed, composition: Composition) -> str | None:
    address = seen.address
    if seen.fixed:
        return "it belongs to the platform"
    if () in composition.without.get(address, ()):
        return composition.why.get((address, ()), "no manifest can hold it")
    if (objection := composition.scope.objection(address, kind_named(address.kind), seen.spec)) is not None:
        return f"it is outside of the scope: {objection[1]}"
    return None if composition.selection.takes(seen) else "it is not chosen"


def _failed(seen: Observed, without: Collection[Path], composition: Composition) -> Iterator[Leftover]:
    for path in sorted(without, key=repr):
        why = composition.why.get((seen.address, path), "a plan would change it")
        yield leftover(seen.address, path_text(path), _at(seen.spec, path), why)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


@dataclass(frozen=True, slots=True)
class _Stating:
    """One object on its way into a manifest."""

    seen: Observed
    kind: Kind
    variables: Variables
    outside: Collection[Address]
    is_brief: bool
    without: frozenset[Path]
    unmanaged: tuple[str, ...] = ()

    def resource(self) -> Resource:
        """The resource that states every field with a value that a manifest can hold."""
        address, shape = self.seen.address, self.kind.shape

        def as_reference(path: str, value: Any) -> Any:
            if is_written(shape, path, value):
                return value
            return {"secretRef": {"env": self.variables[address, path].name}}

        spec = with_secrets(self.kind, name_unnamed(self.kind, self.seen.spec, {}), as_reference)
        return Resource(address, dict(self._members(spec, shape, ())), lifecycle=Lifecycle(unmanaged=self.unmanaged))

    def _members(self, spec: Mapping[str, Any], shape: Shape, path: Path) -> Iterator[tuple[str, Any]]:
        """The members that a manifest states, in the order of the kind's fields."""
        for name, place in shape.members.items():
            here = (*path, name)
            if name not in spec or place.read_only or here in self.without:
                continue
            value = spec[name]
            if self._is_default(value, place, here):
                continue
            if value is None:
                if place.nullable:
                    yield name, None
            elif place.reference and isinstance(value, str):
                yield name, self._reference(value, place.reference)
            elif isinstance(value, list):
                kept = ((number, item) for number, item in enumerate(value) if (*here, number) not in self.without)
                yield name, [self._item(item, place.item, (*here, number)) for number, item in kept]
            elif isinstance(value, Mapping) and place.members:
                inner = dict(self._members(value, place, here))
                if inner or not value:
                    yield name, inner
            else:
                yield name, value

    def _is_default(self, value: Any, place: Shape, path: Path) -> bool:
        if not self.is_brief or place.required:
            return False
        if path == ("displayName",):
            return bool(value == self.seen.address.name)
        return value is None or value == [] or (place.default is not None and value == place.default)

    def _item(self, item: Any, shape: Shape | None, path: Path) -> Any:
        if shape is not None and shape.reference and isinstance(item, str):
            return self._reference(item, shape.reference)
        if shape is not None and shape.members and isinstance(item, Mapping):
            # An item is compared as a whole, with its defaults: what is null or the default need not be stated.
            stated = {
                name: value for name, value in item.items() if value is not None and self._is_worth(value, shape, name)
            }
            return dict(self._members(stated, shape, path))
        return item

    def _is_worth(self, value: Any, shape: Shape, name: str) -> bool:
        place = shape.members.get(name)
        return not self.is_brief or place is None or value != place.default

    def _reference(self, name: str, kind: str) -> str:
        return f"{EXISTING}{name}" if Address(kind, name) in self.outside else name
