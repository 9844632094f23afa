"""
Diagnostics as text for people, with an excerpt of the source, and as JSON for programs.

The text of a user is shown so that it cannot act on the terminal or the build that shows it (S21), and so that no
secret is repeated (S10): the values of fields whose names speak of secrets, and the paths of URLs, are left out.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.diagnostics import SECRET_LITERAL, SECRET_NAME, Diagnostic, Related, Severity
from reconciler.positions import Span, path_text
from reconciler.reports.style import Paint, plain

Sources = Mapping[str, bytes] | Callable[[str], bytes | None]

# An excerpt is a look, not a listing: of a longer line, the part around the place is shown.
_EXCERPT_WIDTH = 110
_EXCERPT_BEFORE = 40
_LONGEST_TEXT = 1_000
_MOST_RELATED = 20
# How far before the part that is shown the name of a secret is looked for: lines can have millions of characters.
_MASK_BEFORE = 20_000
_MASK = "***"

_BOLD, _RED, _YELLOW, _BLUE, _RESET = "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[0m"

# Controls, separators that some terminals take for a line end, characters that turn the direction, zero width.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_COMMAND = re.compile(r"#(?=#(?:\[|vso\[))", re.IGNORECASE)
# A reference to a secret says where it is, not what it is.
_PLACE = r"""(?:env\s*:\s*["']?[A-Za-z_]\w{0,127}["']?|file\s*:\s*["']?[\w./ -]{1,200}["']?)\s*"""
_REFERENCE = rf"\{{\s*(?:secretRef\s*:\s*\{{\s*{_PLACE}\}}\s*\}}|{_PLACE}\}})"
_SECRET_FIELD = re.compile(
    rf"""(?:{SECRET_NAME.pattern})[\w.-]{{0,64}}["']?\s{{0,64}}:\s{{1,64}}(?!{_REFERENCE})(?P<value>\S.*)""",
    re.IGNORECASE,
)
# The name and password before an @, and all of a URL behind its host (S9).
_URL_SECRET = re.compile(
    r"""(?<=://)(?:(?P<user>[^/@\s"']+)@)?[^/?#\s"',\]}@]*(?:[/?#](?P<path>[^\s"',\]}]+))?""",
    re.IGNORECASE,
)
# The value of a `url` that is none, and all that follows the host of one with blanks in it, up to another field.
_URL_FIELD = re.compile(
    r"""\burl["']?\s{0,64}:\s{1,64}["']?(?>(?:[a-z][a-z0-9+.-]{0,32}://[^/?#\s"',\]}@]*[/?#]?)?)"""
    r"""(?P<value>[^\s{"'](?:[^,}]|,(?!\s+["']?\w+["']?\s*:))*)""",
    re.IGNORECASE,
)
_PASSWORD = re.compile(r"""(?<![\w/])[\w.+-]{1,64}:(?P<value>[^\s@:/"',]{1,256})@(?=[\w\[])""")
# A line whose value is on the lines below it, `bearerToken:` or `bearerToken: |`, and what may be shown there.
_ABOVE = re.compile(
    rf"""(?:{SECRET_NAME.pattern})[\w.-]{{0,64}}["']?\s{{0,64}}:\s*(?:[|>][+-]?[0-9]?[+-]?)?\s*$""", re.IGNORECASE
)
_BELOW = re.compile(rf"\s*(?:secretRef\s*:\s*(?:\{{\s*{_PLACE}\}}\s*)?|{_PLACE})")
_HIDDEN = (_SECRET_FIELD, _URL_FIELD, _PASSWORD)
_LINES_ABOVE = 200


def render(diagnostics: Sequence[Diagnostic], sources: Sources, *, limit: int = 50, colour: bool = False) -> str:
    """
    The diagnostics as text: each with code, place, excerpt, detail and hint, then the totals. Empty for none.

    `sources` gives the bytes of a file by its shown name; a file that it does not have is shown without excerpt. After
    `limit` diagnostics the others are only counted.
    """
    if not diagnostics:
        return ""
    lines_of = _Lines(sources)
    blocks = [_block(found, lines_of, paint=_painted if colour else plain) for found in diagnostics[:limit]]
    if len(diagnostics) > limit:
        blocks.append(f"and {len(diagnostics) - limit:,} more")
    blocks.append(totals(diagnostics))
    return "\n\n".join(blocks) + "\n"


def totals(diagnostics: Sequence[Diagnostic]) -> str:
    """``3 errors, 1 warning in 2 files``."""
    counts = Counter(found.severity for found in diagnostics)
    parts = [
        f"{counts[severity]:,} {severity}{'' if counts[severity] == 1 else 's'}"
        for severity in Severity
        if counts[severity]
    ]
    files = len({found.span.file for found in diagnostics if found.span})
    where = f" in {files:,} file{'' if files == 1 else 's'}" if files else ""
    return f"{', '.join(parts) or '0 errors'}{where}"


def as_json(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """
    The diagnostics as plain data, of which keys are never removed or given another meaning.

    Lines and columns are 1-based, the end is exclusive; what is not known is null. `path` is a list of keys and
    indexes.
    """
    return [
        {
            "code": found.code.id,
            "severity": str(found.severity),
            "summary": found.code.summary,
            "detail": found.detail,
            "hint": found.hint,
            "rule": found.rule,
            "address": found.address,
            "path": list(found.path),
            **_position(found.span),
            "related": [
                {
                    "message": place.message,
                    "address": place.address,
                    "path": list(place.path),
                    **_position(place.span),
                }
                for place in found.related
            ],
        }
        for found in diagnostics
    ]


def _position(span: Span | None) -> dict[str, Any]:
    names = ("file", "line", "column", "endLine", "endColumn")
    return dict(zip(names, span or (None,) * len(names), strict=True))


def escaped(text: str) -> str:
    r"""
    Text of a user for one line on a terminal or in a build log: controls and invisible characters as ``\x1b``.

    Anything after 1,000 characters is cut. A build takes some texts for commands; they lose the sign that makes them
    one (S21).
    """
    if len(text) > _LONGEST_TEXT:
        text = text[:_LONGEST_TEXT] + "\N{HORIZONTAL ELLIPSIS}"
    text = _UNSAFE.sub(lambda match: ascii(match[0])[1:-1], text)
    text = _COMMAND.sub("\N{MUSIC SHARP SIGN}", text)
    return "\N{PROPORTION}" + text[2:] if text.startswith("::") else text


def _painted(text: str, style: str) -> str:
    return f"{style}{text}{_RESET}"


def _block(found: Diagnostic, lines_of: "_Lines", *, paint: Paint) -> str:
    style = _RED if found.severity is Severity.ERROR else _YELLOW
    title = found.code.summary + (f" ({found.rule})" if found.rule else "")
    lines = [f"{paint(f'{found.severity}[{found.code.id}]', style)}{paint(f': {escaped(title)}', _BOLD)}"]
    names = (str(found.span) if found.span else None, found.address, path_text(found.path) or None)
    place = "  ".join(escaped(name) for name in names if name)
    if place:
        lines.append(f"  {place}")
    if found.span:
        is_secret = found.hides_value or found.code is SECRET_LITERAL
        hidden = None if not is_secret else "value" if found.at_key else "marked"
        lines += lines_of.excerpt(found.span, lambda text: paint(text, style), hidden=hidden)
    lines += [f"  {escaped(line.strip())}" for line in found.detail.splitlines() if line.strip()]
    lines += _related(found.related)
    if found.hint:
        first, *more = [escaped(line.strip()) for line in found.hint.splitlines() if line.strip()] or [""]
        lines += ["", f"{paint('hint', _BLUE)}: {first}", *(f"      {line}" for line in more)]
    return "\n".join(lines)


def _related(places: Sequence[Related]) -> list[str]:
    lines = []
    for place in places[:_MOST_RELATED]:
        where = str(place.span) if place.span else place.address
        lines.append(f"  {escaped(where)}: {escaped(place.message)}" if where else f"  {escaped(place.message)}")
    if len(places) > _MOST_RELATED:
        lines.append(f"  and {len(places) - _MOST_RELATED:,} more places")
    return lines


class _Lines:
    """The lines of sources, each file split once."""

    __slots__ = ("_find", "_known")

    def __init__(self, sources: Sources) -> None:
        self._find = sources if callable(sources) else sources.get
        self._known: dict[str, list[bytes]] = {}

    def excerpt(self, span: Span, paint: Callable[[str], str], *, hidden: str | None) -> list[str]:
        """
        The line on which a span begins, and carets below it; nothing if the source is not known.

        `hidden` is "marked" where what the span marks is not shown, and "value" where what follows it is not.
        """
        if span.file not in self._known:
            content = (self._find(span.file) or b"").removeprefix(b"\xef\xbb\xbf")
            self._known[span.file] = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        lines = self._known[span.file]
        if not 0 < span.line <= len(lines) or lines == [b""]:
            return []
        text = lines[span.line - 1].decode(errors="replace")
        start = min(span.column - 1, len(text))
        end = span.end_column - 1 if span.end_line == span.line else len(text.rstrip())
        stretch = None
        if _is_below_secret(lines, span.line - 1):
            stretch = len(text) - len(text.lstrip()), len(text)
        elif hidden is not None and not re.match(_REFERENCE, text[start:end]):
            stretch = _value_from(text, end) if hidden == "value" else start, len(text)
        shown, before, width = _window(text, start, max(end, start), hidden=stretch)
        number = str(span.line)
        bar = "\N{BOX DRAWINGS LIGHT VERTICAL}"
        return [
            f"   {number} {bar} {shown}".rstrip(),
            f"   {' ' * len(number)} {bar} {' ' * before}{paint('^' * max(1, width))}",
        ]


def _value_from(text: str, end: int) -> int:
    """Where the value of a key begins that ends at `end`."""
    found = re.compile(r"""["']?\s*:\s*""").match(text, end)
    return found.end() if found else end


def _is_below_secret(lines: Sequence[bytes], number: int) -> bool:
    """Whether a line is a part of a value that may be a secret, and that begins on a line above."""
    text = lines[number].decode(errors="replace")
    if _BELOW.fullmatch(text):
        return False
    indent = len(text) - len(text.lstrip())
    for line in reversed(lines[max(0, number - _LINES_ABOVE) : number]):
        above = line.decode(errors="replace")
        if above.strip() and (len(above) - len(above.lstrip()) < indent or _ABOVE.search(above)):
            return _ABOVE.search(above) is not None
    return False


def _window(text: str, start: int, end: int, *, hidden: tuple[int, int] | None) -> tuple[str, int, int]:
    """The part of a line that is shown, the columns before the marked text in it, and the columns of that."""
    first = max(0, start - _EXCERPT_BEFORE) if len(text) > _EXCERPT_WIDTH else 0
    last = min(len(text), first + _EXCERPT_WIDTH)
    masked = _masked(text, max(0, first - _MASK_BEFORE), last)
    if hidden:
        masked = [stretch for stretch in masked if stretch[1] <= hidden[0]] + [hidden]
    shown, before, width = "\N{HORIZONTAL ELLIPSIS}" if first else "", 1 if first else 0, 0
    index = first
    while index < last:
        mask = next((stretch for stretch in masked if stretch[0] <= index < stretch[1]), None)
        stop = min(mask[1], last) if mask else index + 1
        piece = _MASK if mask else _visible(text[index])
        columns = sum(_columns(character) for character in piece)
        if index < start and stop <= start:
            before += columns
        elif index < end or (mask and start < stop):
            width += columns
        shown += piece
        index = stop
    if last < len(text):
        shown += "\N{HORIZONTAL ELLIPSIS}"
    return _COMMAND.sub("\N{MUSIC SHARP SIGN}", shown), before, width


def _masked(text: str, first: int, last: int) -> list[tuple[int, int]]:
    """The stretches of a part of a line that are not shown, in their order."""
    found = [match.span("value") for kind in _HIDDEN for match in kind.finditer(text, first, last)]
    for match in _URL_SECRET.finditer(text, first, last):
        found += [match.span(name) for name in ("user", "path") if match[name]]
    return sorted(found)


def _visible(character: str) -> str:
    if character == "\t":
        return " "
    return ascii(character)[1:-1] if _UNSAFE.match(character) else character


def _columns(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
