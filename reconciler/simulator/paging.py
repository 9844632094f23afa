"""Paging, filter and sort of lists."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.simulator.refusals import Malformed
from reconciler.simulator.settings import LARGEST_PAGE, MOST_ROWS_IN_ONE_ANSWER

_SORT = re.compile(r"(asc|desc)\(([A-Za-z0-9]+)\)", re.IGNORECASE)
_MOST_PAIRS = 20


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows are wanted: `limit` 0 means all of them."""

    offset: int
    limit: int
    filters: tuple[tuple[str, str], ...]
    order: tuple[tuple[str, str], ...]

    @property
    def count(self) -> int:
        """How many rows at most."""
        return min(self.limit, LARGEST_PAGE) if self.limit else MOST_ROWS_IN_ONE_ANSWER

    @property
    def is_plain(self) -> bool:
        """True if the page is neither filtered nor sorted."""
        return not self.filters and not self.order


def page_of(query: Mapping[str, str]) -> Page:
    """The page that a query string asks for; blank parameters are ignored, wrong ones are `Malformed`."""
    return Page(
        _number(query, "offset"),
        _number(query, "limit"),
        _filters(query.get("filter", "")),
        _order(query.get("sortby", "")),
    )


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "").strip()
    if not text:
        return 0
    if not re.fullmatch("[0-9]{1,12}", text):
        raise Malformed(name, f"The value '{text[:40]}' is not valid for {name}.")
    return int(text)


def _filters(text: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(",", _MOST_PAIRS))):
        name, colon, value = part.partition(":")
        if not colon or not name.strip():
            raise Malformed("filter", f"'{part[:40]}' is not of the form property:value.")
        pairs.append((name.strip().lower(), value))
    return tuple(pairs)


def _order(text: str) -> tuple[tuple[str, str], ...]:
    if not text.strip():
        return ()
    parts = [_SORT.fullmatch(part.strip()) for part in text.split(",", _MOST_PAIRS)]
    if not all(parts):
        raise Malformed("sortBy", f"'{text[:40]}' is not of the form asc(property),desc(property).")
    return tuple((part[1].lower(), part[2].lower()) for part in parts if part)


def text_of(row: Mapping[str, Any], name: str) -> str:
    """The text that a property is compared by: the moniker of references and enumerations, else the value."""
    value = next((value for member, value in row.items() if member.lower() == name), None)
    if isinstance(value, dict):
        value = value.get("moniker", value.get("id"))
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def select(rows: Sequence[str], page: Page) -> tuple[list[str], int]:
    """The rows (JSON texts) of a page, and how many there are in all pages."""
    if page.is_plain:
        return list(rows[page.offset : page.offset + page.count]), len(rows)
    decoded = [(text, json.loads(text)) for text in rows]
    kept = [pair for pair in decoded if all(value in text_of(pair[1], name) for name, value in page.filters)]
    for direction, name in reversed(page.order):
        kept.sort(key=lambda pair: text_of(pair[1], name), reverse=direction == "desc")
    return [text for text, _ in kept[page.offset : page.offset + page.count]], len(kept)
