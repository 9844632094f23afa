"""
The parser's events, and the place of each value in the text of its document.

PyYAML has its one home here. Its loaders are not used: they resolve types, construct objects, follow aliases and keep
the last of two equal keys. An event carries the text of a scalar and its place, and nothing made of it.

A tree of places of every value of 10,000 documents would be larger than the documents, and only the few documents with
a mistake need one. So a document remembers only its piece of the file, and is parsed again, once, to show a place.
"""

from collections.abc import Callable
from typing import Any

from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
)
from yaml._yaml import CParser

from reconciler.manifests.manifest_text import Piece
from reconciler.positions import Path, Span

__all__ = [
    "AliasEvent",
    "DocumentStartEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "MarkedYAMLError",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "StreamEndEvent",
    "YAMLError",
]

# Findings come document by document, so that a few trees are enough. A tree takes some hundred bytes for each value,
# so that of a large document only its own is kept.
_MOST_TREES = 256
_LARGE_DOCUMENT_BYTES = 64 * 1024

_Node = tuple[Any, Any, dict[str, "_Node"] | list["_Node"] | None, dict[str, tuple[Any, Any]] | None]
"""Start, end, children, and for a mapping start and end of each key; places are the parser's marks, from 0."""


NextEvent = Callable[[], Any]
"""Gives the next event of a text, or raises `YAMLError`; the last is a `StreamEndEvent`."""


def events(raw: bytes) -> NextEvent:
    """The events of a text in UTF-8, one at each call; nothing is read further than is asked for."""
    parser: Any = CParser(raw)
    next_event: NextEvent = parser.get_event
    return next_event


class _Beginning:
    """The mark of the first character of a piece."""

    line = column = 0


class MarkedText:
    """The text of one file, shared by the marks of its documents, with the trees that were made last."""

    __slots__ = ("_lines", "content", "file", "trees")

    def __init__(self, file: str, content: bytes) -> None:
        self.file = file
        self.content = content
        self.trees: dict[tuple[int, int], _Node] = {}
        self._lines: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the file, without their ends; kept once they are asked for."""
        if not self._lines:
            self._lines = tuple(self.content.decode(errors="replace").split("\n"))
        return self._lines


class DocumentMarks:
    """
    The marks of one document that was read without a mistake in its YAML.

    `index` counts the documents of the piece from 0, for the rare piece that holds several.
    """

    __slots__ = ("_index", "_piece", "_text")

    def __init__(self, text: MarkedText, piece: Piece, *, index: int = 0) -> None:
        self._text = text
        self._piece = piece
        self._index = index

    @property
    def file(self) -> str:
        """The file of the document."""
        return self._text.file

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the file."""
        return self._text.lines

    @property
    def piece(self) -> Piece:
        """The stretch of the file that is parsed to find a place."""
        return self._piece

    def value(self, path: Path) -> Span:
        """The place of the value at `path`, or of its nearest ancestor that is in the document."""
        node = self._tree()
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            node = child
        return self._span(node[0], node[1])

    def key(self, path: Path) -> Span:
        """The place of the key of `path`, or of its nearest ancestor with a key; else of the value that was reached."""
        node = self._tree()
        key = None
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            keys = node[3]
            # An item of a list is a place of its own: the key of the list would be further away.
            key = keys.get(step) if keys is not None and isinstance(step, str) else None
            node = child
        start, end = key or node[:2]
        return self._span(start, end)

    def _span(self, start: Any, end: Any) -> Span:
        first = self._piece.line + 1
        return Span(self._text.file, first + start.line, start.column + 1, first + end.line, end.column + 1)

    def _tree(self) -> _Node:
        trees = self._text.trees
        name = (self._piece.start, self._index)
        tree = trees.get(name)
        if tree is None:
            if self._piece.end - self._piece.start > _LARGE_DOCUMENT_BYTES:
                trees.clear()
            elif len(trees) >= _MOST_TREES:
                trees.pop(next(iter(trees)))
            tree = _places(self._text.content[self._piece.start : self._piece.end], self._index)
            trees[name] = tree
        return tree


def _child(node: _Node, step: str | int) -> _Node | None:
    children: Any = node[2]
    if isinstance(children, dict):
        found: _Node | None = children.get(step) if isinstance(step, str) else None
        return found
    if isinstance(children, list) and isinstance(step, int) and 0 <= step < len(children):
        item: _Node = children[step]
        return item
    return None


def _places(raw: bytes, index: int) -> _Node:
    """The tree of places of the document with this index."""
    next_event = events(raw)
    nothing: _Node = (_Beginning, _Beginning, None, None)
    try:
        while True:
            event = next_event()
            if isinstance(event, StreamEndEvent):
                return nothing
            if isinstance(event, DocumentStartEvent):
                node = _node(next_event(), next_event)
                if index == 0:
                    return node
                index -= 1
    except YAMLError:
        # Only documents that could be read have marks; should one be broken after all, its beginning is still a place.
        return nothing


def _node(event: Any, next_event: NextEvent) -> _Node:
    """
    The place of one value and of all in it.

    The end of a mapping or list in block form is that of its last value: the parser puts it before whatever comes next,
    which may be many lines further down. The parser's own marks are kept as they are; most are never looked at.
    """
    kind = event.__class__
    if kind is ScalarEvent:
        return event.start_mark, event.end_mark, None, None
    end = event.end_mark
    if kind is MappingStartEvent:
        children: dict[str, _Node] = {}
        keys: dict[str, tuple[Any, Any]] = {}
        while (key := next_event()).__class__ is not MappingEndEvent:
            name = key.value
            keys[name] = key.start_mark, key.end_mark
            children[name] = child = _node(next_event(), next_event)
            end = child[1]
        return event.start_mark, key.end_mark if event.flow_style else end, children, keys
    items: list[_Node] = []
    while (item := next_event()).__class__ is not SequenceEndEvent:
        items.append(_node(item, next_event))
        end = items[-1][1]
    return event.start_mark, item.end_mark if event.flow_style else end, items, None
