"""
Parameters: a closed subset of JSON Schema, and the values of a division held to it.

Everything is bounded: a text without ``maxLength`` has at most 256 characters and a list without ``maxItems`` at most
64 items, because the bounds of expressions are computed from these numbers. Unknown keywords and unknown keys are
errors at every depth. Each parameter is required, has a default, or is declared nullable, so that no expression ever
meets a value that is not there.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from reconciler.diagnostics import nearest
from reconciler.expressions.library import bad_pattern
from reconciler.expressions.types import BOOL, INT, list_of, struct, text
from reconciler.manifests.problems import shown_value
from reconciler.manifests.templates.findings import Findings
from reconciler.manifests.templates.parameter import Parameter
from reconciler.manifests.templates.values import checked
from reconciler.positions import Path, path_text

LONGEST_TEXT: Final = 256
MOST_ITEMS: Final = 64
_LARGEST: Final = 2**31 - 1
_DEEPEST = 8
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,62}")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
RESERVED: Final = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"}
    | {"package", "namespace", "null", "return", "true", "var", "void", "while"}
    | {"bool", "bytes", "double", "duration", "dyn", "google", "int", "list", "map", "null_type", "optional_type"}
    | {"reconciler", "string", "timestamp", "type", "uint"}
)
"""Words that expressions cannot use as names."""

_KEYWORDS: Final[dict[str, tuple[str, ...]]] = {
    "string": ("enum", "pattern", "minLength", "maxLength"),
    "integer": ("enum", "minimum", "maximum"),
    "boolean": (),
    "array": ("items", "minItems", "maxItems", "key"),
    "object": ("properties", "required", "additionalProperties"),
}
_COMMON: Final = ("type", "description", "default", "nullable")


def read_parameters(data: object, path: Path, findings: Findings) -> Parameter | None:
    """The parameters that a schema describes, None with every mistake in it reported."""
    before = findings.count
    if not isinstance(data, Mapping) or data.get("type") != "object":
        findings.add(path, "The parameters are a schema of type object.", "Write type: object and properties.")
        return None
    found = _read(data, path, findings, label="params", depth=1)
    return found if findings.count == before else None


def _read(data: object, path: Path, findings: Findings, *, label: str, depth: int) -> Parameter | None:
    if not isinstance(data, Mapping):
        findings.add(path, f"{path_text(path)} must be a schema.", "Write type: and its limits.")
        return None
    if depth > _DEEPEST:
        findings.add(path, f"Parameters are nested at most {_DEEPEST} deep.", "Flatten them.")
        return None
    sort = data.get("type")
    if not isinstance(sort, str) or sort not in _KEYWORDS:
        shown = "The type is missing." if "type" not in data else f"There is no type {shown_value(sort)} here."
        hint = f"Types: {', '.join(_KEYWORDS)}. Write a fraction as text."
        findings.add((*path, "type"), shown, hint)
        return None
    known = (*_COMMON, *_KEYWORDS[sort])
    for name in data:
        if name not in known:
            guess = nearest(name, known)
            hint = f'Did you mean "{guess}"?' if guess else f"Keywords of a {sort}: {', '.join(known)}."
            findings.add((*path, name), f'A parameter of type {sort} has no keyword "{name}".', hint, at_key=True)
    nullable = _boolean(data, "nullable", path, findings)
    if nullable and sort in {"array", "object"}:
        findings.add((*path, "nullable"), f"An {sort} is never null.", "Give it a default instead.")
    found: Parameter | None
    match sort:
        case "string":
            found = _string(data, path, findings)
        case "integer":
            found = _integer(data, path, findings)
        case "boolean":
            found = Parameter("boolean", BOOL)
        case "array":
            found = _array(data, path, findings, label=label, depth=depth)
        case _:
            found = _object(data, path, findings, label=label, depth=depth)
    if found is None:
        return None
    return _with_default(found, data, path, findings, nullable=nullable)


def _with_default(
    found: Parameter, data: Mapping[str, Any], path: Path, findings: Findings, *, nullable: bool
) -> Parameter:
    described = data.get("description")
    shown = replace(
        found,
        nullable=nullable,
        type=found.type.or_null() if nullable else found.type,
        description=str(described) if isinstance(described, str) else "",
    )
    if "default" not in data:
        return shown
    before = findings.count
    value = checked(shown, data["default"], (*path, "default"), findings)
    # A default that does not fit is one mistake: the parameter counts as one that has a default.
    return replace(shown, default=None if findings.count > before else value, has_default=True)


def _string(data: Mapping[str, Any], path: Path, findings: Findings) -> Parameter:
    low = _number(data, "minLength", 0, path, findings)
    high = _number(data, "maxLength", max(LONGEST_TEXT, low), path, findings)
    _in_order((low, high), ("minLength", "maxLength"), path, findings)
    choices = _choices(data, path, findings, is_number=False)
    if choices:
        low, high = min(len(str(one)) for one in choices), max(len(str(one)) for one in choices)
    pattern = data.get("pattern")
    if pattern is not None:
        why = bad_pattern(str(pattern)) if isinstance(pattern, str) else "The pattern must be text."
        if why:
            findings.add((*path, "pattern"), why, "Patterns are those of RE2.")
            pattern = None
    return Parameter("string", text(low, high), choices=choices, pattern=pattern and str(pattern), low=low, high=high)


def _integer(data: Mapping[str, Any], path: Path, findings: Findings) -> Parameter:
    low = _number(data, "minimum", -(10**18), path, findings)
    high = _number(data, "maximum", 10**18, path, findings)
    _in_order((low, high), ("minimum", "maximum"), path, findings)
    return Parameter("integer", INT, choices=_choices(data, path, findings, is_number=True), low=low, high=high)


def _array(data: Mapping[str, Any], path: Path, findings: Findings, *, label: str, depth: int) -> Parameter | None:
    low = _number(data, "minItems", 0, path, findings)
    high = _number(data, "maxItems", max(MOST_ITEMS, low), path, findings)
    _in_order((low, high), ("minItems", "maxItems"), path, findings)
    if "items" not in data:
        findings.add(path, "The array says nothing of its items.", "Add items: with their type.")
        return None
    item = _read(data["items"], (*path, "items"), findings, label=f"{label}[]", depth=depth + 1)
    if item is None:
        return None
    if item.sort == "array":
        findings.add((*path, "items"), "The items of an array are no arrays.", "Let the items be objects.")
        return None
    key = data.get("key")
    if key is not None and not _is_key(key, item):
        detail = f"The key {shown_value(key)} is no field of the items."
        findings.add((*path, "key"), detail, f"Fields: {', '.join(item.members) or 'none'}.")
        key = None
    kind = list_of(item.type, low, high)
    return Parameter("array", kind, low=low, high=high, item=item, key=key and str(key))


def _is_key(key: object, item: Parameter) -> bool:
    """Whether a word names a field of the items that can tell them apart."""
    return isinstance(key, str) and key in item.members and item.members[key].sort in {"string", "integer"}


def _object(data: Mapping[str, Any], path: Path, findings: Findings, *, label: str, depth: int) -> Parameter | None:
    properties = data.get("properties")
    if not isinstance(properties, Mapping):
        findings.add((*path, "properties"), "An object has properties.", "Write name: {type: …} lines below it.")
        return None
    if data.get("additionalProperties", "false") != "false":
        detail = "Parameters that are not declared are always errors."
        findings.add((*path, "additionalProperties"), detail, "Write false, or leave it out.")
    required = data.get("required") or []
    if not isinstance(required, list):
        findings.add((*path, "required"), "required must be a list of names.", "Write [name, …].")
        required = []
    for place, name in enumerate(required):
        if not isinstance(name, str) or name not in properties:
            detail = f"{shown_value(name)} is required and not declared."
            findings.add((*path, "required", place), detail, "Declare it below properties, or remove the name.")
    members: dict[str, Parameter] = {}
    for name, inner in properties.items():
        there = (*path, "properties", name)
        if not _NAME.fullmatch(name) or name in RESERVED:
            detail = f'"{name}" is no name for a parameter: letters, digits and _, and no word of expressions.'
            findings.add(there, detail, "Rename it.", at_key=True)
            continue
        member = _read(inner, there, findings, label=f"{label}.{name}", depth=depth + 1)
        if member is None:
            continue
        if not (name in required or member.has_default or member.nullable):
            detail = f"{label}.{name} is neither required, nor has it a default, nor is it nullable."
            findings.add(there, detail, "Add it to required, give it a default, or write nullable: true.", at_key=True)
        members[str(name)] = member
    kind = struct(label, {name: member.type for name, member in members.items()})
    return Parameter("object", kind, members=members, required=frozenset(map(str, required)))


def _choices(data: Mapping[str, Any], path: Path, findings: Findings, *, is_number: bool) -> tuple[str | int, ...]:
    given = data.get("enum")
    if given is None:
        return ()
    if not isinstance(given, list) or not given or not all(isinstance(one, str) for one in given):
        findings.add((*path, "enum"), "enum must be a list of at least one value.", "Write [a, b].")
        return ()
    if not is_number:
        return tuple(str(one) for one in given)
    if not all(type(one) is str and _INTEGER.fullmatch(one) for one in given):
        findings.add((*path, "enum"), "The choices of an integer are whole numbers.", "Write [1, 2].")
        return ()
    return tuple(int(one) for one in given)


def _number(data: Mapping[str, Any], name: str, default: int, path: Path, findings: Findings) -> int:
    value = data.get(name)
    if value is None and name not in data:
        return default
    is_length = name.startswith(("min", "max")) and name not in {"minimum", "maximum"}
    if type(value) is not str or not _INTEGER.fullmatch(value) or (is_length and not 0 <= int(value) <= _LARGEST):
        findings.add((*path, name), f"{name} must be a whole number, but it is {shown_value(value)}.", "Write digits.")
        return default
    return int(value)


def _in_order(bounds: tuple[int, int], names: tuple[str, str], path: Path, findings: Findings) -> None:
    (low, high), (first, second) = bounds, names
    if low > high:
        findings.add((*path, first), f"{first} is {low}, and {second} is {high}.", "No value fits; swap them.")


def _boolean(data: Mapping[str, Any], name: str, path: Path, findings: Findings) -> bool:
    value = data.get(name, "false")
    if type(value) is not str or value not in {"true", "false"}:
        findings.add((*path, name), f"{name} must be true or false.", "Write true or false without quotes.")
    return str(value) == "true"
