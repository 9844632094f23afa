"""
Rosters: which SIM is meant to be in which group, compact enough for a million of them.

A SIM is an integer (`iccid`), its place in the map the number of the set that lists it. Only SIMs with settings of
their own have an entry besides. Nothing here is a resource, a node of a graph or a row object.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

ATTRIBUTES = ("displayName", "reference", "tags", "staticIPv4", "imeiLock", "keyValues", "state")
"""The settings of a single SIM besides its group, in the words of manifests."""


@dataclass(frozen=True, slots=True)
class Selector:
    """SIMs by live tags and reference (a shell pattern), in the groups named (by moniker)."""

    groups: frozenset[str]
    all_tags: frozenset[str] = frozenset()
    any_tags: frozenset[str] = frozenset()
    no_tags: frozenset[str] = frozenset()
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimSet:
    """
    One EndpointSet, or one Endpoint (then a set of one), without its members.

    `group` is a moniker, or None for an Endpoint that says nothing of its group. `move_to` and `suspends` say what
    happens to unlisted SIMs of the group of an exclusive set; neither: they are reported. `excluded` SIMs are not
    meant, whoever lists them; those excluded by ICCID were left out before.
    """

    address: str
    group: str | None
    is_exclusive: bool = False
    move_to: str | None = None
    suspends: bool = False
    batch: int = 500
    most_moves: int | str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    selectors: tuple[Selector, ...] = ()
    excluded: tuple[Selector, ...] = ()
    excluded_references: frozenset[str] = frozenset()


@dataclass(slots=True)
class Roster:
    """
    The desired side.

    `members` maps the SIM (its ICCID as an integer) to the number of its set in `sets`. `references` does the same
    for SIMs that are named by reference. `settings` has what is said of single SIMs, by SIM; `settings_by_reference`
    of those named so. `endpoints` maps SIMs with an Endpoint of their own to its number in `sets`. `activation` has the
    secret reference of each activation code, by SIM. `files` are the digests of what was read.

    For the causes of changes: `said` names what an Endpoint says of its SIM, `reference_rows` has the places of rows
    with a reference, and `rows` finds those of SIMs (``file:line``) by reading lists and files again.
    """

    sets: list[SimSet] = field(default_factory=list)
    members: dict[int, int] = field(default_factory=dict)
    references: dict[str, int] = field(default_factory=dict)
    settings: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    settings_by_reference: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    excluded: dict[int, frozenset[int]] = field(default_factory=dict)
    endpoints: dict[int, int] = field(default_factory=dict)
    activation: dict[int, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    said: dict[int, tuple[str, ...]] = field(default_factory=dict)
    reference_rows: dict[str, str] = field(default_factory=dict)
    rows: Callable[[AbstractSet[int]], Mapping[int, str]] = field(default=lambda _: {}, repr=False, compare=False)

    def without_removals(self) -> "Roster":
        """The same, and nothing happens to a SIM that no list has: it may be in one that was not read."""
        return replace(self, sets=[replace(one, move_to=None, suspends=False) for one in self.sets])

    @property
    def asks_for_more(self) -> bool:
        """Whether anything needs a SIM's name, tags or reference from the platform, not only where it is."""
        return bool(
            self.settings
            or self.references
            or any(s.selectors or s.excluded or s.excluded_references or s.attributes for s in self.sets)
        )
