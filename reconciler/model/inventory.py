"""The objects that an estate owns on the platform, as the store remembers them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from reconciler.errors import PlanFileError
from reconciler.model.address import Address
from reconciler.model.snapshot import Account


class Origin(StrEnum):
    """How an object became ours (I6)."""

    CREATED = "created"
    ADOPTED = "adopted"


class Owned(NamedTuple):
    """
    One object that is ours: its address in the manifests, its platform id, and what we last made of it.

    `last_applied` holds the managed fields as last written, `secret_digests` the keyed digest of each secret field
    by dotted path. `protect` and `retain` outlive the manifest that asked for them (S19). `source` is the place of the
    last declaration, as ``file:line:column``. `item_names` are the names of the items of ordered lists, such as rules,
    by the platform's ids of them: field, id, name.
    """

    address: Address
    remote_id: str
    moniker: str
    origin: Origin = Origin.CREATED
    protect: bool = False
    retain: bool = False
    source: str | None = None
    last_applied: Mapping[str, Any] = MappingProxyType({})
    secret_digests: Mapping[str, str] = MappingProxyType({})
    row_version: int = 1
    item_names: Mapping[str, Mapping[str, str]] = MappingProxyType({})


class HeldSet(NamedTuple):
    """
    The SIMs that a list held when it was last applied: their group, how many, and the digest of their sorted numbers.

    Which they are is not kept: a million numbers would be a second copy of the files.
    """

    group: str
    sims: int
    digest: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """
    The objects that an estate owns, by address.

    `lineage` names the estate's history, None for one that the store does not know yet: a plan made against another
    lineage is refused (I16). `others` has the name of the estate of the same store that owns an object, by kind and id,
    `begun` the name of the one whose creation at an address has no outcome yet. `pinned_account` is
    the account that the store was first used with, or None before its first apply. `is_established`: an apply of the
    estate has completed. `sets` are the lists of SIMs that were last applied, by the text of their address. `slots` has
    the slot of each object that a template made.
    """

    lineage: str | None
    owned: Mapping[Address, Owned] = field(default_factory=dict)
    pinned_account: str | None = None
    pinned_origin: str | None = None
    serial: int = 0
    is_established: bool = False
    estate: str = ""
    others: Mapping[tuple[str, str], str] = field(default_factory=dict)
    begun: Mapping[Address, str] = field(default_factory=dict)
    sets: Mapping[str, HeldSet] = field(default_factory=dict)
    slots: Mapping[Address, str] = field(default_factory=dict)

    def objection_to(self, account: Account) -> PlanFileError | None:
        """The error if the store belongs to another platform or account (F16). An unknown identity is no error (A5)."""
        if self.pinned_origin not in {None, account.origin}:
            message = f"the store belongs to the platform {self.pinned_origin}, not to {account.origin}"
            return PlanFileError(message, hint="check the token and --platform, or use another store")
        if account.identity is not None and self.pinned_account not in {None, account.identity}:
            message = f"the store belongs to the account {self.pinned_account}, this token to {account.identity}"
            return PlanFileError(message, hint="use the token of the right account, or another store")
        return None

    def owner_of(self, address: Address, remote_id: str) -> str | None:
        """The other estate that a live object belongs to, or may: then its outcome is for that estate to find out."""
        return self.others.get((address.kind, remote_id)) or self.begun.get(address)
