"""The platform's own lists as text and as a document."""

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.model.catalogue import LISTS, Catalogue, ListedWord, WordList
from reconciler.reports.tables import comma_separated, table

_HEADINGS = ("WORD", "NAME", "COUNTRY")


def summary(found: Catalogue, form: str) -> Iterator[str]:
    """A line for each list: its name, how many words it has, and its meaning."""
    rows = [
        (name, f"{len(one.words):,}" if one.missing is None else "missing", one.missing or LISTS[name].doc)
        for name, one in found.lists.items()
    ]
    if form == "name":
        return iter([name for name, *_ in rows])
    return (table if form == "table" else comma_separated)(("LIST", "WORDS", "MEANING"), rows)


def rows(found: WordList, words: Sequence[str], form: str) -> Iterator[str]:
    """A line for each word of a list."""
    chosen = _chosen(found, words)
    if form == "name":
        return iter([row.word for row in chosen])
    cells = [(row.word, row.title, row.country) for row in chosen]
    used = 3 if any(country for *_, country in cells) else 2
    shown = (cell[:used] for cell in cells)
    return (table if form == "table" else comma_separated)(_HEADINGS[:used], shown)


def document(found: Catalogue, words: Sequence[str]) -> dict[str, Any]:
    """The lists as a document."""
    return {
        "formatVersion": "1.0",
        "platform": found.origin,
        "lists": {
            name: {
                "meaning": LISTS[name].doc,
                "readAt": one.read_at,
                "missing": one.missing,
                "words": [
                    {"word": row.word, "name": row.title or None, "country": row.country or None}
                    for row in _chosen(one, words)
                ],
            }
            for name, one in found.lists.items()
        },
    }


def _chosen(found: WordList, words: Sequence[str]) -> list[ListedWord]:
    wanted = [word.lower() for word in words]
    return [
        row
        for row in found.words
        if not wanted or any(word in text.lower() for word in wanted for text in (row.word, row.title, row.country))
    ]
