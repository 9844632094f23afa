"""
YAML as it is read here: bytes become documents of text, mappings, lists and null, or diagnostics with places (S1, S2).

Scalars keep the text that was written: the field decides the type of a value, because it alone can tell the code of an
operator from a number and a country from a negation. Quotes are remembered (`Quoted`), as they say that text was meant.

Each document is parsed by itself, so that an error in one does not hide those in the next, and one that has not changed
need not be parsed again (`estate_cache`). The events are taken one by one, so that limits act before objects exist; an
alias is refused in its place and never followed. Nesting is bounded, so plain recursion is safe.

Length: one class, whose methods share where the parser is; apart they would pass ten values around.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from reconciler.diagnostics import (
    ANCHOR_OR_ALIAS,
    DIRECTIVE,
    DUPLICATE_KEY,
    KEY_NOT_TEXT,
    MERGE_KEY,
    SCALAR_TOO_LONG,
    TAB_INDENTATION,
    TAG,
    TOO_DEEP,
    TOO_MANY_DOCUMENTS,
    TOO_MANY_NODES,
    TOO_MANY_PROBLEMS,
    Diagnostic,
    DiagnosticCode,
    Related,
    Report,
)
from reconciler.manifests.estate_cache import EstateCache
from reconciler.manifests.manifest_text import (
    FORBIDDEN_IN_KEY,
    FORBIDDEN_IN_VALUE,
    Piece,
    Quoted,
    character_problem,
    character_problems,
    is_clean,
    lines_before_content,
    pieces,
    readable,
)
from reconciler.manifests.yaml_events import (
    AliasEvent,
    DocumentMarks,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    MarkedText,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
    events,
)
from reconciler.manifests.yaml_problems import SourceLines, complaint_of, explained, holds_secret, in_quotes
from reconciler.model.resource import Resource
from reconciler.positions import Marks, Span

MAX_DOCUMENTS = 50_000
MAX_DEPTH = 32
MAX_NODES = 200_000
MAX_SCALAR_BYTES = 64 * 1024
MAX_PROBLEMS_OF_DOCUMENT = 100

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TAB_INDENTATION = re.compile(r" *\t(?=[ \t]*[^ \t])")
_LONGEST_NAME = 60
MAX_PROBLEMS_OF_FILE = 1_000


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document without problems: its data, the lines of the piece before it, and which of the piece it is."""

    data: object
    line: int
    index: int


class _Stop(Exception):
    """A limit was passed, and that was reported: the rest of the piece is not read."""


class PieceReader:
    """
    Reads the documents of one piece.

    `line` is the number of lines of the file before the piece; `keys` is shared by the pieces of a file and holds the
    keys that are known to be fine, each once.
    """

    __slots__ = (
        "_file",
        "_has_tabs",
        "_is_simple",
        "_keys",
        "_line",
        "_lines",
        "_next",
        "_nodes",
        "_problems",
        "_quoted_lines",
        "_raw",
        "_report",
        "count",
    )

    def __init__(self, file: str, raw: bytes, *, line: int, keys: dict[str, str], report: Report) -> None:
        self._file = file
        self._raw = raw
        self._line = line
        self._lines: tuple[str, ...] = ()
        self._keys = keys
        self._report = report
        self._next = events(raw)
        self._nodes = 0
        self._problems = 0
        self._quoted_lines: set[int] = set()
        self._has_tabs = b"\t" in raw
        self.count = 0
        # Without these characters there is no anchor and no tag, and a small text passes no limit but depth: a plain
        # scalar is then just its text.
        self._is_simple = len(raw) <= MAX_SCALAR_BYTES and b"&" not in raw and b"!" not in raw

    def documents(self) -> list[ReadDocument]:
        """The documents that have no problem; the problems of the others are reported. `count` says how many began."""
        found = []
        try:
            while not isinstance(event := self._next(), StreamEndEvent):
                if isinstance(event, DocumentStartEvent):
                    document = self._document(event)
                    if document is not None:
                        found.append(document)
                    self.count += 1
                    if self.count >= MAX_DOCUMENTS:
                        self._stop(TOO_MANY_DOCUMENTS, event, "The rest of the file is not read.", "Split the file.")
        except _Stop:
            pass
        except YAMLError as error:
            complaint = complaint_of(error)
            # The document that the parser took for whole was only the beginning of one.
            if found and "document start" in complaint.problem and not self._ended_by_marker(complaint.problem_mark):
                found.pop()
            self._tell(explained(complaint, SourceLines(self._file, self._line, self._text_lines())))
        else:
            if self._has_tabs and self._tabs():
                return []
        return found

    def _document(self, start: Any) -> ReadDocument | None:
        before = self._problems
        self._nodes = 0
        if start.tags:
            detail = "A line that begins with `%TAG` declares a tag, and tags are not read."
            self._problem(DIRECTIVE, start, detail, "Remove the line.")
        root = self._next()
        data = self._value(root, 1)
        self._next()
        is_empty = data is None and isinstance(root, ScalarEvent) and not root.value
        if is_empty or self._problems > before:
            return None
        return ReadDocument(data, root.start_mark.line, self.count)

    def _value(self, event: Any, depth: int) -> object:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            detail = f"A document has at most {MAX_NODES:,} keys and values."
            self._stop(TOO_MANY_NODES, event, detail, "Split the document, or give members in a CSV file.")
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, AliasEvent):
            self._alias(event)
            return None
        self._properties(event)
        if depth > MAX_DEPTH:
            self._too_deep(event)
        return self._mapping(depth) if isinstance(event, MappingStartEvent) else self._sequence(depth)

    def _mapping(self, depth: int) -> dict[str, object]:
        """
        The mapping whose start was just read.

        The common case, a plain key that is known with a plain value, is written out: it is most of all there is.
        """
        next_event, keys, is_simple = self._next, self._keys, self._is_simple
        data: dict[str, object] = {}
        places: dict[str, Any] = {}
        while True:
            event = next_event()
            if event.__class__ is MappingEndEvent:
                return data
            key: str | None = None
            if is_simple and event.__class__ is ScalarEvent and not event.style:
                key = keys.get(event.value)
            if key is None:
                key = self._key(event, depth)
                if key is None:
                    self._value(next_event(), depth + 1)
                    continue
            if key in places:
                self._duplicate(key, places[key], event)
            places[key] = event
            event = next_event()
            if is_simple and event.__class__ is ScalarEvent and not event.style:
                text = event.value
                data[key] = None if text in _NULLS else text
            else:
                data[key] = self._value(event, depth + 1)

    def _sequence(self, depth: int) -> list[object]:
        next_event, is_simple = self._next, self._is_simple
        items: list[object] = []
        while True:
            event = next_event()
            if event.__class__ is SequenceEndEvent:
                return items
            if is_simple and event.__class__ is ScalarEvent and not event.style:
                text = event.value
                items.append(None if text in _NULLS else text)
            else:
                items.append(self._value(event, depth + 1))

    def _scalar(self, event: Any) -> str | None:
        self._properties(event)
        text: str = event.value
        if len(text) * 4 > MAX_SCALAR_BYTES and len(text.encode()) > MAX_SCALAR_BYTES:
            detail = f"The value has {len(text):,} characters; one value has at most 64 KiB."
            self._problem(SCALAR_TOO_LONG, event, detail, "Look for a quote that is not closed, or shorten the value.")
            return None
        if not event.style:
            return None if text in _NULLS else text
        if self._has_tabs:
            self._quoted_lines.update(range(event.start_mark.line + 1, event.end_mark.line + 1))
        if event.style == '"' and (found := FORBIDDEN_IN_VALUE.search(text)):
            code, detail = character_problem(found[0])
            self._problem(code, event, f"{detail} It is written as an escape.", "Remove the escape.")
        return Quoted(text)

    def _key(self, event: Any, depth: int) -> str | None:
        """The key that an event is, checked; None if it can be none, which is reported, and whatever is in it read."""
        hint = "Write a word as the key, or put the key into quotes."
        if isinstance(event, AliasEvent):
            self._alias(event)
            return None
        if not isinstance(event, ScalarEvent):
            if self._is_template(event.start_mark):
                hint = "Text templates (`{{ … }}`) are not expanded here. If text was meant, put the value into quotes."
            self._problem(KEY_NOT_TEXT, event, "A list or a mapping is used as a key.", hint)
            self._skip(depth + 1)
            return None
        before = self._problems
        text = self._scalar(event)
        if text is None:
            if self._problems == before:
                self._problem(KEY_NOT_TEXT, event, f"The key is {in_quotes(event.value)}, which is null.", hint)
            return None
        if text == "<<" and not event.style:
            self._problem(MERGE_KEY, event, "`<<` would copy fields from elsewhere.", "Write the fields out.")
        elif self._problems == before and (found := FORBIDDEN_IN_KEY.search(text)):
            code, detail = character_problem(found[0])
            self._problem(code, event, f"{detail} It is in a key.", "Delete the character.")
        if event.style:
            return str.__str__(text)
        return self._keys.setdefault(text, text) if self._problems == before else text

    def _skip(self, depth: int) -> None:
        """Read the rest of a list or mapping that has begun, whatever is in it."""
        level = 1
        while level:
            event = self._next()
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                level += 1
                if depth + level > MAX_DEPTH:
                    self._too_deep(event)
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                level -= 1

    def _properties(self, event: Any) -> None:
        """Refuse the anchor and the tag of a value."""
        if event.anchor is not None:
            detail = f"{self._shown('&', event.anchor, event)} makes the value an anchor."
            hint = "Remove the anchor. If text is meant, quote it."
            self._problem(ANCHOR_OR_ALIAS, event, detail, hint)
        if event.tag is not None:
            hint = "Remove the tag. If text is meant, quote it."
            tag = event.tag.replace("tag:yaml.org,2002:", "!!", 1)
            self._problem(TAG, event, f"The value has the tag {self._shown('', tag, event)}.", hint)

    def _alias(self, event: Any) -> None:
        detail = f"{self._shown('*', event.anchor, event)} is an alias of a value elsewhere."
        hint = "Write the value out. If text is meant, quote it."
        self._problem(ANCHOR_OR_ALIAS, event, detail, hint)

    def _shown(self, sign: str, name: str, event: Any) -> str:
        """An anchor, alias or tag for a sentence; a secret that begins with such a sign is not shown (S10)."""
        mark = event.start_mark
        if holds_secret(self._text_lines()[mark.line][: mark.column]):
            return f"`{sign}…`"
        return f"`{sign}{name[:_LONGEST_NAME]}`"

    def _duplicate(self, key: str, first: Any, again: Any) -> None:
        shown = key[:_LONGEST_NAME]
        detail = f"`{shown}` is given twice in one mapping."
        place = Related(f"`{shown}` is given first here.", self._span(first))
        self._problem(DUPLICATE_KEY, again, detail, "Remove one of the two.", place)

    def _tabs(self) -> bool:
        """Report lines that are indented with tabs, but those inside of quoted and block scalars."""
        before = self._problems
        for line, text in enumerate(self._text_lines()):
            tab = _TAB_INDENTATION.match(text)
            if tab is None or line in self._quoted_lines:
                continue
            number = self._line + line + 1
            detail = f"Line {number} is indented with a tab, which has no fixed width."
            span = Span(self._file, number, tab.end(), number, tab.end() + 1)
            self._tell(Diagnostic(TAB_INDENTATION, detail, "Replace the tab by spaces, two for each level.", span=span))
            if self._problems >= MAX_PROBLEMS_OF_DOCUMENT:
                break
        return self._problems > before

    def _text_lines(self) -> tuple[str, ...]:
        if not self._lines:
            self._lines = tuple(self._raw.decode().split("\n"))
        return self._lines

    def _ended_by_marker(self, mark: Any) -> bool:
        """Whether the document before a place was ended in writing, with a line of three dots."""
        earlier = self._text_lines()[: mark.line if mark else 0]
        return any(line.split("#")[0].rstrip() == "..." for line in earlier)

    def _is_template(self, mark: Any) -> bool:
        """Whether a mapping that is used as a key is the second of two braces."""
        line = self._text_lines()[mark.line]
        return bool(mark.column > 0 and line[mark.column - 1 : mark.column + 1] == "{{")

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        return Span(
            self._file, self._line + start.line + 1, start.column + 1, self._line + end.line + 1, end.column + 1
        )

    def _problem(self, code: DiagnosticCode, event: Any, detail: str, hint: str, *related: Related) -> None:
        self._tell(Diagnostic(code, detail, hint, span=self._span(event), related=related))
        if self._problems >= MAX_PROBLEMS_OF_DOCUMENT:
            detail = f"After {self._problems} problems the rest of the document is not read."
            self._stop(TOO_MANY_PROBLEMS, event, detail, "Fix the problems that are shown, then run again.")

    def _too_deep(self, event: Any) -> NoReturn:
        detail = f"Values are nested at most {MAX_DEPTH} deep."
        self._stop(TOO_DEEP, event, detail, "Remove brackets or levels of indentation that were made by mistake.")

    def _stop(self, code: DiagnosticCode, event: Any, detail: str, hint: str) -> NoReturn:
        self._tell(Diagnostic(code, detail, hint, span=self._span(event)))
        raise _Stop

    def _tell(self, problem: Diagnostic) -> None:
        self._problems += 1
        self._report(problem)


@dataclass(slots=True)
class Document:
    """
    One document of a file: its data, the line (1-based) on which they begin, and its marks.

    `data` is made of `dict` with `str` keys, `list`, `str` (a plain scalar, as written), `Quoted` and None. `key` is
    the hash under which the document may be remembered; `resource` is what it was found to declare before, and then
    there are no data.
    """

    file: str
    line: int
    data: object
    marks: Marks
    key: bytes | None = None
    resource: Resource | None = None


TEMPLATE, DIVISION, SCENARIO = "Template", "Division", "Scenario"
_OF_TEMPLATES = frozenset({TEMPLATE, DIVISION})


def is_of_templates(document: Document) -> bool:
    """Whether a document is a template or a division, which are no objects and make some."""
    data = document.data
    kind = data.get("kind") if isinstance(data, dict) else None
    return isinstance(kind, str) and kind in _OF_TEMPLATES


def is_scenario(document: Document) -> bool:
    """Whether a document is a scenario, which declares nothing."""
    data = document.data
    return isinstance(data, dict) and data.get("kind") == SCENARIO


def read_documents(
    file: str,
    content: bytes,
    report: Report,
    *,
    cache: EstateCache | None = None,
    unread: Callable[[bytes], None] = lambda _: None,
) -> list[Document]:
    """
    Every document of a file that can be read; whatever cannot goes to `report`, with span and hint.

    Never raises, whatever the bytes are. A document with a problem is not returned, and its text goes to `unread`;
    empty ones are skipped. The strict subset (S1, S2): UTF-8; no anchors, aliases, merge keys, tags, tabs for
    indentation, control or invisible characters; keys are text and unique; at most 5 MiB and 50,000 documents a file,
    32 levels and 200,000 keys and values a document, and 64 KiB a scalar.
    """
    text = readable(file, content, report)
    if text is None:
        return []
    clean = is_clean(text)
    problems = _Problems(report)
    source = MarkedText(file, text)
    found: list[Document] = []
    keys: dict[str, str] = {}
    for number, piece in enumerate(pieces(text)):
        raw = text[piece.start : piece.end]
        before = lines_before_content(raw)
        # Empty documents count as well: skipping a million of them takes its time, too.
        if number > MAX_DOCUMENTS or len(found) > MAX_DOCUMENTS:
            report(
                _stopped(file, piece, TOO_MANY_DOCUMENTS, f"After {MAX_DOCUMENTS:,} documents the rest is not read.")
            )
            break
        if before.is_empty:
            continue
        if problems.count >= MAX_PROBLEMS_OF_FILE:
            report(_stopped(file, piece, TOO_MANY_PROBLEMS, f"After {problems.count:,} problems the rest is not read."))
            break
        if not clean and (characters := character_problems(file, raw, piece.line)):
            for problem in characters:
                problems(problem)
            unread(raw)
            continue
        key = None if cache is None else cache.key(raw)
        known = None if cache is None or key is None else cache.get(key)
        if known is not None:
            found.append(Document(file, piece.line + before.lines + 1, None, DocumentMarks(source, piece), key, known))
            continue
        problems_before = problems.count
        reader = PieceReader(file, raw, line=piece.line, keys=keys, report=problems)
        documents = reader.documents()
        if problems.count > problems_before:
            unread(raw)
        # One document that says all that the piece does: what is remembered must be what parsing again would give.
        if reader.count != 1 or len(documents) != 1 or documents[0].line != before.lines:
            key = None
        for document in documents:
            marks = DocumentMarks(source, piece, index=document.index)
            found.append(Document(file, piece.line + document.line + 1, document.data, marks, key))
    return found


class _Problems:
    """Passes problems on and counts them."""

    __slots__ = ("_report", "count")

    def __init__(self, report: Report) -> None:
        self._report = report
        self.count = 0

    def __call__(self, problem: Diagnostic) -> None:
        self.count += 1
        self._report(problem)


def _stopped(file: str, piece: Piece, code: DiagnosticCode, detail: str) -> Diagnostic:
    span = Span(file, piece.line + 1, 1, piece.line + 1, 2)
    hint = "Split the file." if code is TOO_MANY_DOCUMENTS else "Fix the problems that are shown, then run again."
    return Diagnostic(code, detail, hint, span=span)
