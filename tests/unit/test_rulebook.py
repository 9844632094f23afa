"""The rule book: every number that the product prints is explained, from one table."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.diagnostics import CODES, DiagnosticCode, catalogue
from reconciler.kinds import kinds
from reconciler.reports import rules
from reconciler.rulebook import Entry, Keeper, cited, entries, entry_named, number_of

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "reconciler" / "rulebook"
SOURCES = sorted(path for path in (ROOT / "reconciler").rglob("*.py") if BOOK not in path.parents)
PAGES = [
    path
    for folder in ("docs", "examples", "changelog.d")
    for path in sorted((ROOT / folder).rglob("*.md"))
    if path != ROOT / "docs/reference/rules.md"
] + [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
# Numbers that are wrong on purpose.
UNKNOWN = {"D-99", "I07", "R999"}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_every_number_that_is_cited_is_in_the_book() -> None:
    """No message, comment, help text, page, schema or test cites a number that `explain` does not know."""
    code = {n for folder in ("tests", "tools", "bench") for p in (ROOT / folder).rglob("*.py") for n in cited(_read(p))}
    product = {number for path in SOURCES for number in cited(_read(path))}
    pages = {n for path in [*PAGES, *(ROOT / "schemas").glob("*.json")] for n in cited(_read(path))}
    assert len(product) > 60
    assert sorted((code | product | pages) - set(entries()) - UNKNOWN) == []


def test_every_entry_of_the_book_is_cited() -> None:
    """A rule is in the book because the code or a page that people write cites its number."""
    written = [path for path in PAGES if ROOT / "docs" / "reference" not in path.parents]
    numbers = {number for path in [*SOURCES, *written] for number in cited(_read(path))}
    assert sorted(e.number for e in entries().values() if e.family != "R" and e.number not in numbers) == []


def test_every_code_of_a_diagnostic_is_used() -> None:
    """A code is in the book because some module outside of the catalogue reports it."""
    names = {name for name, value in vars(catalogue).items() if isinstance(value, DiagnosticCode)}
    used = {word for path in SOURCES if path.parent.name != "diagnostics" for word in _words(path)}
    assert len(names) == len(CODES)
    assert sorted(names - used) == []


def _words(path: Path) -> set[str]:
    return set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", _read(path)))


def test_every_rule_of_a_kind_has_a_number_of_the_book() -> None:
    """A rule that `validate` enforces is cited by a number that `explain` knows, whatever family it is of."""
    numbers = {rule.number for kind in kinds().values() for rule in kind.rules}
    fixed = {shape.immutable_rule for kind in kinds().values() for _, shape in kind.shape.walk()} - {""}
    assert sorted((numbers | fixed) - set(entries())) == []


def test_every_rule_of_the_book_says_who_keeps_it() -> None:
    """A rule is kept by the product or the platform, and names each keeper once."""
    assert [e.number for e in entries().values() if not e.keepers or len(set(e.keepers)) != len(e.keepers)] == []


def test_every_number_has_one_entry_and_one_sentence() -> None:
    """The families do not overlap, and each rule is one sentence that ends with a full stop."""
    written = [number for path in sorted(BOOK.glob("p*.py")) for text in _texts(path) for number in _first(text)]
    assert len(written) == len(set(written))
    assert [e.number for e in entries().values() if not e.rule.endswith(".") or "\n" in e.rule] == []


def _texts(path: Path) -> Iterator[str]:
    """Every text of a source file."""
    tree = ast.parse(_read(path))
    yield from (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _first(text: str) -> list[str]:
    return [text] if cited(text) == [text] else []


@pytest.mark.parametrize(
    ("spelled", "number"),
    [
        ("D-40", "D-40"),
        ("D40", "D-40"),
        ("d-40", "D-40"),
        ("d 40", "D-40"),
        ("(D-40)", "D-40"),
        ("I7", "I7"),
        ("i-7", "I7"),
        ("I07", "I7"),
        ("[R203]", "R203"),
        ("a10", "A10"),
        ("error[R203]", None),
        ("VSlice", None),
        ("D", None),
        ("D-", None),
        ("D-٣", None),
        ("X7", None),
    ],
)
def test_a_number_is_known_in_each_way_of_writing_it(spelled: str, number: str | None) -> None:
    """Case, a hyphen, a blank, brackets and leading zeros do not matter."""
    assert number_of(spelled) == number
    assert (entry_named(spelled) is not None) == (number is not None)


@pytest.mark.parametrize("entry", entries().values(), ids=lambda entry: entry.number)
def test_explain_prints_each_number(entry: Entry) -> None:
    """`explain NUMBER` prints number, rule, meaning and keeper."""
    result = CliRunner().invoke(cli, ["explain", entry.number], standalone_mode=False)
    assert result.output == rules.explained(entry) + "\n"
    assert entry.rule in result.output
    assert all(keeper.value in result.output for keeper in entry.keepers)


def test_the_page_has_every_number_once_with_its_text() -> None:
    """The page of rules is made from the same table."""
    rows = [line for line in rules.page().splitlines() if line.startswith("| ")]
    numbers = [line.split(" ")[1] for line in rows if line.split(" ")[1] != "number"]
    assert numbers == list(entries())
    assert [e.number for e in entries().values() if e.rule.replace("|", "\\|") not in rules.page()] == []


def test_a_number_that_is_not_in_the_book_is_wrong_usage_with_the_nearest_one() -> None:
    """A misspelt number is refused as a misspelt kind is."""
    result = CliRunner().invoke(cli, ["explain", "D-99"])
    assert result.exit_code == 64


def test_the_keepers_of_a_rule_are_places_that_a_reader_knows() -> None:
    """A keeper is a command, the store or the platform."""
    assert [k.name for k in Keeper] == ["MANIFESTS", "PLAN", "APPLY", "STORE", "COMMAND_LINE", "PLATFORM"]
