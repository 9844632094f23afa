"""
A broken input and what must be said about it, and the cutting tools with which a sound manifest is broken.

A case is made by changing one place of a sound manifest, so the place is known: its line is what a report must name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

BROKEN = "broken.yaml"
SUPPORT = "support.yaml"


@dataclass(frozen=True, slots=True)
class Case:
    """
    Files of an estate with a mistake in them, and what `validate` must say.

    `expect` holds the codes that are acceptable for the mistake (None: any), `line` is where it is in `file` (1-based;
    None: anywhere in it), `mentions` are words that the report must contain, `rule` is the domain rule that is broken.
    """

    name: str
    files: Mapping[str, bytes]
    expect: frozenset[str] | None
    line: int | None = None
    mentions: tuple[str, ...] = ()
    file: str = BROKEN
    rule: str | None = None


class Cut(NamedTuple):
    """A changed text, and the line (1-based) on which the change begins."""

    text: str
    line: int


def _walk(node: yaml.Node, path: str) -> tuple[yaml.Node | None, yaml.Node]:
    """The key node (None in a list) and the value node at a dotted path such as ``spec.rules.0.name``."""
    key: yaml.Node | None = None
    for step in path.split("."):
        if isinstance(node, yaml.MappingNode):
            key, node = next((k, v) for k, v in node.value if k.value == step)
        else:
            key, node = None, node.value[int(step)]
    return key, node


def _compose(text: str) -> yaml.Node:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        raise ValueError("a sound manifest is not empty")
    return node


def put(text: str, path: str, raw: str) -> Cut:
    """Replace the value at `path` by the text `raw`, exactly as it is written."""
    key, value = _walk(_compose(text), path)
    end = len(text[: value.end_mark.index].rstrip())
    if key is None:
        start, line = value.start_mark.index, value.start_mark.line
        return Cut(text[:start] + raw + text[end:], line + 1)
    return Cut(text[: key.end_mark.index] + ": " + raw + text[end:], key.start_mark.line + 1)


def drop(text: str, path: str) -> str:
    """Remove a field (its own lines of a block mapping) and everything in it."""
    key, value = _walk(_compose(text), path)
    if key is None:
        raise ValueError(f"{path} is an item of a list")
    lines = text.splitlines(keepends=True)
    end = len(text[: value.end_mark.index].rstrip())
    last = text[:end].count("\n")
    del lines[key.start_mark.line : last + 1]
    return "".join(lines)


def add(text: str, path: str, raw: str) -> Cut:
    """Put the line `raw` first into the block mapping at `path` ("" is the document itself)."""
    node: Any = _compose(text)
    if path:
        _, node = _walk(node, path)
    first = node.value[0][0].start_mark
    start = first.index - first.column
    indent = " " * first.column
    if text[start : first.index].strip():
        # The first key of a list item comes behind its dash: the new line goes below the first value.
        end = len(text[: node.value[0][1].end_mark.index].rstrip())
        return Cut(text[:end] + "\n" + indent + raw + text[end:], text[:end].count("\n") + 2)
    return Cut(text[:start] + indent + raw + "\n" + text[start:], first.line + 1)


def line_of(text: str, needle: str, nth: int = 1) -> int:
    """The line (1-based) of the `nth` occurrence of `needle`."""
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if needle in line]
    return lines[nth - 1]


def codes(*numbers: int) -> frozenset[str]:
    """A set of diagnostic codes: ``codes(204)`` is ``{"R204"}``."""
    return frozenset(f"R{number}" for number in numbers)
