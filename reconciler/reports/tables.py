"""Tables: columns for people, and comma-separated values for programs. Rows stream; only the first ones are kept."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from reconciler.reports.diagnostics import escaped
from reconciler.reports.style import columns

_MEASURED = 1000
"""The rows that decide how wide a column is; a later value that is longer moves the rest of its line."""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table in lines, each value on one line and safe for a terminal; an empty value is a hyphen."""
    lines = ([escaped(value) or "-" for value in row] for row in rows)
    first = list(islice(lines, _MEASURED))
    widths = [max(map(columns, column)) for column in zip(headings, *first, strict=True)]
    for row in chain([list(headings)], first, lines):
        cells = [f"{cell}{' ' * max(0, width - columns(cell))}" for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()


def comma_separated(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Comma-separated values in lines without their ends, quoted as RFC 4180 says; a value may hold line breaks."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="")
    for row in chain([headings], rows):
        writer.writerow(row)
        yield text.getvalue()
        text.seek(0)
        text.truncate()
