"""
YAML as it is read here: bytes become documents of text, mappings, lists and null, or diagnostics with places.

Scalars keep the text that was written: what type a value has is said by its field, which alone can tell the code of an
operator from a number and a country from a negation. Quotes are remembered (`Quoted`), as they say that text was meant.

Each document is parsed by itself, so that an error in one does not hide those in the next, and one that has not changed
need not be parsed again (`estate_cache`). No positions are kept (`yaml_marks`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.diagnostics import TOO_MANY_DOCUMENTS, TOO_MANY_PROBLEMS, Code, Diagnostic
from reconciler.manifests.estate_cache import EstateCache
from reconciler.manifests.yaml_marks import DocumentMarks, MarkedText
from reconciler.manifests.yaml_reader import MAX_DOCUMENTS, PieceReader
from reconciler.manifests.yaml_text import (
    Piece,
    Quoted,
    character_problems,
    is_clean,
    lines_before_content,
    pieces,
    readable,
)
from reconciler.model.resource import Resource
from reconciler.positions import Marks, Span

__all__ = ["Document", "Quoted", "read_documents"]

MAX_PROBLEMS_OF_FILE = 1_000


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


def read_documents(
    file: str,
    content: bytes,
    report: Callable[[Diagnostic], None],
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

    def __init__(self, report: Callable[[Diagnostic], None]) -> None:
        self._report = report
        self.count = 0

    def __call__(self, problem: Diagnostic) -> None:
        self.count += 1
        self._report(problem)


def _stopped(file: str, piece: Piece, code: Code, detail: str) -> Diagnostic:
    span = Span(file, piece.line + 1, 1, piece.line + 1, 2)
    hint = "Split the file." if code is TOO_MANY_DOCUMENTS else "Fix the problems that are shown, then run again."
    return Diagnostic(code, detail, hint, span=span)
