"""Files of SIMs as people have them: what is read, what is refused, and where the mistake is said to be (S3, D-45)."""

import gzip
import hashlib
import importlib.util
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.manifests.sim_files import SimFile, read_sims
from reconciler.manifests.sim_text import BLOCK_BYTES
from reconciler.model.roster import Roster
from reconciler.operations.validate import check
from tests.features.sims.estate import HEAD, NETWORK, endpoint, from_file, group, iccid, iccids, listed

NUMBERS = iccids(5)
GOOD = "iccid\n" + "".join(f"{number}\n" for number in NUMBERS)


def _read(content: str | bytes, name: str = "a.csv", **columns: str) -> tuple[SimFile, list[Diagnostic]]:
    found: list[Diagnostic] = []
    raw = content.encode() if isinstance(content, str) else content
    result = read_sims(name, raw, {"iccid": "iccid", **columns}, check_digits=True, report=found.append)
    return result, _errors(found)


def _errors(problems: list[Diagnostic]) -> list[Diagnostic]:
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def _estate(root: Path, *documents: str, **files: str | bytes) -> Path:
    parts = [
        part
        for document in (NETWORK, group("fleet-uk"), group("fleet-de"), *documents)
        for part in document.split("---\n")
    ]
    (root / "estate.yaml").write_text("---\n".join(HEAD + part.lstrip() for part in parts))
    (root / "sims").mkdir(exist_ok=True)
    for name, content in files.items():
        place = root / "sims" / name.replace("__", ".")
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def _checked(root: Path) -> tuple[Roster, list[Diagnostic]]:
    result = check(root, remember=False)
    assert result.loaded.roster is not None
    return result.loaded.roster, _errors(list(result.diagnostics))


def _ints(numbers: list[str]) -> list[int]:
    return [int(number) for number in numbers]


# --- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.rstrip("\n"),
        GOOD + "\n\n",
        GOOD.replace("\n", "\n\n"),
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        "\ufeff" + GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "  \n"),
        "name,iccid\n" + "".join(f"HGV {n},{number}\n" for n, number in enumerate(NUMBERS)),
        "iccid;name\n" + "".join(f"{number};HGV, {n}\n" for n, number in enumerate(NUMBERS)),
        "name;iccid\n" + "".join(f"HGV, {n};{number}\n" for n, number in enumerate(NUMBERS)),
        "iccid\tname\n" + "".join(f"{number}\tHGV\n" for number in NUMBERS),
        '"iccid","name"\n' + "".join(f'"{number}","HGV ""{n}"", big"\n' for n, number in enumerate(NUMBERS)),
        "iccid,name\n" + "".join(f'{number},"two\nlines"\n' for number in NUMBERS),
        " iccid ,name\n" + "".join(f"{number},\n" for number in NUMBERS),
    ],
)
def test_the_same_sims_are_read_from_every_kind_of_csv(content: str) -> None:
    """Marks, line ends, blanks, separators and quotes change nothing."""
    found, problems = _read(content)
    assert problems == []
    assert found.iccids == _ints(NUMBERS)


def test_a_compressed_file_is_read() -> None:
    """By its ending .gz; what is not compressed, or cut off, is named."""
    assert _read(gzip.compress(GOOD.encode()), "a.csv.gz")[0].iccids == _ints(NUMBERS)
    assert "not compressed" in _read(GOOD, "a.csv.gz")[1][0].detail
    assert "damaged" in _read(gzip.compress(GOOD.encode())[:-9], "a.csv.gz")[1][0].detail


@pytest.mark.parametrize("ending", [b"\r\n", b"\r", b"\n"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize("shift", [-2, -1, 0, 1])
def test_line_ends_are_one_wherever_a_block_of_the_file_ends(name: str, ending: bytes, shift: int) -> None:
    """Also where the block that is read ends between the two halves of a line end; with a byte order mark, too."""
    rows = ending.join(number.encode() for number in NUMBERS[1:])
    first = b"\xef\xbb\xbficcid" + ending + NUMBERS[0].encode()
    blank = b" " * (64 * 1024 - len(ending)) + ending
    filling = first + ending + blank * ((BLOCK_BYTES - len(first)) // len(blank) - 1)
    line = b" " * ((BLOCK_BYTES + shift - len(filling)) % len(blank)) + ending
    content = filling + blank + line + rows + ending

    found, errors = _read(gzip.compress(content, 1) if name.endswith(".gz") else content, name)

    assert (found.iccids, errors) == (_ints(NUMBERS), [])
    assert content[BLOCK_BYTES + shift :].startswith(ending)


def test_attributes_are_read_from_the_columns_that_are_named() -> None:
    """Tags are separated by semicolons; an empty cell says nothing."""
    content = f"SIM,Who,Labels,Lock\n{NUMBERS[0]},Van 1,b; a;;b,\n{NUMBERS[1]},,,352099001761481\n{NUMBERS[2]},,,\n"
    found, problems = _read(content, iccid="SIM", displayName="Who", tags="Labels", imeiLock="Lock")
    assert problems == []
    assert found.settings == {
        int(NUMBERS[0]): {"displayName": "Van 1", "tags": ["a", "b"]},
        int(NUMBERS[1]): {"imeiLock": "352099001761481"},
    }
    assert found.iccids == _ints(NUMBERS[:3])


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "detail", "hint"),
    [
        (GOOD.encode("utf-16"), "UTF-16", "UTF-8"),
        (GOOD.encode("utf-16-le"), "no text", "UTF-8"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", "Git LFS", "git lfs pull"),
        ("icicd,name\n" + NUMBERS[0] + ",x\n", 'no column "iccid"', 'mean "icicd"'),
        ("serial,name\n" + NUMBERS[0] + ",x\n", "serial, name", "columns"),
        ("\n".join(NUMBERS) + "\n", "a SIM already", "Add a first line: iccid"),
        ("", 'no column "iccid"', "columns"),
    ],
)
def test_a_file_that_is_none_is_named_for_what_it_is(content: str | bytes, detail: str, hint: str) -> None:
    """Traces of spreadsheets and version control are recognised; nothing is read from the file."""
    for name in (
        ("a.csv", "a.parquet") if b"git-lfs" in (content if isinstance(content, bytes) else b"") else ("a.csv",)
    ):
        found, problems = _read(content, name)
        assert found.iccids == []
        assert detail in problems[0].detail
        assert hint in str(problems[0].hint)


@pytest.mark.parametrize(
    ("row", "detail", "column"),
    [
        ("8.94E+18", "scientific notation", 3),
        (NUMBERS[1][:-1] + "7", "check digit", 3),
        ("89 4400000", "digits alone", 3),
        (NUMBERS[1] + "F", "ends with F", 3),
        ("", "is missing", 3),
        ("''" + NUMBERS[1], "digits alone", 3),
    ],
)
def test_a_wrong_cell_is_named_with_its_line_and_column(row: str, detail: str, column: int) -> None:
    """The other rows are read all the same, so that all problems are told at once."""
    found, problems = _read(f"n,iccid\n1,{NUMBERS[0]}\n2,{row}\n3,{NUMBERS[2]}\n")
    assert found.iccids == _ints([NUMBERS[0], NUMBERS[2]])
    assert len(problems) == 1
    assert detail in problems[0].detail
    assert problems[0].span is not None
    assert (problems[0].span.line, problems[0].span.column) == (3, column)


@pytest.mark.parametrize(
    "content",
    [
        f'iccid,name\n{NUMBERS[0]},"HGV 1\n{NUMBERS[1]},HGV 2\n{NUMBERS[2]},HGV 3\n',
        f'iccid,name\n{NUMBERS[0]},"HGV 1\n{NUMBERS[1]},HGV 2\n{NUMBERS[2]},5" tyre\n',
        f'name,iccid\nx,{NUMBERS[0]}\n"y,{NUMBERS[1]}\nz,{NUMBERS[2]}\n',
    ],
)
def test_a_quote_that_is_never_closed_is_an_error(content: str) -> None:
    """Otherwise the rows after it would be part of a cell, and their SIMs would be listed no more."""
    _, problems = _read(content)
    assert len(problems) == 1
    assert problems[0].span is not None
    assert problems[0].span.line >= 2


@pytest.mark.parametrize(
    ("word", "cell", "detail"),
    [
        ("state", "terminated", "Endpoint of its own"),
        ("state", "on", "none of active, suspended"),
        ("imeiLock", "12", "IMEI"),
        ("staticIPv4", "100.64.0.256", "no IPv4 address"),
        ("displayName", "a\x07b", "control characters"),
        ("displayName", "x" * 151, "more than 150"),
        ("tags", "a;" + "x" * 101, "more than 100"),
    ],
)
def test_a_wrong_attribute_is_named_with_its_place(word: str, cell: str, detail: str) -> None:
    """A row can never say terminated (D-42), and nothing is cut short or guessed."""
    _, problems = _read(f"iccid,it\n{NUMBERS[0]},\n{NUMBERS[1]},{cell}\n", **{word: "it"})
    assert [problem.span and (problem.span.line, problem.span.column) for problem in problems] == [(3, 21)]
    assert detail in problems[0].detail


def test_text_that_is_not_utf_8_is_refused_where_it_is_read() -> None:
    """A name would be written to the platform with its letters lost; in a column that is not read nothing is lost."""
    content = b"iccid,name\n" + NUMBERS[0].encode() + b",M\xfcnchen\n"
    assert "not UTF-8" in _read(content, displayName="name")[1][0].detail
    assert _read(content)[1] == []


def test_more_than_fifty_wrong_rows_are_counted() -> None:
    """The first fifty with their places, and how many there are."""
    bad = [number[:-1] + ("1" if number[-1] == "0" else "0") for number in iccids(120)]
    _, problems = _read("iccid\n" + "\n".join(bad))
    assert len(problems) == 51
    assert [problem.span.line for problem in problems[:50] if problem.span] == list(range(2, 52))
    assert "120 rows" in problems[50].detail


def test_check_digits_can_be_switched_off_for_one_file(tmp_path: Path) -> None:
    """For ranges whose supplier has none; everything else is checked all the same."""
    odd = NUMBERS[0][:-1] + ("1" if NUMBERS[0][-1] == "0" else "0")
    document = from_file("set-uk", "fleet-uk", "sims/a.csv").replace("a.csv}", "a.csv, checkDigit: false}")
    roster, problems = _checked(_estate(tmp_path, document, a__csv=f"iccid\n{odd}\n"))
    assert problems == []
    assert list(roster.members) == [int(odd)]
    _, problems = _checked(_estate(tmp_path, document, a__csv="iccid\n1234\n"))
    assert len(problems) == 1


def test_parquet_is_read_or_the_extra_is_named(tmp_path: Path) -> None:
    """With DuckDB the SIMs of the file are read as from text; without it the extra to install is named."""
    path = tmp_path / "a.parquet"
    if importlib.util.find_spec("duckdb") is None:
        path.write_bytes(b"PAR1PAR1")
        assert "DuckDB" in _read(path.read_bytes(), "a.parquet")[1][0].detail
        assert "bulk" in str(_read(path.read_bytes(), "a.parquet")[1][0].hint)
        return
    import duckdb

    rows = ", ".join(f"('{number}', 'HGV')" for number in NUMBERS)
    duckdb.sql(f"COPY (SELECT * FROM (VALUES {rows}) t(iccid, who)) TO '{path}' (FORMAT parquet)")
    found, problems = _read(path.read_bytes(), "a.parquet", displayName="who")
    assert problems == []
    assert found.iccids == _ints(NUMBERS)
    assert found.settings[found.iccids[0]] == {"displayName": "HGV"}
    assert "damaged" in _read(b"PAR1PAR1", "a.parquet")[1][0].detail


# --- where files may be -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["../secret.csv", "/etc/passwd", "~/a.csv", "sims/../../secret.csv"])
def test_a_path_out_of_the_estate_is_refused(tmp_path: Path, path: str) -> None:
    """Absolute paths and two dots are no paths below the root (S3)."""
    root = tmp_path / "estate"
    root.mkdir()
    (tmp_path / "secret.csv").write_text(GOOD)
    result = check(_estate(root, from_file("set-uk", "fleet-uk", path)), remember=False)
    assert result.has_errors
    assert result.loaded.roster is None or not result.loaded.roster.members


@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("pattern", ["sims/in/a.csv", "sims/*/a.csv", "sims/in/*.csv"])
def test_a_link_is_refused(tmp_path: Path, what: str, pattern: str) -> None:
    """Whether the file or a folder on the way is one, and whether it is named or matched by a pattern (S3)."""
    outside, root = tmp_path / "outside", tmp_path / "estate"
    outside.mkdir()
    root.mkdir()
    (outside / "a.csv").write_text(GOOD)
    _estate(root, from_file("set-uk", "fleet-uk", f'"{pattern}"'))
    if what == "folder":
        (root / "sims" / "in").symlink_to(outside)
    else:
        (root / "sims" / "in").mkdir()
        (root / "sims" / "in" / "a.csv").symlink_to(outside / "a.csv")
    result = check(root, remember=False)
    assert result.has_errors
    assert result.loaded.roster is not None
    assert not result.loaded.roster.members


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    """A file that is no regular file is not opened."""
    root = _estate(tmp_path, from_file("set-uk", "fleet-uk", "sims/a.csv"))
    os.mkfifo(root / "sims" / "a.csv")
    _, problems = _checked(root)
    assert "pipe" in problems[0].detail


def test_a_pattern_takes_every_file_that_matches(tmp_path: Path) -> None:
    """In the order of their names; none at all is an error."""
    files = {"uk_1__csv": f"iccid\n{NUMBERS[0]}\n", "uk_2__csv": f"iccid\n{NUMBERS[1]}\n", "de__csv": GOOD}
    root = _estate(tmp_path, from_file("set-uk", "fleet-uk", '"sims/uk_*.csv"'), **files)
    roster, problems = _checked(root)
    assert problems == []
    assert sorted(roster.members) == _ints(NUMBERS[:2])
    assert list(roster.files) == ["sims/uk_1.csv", "sims/uk_2.csv"]
    _, problems = _checked(_estate(tmp_path, from_file("set-uk", "fleet-uk", '"sims/fr-*.csv"')))
    assert "No file matches" in problems[0].detail


def test_a_pinned_file_is_refused_when_a_byte_differs(tmp_path: Path) -> None:
    """The digest of the bytes, as sha256sum prints it."""
    digest = hashlib.sha256(GOOD.encode()).hexdigest()
    document = from_file("set-uk", "fleet-uk", f"sims/a.csv, sha256: {digest}")
    assert _checked(_estate(tmp_path, document, a__csv=GOOD))[1] == []
    _, problems = _checked(_estate(tmp_path, document, a__csv=GOOD + "\n"))
    assert "not the one that is pinned" in problems[0].detail
    assert problems[0].span is not None
    assert problems[0].span.file == "estate.yaml"


# --- the same SIM twice -----------------------------------------------------------------------------------------------


def _places(problem: Diagnostic) -> list[str]:
    spans = [problem.span, *(related.span for related in problem.related)]
    return sorted(f"{span.file}:{span.line}" for span in spans if span is not None)


def _line(root: Path, text: str, nth: int = 0) -> int:
    lines = (root / "estate.yaml").read_text().splitlines()
    return [number for number, line in enumerate(lines, 1) if text in line][nth]


def test_a_sim_twice_in_one_file_is_named_with_both_lines(tmp_path: Path) -> None:
    """Also when the file has another separator, other columns and lines in quotes."""
    a, b, c = NUMBERS[:3]
    content = f'name;SIM\n"two\nlines";{a}\nx;{b}\n;{c}\ny;{a}\n'
    document = from_file("set-uk", "fleet-uk", "sims/a.csv").replace("a.csv}", "a.csv, columns: {iccid: SIM}}")
    _, problems = _checked(_estate(tmp_path, document, a__csv=content))
    assert [_places(problem) for problem in problems] == [["sims/a.csv:2", "sims/a.csv:6"]]
    assert a in problems[0].detail


@pytest.mark.parametrize("other", ["file", "compressed", "list", "endpoint", "pattern"])
def test_a_sim_in_two_places_is_named_with_both(tmp_path: Path, other: str) -> None:
    """A file and another file, a list, an Endpoint, or the same file by a pattern."""
    twice = NUMBERS[2]
    first = from_file("set-a", "fleet-uk", "sims/a.csv")
    files: dict[str, str | bytes] = {"a__csv": GOOD}
    match other:
        case "file" | "compressed":
            name = "b.csv.gz" if other == "compressed" else "b.csv"
            content = f"iccid\n{iccid(99)}\n{twice}\n".encode()
            files[name.replace(".", "__")] = gzip.compress(content) if other == "compressed" else content
            second, place = from_file("set-b", "fleet-de", f"sims/{name}"), f"sims/{name}:3"
        case "list":
            second, place = listed("set-b", "fleet-de", [iccid(99), twice]), ""
        case "pattern":
            second, place = from_file("set-b", "fleet-de", '"sims/*.csv"'), "sims/a.csv:4"
        case _:
            second, place = endpoint("one-sim", twice, ", group: fleet-de"), ""
    root = _estate(tmp_path, first, second, **files)
    place = place or f"estate.yaml:{_line(root, twice)}"
    _, problems = _checked(root)
    named = [problem for problem in problems if twice in problem.detail]
    assert [_places(problem) for problem in named] == [sorted(["sims/a.csv:4", place])]
    assert len(problems) == (len(NUMBERS) if other == "pattern" else 1)


def test_two_endpoints_for_one_sim_are_an_error(tmp_path: Path) -> None:
    """Even when neither says anything of its group: what they say could differ."""
    documents = (
        endpoint("one-sim", NUMBERS[0], ", displayName: A"),
        endpoint("same-sim", NUMBERS[0], ", displayName: B"),
    )
    root = _estate(tmp_path, *documents)
    _, problems = _checked(root)
    lines = [f"estate.yaml:{_line(root, NUMBERS[0], nth)}" for nth in (0, 1)]
    assert [_places(problem) for problem in problems] == [lines]


def test_a_reference_twice_is_named_with_both_places(tmp_path: Path) -> None:
    """References name SIMs as ICCIDs do (D-47)."""
    text = "kind: EndpointSet\nmetadata: {name: set-uk}\nspec:\n  group: fleet-uk\n  members:\n  - list:\n"
    root = _estate(tmp_path, text + "    - reference: VAN-1\n    - reference: VAN-2\n    - reference: VAN-1\n")
    _, problems = _checked(root)
    lines = [f"estate.yaml:{_line(root, 'VAN-1', nth)}" for nth in (0, 1)]
    assert [_places(problem) for problem in problems] == [sorted(lines)]


def test_an_excluded_row_is_no_duplicate(tmp_path: Path) -> None:
    """A SIM that one set leaves out may be listed by another, whose settings it has then."""
    first = listed("set-a", "fleet-uk", NUMBERS)
    second = (
        "kind: EndpointSet\nmetadata: {name: set-b}\nspec:\n  group: fleet-de\n"
        "  members: [{file: {path: sims/b.csv, columns: {displayName: name}}}]\n"
        f'  exclude: [{{list: [{{iccid: "{NUMBERS[0]}"}}]}}]\n'
    )
    content = f"iccid,name\n{NUMBERS[0]},Not meant\n{iccid(77)},Meant\n"
    roster, problems = _checked(_estate(tmp_path, first, second, b__csv=content))
    assert problems == []
    assert roster.sets[roster.members[int(NUMBERS[0])]].address == "EndpointSet/set-a"
    assert roster.settings == {int(iccid(77)): {"displayName": "Meant"}}


def test_more_than_fifty_duplicates_are_counted(tmp_path: Path) -> None:
    """The first fifty with both places, and the total."""
    many = iccids(70)
    content = "iccid\n" + "\n".join([*many, *many]) + "\n"
    _, problems = _checked(_estate(tmp_path, from_file("set-uk", "fleet-uk", "sims/a.csv"), a__csv=content))
    assert len(problems) == 51
    assert sum("70 SIMs" in problem.detail for problem in problems) == 1


@pytest.mark.parametrize(
    "content",
    ["iccid\n8.94E+18\n", "x\n1\n", GOOD + GOOD.removeprefix("iccid\n"), "", "\x00\x01", GOOD.encode("utf-16")],
)
def test_the_command_line_refuses_a_wrong_file(tmp_path: Path, content: str | bytes) -> None:
    """Exit code 8, the file and the place on one line, and no request to the platform."""
    _estate(tmp_path, from_file("set-uk", "fleet-uk", "sims/a.csv"), a__csv=content)
    environment = {"STACUITY_HOST": "embedded", "STACUITY_TOKEN": "t", "CI": "true"}
    for command in (["validate"], ["plan"], ["apply", "--auto-approve"]):
        result = CliRunner().invoke(cli, [command[0], "--chdir", str(tmp_path), *command[1:]], env=environment)
        assert result.exit_code == 8, result.output
        assert "sims/a.csv:" in result.output
        assert "Traceback" not in result.output
