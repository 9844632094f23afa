"""The rows of a file of SIMs once more, each with its place. Read only when something is to be said of a row."""

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial

from reconciler.manifests.sim_files import read_sims
from reconciler.manifests.sim_layout import heading_of, untouched
from reconciler.manifests.sim_text import Problems, readable
from reconciler.positions import Span


def numbered(name: str, content: bytes, column: str) -> Iterator[tuple[int, Callable[[], Span]]]:
    """The ICCIDs of a file with their places. Rows that cannot be read were reported before."""
    quiet = Problems(name, lambda _: None)
    if name.endswith(".parquet"):
        found = read_sims(name, content, {"iccid": column}, check_digits=False, report=lambda _: None)
        for number, iccid in enumerate(found.iccids, 1):
            yield iccid, partial(Span, name, number, 1, number, 2)
        return
    text = readable(content, quiet, compressed=name.endswith(".gz"))
    if text is None:
        return
    heading = heading_of(text)
    lines = io.TextIOWrapper(io.BytesIO(text[heading.offset :]), "utf-8", "replace", newline="")
    rows = csv.reader(lines, delimiter=heading.delimiter, strict=True)
    try:
        place = heading.names.index(" ".join(column.split()))
        line = heading.line
        for row in rows:
            cell = untouched(row[place]) if place < len(row) else ""
            if cell.isascii() and cell.isdigit():
                yield int(cell), _spanned(name, line, row, place)
            line = heading.line + rows.line_num
    except (csv.Error, ValueError):
        return


def _spanned(name: str, line: int, row: list[str], place: int) -> Callable[[], Span]:
    def span() -> Span:
        column = 1 + sum(len(cell) + 1 for cell in row[:place])
        return Span(name, line, column, line, column + len(row[place]))

    return span
