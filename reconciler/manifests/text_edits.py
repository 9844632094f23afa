"""Edits of a text at offsets, collected and made at once: every byte that no edit names stays."""


class NotEditable(Exception):
    """The text is in a form in which the edit would touch other bytes; the message says which form, in a clause."""


class TextEdits:
    """The edits of one text."""

    __slots__ = ("made", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.made: list[tuple[int, int, str]] = []

    def applied(self, start: int = 0, end: int | None = None) -> str:
        """The text from `start` to `end` with its edits; `NotEditable` where two of them overlap."""
        at, parts = start, []
        for first, last, new in sorted(self.made, key=lambda edit: edit[:2]):
            if first < at:
                message = "two of its changes touch the same text"
                raise NotEditable(message)
            parts += [self.text[at:first], new]
            at = last
        return "".join([*parts, self.text[at : len(self.text) if end is None else end]])

    def replace(self, start: int, end: int, new: str) -> None:
        """Put a text in the place of another one."""
        self.made.append((start, end, new))

    def absorb(self, other: "TextEdits") -> None:
        """Take over the edits of a part of the same text."""
        self.made += other.made
