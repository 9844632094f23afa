"""One change of a plan: an address, an action, before and after, and why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.diffing.fields import FieldChange
from reconciler.model.address import Address
from reconciler.plan.action import Action


class ReasonCode(StrEnum):
    """Why an action was chosen. For reading only, but for LEFT_OUT and LET_GO, which guards look at."""

    DECLARED = "declared_not_found"
    CHANGED = "manifest_changed"
    DRIFTED = "live_changed"
    RENAMED = "renamed"
    IMMUTABLE = "immutable_field_changed"
    REMOVED = "removed_from_manifests"
    RETAINED = "removed_but_retained"
    ADOPTABLE = "exists_and_declared"
    LIFECYCLE = "lifecycle_changed"
    LET_GO = "let_go"
    VANISHED = "gone_from_platform"
    LEFT_OUT = "declaration_not_read"
    DEPENDS = "dependency_replaced"
    SECRET = "secret_changed"
    RELEASED = "field_released"


class Reversibility(StrEnum):
    """The cost of undoing an action (anchors 4-2)."""

    REVERSIBLE = "reversible"
    DISRUPTIVE = "disruptive"
    DESTRUCTIVE = "destructive"
    IRREVERSIBLE = "irreversible"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, in a code and a sentence, with the place in the manifests that says so (``file:line:column``)."""

    code: ReasonCode
    text: str
    source: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Impact:
    """How many SIMs a change touches (I12), when it takes effect, and what that does to sessions."""

    sims: int = 0
    effect: str = ""


NO_IMPACT = Impact()


_MARKS = {ReasonCode.LIFECYCLE, ReasonCode.RELEASED}
"""The reasons for which only the row of an object that is ours changes."""


@dataclass(frozen=True, slots=True)
class Change:
    """
    One address, one action.

    `before` and `after` hold the *managed* fields only for an update, and everything that is known for the other
    actions; secrets are references (`after`) or keyed digests (`before`). `remote_id` and `live_moniker` say
    which live object is meant; both are None for a create. `waits_for` are addresses whose changes come first.
    `fingerprint` is the digest of what was read of it (I7). `unmanaged_members` counts members of a
    newer platform that are carried along untouched. `adopts`: the object exists and becomes ours before it is updated;
    that is an entry of its own wherever a plan is shown (`adoption_of`), and one unit of work when it is applied.
    `filled` are fields of `after` that the manifest leaves out: they are written once and not managed. `reaches` are
    the primary groups, by live moniker, whose SIMs depend on the live object.
    `secret_digests` has the keyed digest of each secret of `after` that could be resolved, by dotted path.
    `released` are fields that we last applied and that the manifest no longer states, with the live values that stay.
    `row_version` is how often the store had written the object's row when the plan was made, None without a row.
    """

    address: Address
    action: Action
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: Reason
    fields: tuple[FieldChange, ...] = ()
    remote_id: str | None = None
    live_moniker: str | None = None
    waits_for: tuple[Address, ...] = ()
    fingerprint: str | None = None
    reversibility: Reversibility = Reversibility.REVERSIBLE
    impact: Impact = NO_IMPACT
    notes: tuple[str, ...] = ()
    unmanaged_members: int = 0
    protect: bool = False
    retain: bool = False
    adopts: bool = False
    secret_digests: Mapping[str, str] = field(default_factory=dict)
    filled: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()
    row_version: int | None = None
    released: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_plain_adoption(self) -> bool:
        """Whether an object that is as declared becomes ours, and nothing else changes."""
        return self.action is Action.ADOPT and self.reason.code not in _MARKS


def adoption_of(change: Change) -> Change:
    """The adoption that comes before an edit, as an entry of its own: it changes nothing and writes nothing."""
    return Change(
        change.address,
        Action.ADOPT,
        change.before,
        change.before,
        Reason(ReasonCode.ADOPTABLE, "it exists, and differs from its manifest", change.reason.source),
        remote_id=change.remote_id,
        live_moniker=change.live_moniker,
        fingerprint=change.fingerprint,
        protect=change.protect,
        retain=change.retain,
        row_version=change.row_version,
    )


def entries_of(changes: Iterable[Change]) -> Iterator[Change]:
    """Every entry that a plan shows: changes in their order, each edit of what is adopted after its adoption."""
    for change in changes:
        if change.adopts:
            yield adoption_of(change)
        yield change
