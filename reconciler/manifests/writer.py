"""Resources into YAML that the strict loader reads back as they were. Byte-stable."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from reconciler.manifests.metadata import API_VERSION, ESTATE
from reconciler.model.resource import Resource
from reconciler.model.scope import ANYTHING, Scope

_WORDS_OF_YAML = frozenset({"", "true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"})
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_WIDTHS = ((2, "x"), (4, "u"), (8, "U"))
_WORD = r"[A-Za-z0-9_./()&;+-]"
_ADDRESS = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?"
_PLAIN_INSIDE = re.compile(rf"[A-Za-z]{_WORD}*(?: {_WORD}+)*|{_ADDRESS}")
_PLAIN = re.compile(
    rf"(?:existing:[A-Za-z0-9_]|https?://[A-Za-z0-9]|[A-Za-z])(?:{_WORD}|,)*(?: (?:{_WORD}|,)+)*|{_ADDRESS}"
)


def manifests(resources: Iterable[Resource]) -> bytes:
    """The manifests of some resources, one document each, in their order."""
    return b"---\n".join(_document(resource) for resource in resources)


def _document(resource: Resource) -> bytes:
    metadata: dict[str, Any] = {"name": resource.address.name}
    if resource.labels:
        metadata["labels"] = dict(resource.labels)
    return written(
        {"apiVersion": API_VERSION, "kind": resource.address.kind, "metadata": metadata, "spec": resource.spec}
    )


def configuration(name: str, scope: Scope = ANYTHING, *, account_type: str = "integrated") -> bytes:
    """A ``reconciler.yaml`` for an estate in the same folder."""
    spec: dict[str, Any] = {"manifests": ["."]}
    if account_type != "integrated":
        spec["account"] = {"type": account_type}
    if scope != ANYTHING:
        spec["scope"] = {word: list(patterns) for word, patterns in asdict(scope).items() if patterns}
    return written({"apiVersion": API_VERSION, "kind": ESTATE, "metadata": {"name": name}, "spec": spec})


def written(data: Mapping[str, Any] | list[Any]) -> bytes:
    """
    Data as YAML that the strict loader reads back as it was. Byte-stable.

    The general emitters take most of the time of an export of many thousand lines, and choose between styles that no
    manifest needs. Here a text is plain where no reader of YAML can take it for anything else, and in quotes otherwise;
    a character that prints nothing is an escape, so that a reviewer sees it.
    """
    lines = _members(data, "") if isinstance(data, Mapping) else _items(data, "  ")
    return "".join(lines).encode("utf-8", "surrogatepass")


class OneLine(NamedTuple):
    """A mapping or a list that is written on one line, with everything in it."""

    value: Any


def _members(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, value in data.items():
        key = f"{indent}{_text(str(name), is_inside=False)}:"
        if isinstance(value, Mapping) and value:
            yield f"{key}\n"
            yield from _members(value, f"{indent}  ")
        elif isinstance(value, list | tuple) and value and not isinstance(value, OneLine):
            yield f"{key}\n"
            yield from _items(value, f"{indent}  ")
        else:
            yield f"{key} {_leaf(value)}\n"


def _items(items: Iterable[Any], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, Mapping) and item:
            lines = "".join(_members(item, f"{indent}  "))
            yield f"{indent}- {lines[len(indent) + 2 :]}"
        else:
            yield f"{indent}- {_leaf(item)}\n"


def _leaf(value: Any) -> str:
    """A value that is written on the line of its key or its dash."""
    if isinstance(value, OneLine):
        return _flow(value.value)
    if isinstance(value, Mapping | list | tuple):
        return _flow(value)
    return _scalar(value, is_inside=False)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        members = (f"{_text(str(name), is_inside=True)}: {_flow(inner)}" for name, inner in value.items())
        return f"{{{', '.join(members)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return _scalar(value, is_inside=True)


def _scalar(value: Any, *, is_inside: bool) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
    return _text(str(value), is_inside=is_inside)


def _text(text: str, *, is_inside: bool) -> str:
    """A text; `is_inside` braces or brackets, where more signs have a meaning."""
    plain = _PLAIN_INSIDE if is_inside else _PLAIN
    if plain.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    if text.isprintable():
        return f"""'{text.replace("'", "''")}'"""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if sign.isprintable():
        return sign
    width, letter = next((width, letter) for width, letter in _WIDTHS if ord(sign) < 16**width)
    return f"\\{letter}{ord(sign):0{width}x}"
