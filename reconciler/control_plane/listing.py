"""
Reading a list completely, or not at all (I10).

A list that contradicts itself is read again, then refused: a plan made from a part of the account would create what
exists, and take for vanished what does not fit on the page.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, TypeVar

from reconciler.control_plane.errors import IncompleteRead, ProtocolViolation

PAGE_SIZE = 1000
PASSES = 3
READERS = 8
MOST_ROWS = 20_000_000
"""More than any account has: a list without a total that is longer does not end."""

_T = TypeVar("_T")
ListedObject = dict[str, Any]
"""One payload of a list, which has at least an ``id``."""


class ListPage(NamedTuple):
    """One page: its rows, and how many rows the whole list has, where the platform says so."""

    rows: list[ListedObject]
    total: int | None

    @classmethod
    def of(cls, data: object, total: int | None, path: str) -> Self:
        """The page in an answer; `ProtocolViolation` unless it is a list of objects with ids."""
        if not isinstance(data, list) or not all(type(row) is dict and type(row.get("id")) is str for row in data):
            message = f"GET {path} answered something that is not a list of objects"
            raise ProtocolViolation(message)
        return cls(data, total)


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads lists through `page` (path and offset to one page), `at_once` pages side by side."""

    page: Callable[[str, int], ListPage]
    at_once: int

    def rows(self, path: str) -> list[ListedObject]:
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

    def _one_pass(self, path: str) -> tuple[list[ListedObject], str, bool]:
        """The rows of one pass, what was odd about it, and whether as many came as were announced."""
        page, total = self.page(path, 0)
        rows = list(page)
        why = ""
        if total is None:
            # Without a total only an empty page says that this was all: the platform may have a limit of its own.
            seen = {row["id"] for row in rows}
            while page and len(seen) == len(rows) < MOST_ROWS:
                page, _ = self.page(path, len(rows))
                rows.extend(page)
                seen.update(row["id"] for row in page)
            total = len(rows)
        elif page:
            # A platform that answers less than was asked for has a limit of its own; the first page tells it.
            last = page
            begun = {page[0]["id"]}
            offsets = iter(range(len(page), min(total, MOST_ROWS), len(page)))
            for more, announced in fetched_ahead(lambda offset: self.page(path, offset), offsets, self.at_once):
                if announced != total:
                    why = f"its total moved from {total} to {announced}"
                rows.extend(more)
                last = more
                # A page that is empty or comes again will not end by itself.
                if not more or more[0]["id"] in begun:
                    break
                begun.add(more[0]["id"])
            is_full = len(page) >= PAGE_SIZE or len(rows) > len(page)
            if is_full and len(last) == len(page) and len(rows) == total:
                # No page was short, so only the total says that this was all: the platform may count wrong.
                rows.extend(self.page(path, total).rows)
        is_whole = len(rows) == total
        if not is_whole:
            why = why or f"{len(rows)} objects came, {total} were announced"
        if len({row["id"] for row in rows}) != len(rows):
            why, is_whole = "an object came twice", False
        return rows, why, is_whole


def fetched_ahead(page: Callable[[int], _T], offsets: Iterator[int], at_once: int) -> Iterator[_T]:
    """The pages at `offsets` in order, a few of them fetched ahead; no more are fetched when the caller stops."""
    if at_once < 2:
        yield from map(page, offsets)
        return
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[Future[_T]] = deque()
        try:
            for offset in offsets:
                waiting.append(pool.submit(page, offset))
                if len(waiting) > 2 * at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
