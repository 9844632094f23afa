"""Diagnostics as text and as JSON."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import (
    INVALID_VALUE,
    RULE_WARNING,
    SECRET_LITERAL,
    UNKNOWN_FIELD,
    UNKNOWN_REFERENCE,
    Diagnostic,
    DiagnosticCode,
    Related,
)
from reconciler.manifests.yaml_reader import read_documents
from reconciler.positions import Span
from reconciler.reports.diagnostics import as_json, escaped, render

SOURCE = b"""\
kind: EndpointGroup
metadata:
  name: vantiq-fleet-uk
spec:
  routing_policy: vantiq-telematcs
"""
FOUND = Diagnostic(
    UNKNOWN_REFERENCE,
    'No RoutingPolicy in these manifests is called "vantiq-telematcs".',
    'Did you mean "vantiq-telematics" (fleet/policies.yaml:3:12)?',
    address="EndpointGroup/vantiq-fleet-uk",
    path=("spec", "routing_policy"),
    span=Span("fleet/groups.yaml", 5, 19, 5, 35),
)


def _shown(line: str, column: int, end: int, *, code: DiagnosticCode = INVALID_VALUE) -> list[str]:
    """The lines of the excerpt of a one-line source."""
    found = Diagnostic(code, "x", span=Span("f.yaml", 1, column, 1, end))
    return render([found], {"f.yaml": line.encode()}).splitlines()[2:4]


def test_the_house_form() -> None:
    """DiagnosticCode and summary, place, excerpt with carets, detail, hint, and the totals."""
    assert (
        render([FOUND], {"fleet/groups.yaml": SOURCE})
        == """\
error[R203]: Unknown reference
  fleet/groups.yaml:5:19  EndpointGroup/vantiq-fleet-uk  spec.routing_policy
   5 │   routing_policy: vantiq-telematcs
     │                   ^^^^^^^^^^^^^^^^
  No RoutingPolicy in these manifests is called "vantiq-telematcs".

hint: Did you mean "vantiq-telematics" (fleet/policies.yaml:3:12)?

1 error in 1 file
"""
    )


def test_related_places_a_rule_and_no_source() -> None:
    """The title has the rule, other places come below the detail, and a file that is not known has no excerpt."""
    places = (Related("The first one is here.", Span("a.yaml", 3, 5, 3, 9)), Related("And this.", address="VSlice/x"))
    found = Diagnostic(
        RULE_WARNING, "It is odd.", path=("a", 0, "b"), related=places, rule="D-16", span=Span("b.yaml", 1, 1, 1, 2)
    )
    assert (
        render([found], lambda _: None)
        == """\
warning[R211]: This is allowed, and probably not meant (D-16)
  b.yaml:1:1  a[0].b
  It is odd.
  a.yaml:3:5: The first one is here.
  VSlice/x: And this.

1 warning in 1 file
"""
    )


def test_no_diagnostics_are_no_text() -> None:
    """Nothing wrong, nothing said."""
    assert render([], {}) == ""


def test_after_fifty_the_others_are_counted() -> None:
    """A report stays readable, and says what it left out; the totals count all."""
    many = [
        Diagnostic(INVALID_VALUE, f"number {number}", span=Span(f"{number % 3}.yaml", 1, 1, 1, 2))
        for number in range(362)
    ]
    text = render([*many, Diagnostic(RULE_WARNING, "w")], {})
    assert text.endswith("\n\nand 313 more\n\n362 errors, 1 warning in 3 files\n")
    assert "number 49" in text
    assert "number 50" not in text
    assert render(many, {}, limit=2).count("error[") == 2


def test_colour_repeats_what_the_text_says() -> None:
    """Without its colours the text is the same."""
    painted = render([FOUND], {"fleet/groups.yaml": SOURCE}, colour=True)
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == render([FOUND], {"fleet/groups.yaml": SOURCE})


def test_carets_stand_below_what_they_mark() -> None:
    """Wide characters, marks without width and tabs do not move the carets."""
    assert _shown("a: 東京 b", 4, 6) == ["   1 │ a: 東京 b", "     │    ^^^^"]
    assert _shown("a:\tbc", 4, 6) == ["   1 │ a: bc", "     │    ^^"]
    assert _shown("e\u0301: b", 5, 6) == ["   1 │ e\u0301: b", "     │    ^"]
    assert _shown("a\x1bb: c", 5, 6)[1] == "     │ " + " " * len("a\\x1bb:") + "^"
    assert _shown("a:", 3, 3) == ["   1 │ a:", "     │   ^"]


def test_of_a_long_line_the_surroundings_are_shown() -> None:
    """A line of a million characters is cut on both sides of the place."""
    text, carets = _shown("x" * 500_000 + "HERE" + "y" * 500_000, 500_001, 500_005)
    assert len(text) < 130
    assert text.index("HERE") == carets.index("^^^^")


def test_a_span_of_several_lines_is_marked_on_its_first() -> None:
    """The carets of a mapping in block form end with its first line."""
    found = Diagnostic(INVALID_VALUE, "x", span=Span("f.yaml", 1, 3, 4, 9))
    assert render([found], {"f.yaml": b"- a: b  \n  c: d\n"}).splitlines()[2:4] == ["   1 │ - a: b", "     │   ^^^^"]


def test_excerpts_count_lines_as_the_reader_does() -> None:
    """The line that is shown is the one that was meant, with every line end and after a byte order mark."""
    text = "\ufeffa: 1\n# \f \x1c\nc: *.flex\n"
    for end in ("\n", "\r\n", "\r"):
        content = text.replace("\f", "x").replace("\x1c", "y").replace("\n", end).encode()
        problems: list[Diagnostic] = []
        read_documents("f.yaml", content, problems.append)
        assert "   3 │ c: *.flex\n     │    ^^^^^^\n" in render(problems, {"f.yaml": content})


def test_secrets_are_not_shown() -> None:
    """A written-out secret is in no excerpt: not of its own finding, not of another one on its line, not in a URL."""
    assert _shown("psk: hunter2", 6, 13, code=SECRET_LITERAL)[0] == "   1 │ psk: ***"
    assert _shown("code: hunter2", 7, 14, code=SECRET_LITERAL)[0] == "   1 │ code: ***"
    assert _shown('{"bearerToken": "hunter2", b: c}', 28, 29, code=UNKNOWN_FIELD)[0] == '   1 │ {"bearerToken": ***'
    assert _shown("presharedKey: {value: hunter2}", 1, 3)[0] == "   1 │ presharedKey: ***"
    for line in (
        "store: postgresql://user:hunter2@db/x",
        "url: https://h.example/hunter2",
        "url: https://h.example?t=hunter2",
    ):
        assert "hunter2" not in _shown(line, 6, 9)[0]
        assert "***" in _shown(line, 6, 9)[0]
    for reference in ("password: {secretRef: {env: NOC_PASSWORD}}", "password: {secretRef: {file: secrets/noc 1.txt}}"):
        assert _shown(reference, 11, 20)[0] == f"   1 │ {reference}"
    assert _shown("password: {secretRef: {env: hunter-2}}", 11, 20)[0] == "   1 │ password: ***"


def test_nothing_that_was_written_acts_on_the_terminal_or_the_build() -> None:
    """Controls, directions and commands of builds are shown as text (S21)."""
    evil = "\x1b[2J\u202e\r\n::error::x\n##vso[task.setvariable]\n##[group]"
    found = Diagnostic(
        INVALID_VALUE, evil, evil, address=evil, path=(evil,), related=(Related(evil),), span=Span(evil, 1, 1, 1, 9)
    )
    text = render([found], {evil: evil.encode()})
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##vso[" not in text
    assert "##[" not in text


@given(st.text())
def test_escaped_text_is_one_harmless_line(text: str) -> None:
    """The escaped text has no control character, no line end and no lone surrogate, whatever the text is."""
    shown = escaped(text)
    assert shown.isprintable() or all(not re.match(r"[\x00-\x1f\x7f-\x9f]", character) for character in shown)
    assert len(shown.splitlines()) <= 1
    shown.encode()


@given(st.binary(max_size=120), st.integers(1, 200), st.integers(1, 200), st.integers(1, 4))
def test_whatever_the_source_is_a_diagnostic_is_shown(content: bytes, column: int, end: int, line: int) -> None:
    """A place that is not in the file, or a file that is no text, is no reason to fail."""
    found = Diagnostic(INVALID_VALUE, "x", span=Span("f", line, column, line, end))
    render([found], {"f": content}).encode()


def test_json_is_a_stable_contract() -> None:
    """The keys of a diagnostic, and null for what is not known."""
    place = Related("here", address="VSlice/x", path=("spec", 1))
    data = as_json([FOUND, Diagnostic(RULE_WARNING, "w", rule="D-1", related=(place,))])
    assert json.loads(json.dumps(data)) == data
    assert data[0] == {
        "code": "R203",
        "severity": "error",
        "summary": "Unknown reference",
        "detail": FOUND.detail,
        "hint": FOUND.hint,
        "rule": None,
        "address": "EndpointGroup/vantiq-fleet-uk",
        "path": ["spec", "routing_policy"],
        "file": "fleet/groups.yaml",
        "line": 5,
        "column": 19,
        "endLine": 5,
        "endColumn": 35,
        "related": [],
    }
    assert data[1]["file"] is None
    assert data[1]["severity"] == "warning"
    assert data[1]["related"] == [
        {"message": "here", "address": "VSlice/x", "path": ["spec", 1], "file": None, "line": None, "column": None,
         "endLine": None, "endColumn": None}
    ]  # fmt: skip
