"""The scene of a complaint: what the YAML parser said, and the text around the place where it said so."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from reconciler.positions import Span


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


class Place(NamedTuple):
    """A mark that was computed."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the parser said: the problem, and what it was doing, each with its place."""

    problem: str
    problem_mark: Mark | None
    context: str
    context_mark: Mark | None

    @property
    def noticed(self) -> Mark:
        """Where the parser noticed it."""
        return self.problem_mark or self.context_mark or Place(0, 0)

    @property
    def began(self) -> Mark:
        """Where what it was doing began."""
        return self.context_mark or self.problem_mark or Place(0, 0)


@dataclass(frozen=True, slots=True)
class Scene:
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
        """What stands on the line before a mark."""
        return self.line(mark.line)[: mark.column]

    def after(self, mark: Mark) -> str:
        """What stands on the line from a mark on."""
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
        if scene_rest := self.after(mark).strip():
            return None if scene_rest.startswith("#") else mark.line
        later = (number for number in range(mark.line + 1, len(self.lines)) if self.lines[number].strip())
        return next((number for number in later if not self.lines[number].lstrip().startswith("#")), None)

    def last_opened(self, mark: Mark) -> Mark | None:
        """The last bracket before a mark, which is what was left open when the text ended."""
        for number in range(min(mark.line, len(self.lines) - 1), -1, -1):
            text = self.before(mark) if number == mark.line else self.lines[number]
            if (column := max(text.rfind("["), text.rfind("{"))) >= 0:
                return Place(number, column)
        return None

    def number(self, line: int) -> int:
        """The number of a line as an editor shows it."""
        return self.first_line + line + 1
