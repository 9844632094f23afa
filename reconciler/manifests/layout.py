"""
The layout of manifests: indentation, blanks and empty lines in one form, and nothing else.

Each document is read and written by ruamel.yaml, which keeps comments, quotes and the order of keys; no scalar is
typed, so none is spelt in another way. The result is read again: a document that would lose a comment, change a value
or be laid out in another way the second time stays as it is, and that is said.
"""

import io
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.emitter import Emitter
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver

from reconciler.diagnostics import Report
from reconciler.manifests.manifest_text import pieces, readable
from reconciler.manifests.yaml_nodes import YamlNode, yaml_nodes
from reconciler.manifests.yaml_reader import read_documents

_WIDTH, _NO_WIDTH = 120, 1 << 20
_BLANKS = re.compile(r"\n{3,}")
_MARKER = re.compile(r"---[ \t]*(#[^\n]*)?(?:\n|$)")
_COMMENT = re.compile(r"(?:^|(?<=[ \t,\[\]{}]))#[^\n]*", re.MULTILINE)
_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A text in its layout, and the lines (counted from 1) at which a document begins that stays as it is."""

    text: str
    kept: tuple[int, ...] = ()


class _Resolver(VersionedResolver):
    """Every scalar is a text, and an empty one is null: nothing is spelt anew."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is ScalarNode and value:
            return self.DEFAULT_SCALAR_TAG
        return super().resolve(kind, value, implicit)


class _Emitter(Emitter):
    """Long lists in one line are broken, texts never are."""

    def expect_flow_mapping(self, *_: Any, **settings: Any) -> None:
        # A mapping of one entry keeps its braces: without them it is another notation.
        super().expect_flow_mapping(single=False, force_flow_indent=settings.get("force_flow_indent", False))

    def write_plain(self, text: Any, *_: Any) -> None:
        super().write_plain(text, split=False)

    def write_single_quoted(self, text: Any, *_: Any) -> None:
        super().write_single_quoted(text, split=False)

    def write_double_quoted(self, text: Any, *_: Any) -> None:
        super().write_double_quoted(text, split=False)


def laid_out(file: str, content: bytes, report: Report) -> LaidOut | None:
    """
    The text of a file of manifests in its layout; None for one that cannot be read, with the reasons in `report`.

    A law: the documents say the same, every comment is there, and laying out again changes nothing.
    """
    problems: list[Any] = []
    raw = readable(file, content, problems.append)
    if raw is not None:
        read_documents(file, raw, problems.append)
    for problem in problems:
        report(problem)
    if raw is None or problems:
        return None
    text = raw.decode("utf-8").removeprefix(_MARK)
    found: list[str] = []
    kept: list[int] = []
    encoded = text.encode()
    for piece in pieces(encoded):
        part = encoded[piece.start : piece.end].decode()
        tidy = _piece(part)
        if tidy is None:
            kept.append(piece.line + 1)
        found.append(part if tidy is None else tidy)
    # Each piece ends as it should: the empty lines at the end of a text in block form may belong to it.
    return LaidOut("".join(found).lstrip("\n"), tuple(kept))


def _piece(part: str) -> str | None:
    """One piece of a file in its layout; None where it cannot be laid out without a loss."""
    once = _written(part)
    if once is None or _says(once) != _says(part) or _comments(once) != _comments(part):
        return None
    again = _written(once)
    if again is not None and again != once and _says(again) == _says(part) and _comments(again) == _comments(part):
        # A comment beside a value that moved finds its column in the second round.
        once, again = again, _written(again)
    return once if again == once else None


def _written(part: str) -> str | None:
    marker = _MARKER.match(part)
    body = part[marker.end() :] if marker else part
    if re.search(r"^(?:---|\.\.\.|%)", body, re.MULTILINE):
        return None
    head = f"---{f' {marker[1].rstrip()}' if marker[1] else ''}\n" if marker else ""
    if not any(line.strip() and not line.lstrip().startswith("#") for line in body.splitlines()):
        lines = "\n".join(line.strip() for line in body.strip().splitlines())
        return head + (f"{_BLANKS.sub(chr(10) * 2, lines)}\n" if lines else "")
    yaml = YAML()
    yaml.Resolver, yaml.Emitter = _Resolver, _Emitter
    yaml.preserve_quotes = True
    yaml.allow_duplicate_keys = True
    # A list that its author broke over lines is broken where a line is full; one on a line stays on it.
    yaml.width = _WIDTH if any("\n" in body[node.start : node.end] for node in _flows(body)) else _NO_WIDTH
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    try:
        yaml.dump(yaml.load(body), stream)
    except (
        YAMLError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        KeyError,
        RecursionError,
        NotImplementedError,
    ):
        return None
    problems: list[Any] = []
    read_documents("", stream.getvalue().encode(), problems.append)
    return None if problems else head + _tidied(stream.getvalue())


def _tidied(text: str) -> str:
    """The text without blanks at the ends of lines and without runs of empty lines, but for those in scalars."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    inside: set[int] = set()
    for start, end in _scalars(text):
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, max(start, end - 1)) - 1
        if text[start] in "|>":
            inside.update(range(first + 1, last + 1))
            while (
                "+" in lines[first][start - starts[first] :] and last + 1 < len(lines) and not lines[last + 1].strip()
            ):
                last += 1
                inside.add(last)
        else:
            inside.update(range(first, last))
    kept: list[str] = []
    for number, line in enumerate(_aligned(lines, inside)):
        plain = line if number in inside else line.rstrip()
        if plain or number in inside or (kept and kept[-1]):
            kept.append(plain)
    while kept and not kept[-1] and len(kept) - 1 not in inside:
        kept.pop()
    return "\n".join(kept) + "\n"


def _aligned(lines: list[str], inside: set[int]) -> list[str]:
    """The lines with each comment that has a line of its own below what is before it, or above what follows."""
    found = list(lines)
    following = None
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number].strip()
        if number in inside:
            continue
        if not line.startswith("#"):
            following = _indent(lines[number]) if line else following
            continue
        before = next(
            (
                _indent(lines[place])
                for place in range(number - 1, -1, -1)
                if place not in inside and lines[place].strip() and not lines[place].strip().startswith("#")
            ),
            None,
        )
        columns = [column for column in (following, before) if column is not None]
        nearest = min(columns, key=lambda column: abs(column - _indent(lines[number])), default=0)
        found[number] = " " * nearest + line
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _scalars(text: str) -> Iterator[tuple[int, int]]:
    return ((node.start, node.end) for node in _nodes(text) if node.entries is None and node.items is None)


def _flows(text: str) -> Iterator[YamlNode]:
    return (node for node in _nodes(text) if node.is_flow)


def _nodes(text: str) -> Iterator[YamlNode]:
    """Every value and key of a text."""
    waiting = list(yaml_nodes(text))
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(one for pair in node.entries or () for one in pair)
        waiting.extend(node.items or ())


def _comments(part: str) -> list[str]:
    """Every comment in the order of the text, without blanks at its end."""
    letters = list(part)
    for start, end in _scalars(part):
        # A sign in a scalar begins no comment; the lines stay, so that the next scalar begins at its place.
        letters[start:end] = ["x" if letter != "\n" else "\n" for letter in letters[start:end]]
    return [found.rstrip() for found in _COMMENT.findall("".join(letters))]


def _says(part: str) -> Any:
    """The documents as the strict loader reads them, with the sort of each scalar."""
    problems: list[Any] = []
    documents = [_typed(document.data) for document in read_documents("", part.encode(), problems.append)]
    return problems or documents


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return [(_typed(name), _typed(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    return (type(value).__name__, value)
