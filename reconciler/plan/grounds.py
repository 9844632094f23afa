"""
The grounds of the structural verdicts: what they rest on and the changes of a plan do not say.

They are read when the plan is made and are part of its body, so that the verdicts follow from the body and are never
believed from a file. Apply reads those of live objects again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.address import Address


@dataclass(frozen=True, slots=True)
class Claims:
    """SIMs that two sets claim for different groups: the sets, how many SIMs, and some of them."""

    first: str
    second: str
    count: int
    some: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MoveLimit:
    """How many SIMs a set lets move at once (a number, or a share of those that it has), and how many it has."""

    address: str
    most: int | str
    size: int

    @property
    def bound(self) -> int:
        """The limit as a number."""
        return self.size * int(self.most.removesuffix("%")) // 100 if isinstance(self.most, str) else self.most


@dataclass(frozen=True, slots=True)
class GroupNet:
    """The subnet of a live group, its VSlice, and the SIMs that are in the group."""

    vslice: str
    subnet: str
    sims: int


@dataclass(frozen=True, slots=True)
class Outside:
    """An object or a set outside of the estate's scope, of which the plan does nothing: what is said of it."""

    address: Address
    text: str
    next_step: str
    is_refused: bool
    sims: int | None = None


@dataclass(frozen=True, slots=True)
class ReleasedSet:
    """A list of SIMs that was applied and is not declared any more: its group, and the SIMs that it held."""

    address: str
    group: str
    sims: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """
    The facts that were read.

    Of declarations: `foreign` exist and have no owner, `others` belong to another estate of the store, `former` have a
    former name that lives beside the new one, `outside` are outside of the scope. `made_beside` are those that another
    run made ours while the plan was made, `running` says who was applying then.

    Of live objects that change: `fixed` are the platform's own, `held` counts the SIMs in groups that go (by moniker),
    `users` has what refers to an object that goes (by address). `others_groups` are the groups of other estates whose
    SIMs the plan changes. `nets` has the subnets that SIMs arrive in, by the moniker that a group is to have.
    `pinned_account` is the store's. `routed` has the routing policy of each group that SIMs leave or arrive in, by the
    moniker that the group is to have, and `policies` what changes of a plan do not say of the policies that SIMs had
    or get: rules and status, by live moniker.

    Of sets: `claims` and `limits`, and those that are `released`.
    """

    foreign: tuple[Address, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)
    outside: tuple[Outside, ...] = ()
    made_beside: tuple[Address, ...] = ()
    running: str | None = None
    fixed: tuple[Address, ...] = ()
    held: Mapping[str, int] = field(default_factory=dict)
    users: Mapping[str, tuple[Address, ...]] = field(default_factory=dict)
    others_groups: Mapping[str, str] = field(default_factory=dict)
    nets: Mapping[str, GroupNet] = field(default_factory=dict)
    pinned_account: str | None = None
    claims: tuple[Claims, ...] = ()
    limits: tuple[MoveLimit, ...] = ()
    routed: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    released: tuple[ReleasedSet, ...] = ()


NO_GROUNDS = Grounds()
