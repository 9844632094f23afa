"""Plans that are made from dangers and harmless changes, with the answers that follow from how each was made."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from reconciler.model.address import Address
from reconciler.model.snapshot import Account
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.deriving import derived
from reconciler.plan.facts import Facts
from reconciler.plan.judging import with_verdicts
from reconciler.plan.limits import STANDARD
from reconciler.plan.plan import Basis, Plan
from reconciler.plan.planfile import digest_of
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan
from reconciler.reports.plan_view import NO_CONTEXT, PlanView, ReportContext
from reconciler.reports.viewing import view_of

_EMPTY = f"sha256:{'0' * 64}"
_RULE = {"name": "web", "direction": "uplink", "action": "drop", "match": {"destination": "10.0.0.0/8"}}
FLEET = 12_000


@dataclass
class DrawnPlan:
    """
    A plan in the making. Each method adds changes and notes what a reviewer has to be told of them.

    `refusals` and `consents` are the guards that will object, `touched` the SIMs.
    """

    estate: str = "fleet"
    changes: list[Change] = field(default_factory=list)
    actions: list[RosterChange] = field(default_factory=list)
    sims: int = FLEET
    refusals: list[str] = field(default_factory=list)
    consents: list[str] = field(default_factory=list)
    touched: int = 0
    terminated: int = 0
    destroyed: dict[str, int] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)

    def harmless(self, count: int, *, alike: bool = False) -> "DrawnPlan":
        """Other labels of so many policies, which no SIM notices."""
        for number in range(count):
            name = "same" if alike else f"Policy {number}"
            self._edit(Address("OperatorPolicy", f"calm-{number}"), {"displayName": "before"}, {"displayName": name})
        return self

    def create(self, names: Iterable[str], label: str = "new") -> "DrawnPlan":
        """So many new event maps, which nothing uses yet."""
        for name in names:
            reason = Reason(ReasonCode.DECLARED, "it does not exist", "estate/new.yaml:1:1")
            after = {"displayName": label, "scope": "account", "subscriptions": []}
            self.changes.append(Change(Address("EventMap", name), Action.CREATE, None, after, reason))
        return self

    def touch(self, groups: int = 4, each: int = 3_000) -> "DrawnPlan":
        """One rule of a policy that so many groups use, all SIMs of the fleet."""
        reached = {f"group-{number}": each for number in range(groups)}
        self.groups |= reached
        after: dict[str, object] = {"rules": [{**_RULE, "match": {"destination": "10.0.0.0/9"}}]}
        self._edit(Address("RoutingPolicy", "fleet-route"), {"rules": [_RULE]}, after, tuple(reached))
        self.touched += groups * each
        self.consents.append("simsTouched")
        return self

    def delete(self, names: Iterable[str], *, kind: str = "OperatorPolicy", protect: bool = False) -> "DrawnPlan":
        """Deletions; more than three of a kind need a consent, protected ones are refused."""
        named = list(names)
        for name in named:
            reason = Reason(ReasonCode.REMOVED, "it is ours and no longer declared")
            before = {"displayName": name}
            address = Address(kind, name)
            self.changes.append(
                Change(address, Action.DELETE, before, None, reason, live_moniker=name, protect=protect)
            )
        self.destroyed[f"{kind} deleted"] = self.destroyed.get(f"{kind} deleted", 0) + len(named)
        if protect:
            self.refusals.append("protect")
        if self.destroyed[f"{kind} deleted"] > 3 and "deletions" not in self.consents:
            self.consents.append("deletions")
        return self

    def replace(self, names: Iterable[str]) -> "DrawnPlan":
        """Routing targets whose VSlice changes, which makes each of them anew."""
        named = list(names)
        for name in named:
            reason = Reason(ReasonCode.IMMUTABLE, "vslice cannot change after creation", "estate/a.yaml:3:3", "D-8")
            before, after = {"vslice": "one"}, {"vslice": "two"}
            address = Address("RoutingTarget", name)
            self.changes.append(Change(address, Action.REPLACE, before, after, reason, live_moniker=name))
        self.destroyed["RoutingTarget replaced"] = len(named)
        if len(named) > 3 and "deletions" not in self.consents:
            self.consents.append("deletions")
        return self

    def terminate(self, count: int) -> "DrawnPlan":
        """SIMs that end for good."""
        self._act(RosterAction.TERMINATE, count, first=0)
        self.terminated += count
        self.consents.append("terminations")
        return self

    def move(self, count: int) -> "DrawnPlan":
        """SIMs that leave their group for another one; more than 500 of the fleet need a consent."""
        self._act(RosterAction.MOVE, count, first=100_000)
        if count > 500:
            self.consents.append("simMoves")
        return self

    def plan(self) -> Plan:
        """The plan with everything that follows from its changes, and the verdicts under the limits of the design."""
        basis = Basis("0", Account("https://platform.example", "account"), "l", 1, _EMPTY, _EMPTY, self.estate)
        kinds = {change.address.kind for change in self.changes}
        # No kind is emptied, and a tenth of each is at most three.
        facts = Facts(
            owned=dict.fromkeys(kinds, 30),
            sims={**self.groups, **({} if self.groups else {"idle": self.sims})},
            own_groups=tuple(self.groups) or ("idle",),
            is_established=True,
        )
        roster = RosterPlan(changes=tuple(self.actions), managed=self.sims)
        made = Plan(basis, tuple(self.changes), sims=self.sims, roster=roster, facts=facts)
        return with_verdicts(derived(made), STANDARD)

    def view(self, context: ReportContext = NO_CONTEXT) -> PlanView:
        """The view of the plan."""
        plan = self.plan()
        return view_of(plan, digest_of(plan), context)

    @property
    def going(self) -> str:
        """The word of the verdict."""
        return "REFUSED" if self.refusals else "NEEDS CONSENT" if self.consents else "OK"

    @property
    def worst(self) -> str:
        """The guard that is named first: a refusal, else the first consent in the order of the guards' table."""
        table = ("terminations", "simMoves", "simsTouched", "deletions")
        return [*self.refusals, *(guard for guard in table if guard in self.consents), ""][0]

    @property
    def objecting(self) -> int:
        """How many guards object."""
        return len({*self.refusals, *self.consents})

    def shuffled(self, chance: random.Random) -> "DrawnPlan":
        """The same changes, the dangers at random places among them."""
        chance.shuffle(self.changes)
        return self

    def _edit(
        self, address: Address, before: dict[str, object], after: dict[str, object], reaches: tuple[str, ...] = ()
    ) -> None:
        reason = Reason(ReasonCode.CHANGED, "the manifest differs from the platform", "estate/b.yaml:7:3")
        self.changes.append(
            Change(address, Action.UPDATE, before, after, reason, live_moniker=address.name, reaches=reaches)
        )

    def _act(self, action: RosterAction, count: int, *, first: int) -> None:
        numbers = tuple(f"8988228{first + number:012d}" for number in range(count))
        target = "other" if action is RosterAction.MOVE else None
        made = RosterChange(
            action=action,
            address="EndpointSet/lorries",
            source="idle",
            target=target,
            iccids=numbers,
            place="e.yaml:1:1",
        )
        self.actions.append(made)
        self.touched += count


def names(stem: str, count: int) -> list[str]:
    """So many names."""
    return [f"{stem}-{number}" for number in range(count)]


PREPARED: dict[str, Callable[[], DrawnPlan]] = {
    "nothing changes": DrawnPlan,
    "one label": lambda: DrawnPlan().harmless(1),
    "new objects": lambda: DrawnPlan().create(names("map", 12)),
    "a rule for the whole fleet": lambda: DrawnPlan().touch(),
    "three hundred SIMs terminated": lambda: DrawnPlan().terminate(300),
    "a protected object deleted": lambda: DrawnPlan().delete(["holy"], protect=True),
    "two targets replaced": lambda: DrawnPlan().replace(names("target", 2)),
    "everything at once": lambda: (
        DrawnPlan().touch().terminate(7).delete(names("gone", 9)).delete(["holy"], kind="VSlice", protect=True)
    ),
    "one termination in 48,000 changes": lambda: DrawnPlan().harmless(47_999).terminate(1),
    "one deletion in 48,000 changes": lambda: DrawnPlan().harmless(47_999).delete(["gone"]),
    "a protected object in 48,000 changes": lambda: DrawnPlan().harmless(47_999).delete(["holy"], protect=True),
    "a rule for the fleet in 48,000 changes": lambda: DrawnPlan().harmless(47_999, alike=True).touch(),
}
"""Twelve plans: good, dangerous, and dangerous ones hidden among many harmless changes."""
