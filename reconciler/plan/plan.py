"""The plan: the whole of what apply will do, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from reconciler.diffing.fields import FieldChange
from reconciler.errors import PlanFileError
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.snapshot import Account
from reconciler.plan.action import Action
from reconciler.plan.change import Change, entries_of
from reconciler.plan.consideration import Consideration
from reconciler.plan.facts import NO_FACTS, Facts
from reconciler.plan.grounds import NO_GROUNDS, Grounds
from reconciler.plan.limits import Guard
from reconciler.plan.not_compared import Uncompared
from reconciler.plan.revision_facts import RevisionFacts
from reconciler.plan.roster import NO_ROSTER, RosterAction, RosterPlan
from reconciler.plan.slots import NO_SLOTS, Slots
from reconciler.plan.waivers import NO_WAIVERS, Waivers

FORMAT_VERSION: Final = "2.0"


class Verdict(StrEnum):
    """The answer of a guard: fine, worth a look, no but for the consent or the waiver that was given, or no."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    ALLOWED = "allowed"
    WAIVED = "waived"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class GuardResult:
    """
    One guard's verdict over the whole plan.

    `measured` is the number it looked at, `limit` the one it holds it to;
    `next_step` says what to do about a refusal.
    """

    guard: str
    verdict: Verdict
    message: str
    next_step: str = ""
    addresses: tuple[Address, ...] = ()
    measured: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """One object that differs from what was last applied although the manifests did not ask for it."""

    address: Address
    fields: tuple[FieldChange, ...]
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """One live object that these manifests neither declare nor own, and whose it is, if known. It is left alone."""

    address: Address
    sims: int | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """The inputs of a plan: tool, account, inventory, and digests of manifests and policy."""

    tool_version: str
    account: Account
    lineage: str | None
    serial: int
    manifests: str
    policy: str
    estate: str

    def objection_to(self, account: Account, inventory: Inventory, *, is_begun: bool) -> PlanFileError | None:
        """
        The error if the plan is for another estate, account or store, or the store is older than the plan (I16, F22).

        An unknown identity is no error (A5). `is_begun`: an apply of this plan has begun in this store, so the store
        may own what a first plan has made.
        """
        message = hint = ""
        if self.estate != inventory.estate:
            message = f"the plan is of the estate {self.estate}, not of {inventory.estate}"
            hint = "apply it in the folder of its estate, or plan again here"
        elif self.account.origin != account.origin:
            message = f"the plan was made for {self.account.platform}, not for {account.platform}"
            hint = "check --platform, or plan again"
        elif None not in {self.account.identity, account.identity} and self.account.identity != account.identity:
            message = f"the plan is for the account {self.account.identity}, the token is of {account.identity}"
            hint = "check the token, or plan again"
        elif self.lineage is not None and self.lineage != inventory.lineage:
            message = "the plan was made with another store"
            hint = "use the store that the plan was made with (see reconciler.yaml), or plan again"
        elif self.lineage is None and inventory.owned and not is_begun:
            message = "the plan was made without a store, and there is one now that owns objects"
            hint = "plan again"
        elif self.lineage is not None and self.serial > inventory.serial:
            message = f"the store is older than the plan (serial {inventory.serial}, the plan saw {self.serial})"
            hint = "it was probably restored from a backup; plan again and look closely"
        return PlanFileError(message, hint=hint) if message else inventory.objection_to(account)


@dataclass(frozen=True, slots=True)
class Plan:
    """
    The whole of what apply will do: apply reads no manifest.

    `changes` are in an order that satisfies every `waits_for`. A replacement is one change with action *replace*:
    apply deletes the old object, then creates the new one. `unchanged` counts objects that match. `sims` is the
    number of SIMs in the account (in its primary groups, where the manifests say nothing of SIMs), `sims_touched` how
    many of them any change reaches, each counted once (I12). `roster` is what happens to SIMs: after the upserts of
    `changes`, before the deletions. `facts` are what the guards with a limit need besides, `grounds` what the
    structural guards do. `guards` are the verdicts of the structural guards, which follow from the rest of the plan;
    `verdicts` are those of the guards with a limit, which follow from the plan and the caller's limits and consents;
    they are part of no plan file, and neither are the `waivers` that they were given under. `uncompared` are the
    secrets of which the plan says nothing. `revision` is the part that the manifests of the base revision ask for as
    well, None where no base was named. `consideration` is the part of the estate that a caller chose, None for all of
    it. `slots` are those of objects that templates make, as far as the inventory has to learn
    them.
    """

    basis: Basis
    changes: tuple[Change, ...] = ()
    drift: tuple[Drift, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    guards: tuple[GuardResult, ...] = ()
    unchanged: int = 0
    sims: int = 0
    sims_touched: int = 0
    roster: RosterPlan = NO_ROSTER
    facts: Facts = NO_FACTS
    uncompared: tuple[Uncompared, ...] = ()
    grounds: Grounds = NO_GROUNDS
    revision: RevisionFacts | None = None
    consideration: Consideration | None = None
    slots: Slots = NO_SLOTS
    verdicts: tuple[GuardResult, ...] = field(default=(), compare=False)
    waivers: Waivers = field(default=NO_WAIVERS, compare=False)

    @property
    def is_empty(self) -> bool:
        """True if nothing changes, on the platform or in the inventory."""
        return not self.has_work

    @property
    def has_work(self) -> bool:
        """True if applying does anything, even if only in the inventory."""
        return bool(self.changes or self.grounds.released) or not self.roster.is_empty

    def objections(self, allowed: int = 0) -> tuple[GuardResult, ...]:
        """
        The verdicts that refuse this plan; it may be applied if there are none. This is the one place that decides it.

        Without `verdicts`, exactly the `allowed` number of SIMs may be terminated.
        """
        found = [result for result in (*self.guards, *self.verdicts) if result.verdict is Verdict.DENY]
        ending = self.roster.count(RosterAction.TERMINATE)
        if not self.verdicts and ending not in {0, allowed}:
            guard = Guard.TERMINATIONS.value
            message = f"{ending:,} SIMs would be terminated, and {allowed:,} are allowed to be"
            step = f"if that is meant, add --allow {guard}={ending}"
            found.append(GuardResult(guard, Verdict.DENY, message, step, (), ending, allowed))
        return tuple(found)

    @property
    def counts(self) -> Mapping[Action, int]:
        """How many entries of each action; every action is present. An edit of what is adopted is two entries."""
        totals = dict.fromkeys(Action, 0)
        for entry in entries_of(self.changes):
            totals[entry.action] += 1
        return totals
