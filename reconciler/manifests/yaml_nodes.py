"""
The values of a document with the offsets of their text, for edits that touch nothing else.

Offsets count characters of the piece of the file that the document is in. The end of a mapping or list in block form is
that of its last value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.manifests.yaml_events import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NextEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    events,
)


@dataclass(frozen=True, slots=True)
class YamlNode:
    """
    One value: where its text is, and the values in it.

    `style` is the first character of a quoted or block scalar, empty for a plain one and for collections. `text` is
    what a scalar says. `entries` are the keys and values of a mapping, `items` those of a list; None for the others.
    """

    start: int
    end: int
    style: str = ""
    is_flow: bool = False
    text: str = ""
    entries: "tuple[tuple[YamlNode, YamlNode], ...] | None" = None
    items: "tuple[YamlNode, ...] | None" = None

    def entry(self, name: str) -> "tuple[YamlNode, YamlNode] | None":
        """The key and the value of this name; None without one."""
        return next((pair for pair in self.entries or () if pair[0].text == name), None)

    def at(self, *path: str) -> "YamlNode | None":
        """The value below these keys; None without one."""
        node: YamlNode | None = self
        for name in path:
            found = None if node is None else node.entry(name)
            node = None if found is None else found[1]
        return node


def yaml_nodes(text: str) -> tuple[YamlNode, ...]:
    """The root of each document of a text that was read without a problem."""
    lines = [0]
    while (at := text.find("\n", lines[-1])) >= 0:
        lines.append(at + 1)
    next_event = events(text.encode())
    return tuple(_Reader(text, lines, next_event).roots())


class _Reader:
    """Reads nodes, and knows the offset of each line."""

    __slots__ = ("_lines", "_next", "_text")

    def __init__(self, text: str, lines: list[int], next_event: NextEvent) -> None:
        self._text = text
        self._lines = lines
        self._next = next_event

    def roots(self) -> Iterator[YamlNode]:
        while not isinstance(event := self._next(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                yield self._node(self._next())

    def _offset(self, mark: Any) -> int:
        line, column = int(mark.line), int(mark.column)
        return min(self._lines[line] + column, len(self._text))

    def _node(self, event: Any) -> YamlNode:
        start, end = self._offset(event.start_mark), self._offset(event.end_mark)
        if isinstance(event, ScalarEvent):
            style = event.style or ""
            if style in {"|", ">"}:
                # The parser puts the end before whatever comes next.
                end = start + len(self._text[start:end].rstrip())
            return YamlNode(start, end, style=style, text=event.value)
        if isinstance(event, MappingStartEvent):
            entries: list[tuple[YamlNode, YamlNode]] = []
            while not isinstance(inner := self._next(), MappingEndEvent):
                entries.append((self._node(inner), self._node(self._next())))
            last = self._offset(inner.end_mark) if event.flow_style else entries[-1][1].end
            return YamlNode(start, last, is_flow=bool(event.flow_style), entries=tuple(entries))
        items: list[YamlNode] = []
        while not isinstance(inner := self._next(), SequenceEndEvent):
            items.append(self._node(inner))
        last = self._offset(inner.end_mark) if event.flow_style else items[-1].end
        return YamlNode(start, last, is_flow=bool(event.flow_style), items=tuple(items))
