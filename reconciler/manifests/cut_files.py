"""
How the rows of a file of SIMs are separated, and whether the last one is whole.

A file that ends in the middle of a row is what an interrupted copy or a full disk leaves behind.
"""

import csv

CUT = "The file ends in the middle of its last row: rows after it are probably missing too."
_LOOKED_AT_BYTES = 64 * 1024


def separator_of(heading: bytes) -> str:
    """What separates the cells: the comma, semicolon or tab of which the first line has the most."""
    return max((",", ";", "\t"), key=lambda mark: heading.count(mark.encode()))


def is_cut(text: bytes, delimiter: str, width: int, place: int, *, start: int = 0) -> bool:
    """
    Whether the last row is not whole; `width` is the number of headings, `place` the column of the ICCIDs.

    The text is looked at from `start` on, in a line before the rows. It may be large, so it is not copied. A last line
    without a line end is no sign by itself: many programs write none. One that has fewer cells than the
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
