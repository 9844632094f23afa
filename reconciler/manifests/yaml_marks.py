"""
Marks of a YAML document, made from its text when somebody asks for a place.

A tree of positions of every value of 10,000 documents would be larger than the documents, and is needed for the few
that have a mistake in them. So a document remembers only where in its file it is, and is parsed again, once, when a
place in it is to be shown.
"""

from typing import Any

from reconciler.manifests.yaml_events import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NextEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
    events,
)
from reconciler.manifests.yaml_text import Piece
from reconciler.positions import Path, Span

# A place is one number: lines and columns from 0, the column in the lower bits.
_COLUMN_BITS = 24
_COLUMN_MASK = (1 << _COLUMN_BITS) - 1

# Findings come document by document, so that a few trees are enough; a tree is about 100 bytes for each value.
_MOST_TREES = 256

_Node = tuple[int, int, dict[str, "_Node"] | list["_Node"] | None, dict[str, tuple[int, int]] | None]
"""Start, end, children, and for a mapping start and end of each key."""


class MarkedText:
    """The text of one file, shared by the marks of its documents, with the trees that were made last."""

    __slots__ = ("content", "file", "trees")

    def __init__(self, file: str, content: bytes) -> None:
        self.file = file
        self.content = content
        self.trees: dict[tuple[int, int], _Node] = {}


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

    def value(self, path: Path) -> Span:
        """Where the value at `path` stands, or its nearest ancestor that is in the document."""
        node = self._tree()
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            node = child
        return self._span(node[0], node[1])

    def key(self, path: Path) -> Span:
        """Where the key of `path` stands, or of its nearest ancestor that has one; else the value that was reached."""
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

    def _span(self, start: int, end: int) -> Span:
        first = self._piece.line + 1
        return Span(
            self._text.file,
            first + (start >> _COLUMN_BITS),
            (start & _COLUMN_MASK) + 1,
            first + (end >> _COLUMN_BITS),
            (end & _COLUMN_MASK) + 1,
        )

    def _tree(self) -> _Node:
        trees = self._text.trees
        name = (self._piece.start, self._index)
        tree = trees.get(name)
        if tree is None:
            if len(trees) >= _MOST_TREES:
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
    nothing: _Node = (0, 0, None, None)
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
    which may be many lines further down.
    """
    start, end = _packed(event.start_mark), _packed(event.end_mark)
    if isinstance(event, MappingStartEvent):
        children: dict[str, _Node] = {}
        keys: dict[str, tuple[int, int]] = {}
        last = next_event()
        while not isinstance(last, MappingEndEvent):
            name = last.value if isinstance(last, ScalarEvent) else ""
            keys[name] = (_packed(last.start_mark), _packed(last.end_mark))
            children[name] = child = _node(next_event(), next_event)
            end = max(child[1], keys[name][1])
            last = next_event()
        return start, _packed(last.end_mark) if event.flow_style else end, children, keys
    if isinstance(event, SequenceStartEvent):
        items: list[_Node] = []
        last = next_event()
        while not isinstance(last, SequenceEndEvent):
            items.append(_node(last, next_event))
            end = items[-1][1]
            last = next_event()
        return start, _packed(last.end_mark) if event.flow_style else end, items, None
    return start, end, None, None


def _packed(mark: Any) -> int:
    return int(mark.line) << _COLUMN_BITS | min(int(mark.column), _COLUMN_MASK)
