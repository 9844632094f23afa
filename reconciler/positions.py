"""
Where values came from: spans, marks and origins.

Positions are kept beside the estate and never inside it, so that equality is meaning. A check that finds something
wrong names an address and a path; the span is looked up here only when a diagnostic is shown.
"""

from typing import NamedTuple, Protocol, runtime_checkable

Path = tuple[str | int, ...]
"""A path inside the data of a document: ``("spec", "rules", 2, "name")``."""


def path_text(path: Path) -> str:
    """A path as people write it: ``spec.rules[2].name``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


class Span(NamedTuple):
    """
    A stretch of a file. Lines and columns are 1-based; columns count characters.

    The end is exclusive: `end_column` is the column after the last character. Files are shown relative to the estate.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Marks(Protocol):
    """
    The positions in one document.

    Both methods always answer: where the path is not in the document they walk up to the nearest ancestor that is.
    """

    def value(self, path: Path) -> Span:
        """The place of the value at `path`."""
        ...

    def key(self, path: Path) -> Span:
        """The place of the key of the value at `path`; that of the value for the document and for items of lists."""
        ...


@runtime_checkable
class FurtherMarks(Protocol):
    """Marks of a value that has a second place: what a template made is in the division and in the template."""

    def further(self, path: Path) -> tuple[tuple[str, Span], ...]:
        """The further places of the value at `path`, each with its sentence."""
        ...


class Origins(dict[str, Marks]):
    """Where each resource came from: the text of its address (``VSlice/fleet``) to the marks of its document."""

    __slots__ = ()

    def span(self, address: str, path: Path = (), *, key: bool = False) -> Span | None:
        """The span of a value, or with `key` of its key; None for an address that is in no manifest."""
        try:
            marks = self[address]
        except KeyError:
            return None
        return marks.key(path) if key else marks.value(path)

    def place(self, address: str, path: Path) -> str | None:
        """The place of a value for people, with its further places in parentheses; None for what is in no manifest."""
        span = self.span(address, path)
        if span is None:
            return None
        marks = self[address]
        further = marks.further(path) if isinstance(marks, FurtherMarks) else ()
        return f"{span} ({', '.join(str(place) for _, place in further)})" if further else str(span)
