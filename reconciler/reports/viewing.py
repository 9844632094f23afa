"""The one place that computes the view of a plan: answers, sections, verdicts and what is not determined. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.diagnostics import Severity
from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reversibility
from reconciler.plan.flows import flows_of, new_peers
from reconciler.plan.plan import GuardResult, Plan, Verdict
from reconciler.plan.provenance import (
    Provenance,
    provenance_counts,
    provenances,
)
from reconciler.plan.roster import RosterAction
from reconciler.plan.sim_effects import is_edit_noticed
from reconciler.plan.traffic import PolicyPair, policy_pairs
from reconciler.plan.waiving import waived_findings
from reconciler.reports.not_compared import not_compared
from reconciler.reports.plan_view import (
    NO_CONTEXT,
    Answers,
    Danger,
    Going,
    PlanView,
    ReportContext,
    ReportItem,
    Section,
    Share,
    WaivedFinding,
)
from reconciler.reports.traffic import traffic_effects, unknown_traffic
from reconciler.reports.verdicts import needs_consent

_MOST_NAMED = 5
_ROLL_UP_FROM = 4
_ORDER = {Verdict.DENY: 0, Verdict.ALLOWED: 1, Verdict.WAIVED: 1, Verdict.WARN: 2, Verdict.PASS: 3}
# These guards name the cause of what others refuse besides: a former name that cannot be followed deletes.
_CAUSES = ("account", "ownership", "rename")
_DANGERS = {
    Reversibility.IRREVERSIBLE: Danger.IRREVERSIBLE,
    Reversibility.DESTRUCTIVE: Danger.DESTRUCTIVE,
    Reversibility.DISRUPTIVE: Danger.DISRUPTIVE,
    Reversibility.REVERSIBLE: Danger.HARMLESS,
}
_OF_SIMS = {
    RosterAction.TERMINATE: Danger.IRREVERSIBLE,
    RosterAction.SUSPEND: Danger.DISRUPTIVE,
    RosterAction.RESUME: Danger.DISRUPTIVE,
}


def view_of(plan: Plan, digest: str, context: ReportContext = NO_CONTEXT) -> PlanView:
    """The view of a plan with the verdicts that it has."""
    context = replace(context, waived=context.waived or tuple(_waived(plan)))
    verdicts = tuple(sorted((*plan.guards, *plan.objections(), *plan.verdicts), key=_grade))
    verdicts = tuple({id(result): result for result in verdicts}.values())
    pairs = policy_pairs(plan)
    return PlanView(
        context=context,
        answers=_answers(plan, verdicts, context),
        plan=plan,
        digest=digest,
        sections=tuple(_sections(plan)),
        verdicts=verdicts,
        flows=tuple(flow for change in plan.changes for flow in flows_of(change)),
        peers=new_peers(plan),
        pairs=pairs,
        traffic=tuple(traffic_effects(pairs, plan)),
        provenances=_provenances(plan),
        undetermined=tuple(_undetermined(plan, pairs, context)),
    )


def view_without_plan(context: ReportContext) -> PlanView:
    """The view of a command that has no plan: it looked at drift or at manifests, or it ended before."""
    errors = [found for found in context.diagnostics if found.severity is Severity.ERROR]
    if context.error is not None or errors:
        why = context.error or f"{len(errors):,} error{'' if len(errors) == 1 else 's'} in the manifests"
        step = context.hint or ("mend the manifests; each error below says how" if errors else "")
        answers = Answers(going=Going.REFUSED, by=("manifests",) if errors else ("error",), why=why, next_step=step)
        looks = ("what would change, and how many SIMs that touches",)
        return PlanView(context=context, answers=answers, undetermined=(*looks, *context.undetermined))
    return PlanView(context=context, answers=Answers(going=Going.OK), undetermined=context.undetermined)


def _grade(result: GuardResult) -> tuple[int, bool, bool]:
    # A refusal without a consent is worse than one with; among those the causes come first.
    return _ORDER[result.verdict], needs_consent(result), result.guard not in _CAUSES


def _answers(plan: Plan, verdicts: tuple[GuardResult, ...], context: ReportContext) -> Answers:
    refusals = [result for result in verdicts if result.verdict is Verdict.DENY]
    going, by, why, step = Going.OK, dict.fromkeys(result.guard for result in refusals), "", ""
    if refusals:
        is_final = any(result.verdict is Verdict.DENY for result in plan.guards)
        going = Going.REFUSED if is_final else Going.NEEDS_CONSENT
        why, step = refusals[0].message, refusals[0].next_step
    elif context.error is not None:
        going, by, why, step = Going.REFUSED, {"error": None}, context.error, context.hint or ""
    consents = tuple(f"{r.guard}={r.measured}" for r in verdicts if r.verdict is Verdict.ALLOWED)
    return Answers(
        going=going,
        by=tuple(by),
        why=why,
        next_step=step,
        consents=consents,
        sims=plan.sims_touched,
        all_sims=plan.sims,
        irreversible=tuple(_irreversible(plan)),
        destroyed=tuple(_destroyed(plan)),
        changes=sum(item.count for section in _sections(plan) for item in section.items),
        origins=_origins(plan),
    )


def _irreversible(plan: Plan) -> Iterator[Share]:
    ending = [iccid for change in plan.roster.of(RosterAction.TERMINATE) for iccid in change.iccids]
    if ending:
        yield Share(f"SIM{'' if len(ending) == 1 else 's'} terminated", len(ending), tuple(ending[:_MOST_NAMED]))
    yield from _shares(c for c in plan.changes if c.reversibility is Reversibility.IRREVERSIBLE)


def _destroyed(plan: Plan) -> Iterator[Share]:
    yield from _shares(change for change in plan.changes if change.action.is_destructive)


def _shares(changes: Iterable[Change]) -> Iterator[Share]:
    found: dict[str, list[str]] = {}
    for change in changes:
        found.setdefault(f"{change.address.kind} {change.action.past}", []).append(change.address.name)
    for what, names in found.items():
        yield Share(what, len(names), tuple(names[:_MOST_NAMED]))


def _waived(plan: Plan) -> Iterator[WaivedFinding]:
    """The findings that a waiver covers, one for each approver."""
    owners = f" (owners: {', '.join(plan.waivers.owners)})" if plan.waivers.owners else ""
    for guard, one in waived_findings(plan):
        yield WaivedFinding(guard.value, one.approver, one.expires, one.reason, f"{one.source}{owners}")


def _origins(plan: Plan) -> Mapping[Provenance, int] | None:
    """How many changes are of each provenance, of objects and of SIMs; None where the base is not known."""
    if plan.revision is None or plan.revision.problem is not None:
        return None
    return {whose: count.objects + count.sims for whose, count in provenance_counts(plan).items()}


def _provenances(plan: Plan) -> Mapping[Address, Provenance]:
    if plan.revision is None:
        return {}
    return dict(zip((change.address for change in plan.changes), provenances(plan), strict=True))


def _sections(plan: Plan) -> Iterator[Section]:
    found: dict[Danger, list[ReportItem]] = {danger: [] for danger in Danger}
    for change in plan.roster.changes:
        files = dict.fromkeys(_file(place) for place in change.places or (change.place or "",))
        found[_danger_of(change.action, change.source)].append(
            ReportItem(sims=change, files=tuple(filter(None, files)))
        )
    if plan.roster.edits:
        is_felt = any(is_edit_noticed(edit) for edit in plan.roster.edits)
        files = dict.fromkeys(_file(edit.place) for edit in plan.roster.edits)
        danger = Danger.DISRUPTIVE if is_felt else Danger.HARMLESS
        found[danger].append(ReportItem(edits=plan.roster, files=tuple(filter(None, files))))
    for danger in Danger:
        chosen = [change for change in plan.changes if _DANGERS[change.reversibility] is danger]
        items = (*found[danger], *_alike(chosen))
        if items:
            yield Section(danger, items)


def _danger_of(action: RosterAction, source: str | None) -> Danger:
    """The danger of an action on SIMs: leaving a group may end sessions, a first group disturbs nothing."""
    is_move = action is RosterAction.MOVE and source is not None
    return Danger.DISRUPTIVE if is_move else _OF_SIMS.get(action, Danger.HARMLESS)


def _alike(changes: Iterable[Change]) -> Iterator[ReportItem]:
    """Changes in their order, those that are alike at the place of the first one."""
    groups: dict[object, list[Change]] = {}
    for number, change in enumerate(changes):
        key = _likeness(change) if change.action is Action.UPDATE or change.is_plain_adoption else number
        groups.setdefault(key, []).append(change)
    for members in groups.values():
        if len(members) >= _ROLL_UP_FROM:
            yield ReportItem(changes=tuple(members), files=_files(members))
        else:
            yield from (ReportItem(changes=(change,), files=_files([change])) for change in members)


def _likeness(change: Change) -> tuple[str, str, str, bool]:
    told = repr((change.fields, change.released))
    return change.address.kind, change.action.value, told, change.adopts or change.is_plain_adoption


def _files(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_file(change.reason.source) for change in changes if change.reason.source))


def _file(place: str | None) -> str:
    """The file of a place, ``estate/a.yaml:3:5``."""
    return (place or "").split(":")[0]


def _undetermined(plan: Plan, pairs: Sequence[PolicyPair], context: ReportContext) -> Iterator[str]:
    if plan.uncompared:
        yield not_compared(plan)
    if plan.revision is not None and plan.revision.problem is not None:
        yield f"whose change it is: {plan.revision.problem}"
    yield from unknown_traffic(pairs)
    yield from context.undetermined
