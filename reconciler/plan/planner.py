"""
The planner: (declared, live, inventory) → plan. Pure.

Three subtleties. The declared fields are merged over the live ones before anything is compared, so that fields that
are not managed here never differ. Upserts are ordered by what the declarations refer to, deletions by what the live
objects refer to. And a refusal never hides the plan: guards are verdicts in it.

Length: one pass over the declarations and one over the inventory, whose steps share the draft.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.diffing.canonical import comparable, created, normal, unmanaged_fields
from reconciler.diffing.fields import FieldChange
from reconciler.diffing.naming import name_unnamed
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode, Reversibility
from reconciler.plan.comparing import Comparison, compare, fingerprint, known_by_id, managed_fields, rename_change
from reconciler.plan.deriving import Renames, fields_of
from reconciler.plan.drifting import drift_of, not_accepted
from reconciler.plan.former_names import ignored_name
from reconciler.plan.impact import total_sims
from reconciler.plan.lifecycle import is_lifted, is_outdated, is_settled, lifecycle_text, lifting
from reconciler.plan.matching import Match, Presence, matches
from reconciler.plan.needed_secrets import missing_codes, secret_digests, uncompared
from reconciler.plan.not_compared import Uncompared
from reconciler.plan.owners import owner_of, owner_of_match
from reconciler.plan.plan import Drift, GuardResult, Plan, Unmanaged
from reconciler.plan.reasons import reason_of
from reconciler.plan.releases import is_released, released_fields
from reconciler.plan.removing import removal
from reconciler.plan.scoping import left_alone, match_outside, outside_of, owned_outside, sims_outside, verdict_on
from reconciler.plan.shadows import with_shadows
from reconciler.plan.situation import Situation
from reconciler.plan.slots import slots_of


def make_plan(situation: Situation) -> Plan:
    """The plan. A law: the same situation gives the same plan, byte for byte."""
    draft = _Draft(situation)
    draft.declared()
    draft.removed()
    changes = tuple(draft.changes.values())
    if changes:
        # Imported here: a plan without changes must not pay for the graph library (performance row 25).
        from reconciler.plan.sequence import sequenced

        changes = sequenced(changes, situation.snapshot)
    plan = Plan(
        basis=situation.basis,
        changes=changes,
        drift=tuple(sorted(draft.drift, key=lambda drift: drift.address)),
        unmanaged=draft.unmanaged(),
        unchanged=draft.unchanged,
        sims=total_sims(situation.snapshot),
        uncompared=tuple(draft.uncompared),
        consideration=situation.consideration,
        slots=slots_of(situation.estate, situation.inventory, changes),
    )
    if situation.roster is not None and situation.difference is not None:
        from reconciler.plan.roster_planner import with_roster

        plan = with_roster(plan, situation.roster, situation.difference, situation.where)
        codes = missing_codes(plan.roster, situation.has_secret)
        plan = replace(plan, uncompared=(*plan.uncompared, *codes))
    outside = [*draft.outside, *sims_outside(situation.scope, situation.difference, situation.roster, situation.where)]
    from reconciler.plan.guards import judged

    grounds = replace(
        plan.grounds,
        foreign=tuple(draft.foreign),
        others=draft.others,
        former=draft.ignored,
        outside=tuple(map(outside_of, outside)),
        released=situation.released,
    )
    plan = replace(plan, grounds=grounds)
    return judged(plan, situation.snapshot, inventory=situation.inventory, roster=situation.roster)


class _Draft:
    """A plan in the making."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.changes: dict[Address, Change] = {}
        self.drift: list[Drift] = []
        self.foreign: list[Address] = []
        self.ignored: dict[str, str] = {}
        self.outside: list[GuardResult] = []
        self.others: dict[str, str] = {}
        self.unchanged = 0
        self.uncompared: list[Uncompared] = []
        self._taken: set[tuple[str, str]] = set()
        self._claimed: set[Address] = set()
        self._renames: Renames = {}

    def declared(self) -> None:
        """A change for each declaration that is not as it should be."""
        situation = self.situation
        found = list(matches(situation.estate, situation.snapshot, situation.inventory))
        self._renames = {
            (m.live.address.kind, m.live.address.name): m.resource.address.name
            for m in found
            if m.live is not None and m.is_rename and (situation.adopts or m.presence is not Presence.FOREIGN)
        }
        for match in found:
            self.ignored.update((str(new), str(old)) for new, old in ignored_name(match, situation))
            if match.owned is not None and match.owned.address != match.resource.address:
                self._claimed.add(match.owned.address)
            if match.live is not None:
                self._taken.add((match.live.address.kind, match.live.remote_id))
            if owner := owner_of_match(match, situation.inventory):
                self.others[str(match.resource.address)] = owner
            elif match.live is None:
                self._create(match)
            elif match.presence is Presence.FOREIGN and not situation.adopts:
                self.foreign.append(match.resource.address)
            else:
                self._existing(match, match.live)
            self._hold_to_scope(match)

    def _hold_to_scope(self, match: Match) -> None:
        address = match.resource.address
        if str(address) not in self.others and (why := match_outside(match, self.situation.scope)):
            self.outside.append(verdict_on(match, why, self.changes.pop(address, None), self.situation))
            self.foreign = [other for other in self.foreign if other != address]

    def _create(self, match: Match) -> None:
        resource = match.resource
        kind = kind_named(resource.address.kind)
        vanished = match.presence is Presence.VANISHED
        code = ReasonCode.VANISHED if vanished else ReasonCode.DECLARED
        text = "it is gone from the platform" if vanished else "it is declared and does not exist"
        if vanished:
            self.drift.append(Drift(resource.address, (), vanished=True))
        former = resource.lifecycle.renamed_from
        digests = self._digests(kind, resource.spec)
        self.uncompared += uncompared(resource, None, digests, self.situation.has_secret)
        notes = () if former is None else (f"nothing is called {former} any more or yet, so nothing is renamed (D-5)",)
        self._add(
            Change(
                resource.address,
                Action.CREATE,
                None,
                created(kind, resource.address.name, resource.spec),
                Reason(code, text, self._place(resource, ("metadata", "name"))),
                notes=notes,
                filled=unmanaged_fields(kind, resource.address.name, resource.spec),
                secret_digests=digests,
                protect=resource.lifecycle.protect,
                retain=resource.lifecycle.retain,
            )
        )

    def _existing(self, match: Match, live: Observed) -> None:
        resource, kind = match.resource, kind_named(match.resource.address.kind)
        if match.owned is not None and not self._renames and is_settled(match.owned, resource, live):
            self.unchanged += 1
            return
        digests = self._digests(kind, resource.spec) if kind.secret_paths else {}
        live = known_by_id(kind, live, match.owned)
        declared = managed_fields(kind, resource.spec, live, unmanaged=resource.lifecycle.unmanaged)
        self.uncompared += uncompared(resource, live.spec, digests, self.situation.has_secret)
        difference = compare(kind, declared, live, digests=digests, renames=self._renames)
        adopts = match.presence is Presence.FOREIGN
        if (
            match.owned is not None
            and (drift := drift_of(match.owned, live, kind, self.situation.snapshot)) is not None
        ):
            self._note_drift(drift, declared, live, digests)
        if match.owned is not None and is_lifted(match.owned, resource) and live.address == match.owned.address:
            self._lift(match.owned, resource, live)
            return
        if difference is None and not match.is_rename:
            self.unchanged += not adopts
            # The inventory row of an object may change without the object: nothing is sent for that either.
            owned = match.owned
            if adopts or (owned is not None and (is_outdated(owned, resource) or is_released(owned, resource))):
                self._adopt(match, live, declared, digests)
            return
        self._add(self._edit(match, live, difference, digests=digests, adopts=adopts))

    def _lift(self, owned: Owned, resource: Resource, live: Observed) -> None:
        """Protection or retention ends, and nothing else happens to the object in this plan: what does is reviewed."""
        reason = Reason(ReasonCode.LIFECYCLE, lifecycle_text(owned, resource), self._place(resource, ("metadata",)))
        self._add(lifting(owned, resource, live, reason))

    def _adopt(self, match: Match, live: Observed, declared: Mapping[str, Any], digests: Mapping[str, str]) -> None:
        resource, owned = match.resource, match.owned
        seen = name_unnamed(kind_named(resource.address.kind), live.spec, declared)
        code, text = ReasonCode.ADOPTABLE, "it exists as declared"
        released = {} if owned is None else released_fields(owned, resource, live)
        if owned is not None and is_outdated(owned, resource):
            code, text = ReasonCode.LIFECYCLE, lifecycle_text(owned, resource)
        elif released:
            code, text = ReasonCode.RELEASED, "its manifest no longer states what was applied"
        reason = Reason(code, text, self._place(resource, ("metadata", "name")))
        self._add(
            Change(
                resource.address,
                Action.ADOPT,
                seen,
                declared,
                reason,
                remote_id=live.remote_id,
                live_moniker=live.address.name,
                fingerprint=fingerprint(seen, live),
                row_version=match.row_version,
                secret_digests=digests,
                protect=resource.lifecycle.protect,
                retain=resource.lifecycle.retain,
                released=released,
            )
        )

    def _edit(
        self, match: Match, live: Observed, difference: Comparison | None, *, digests: Mapping[str, str], adopts: bool
    ) -> Change:
        resource = match.resource
        kind = kind_named(resource.address.kind)
        fields: tuple[FieldChange, ...] = difference.fields if difference else ()
        if match.is_rename:
            fields = (rename_change(live.address.name, resource.address.name), *fields)
        change = Change(
            resource.address,
            Action.UPDATE,
            difference.before if difference else {},
            difference.after if difference else {},
            reason_of(match, difference, digests, self._place),
            fields,
            remote_id=live.remote_id,
            live_moniker=live.address.name,
            fingerprint=fingerprint(difference.before if difference else {}, live),
            unmanaged_members=len(live.unknown),
            row_version=match.row_version,
            # An edit never ends what the inventory remembers: a plan of its own does.
            protect=resource.lifecycle.protect or (match.owned is not None and match.owned.protect),
            retain=resource.lifecycle.retain or (match.owned is not None and match.owned.retain),
            adopts=adopts,
            secret_digests=digests,
            released={} if match.owned is None else released_fields(match.owned, resource, live),
        )
        if difference is None or not difference.blocking:
            return change
        return self._replacement(change, resource, kind, live, difference)

    def _replacement(
        self, change: Change, resource: Resource, kind: Kind, live: Observed, difference: Comparison
    ) -> Change:
        names = ", ".join(path for path, _ in difference.blocking)
        path, rule = difference.blocking[0]
        where = self._place(resource, ("spec", *path.split("[")[0].split(".")))
        reason = Reason(ReasonCode.IMMUTABLE, f"{names} cannot change after creation", where, rule or None)
        made = replace(
            change,
            action=Action.REPLACE,
            before=live.spec,
            reason=reason,
            after=created(kind, resource.address.name, resource.spec),
            filled=unmanaged_fields(kind, resource.address.name, resource.spec),
            reversibility=Reversibility.DESTRUCTIVE,
            fingerprint=fingerprint(live.spec, live),
            released={},
        )
        return replace(made, fields=fields_of(made, self._renames))

    def removed(self) -> None:
        """A deletion for each object that is ours and no longer declared; a retained one is forgotten."""
        situation, inventory = self.situation, self.situation.inventory
        owned_by_address = inventory.owned if inventory else {}
        if situation.is_partial and not situation.prunes:
            # Nothing is deleted because it was left out; a caller may have chosen some that are not declared any more.
            chosen = situation.consideration.removed if situation.consideration else ()
            self._taken.update((r.address.kind, r.remote_id) for a, r in owned_by_address.items() if a not in chosen)
            owned_by_address = {address: owned_by_address[address] for address in chosen}
        for address in sorted(a for a in owned_by_address if a not in self.situation.estate and a not in self._claimed):
            owned = owned_by_address[address]
            live = self.situation.snapshot.by_id.get((address.kind, owned.remote_id))
            if live is not None:
                self._taken.add((address.kind, live.remote_id))
            going = removal(situation, owned, live)
            why = owned_outside(owned, live, situation.scope)
            if why is None or going.action is Action.FORGET:
                self._add(going)
            else:
                self.outside.append(left_alone(address, why))

    def unmanaged(self) -> tuple[Unmanaged, ...]:
        """Live objects that are neither declared nor ours, the platform's own excepted."""
        return tuple(
            Unmanaged(seen.address, seen.counts.get("sims"), owner_of(seen, self.situation.inventory))
            for seen in sorted(self._untaken(), key=lambda seen: seen.address)
        )

    def _untaken(self) -> Iterator[Observed]:
        left = (
            frozenset(self.situation.consideration.left_out) if self.situation.consideration else frozenset[Address]()
        )
        live = self.situation.snapshot.by_id.items()
        return (s for key, s in live if key not in self._taken and not s.fixed and s.address not in left)

    def _note_drift(
        self, drift: Drift, declared: Mapping[str, Any], live: Observed, digests: Mapping[str, str]
    ) -> None:
        kind = kind_named(drift.address.kind)
        seen = name_unnamed(kind, normal(kind, live.spec, renames=self._renames), declared)
        found = not_accepted(drift, kind, comparable(kind, declared, seen, digests), seen)
        if found is not None:
            self.drift.append(found)

    def _add(self, change: Change) -> None:
        self.changes[change.address] = replace(change, notes=with_shadows(change))

    def _place(self, resource: Resource, path: tuple[str | int, ...]) -> str | None:
        return self.situation.where(resource.address, path)

    def _digests(self, kind: Kind, spec: Mapping[str, Any]) -> dict[str, str]:
        return secret_digests(kind, spec, self.situation.secret_digest)
