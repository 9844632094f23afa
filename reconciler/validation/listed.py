"""
Values that only the platform defines: words of its own lists, and texts of a form of their own.

A value is right when it is in the list, or live in this field of this object: the platform has taken it once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.diagnostics import Diagnostic, DiagnosticCode, nearest, nearest_few
from reconciler.kinds import kind_named
from reconciler.model.catalogue import ListedWord, WordList
from reconciler.model.resource import Resource, Spec
from reconciler.model.shape import Shape
from reconciler.positions import Path

_MOST_NAMED = 6
_LONGEST_SHOWN = 40
_SIGNS = re.compile(r"[^a-z0-9]+")


def doubtful(resource: Resource, known: Spec) -> Iterator[tuple[Path, Any, Shape]]:
    """Each value of a resource that is to be judged: those that the same field of the `known` spec has are not."""
    kind = kind_named(resource.address.kind)
    for path, shape in kind.judged:
        live: set[str] | None = None
        for place, value in kind.values_at(path, resource.spec):
            if value is None or isinstance(value, dict | list):
                continue
            if live is None:
                live = {str(one).lower() for _, one in kind.values_at(path, known)}
            if str(value).lower() not in live:
                yield place, value, shape


def lists_needed(found: Iterable[tuple[Path, Any, Shape]]) -> set[str]:
    """The lists that these values are judged by."""
    return {shape.listed for _, _, shape in found if shape.listed}


def objections(
    resource: Resource,
    found: Iterable[tuple[Path, Any, Shape]],
    lists: Mapping[str, WordList],
    *,
    code: DiagnosticCode,
    seen: str = "",
) -> Iterator[Diagnostic]:
    """
    Each value that is not offered, with the nearest ones that are. A list that is missing objects to nothing.

    `seen` says when the lists were read, for values that are only doubtful.
    """
    for place, value, shape in found:
        full = ("spec", *place)
        if shape.objection is not None and (why := shape.objection(value)) is not None:
            detail = f'"{_shown(value)}" is not taken: {why}.'
            hint = "Copy the whole value again, as the other side shows it."
            yield Diagnostic(code, detail, hint, str(resource.address), full)
        words = lists.get(shape.listed or "")
        if words is not None and not words.has(value):
            detail = f'"{_shown(value)}" is not in the list of {words.name.replace("-", " ")}{seen}.'
            hint = suggestion(str(value), words, _country(resource.spec, place))
            yield Diagnostic(code, detail, hint, str(resource.address), full)


def suggestion(value: str, words: WordList, country: str = "") -> str:
    """A sentence that names the nearest words, or all of a short list."""
    local = [row for row in words.words if country and row.country == country]
    near = _nearest(value, local or words.words)
    if not near and local:
        near = [row.word for row in local[:_MOST_NAMED]]
    more = f"`reconciler catalogue {words.name}` lists all."
    if len(words.words) <= _MOST_NAMED:
        names = ", ".join(row.word for row in words.words)
        return f"Did you mean {near[0]}? The list has {names}." if near else f"The list has {names}."
    if not near:
        where = f" of {country}" if country else ""
        return f"The list has {len(words.words):,} words, none like it{where}; {more}"
    titles = {row.word: row.title for row in words.words}
    names = ", ".join(f"{word} ({titles[word]})" if titles[word] and word.isdigit() else word for word in near)
    return f"Did you mean {names}? {more}" if not local else f"In {country} there is {names}; {more}"


def _nearest(value: str, rows: Iterable[ListedWord]) -> list[str]:
    """The words that are most like a value, by themselves or by the platform's name for them."""
    rows = list(rows)
    plain = _SIGNS.sub("", value.lower())
    same = [row.word for row in rows if plain in {_SIGNS.sub("", text.lower()) for text in (row.word, row.title)}]
    if same:
        return same[:_MOST_NAMED]
    words = [row.word for row in rows]
    by_title = {row.title: row.word for row in rows if row.title}
    closest = nearest(value, words)
    few = nearest_few(value, words) if not value.isdigit() else []
    titled = [by_title[title] for title in nearest_few(value, by_title)] if not value.isdigit() else []
    return list(dict.fromkeys([*([closest] if closest else []), *few, *titled]))[:3]


def _country(spec: Spec, place: Path) -> str:
    """The country in the item of a value."""
    inner: Any = spec
    for step in place[:-1]:
        inner = inner[step]
    found = inner.get("country") if isinstance(inner, Mapping) else None
    return found if isinstance(found, str) else ""


def _shown(value: object) -> str:
    text = str(value)
    return f"{text[:_LONGEST_SHOWN]}…" if len(text) > _LONGEST_SHOWN else text
