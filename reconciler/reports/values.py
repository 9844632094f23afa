"""Values as plans show them: whole, in the order of the documentation, with secrets and URLs hidden (S9, S20)."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from reconciler.model.secret import SecretRef
from reconciler.model.shape import Shape
from reconciler.reports.diagnostics import escaped

PLAIN = Shape()
"""The place of a value of which nothing is known."""


def shown(value: Any, place: Shape = PLAIN) -> str:
    """One value on one line, never cut: what is approved has to be seen."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case Mapping():
            return _mapping(value, place)
        case list() | tuple():
            return "[" + ", ".join(shown(item, place.item or PLAIN) for item in value) + "]"
    return escaped(str(value))


def members(value: Mapping[str, Any], place: Shape) -> list[str]:
    """The names in a mapping as the documentation of the kind lists them: a plan file has them sorted by name."""
    order = {name: number for number, name in enumerate(place.members)}
    return sorted(value, key=lambda name: (order.get(name, len(order)), name))


def field_texts(value: Mapping[str, Any], place: Shape, prefix: str = "") -> Iterator[str]:
    """
    The fields of one item of a list, each as ``name: value``, without those that say nothing.

    Those of blocks in it have dotted names. Left out is what has its default, and what is empty and has no default.
    """
    for name in members(value, place):
        inner, at = value[name], place.members.get(name, PLAIN)
        if inner == at.default or (at.default is None and inner in ("", [], {})):
            continue
        if isinstance(inner, Mapping) and at.members and SecretRef.of(inner) is None:
            yield from field_texts(inner, at, f"{prefix}{name}.")
        else:
            yield f"{prefix}{escaped(str(name))}: {shown(inner, at)}"


def place_at(shape: Shape, path: str) -> Shape:
    """The place that the path of a field change names: ``rules[to-dc].match``. `PLAIN` where there is none."""
    return _found(shape, path) or PLAIN


def _found(shape: Shape, path: str) -> Shape | None:
    if not path:
        return shape
    if path.startswith("["):
        # The name of an item may hold brackets and dots: it ends where what follows makes sense.
        ends = (number for number, letter in enumerate(path) if letter == "]")
        rests = (path[end + 1 :] for end in ends)
        item = shape.item
        if item is None:
            return None
        return next((found for rest in rests if (found := _found(item, rest)) is not None), None)
    name, rest = _first(path.removeprefix("."))
    inner = shape.members.get(name)
    return None if inner is None else _found(inner, rest)


def _first(path: str) -> tuple[str, str]:
    end = next((number for number, letter in enumerate(path) if letter in ".["), len(path))
    return path[:end], path[end:]


def _text(value: str) -> str:
    if value.startswith(("http://", "https://")):
        parts = urlsplit(value)
        return f'"{parts.scheme}://{escaped(parts.netloc)}/…"'
    if value.startswith("hmac-sha256:"):
        return "(secret)"
    return value if value.startswith("(secret)") else f'"{escaped(value)}"'


def _mapping(value: Mapping[str, Any], place: Shape) -> str:
    reference = SecretRef.of(value)
    if reference is not None:
        return f"(secret from {escaped(str(reference))})"
    inner = (f"{escaped(str(n))}: {shown(value[n], place.members.get(n, PLAIN))}" for n in members(value, place))
    return "{" + ", ".join(inner) + "}"
