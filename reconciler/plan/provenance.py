"""
Whose change is it: by this change set, already pending on the base, drift, or a field that is released. Pure.

A plan is compared with the plan that the manifests of the base revision give under the same reading. The part of that
plan which is the same is kept as `RevisionFacts` in the body of the plan; the answers are computed from it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change, ReasonCode
from reconciler.plan.plan import Drift, Plan
from reconciler.plan.revision_facts import EDIT
from reconciler.plan.roster import RosterChange, RosterPlan, SimEdit


class Provenance(StrEnum):
    """
    The first cause of a change, in this order; a change is counted once.

    ============== =======================================================================
    provenance     meaning
    ============== =======================================================================
    change set     the manifests of the base do not ask for it
    pending        those of the base ask for it as well, and it was not applied yet
    drift          it puts back what was last applied, and what somebody changed since
    released       its manifest no longer states a field; nothing is sent
    not determined no base was named, or its manifests could not be read
    ============== =======================================================================
    """

    CHANGE_SET = "change_set"
    PENDING = "pending"
    DRIFT = "drift"
    RELEASED = "released"
    NOT_DETERMINED = "not_determined"


def shared_objects(plan: Plan, base: Plan) -> tuple[Address, ...]:
    """The changes of objects that the other plan has as they are."""
    theirs = {change.address: change for change in base.changes}
    return tuple(
        sorted(c.address for c in plan.changes if (other := theirs.get(c.address)) is not None and _is_part(c, other))
    )


def shared_sims(roster: RosterPlan, base: RosterPlan) -> dict[str, tuple[str, ...]]:
    """The SIMs to which the other plan does the same, by what is done."""
    theirs = {_deed(change, iccid) for change in base.changes for iccid in change.iccids}
    edits = {edit.iccid: edit for edit in base.edits}
    found: dict[str, list[str]] = {}
    for change in roster.changes:
        same = (iccid for iccid in change.iccids if _deed(change, iccid) in theirs)
        found.setdefault(change.action.value, []).extend(same)
    found[EDIT] = [e.iccid for e in roster.edits if (other := edits.get(e.iccid)) and _is_edited_as(e, other)]
    return {name: tuple(sorted(iccids)) for name, iccids in sorted(found.items()) if iccids}


def _deed(change: RosterChange, iccid: str) -> tuple[str, str | None, str | None, str]:
    return change.action.value, change.source, change.target, iccid


def _is_edited_as(edit: SimEdit, other: SimEdit) -> bool:
    return all(name in other.after and other.after[name] == value for name, value in edit.after.items())


def _is_part(change: Change, other: Change) -> bool:
    """Whether everything that a change does is in the other change of the same object."""
    if (change.action, change.remote_id, change.adopts) != (other.action, other.remote_id, other.adopts):
        return False
    if (change.protect, change.retain) != (other.protect, other.retain):
        return False
    if change.action is Action.UPDATE:
        return all(field in other.fields for field in change.fields)
    return change.action is Action.ADOPT or change.after == other.after


def provenance_of(change: Change, plan: Plan) -> Provenance:
    """Whose a change of an object is."""
    return _provenance(change, *_known(plan))


def provenances(plan: Plan) -> tuple[Provenance, ...]:
    """Whose each change of an object is, in the order of the plan."""
    known = _known(plan)
    return tuple(_provenance(change, *known) for change in plan.changes)


def _known(plan: Plan) -> tuple[frozenset[Address] | None, Mapping[Address, Drift]]:
    facts = plan.revision
    shared = None if facts is None or facts.problem is not None else frozenset(facts.objects)
    return shared, {drift.address: drift for drift in plan.drift}


def _provenance(change: Change, shared: frozenset[Address] | None, drift: Mapping[Address, Drift]) -> Provenance:
    if change.reason.code is ReasonCode.RELEASED and change.action is Action.ADOPT:
        return Provenance.RELEASED
    if shared is not None and change.address not in shared:
        return Provenance.CHANGE_SET
    if _is_put_back(change, drift.get(change.address)):
        return Provenance.DRIFT
    return Provenance.NOT_DETERMINED if shared is None else Provenance.PENDING


def _is_put_back(change: Change, drift: Drift | None) -> bool:
    """Whether a change makes an object as it was last applied, in every field that it changes."""
    if drift is None:
        return False
    if drift.vanished:
        return change.action is Action.CREATE
    moved = [(field.path, field.after, field.before) for field in drift.fields]
    return bool(change.fields) and all((f.path, f.before, f.after) in moved for f in change.fields)


def sims_by_provenance(change: RosterChange, plan: Plan) -> Iterator[tuple[Provenance, tuple[str, ...]]]:
    """The SIMs of a change by whose they are, each once; only those that there are."""
    known = _sims_known(plan, change.action.value)
    found: dict[Provenance, list[str]] = {}
    for iccid in change.iccids:
        found.setdefault(_sim_provenance(iccid, known, plan), []).append(iccid)
    yield from ((one, tuple(found[one])) for one in Provenance if one in found)


def edit_provenances(plan: Plan) -> tuple[Provenance, ...]:
    """Whose each edit of a SIM's settings is, in the order of the plan."""
    known = _sims_known(plan, EDIT)
    return tuple(_sim_provenance(edit.iccid, known, plan) for edit in plan.roster.edits)


def _sims_known(plan: Plan, deed: str) -> frozenset[str] | None:
    facts = plan.revision
    return None if facts is None or facts.problem is not None else frozenset(facts.sims.get(deed, ()))


def _sim_provenance(iccid: str, known: frozenset[str] | None, plan: Plan) -> Provenance:
    if known is None:
        return Provenance.NOT_DETERMINED
    if iccid not in known:
        return Provenance.CHANGE_SET
    is_drift = plan.revision is not None and plan.revision.has_applied_sims
    return Provenance.DRIFT if is_drift else Provenance.PENDING


@dataclass(frozen=True, slots=True)
class ProvenanceTally:
    """How many changes of objects, and actions on SIMs and edits of their settings, are of one provenance."""

    objects: int = 0
    sims: int = 0


def provenance_counts(plan: Plan) -> dict[Provenance, ProvenanceTally]:
    """The counts by provenance, in the order of the causes; they add up to the changes of the plan."""
    objects: Counter[Provenance] = Counter()
    for change, whose in zip(plan.changes, provenances(plan), strict=True):
        # As everywhere, an edit of what is adopted is two entries.
        objects[whose] += 2 if change.adopts else 1
    sims = Counter(edit_provenances(plan))
    for action in plan.roster.changes:
        sims.update({one: len(iccids) for one, iccids in sims_by_provenance(action, plan)})
    return {one: ProvenanceTally(objects[one], sims[one]) for one in Provenance if objects[one] or sims[one]}
