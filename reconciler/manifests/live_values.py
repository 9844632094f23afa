"""
Live values into the text of a manifest, field by field: the managed fields alone, and nothing of a secret.

A field that the manifest does not state stays unstated; inside of items of a list, and of blocks that are managed as a
whole, what differs from the default is stated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.diffing.canonical import normal_value
from reconciler.diffing.fields import item_name, moved_names
from reconciler.manifests.text_edits import NotEditable
from reconciler.manifests.yaml_edits import YamlEdits, kept
from reconciler.manifests.yaml_nodes import YamlNode
from reconciler.model.shape import Shape
from reconciler.positions import Path

Spelled = Callable[[str, str], str]
"""A reference as a manifest spells it, from the kind and the moniker of its target."""
_NEVER = "it is a secret, and none is written into a manifest"


def write_value(
    edits: YamlEdits, spec: YamlNode, path: Path, *, sides: tuple[Any, Any], shape: Shape, spelled: Spelled
) -> int:
    """
    The edits that make one value of a spec as it lives; the offset of its line.

    `sides` are the spec as it is declared, and the live value in normal form. `shape` is that of the spec. Raises
    `NotEditable` where no edit of this value alone does it.
    """
    declared, live = sides
    node, place = spec, shape
    for step in path[:-1]:
        inner = node.entry(step) if isinstance(step, str) else None
        found = inner[1] if inner is not None else node.items[step] if node.items and isinstance(step, int) else None
        if found is None:
            message = "the manifest does not state it"
            raise NotEditable(message)
        node, declared = found, declared[step]
        place = place.members.get(step, Shape()) if isinstance(step, str) else place.item or Shape()
    name = str(path[-1])
    at = node.entry(name)
    writer = _Writer(edits, spelled)
    writer.member(node, name, declared.get(name), live, place.members[name], order=tuple(place.members))
    return node.start if at is None else at[0].start


@dataclass(frozen=True, slots=True)
class _Writer:
    """Collects the edits of one document."""

    edits: YamlEdits
    spelled: Spelled
    is_whole: bool = False

    def member(
        self, mapping: YamlNode, name: str, declared: Any, live: Any, place: Shape, *, order: Sequence[str]
    ) -> None:
        """One member of a mapping: changed, cleared, removed or inserted."""
        found = mapping.entry(name)
        if found is None:
            if live not in (None, place.default):
                self.edits.insert_entry(mapping, name, self.stated(live, place), order)
            return
        key, node = found
        if live is not None:
            self.value(key, node, declared, live, place)
        elif place.nullable:
            self.edits.set_value(key, node, None)
        elif place.item is not None and not place.required:
            self.value(key, node, declared, [], place)
        elif place.required:
            message = "the platform has no value there, and the manifest needs one"
            raise NotEditable(message)
        else:
            self.edits.remove_entry(mapping, name)

    def value(self, key: YamlNode | None, node: YamlNode, declared: Any, live: Any, place: Shape) -> None:
        """Another value in the place of one that is there."""
        if declared is not None and normal_value(declared, place) == live:
            return
        if place.secret or place.secret_url:
            raise NotEditable(_NEVER)
        if isinstance(live, Mapping) and isinstance(declared, Mapping) and node.entries and place.members:
            self.members(node, declared, live, place, is_whole=place.atomic or self.is_whole)
        elif isinstance(live, list) and isinstance(declared, list) and node.items is not None:
            self.items(key, node, declared, live, place)
        else:
            self.edits.set_value(key, node, self.stated(live, place))

    def members(
        self, node: YamlNode, declared: Mapping[str, Any], live: Mapping[str, Any], place: Shape, *, is_whole: bool
    ) -> None:
        """The members of a mapping; all of them where it is managed as a whole."""
        names = [name for name in place.members if name in declared or (is_whole and name in live)]
        for name in names:
            inner = place.members[name]
            if not inner.read_only:
                seen = live.get(name)
                self.member(node, name, declared.get(name), seen, inner, order=tuple(place.members))

    def items(self, key: YamlNode | None, node: YamlNode, declared: list[Any], live: list[Any], place: Shape) -> None:
        """The items of a list, each told by its identity."""
        nodes, shape = node.items or (), place.item or Shape()
        live = normal_value(live, place)
        if len(nodes) != len(declared):
            message = "its list is read as another one than it is written as"
            raise NotEditable(message)
        plain = [normal_value([item], place)[0] for item in declared]
        names, wanted = _names(plain, place), _names(live, place)
        number = {name: at for at, name in enumerate(names)}
        edited: dict[int, YamlEdits] = {}
        for name, item in zip(wanted, live, strict=True):
            at = number.get(name)
            if at is None or plain[at] == item:
                continue
            inner = _Writer(YamlEdits(self.edits.text), self.spelled, is_whole=True)
            if nodes[at].entries and isinstance(item, Mapping):
                inner.members(nodes[at], plain[at], item, shape, is_whole=True)
            else:
                inner.edits.set_value(None, nodes[at], self.stated(item, shape))
            edited[at] = inner.edits
        common = [name for name in wanted if name in number]
        if place.item_key and not place.ordered:
            # A set keeps the order of the manifest.
            common = [name for name in names if name in set(wanted)]
            new = [item for name, item in zip(wanted, live, strict=True) if name not in number]
            order = [*(kept(number[name]) for name in common), *(self.stated(item, shape) for item in new)]
            moved: set[str] = set()
        else:
            order = [
                kept(number[name]) if name in number else self.stated(item, shape)
                for name, item in zip(wanted, live, strict=True)
            ]
            moved = moved_names([name for name in names if name in set(common)], common)
        self.edits.change_items(key, node, order, edited=edited, moved=frozenset(number[name] for name in moved))

    def stated(self, live: Any, place: Shape) -> Any:
        """A live value as a manifest states it: references as they are spelled, no defaults, no secrets."""
        if (place.secret or place.secret_url) and live is not None:
            raise NotEditable(_NEVER)
        if place.reference and isinstance(live, str):
            return self.spelled(place.reference, live)
        if isinstance(live, Mapping) and place.members:
            return {
                name: self.stated(live[name], inner)
                for name, inner in place.members.items()
                if live.get(name) not in (None, inner.default) and not inner.read_only
            }
        if isinstance(live, list):
            return [self.stated(item, place.item or Shape()) for item in live]
        return live


def _names(items: Sequence[Any], place: Shape) -> list[str]:
    """The name of each item: its identity, or what it says and how often that came before."""
    found: list[str] = []
    counts: dict[str, int] = {}
    for item in items:
        name = item_name(item, place.item_key) if place.item_key else repr(item)
        counts[name] = counts.get(name, 0) + 1
        found.append(name if counts[name] == 1 else f"{name} ({counts[name]})")
    return found
