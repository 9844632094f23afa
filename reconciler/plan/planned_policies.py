"""The routing policies that SIMs have before and after a plan, from its changes and grounds. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.diffing.canonical import normal
from reconciler.kinds import kind_named, policy_field
from reconciler.model.kind import Kind
from reconciler.model.references import bare
from reconciler.model.traffic.policies import PolicyFields, TrafficPolicy, unread_policy
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.plan import Plan
from reconciler.plan.roster import RosterAction, RosterChange

Cause = Change | RosterChange
Monikers = tuple[str | None, str | None]
"""Of a policy on the platform, and of one by the plan; None for no policy."""

_UNREAD = unread_policy("a policy that was not read")
_NO_POLICY = unread_policy("a group without a routing policy")
_EDITING = {Action.UPDATE, Action.REPLACE}


class PlannedPolicies:
    """The policies of a plan before and after it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._field, self._kind = policy_field()
        changes = [change for change in plan.changes if change.address.kind == self._kind.name]
        self._by_live = {change.live_moniker: change for change in changes if change.live_moniker is not None}
        self._by_name = {change.address.name: change for change in changes if change.after is not None}
        self._groups = {c.address.name: c for c in plan.changes if kind_named(c.address.kind).holds_sims}
        self._renames = {
            (change.address.kind, change.live_moniker): change.address.name
            for change in plan.changes
            if change.live_moniker and change.after is not None and change.live_moniker != change.address.name
        }

    def pairs(self) -> dict[Monikers, list[Cause]]:
        """Each pair of policies that SIMs have before and after, with its causes."""
        found: dict[Monikers, list[Cause]] = {}
        for change in self._by_name.values():
            if self._is_edited(change):
                found.setdefault((change.live_moniker, change.address.name), []).append(change)
        for change in self._groups.values():
            if change.action is Action.UPDATE and any(field.path == self._field for field in change.fields):
                key = self._named(change.before), self._named(change.after)
                found.setdefault(key, []).append(change)
        for move in moves_between_groups(self._plan):
            before, after = self._policy_of(str(move.source)), self._policy_after(str(move.target))
            if self._planned(before) != after or (before, after) in found:
                found.setdefault((before, after), []).append(move)
        return found

    def needed(self) -> dict[tuple[str, str], frozenset[str]]:
        """The live policies of all pairs, by both monikers, and the fields of each that no change says."""
        found = {}
        for before, after in self.pairs():
            for name in (before, self._live(after)):
                if name is not None:
                    change = self._by_live.get(name)
                    said = change.before if change is not None else None
                    found[name, str(self._planned(name))] = self._fields.names - frozenset(said or ())
        return found

    def live_group(self, group: str) -> str | None:
        """The moniker of a group on the platform, by the one that it is to have; None for a new one."""
        change = self._groups.get(group)
        return group if change is None else change.live_moniker

    def before(self, moniker: str | None) -> TrafficPolicy:
        """A policy as it is on the platform, its targets named as they are to be."""
        if moniker is None:
            return _NO_POLICY
        return self._read(self._live_part(moniker))

    def after(self, moniker: str | None) -> TrafficPolicy:
        """A policy as it is to be."""
        if moniker is None:
            return _NO_POLICY
        change = self._by_name.get(moniker)
        if change is None:
            return self.before(moniker)
        wanted = self._fields.part(change.after or {})
        if change.action is Action.UPDATE:
            return self._read({**self._live_part(str(change.live_moniker)), **wanted})
        return self.before(change.live_moniker) if change.action is Action.ADOPT else self._fields.policy(wanted)

    @property
    def _fields(self) -> PolicyFields:
        return traffic_fields(self._kind)

    def _live_part(self, moniker: str) -> dict[str, Any]:
        change = self._by_live.get(moniker)
        said = {} if change is None or change.before is None else self._fields.part(change.before)
        return {**self._plan.grounds.policies.get(moniker, {}), **said}

    def _read(self, part: Mapping[str, Any]) -> TrafficPolicy:
        if not self._fields.names <= part.keys():
            return _UNREAD
        return self._fields.policy(normal(self._kind, part, renames=self._renames) if self._renames else part)

    def _is_edited(self, change: Change) -> bool:
        roots = (field.path.partition("[")[0].partition(".")[0] for field in change.fields)
        return change.action in _EDITING and not self._fields.names.isdisjoint(roots)

    def _named(self, spec: Mapping[str, Any] | None) -> str | None:
        value = (spec or {}).get(self._field)
        return None if value is None else bare(str(value))

    def _policy_of(self, group: str) -> str | None:
        """The policy that a group has on the platform."""
        change = self._groups.get(group)
        if change is not None and change.before is not None and self._field in change.before:
            return self._named(change.before)
        return self._plan.grounds.routed.get(group)

    def _policy_after(self, group: str) -> str | None:
        change = self._groups.get(group)
        if change is not None and change.after is not None and self._field in change.after:
            return self._named(change.after)
        return self._planned(self._policy_of(group))

    def _planned(self, moniker: str | None) -> str | None:
        """The moniker that a live policy is to have."""
        return self._renames.get((self._kind.name, str(moniker)), moniker)

    def _live(self, moniker: str | None) -> str | None:
        """The moniker that a policy has on the platform, by the one that it is to have; None for a new one."""
        change = self._by_name.get(str(moniker))
        return moniker if change is None else change.live_moniker


def moves_between_groups(plan: Plan) -> Iterator[RosterChange]:
    """The moves of SIMs that have a group: those that come into their first one had no traffic before."""
    return (change for change in plan.roster.of(RosterAction.MOVE) if change.source is not None)


def traffic_fields(kind: Kind) -> PolicyFields:
    """The fields of a kind of routing policies; `TypeError` for another kind."""
    if kind.traffic is None:
        message = f"{kind.name} is no routing policy"
        raise TypeError(message)
    return kind.traffic
