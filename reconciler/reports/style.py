"""Colour for terminals. It repeats the symbols and never replaces them; without it not one escape byte is written."""

from collections.abc import Callable

Paint = Callable[[str, str], str]
"""(text, style) → text. Styles: add, change, remove, note, strong."""

_CODES = {"add": "32", "change": "33", "remove": "31", "note": "2", "strong": "1"}


def painted(text: str, style: str) -> str:
    """The text in the colours of a terminal."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def plain(text: str, _style: str) -> str:
    """The text as it is."""
    return text
