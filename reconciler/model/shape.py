"""
The shape of a kind's spec, derived from its typed dictionaries and their markers.

A kind is written as `TypedDict` classes: a missing key *is* "not managed here" and None *is* "clear it", so validated
manifests need no second representation to tell absent from null. A `Shape` is the same tree as data, for everything
that walks specs: merging, diffing, references, schemas, documentation.
"""

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Annotated, Any, Literal, Required, Union, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

from reconciler.model import fields as markers
from reconciler.model.checks import Check


@dataclass(frozen=True)
class Shape:
    """
    One place of a spec: its members (an object), its item (a list), and the facts that markers give it.

    `item_key` names the fields that identify an item (``("",)``: the item itself); `ordered` lists have meaning in
    their order. `choices` are the words of an enumeration, `listed` is the platform's own list that has them. `checks`
    are the functions that a value has to pass, `objection` says what is wrong with the form of one that is not live.
    """

    type: Any = str
    members: Mapping[str, "Shape"] = field(default_factory=dict)
    item: "Shape | None" = None
    item_key: tuple[str, ...] = ()
    ordered: bool = False
    nullable: bool = False
    required: bool = False
    atomic: bool = False
    immutable: bool = False
    immutable_rule: str = ""
    server_default: bool = False
    read_only: bool = False
    secret: bool = False
    secret_url: bool = False
    is_peer: bool = False
    is_routed: bool = False
    default: Any = None
    reference: str | None = None
    choices: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    listed: str | None = None
    objection: Callable[[Any], str | None] | None = None
    doc: str = ""

    @cached_property
    def worked(self) -> "tuple[tuple[str, Shape], ...]":
        """The members whose values have more than one spelling of the same meaning: references, lists, mappings."""
        return tuple(
            (name, place)
            for name, place in self.members.items()
            if place.reference or place.item is not None or place.members
        )

    @cached_property
    def defaults(self) -> "Mapping[str, Any]":
        """The default values of the members that have one."""
        return {name: place.default for name, place in self.members.items() if place.default is not None}

    def walk(self, prefix: str = "") -> Iterator[tuple[str, "Shape"]]:
        """Every place below this one as (dotted path, shape); list items as ``path[]``."""
        for name, shape in self.members.items():
            path = f"{prefix}{name}"
            yield path, shape
            yield from shape.walk(f"{path}.")
        if self.item is not None:
            yield from self.item.walk(f"{prefix.removesuffix('.')}[].")


@cache
def shape_of(spec: type) -> Shape:
    """The shape of a `TypedDict` class, made once; `doc` is the class docstring's first line."""
    hints = get_type_hints(spec, include_extras=True)
    required: frozenset[str] = getattr(spec, "__required_keys__", frozenset())
    members = {name: _shape(hint, required=name in required) for name, hint in hints.items()}
    return Shape(type=spec, members=members, doc=(spec.__doc__ or "").strip().split("\n")[0])


def _shape(hint: Any, *, required: bool) -> Shape:
    facts: dict[str, Any] = {"required": required}
    hint = _unwrapped(hint, facts)
    if is_typeddict(hint):
        inner = shape_of(hint)
        facts["members"] = inner.members
        facts.setdefault("doc", inner.doc)
    elif get_origin(hint) is list:
        facts["item"] = _shape(get_args(hint)[0], required=True)
    elif get_origin(hint) is Literal:
        facts["choices"] = get_args(hint)
    return Shape(type=hint, **facts)


def _unwrapped(hint: Any, facts: dict[str, Any]) -> Any:
    while True:
        origin = get_origin(hint)
        if origin is Annotated:
            hint, *found = get_args(hint)
            for marker in found:
                _note(marker, facts)
        elif origin is Required:
            (hint,) = get_args(hint)
        elif origin in {Union, types.UnionType} and type(None) in get_args(hint):
            facts["nullable"] = True
            (hint,) = (part for part in get_args(hint) if part is not type(None))
        else:
            return hint


def _note(marker: object, facts: dict[str, Any]) -> None:
    match marker:
        case markers.Doc(text):
            facts["doc"] = text
        case markers.Ref(kind):
            facts["reference"] = kind
        case markers.Immutable(rule):
            facts["immutable"] = True
            facts["immutable_rule"] = rule
        case markers.Default(value):
            facts["default"] = value
        case markers.Unordered(key):
            facts["item_key"] = key or ("",)
        case markers.Listed(name):
            facts["listed"] = name
        case markers.Formed(objection):
            facts["objection"] = objection
        case markers.Ordered(identity):
            facts["item_key"] = (identity,)
            facts["ordered"] = True
        case Check():
            facts["checks"] = (*facts.get("checks", ()), marker)
        case _ if type(marker) in _FLAGS:
            facts[_FLAGS[type(marker)]] = True
        case _:
            pass


_FLAGS: Mapping[type, str] = {
    markers.ServerDefault: "server_default",
    markers.Atomic: "atomic",
    markers.Secret: "secret",
    markers.SecretUrl: "secret_url",
    markers.Host: "is_peer",
    markers.Routed: "is_routed",
    markers.ReadOnly: "read_only",
}
"""The markers without words of their own, with the fact that each of them states."""
