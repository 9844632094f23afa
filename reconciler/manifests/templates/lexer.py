"""
Text with expressions in it: ``vantiq-${params.division}`` → literal text and holes.

A hole ends at the brace that closes it. Braces and quotes inside of CEL's texts, and in its comments, are no ends, so
the texts are read by CEL's own rules. ``$${`` is a literal ``${``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

OPENING = "${"
# A raw text, of characters or bytes, begins with its sign, which is no end of a longer word.
_RAW = re.compile(r"(?<![A-Za-z0-9_])(?:[bB]?[rR]|[rR][bB])$")
_LONGEST_PREFIX = 3
_TRIPLES = ("'''", '"""')


@dataclass(frozen=True, slots=True)
class Hole:
    """An expression in a text, with the offset of its first character in that text."""

    source: str
    start: int


class UnclosedExpression(Exception):
    """A ``${`` that nothing closes, at an offset of the text."""

    def __init__(self, offset: int) -> None:
        super().__init__("an expression is not closed")
        self.offset = offset


def has_holes(text: str) -> bool:
    """Whether a text has to be read as one with expressions, or with escaped signs of them."""
    return OPENING in text


def parts(text: str) -> tuple[str | Hole, ...]:
    """The parts of a text, in their order; neighbouring literals are one. Raises `UnclosedExpression`."""
    return tuple(_parts(text))


def _parts(text: str) -> Iterator[str | Hole]:
    literal, place = "", 0
    while (found := text.find(OPENING, place)) >= 0:
        if found > place and text[found - 1] == "$":
            literal += text[place:found] + "{"
            place = found + len(OPENING)
            continue
        literal += text[place:found]
        if literal:
            yield literal
            literal = ""
        start = found + len(OPENING)
        end = _end(text, start)
        if end is None:
            raise UnclosedExpression(found)
        yield Hole(text[start:end], start)
        place = end + 1
    literal += text[place:]
    if literal:
        yield literal


def _end(text: str, place: int) -> int | None:
    """The offset of the brace that closes the hole whose expression begins at `place`."""
    depth = 0
    while place < len(text):
        sign = text[place]
        if sign in "'\"":
            after = _text_end(text, place)
            if after is None:
                return None
            place = after
            continue
        if text.startswith("//", place):
            line_end = text.find("\n", place)
            if line_end < 0:
                return None
            place = line_end
        elif sign == "{":
            depth += 1
        elif sign == "}":
            if depth == 0:
                return place
            depth -= 1
        place += 1
    return None


def _text_end(text: str, place: int) -> int | None:
    """The offset behind the CEL text that begins with the quote at `place`; a raw text has no escapes."""
    is_raw = (
        place > 0
        and text[place - 1] in "rR"
        and (place == 1 or not (text[place - 2].isalnum() or text[place - 2] == "_"))
    )
    quote = next((triple for triple in _TRIPLES if text.startswith(triple, place)), text[place])
    place += len(quote)
    while place < len(text):
        if text.startswith(quote, place):
            return place + len(quote)
        place += 2 if text[place] == "\\" and not is_raw else 1
    return None
