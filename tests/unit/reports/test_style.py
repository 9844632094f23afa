"""Folding text to the width of a terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.reports.style import folded, painted

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_TEXTS = st.text(st.sampled_from("ab -+~/…日\n"), max_size=200)


@given(_TEXTS, st.integers(20, 100))
def test_folding_loses_no_word_and_makes_no_line_too_long(text: str, width: int) -> None:
    """Words and their order stay; a line is longer only when it is a single word."""
    found = folded(text, width)

    assert found.split() == text.split()
    for line in found.split("\n"):
        columns = sum(2 if letter == "日" else 1 for letter in line)
        assert columns <= width or len(line.split()) == 1


@given(_TEXTS, st.integers(20, 100))
def test_colour_takes_no_room(text: str, width: int) -> None:
    """Coloured words are folded exactly where plain ones are."""
    coloured = re.sub(r"[^ \n]+", lambda match: painted(match[0], "add"), text)

    assert _ESCAPE.sub("", folded(coloured, width)) == folded(text, width)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("  ~ RoutingPolicy/fleet will be updated", "  ~ RoutingPolicy/fleet will\n      be updated"),
        ("-/+ EndpointGroup/fleet will be replaced", "-/+ EndpointGroup/fleet will\n      be replaced"),
        ("REFUSED [sims] it would be replaced now", "REFUSED [sims] it would be\n  replaced now"),
    ],
)
def test_what_is_carried_over_hangs_below_its_line(line: str, expected: str) -> None:
    """Two columns deeper than the words, behind a symbol."""
    assert folded(line, 30) == expected
