"""Everything that a plan depends on, as one value."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from reconciler.diffing.rosters import RosterDifference
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.resource import Resources
from reconciler.model.roster import Roster
from reconciler.model.scope import ANYTHING, Scope
from reconciler.model.secret import SecretRef
from reconciler.model.snapshot import Snapshot
from reconciler.plan.consideration import Consideration
from reconciler.plan.grounds import ReleasedSet
from reconciler.plan.plan import Basis

REMOVAL = "it is ours and no longer declared"
LEFT_OUT = "it is ours, and what declares it was not read"
LET_GO = "it is named to be forgotten, and the platform keeps it"

Where = Callable[[Address, tuple[str | int, ...]], str | None]
"""The place of a field in the manifests, as ``file:line:column``."""


@dataclass(frozen=True, slots=True)
class Situation:
    """
    Everything that a plan depends on.

    `secret_digest` gives the keyed digest of a secret (a reference, or a URL that counts as one), or None when it
    cannot be resolved here, or there is no key; `has_secret` says whether a reference leads to a value. `adopts` says
    whether existing objects that are declared may be adopted. `removal` says why
    what is ours and not in `estate` goes, `is_unread` whether a file is there that was not read for this plan.
    `roster` and `difference` are what is declared of SIMs and how live differs
    from it. `is_partial`: only a part of the estate was read, so what is not in `estate` stays as it is, unless the
    plan `prunes`. `scope` is what the estate may own. `let_go` are addresses that somebody named to stop being ours.
    `released` are lists of SIMs that were applied and are not declared any more.
    `consideration` is the part that a caller chose: the rest is left alone.
    """

    estate: Resources
    snapshot: Snapshot
    inventory: Inventory | None
    basis: Basis
    where: Where
    secret_digest: Callable[[Any], str | None]
    adopts: bool = False
    removal: str = REMOVAL
    is_unread: Callable[[str], bool] = lambda _: False
    roster: Roster | None = None
    difference: RosterDifference | None = None
    is_partial: bool = False
    prunes: bool = False
    has_secret: Callable[[SecretRef], bool] = lambda _: True
    scope: Scope = ANYTHING
    let_go: AbstractSet[Address] = frozenset()
    released: tuple[ReleasedSet, ...] = ()
    consideration: Consideration | None = None
