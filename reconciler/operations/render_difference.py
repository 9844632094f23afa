"""The reach of an edit of templates: what is rendered now against what a revision rendered, by division."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.errors import InvalidManifests
from reconciler.manifests.declarations import Loaded
from reconciler.model.resource import Resource
from reconciler.operations.estate import Estate
from reconciler.operations.revisions import base_manifests
from reconciler.operations.validate import validate
from reconciler.positions import Path, path_text


@dataclass(frozen=True, slots=True)
class RolledEdit:
    """
    One edit that is the same in several divisions: of a resource of the template, and one field of it.

    `before` and `after` are JSON, or empty where the object is new or gone. `patched` are the divisions in which a
    patch decides about the field.
    """

    resource: str
    field: str
    before: str
    after: str
    divisions: tuple[str, ...]
    objects: int
    patched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderDifference:
    """The edits, the divisions that they reach and do not reach, and those that render no more, with the reason."""

    revision: str
    edits: tuple[RolledEdit, ...]
    reached: tuple[str, ...]
    unreached: tuple[str, ...]
    failing: Mapping[str, str]


def difference_to(estate: Estate, revision: str) -> RenderDifference:
    """
    The reach of what changed since a revision, which is read without a checkout.

    Raises `UsageError` for a revision that cannot be found, and `InvalidManifests` where the revision itself, or
    anything but a division, is invalid.
    """
    with base_manifests(estate, revision) as base:
        if base is None or base.loaded is None:
            raise InvalidManifests(())
        checked = validate(estate)
        failing: dict[str, str] = {}
        for found in checked.diagnostics:
            kind, _, name = (found.address or "").partition("/")
            if kind == "Division" and found.severity.value == "error":
                failing.setdefault(name, f"{found.span}: {found.detail}")
        if checked.has_errors and not failing:
            checked.sound()
        return _compared(revision, base.loaded, checked.loaded, failing)


def _by_slot(loaded: Loaded) -> dict[tuple[str, str], Resource]:
    return {
        (address.kind, resource.lifecycle.slot): resource
        for address, resource in loaded.built.estate.items()
        if resource.lifecycle.slot
    }


def _compared(revision: str, before: Loaded, after: Loaded, failing: Mapping[str, str]) -> RenderDifference:
    old, new = _by_slot(before), _by_slot(after)
    edits: dict[tuple[str, str, str, str], dict[str, int]] = {}
    patched: dict[tuple[str, str], set[str]] = {}
    divisions = {slot.partition("/")[0] for _, slot in (*old, *new)}
    for key in sorted(old.keys() | new.keys()):
        division, resource = _parts(key[1])
        if division in failing:
            continue
        for path, one, other in _edits(old.get(key), new.get(key)):
            edit = resource, path, one, other
            counts = edits.setdefault(edit, {})
            counts[division] = counts.get(division, 0) + 1
    for resource, field in {(resource, field) for resource, field, _, _ in edits if field}:
        patched[resource, field] = _patching(after, resource, field)
    rolled = [
        RolledEdit(*edit, tuple(sorted(counts)), sum(counts.values()), tuple(sorted(patched.get(edit[:2], ()))))
        for edit, counts in edits.items()
    ]
    reached = {division for one in rolled for division in one.divisions}
    rolled.sort(key=lambda one: (-one.objects, one.resource, one.field, one.before, one.after))
    unreached = divisions - reached - failing.keys()
    return RenderDifference(revision, tuple(rolled), tuple(sorted(reached)), tuple(sorted(unreached)), dict(failing))


def _parts(slot: str) -> tuple[str, str]:
    division, _, rest = slot.partition("/")
    return division, rest.partition("[")[0]


def _edits(old: Resource | None, new: Resource | None) -> Iterator[tuple[str, str, str]]:
    if old is None or new is None:
        yield "", "" if old is None else "an object", "" if new is None else "an object"
        return
    if old.address.name != new.address.name:
        yield "metadata.name", "its former name", "another name"
    yield from _fields(old.spec, new.spec, ())


def _fields(old: Any, new: Any, path: Path) -> Iterator[tuple[str, str, str]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted(old.keys() | new.keys()):
            yield from _fields(old.get(name), new.get(name), (*path, name))
    elif old != new:
        yield path_text(path), _json(old), _json(new)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _patching(loaded: Loaded, resource: str, field: str) -> set[str]:
    """The divisions with an object of this resource whose field a patch decides."""
    from reconciler.manifests.templates.origins import RenderedMarks

    path: Path = ("spec", *field.split("."))
    found = set()
    for address, one in loaded.built.estate.items():
        slot = one.lifecycle.slot
        if not slot or _parts(slot)[1] != resource:
            continue
        marks = loaded.built.origins[str(address)]
        if isinstance(marks, RenderedMarks) and marks.patch(path) is not None:
            found.add(_parts(slot)[0])
    return found
