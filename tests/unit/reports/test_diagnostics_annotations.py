"""Diagnostics as workflow commands."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import INVALID_VALUE, RULE_WARNING, Diagnostic
from reconciler.positions import Span
from reconciler.reports.annotations import as_workflow_commands

PLACE = Span("a/b.yaml", 3, 5, 3, 9)


def test_a_command_names_file_line_and_column() -> None:
    """Errors come before warnings; the columns are left out of what spans several lines."""
    warning = Diagnostic(RULE_WARNING, "Odd.", span=Span("c.yaml", 1, 2, 4, 5))
    error = Diagnostic(INVALID_VALUE, "Wrong.", "Mend it.", address="VSlice/x", span=PLACE)
    assert as_workflow_commands([warning, error, Diagnostic(INVALID_VALUE, "Lost.")]).splitlines() == [
        (
            "::error file=a/b.yaml,line=3,endLine=3,col=5,endColumn=8,title=R204 Invalid value"
            "::VSlice/x%0AWrong.%0Ahint: Mend it."
        ),
        "::error title=R204 Invalid value::Lost.",
        "::warning file=c.yaml,line=1,endLine=4,title=R211 This is allowed%2C and probably not meant::Odd.",
    ]


def test_ten_of_each_are_given_and_the_others_counted() -> None:
    """GitHub shows ten errors and ten warnings of a step; the last line says how many more there are."""
    many = [Diagnostic(code, "x", span=PLACE) for code in (RULE_WARNING, INVALID_VALUE) for _ in range(12)]
    lines = as_workflow_commands(many).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10 + ["and"]
    assert lines[-1] == "and 4 more"
    assert as_workflow_commands([]) == ""


@given(st.text(), st.text())
def test_nothing_that_was_written_ends_a_command(detail: str, file: str) -> None:
    """One diagnostic is one line, whatever is in it, and its properties are those that were meant."""
    text = as_workflow_commands([Diagnostic(INVALID_VALUE, f"x{detail}", span=Span(f"x{file}", 1, 1, 1, 2))])
    assert text.count("\n") == 1
    assert len(text.splitlines()) == 1
    head = text.split("::")[1]
    assert [part.split("=")[0] for part in head.removeprefix("error ").split(",")] == [
        "file", "line", "endLine", "col", "endColumn", "title",
    ]  # fmt: skip
    text.encode()
