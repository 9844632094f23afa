"""
Markers that a kind's fields carry inside `typing.Annotated`; everything generic reads them.

Loading, checking, ordering, diffing, encoding, simulating and documenting derive from these words alone. A kind that
needs a special case lacks a marker: add the word here, not the exception there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Doc:
    """One sentence for the reference page, the JSON Schema and `explain`."""

    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """The field names a resource of `kind` by moniker: an edge of the graph, and a moniker on the wire."""

    kind: str


@dataclass(frozen=True, slots=True)
class Immutable:
    """The platform fixes the field at creation: a difference means replacement (`rule` says by which rule)."""

    rule: str = ""


@dataclass(frozen=True, slots=True)
class ServerDefault:
    """Absent on create means: the platform chooses."""


@dataclass(frozen=True, slots=True)
class Default:
    """Absent on create, or absent inside a list item, means this value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Unordered:
    """A set: order means nothing, items are told apart by `key` (empty: by their whole value)."""

    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ordered:
    """A list whose order is meaning; an item is the same item when its `identity` field is the same."""

    identity: str


@dataclass(frozen=True, slots=True)
class Atomic:
    """An object that is managed as a whole: a member that is left out is not kept from the live side."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A `SecretRef` in manifests and plans; compared by keyed digest, resolved in the transport's last step (S6-S8)."""


@dataclass(frozen=True, slots=True)
class SecretUrl:
    """A URL that counts as secret beyond scheme and host (S9); a literal is allowed, and shown shortened."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host, or a URL with one, that the platform sends to because of the object."""


@dataclass(frozen=True, slots=True)
class Routed:
    """Networks whose traffic the platform sends to the `Host` of the same block."""


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """The platform sets the field; a manifest may state it only as it is."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The field takes a word of the platform's own list `name`, or the value that is live in it."""

    name: str


@dataclass(frozen=True, slots=True)
class Formed:
    """`objection` says what is wrong with a value; such a value is planned only where it is live already."""

    objection: Callable[[Any], str | None]


Marker = (
    Doc | Ref | Immutable | ServerDefault | Default | Unordered | Ordered | Atomic | Secret | SecretUrl | Host | Routed
    | ReadOnly | Listed | Formed
)  # fmt: skip
