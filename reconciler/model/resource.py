"""Resources: typed objects of one kind, equal when they mean the same."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from reconciler.model.address import Address

Spec = Mapping[str, Any]
"""A resource's fields in the portal's words. A missing key is "not managed here", None is "clear it"."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """
    The annotations about an object's life: its former moniker, protection, and what removal means.

    `slot` and `origin` are those of an object that a template made: its place among the objects of its division, and
    the template, version, division and lines that it came from. `unmanaged` are fields that are left out although they
    are required, because the platform has a value that no manifest can hold: ``rules[web].action``.
    """

    renamed_from: str | None = None
    protect: bool = False
    retain: bool = False
    slot: str | None = None
    origin: str | None = None
    unmanaged: tuple[str, ...] = ()


PLAIN_LIFECYCLE = Lifecycle()


class Resource(NamedTuple):
    """One declared object. Equality is meaning: no position, id or time is part of it."""

    address: Address
    spec: Spec
    labels: Mapping[str, str] = MappingProxyType({})
    lifecycle: Lifecycle = PLAIN_LIFECYCLE


class Resources(Mapping[Address, Resource]):
    """An immutable set of resources by address."""

    __slots__ = ("_by_address", "_by_kind")

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._by_address = {resource.address: resource for resource in resources}
        self._by_kind: dict[str, dict[str, Resource]] | None = None

    def __getitem__(self, address: Address) -> Resource:
        return self._by_address[address]

    def __iter__(self) -> Iterator[Address]:
        return iter(self._by_address)

    def __len__(self) -> int:
        return len(self._by_address)

    def of_kind(self, kind: str) -> Mapping[str, Resource]:
        """The resources of one kind by name."""
        if self._by_kind is None:
            self._by_kind = {}
            for address, resource in self._by_address.items():
                self._by_kind.setdefault(address.kind, {})[address.name] = resource
        return self._by_kind.get(kind, {})
