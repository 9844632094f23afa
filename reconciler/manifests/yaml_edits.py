"""
Edits of the text of a document at the places of its values: every byte that no edit names stays.

Lines that begin with ``#`` belong to nothing that is removed: they stay where they are. Those right above an item that
moves go with it.

Length: one class, the edits of one text; each form of a list or mapping is a few lines of it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.manifests.text_edits import NotEditable, TextEdits
from reconciler.manifests.yaml_nodes import YamlNode
from reconciler.manifests.yaml_scalars import flow_text, scalar_text

_DASH = re.compile(r" *- +")
_INDENT = re.compile(r" *")


class YamlEdits:
    """The edits of the text of one document, at the places of its values."""

    __slots__ = ("edits", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.edits = TextEdits(text)

    # --- values -------------------------------------------------------------------------------------------------------

    def set_value(self, key: YamlNode | None, node: YamlNode, value: Any) -> None:
        """Another value in the place of one that is a scalar or goes as a whole; `key` is its key in a mapping."""
        is_scalar = not isinstance(value, Mapping | list | tuple)
        if node.items is None and node.entries is None:
            new = scalar_text(value, style=node.style, former=node.text) if is_scalar else flow_text(value)
            if node.style == "" and is_scalar and not node.text and isinstance(value, str):
                new = scalar_text(value)
            gap = " " if node.start == node.end and self.text[node.start - 1 : node.start] not in {" ", ""} else ""
            self.edits.replace(node.start, node.end, gap + new)
        elif node.is_flow or key is None:
            self.edits.replace(node.start, node.end, flow_text(value))
        else:
            self._collapse(key, node, flow_text(value))

    def _collapse(self, key: YamlNode, node: YamlNode, new: str) -> None:
        """A block goes, and its key gets a value on its own line; comments of the block stay."""
        colon = self.text.index(":", key.end) + 1
        self.edits.replace(colon, colon, f" {new}")
        at = self._next_line(colon)
        while at < node.end:
            end = self._next_line(at)
            if not self.text[at:end].lstrip().startswith("#"):
                self.edits.replace(at, end, "")
            at = end

    # --- mappings -----------------------------------------------------------------------------------------------------

    def remove_entry(self, mapping: YamlNode, name: str) -> None:
        """Take a key and its value away; another key has to stay."""
        entries = mapping.entries or ()
        place = next(place for place, (key, _) in enumerate(entries) if key.text == name)
        key, value = entries[place]
        if mapping.is_flow or not self._is_first_on_line(key):
            if place + 1 < len(entries):
                self.edits.replace(key.start, entries[place + 1][0].start, "")
            elif place:
                self.edits.replace(entries[place - 1][1].end, value.end, "")
            else:
                self.edits.replace(key.start, value.end, "")
            return
        self.edits.replace(self._line(key.start), self._next_line(value.end), "")

    def insert_entry(self, mapping: YamlNode, name: str, value: Any, order: Sequence[str]) -> None:
        """Add a key and its value, behind the last of those that come before it in `order`."""
        entries = mapping.entries or ()
        text = f"{name}: {flow_text(value)}"
        earlier = order[: order.index(name)] if name in order else order
        before = [place for place, (key, _) in enumerate(entries) if key.text in earlier]
        place = before[-1] if before else -1
        if mapping.is_flow:
            if not entries:
                self.edits.replace(mapping.start + 1, mapping.start + 1, text)
            elif place < 0:
                self.edits.replace(entries[0][0].start, entries[0][0].start, f"{text}, ")
            else:
                end = entries[place][1].end
                self.edits.replace(end, end, f", {text}")
            return
        column = self._column(entries[0][0].start)
        if place < 0 and not self._is_first_on_line(entries[0][0]):
            place = 0
        at = self._line(entries[0][0].start) if place < 0 else self._next_line(entries[place][1].end)
        self._insert_lines(at, f"{' ' * column}{text}\n")

    # --- lists --------------------------------------------------------------------------------------------------------

    def change_items(
        self,
        key: YamlNode | None,
        node: YamlNode,
        order: Sequence[int | Any],
        *,
        edited: "Mapping[int, YamlEdits]",
        moved: frozenset[int],
    ) -> None:
        """
        Bring the items of a list into an order: numbers are items that are there, anything else is a new value.

        `edited` has the edits inside of items, by number; `moved` the numbers of those that change their place.
        """
        items = node.items or ()
        if node.is_flow and "\n" not in self.text[node.start : node.end]:
            self._change_flow(node, order, edited)
            return
        if not any(isinstance(entry, _Kept) for entry in order):
            self._change_all(key, node, order)
            return
        lines = self._lines_of_all(node)
        if node.is_flow and not self._ends_with_comma(items[-1]):
            last = len(items) - 1
            if last in moved or not isinstance(order[-1], _Kept):
                self.edits.replace(items[last].end, items[last].end, ",")
        kept = {entry.number for entry in order if isinstance(entry, _Kept)}
        for number, (lead, start, end) in enumerate(lines):
            if number in moved:
                self.edits.replace(lead, end, "")
            elif number not in kept:
                self.edits.replace(start, end, "")
            elif number in edited:
                self.edits.absorb(edited[number].edits)
        fixed = [entry.number for entry in order if isinstance(entry, _Kept) and entry.number not in moved]
        at = lines[fixed[0]][0]
        for entry in order:
            if isinstance(entry, _Kept) and entry.number not in moved:
                at = lines[entry.number][2]
                continue
            self._insert_lines(at, self._item_text(entry, node, lines, edited))

    def _item_text(
        self,
        entry: "_Kept | Any",
        node: YamlNode,
        lines: Sequence[tuple[int, int, int]],
        edited: "Mapping[int, YamlEdits]",
    ) -> str:
        items = node.items or ()
        if isinstance(entry, _Kept):
            lead, _, end = lines[entry.number]
            found = edited.get(entry.number, YamlEdits(self.text)).edits.applied(lead, end)
            return found if found.endswith("\n") else f"{found}\n"
        indent = " " * self._indent(items[0].start)
        if node.is_flow:
            return f"{indent}{flow_text(entry)},\n"
        if isinstance(entry, Mapping) and items[0].entries and not items[0].is_flow:
            inner = [f"{name}: {flow_text(value)}" for name, value in entry.items()]
            return f"{indent}- " + f"\n{indent}  ".join(inner) + "\n"
        return f"{indent}- {flow_text(entry)}\n"

    def _change_all(self, key: YamlNode | None, node: YamlNode, order: Sequence[Any]) -> None:
        """None of the items stays."""
        lines = self._lines_of_all(node)
        if not order and not node.is_flow and key is not None:
            self._collapse(key, node, "[]")
            return
        for _, start, end in lines:
            self.edits.replace(start, end, "")
        for entry in order:
            self._insert_lines(lines[0][1], self._item_text(entry, node, lines, {}))

    def _change_flow(self, node: YamlNode, order: Sequence[Any], edited: "Mapping[int, YamlEdits]") -> None:
        items = node.items or ()
        texts = [
            edited.get(entry.number, YamlEdits(self.text)).edits.applied(
                items[entry.number].start, items[entry.number].end
            )
            if isinstance(entry, _Kept)
            else flow_text(entry)
            for entry in order
        ]
        first, last = (items[0].start, items[-1].end) if items else (node.start + 1, node.end - 1)
        self.edits.replace(first, last, ", ".join(texts))

    def _lines_of_all(self, node: YamlNode) -> list[tuple[int, int, int]]:
        items = node.items or ()
        return [self._lines_of(item, is_flow=node.is_flow, is_last=item is items[-1]) for item in items]

    def _ends_with_comma(self, item: YamlNode) -> bool:
        return self.text[item.end : self._next_line(item.end)].lstrip().startswith(",")

    def _lines_of(self, item: YamlNode, *, is_flow: bool, is_last: bool) -> tuple[int, int, int]:
        """The beginning of the comments right above an item, the beginning of its lines, and their end."""
        start = self._line(item.start)
        before = self.text[start : item.start]
        end = self._next_line(item.end)
        if is_flow:
            rest = self.text[item.end : end].strip()
            is_alone = rest.removeprefix(",").lstrip()[:1] in {"", "#"} and (is_last or rest.startswith(","))
            if before.strip() or not is_alone:
                message = "its list is in brackets over several lines, with several items on one of them"
                raise NotEditable(message)
        elif not _DASH.fullmatch(before):
            message = "its list is written inside of another list's line"
            raise NotEditable(message)
        lead, indent = start, self._indent(start)
        while lead > 0:
            above = self._line(lead - 1)
            line = self.text[above:lead]
            if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) != indent:
                break
            lead = above
        return lead, start, end

    # --- places -------------------------------------------------------------------------------------------------------

    def _insert_lines(self, at: int, lines: str) -> None:
        """Whole lines before the line that begins at `at`; a last line without an end gets one."""
        is_after_open_line = at > 0 and self.text[at - 1] != "\n"
        self.edits.replace(at, at, f"\n{lines.removesuffix(chr(10))}" if is_after_open_line else lines)

    def _line(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _next_line(self, at: int) -> int:
        return self.text.find("\n", at) + 1 or len(self.text)

    def _column(self, at: int) -> int:
        return at - self._line(at)

    def _indent(self, at: int) -> int:
        found = _INDENT.match(self.text, self._line(at))
        return 0 if found is None else found.end() - found.start()

    def _is_first_on_line(self, node: YamlNode) -> bool:
        return not self.text[self._line(node.start) : node.start].strip()


class _Kept:
    """An item that is there, by its number."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


def kept(number: int) -> Any:
    """The item with this number, in an order of items."""
    return _Kept(number)
