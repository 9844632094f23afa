"""Kinds: all that is known about one sort of resource, and what follows from it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from reconciler.model.agreement import effect_problems, wire_problems
from reconciler.model.effects import Effects
from reconciler.model.references import ReferenceField
from reconciler.model.relaxing import relaxed
from reconciler.model.resource import Spec
from reconciler.model.rules import Rule
from reconciler.model.shape import Shape, shape_of
from reconciler.model.sim_facts import SimHolder, SimList
from reconciler.model.traffic.policies import PolicyFields
from reconciler.model.wire import Wire
from reconciler.positions import Path

if TYPE_CHECKING:
    from pydantic import TypeAdapter


ITSELF = "metadata.name"
"""The scope of an object that others lie in: it lies in itself."""

_SIMS = "sims"
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


class KindError(TypeError):
    """The statements of a kind about its fields do not agree: a mistake in its file, found when it is made."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """
    One sort of resource: its spec as a typed dictionary, its wire facts, its rules.

    From these and the markers alone come schemas, documentation, checks, graph edges, the canonical form, both
    directions of the wire, and which difference forces a replacement. `one_of` are members of which exactly one is
    given, and which one is immutable (D-39). `effects`: what SIMs notice of a change. `plural` is the name of several.
    `scope` is the field that names the VSlice that an object lies in, or `ITSELF`. `holder`: its objects hold SIMs, so
    a change that reaches them has an impact. `sims`: its objects list SIMs. `default_routes` gives the rule that takes
    everything, by direction, with the target that it leads to. `traffic`: its objects are routing policies.

    A kind whose facts do not agree is not made: `KindError` names it and each field that is wrong.
    """

    name: str
    spec: type
    wire: Wire
    effects: Effects
    rules: tuple[Rule, ...] = ()
    one_of: tuple[str, ...] = ()
    scope: str | None = None
    plural: str = ""
    holder: SimHolder | None = None
    sims: SimList | None = None
    default_routes: Callable[[Spec], Mapping[str, tuple[str, str | None]]] | None = None
    traffic: PolicyFields | None = None

    def __post_init__(self) -> None:
        problems = [*effect_problems(self.places, self.effects), *self._own_problems()]
        if not self.is_roster:
            problems += wire_problems(self.places, self.wire, self.references)
        if problems:
            message = f"{self.name}: {'; '.join(problems)}"
            raise KindError(message)

    def _own_problems(self) -> Iterator[str]:
        members = self.shape.members
        yield from (
            f"{name} is one of several, but is no field of the spec" for name in self.one_of if name not in members
        )
        if self.scope not in {None, ITSELF} and (self.scope not in members or not members[self.scope].reference):
            yield f"{self.scope} is the scope, but is no Ref"
        if self.holder is not None:
            strange = [field for field in self.holder.fields if field.owner is not self.spec]
            yield from (f"{field} says how SIMs are held, but is of another spec" for field in strange)
            field, value = self.holder.secondary
            if value not in field.shape.choices:
                yield f"{field} is never {value}"
            if _SIMS not in dict(self.wire.counts):
                yield "it holds SIMs, but the wire does not count them"
        for path in (*self.sims.groups, *self.sims.tags) if self.sims else ():
            # A field of several forms has no places of its own in the shape.
            if path not in self.places and path.partition(".")[0] not in self._forms:
                yield f"{path} lists SIMs, but is no field of the spec"
        if self.is_roster and (self.wire.fields or self.wire.folds or self.wire.items):
            yield "it lists SIMs, but fields are on the wire"

    @cached_property
    def _forms(self) -> frozenset[str]:
        """The fields that take values of several forms."""
        return frozenset(name for name, place in self.shape.members.items() if place.type is Any)

    @cached_property
    def holds_sims(self) -> bool:
        """Whether its objects contain SIMs."""
        return self.holder is not None

    @cached_property
    def is_roster(self) -> bool:
        """Whether its objects list SIMs, and are not matched and owned one by one."""
        return self.sims is not None

    def is_secondary(self, spec: Spec) -> bool:
        """Whether an object is one of those to which SIMs are never assigned (D-22)."""
        return self.holder is not None and self.holder.is_secondary(spec)

    def is_held_in(self, spec: Spec) -> bool:
        """Whether SIMs may be assigned to an object."""
        return self.holder is not None and not self.holder.is_secondary(spec)

    def groups_in(self, spec: Spec) -> "Iterator[tuple[Path, str]]":
        """Each group whose SIMs an object of SIMs means, by its place below ``spec``."""
        for path in self.sims.groups if self.sims else ():
            yield from ((place, name) for place, name in _values(spec, _parts(path), ()) if isinstance(name, str))

    def tags_in(self, spec: Spec) -> "Iterator[tuple[Path, Any]]":
        """Each list of tags that SIMs are given, None for one that is cleared, by its place below ``spec``."""
        for path in self.sims.tags if self.sims else ():
            yield from _values(spec, _parts(path), ())

    @cached_property
    def peers(self) -> tuple[str, ...]:
        """Dotted paths of the hosts that the platform sends to."""
        return tuple(path for path, shape in self.places.items() if shape.is_peer)

    @cached_property
    def routed(self) -> tuple[str, ...]:
        """Dotted paths of the networks whose traffic goes to a host of the same block."""
        return tuple(path for path, shape in self.places.items() if shape.is_routed)

    @cached_property
    def slug(self) -> str:
        """The name of the kind in names of files: ``endpoint-group``."""
        return _kebab(self.name)

    @cached_property
    def file_name(self) -> str:
        """The file that objects of the kind are exported to: ``endpoint-groups.yaml``."""
        return f"{_kebab(self.plural or f'{self.name}s')}.yaml"

    @cached_property
    def shape(self) -> Shape:
        """The spec as data."""
        return shape_of(self.spec)

    @cached_property
    def places(self) -> Mapping[str, Shape]:
        """Every place of the spec by its dotted path."""
        return dict(self.shape.walk())

    @cached_property
    def doc(self) -> str:
        """The meaning of the kind, in one sentence."""
        return self.shape.doc

    @cached_property
    def adapter(self) -> "TypeAdapter[dict[str, Any]]":
        """The validator of manifests of this kind; pydantic is imported on first use."""
        from pydantic import TypeAdapter

        return TypeAdapter(self.spec)

    @cached_property
    def relaxed_adapter(self) -> "TypeAdapter[dict[str, Any]]":
        """The same without required fields, for an object that leaves out what no manifest can hold."""
        from pydantic import TypeAdapter

        return TypeAdapter(relaxed(self.spec))

    @cached_property
    def references(self) -> tuple[ReferenceField, ...]:
        """Every field that names another resource."""
        found = []
        for path, shape in self.places.items():
            if shape.reference:
                found.append(ReferenceField(_parts(path), shape.reference))
            if shape.item is not None and shape.item.reference:
                found.append(ReferenceField((*_parts(path), "[]"), shape.item.reference))
        return tuple(found)

    @cached_property
    def judged(self) -> tuple[tuple[str, Shape], ...]:
        """Dotted paths of the fields that take words of the platform's lists, or values of a certain form."""
        return tuple((path, shape) for path, shape in self.places.items() if shape.listed or shape.objection)

    def values_at(self, path: str, spec: Spec) -> "Iterator[tuple[Path, Any]]":
        """Each value at a dotted path of the spec, by its place below ``spec``."""
        return _values(spec, _parts(path), ())

    @cached_property
    def immutable(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Dotted paths that the platform fixes at creation, each with its rule."""
        return tuple((tuple(p.split(".")), s.immutable_rule) for p, s in self.places.items() if s.immutable)

    @cached_property
    def known_members(self) -> frozenset[str]:
        """Every top-level member of an answer that this version understands, in lower case."""
        return frozenset(name.lower() for name in self.wire.members)

    @cached_property
    def spelling(self) -> Mapping[str, str]:
        """The members that decoding reads, by their lower-case form."""
        names = [field.read.split(".")[0] for field in self.wire.fields if field.read]
        names += [name for fold in self.wire.folds for name in fold.members]
        names += [member for _, member in self.wire.counts]
        names += [items.embedded or items.member or "" for items in self.wire.items]
        return {name.lower(): name for name in names if name}

    @cached_property
    def secret_paths(self) -> tuple[tuple[str, ...], ...]:
        """The places whose values are secret, URLs that count as secret included (S9)."""
        return tuple(
            tuple(p.split(".")) for p, s in self.places.items() if (s.secret or s.secret_url) and "[]" not in p
        )

    @cached_property
    def plain_fields(self) -> frozenset[str]:
        """Top-level fields of one member of the platform's answer, which may leave it out."""
        return frozenset(field.path for field in self.wire.fields if "." not in field.path)

    @cached_property
    def fixed_first(self) -> frozenset[str]:
        """Top-level lists whose first live item stays the first one (D-16)."""
        return frozenset(items.paths[0] for items in self.wire.items if items.fixed_first)

    @cached_property
    def item_paths(self) -> frozenset[str]:
        """Top-level fields that have a sub-collection of their own."""
        return frozenset(path for items in self.wire.items for path in items.paths)

    def refers(self, spec: Mapping[str, Any]) -> Iterable[tuple[ReferenceField, tuple[str | int, ...], str]]:
        """Each reference that `spec` makes: which field, the path in the document, and the moniker as written."""
        for reference in self.references:
            if len(reference.path) == 1:
                name = reference.path[0]
                value = spec.get(name)
                if isinstance(value, str):
                    yield reference, (name,), value
            else:
                for path, value in _values(spec, reference.path, ()):
                    if isinstance(value, str):
                        yield reference, path, value


def _kebab(name: str) -> str:
    return _WORD.sub("-", name).lower()


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", ".[]").split("."))


def _values(value: Any, path: tuple[str, ...], walked: Path) -> Iterator[tuple[Path, Any]]:
    if not path:
        yield walked, value
        return
    head, *tail = path
    if head == "[]":
        if isinstance(value, list):
            for place, item in enumerate(value):
                yield from _values(item, tuple(tail), (*walked, place))
    elif isinstance(value, dict) and head in value:
        yield from _values(value[head], tuple(tail), (*walked, head))
