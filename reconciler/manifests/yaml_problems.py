"""
Complaints of the YAML parser in plain words: the mistake, where it began, and what to write instead.

The parser names the place where it noticed, which is often not the place of the mistake: it notices a quote that was
never closed at the end of the file, and a quote that closes too late where the next value begins. So each complaint is
read together with the text around it. Only this module knows the words of the parser; it passes an unknown complaint
on in the parser's own words. It shows a value only where its field does not sound secret (S10).

Length: one function for each complaint of the parser, and one table that names them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from reconciler.diagnostics import (
    BAD_ESCAPE,
    BAD_INDENTATION,
    DIRECTIVE,
    NEEDS_QUOTES,
    SECRET_NAME,
    SYNTAX_ERROR,
    TAB_INDENTATION,
    TAG,
    UNCLOSED,
    Diagnostic,
    DiagnosticCode,
    Related,
)
from reconciler.manifests.yaml_events import MarkedYAMLError, YAMLError
from reconciler.positions import Span

_CLOSING = {"[": "]", "{": "}"}
_FIELD = re.compile(
    r"""^\s*(?:- +)*+(?P<key>"[^"]*"\s*|'[^']*'\s*|[^\s"'\[\]{},#&*!|>@`%-][^:#]*?|-[^\s:#][^:#]*?):(?=\s|$)"""
)
_NO_SPACE = re.compile(r"^\s*(?:- +)*+(?P<key>[A-Za-z_][\w./-]*):(?P<value>[^\s:/][^:]*)$")
_INDENTATION = re.compile(r"\s*")
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( |$)")
_LONGEST_QUOTATION = 40
_SECRET_FIELD = re.compile(rf"""(?:{SECRET_NAME.pattern})[\w.-]{{0,64}}["']?\s{{0,64}}:""", re.IGNORECASE)
# A quote where a value or key begins: behind a colon, dash, comma or bracket, or first on its line.
_OPENING = re.compile(r"""(?:^\s*|[:,?-]\s+|[\[{]\s*)(?P<quote>["'])""")
_QUOTE_LINES = 2_000


class Mark(Protocol):
    """A place as the parser gives it: line and column from 0."""

    @property
    def line(self) -> int:
        """Lines before it."""
        ...

    @property
    def column(self) -> int:
        """Characters before it on its line."""
        ...


class Point(NamedTuple):
    """A mark that was computed."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """The complaint of the parser: the problem, and what it was doing, each with its place."""

    problem: str
    problem_mark: Mark | None
    context: str
    context_mark: Mark | None

    @property
    def noticed(self) -> Mark:
        """Where the parser noticed it."""
        return self.problem_mark or self.context_mark or Point(0, 0)

    @property
    def began(self) -> Mark:
        """Where what it was doing began."""
        return self.context_mark or self.problem_mark or Point(0, 0)


@dataclass(frozen=True, slots=True)
class SourceLines:
    """The text that was being parsed: its lines, and how many lines of the file come before them."""

    file: str
    first_line: int
    lines: tuple[str, ...]

    def span(self, mark: Mark, length: int = 1) -> Span:
        """A stretch of one line that begins at a mark."""
        line = self.first_line + mark.line + 1
        return Span(self.file, line, mark.column + 1, line, mark.column + 1 + max(1, length))

    def line(self, number: int) -> str:
        """A line by its number from 0; the lines before the first and after the last are empty."""
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    def before(self, mark: Mark) -> str:
        """The text of the line before a mark."""
        return self.line(mark.line)[: mark.column]

    def after(self, mark: Mark) -> str:
        """The text of the line from a mark on."""
        return self.line(mark.line)[mark.column :]

    def content_line_before(self, number: int) -> int | None:
        """The last line before `number` that is neither blank nor a comment."""
        for candidate in range(min(number, len(self.lines)) - 1, -1, -1):
            text = self.lines[candidate].strip()
            if text and not text.startswith("#"):
                return candidate
        return None

    def content_line_after(self, mark: Mark) -> int | None:
        """The line on which a value begins at or after a mark; None at the end of the text."""
        if rest := self.after(mark).strip():
            return None if rest.startswith("#") else mark.line
        later = (number for number in range(mark.line + 1, len(self.lines)) if self.lines[number].strip())
        return next((number for number in later if not self.lines[number].lstrip().startswith("#")), None)

    def last_opened(self, mark: Mark) -> Mark | None:
        """The last bracket before a mark, which is what was left open when the text ended."""
        for number in range(min(mark.line, len(self.lines) - 1), -1, -1):
            text = self.before(mark) if number == mark.line else self.lines[number]
            if (column := max(text.rfind("["), text.rfind("{"))) >= 0:
                return Point(number, column)
        return None

    def number(self, line: int) -> int:
        """The number of a line as an editor shows it."""
        return self.first_line + line + 1


def complaint_of(error: YAMLError) -> Complaint:
    """The complaint of the parser, without its own snippet of the text."""
    if not isinstance(error, MarkedYAMLError):
        return Complaint(str(error).splitlines()[0] if str(error) else "", None, "", None)
    return Complaint(error.problem or "", error.problem_mark, error.context or "", error.context_mark)


def quotation(text: str) -> str:
    """A piece of the source in backticks, short enough for a sentence."""
    text = text.strip()
    return f"`{text[:_LONGEST_QUOTATION]}…`" if len(text) > _LONGEST_QUOTATION else f"`{text}`"


def holds_secret(before: str) -> bool:
    """True if the text before a value on its line names a field whose value must not be shown (S10)."""
    return _SECRET_FIELD.search(before) is not None


def in_quotes(text: str) -> str:
    """A text as a quoted value of YAML."""
    if "\\" in text or '"' in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def value_from(rest: str) -> str:
    """An unquoted value, given the line from its first character on: without comment."""
    return re.split(r"\s+#", rest, maxsplit=1)[0].strip()


def quote_it(rest: str, before: str) -> str:
    """The advice to quote a value; it shows how, unless the field holds a secret."""
    value = value_from(rest)
    field = before.strip()
    if not value or len(value) > _LONGEST_QUOTATION or holds_secret(before):
        return "If text is meant, quote it: put the whole value into quotes."
    if "[" in field or "{" in field or field.endswith(","):
        value = re.split(r"[,\]}]", value, maxsplit=1)[0].strip() or value
        field = ""
    return f"If text is meant, quote it: {field + ' ' if field else ''}{in_quotes(value)}"


def runaway_quote(complaint: Complaint, source: SourceLines) -> Diagnostic | None:
    """
    A quote that was forgotten at the end of its value, so that the next quote, which opens another value, ends it.

    The parser notices behind that other quote. It is taken for a runaway only if a value begins at the second
    quote: a text that is meant to go over several lines ends with a quote behind its last word.
    """
    mark = complaint.noticed
    if complaint.context.startswith("while scanning a quoted scalar"):
        return None
    openings = [(found["quote"], found.start("quote")) for found in _OPENING.finditer(source.before(mark))]
    # A text from a line above ends with the first quote of its sort on this line, a text of this line with the last.
    firsts = dict(reversed(openings))
    for quote, column in (*firsts.items(), *openings[-1:]):
        closed = Point(mark.line, column)
        opened = _opened_before(closed, quote, source)
        if opened is not None:
            detail = f"The quote {quote} that opens here is closed only by the next one, where another value begins."
            place = Related("It is closed here.", source.span(closed))
            length = len(source.after(opened).rstrip())
            if opened.line == closed.line:
                length = closed.column - opened.column
            hint = f"Add {quote} at the end of the value that begins here."
            return Diagnostic(UNCLOSED, detail, hint, span=source.span(opened, length), related=(place,))
    return None


def _opened_before(closed: Point, quote: str, source: SourceLines) -> Point | None:
    """The place of a quote that is still open at `closed`, if nothing between the two closes it."""
    for number in range(closed.line, max(-1, closed.line - _QUOTE_LINES), -1):
        text = source.line(number)
        if number == closed.line:
            text = text[: closed.column]
        # Two single quotes, or a backslash and a quote, are a quote inside of a text.
        bare = text.replace("''", "  ") if quote == "'" else re.sub(r"\\.", "  ", text)
        if quote not in bare:
            continue
        last = bare.rindex(quote)
        opening = any(found.start("quote") == last for found in _OPENING.finditer(bare))
        return Point(number, last) if opening and bare.count(quote) % 2 == 1 else None
    return None


def unclosed_quote(complaint: Complaint, source: SourceLines) -> Diagnostic:
    """A quote that nothing closes."""
    mark = complaint.began
    quote = source.after(mark)[:1] or '"'
    detail = f"The quote {quote} that opens here is never closed."
    hint = f"Add {quote} at the end of the value."
    return Diagnostic(UNCLOSED, detail, hint, span=source.span(mark, len(source.after(mark).rstrip())))


def bad_escape(complaint: Complaint, source: SourceLines) -> Diagnostic:
    """A backslash in double quotes that begins no escape."""
    mark = complaint.noticed
    written = re.match(r"\\.?", source.line(mark.line)[mark.column :])
    detail = "In double quotes a backslash begins an escape, and this one is none that YAML knows."
    hint = "Write \\\\ for a backslash, or put the value into single quotes."
    return Diagnostic(BAD_ESCAPE, detail, hint, span=source.span(mark, len(written[0]) if written else 1))


def anchor_or_alias(complaint: Complaint, source: SourceLines) -> Diagnostic:
    """A value that begins with a sign which wants a name behind it, and is to be quoted."""
    mark = complaint.began
    rest = source.after(mark)
    what = "an alias" if rest.startswith("*") else "an anchor"
    detail = f"A value that begins with `{rest[:1]}` and is not in quotes is {what} in YAML, which needs a name."
    hint = quote_it(rest, source.before(mark))
    return Diagnostic(NEEDS_QUOTES, detail, hint, span=source.span(mark, len(value_from(rest))))


def explained(complaint: Complaint, source: SourceLines) -> Diagnostic:
    """The complaint as a diagnostic with code, span, detail and hint."""
    explain = _BY_PROBLEM.get(complaint.problem, _other)
    if complaint.context.startswith("while scanning a tag") or complaint.context.startswith("while parsing a tag"):
        explain = _tag
    elif "directive" in complaint.context:
        explain = _directive
    return _odd_indentation(complaint, source) or runaway_quote(complaint, source) or explain(complaint, source)


def _odd_indentation(complaint: Complaint, source: SourceLines) -> Diagnostic | None:
    """A line that looks indented and is not: it begins with a space that is none to YAML, as web pages have them."""
    line = complaint.noticed.line
    for number in (line, source.content_line_before(line)):
        indentation = _INDENTATION.match(source.line(-1 if number is None else number))
        if number is not None and indentation and (odd := indentation[0].lstrip(" \t")):
            column = len(indentation[0]) - len(odd)
            detail = (
                f"Line {source.number(number)} is indented with U+{ord(odd[0]):04X}, which only looks like a space."
            )
            hint = "Delete the indentation of the line and type it again with spaces."
            return Diagnostic(BAD_INDENTATION, detail, hint, span=source.span(Point(number, column), len(odd)))
    return None


def _unexpected_character(complaint: Complaint, source: SourceLines) -> Diagnostic:
    mark = complaint.noticed
    character = source.after(mark)[:1]
    if character == "\t":
        return _tab(complaint, source)
    if not character:
        return _other(complaint, source)
    detail = f"A key or value that is not in quotes cannot begin with {quotation(character)}."
    hint = quote_it(source.after(mark), source.before(mark))
    if source.before(mark).endswith("{") and character == "%":
        hint = "Text templates are not expanded here. If text was meant, put the whole value into quotes."
    length = len(value_from(source.after(mark)))
    return Diagnostic(NEEDS_QUOTES, detail, hint, span=source.span(mark, length))


def _tab(complaint: Complaint, source: SourceLines) -> Diagnostic:
    mark = complaint.noticed
    if source.before(mark).strip():
        detail = "There is a tab where YAML expects a space."
    else:
        detail = f"Line {source.number(mark.line)} is indented with a tab, which has no fixed width."
    hint = "Replace the tab by spaces, two for each level."
    return Diagnostic(TAB_INDENTATION, detail, hint, span=source.span(mark))


def _second_colon(complaint: Complaint, source: SourceLines) -> Diagnostic:
    """A colon where no key can end: in a value, or after lines that were taken for one value."""
    mark = complaint.noticed
    line = source.line(mark.line)
    field = _FIELD.match(line)
    if field and field.end() <= mark.column:
        begin = len(line) - len(line[field.end() :].lstrip())
        detail = "The value holds a colon followed by a space, which would begin another field on the same line."
        value = Point(mark.line, begin)
        hint = quote_it(line[begin:], line[:begin])
        return Diagnostic(NEEDS_QUOTES, detail, hint, span=source.span(value, len(value_from(line[begin:]))))
    earlier = source.content_line_before(mark.line)
    if earlier is None:
        detail = "There is a colon where no key can come before it."
        hint = "Write `key: value`, or put the value into quotes if the colon belongs to a text."
        return Diagnostic(SYNTAX_ERROR, detail, hint, span=source.span(mark))
    if not _FIELD.match(source.line(earlier)):
        return _no_colon(earlier, source)
    key = Point(mark.line, len(line) - len(line.lstrip()))
    detail = (
        f"{quotation(line[key.column : mark.column])} is indented as if it belonged to line {source.number(earlier)},"
        " which has a value already."
    )
    above = len(source.line(earlier)) - len(source.line(earlier).lstrip())
    hint = (
        f"Start it in column {above + 1} if it is beside that field; remove the value there if it is a part of it. "
        "A text of several lines goes into quotes."
    )
    return Diagnostic(BAD_INDENTATION, detail, hint, span=source.span(key, mark.column - key.column))


def _no_colon(line: int, source: SourceLines) -> Diagnostic:
    """A line that should be a field, and has no colon, or no space after it."""
    text = source.line(line)
    begin = Point(line, len(text) - len(text.lstrip()))
    length = len(text.strip())
    if _CONFLICT.match(text):
        detail = f"Line {source.number(line)} is the mark of a merge conflict."
        return Diagnostic(
            SYNTAX_ERROR, detail, "Resolve the conflict and remove its marks.", span=source.span(begin, length)
        )
    if match := _NO_SPACE.match(text):
        detail = f"There is no space after the colon of {quotation(match['key'])}, so the line is no field."
        hint = f"Write a space after the colon: `{match['key']}: …`."
        return Diagnostic(SYNTAX_ERROR, detail, hint, span=source.span(begin, length))
    detail = f"Line {source.number(line)} has no colon, so it is no field."
    hint = "Write `key: value`, or `key:` if its fields follow below. Put a long text into quotes."
    return Diagnostic(SYNTAX_ERROR, detail, hint, span=source.span(begin, length))


def _no_colon_found(complaint: Complaint, source: SourceLines) -> Diagnostic:
    return _no_colon(complaint.began.line, source)


def _flow(complaint: Complaint, source: SourceLines) -> Diagnostic:
    """A list or mapping in brackets that does not go on as it should."""
    opened, mark = complaint.began, complaint.noticed
    bracket = source.after(opened)[:1] or "["
    closing = _CLOSING.get(bracket, "]")
    found = source.after(mark).strip()
    if found[:1] in _CLOSING.values() and found:
        detail = f"`{bracket}` is closed with `{found[0]}`."
        place = Related("It is opened here.", source.span(opened))
        return Diagnostic(UNCLOSED, detail, f"Close it with `{closing}`.", span=source.span(mark), related=(place,))
    if not found or mark.line > opened.line:
        detail = f"`{bracket}` is opened here and not closed, or a comma is missing between its items."
        seen = (Related("It was noticed here.", source.span(mark)),) if found else ()
        hint = f"Add `{closing}` at the end of the value, and a comma between items."
        return Diagnostic(UNCLOSED, detail, hint, span=source.span(opened), related=seen)
    detail = f"Between `{bracket}` and `{closing}` a comma is missing before this."
    hint = "Separate items by commas, and put values that hold commas, colons, quotes or brackets into quotes."
    return Diagnostic(SYNTAX_ERROR, detail, hint, span=source.span(mark))


def _colon_in_brackets(complaint: Complaint, source: SourceLines) -> Diagnostic:
    detail = "In brackets, a value that is not in quotes cannot hold a colon before a comma or a bracket."
    hint = "Put the value into quotes, or write a space and a value after the colon."
    return Diagnostic(NEEDS_QUOTES, detail, hint, span=source.span(complaint.noticed))


def _no_content(complaint: Complaint, source: SourceLines) -> Diagnostic:
    mark = complaint.noticed
    character = source.after(mark)[:1]
    opened = source.last_opened(mark)
    is_open = complaint.context == "while parsing a flow node" and character != ","
    if opened is not None and (is_open or source.content_line_after(mark) is None):
        return _flow(Complaint("", mark, "", opened), source)
    if character == ",":
        detail, hint = "A value is missing before the comma.", 'Remove the comma, or write "" for an empty text.'
    elif character in _CLOSING.values() and character:
        detail = f"`{character}` closes nothing that was opened here."
        hint = f'Remove it, or put the value into quotes: "{character}".'
    else:
        detail, hint = "A value is expected here.", "Write the value, or null to say that there is none."
    return Diagnostic(SYNTAX_ERROR, detail, hint, span=source.span(mark))


def _misplaced(complaint: Complaint, source: SourceLines) -> Diagnostic:
    """Something follows where a field, an item or the end of the document was expected."""
    mark = complaint.noticed
    before, rest = source.before(mark), source.after(mark)
    if before.strip():
        if rest[:1] in "]}" and rest:
            detail = f"There is a closing `{rest[0]}` too many."
            return Diagnostic(SYNTAX_ERROR, detail, "Remove it, or open it first.", span=source.span(mark))
        after = "the closing quote" if before.rstrip()[-1:] in "\"'" else "the end of the value"
        detail = f"After {after} something else follows on the line."
        hint = "Put the whole value into quotes, and check the quotes of the lines above: one of them may be missing."
        return Diagnostic(SYNTAX_ERROR, detail, hint, span=source.span(mark, len(value_from(rest))))
    begun = complaint.context_mark
    what = "a list item" if rest.startswith("- ") else "this line"
    if begun is None:
        detail = f"The document has ended before {what}, or {what} is indented less than the first line."
        hint = "Start all fields of a mapping in the same column, and each new document with a line `---`."
        return Diagnostic(BAD_INDENTATION, detail, hint, span=source.span(mark, len(rest.rstrip())))
    detail = (
        f"{what.capitalize()} starts in column {mark.column + 1}, which fits none of the lines above: "
        f"what it would belong to starts in column {begun.column + 1}."
    )
    hint = f"Indent it as the line that it belongs with; in column {begun.column + 1} it belongs to what begins there."
    if rest.startswith("- ") and begun.column == mark.column:
        detail = "There is a list item where a field is expected."
        hint = "Give the list a key of its own, or indent it below the field that it belongs to."
    elif begun.column == mark.column:
        detail = "There is a field where a list item is expected."
        hint = "Begin the item with `- `, or indent the field below the item that it belongs to."
    place = Related("That begins here.", source.span(begun))
    return Diagnostic(BAD_INDENTATION, detail, hint, span=source.span(mark, len(rest.rstrip())), related=(place,))


def _list_on_key_line(complaint: Complaint, source: SourceLines) -> Diagnostic:
    mark = complaint.noticed
    if not source.before(mark).strip():
        return _misplaced(Complaint(complaint.problem, complaint.problem_mark, "", None), source)
    detail = "A list or mapping in block form cannot begin on the line of its key."
    hint = "Begin it on the next line, or put the value into quotes if text was meant."
    return Diagnostic(SYNTAX_ERROR, detail, hint, span=source.span(mark, len(source.after(mark).rstrip())))


def _tag(complaint: Complaint, source: SourceLines) -> Diagnostic:
    mark = complaint.began
    rest = source.after(mark)
    length = len(rest.split(maxsplit=1)[0]) if rest.strip() else 1
    detail = "A value that begins with `!` and is not in quotes has a tag, and tags are not read."
    hint = "Remove the tag. If text was meant, put it into quotes."
    return Diagnostic(TAG, detail, hint, span=source.span(mark, length))


def _directive(complaint: Complaint, source: SourceLines) -> Diagnostic:
    mark = Point(complaint.began.line, 0)
    detail = "A line that begins with `%` is a directive, and this one is not read."
    hint = "Remove the line; of directives only `%YAML 1.1` and `%YAML 1.2` are accepted."
    return Diagnostic(DIRECTIVE, detail, hint, span=source.span(mark, len(source.line(mark.line).rstrip())))


def _block_text(complaint: Complaint, source: SourceLines) -> Diagnostic:
    mark = complaint.noticed
    detail = "After `|` or `>` only `-`, `+` or a digit from 1 to 9 may follow on the line."
    hint = "Begin the text on the next line, indented, or put the value into quotes."
    return Diagnostic(SYNTAX_ERROR, detail, hint, span=source.span(mark))


def _other(complaint: Complaint, source: SourceLines) -> Diagnostic:
    context = f" {complaint.context}" if complaint.context else ""
    detail = f"The parser {complaint.problem or 'found something unexpected'}{context}."
    hint = "Check quotes, brackets and indentation here and on the line above."
    return Diagnostic(_code_of_other(complaint), detail, hint, span=source.span(complaint.noticed))


def _code_of_other(complaint: Complaint) -> DiagnosticCode:
    return UNCLOSED if "end of stream" in complaint.problem else SYNTAX_ERROR


_BY_PROBLEM: dict[str, Callable[[Complaint, SourceLines], Diagnostic]] = {
    "found character that cannot start any token": _unexpected_character,
    "found a tab character where an indentation space is expected": _tab,
    "found a tab character that violates indentation": _tab,
    "did not find expected alphabetic or numeric character": anchor_or_alias,
    "found unexpected end of stream": unclosed_quote,
    "found unexpected document indicator": unclosed_quote,
    "found unknown escape character": bad_escape,
    "did not find expected hexdecimal number": bad_escape,
    "found invalid Unicode character escape code": bad_escape,
    "mapping values are not allowed in this context": _second_colon,
    "could not find expected ':'": _no_colon_found,
    "did not find expected ',' or ']'": _flow,
    "did not find expected ',' or '}'": _flow,
    "found unexpected ':'": _colon_in_brackets,
    "did not find expected node content": _no_content,
    "did not find expected key": _misplaced,
    "did not find expected '-' indicator": _misplaced,
    "did not find expected <document start>": _misplaced,
    "block sequence entries are not allowed in this context": _list_on_key_line,
    "mapping keys are not allowed in this context": _list_on_key_line,
    "found undefined tag handle": _tag,
    "found incompatible YAML document": _directive,
    "found duplicate %YAML directive": _directive,
    "found duplicate %TAG directive": _directive,
    "found an indentation indicator equal to 0": _block_text,
    "did not find expected comment or line break": _block_text,
}
