"""
The text of one CSV file of SIMs, with edits of single cells and rows; every other byte stays.

A cell keeps its quotes, and the apostrophe that keeps a spreadsheet from changing a number. A new row goes to the end.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.manifests.sim_layout import heading_of, untouched
from reconciler.manifests.sim_text import Problems, readable
from reconciler.manifests.text_edits import NotEditable, TextEdits

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_PACKED = (".gz", ".parquet")


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of a row as stretches of the text, and where its lines begin and end."""

    cells: tuple[tuple[int, int], ...]
    start: int
    end: int
    line: int


class SimTable:
    """One file, its rows by ICCID, and the edits so far."""

    __slots__ = ("_columns", "_delimiter", "_edits", "_new", "_rows", "_text", "_width", "file")

    def __init__(self, file: str, content: bytes, columns: Mapping[str, str]) -> None:
        """`columns` maps our words to headings. Raises `NotEditable` for a file that is packed or no plain table."""
        self.file = file
        problems = Problems(file, lambda _: None)
        plain = None if file.endswith(_PACKED) else readable(content, problems, compressed=False)
        if plain is None:
            message = f"{file} is packed: write it with the program that made it"
            raise NotEditable(message)
        heading = heading_of(plain)
        self._delimiter, self._width = heading.delimiter, len(heading.names)
        wanted = {ours: " ".join(theirs.split()) for ours, theirs in columns.items()}
        self._columns = {ours: heading.names.index(name) for ours, name in wanted.items() if name in heading.names}
        try:
            self._text = content.decode()
        except UnicodeDecodeError as error:
            message = f"{file} is not UTF-8 text"
            raise NotEditable(message) from error
        self._edits = TextEdits(self._text)
        self._new: list[str] = []
        self._rows: dict[int, _Row] = {}
        self._read(heading.line)

    def _read(self, first_line: int) -> None:
        cell = re.compile(rf'"(?:[^"]|"")*"|[^{re.escape(self._delimiter)}\r\n]*')
        at = 0
        for _ in range(first_line - 1):
            found = _LINE.match(self._text, at)
            at = found.end() if found else at
        line = first_line
        while at < len(self._text):
            start, cells = at, []
            while True:
                found = cell.match(self._text, at)
                at = found.end() if found else at
                cells.append((found.start() if found else at, at))
                if self._text[at : at + 1] != self._delimiter:
                    break
                at += 1
            rest = _LINE.match(self._text, at)
            at = rest.end() if rest else len(self._text)
            row = _Row(tuple(cells), start, at, line)
            place = self._columns["iccid"]
            number = untouched(self._said(row, place)) if place < len(cells) else ""
            if number.isascii() and number.isdigit():
                self._rows[int(number)] = row
            line += len(re.findall(r"\r\n|\n|\r", self._text[start:at]))

    def _said(self, row: _Row, place: int) -> str:
        start, end = row.cells[place]
        text = self._text[start:end]
        return text[1:-1].replace('""', '"') if text.startswith('"') else text

    def __contains__(self, iccid: int) -> bool:
        return iccid in self._rows

    @property
    def content(self) -> bytes:
        """The bytes of the file with all edits."""
        text = self._edits.applied()
        if self._new:
            end = "\r\n" if "\r\n" in self._text else "\n"
            text += "" if not text or text.endswith(("\n", "\r")) else end
            text += "".join(f"{row}{end}" for row in self._new)
        return text.encode()

    def mark(self) -> tuple[Any, ...]:
        """The edits so far, to go back to."""
        edits = TextEdits(self._text)
        edits.absorb(self._edits)
        return edits, list(self._new), dict(self._rows)

    def go_back(self, mark: tuple[Any, ...]) -> None:
        """Undo the edits since a mark."""
        self._edits, self._new, self._rows = mark

    def has(self, name: str) -> bool:
        """Whether there is a column for this setting."""
        return name in self._columns

    def states(self, iccid: int, name: str) -> bool:
        """Whether the row of a SIM says something of this setting."""
        place, row = self._columns.get(name), self._rows[iccid]
        return place is not None and place < len(row.cells) and bool(self._said(row, place).strip())

    def set_cell(self, iccid: int, name: str, value: str) -> int:
        """Write another value into the cell of a SIM; the line of its row."""
        row, place = self._rows[iccid], self._columns[name]
        if place >= len(row.cells):
            message = f"its row in {self.file} ends before that column"
            raise NotEditable(message)
        start, end = row.cells[place]
        former = self._text[start:end]
        said = "'" + value if self._said(row, place).startswith("'") and value else value
        self._edits.replace(start, end, self._cell(said, is_quoted=former.startswith('"')))
        return row.line

    def remove_row(self, iccid: int) -> int:
        """Take the row of a SIM away; the line where it was."""
        row = self._rows.pop(iccid)
        self._edits.replace(row.start, row.end, "")
        return row.line

    def add_row(self, values: Mapping[str, str]) -> int:
        """Add a row with these values at the end; its line."""
        cells = [""] * self._width
        for name, value in values.items():
            if name in self._columns:
                cells[self._columns[name]] = self._cell(value, is_quoted=False)
        self._new.append(self._delimiter.join(cells))
        return len(self._text.splitlines()) + len(self._new)

    def _cell(self, value: str, *, is_quoted: bool) -> str:
        needs = self._delimiter in value or '"' in value or value != value.strip()
        return '"' + value.replace('"', '""') + '"' if is_quoted or needs else value
