"""The meaning of kinds and fields, from their markers: for `explain` and for the reference pages."""

from collections.abc import Iterable, Iterator

from reconciler.kinds import kinds
from reconciler.model.catalogue import NOTHING_SEEN, Catalogue, offered
from reconciler.model.effects import Effect, is_within
from reconciler.model.kind import Kind
from reconciler.model.shape import Shape

_TYPES = {int: "whole number", bool: "true or false", str: "text"}


def listing(described: Iterable[tuple[str, str]]) -> str:
    """Every kind with its sentence."""
    return "\n".join(f"{name:<16} {doc}" for name, doc in described)


def explained(title: str, spec: Shape, field: str, *, seen: Catalogue = NOTHING_SEEN) -> str | None:
    """
    A kind of document (empty `field`) or one field of its spec; None when there is no such field.

    `seen` are the lists of the platform as last seen.
    """
    shape: Shape | None = spec
    for part in filter(None, field.split(".")):
        shape = _inside(shape)
        shape = shape.members.get(part) if shape else None
    if shape is None:
        return None
    lines = [f"{title}.{field}" if field else title, f"  {shape.doc}"]
    lines += [f"  {fact}" for fact in facts(shape, seen=seen)] if field else []
    if field and not shape.required and title in kinds():
        lines.append("  absent: not managed here, the live value is kept; on create the platform's default")
    kind = kinds().get(title)
    inner = _inside(shape)
    if kind is not None and field and not (inner and inner.members):
        lines.append(f"  SIMs, on an edit: {_of_edit(kind, field).text}")
        lines += [
            f"  SIMs, on an edit to {value}: {effect.text}"
            for value, effect in kind.effects.values.get(field, {}).items()
        ]
    if inner is not None and inner.members:
        lines += ["", "Fields:"]
        width = max(len(name) for name in inner.members) + 2
        for name, member in inner.members.items():
            mark = "*" if member.required else " "
            lines.append(f" {mark} {name:<{width}} {type_name(member)}: {member.doc}")
        lines.append(" * required")
        if kind is not None:
            lines += ["", "Effect on SIMs:", *(f"   {what}: {text}" for what, text in noticed(kind, field))]
    return "\n".join(lines)


def noticed(kind: Kind, around: str = "") -> Iterator[tuple[str, str]]:
    """Each change and its effect on SIMs: places of a spec with the same effect together, then the actions."""
    effects = kind.effects
    edits: dict[str, list[str]] = {}
    for place in effects.fields:
        if not around or is_within(place.replace("[]", ""), around):
            edits.setdefault(_of_edit(kind, place).text, []).append(place)
    if not edits:
        edits[_of_edit(kind, around).text] = [around]
    yield from ((f"edit of {', '.join(places)}", text) for text, places in edits.items())
    for place, values in effects.values.items():
        if not around or is_within(place, around):
            yield from ((f"edit of {place} to {value}", effect.text) for value, effect in values.items())
    if not around:
        yield from ((f"a further item of {place}", effect.text) for place, effect in effects.added.items())
        yield "create", effects.create.text
        yield "replace", effects.replace.text
        yield "delete", effects.delete.text


def _of_edit(kind: Kind, place: str) -> Effect:
    """The effect of an edit; where a field is fixed at creation, an edit replaces the object."""
    fixed = (path for path, shape in kind.shape.walk() if shape.immutable)
    plain = place.replace("[]", "")
    is_fixed = any(is_within(plain, path.replace("[]", "")) for path in fixed)
    return kind.effects.replace if is_fixed else kind.effects.of_edit(place)


def facts(shape: Shape, *, seen: Catalogue = NOTHING_SEEN) -> Iterator[str]:
    """The markers of a field in words, a sentence each."""
    yield f"type: {type_name(shape)}"
    if shape.required:
        yield "required"
    if shape.nullable:
        yield "null: clears it"
    if shape.default is not None:
        yield f"default on create: {str(shape.default).lower() if isinstance(shape.default, bool) else shape.default}"
    if shape.server_default:
        yield "default on create: the platform chooses"
    if shape.immutable:
        rule = f" ({shape.immutable_rule})" if shape.immutable_rule else ""
        yield f"fixed at creation: a difference means replacement{rule}"
    if shape.read_only:
        yield "set by the platform"
    if shape.ordered:
        yield f"ordered; an item is told by its {shape.item_key[0]}"
    elif shape.item_key:
        key = ", ".join(filter(None, shape.item_key))
        yield f"a set{f'; an item is told by {key}' if key else ''}"
    if shape.listed:
        yield offered(shape.listed, seen)
    if shape.secret or shape.secret_url:
        yield "secret: {secretRef: {env: NAME}} or {secretRef: {file: relative/path}}"


def type_name(shape: Shape) -> str:
    """The type of a field in words."""
    if shape.choices:
        return " | ".join(shape.choices)
    if shape.reference:
        return f"moniker of {shape.reference}"
    if shape.secret:
        return "secret reference"
    if shape.item is not None:
        return f"list of {type_name(shape.item)}"
    if shape.members:
        return "mapping"
    return _TYPES.get(shape.type, "text")


def _inside(shape: Shape | None) -> Shape | None:
    while shape is not None and shape.item is not None:
        shape = shape.item
    return shape
