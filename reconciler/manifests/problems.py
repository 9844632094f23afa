"""Diagnostics from pydantic's errors: the place, the mistake, and what to do."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.diagnostics import (
    INVALID_VALUE,
    MISSING_FIELD,
    SECRET_LITERAL,
    UNKNOWN_FIELD,
    Diagnostic,
    nearest,
)
from reconciler.diffing.fields import item_name
from reconciler.model.shape import Shape
from reconciler.positions import Path, path_text

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError


_FORMS = {
    "dict_type": ("a mapping", "write name: value lines below it"),
    "list_type": ("a list", "write items as - item lines, or as [a, b]"),
    "string_type": ("text", "write one scalar value"),
    "missing_keyword_only_argument": ("a value", "add it"),
}
_RULE = re.compile(r" \((?P<number>D-[0-9]+)\)")
_LONGEST_SHOWN = 40
_MOST_PROBLEMS = 200


def diagnostics_of(
    error: "ValidationError",
    data: object,
    shape: Shape,
    address: str,
    prefix: Path,
    *,
    waived: Collection[str] = (),
) -> Iterator[Diagnostic]:
    """
    One diagnostic for each of the first errors of one document.

    `data` is what was validated, `shape` the shape it should have, `prefix` its path in the
    document. Required fields that are `waived`, as ``rules[web].action``, may be missing. Values of fields that are a
    secret, or hold one, are never shown.
    """
    lists: set[Path] = set()
    errors = error.errors(include_url=False, include_input=False)[:_MOST_PROBLEMS]
    # A required field whose name is misspelt is one mistake: the unknown field says what was meant.
    unknown = (_walked(data, tuple(found["loc"])) for found in errors if found["type"] == "extra_forbidden")
    misspelt = {(*path[:-1], _nearest_member(shape, path)) for path in unknown}
    for found in errors:
        path = _walked(data, tuple(found["loc"]))
        if found["type"] == "missing" and (path in misspelt or (waived and _named_path(data, shape, path) in waived)):
            continue
        if found["type"] == "dict_type" and path and isinstance(path[-1], int):
            # Items that are no mappings are one mistake of their list.
            if path[:-1] in lists:
                continue
            lists.add(path[:-1])
        place = _shape_at(shape, path)
        context: Mapping[str, Any] = found.get("ctx") or {}
        where = _Place(address, (*prefix, *path), path, place, shape)
        diagnostic = _diagnostic(found["type"], context, where, data)
        yield (
            replace(diagnostic, hides_value=True) if where.may_be_secret and found["type"] != "missing" else diagnostic
        )


def spec_problems(adapter: "TypeAdapter[dict[str, Any]]", data: object, shape: Shape, address: str) -> list[Diagnostic]:
    """Everything that is wrong with a spec, without its result."""
    from pydantic import ValidationError

    try:
        adapter.validate_python(data)
    except ValidationError as error:
        return list(diagnostics_of(error, data, shape, address, ("spec",)))
    return []


def _named_path(data: Any, shape: Shape | None, path: Path) -> str:
    """A path with the names of list items instead of their positions."""
    text = ""
    for step in path:
        key = shape.item_key if shape is not None else ()
        shape = _shape_at(shape, (step,))
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) else None
            text += f"[{item_name(data, key or ('',))}]"
        else:
            data = data.get(step) if isinstance(data, Mapping) else None
            text += f".{step}" if text else step
    return text


class _Place:
    """The place of an error: address, path in the document, path in the data, and the shape there."""

    __slots__ = ("address", "full", "inner", "root", "shape")

    def __init__(self, address: str, full: Path, inner: Path, shape: Shape | None, root: Shape) -> None:
        self.address, self.full, self.inner, self.shape, self.root = address, full, inner, shape, root

    @property
    def name(self) -> str:
        return path_text(self.full)

    @property
    def rule(self) -> str | None:
        """The domain rule that bounds the value of the field; its description names it."""
        found = _RULE.search(self.shape.doc) if self.shape else None
        return found["number"] if found else None

    @property
    def may_be_secret(self) -> bool:
        """Whether the value may be a secret: the field is one, lies in one, or belongs to a block that holds one."""
        place: Shape | None = self.root
        for part in self.inner:
            inner = _shape_at(place, (part,))
            if inner is None:
                # An unknown field: what it should have been called is not known, so it may be any of the block's.
                return place is not self.root and place is not None and _holds_secret(place)
            place = inner
            if place.secret or place.secret_url:
                return True
        # Text in the place of a block is often a short form of all that the block holds, the secret too.
        return place is not None and place is not self.root and _holds_secret(place)


def _diagnostic(kind: str, context: Mapping[str, Any], place: _Place, data: object) -> Diagnostic:
    if kind == "extra_forbidden":
        return _unknown(place)
    if kind == "missing":
        return _missing(place)
    if kind == "secret_literal":
        detail = f"{place.name} holds a secret in clear; manifests hold references to secrets only."
        return Diagnostic(SECRET_LITERAL, detail, _sentence(context.get("fix")), place.address, place.full, rule="S6")
    if kind in {"value", "bounds"}:
        found = f", but it is {context['found']}" if context.get("found") else ""
        detail = f"{place.name} must be {context['expected']}{found}."
        rule = place.rule if kind == "bounds" else None
        return Diagnostic(INVALID_VALUE, detail, _sentence(context.get("fix")), place.address, place.full, rule=rule)
    value = _value_at(data, place.inner)
    # An absent value is no secret.
    value = _Unshown() if value is not None and place.may_be_secret else value
    if kind == "literal_error" and place.shape is not None:
        return _choice(place, value)
    expected, fix = _FORMS.get(kind, ("a different value", "see `reconciler explain` for what is allowed"))
    if kind == "dict_type" and place.inner and isinstance(place.inner[-1], int) and place.shape is not None:
        first = next(iter(place.shape.members), "name")
        expected, fix = "a mapping, as every item of this list is", f"write {{{first}: …}} for each item"
    detail = f"{place.name} must be {expected}, but it is {shown_value(value)}."
    return Diagnostic(INVALID_VALUE, detail, _sentence(fix), place.address, place.full)


def _nearest_member(shape: Shape, path: Path) -> str | None:
    """The member that an unknown field at this path was probably meant to be."""
    parent = _shape_at(shape, path[:-1])
    return nearest(str(path[-1]), parent.members) if parent else None


def _unknown(place: _Place) -> Diagnostic:
    *parents, name = place.inner
    parent = _shape_at(place.root, tuple(parents))
    known = list(parent.members) if parent else []
    where = path_text(place.full[:-1]) or "the document"
    return unknown_field(str(name), known, where, place.address, place.full)


def unknown_field(name: str, known: Sequence[str], where: str, address: str | None, path: Path) -> Diagnostic:
    """The diagnostic of a field that does not exist, with the nearest name that does."""
    guess = nearest(name, known)
    hint = f'Did you mean "{guess}"?' if guess else f"Fields here: {', '.join(known) or 'none'}."
    shown = name if len(name) <= _LONGEST_SHOWN else name[:_LONGEST_SHOWN] + "…"
    return Diagnostic(UNKNOWN_FIELD, f'{_subject(where)} has no field "{shown}".', hint, address, path, at_key=True)


def _missing(place: _Place) -> Diagnostic:
    name = place.inner[-1]
    doc = f" ({_RULE.sub('', place.shape.doc).rstrip('.')})" if place.shape and place.shape.doc else ""
    found = missing_field(str(name), path_text(place.full[:-1]), place.address, place.full[:-1], doc=doc)
    return replace(found, rule=place.rule)


def absent_fields(required: Iterable[str], given: Iterable[str], known: Sequence[str]) -> list[str]:
    """The required fields that are not given, but for those whose name is misspelt: these are reported as unknown."""
    names = set(given)
    meant = {nearest(str(name), known) for name in names.difference(known)}
    return [name for name in required if name not in names and name not in meant]


def missing_field(name: str, where: str, address: str | None, path: Path, *, doc: str = "") -> Diagnostic:
    """The diagnostic of a required field that is not there."""
    detail = f"{_subject(where or 'the document')} needs the field {name}{doc}."
    return Diagnostic(MISSING_FIELD, detail, f"Add {name}.", address, path, at_key=True)


def _subject(where: str) -> str:
    """The subject of a sentence: a path as it is, words with a capital."""
    return where[0].upper() + where[1:] if where.startswith(("a ", "the ")) else where


def _choice(place: _Place, value: object) -> Diagnostic:
    choices = place.shape.choices if place.shape else ()
    guess = nearest(value, choices) if isinstance(value, str) else None
    hint = f'Did you mean "{guess}"?' if guess else f"Write {' or '.join(choices)}."
    allowed = f"one of {', '.join(choices)}" if len(choices) > 1 else "".join(choices)
    detail = f"{place.name} must be {allowed}, but it is {shown_value(value)}."
    return Diagnostic(INVALID_VALUE, detail, hint, place.address, place.full, rule=place.rule)


def _sentence(text: object) -> str:
    words = str(text or "see `reconciler explain`")
    return words[0].upper() + words[1:] + ("" if words.endswith((".", "}")) else ".")


def shown_value(value: object) -> str:
    """A value of a manifest in a message, cut where it is long."""
    match value:
        case None:
            return "null"
        case _Unshown():
            return "something else"
        case dict():
            return "a mapping"
        case list():
            return "a list"
    text = str(value)
    return f'"{text[:_LONGEST_SHOWN]}…"' if len(text) > _LONGEST_SHOWN else f'"{text}"'


def _walked(data: object, path: Path) -> Path:
    """The part of pydantic's location that is in the document: tags of unions are not."""
    walked: list[str | int] = []
    for place, part in enumerate(path):
        if isinstance(data, Mapping) and (part in data or place == len(path) - 1):
            walked.append(part)
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            walked.append(part)
            data = data[part]
    return tuple(walked)


def _value_at(data: Any, path: Path) -> object:
    for part in path:
        data = data.get(part) if isinstance(data, Mapping) else data[part]
    return data


class _Unshown:
    """A stand-in for a value that may be a secret."""


def _holds_secret(shape: Shape) -> bool:
    return any(inner.secret or inner.secret_url for _, inner in shape.walk())


def _shape_at(shape: Shape | None, path: Path) -> Shape | None:
    for part in path:
        if shape is None:
            return None
        shape = shape.item if isinstance(part, int) else shape.members.get(part)
    return shape
