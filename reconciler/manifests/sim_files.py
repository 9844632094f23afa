"""
Files of SIMs: CSV (plain or gzip) and Parquet, read whole and checked column-wise.

A file of plain ICCIDs is never taken apart row by row unless something in it is wrong: then a second, slower reading
finds each place. The traces of spreadsheets and version control in such files are recognised and named.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.diagnostics import INVALID_SIM_FILE, Diagnostic, Report
from reconciler.manifests.opened_files import FileRefused
from reconciler.manifests.sim_cells import CLEARED, setting_of
from reconciler.manifests.sim_layout import CUT, Heading, heading_of, is_cut, places_of, untouched
from reconciler.manifests.sim_text import (
    BLOCK_BYTES,
    LARGEST_FILE_BYTES,
    LFS_MARK,
    LONGEST_LINE_BYTES,
    MOST_LINES,
    MOST_ROWS,
    MOST_ROWS_WITH_SETTINGS,
    Problems,
    long_line,
    readable,
)
from reconciler.model.iccid import all_sound, problem_of
from reconciler.positions import Span

_PARQUET_MEMORY = "256MB"
_NUMBERS = frozenset({"imeiLock", "staticIPv4"})


@dataclass(slots=True)
class SimFile:
    """The SIMs of one file: ICCIDs as integers in the file's order, and settings of those rows that have any."""

    path: str
    iccids: list[int]
    settings: dict[int, dict[str, Any]] = field(default_factory=dict)


def read_sims(
    path: str,
    content: bytes,
    columns: Mapping[str, str],
    *,
    check_digits: bool,
    report: Report,
    clears_empty: bool = False,
) -> SimFile:
    """
    The SIMs in a file.

    `columns` maps our words (``iccid``, ``displayName``, …) to the headings of the file. Never raises for what is in
    the file: problems go to `report`, the first fifty with their line and column and then their number. An empty cell
    says nothing, or with `clears_empty` that the setting is to have no value.
    """
    problems = Problems(path, report, check_digits=check_digits, clears_empty=clears_empty)
    if path.endswith(".parquet") and not content.startswith(LFS_MARK):
        found = _from_parquet(content, columns, problems)
    else:
        text = readable(content, problems, compressed=path.endswith(".gz"))
        found = SimFile(path, []) if text is None else _from_text(text, columns, problems)
    problems.close()
    return found


def _from_text(text: bytes, columns: Mapping[str, str], problems: Problems) -> SimFile:
    if (number := long_line(text)) is not None:
        detail = f"The line has more than {LONGEST_LINE_BYTES // 1024} KiB, which no row of SIMs has."
        problems.row(number, 1, 1, detail, "Check that this is a CSV file with one SIM in each line.")
        return SimFile(problems.path, [])
    if text.count(b"\n") > MOST_LINES:
        problems.whole(f"The file has more than {MOST_LINES:,} lines.", "Split it.")
        return SimFile(problems.path, [])
    heading = heading_of(text)
    delimiter, width = heading.delimiter, len(heading.names)
    places = places_of(heading.names, columns, problems)
    if places is None:
        return SimFile(problems.path, [])
    if is_cut(text, delimiter, width, places["iccid"], start=max(0, heading.offset - 1)):
        problems.row(text.count(b"\n") + 1, 1, 1, CUT, "Write the file again, to its end.")
        return SimFile(problems.path, [])
    if len(places) == 1 and text.find(b'"', heading.offset) < 0:
        iccids = _plain_column(text, heading, places["iccid"], check_digits=problems.check_digits)
        if iccids is not None and len(iccids) > MOST_ROWS:
            problems.whole(f"The file has more than {MOST_ROWS:,} SIMs.", "Split it.")
            return SimFile(problems.path, [])
        if iccids is not None:
            return SimFile(problems.path, iccids)
    return _row_by_row(text, heading, places, problems)


def _plain_column(text: bytes, heading: Heading, place: int, *, check_digits: bool) -> list[int] | None:
    """The ICCIDs of a file without quotes, block by block; None when anything about it needs a closer look."""
    found: list[int] = []
    separator, start, width = heading.delimiter.encode(), heading.offset, len(heading.names)
    while start < len(text):
        end = text.find(b"\n", start + BLOCK_BYTES) + 1 or len(text)
        lines = text[start:end].split(b"\n")
        if not lines[-1]:
            lines.pop()
        marks = text.count(separator, start, end)
        if marks > (width - 1) * len(lines) or (marks and any(line.count(separator) >= width for line in lines)):
            return None
        try:
            cells = (
                [line.partition(separator)[0] for line in lines]
                if place == 0
                else [line.split(separator, place + 1)[place] for line in lines]
            )
        except IndexError:
            return None
        if not all_sound(cells, check_digits=check_digits):
            return None
        found.extend(map(int, cells))
        start = end
        if len(found) > MOST_ROWS:
            break
    return found


def _row_by_row(text: bytes, heading: Heading, places: Mapping[str, int], problems: Problems) -> SimFile:
    """The slow reading: every cell of every row, with its place."""
    found = SimFile(problems.path, [])
    # Strict: a quote that is never closed would otherwise swallow the rows after it without a word.
    body = io.BytesIO(text)
    body.seek(heading.offset)
    lines = io.TextIOWrapper(body, "utf-8", "replace", newline="")
    rows = csv.reader(lines, delimiter=heading.delimiter, strict=True)
    most = MOST_ROWS if len(places) == 1 else MOST_ROWS_WITH_SETTINGS
    try:
        line = heading.line
        for row in rows:
            if len(found.iccids) >= most:
                problems.whole(f"The file has more than {most:,} SIMs.", "Split it.")
                break
            if len(row) > len(heading.names) and any(cell.strip() for cell in row[len(heading.names) :]):
                _too_many(row, len(heading.names), line, problems)
            elif any(cell.strip() for cell in row):
                _one_row(found, row, line, places, problems)
            line = heading.line + rows.line_num
    except csv.Error as error:
        problems.row(
            heading.line + rows.line_num - 1,
            1,
            1,
            f"The line cannot be read: {error}.",
            "Close the quotes, or remove them.",
        )
    return found


def _too_many(row: list[str], width: int, line: int, problems: Problems) -> None:
    column = 1 + sum(len(text) + 1 for text in row[:width])
    detail = f"The row has {len(row)} cells, and there are {width} headings."
    problems.row(line, column, len(row[width]), detail, "Put quotes around a cell that holds the separator.")


def _one_row(found: SimFile, row: list[str], line: int, places: Mapping[str, int], problems: Problems) -> None:
    def column(name: str) -> int:
        return 1 + sum(len(text) + 1 for text in row[: places[name]])

    if max(places.values()) >= len(row):
        problems.row(
            line, 1, 1, f"The row has {len(row)} cells; at least {max(places.values()) + 1} are needed.", "Complete it."
        )
        return
    text = untouched(row[places["iccid"]])
    missing = ("is missing", "write it, or remove the row")
    wrong = problem_of(text, check_digit=problems.check_digits) if text else missing
    if wrong is not None:
        shown = f"The ICCID {text[:40]!r}" if text else "The ICCID"
        problems.row(line, column("iccid"), len(text), f"{shown} {wrong[0]}.", f"{wrong[1][0].upper()}{wrong[1][1:]}.")
        return
    iccid = int(text)
    settings: dict[str, Any] = {}
    for name, place in places.items():
        if name == "iccid":
            continue
        value = untouched(row[place]) if name in _NUMBERS else row[place].strip()
        if not value:
            if problems.clears_empty and name in CLEARED:
                settings[name] = CLEARED[name]
            continue
        try:
            settings[name] = setting_of(name, value)
        except ValueError as error:
            problems.row(line, column(name), len(value), f"{name}: {error}.", "Correct the cell, or leave it empty.")
    found.iccids.append(iccid)
    if settings:
        found.settings[iccid] = settings


def _from_parquet(content: bytes, columns: Mapping[str, str], problems: Problems) -> SimFile:
    try:
        import duckdb
    except ImportError:
        problems.whole(
            "Reading Parquet needs DuckDB, which is not installed.", "Install reconciler with the extra: bulk."
        )
        return SimFile(problems.path, [])
    found = SimFile(problems.path, [])
    size = 0
    for number, row in enumerate(_parquet_rows(duckdb, content, columns, problems), 1):
        cells = ["" if value is None else str(value) for value in row]
        size += sum(map(len, cells)) + len(cells)
        if size > LARGEST_FILE_BYTES or number > (MOST_ROWS if len(columns) == 1 else MOST_ROWS_WITH_SETTINGS):
            problems.whole("The file has more than 200 MiB when it is unpacked, or too many rows.", "Split it.")
            break
        _one_row(found, cells, number, {name: place for place, name in enumerate(columns)}, problems)
    return found


def _parquet_rows(
    duckdb: Any, content: bytes, columns: Mapping[str, str], problems: Problems
) -> Iterator[tuple[Any, ...]]:
    import tempfile

    # DuckDB opens files by name; what it opens is the bytes that were read within the limits of S3, nothing else.
    with tempfile.NamedTemporaryFile(suffix=".parquet") as scratch:
        scratch.write(content)
        scratch.flush()
        try:
            connection = duckdb.connect(":memory:", config={"memory_limit": _PARQUET_MEMORY, "threads": 1})
            table = connection.read_parquet(scratch.name)
            names = list(table.columns)
            if places_of(names, columns, problems) is None:
                return
            chosen = ", ".join(
                f'CAST("{theirs.replace(chr(34), chr(34) * 2)}" AS VARCHAR)' for theirs in columns.values()
            )
            result = table.query("sims", f"SELECT {chosen} FROM sims")  # noqa: S608 - names are quoted
            while rows := result.fetchmany(10_000):
                yield from rows
        except duckdb.Error:
            problems.whole("The file is no Parquet file, or is damaged.", "Write it again.")


def refused(error: FileRefused, report: Report, span: Span | None) -> None:
    """Report that a file was not read, at the place that names it."""
    report(Diagnostic(INVALID_SIM_FILE, f"{error.file}: {error.detail}", error.hint, span=span))
