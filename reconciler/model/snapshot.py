"""The state that was read from the platform: observed objects, and the complete set of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from reconciler.model.address import Address
from reconciler.model.resource import Spec
from reconciler.positions import Path


class Sealed:
    """A payload as it came, for the adapter that read it and nobody else: it may hold secrets, so it shows nothing."""

    __slots__ = ("items", "payload")

    def __init__(self, payload: Mapping[str, Any], items: Mapping[str, Sequence[Any]]) -> None:
        self.payload = payload
        self.items = items

    def __repr__(self) -> str:
        return "***"


class Observed(NamedTuple):
    """
    One live object, decoded.

    `spec` has every field the kind knows, references as monikers and secrets as keyed digests or tainted values.
    `unknown` are members that this version does not know: carried through a PUT untouched.
    `counts` are the platform's own numbers, e.g. ``{"sims": 412}`` for a group. `fixed` objects belong to the
    platform and cannot be changed (D-32). `unsaid` are the places of `spec` that no manifest can hold, positions in
    lists included, each with the reason: a manifest leaves them out, and a write keeps them as they are.
    `item_ids` are the platform's ids of the items of an ordered list, in its order.
    """

    address: Address
    remote_id: str
    spec: Spec
    unknown: Mapping[str, Any] = MappingProxyType({})
    counts: Mapping[str, int] = MappingProxyType({})
    fixed: bool = False
    raw: Sealed | None = None
    unsaid: Mapping[Path, str] = MappingProxyType({})
    item_ids: Mapping[str, tuple[Any, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Account:
    """Which platform and account a snapshot or a plan speaks of. `identity` is the customer id, or None if unknown."""

    origin: str
    identity: str | None = None

    @property
    def platform(self) -> str:
        """The name of the platform in messages."""
        return "the embedded simulator" if ".invalid/" in self.origin else self.origin


class Snapshot:
    """
    Everything of the platform's configuration, read completely (I10), by address and by id.

    `absent` are the kinds whose collection the account does not have, each with the refusal of the platform.
    """

    __slots__ = ("absent", "account", "by_address", "by_id", "passes")

    def __init__(
        self,
        account: Account,
        objects: Iterable[Observed],
        *,
        passes: int = 1,
        absent: Mapping[str, Exception] = MappingProxyType({}),
    ) -> None:
        self.account = account
        self.absent = absent
        self.passes = passes
        self.by_address = {seen.address: seen for seen in objects}
        self.by_id = {(seen.address.kind, seen.remote_id): seen for seen in self.by_address.values()}

    def require(self, kinds: Iterable[str]) -> None:
        """Raise the refusal of a collection that is absent although these kinds have something declared or owned."""
        for kind in sorted(self.absent.keys() & set(kinds)):
            raise self.absent[kind]

    def __len__(self) -> int:
        return len(self.by_address)
