"""The values of parameters, held to what the template declares: typed, and filled with defaults."""

import re
from collections.abc import Mapping
from typing import Any

from reconciler.diagnostics import nearest
from reconciler.expressions.library import matcher
from reconciler.manifests.manifest_text import Quoted
from reconciler.manifests.problems import shown_value
from reconciler.manifests.templates.findings import Findings
from reconciler.manifests.templates.parameter import Parameter
from reconciler.positions import Path, path_text

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")


def checked(parameter: Parameter, value: object, path: Path, findings: Findings) -> Any:
    """
    A value held to its parameter, typed and filled with defaults; mistakes are reported and give None.

    `path` is the place of the value in the document of the findings.
    """
    where = path_text(path)
    if value is None:
        if not parameter.nullable:
            hint = "Write a value; null is for parameters that are declared nullable."
            findings.add(path, f"{where} must not be null.", hint)
        return None
    match parameter.sort:
        case "string":
            return _checked_text(parameter, value, path, findings)
        case "integer":
            return _checked_number(parameter, value, path, findings)
        case "boolean":
            if type(value) is bool or (type(value) is str and value in {"true", "false"}):
                return value in {True, "true"}
            findings.add(path, f"{where} must be true or false, but it is {shown_value(value)}.", "Remove any quotes.")
            return None
        case "array":
            return _checked_list(parameter, value, path, findings)
        case _:
            return _checked_object(parameter, value, path, findings)


def _checked_text(parameter: Parameter, value: object, path: Path, findings: Findings) -> str | None:
    where = path_text(path)
    if not isinstance(value, str):
        findings.add(path, f"{where} must be text, but it is {shown_value(value)}.", "Write one scalar value.")
        return None
    found = str.__str__(value)
    if parameter.choices and found not in parameter.choices:
        guess = nearest(found, [str(one) for one in parameter.choices])
        known = f"Choices: {', '.join(map(str, parameter.choices))}."
        hint = f'Did you mean "{guess}"?' if guess else known
        findings.add(path, f"{where} must be one of the declared choices, but it is {shown_value(value)}.", hint)
        return None
    if not parameter.low <= len(found) <= parameter.high:
        detail = f"{where} must have {parameter.low} to {parameter.high} characters, but it has {len(found):,}."
        findings.add(path, detail, "Shorten or extend it, or change the limit in the template.")
        return None
    if parameter.pattern is not None and not matcher(parameter.pattern)(found):
        detail = f"{where} must match {parameter.pattern}, but it is {shown_value(value)}."
        findings.add(path, detail, "Write a value that matches.")
        return None
    return found


def _checked_number(parameter: Parameter, value: object, path: Path, findings: Findings) -> int | None:
    where = path_text(path)
    if isinstance(value, bool) or not (
        isinstance(value, int) or (type(value) is str and _INTEGER.fullmatch(value) is not None)
    ):
        hint = "Remove the quotes." if isinstance(value, Quoted) else "Write decimal digits."
        findings.add(path, f"{where} must be a whole number, but it is {shown_value(value)}.", hint)
        return None
    number = int(value)
    if parameter.choices and number not in parameter.choices:
        known = f"Choices: {', '.join(map(str, parameter.choices))}."
        findings.add(path, f"{where} must be one of the declared choices, but it is {number}.", known)
        return None
    if not parameter.low <= number <= parameter.high:
        detail = f"{where} must be from {parameter.low} to {parameter.high}, but it is {number}."
        findings.add(path, detail, "Choose a number in this range, or change the limit in the template.")
        return None
    return number


def _checked_list(parameter: Parameter, value: object, path: Path, findings: Findings) -> list[Any] | None:
    where = path_text(path)
    item = parameter.item
    if not isinstance(value, list) or item is None:
        findings.add(path, f"{where} must be a list, but it is {shown_value(value)}.", "Write items as - item lines.")
        return None
    if not parameter.low <= len(value) <= parameter.high:
        detail = f"{where} must have {parameter.low} to {parameter.high} items, but it has {len(value):,}."
        findings.add(path, detail, "Change the list, or minItems or maxItems in the template.")
        return None
    found = [checked(item, one, (*path, place), findings) for place, one in enumerate(value)]
    key = parameter.key
    if key is not None:
        seen: dict[object, int] = {}
        for place, one in enumerate(found):
            identity = one.get(key) if isinstance(one, dict) else None
            first = seen.setdefault(identity, place) if identity is not None else place
            if first != place:
                detail = f"{where} has two items whose {key} is {shown_value(str(identity))}."
                findings.add((*path, place, key), detail, "Remove one of the two.")
    return found


def _checked_object(parameter: Parameter, value: object, path: Path, findings: Findings) -> dict[str, Any] | None:
    where = path_text(path)
    if not isinstance(value, Mapping):
        findings.add(path, f"{where} must be a mapping, but it is {shown_value(value)}.", "Write name: value lines.")
        return None
    for name in value:
        if name not in parameter.members:
            guess = nearest(name, list(parameter.members))
            hint = f'Did you mean "{guess}"?' if guess else f"Parameters here: {', '.join(parameter.members)}."
            findings.add((*path, name), f'{where} has no parameter "{name[:40]}".', hint, at_key=True)
    found: dict[str, Any] = {}
    for name, member in parameter.members.items():
        if name in value:
            found[name] = checked(member, value[name], (*path, name), findings)
        elif member.has_default:
            found[name] = member.default
        elif member.nullable:
            found[name] = None
        else:
            findings.add(path, f'{where} lacks the parameter "{name}".', f"Add {name}: … to it.")
            found[name] = None
    return found
