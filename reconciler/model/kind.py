"""Kinds: all that is known about one sort of resource, and what follows from it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from reconciler.model.agreement import effect_problems, wire_problems
from reconciler.model.effects import Effects
from reconciler.model.references import ReferenceField
from reconciler.model.rules import Rule
from reconciler.model.shape import Shape, shape_of
from reconciler.model.wire import Wire

if TYPE_CHECKING:
    from pydantic import TypeAdapter


_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


class KindError(TypeError):
    """What a kind says of its fields does not agree; a mistake in its file, found when it is made."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """
    One sort of resource: its spec as a typed dictionary, its wire facts, its rules.

    From these and the markers alone come schemas, documentation, checks, graph edges, the canonical form, both
    directions of the wire, and which difference forces a replacement. `one_of` are members of which exactly one is
    given, and which one is immutable (D-39). `scope` is the field that names the VSlice that an object lies in, or
    `ITSELF`. `effects`: what SIMs notice of a change. `plural` is the name of several.

    `holds_sims`: its objects contain SIMs, so a change that reaches them has an impact. `secondary` is the field and
    the value of those of them that SIMs are never assigned to (D-22). `policies` are the fields that name what governs
    the SIMs inside. `sims`: the kind speaks of SIMs, which are counted and streamed, never of objects that are listed,
    matched and owned one by one.

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
    holds_sims: bool = False
    is_roster: bool = False

    def __post_init__(self) -> None:
        problems = [*effect_problems(self.shape, self.effects), *self._own_problems()]
        if not self.is_roster:
            problems += wire_problems(self.shape, self.wire, self.references)
        if problems:
            message = f"{self.name}: {'; '.join(problems)}"
            raise KindError(message)

    def _own_problems(self) -> Iterator[str]:
        members = self.shape.members
        yield from (
            f"{name} is one of several, but is no field of the spec" for name in self.one_of if name not in members
        )
        if self.scope is not None and (self.scope not in members or not members[self.scope].reference):
            yield f"{self.scope} is the scope, but is no Ref"
        if self.is_roster and (self.wire.fields or self.wire.folds or self.wire.items):
            yield "its SIMs are written by requests of their own, but fields are on the wire"

    @cached_property
    def slug(self) -> str:
        """The name of the kind in names of files: ``endpoint-group``."""
        return _WORD.sub("-", self.name).lower()

    @cached_property
    def shape(self) -> Shape:
        """The spec as data."""
        return shape_of(self.spec)

    @cached_property
    def doc(self) -> str:
        """What the kind is, in one sentence."""
        return self.shape.doc

    @cached_property
    def adapter(self) -> "TypeAdapter[dict[str, Any]]":
        """The validator of manifests of this kind; pydantic is imported on first use."""
        from pydantic import TypeAdapter

        return TypeAdapter(self.spec)

    @cached_property
    def references(self) -> tuple[ReferenceField, ...]:
        """Every field that names another resource."""
        found = []
        for path, shape in self.shape.walk():
            if shape.reference:
                found.append(ReferenceField(tuple(path.replace("[]", ".[]").split(".")), shape.reference))
            if shape.item is not None and shape.item.reference:
                found.append(ReferenceField((*path.replace("[]", ".[]").split("."), "[]"), shape.item.reference))
        return tuple(found)

    @cached_property
    def immutable(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Dotted paths that the platform fixes at creation, each with its rule."""
        return tuple((tuple(p.split(".")), s.immutable_rule) for p, s in self.shape.walk() if s.immutable)

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
        return tuple(tuple(p.split(".")) for p, s in self.shape.walk() if (s.secret or s.secret_url) and "[]" not in p)

    @cached_property
    def plain_fields(self) -> frozenset[str]:
        """Top-level fields that stand for one member of the platform's answer, which may leave it out."""
        return frozenset(field.path for field in self.wire.fields if "." not in field.path)

    @cached_property
    def fixed_first(self) -> frozenset[str]:
        """Top-level lists whose first live item stays the first one (D-16)."""
        return frozenset(items.paths[0] for items in self.wire.items if items.fixed_first)

    @cached_property
    def item_paths(self) -> frozenset[str]:
        """Top-level fields that stand behind a sub-collection of their own."""
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
                    yield reference, path, value


def _values(
    value: Any, path: tuple[str, ...], walked: tuple[str | int, ...]
) -> Iterable[tuple[tuple[str | int, ...], str]]:
    if not path:
        if isinstance(value, str):
            yield walked, value
        return
    head, *tail = path
    if head == "[]":
        if isinstance(value, list):
            for place, item in enumerate(value):
                yield from _values(item, tuple(tail), (*walked, place))
    elif isinstance(value, dict) and value.get(head) is not None:
        yield from _values(value[head], tuple(tail), (*walked, head))
