"""
The text of a manifest before it is parsed: its encoding, the characters in it, and where its documents begin.

Everything here works on bytes and is linear in their number, so that the clean file, which is nearly every file, costs
next to nothing.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from reconciler.diagnostics import (
    BINARY_FILE,
    CONTROL_CHARACTER,
    FILE_TOO_LARGE,
    INVISIBLE_CHARACTER,
    NOT_UTF8,
    Diagnostic,
    DiagnosticCode,
    Report,
)
from reconciler.positions import Span

MAX_FILE_BYTES = 5 * 1024 * 1024

_CONTROL_BYTES = bytes(byte for byte in range(32) if byte not in b"\t\n\r") + b"\x7f"
# The bytes that an ASCII file may hold: with these deleted nothing is left.
_HARMLESS_BYTES = bytes(byte for byte in range(128) if byte not in _CONTROL_BYTES)

# C0 and C1 controls, the separators that only some programs take for a line end (NEL, LS, PS), and two non-characters.
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff"
# Zero width: soft hyphen, joiners that join nothing, fillers, the byte order mark inside a text, language tags.
# Direction: marks, embeddings, overrides and isolates. The two joiners of emoji and of Persian (U+200C, U+200D) are
# allowed in values.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff9-\ufffb\U000e0000-\U000e007f"
)
FORBIDDEN_IN_TEXT = re.compile(f"[{_CONTROL}{_INVISIBLE}]")
# An escape can make any character: in a value, a carriage return is as bad as the rest.
FORBIDDEN_IN_VALUE = re.compile(f"[\r{_CONTROL}{_INVISIBLE}]")
FORBIDDEN_IN_KEY = re.compile(f"[\t\n\r{_CONTROL}{_INVISIBLE}\u200c\u200d\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_CONTROL_CHARACTER = re.compile(f"[\t\n\r{_CONTROL}]")

# In a file of text, of the first bytes at most this share are control characters.
_SAMPLE_BYTES = 4096
_BINARY_SHARE = 0.1
_MOST_CHARACTERS_NAMED = 10

_NAMES = {
    "\x00": "a NUL byte",
    "\x07": "a bell",
    "\x08": "a backspace",
    "\r": "a carriage return",
    "\x1b": "an escape character",
    "\x7f": "a delete character",
    "\x85": "a next-line character",
    "\u00a0": "a no-break space",
    "\u00ad": "a soft hyphen",
    "\u200b": "a zero-width space",
    "\u200c": "a zero-width non-joiner",
    "\u200d": "a zero-width joiner",
    "\u2028": "a line separator",
    "\u2029": "a paragraph separator",
    "\u202e": "a right-to-left override",
    "\u2060": "a word joiner",
    "\ufeff": "a byte order mark",
}


class Quoted(str):
    """A scalar that was written in quotes or as a block: text was meant, whatever it looks like."""

    __slots__ = ()


class Piece(NamedTuple):
    """A stretch of a file that is parsed by itself: bytes from `start` to `end`, with `line` lines before it."""

    start: int
    end: int
    line: int


def readable(file: str, content: bytes, report: Report) -> bytes | None:
    """
    The text without byte order mark and with line feeds as line ends; None if the file as a whole cannot be read.

    Refused, with one diagnostic: more than 5 MiB, UTF-16 and UTF-32, and what is no text at all (S1). A wrong byte or
    character in a text is left to `character_problems`.
    """
    start = Span(file, 1, 1, 1, 2)
    if len(content) > MAX_FILE_BYTES:
        size = len(content) / (1024 * 1024)
        hint = "Split the file, or move the members of EndpointSets into CSV files."
        report(Diagnostic(FILE_TOO_LARGE, f"The file has {size:.1f} MiB; at most 5 MiB are read.", hint, span=start))
        return None
    content = content.removeprefix(b"\xef\xbb\xbf")
    encoding = _other_encoding(content)
    if encoding:
        detail = f"The file is encoded as {encoding}; manifests are UTF-8."
        report(Diagnostic(NOT_UTF8, detail, "Save the file as UTF-8.", span=start))
        return None
    sample = content[:_SAMPLE_BYTES]
    controls = len(sample) - len(sample.translate(None, _CONTROL_BYTES))
    if controls > len(sample) * _BINARY_SHARE:
        detail = f"Of its first {len(sample)} bytes, {controls} are control characters."
        hint = "Name a YAML file, or move this file out of the folder of manifests."
        report(Diagnostic(BINARY_FILE, detail, hint, span=start))
        return None
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content


def _other_encoding(content: bytes) -> str | None:
    """UTF-16 or UTF-32, told by the mark or by where the zeros are."""
    if content.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "UTF-32"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    sample = content[:_SAMPLE_BYTES]
    # Mostly ASCII text in wide characters: all but one byte of each two or four are zero.
    lanes = [sample[offset::4] for offset in range(4)]
    zeros = [lane.count(0) > len(lane) * 0.8 for lane in lanes if len(lane) > 1]
    return {3: "UTF-32", 2: "UTF-16"}.get(sum(zeros))


def is_clean(content: bytes) -> bool:
    """Whether a text is UTF-8 without any character that is refused: one look at each byte."""
    if content.isascii():
        return not content.translate(None, _HARMLESS_BYTES)
    try:
        return FORBIDDEN_IN_TEXT.search(content.decode()) is None
    except UnicodeDecodeError:
        return False


def character_problems(file: str, raw: bytes, line: int) -> list[Diagnostic]:
    """
    The problems with the bytes and characters of a piece of a text; empty for a clean one.

    The first wrong byte, or the first ten characters that are refused. `line` is the number of lines before the piece.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        detail = f"The byte 0x{raw[error.start]:02X} is not part of any UTF-8 character here."
        hint = "Save the file as UTF-8; it was perhaps saved as Windows-1252 or Latin-1."
        return [Diagnostic(NOT_UTF8, detail, hint, span=_span_after(file, before, line))]
    found = []
    for match in FORBIDDEN_IN_TEXT.finditer(text):
        code, detail = character_problem(match[0])
        hint = "Delete the character, or type the line again."
        found.append(Diagnostic(code, detail, hint, span=_span_after(file, text[: match.start()], line)))
        if len(found) == _MOST_CHARACTERS_NAMED:
            break
    return found


def character_problem(character: str) -> tuple[DiagnosticCode, str]:
    """The code and the detail for a character that is refused."""
    number = f"U+{ord(character):04X}"
    name = _NAMES.get(character)
    code = CONTROL_CHARACTER if _CONTROL_CHARACTER.match(character) else INVISIBLE_CHARACTER
    kind = "a control character" if code is CONTROL_CHARACTER else "an invisible character"
    return code, f"There is {name} ({number}), {kind}." if name else f"There is {kind} ({number})."


def _span_after(file: str, before: str, line: int) -> Span:
    lines = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Span(file, line + lines + 1, column, line + lines + 1, column + 1)


def pieces(content: bytes) -> Iterator[Piece]:
    """
    Where the documents of a text are: it is cut before each line that begins with ``---``.

    The cut is exact, as no value can hold such a line. With a line that begins with ``%``, which may be a directive
    that belongs to the next document, the text is one piece.
    """
    if content.startswith(b"%") or b"\n%" in content:
        yield Piece(0, len(content), 0)
        return
    start = line = 0
    at = content.find(b"\n---")
    while at >= 0:
        cut = at + 1
        if content[cut + 3 : cut + 4] in (b"", b" ", b"\t", b"\n"):
            yield Piece(start, cut, line)
            line += content.count(b"\n", start, cut)
            start = cut
        at = content.find(b"\n---", cut)
    yield Piece(start, len(content), line)


class Before(NamedTuple):
    """The lines before the data of a piece: how many they are, and whether nothing follows them."""

    lines: int
    is_empty: bool


# Possessive, so that a million blank lines cost no memory.
_BEFORE_CONTENT = re.compile(rb"(?:---(?=\s|\Z))?(?:[ \t]*+(?:#[^\n]*+)?(?:\n|\Z))*+")


def lines_before_content(raw: bytes) -> Before:
    """The lines of a piece before the one on which its first document begins: its marker, comments and blank ones."""
    match = _BEFORE_CONTENT.match(raw)
    end = match.end() if match else 0
    return Before(raw.count(b"\n", 0, end), end == len(raw))
