"""Colour and width for terminals. Colour repeats the symbols, never replaces them; without it no escape is written."""

import re
import unicodedata
from collections.abc import Callable

Paint = Callable[[str, str], str]
"""(text, style) → text. Styles: add, change, remove, note, strong."""

_CODES = {"add": "32", "change": "33", "remove": "31", "note": "2", "strong": "1"}
_NARROWEST = 20
_DEEPEST_INDENT = 16
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_LEAD = re.compile(r" *(?:(?:-/\+|[-+~><=.!*]) )?")
_PIECE = re.compile(r"( *)([^ ]+)")


def painted(text: str, style: str) -> str:
    """The text in the colours of a terminal."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def plain(text: str, _style: str) -> str:
    """The text as it is."""
    return text


def folded(text: str, width: int) -> str:
    """
    The text in lines of at most `width` columns, broken at spaces.

    The rest of a broken line is two columns deeper than the words of its line. A word that is longer than a line, such
    as a digest, is never broken: it could not be copied. Escapes that set colours take no room.
    """
    if width < _NARROWEST:
        return text
    return "\n".join(
        line if len(line) <= width and line.isascii() else _folded(line, width) for line in text.split("\n")
    )


def _folded(line: str, width: int) -> str:
    bare = _ESCAPE.sub("", line)
    if columns(bare) <= width:
        return line
    lead = _LEAD.match(bare)
    indent = " " * min((lead.end() if lead else 0) + 2, _DEEPEST_INDENT, width // 2)
    lines, current, used = [], "", 0
    for gap, word in _PIECE.findall(line):
        room = columns(_ESCAPE.sub("", word))
        if used and used + len(gap) + room > width:
            lines.append(current)
            current, used = indent + word, len(indent) + room
        else:
            current, used = current + gap + word, used + len(gap) + room
    return "\n".join([*lines, current])


def columns(text: str) -> int:
    """How many columns a terminal needs for a text."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
