"""
The text of a file of SIMs: unpacked within limits, decoded, and the problems that are found in it (S3).

A packed file is unpacked in blocks, and no further than its limit, however small it is and however much it would be.
"""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence

from reconciler.diagnostics import INVALID_ROW, INVALID_SIM_FILE, RULE_WARNING, Diagnostic, Report
from reconciler.positions import Span

LARGEST_FILE_BYTES = 200 * 1024 * 1024
"""The most that a file may hold, packed and unpacked (S3)."""
MOST_ROWS = 2_000_000
"""The most SIMs of one file (S5)."""
MOST_ROWS_WITH_SETTINGS = 1_000_000
"""The most SIMs of one file that says more of them than the ICCID."""
MOST_LINES = 2 * MOST_ROWS
LONGEST_LINE_BYTES = 64 * 1024
MOST_SHOWN = 50
_MOST_NAMED = 8
BLOCK_BYTES = 4 * 1024 * 1024
_MARK = b"\xef\xbb\xbf"
LFS_MARK = b"version https://git-lfs"


class Problems:
    """
    Passes on the first fifty problems of a file and counts the rest.

    `check_digits`: a wrong one is a problem. `clears_empty`: an empty cell clears the setting.
    """

    def __init__(self, path: str, report: Report, *, check_digits: bool = True, clears_empty: bool = False) -> None:
        self.path = path
        self.count = 0
        self.check_digits = check_digits
        self.clears_empty = clears_empty
        self._report = report

    def row(self, line: int, column: int, width: int, detail: str, hint: str) -> None:
        """Something is wrong with one cell."""
        self.count += 1
        if self.count <= MOST_SHOWN:
            span = Span(self.path, line, column, line, column + max(1, width))
            self._report(Diagnostic(INVALID_ROW, detail, hint, span=span))

    def whole(self, detail: str, hint: str) -> None:
        """Something is wrong with the file."""
        self.count += 1
        self._report(Diagnostic(INVALID_SIM_FILE, detail, hint, span=Span(self.path, 1, 1, 1, 2)))

    def unread(self, names: Sequence[str]) -> None:
        """Say which columns are not read: nothing is wrong with them."""
        shown = ", ".join(f'"{name[:40]}"' for name in names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
        detail = f"{len(names)} column{'s are' if len(names) > 1 else ' is'} not read: {shown}."
        hint = "Name them in columns to have them read, or ignore this."
        self._report(Diagnostic(RULE_WARNING, detail, hint, span=Span(self.path, 1, 1, 1, 2)))

    def close(self) -> None:
        """Say how many were not shown."""
        if self.count > MOST_SHOWN:
            detail = f"{self.count:,} rows of this file are wrong; the first {MOST_SHOWN} are shown."
            span = Span(self.path, 1, 1, 1, 2)
            self._report(Diagnostic(INVALID_ROW, detail, "Mend the source that the file is made from.", span=span))


def readable(content: bytes, problems: Problems, *, compressed: bool) -> bytes | None:
    """The text of a CSV file, without byte order mark and with line feeds; None for what is none, which is reported."""
    if content.startswith(LFS_MARK):
        problems.whole("This is a pointer of Git LFS, not the file itself.", "Run git lfs pull first.")
        return None
    if compressed:
        try:
            content = _plain(_unpacked(content))
        except (OSError, EOFError, zlib.error):
            problems.whole("The file is not compressed with gzip, or is damaged.", "Compress it again.")
            return None
        except _TooLarge:
            problems.whole("The file has more than 200 MiB when it is unpacked.", "Split it.")
            return None
    elif content.startswith(_MARK) or b"\r" in content:
        content = _plain(_blocks(content))
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in content[:200]:
        what = "encoded as UTF-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "no text"
        problems.whole(f"The file is {what}.", "Save it as CSV in UTF-8.")
        return None
    return content


class _TooLarge(Exception):
    """More is packed than may be unpacked."""


def _unpacked(content: bytes) -> Iterator[bytes]:
    """The unpacked content, block by block. Raises `_TooLarge` at most one block above the limit."""
    size = 0
    with gzip.open(io.BytesIO(content)) as file:
        while block := file.read(BLOCK_BYTES):
            size += len(block)
            if size > LARGEST_FILE_BYTES:
                raise _TooLarge
            yield block


def _blocks(content: bytes) -> Iterator[bytes]:
    return (content[start : start + BLOCK_BYTES] for start in range(0, len(content), BLOCK_BYTES))


def _plain(blocks: Iterable[bytes]) -> bytes:
    """The blocks as one, without byte order mark and with line feeds; there is one copy of them at any time."""
    found, held = io.BytesIO(), b""
    for number, block in enumerate(blocks):
        part = held + (block.removeprefix(_MARK) if number == 0 else block)
        # A carriage return at the end of a block may be the first half of a line end.
        held = part[-1:] if part.endswith(b"\r") else b""
        found.write(part[: len(part) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    found.write(b"\n" if held else b"")
    return found.getvalue()


def long_line(text: bytes) -> int | None:
    """The number of the first line that is longer than any row of SIMs; None where there is none."""
    start = 0
    while len(text) - start > LONGEST_LINE_BYTES:
        end = text.rfind(b"\n", start, start + LONGEST_LINE_BYTES + 1)
        if end < 0:
            return text.count(b"\n", 0, start) + 1
        start = end + 1
    return None
