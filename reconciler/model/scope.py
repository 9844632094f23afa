"""
The scope of an estate (``spec.scope``): which objects it may own, and which SIMs it may manage. Pure.

Every condition that is stated must hold. `names`, `vslices` and `kinds` are about objects, `groups` and `tags` about
SIMs; where a part says nothing, nothing is excluded by it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from reconciler.model.address import Address
from reconciler.model.kind import ITSELF, Kind
from reconciler.model.references import bare
from reconciler.positions import Path


@dataclass(frozen=True, slots=True)
class Scope:
    """Patterns of names, VSlices, groups and tags, and kinds; an empty one is not stated and excludes nothing."""

    names: tuple[str, ...] = ()
    vslices: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def objection(self, address: Address, kind: Kind, spec: Mapping[str, Any]) -> tuple[Path, str] | None:
        """The condition that an object breaks, with the path of the field that breaks it; None for an object inside."""
        if self.kinds and address.kind not in self.kinds:
            return ("kind",), f"spec.scope.kinds has {', '.join(self.kinds)} only"
        if self.names and not fits(address.name, self.names):
            return ("metadata", "name"), f"its name fits none of spec.scope.names: {', '.join(self.names)}"
        if not self.vslices:
            return None
        found = _vslices_of(address, kind, spec)
        if not found:
            why = f"it lies in no VSlice, and spec.scope.vslices names {', '.join(self.vslices)}"
            return ("metadata", "name"), why
        other = next(((path, name) for path, name in found if not fits(name, self.vslices)), None)
        if other is None:
            return None
        return other[0], f"VSlice/{other[1]} fits none of spec.scope.vslices: {', '.join(self.vslices)}"

    def takes(self, group: str | None) -> bool:
        """Whether the SIMs of this group may be changed, and SIMs may be moved into it."""
        return not self.groups or (group is not None and fits(group, self.groups))

    def admits(self, tags: Sequence[str]) -> bool:
        """Whether a SIM with these tags may be changed."""
        return not self.tags or any(fits(tag, self.tags) for tag in tags)

    @property
    def is_of_objects(self) -> bool:
        """Whether anything is stated about objects."""
        return bool(self.names or self.vslices or self.kinds)

    @property
    def is_of_sims(self) -> bool:
        """Whether anything is stated about SIMs."""
        return bool(self.groups or self.tags)

    @property
    def of_sims(self) -> str:
        """The part that is about SIMs, for a message."""
        stated = (("groups", self.groups), ("tags", self.tags))
        return "; ".join(f"spec.scope.{name}: {', '.join(patterns)}" for name, patterns in stated if patterns)


ANYTHING = Scope()
"""The scope of an estate that states none."""


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name is one of these, or fits a pattern among them; upper and lower case differ."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _vslices_of(address: Address, kind: Kind, spec: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """The VSlices that an object lies in, with the fields that name them: a VSlice lies in itself."""
    if kind.scope == ITSELF:
        return [(("metadata", "name"), address.name)]
    name = spec.get(kind.scope) if kind.scope else None
    return [(("spec", kind.scope), bare(name))] if kind.scope and isinstance(name, str) else []
