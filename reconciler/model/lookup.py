"""Look-ups: the fields of specs that rules and codecs read, by names that are checked when they are written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reconciler.model.shape import Shape, shape_of
from reconciler.positions import Path


@dataclass(frozen=True)
class Lookup:
    """
    One member of a typed dictionary.

    A name that the dictionary does not declare is a `TypeError` where the look-up is made, which is when its module
    is imported: a misspelt field never reads as one that was left out.
    """

    owner: type
    name: str

    def __post_init__(self) -> None:
        if self.name not in self.owner.__annotations__:
            message = f"{self.owner.__name__} has no field {self.name!r}"
            raise TypeError(message)

    @cached_property
    def shape(self) -> Shape:
        """The shape of the member."""
        return shape_of(self.owner).members[self.name]

    @cached_property
    def target(self) -> str:
        """The kind that the member, or each item of it, refers to; a `TypeError` for one that is no reference."""
        place = self.shape.item or self.shape
        if place.reference is None:
            message = f"{self.owner.__name__}.{self.name} refers to no kind"
            raise TypeError(message)
        return place.reference

    def of(self, spec: Mapping[str, Any]) -> Any:
        """The value in a spec; for a member that is left out its default, or None."""
        return spec.get(self.name, self.shape.default)

    def is_in(self, spec: Mapping[str, Any]) -> bool:
        """Whether a spec states the member, null included."""
        return self.name in spec

    def __str__(self) -> str:
        return self.name


def lookups(owner: type, *names: str) -> tuple[Lookup, ...]:
    """Several members of one typed dictionary."""
    return tuple(Lookup(owner, name) for name in names)


def spec_path(*parts: str | int | Lookup) -> Path:
    """The path of a field below ``spec``."""
    return ("spec", *(part if isinstance(part, int) else str(part) for part in parts))
