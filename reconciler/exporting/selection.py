"""The choice of what is exported: by kind, VSlice, address, or the value of a field."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.kinds import kind_named, object_kinds
from reconciler.model.address import Address
from reconciler.model.scope import fits
from reconciler.model.snapshot import Observed

SIM_FIELDS = ("tag", "reference", "state", "iccid")
"""The words of a criterion that is about SIMs."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """A field and a shell pattern for its value, such as ``name=fleet-*`` or ``displayName=*UK*``."""

    field: str
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """
    The choice of an export; each condition that is stated must hold.

    `kinds` are names of kinds, `vslices` and `addresses` are monikers and addresses or patterns of them. An object
    of the account as a whole lies in no VSlice, and is referred to. `criteria` look at ``name`` and the fields of an
    object, or at ``tag``, ``reference``, ``state`` and ``iccid`` of a SIM. Nothing is taken that is managed already:
    `owned` by kind and id, `declared` by address, and the SIMs that are `listed` by number or
    `referred` to.
    """

    kinds: frozenset[str] = frozenset()
    vslices: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    owned: frozenset[tuple[str, str]] = frozenset()
    declared: frozenset[Address] = frozenset()
    listed: frozenset[int] = frozenset()
    referred: frozenset[str] = frozenset()

    @property
    def of_sims(self) -> tuple[Criterion, ...]:
        """The criteria that choose SIMs, and objects only by the SIMs that they hold."""
        return tuple(one for one in self.criteria if one.field in SIM_FIELDS)

    def without(self, owned: frozenset[tuple[str, str]]) -> "Selection":
        """The same without objects that are owned, by kind and id."""
        return replace(self, owned=owned)

    def beside(self, declared: frozenset[Address], listed: frozenset[int], referred: frozenset[str]) -> "Selection":
        """The same without what manifests say already: objects by address, SIMs by number or reference."""
        return replace(self, declared=declared, listed=listed, referred=referred)

    def takes_sims(self, set_kind: str) -> bool:
        """Whether SIMs are asked for: by naming their kind, or by naming none."""
        return not self.kinds or set_kind in self.kinds

    def takes(self, seen: Observed) -> bool:
        """Whether one object is exported."""
        address = seen.address
        if (self.kinds and address.kind not in self.kinds) or self.of_sims:
            return False
        if address in self.declared or (address.kind, seen.remote_id) in self.owned:
            return False
        return self._is_chosen(seen)

    def takes_group(self, seen: Observed | None) -> bool:
        """Whether the SIMs of a group are exported, None for SIMs in no group."""
        if seen is not None:
            return self._is_chosen(seen)
        return not (self.vslices or self.addresses) and len(self.of_sims) == len(self.criteria)

    def takes_sim(self, sim: Any) -> bool:
        """Whether one SIM is exported, of a group whose SIMs are."""
        if self.listed and sim.iccid.isdecimal() and int(sim.iccid) in self.listed:
            return False
        if self.referred and sim.reference in self.referred:
            return False
        return all(any(fits(text, (one.pattern,)) for text in _of_sim(sim, one.field)) for one in self.of_sims)

    def _is_chosen(self, seen: Observed) -> bool:
        kind = kind_named(seen.address.kind)
        if self.addresses and not fits(str(seen.address), self.addresses):
            return False
        lies_in = vslices_of(seen.address, seen.spec, kind.scope)
        if self.vslices and not any(fits(name, self.vslices) for name in lies_in):
            return False
        return all(_has(seen, one) for one in self.criteria if one not in self.of_sims)


EVERYTHING = Selection()
"""The choice of an export without conditions."""


def vslices_of(address: Address, spec: Mapping[str, Any], scope: str | None) -> tuple[str, ...]:
    """The VSlice that an object lies in, none for an object of the account as a whole."""
    if scope is None:
        return ()
    name = address.name if scope == "metadata.name" else spec.get(scope)
    return (name,) if isinstance(name, str) else ()


def known_fields() -> frozenset[str]:
    """Every first word that a selector can look at."""
    return frozenset(
        ("name", *SIM_FIELDS, *(field for kind in object_kinds().values() for field in kind.shape.members))
    )


def _has(seen: Observed, selector: Criterion) -> bool:
    if selector.field == "name":
        return fits(seen.address.name, (selector.pattern,))
    value: Any = seen.spec
    for part in selector.field.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list) else [value]
    return any(fits(_text(one), (selector.pattern,)) for one in values if one is not None)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _of_sim(sim: Any, field: str) -> tuple[str, ...]:
    match field:
        case "tag":
            return tuple(sim.tags or ())
        case "reference":
            return (sim.reference,) if sim.reference else ()
        case "state":
            return (sim.status,)
    return (sim.iccid,)
