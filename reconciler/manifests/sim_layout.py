"""
The layout of a CSV file of SIMs: its headings, the separator of its cells, and whether its last row is whole.

Spreadsheets write `sep=;` into the first line, and headings that hold separators and line breaks in quotes. A file that
ends in the middle of a row is left behind by an interrupted copy or a full disk.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.diagnostics import nearest
from reconciler.manifests.sim_text import Problems
from reconciler.model.iccid import problem_of

CUT = "The file ends in the middle of its last row: rows after it are probably missing too."
_LOOKED_AT_BYTES = 64 * 1024
_SEP = re.compile(rb'"?sep=([,;|\t])"?[,;|\t ]*', re.IGNORECASE)
_QUOTED = re.compile(rb'"[^"]*"')
_FORMULA = re.compile(r'="([0-9.]*)"')
_MOST_HEADING_LINES = 50


@dataclass(frozen=True, slots=True)
class Heading:
    """The headings, the offset of the first row, and the number of its line."""

    names: tuple[str, ...]
    delimiter: str
    offset: int
    line: int


def heading_of(text: bytes) -> Heading:
    """The heading of a file; one without any has no names. A quote that is never closed ends with its first line."""
    offset, line, stated = 0, 1, None
    while offset < len(text):
        end = _end_of_line(text, offset)
        first = text[offset:end].rstrip(b"\n")
        found = _SEP.fullmatch(first) if stated is None else None
        if found is not None:
            stated = found[1].decode()
        elif first.strip(b" ,;|\t"):
            break
        offset, line = end, line + 1
    end, lines = _end_of_line(text, offset), 1
    while text.count(b'"', offset, end) % 2 and end < len(text) and lines < _MOST_HEADING_LINES:
        end, lines = _end_of_line(text, end), lines + 1
    if text.count(b'"', offset, end) % 2:
        end, lines = _end_of_line(text, offset), 1
    raw = text[offset:end].rstrip(b"\n")
    delimiter = stated or separator_of(_QUOTED.sub(b"", raw))
    cells = next(csv.reader(raw.decode("utf-8", "replace").splitlines(keepends=True), delimiter=delimiter), [])
    return Heading(tuple(" ".join(cell.split()) for cell in cells), delimiter, end, line + lines)


def _end_of_line(text: bytes, start: int) -> int:
    return text.find(b"\n", start) + 1 or len(text)


def places_of(names: Sequence[str], columns: Mapping[str, str], problems: Problems) -> dict[str, int] | None:
    """Where each column is, by our word; None with a problem for each that is missing."""
    places = {}
    for ours, wanted in columns.items():
        theirs = " ".join(wanted.split())
        if theirs in names:
            places[ours] = names.index(theirs)
            if names.count(theirs) > 1:
                detail = f'The heading "{theirs}" is there {names.count(theirs)} times; which is meant is unknown.'
                problems.whole(detail, "Rename or remove the others.")
                return None
            continue
        if len(names) == 1 and problem_of(names[0]) is None:
            problems.whole(
                "The first line is a SIM already; a file of SIMs begins with headings.", f"Add a first line: {theirs}"
            )
            return None
        guess = nearest(theirs, names)
        shown = ", ".join(names[:8]) or "none"
        hint = f'Did you mean "{guess}"?' if guess else "Name the column in columns, as it is called in the file."
        problems.whole(f'There is no column "{theirs}"; the headings are: {shown}.', hint)
    if len(places) < len(columns):
        return None
    unread = [name for place, name in enumerate(names) if name and place not in places.values()]
    if unread:
        problems.unread(unread)
    return places


def untouched(cell: str) -> str:
    """A number without what people write before it so that a spreadsheet leaves it alone: an apostrophe, or ="…"."""
    text = cell.strip()
    formula = _FORMULA.fullmatch(text)
    return formula[1] if formula else text.removeprefix("'")


def separator_of(heading: bytes) -> str:
    """The separator of the cells: the comma, semicolon or tab of which the first line has the most."""
    return max((",", ";", "\t"), key=lambda mark: heading.count(mark.encode()))


def is_cut(text: bytes, delimiter: str, width: int, place: int, *, start: int = 0) -> bool:
    """
    Whether the last row is not whole; `width` is the number of headings, `place` the column of the ICCIDs.

    The text is looked at from `start` on, in a line before the rows. It may be large, so it is not copied. A last line
    without a line end is no sign by itself: many programs write none. A line that has fewer cells than the
    headings, or a shorter ICCID than all the rows before it, was cut.
    """
    end = text.rfind(b"\n", start)
    if end < 0 or end + 1 == len(text) or text.count(b'"', start) % 2:
        # An open quote is reported where it begins.
        return False
    (cells,) = _cells([text[end + 1 :]], delimiter) or [[]]
    # The first line of the part that is looked at is the headings, or begins in the middle.
    rows = _cells(text[max(start, end - _LOOKED_AT_BYTES) : end].split(b"\n")[1:], delimiter)
    if len(cells) < min(map(len, rows), default=width):
        return True
    if not cells[-1] and all(row[-1] for row in rows):
        # It ends right after a separator, where every row before goes on.
        return True
    lengths = [len(row[place].strip()) for row in rows if len(row) > place]
    return len(cells) > place and 0 < len(cells[place].strip()) < min(lengths, default=0)


def _cells(lines: list[bytes], delimiter: str) -> list[list[str]]:
    text = (line.decode("utf-8", "replace") for line in lines)
    return [row for row in csv.reader(text, delimiter=delimiter) if row]
