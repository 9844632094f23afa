"""
Patches of a division: the last word for one field of one object.

A field is addressed by its path and by the identity of items, ``spec.rules[web].destinationPorts``, never by an index.
A patch that hits nothing is an error; one that gives the value that is there already is a warning.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.diagnostics import LAYER_WITHOUT_EFFECT, nearest
from reconciler.manifests.problems import shown_value
from reconciler.manifests.templates.findings import Findings
from reconciler.manifests.templates.outline import unknown_keys
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.model.shape import Shape
from reconciler.positions import Path

_STEP = re.compile(r"([A-Za-z][A-Za-z0-9]*)((?:\[[^\[\]]+\])*)(?:\.|$)")
_ITEM = re.compile(r"\[([^\[\]]+)\]")
_MEMBERS = ("target", "set")


@dataclass(frozen=True, slots=True)
class Patch:
    """One field of one object that a division sets: where it is written, and the steps to it."""

    target: Address
    field: str
    steps: tuple[str | tuple[str, ...], ...]
    value: Any
    path: Path


def read_patches(data: object, findings: Findings) -> list[Patch]:
    """The patches of a division; mistakes in their form are reported."""
    path: Path = ("spec", "patches")
    if data is None:
        return []
    if not isinstance(data, list):
        findings.add(path, "patches must be a list.", "Write - {target: {kind: …, name: …}, set: {FIELD: VALUE}}.")
        return []
    found = []
    for place, entry in enumerate(data):
        there = (*path, place)
        if not isinstance(entry, Mapping):
            findings.add(there, "A patch is a mapping with target and set.", "Write {target: …, set: …}.")
            continue
        unknown_keys(entry, _MEMBERS, there, findings)
        target = entry.get("target")
        if not isinstance(target, Mapping):
            findings.add((*there, "target"), "target is a mapping with kind and name.", "Write {kind: …, name: …}.")
            continue
        unknown_keys(target, ("kind", "name"), (*there, "target"), findings)
        kind, name = target.get("kind"), target.get("name")
        if not isinstance(kind, str) or not isinstance(name, str):
            findings.add((*there, "target"), "target needs kind and name.", "Write {kind: …, name: …}.")
            continue
        edits = entry.get("set")
        if not isinstance(edits, Mapping) or not edits:
            findings.add((*there, "set"), "set is a mapping of fields to values.", "Write {spec.FIELD: VALUE}.")
            continue
        for field, value in edits.items():
            steps = steps_of(field)
            if steps is None:
                detail = f'"{field[:60]}" is no path to a field.'
                hint = "Write names with dots between them, and the identity of an item in brackets."
                findings.add((*there, "set", field), detail, hint, at_key=True)
            else:
                address = Address(str(kind), str(name))
                found.append(Patch(address, str(field), steps, value, (*there, "set", field)))
    return found


def steps_of(text: str) -> tuple[str | tuple[str, ...], ...] | None:
    """The steps of a path to a field: names, and the identities of items; None for what is no such path."""
    steps: list[str | tuple[str, ...]] = []
    place = 0
    while place < len(text):
        match = _STEP.match(text, place)
        if match is None:
            return None
        steps.append(match[1])
        steps.extend(tuple(one.strip() for one in item.split(",")) for item in _ITEM.findall(match[2]))
        place = match.end()
    return tuple(steps) if len(steps) > 1 and not text.endswith(".") else None


def patched(data: dict[str, Any], kind: Kind, patch: Patch, findings: Findings) -> dict[str, Any] | None:
    """The object with one field set; None where the patch hits nothing, which is reported. The path goes to `hit`."""
    if patch.steps[0] == "spec":
        shape: Shape | None = kind.shape
    elif patch.steps[:2] == ("metadata", "labels") or patch.steps[:2] == ("metadata", "annotations"):
        shape = None
    else:
        _missed(patch, f"{patch.field} is no field that a patch sets", "Patch spec, or the labels.", findings)
        return None
    found = _set(data.get(str(patch.steps[0])), shape, patch.steps[1:], patch, findings)
    if found is _MISSED:
        return None
    return {**data, str(patch.steps[0]): found}


_MISSED = object()


def _set(
    value: Any, shape: Shape | None, steps: tuple[str | tuple[str, ...], ...], patch: Patch, findings: Findings
) -> Any:
    if not steps:
        if value == patch.value and type(value) is not dict:
            findings.add(
                patch.path,
                f"{patch.field} of {patch.target} is {shown_value(value)} without the patch.",
                "Remove the patch, or correct its value.",
                code=LAYER_WITHOUT_EFFECT,
                is_mistake=False,
            )
        return patch.value
    head, tail = steps[0], steps[1:]
    if isinstance(head, tuple):
        return _set_item(value, shape, steps, patch, findings)
    if shape is not None and shape.type is not Any and head not in shape.members:
        guess = nearest(head, list(shape.members))
        hint = f'Did you mean "{guess}"?' if guess else f"Fields there: {', '.join(shape.members) or 'none'}."
        return _missed(patch, f'{patch.target} has no field "{head}" there', hint, findings)
    if value is not None and not isinstance(value, Mapping):
        return _missed(patch, f"{patch.field} leads into a value without fields", "Shorten the path.", findings)
    inner = shape.members.get(head) if shape is not None else None
    given = (value or {}).get(head)
    found = _set(given, inner, tail, patch, findings)
    return _MISSED if found is _MISSED else {**(value or {}), head: found}


def _set_item(
    value: Any, shape: Shape | None, steps: tuple[str | tuple[str, ...], ...], patch: Patch, findings: Findings
) -> Any:
    identity, tail = steps[0], steps[1:]
    keys = shape.item_key if shape is not None else ()
    if not isinstance(value, list) or not keys or shape is None:
        hint = "Set the whole field instead."
        return _missed(patch, "the brackets are not behind a list whose items have an identity", hint, findings)
    known = {_identity(item, keys): place for place, item in enumerate(value)}
    place = known.get(tuple(identity))
    if place is None:
        shown = ", ".join(",".join(one) for one in known) or "none"
        return _missed(patch, f"no item is [{','.join(identity)}]", f"Items there: {shown}.", findings)
    found = _set(value[place], shape.item, tail, patch, findings)
    return _MISSED if found is _MISSED else [*value[:place], found, *value[place + 1 :]]


def _identity(item: Any, keys: tuple[str, ...]) -> tuple[str, ...]:
    if keys == ("",):
        return (str(item),)
    return tuple(str(item[key]) for key in keys if isinstance(item, Mapping) and item.get(key) is not None)


def _missed(patch: Patch, why: str, hint: str, findings: Findings) -> Any:
    findings.add(patch.path, f"The patch hits nothing: {why}.", hint, at_key=True)
    return _MISSED


def place_of(data: Any, kind: Kind, patch: Patch) -> Path:
    """The path in a rendered object that a patch sets, with the indices that its items have there."""
    path: list[str | int] = []
    shape: Shape | None = kind.shape if patch.steps[0] == "spec" else None
    value = data
    for number, step in enumerate(patch.steps):
        if isinstance(step, str):
            path.append(step)
            value = value.get(step) if isinstance(value, Mapping) else None
            if number:
                shape = shape.members.get(step) if shape is not None else None
        else:
            keys = shape.item_key if shape is not None else ()
            items = value if isinstance(value, list) else []
            place = next((n for n, item in enumerate(items) if _identity(item, keys) == tuple(step)), 0)
            path.append(place)
            value = items[place] if place < len(items) else None
            shape = shape.item if shape is not None else None
    return tuple(path)
