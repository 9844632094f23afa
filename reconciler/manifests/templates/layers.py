"""
Layers of parameters: the template's defaults, the division, and one environment of it.

A later layer wins field by field. A list whose parameter has a key is merged by that key; other lists are replaced as a
whole. A null deletes what an earlier layer gave, so that the parameter has its default; only where a parameter is
nullable, null is a value. Each value keeps the layer and the place that it came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.manifests.templates.parameter import Parameter
from reconciler.manifests.yaml_reader import Document
from reconciler.positions import Marks, Path, Span


@dataclass(frozen=True, slots=True)
class ParameterLayer:
    """One layer of values: its name, and where in which document it is written."""

    name: str
    document: Document
    path: Path
    data: Any


@dataclass(slots=True)
class MergedParameters:
    """The merged values, and for each place the layer and the path in its document that the value came from."""

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, tuple[ParameterLayer, Path]] = field(default_factory=dict)

    def place(self, path: Path) -> tuple[ParameterLayer, Path] | None:
        """The layer and path of the value at a place of the parameters, or of its nearest ancestor."""
        for length in range(len(path), 0, -1):
            if (found := self.places.get(path[:length])) is not None:
                layer, there = found
                return layer, (*there, *path[length:])
        return None


def layered(layers: Sequence[ParameterLayer], parameters: Parameter) -> tuple[MergedParameters, list[ParameterLayer]]:
    """The merged layers, and those that change nothing of what the earlier ones give."""
    found = MergedParameters()
    idle = []
    for layer in layers:
        if not isinstance(layer.data, Mapping):
            continue
        before = _copied(found.data)
        _merge_members(found.data, layer.data, parameters, ((), layer, layer.path), found.places)
        if layer.data and _with_defaults(before, parameters) == _with_defaults(found.data, parameters):
            idle.append(layer)
    return found, idle


def _merge_members(
    data: dict[str, Any],
    upper: Mapping[str, Any],
    parameter: Parameter,
    source: tuple[Path, ParameterLayer, Path],
    places: dict[Path, tuple[ParameterLayer, Path]],
) -> None:
    """Merge a layer into the values at a path; `source` is that path, the layer, and the path in its document."""
    path, layer, there = source
    for name, value in upper.items():
        member = parameter.members.get(name)
        here, written = (*path, name), (*there, name)
        if value is None and name in data and not (member is not None and member.nullable):
            del data[name]
            _forget(places, here)
            continue
        if isinstance(value, Mapping) and member is not None and member.sort == "object":
            inner = data.setdefault(name, {})
            if isinstance(inner, dict):
                places.setdefault(here, (layer, written))
                _merge_members(inner, value, member, (here, layer, written), places)
                continue
        if member is not None and member.sort == "array" and member.key is not None and member.item is not None:
            items = data.get(name)
            if isinstance(items, list) or isinstance(value, Mapping):
                merged = _merged_items(items if isinstance(items, list) else [], value, member)
                if merged is not None:
                    _place_items(merged, places, here, (layer, written))
                    data[name] = [item for item, _, _ in merged]
                    continue
        data[name] = _copied(value)
        _forget(places, here)
        places[here] = layer, written


_Merged = list[tuple[Any, int | None, Path | None]]
"""Each item with its place in the earlier list and its path in the layer."""


def _merged_items(items: list[Any], upper: Any, member: Parameter) -> _Merged | None:
    """The items of two lists by their key: those of the first in their order, then the new ones."""
    key = member.key or ""
    merged: _Merged = [(item, place, None) for place, item in enumerate(items)]
    if isinstance(upper, Mapping):
        entries = [(str(name), value, (name,)) for name, value in upper.items()]
    elif isinstance(upper, list) and all(isinstance(one, Mapping) and isinstance(one.get(key), str) for one in upper):
        entries = [(str(one[key]), one, (place,)) for place, one in enumerate(upper)]
    else:
        return None
    for identity, value, path in entries:
        found = next((n for n, (item, _, _) in enumerate(merged) if _identity(item, key) == identity), None)
        if value is None:
            if found is not None:
                del merged[found]
            continue
        given = {**value, key: value.get(key, identity)} if isinstance(value, Mapping) else value
        if found is None or not isinstance(given, Mapping):
            merged.append((_copied(given), None, path))
        else:
            item = dict(merged[found][0])
            for name, inner in given.items():
                nullable = (
                    member.item is not None and name in member.item.members and member.item.members[name].nullable
                )
                if inner is None and not nullable:
                    item.pop(name, None)
                else:
                    item[name] = _copied(inner)
            merged[found] = item, merged[found][1], path
    return merged


def _identity(item: Any, key: str) -> str | None:
    value = item.get(key) if isinstance(item, Mapping) else None
    return str(value) if value is not None else None


def _place_items(
    merged: _Merged, places: dict[Path, tuple[ParameterLayer, Path]], here: Path, source: tuple[ParameterLayer, Path]
) -> None:
    layer, written = source
    former = {path: found for path, found in places.items() if path[: len(here)] == here}
    whole = former.get(here)
    for path in former:
        del places[path]
    places[here] = layer, written
    for place, (_, old, new) in enumerate(merged):
        if new is not None:
            places[*here, place] = layer, (*written, *new)
        elif old is not None:
            inherited = former.get((*here, old)) or (whole and (whole[0], (*whole[1], old)))
            if inherited:
                places[*here, place] = inherited


def _forget(places: dict[Path, Any], path: Path) -> None:
    for inner in [known for known in places if known[: len(path)] == path]:
        del places[inner]


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copied(inner) for name, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _with_defaults(data: Any, parameter: Parameter | None) -> Any:
    """The values as they count: text of numbers as it is, and the default where nothing is given."""
    if parameter is not None and isinstance(data, Mapping):
        found = {name: member.default for name, member in parameter.members.items() if member.has_default}
        given = {name: _with_defaults(value, parameter.members.get(name)) for name, value in data.items()}
        return {**found, **given}
    if parameter is not None and isinstance(data, list):
        return [_with_defaults(one, parameter.item) for one in data]
    if parameter is not None and isinstance(data, str):
        if parameter.sort == "integer" and data.lstrip("-").isdigit():
            return int(data)
        if parameter.sort == "boolean":
            return data == "true" if data in {"true", "false"} else data
        return str(data)
    return data


class LayeredMarks:
    """The places of merged parameters: each in the layer that it came from."""

    __slots__ = ("_base", "_layered", "_marks")

    def __init__(self, base: Path, found: MergedParameters, marks: Marks) -> None:
        self._base = base
        self._layered = found
        self._marks = marks

    def value(self, path: Path) -> Span:
        """The place of the value at `path`."""
        found = self._found(path)
        return self._marks.value(path) if found is None else found[0].document.marks.value(found[1])

    def key(self, path: Path) -> Span:
        """The place of the key of the value at `path`."""
        found = self._found(path)
        return self._marks.key(path) if found is None else found[0].document.marks.key(found[1])

    def _found(self, path: Path) -> tuple[ParameterLayer, Path] | None:
        length = len(self._base)
        return self._layered.place(path[length:]) if path[:length] == self._base else None
