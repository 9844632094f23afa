"""Codes, positions of diagnostics, and the nearest name."""

import re
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import CODES, INVALID_VALUE, UNKNOWN_FIELD, Diagnostic, Related, Severity, located, nearest
from reconciler.positions import Origins, Path, Span

LINE = Span("a.yaml", 1, 1, 1, 2)


class _Marks:
    """The positions in a document with one field, whose key and value are on different lines."""

    def value(self, path: Path) -> Span:
        return _span(2) if path == ("spec",) else _span(9)

    def key(self, path: Path) -> Span:
        return _span(3 if path else 1)


def _span(line: int, file: str = "a.yaml") -> Span:
    return Span(file, line, 1, line, 5)


def _textbook_distance(first: str, second: str) -> int:
    """The unrestricted Damerau-Levenshtein distance, as the textbook has it."""
    far = len(first) + len(second)
    table = {(-1, -1): far}
    for i in range(len(first) + 1):
        table[i, -1], table[i, 0] = far, i
    for j in range(len(second) + 1):
        table[-1, j], table[0, j] = far, j
    seen: dict[str, int] = {}
    for i in range(1, len(first) + 1):
        column = 0
        for j in range(1, len(second) + 1):
            row, swap = seen.get(second[j - 1], 0), column
            cost = first[i - 1] != second[j - 1]
            column = column if cost else j
            table[i, j] = min(
                table[i - 1, j - 1] + cost,
                table[i, j - 1] + 1,
                table[i - 1, j] + 1,
                table[row - 1, swap - 1] + (i - row - 1) + 1 + (j - swap - 1),
            )
        seen[first[i - 1]] = i
    return table[len(first), len(second)]


def test_every_code_is_unique_and_explained() -> None:
    """A code has a number of its family, a summary of fixed text without a full stop, and an explanation."""
    for number, code in CODES.items():
        assert number == code.id
        assert re.fullmatch(r"R[12349]\d\d", number)
        assert code.summary
        assert not code.summary.endswith(".")
        assert len(code.explanation) > 40
    assert len({code.summary for code in CODES.values()}) == len(CODES)
    assert list(CODES) == sorted(CODES)


def test_the_severity_of_a_diagnostic_is_that_of_its_code() -> None:
    """A diagnostic has no severity of its own."""
    assert Diagnostic(CODES["R211"], "x").severity is Severity.WARNING
    assert Diagnostic(CODES["R204"], "x").severity is Severity.ERROR


def test_places_are_found_by_address_and_path_and_sorted() -> None:
    """A diagnostic gets the span of its value or key, its related places too, and comes in the order of lines."""
    origins = Origins({"VSlice/fleet": _Marks()})
    late = Diagnostic(INVALID_VALUE, "late", address="VSlice/fleet", path=("spec", "a"))
    related = Related("here", address="VSlice/fleet", path=("spec",))
    early = Diagnostic(UNKNOWN_FIELD, "x", address="VSlice/fleet", path=("spec", "a"), at_key=True, related=(related,))
    lost = Diagnostic(INVALID_VALUE, "no place", address="VSlice/gone")
    fixed = Diagnostic(INVALID_VALUE, "set", span=_span(5))
    found = located([lost, late, fixed, early, late], origins)
    assert [diagnostic.detail for diagnostic in found] == ["x", "set", "late", "no place"]
    assert [diagnostic.span and diagnostic.span.line for diagnostic in found] == [3, 5, 9, None]
    assert found[0].related[0].span == _span(2)


def test_a_span_is_written_as_editors_read_it() -> None:
    """The text of a span is file:line:column."""
    assert str(Span("a/b.yaml", 3, 7, 3, 9)) == "a/b.yaml:3:7"


def test_an_unknown_address_has_no_span() -> None:
    """Origins answer None for an address that is in no manifest."""
    assert Origins().span("VSlice/none", ("spec",)) is None


def test_the_nearest_name_is_offered_and_not_the_first_near_one() -> None:
    """Of several names within reach, the one with the smallest distance; of equals, the alphabetically first."""
    assert nearest("vantiq-telematcs", ["vantiq-telematic", "vantiq-telematics"]) == "vantiq-telematics"
    assert nearest("vantiq-telematcs", ["vantiq-thematics", "vantiq-telematics"]) == "vantiq-telematics"
    assert nearest("fleet", ["fleex", "fleeb"]) == "fleeb"
    assert nearest("subnet", ["subnets", "sub"]) == "subnets"
    assert nearest("entires", ["entries"]) == "entries"


def test_a_name_that_is_too_different_is_not_offered() -> None:
    """A hint that is wrong is worse than none."""
    assert nearest("fleet", ["charging", "workshop"]) is None
    assert nearest("", ["a"]) is None
    assert nearest("x" * 65, ["x" * 64]) is None
    assert nearest("fleet", []) is None


def test_case_matters_only_if_nothing_else_is_near() -> None:
    """A name in other case is offered, though every letter differs."""
    assert nearest("VSLICE", ["vslice", "policy"]) == "vslice"
    assert nearest("vslice", ["VSlice", "slice"]) == "slice"


@given(st.text("abc", min_size=1, max_size=7), st.lists(st.text("abc", min_size=1, max_size=8), max_size=6))
def test_the_nearest_name_is_the_textbooks(word: str, known: list[str]) -> None:
    """The answer is that of comparing the word with every name by the definition of the distance."""
    limit = max(1, len(word) // 3)
    ranked = sorted((_textbook_distance(word, name), name) for name in set(known))
    expected = ranked[0][1] if ranked and ranked[0][0] <= limit else None
    assert nearest(word, known) == expected


def test_the_distance_counts_an_insertion_between_swapped_letters() -> None:
    """All pairs of short words agree with the textbook, among them those that the simpler definition gets wrong."""
    words = ["".join(letters) for size in range(3, 5) for letters in product("ab", repeat=size)]
    for word in words:
        expected = min((_textbook_distance(word, name), name) for name in words if name != word)
        found = nearest(word, [name for name in words if name != word])
        assert found == (expected[1] if expected[0] <= 1 else None)


def _path_kinds() -> list[Path]:
    return [(), ("a",), ("a", 0), ("a", 0, "b")]


def test_diagnostics_are_values() -> None:
    """Two diagnostics that say the same are equal and are shown once."""
    same = [Diagnostic(INVALID_VALUE, "x", path=path, span=LINE) for path in _path_kinds() for _ in range(2)]
    assert len(located(same, Origins())) == len(_path_kinds())
