"""
Reading a list completely, or not at all (5.6, I10).

A list that contradicts itself is read again, then refused: a plan made from a part of the account would create what
exists, and take for vanished what does not fit on the page.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from reconciler.control_plane.errors import IncompleteRead, ProtocolViolation

PAGE_SIZE = 1000
PASSES = 3

Row = dict[str, Any]
"""One payload of a list, which has at least an ``id``."""


class Page(NamedTuple):
    """One page: its rows, and how many rows the whole list has, where the platform says so."""

    rows: list[Row]
    total: int | None

    @classmethod
    def of(cls, data: object, total: int | None, path: str) -> Self:
        """The page in an answer; `ProtocolViolation` unless it is a list of objects with ids."""
        if not isinstance(data, list) or not all(type(row) is dict and type(row.get("id")) is str for row in data):
            message = f"GET {path} answered something that is not a list of objects"
            raise ProtocolViolation(message)
        return cls(data, total)


@dataclass(frozen=True, slots=True)
class Listing:
    """Reads lists through `page` (path and offset to one page), `at_once` pages side by side."""

    page: Callable[[str, int], Page]
    at_once: int

    def rows(self, path: str) -> list[Row]:
        """Every row behind `path`, each once; `IncompleteRead` when `PASSES` passes contradict themselves."""
        why = ""
        previous: set[str] | None = None
        for _ in range(PASSES):
            rows, why, is_whole = self._one_pass(path)
            ids = {row["id"] for row in rows}
            # Two passes that agree excuse a total that moved meanwhile, never a number of rows that was not announced.
            if not why or (is_whole and previous == ids):
                return rows
            previous = ids
        message = f"{path} could not be read completely: {why}"
        raise IncompleteRead(message, hint="somebody may be changing it right now; try again")

    def _one_pass(self, path: str) -> tuple[list[Row], str, bool]:
        """The rows of one pass, what was odd about it, and whether as many came as were announced."""
        page, total = self.page(path, 0)
        rows = list(page)
        why = ""
        if total is None:
            while len(page) >= PAGE_SIZE:
                page, total = self.page(path, len(rows))
                rows.extend(page)
            total = len(rows) if total is None else total
        elif page:
            # A platform that answers less than was asked for has a limit of its own; the first page tells it.
            for more, announced in self._side_by_side(path, range(len(page), total, len(page))):
                if announced != total:
                    why = f"its total moved from {total} to {announced}"
                rows.extend(more)
        is_whole = len(rows) == total
        if not is_whole:
            why = why or f"{len(rows)} objects came, {total} were announced"
        if len({row["id"] for row in rows}) != len(rows):
            why, is_whole = "an object came twice", False
        return rows, why, is_whole

    def _side_by_side(self, path: str, offsets: range) -> Iterator[Page]:
        if self.at_once < 2 or len(offsets) < 2:
            yield from (self.page(path, offset) for offset in offsets)
            return
        with ThreadPoolExecutor(self.at_once) as pool:
            yield from pool.map(lambda offset: self.page(path, offset), offsets)
