"""
Places inside a scalar: an offset in a value → the line and column where that character is written.

The source is read again by the rules of the scalar's own style (plain, quoted, block), each character with its place.
If the result is not the value, which no rule of YAML should allow, every offset has the place of the scalar: a place
further away is better than a wrong one.
"""

from collections.abc import Iterator, Sequence

from reconciler.positions import Span

_Placed = tuple[str, int, int]
"""A character of a value with its line and column, both counted from 0."""

_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_CODES = {"x": 2, "u": 4, "U": 8}
_BLANK = " \t"


def place_in(lines: Sequence[str], span: Span, value: str, offset: int) -> Span:
    """
    The place of the character at an offset of a value that is written at `span`; `lines` are those of the file.

    An offset behind the last character has the place behind it.
    """
    wanted = value.rstrip("\n")
    readings = ((found, "".join(sign for sign, _, _ in found)) for found in _readings(lines, span))
    placed = next((found for found, written in readings if written.rstrip("\n") == wanted), None)
    if not placed:
        return span
    if offset < len(placed):
        _, line, column = placed[offset]
    else:
        _, line, column = placed[-1]
        column += 1
    return Span(span.file, line + 1, column + 1, line + 1, column + 2)


def _readings(lines: Sequence[str], span: Span) -> Iterator[list[_Placed]]:
    """The characters of a scalar: one reading, but for a block whose indentation depends on what it lies in."""
    line, column = span.line - 1, span.column - 1
    first = lines[line][column : column + 1] if line < len(lines) else ""
    end = (span.end_line - 1, span.end_column - 1)
    if first in {"|", ">"} and first:
        for indent in _indents(lines, line, column, end):
            yield _block(lines, line, end, indent, is_folded=first == ">")
    elif first == '"':
        yield list(_folded(lines, (line, column + 1), (end[0], end[1] - 1), is_double=True))
    elif first == "'":
        found = list(_folded(lines, (line, column + 1), (end[0], end[1] - 1), is_double=False))
        yield list(_without_doubled_quotes(found))
    else:
        yield list(_folded(lines, (line, column), end, is_double=False))


def _without_doubled_quotes(found: list[_Placed]) -> Iterator[_Placed]:
    skip = False
    for sign in found:
        if skip:
            skip = False
            continue
        skip = sign[0] == "'"
        yield sign


def _folded(
    lines: Sequence[str], start: tuple[int, int], end: tuple[int, int], *, is_double: bool
) -> Iterator[_Placed]:
    """The characters of a flow scalar: a line break is a blank, and each further one a line break."""
    breaks: list[tuple[int, int]] = []
    joins = False
    for number in range(start[0], end[0] + 1):
        raw = lines[number][: end[1]] if number == end[0] else lines[number]
        begin = start[1] if number == start[0] else len(raw) - len(raw.lstrip(_BLANK))
        is_last = number == end[0]
        content = list(_content(raw, begin, number, is_double=is_double))
        if not is_last:
            while content and content[-1][0] in _BLANK and not (is_double and raw[content[-1][2]] == "\\"):
                content.pop()
        if content or is_last:
            if len(breaks) > 1:
                yield from (("\n", line, column) for line, column in breaks[1:])
            elif breaks and not joins:
                yield " ", *breaks[0]
            breaks, joins = [], False
        yield from (sign for sign in content if sign[0] != "\\\n")
        joins = bool(content) and content[-1][0] == "\\\n"
        breaks.append((number, len(raw)))


def _content(raw: str, place: int, number: int, *, is_double: bool) -> Iterator[_Placed]:
    while place < len(raw):
        sign = raw[place]
        if not is_double or sign != "\\":
            yield sign, number, place
            place += 1
            continue
        code = raw[place + 1 : place + 2]
        if not code:
            yield "\\\n", number, place
            return
        if code in _CODES:
            digits = raw[place + 2 : place + 2 + _CODES[code]]
            try:
                yield chr(int(digits, 16)), number, place
            except (ValueError, OverflowError):
                yield "", number, place
            place += 2 + _CODES[code]
        else:
            yield _ESCAPES.get(code, ""), number, place
            place += 2


def _body(lines: Sequence[str], line: int, end: tuple[int, int]) -> range:
    last = end[0] if end[1] else end[0] - 1
    return range(line + 1, min(last, len(lines) - 1) + 1)


def _indents(lines: Sequence[str], line: int, column: int, end: tuple[int, int]) -> Iterator[int]:
    """The indentations that a block may have: that of its first line, or a lower one if its header gives a number."""
    header = lines[line][column + 1 :].split("#")[0]
    first = next((lines[number] for number in _body(lines, line, end) if lines[number].strip(" ")), "")
    indent = len(first) - len(first.lstrip(" "))
    yield indent
    if any(sign.isdigit() for sign in header):
        yield from range(indent - 1, 0, -1)


def _block(lines: Sequence[str], line: int, end: tuple[int, int], indent: int, *, is_folded: bool) -> list[_Placed]:
    """The characters of a block scalar whose content begins at the column `indent`."""
    body = _body(lines, line, end)
    filled = [number for number in body if lines[number].strip(" ")]
    if not filled:
        return []
    found: list[_Placed] = []
    previous_is_more = False
    pending: list[_Placed] = []
    for number in body:
        text = lines[number]
        if number > filled[-1]:
            break
        content = text[indent:]
        is_empty = not text.strip(" ") and len(text) <= indent
        is_more = content[:1] in {" ", "\t"} and bool(content)
        if is_empty:
            pending.append(("\n", number, len(text)))
            continue
        if found:
            found.extend(_joint(pending, is_folded=is_folded and not (is_more or previous_is_more)))
        else:
            found.extend(pending)
        found.extend((sign, number, indent + place) for place, sign in enumerate(content))
        pending = [("\n", number, len(text))]
        previous_is_more = is_more
    return found + pending


def _joint(breaks: list[_Placed], *, is_folded: bool) -> list[_Placed]:
    if not is_folded:
        return breaks
    if len(breaks) == 1:
        return [(" ", breaks[0][1], breaks[0][2])]
    return breaks[1:]
