"""Files of SIMs as spreadsheets, data tools and people write them (S3)."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.manifests.sim_files import SimFile, read_sims
from tests.features.sims.estate import iccids

NUMBERS = iccids(3)
A, B, C = NUMBERS


def _read(content: str, **columns: str) -> tuple[SimFile, list[Diagnostic]]:
    found: list[Diagnostic] = []
    wanted = {"iccid": "iccid", **columns}
    return read_sims("a.csv", content.encode(), wanted, check_digits=True, report=found.append), found


def _errors(found: list[Diagnostic]) -> list[tuple[int, int, str]]:
    return [
        (one.span.line, one.span.column, one.detail)
        for one in found
        if one.severity is Severity.ERROR and one.span is not None
    ]


@pytest.mark.parametrize(
    "content",
    [
        f"sep=;\r\niccid;name\r\n{A};x, y\r\n{B};\r\n{C};\r\n",
        f"\ufeffsep=,\r\niccid,name\r\n{A},x;y;z;w\r\n{B},\r\n{C},\r\n",
        f'"sep=;"\niccid;name\n{A};x\n{B};y\n{C};z\n',
        f"sep=|\niccid|name\n{A}|x, y\n{B}|;\n{C}|\n",
        f"sep=\t\niccid\tname\n{A}\tx\n{B}\ty\n{C}\tz\n",
        f'"Name, first and last",iccid\n"Doe, J",{A}\n"Roe, R",{B}\nx,{C}\n',
        f'"a;b;c;d",iccid\nx,{A}\ny,{B}\nz,{C}\n',
        f'"Name\nof the driver",iccid\nx,{A}\ny,{B}\nz,{C}\n',
        f'"Name\r\nof the driver";iccid;\r\nx;{A};\r\ny;{B};\r\nz;{C};\r\n',
        f"iccid,,,\n{A},,,\n{B},,,\n{C},,,\n,,,\n,,,\n",
        f",iccid\n0,{A}\n1,{B}\n2,{C}\n",
        f"iccid\n'{A}\n'{B}\n'{C}\n",
        f'iccid,n\n"=""{A}""",1\n"=""{B}""",2\n"=""{C}""",3\n',
        f"iccid\n\n{A}\n   \n{B}\n{C}\n\n",
        f"\n\niccid\n{A}\n{B}\n{C}\n",
        f'iccid,note\n{A},"two\nlines, and ""more"""\n{B},\n{C},x\n',
    ],
)
def test_the_sims_are_read_however_the_file_was_exported(content: str) -> None:
    """Excel in German and English, LibreOffice, Google Sheets, pandas, and edits by hand."""
    found, problems = _read(content)
    assert _errors(problems) == []
    assert found.iccids == [int(number) for number in NUMBERS]


def test_a_heading_over_two_lines_can_be_named() -> None:
    """By its words with blanks between; the lines after it have their own numbers."""
    content = f'"Name\nof the driver","SIM\nnumber"\nx,{A}\ny,{B[:-1]}x\n'
    found, problems = _read(content, iccid="SIM number", displayName="Name of the driver")
    assert found.settings == {int(A): {"displayName": "x"}}
    assert [(line, column) for line, column, _ in _errors(problems)] == [(5, 3)]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (f"iccid,name\n{A},x\n{B},Doe, J\n", (3, 25)),
        (f"name,iccid\nx,{A}\nDoe,{B},J\n", (3, 25)),
        (f"iccid\n{A}\n{B},x\n", (3, 21)),
        (f"sep=;\niccid;name\n{A};x\n{B};y;z\n", (4, 23)),
        (f"iccid,name,note\n{A},x\n{B},Doe, J,z\n", (3, 28)),
    ],
)
@pytest.mark.parametrize("columns", [{}, {"displayName": "name"}])
def test_a_row_with_too_many_cells_is_an_error(content: str, place: tuple[int, int], columns: dict[str, str]) -> None:
    """A comma too many shifts cells into other columns: the first cell without a heading is named."""
    if columns and "name" not in content:
        return
    found, problems = _read(content, **columns)
    assert [(line, column) for line, column, _ in _errors(problems)] == [place]
    assert found.iccids == [int(A)]


@pytest.mark.parametrize("content", [f"iccid,iccid\n{A},{B}\n", f"iccid,name,iccid \n{A},x,{B}\n"])
def test_a_heading_twice_is_an_error(content: str) -> None:
    """Which of the columns is meant cannot be known; nothing is read."""
    found, problems = _read(content)
    assert found.iccids == []
    assert "is there 2 times" in _errors(problems)[0][2]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (f"iccid,Fahrer,Ort\n{A},x,y\n", '2 columns are not read: "Fahrer", "Ort".'),
        (f"iccid,Fahrer,\n{A},x,\n", '1 column is not read: "Fahrer".'),
    ],
)
def test_columns_that_are_not_read_are_said_once(content: str, names: str) -> None:
    """A warning: nothing is wrong, but a setting in a column that nobody named would be lost without a word."""
    _, problems = _read(content)
    assert [(one.severity, one.detail) for one in problems] == [(Severity.WARNING, names)]
    assert _read(f"iccid,\n{A},\n")[1] == []


_CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)


@given(
    rows=st.lists(st.tuples(_CELLS, st.sampled_from(NUMBERS), _CELLS), min_size=1, max_size=6),
    delimiter=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    is_stated=st.booleans(),
)
def test_what_another_writer_wrote_is_read(
    rows: list[tuple[str, str, str]], delimiter: str, end: str, quoting: Any, is_stated: bool
) -> None:
    """Python's csv module writes any cells around the ICCIDs; the same ICCIDs are read, in the same order."""
    out = io.StringIO(newline="")
    out.write(f"sep={delimiter}{end}" if is_stated else "")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(["one, two; three", "iccid", "four"])
    writer.writerows([(f"x{first}", number, f"x{last}") for first, number, last in rows])
    found, problems = _read(out.getvalue())
    assert _errors(problems) == []
    assert found.iccids == [int(number) for _, number, _ in rows]
