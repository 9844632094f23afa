"""
Which lines of a manifest belong to a field or an item, by another reader of YAML than ours.

The oracle of what an edit may touch: ruamel.yaml says where a key or an item begins, and the indentation of the lines
says where it ends.
"""

import re
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML

_MISSING = "no such place in the manifest: "


def region(text: str, address: str, path: Sequence[str | int], item: str = "") -> tuple[int, int]:
    """The first line of a field, or of an item of the list there, and the line behind its last one, from 0."""
    lines = text.split("\n")
    found = _document(text, address)["spec"]
    for step in path[:-1]:
        found = found[step]
    if not item:
        line, column = found.lc.key(path[-1])
        return line, _end(lines, line, column, is_key=True)
    items = found[path[-1]]
    for place, one in enumerate(items):
        if _is_called(one, item):
            line = items.lc.item(place)[0]
            indent = len(lines[line]) - len(lines[line].lstrip())
            return line, _end(lines, line, indent, is_key=False)
    raise AssertionError(_MISSING + item)


def with_lead(text: str, first: int) -> int:
    """The first of the comment lines right above a line, with the same indentation."""
    lines = text.split("\n")
    indent = re.match(" *", lines[first])
    begin = f"{indent[0] if indent else ''}#"
    while first > 0 and lines[first - 1].startswith(begin):
        first -= 1
    return first


def comments(text: str) -> list[str]:
    """Every comment of a text, by what begins a comment for any reader."""
    return re.findall(r"(?m)(?:^|[ \t])(#[^\n\"']*)$", text)


def _document(text: str, address: str) -> Any:
    kind, _, name = address.partition("/")
    for document in YAML(typ="rt").load_all(text):
        if document["kind"] == kind and document["metadata"]["name"] == name:
            return document
    raise AssertionError(_MISSING + address)


def _is_called(one: Any, name: str) -> bool:
    if not isinstance(one, dict):
        return str(one) == name
    return name in {str(one.get(key)) for key in ("name", "country", "event", "iccid", "service")}


def _end(lines: Sequence[str], first: int, column: int, *, is_key: bool) -> int:
    """The line behind the last one that is indented further, without comments and blank lines at its end."""
    end = at = first + 1
    while at < len(lines):
        line = lines[at]
        indent = len(line) - len(line.lstrip())
        if not line.strip() or line.lstrip().startswith("#"):
            at += 1
            continue
        is_inside = indent > column or (is_key and indent == column and line.lstrip()[:1] in {"-", "]"})
        if not is_inside:
            break
        at += 1
        end = at
    return end
