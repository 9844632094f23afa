"""One line of at most 140 characters for the status of a commit: the five answers as a word and counts."""

from reconciler.plan.outcomes import ApplyReport
from reconciler.plan.provenance import Provenance
from reconciler.reports.first_screen import clipped
from reconciler.reports.plan_view import Answers, Going, PlanView, Purpose
from reconciler.reports.roster_text import sims

LONGEST = 140
_LONGEST_GUARD = 20


def status(view: PlanView) -> str:
    """``NEEDS CONSENT simsTouched +1 · 12000/12000 SIMs · irreversible 0 · deleted+replaced 0 · mine ?``."""
    answers = view.answers
    if view.plan is None:
        return _without_plan(view)[:LONGEST]
    if view.context.outcome is not None:
        return _applied(view.context.outcome)
    irreversible = sum(share.count for share in answers.irreversible)
    destroyed = sum(share.count for share in answers.destroyed)
    mine = "?" if answers.origins is None else f"{answers.origins.get(Provenance.CHANGE_SET, 0)}/{answers.changes}"
    parts = (
        _verdict(answers),
        f"{answers.sims}/{answers.all_sims} SIMs",
        f"irreversible {irreversible}",
        f"deleted+replaced {destroyed}",
        f"mine {mine}",
    )
    return " · ".join(parts)


def _applied(report: ApplyReport) -> str:
    """The result of an apply, in place of the question whether the plan may go."""
    word = "APPLIED" if report.is_complete else "APPLIED IN PART"
    return f"{word} · {report.counted} · exit {report.exit_code}"


def _verdict(answers: Answers) -> str:
    if not answers.by:
        return str(answers.going)
    guard = clipped(answers.by[0], _LONGEST_GUARD)
    return f"{answers.going} {guard}" + (f" +{len(answers.by) - 1}" if len(answers.by) > 1 else "")


def _without_plan(view: PlanView) -> str:
    answers, context = view.answers, view.context
    if answers.going is not Going.OK:
        return f"{answers.going} {answers.by[0]} · nothing was determined"
    if context.purpose is Purpose.DRIFT and (view.drift or context.sim_drift):
        return f"DRIFT · {len(view.drift)} objects · {sims(len(context.sim_drift))}"
    return f"{answers.going} · {'no drift' if context.purpose is Purpose.DRIFT else 'the manifests are valid'}"
