"""One line of at most 140 characters for the status of a commit: the five answers as a word and counts."""

from reconciler.reports.plan_view import Answers, ChangeOrigin, Going, PlanView, Purpose
from reconciler.reports.roster_text import sims

LONGEST = 140
_LONGEST_GUARD = 20


def status(view: PlanView) -> str:
    """``NEEDS CONSENT simsTouched +1 · 12000/12000 SIMs · irreversible 0 · deleted+replaced 0 · mine ?``."""
    answers = view.answers
    if view.plan is None:
        return _without_plan(view)[:LONGEST]
    irreversible = sum(share.count for share in answers.irreversible)
    destroyed = sum(share.count for share in answers.destroyed)
    is_known = answers.origins is not None
    mine = f"{answers.origins[ChangeOrigin.CHANGE_SET]}/{answers.changes}" if answers.origins is not None else "?"
    parts = (
        _verdict(answers),
        f"{answers.sims}/{answers.all_sims} SIMs",
        f"irreversible {irreversible}",
        f"deleted+replaced {destroyed}",
        f"mine {mine}" if is_known else "mine ?",
    )
    return " · ".join(parts)


def _verdict(answers: Answers) -> str:
    if not answers.by:
        return str(answers.going)
    guard = answers.by[0] if len(answers.by[0]) <= _LONGEST_GUARD else f"{answers.by[0][: _LONGEST_GUARD - 1]}…"
    return f"{answers.going} {guard}" + (f" +{len(answers.by) - 1}" if len(answers.by) > 1 else "")


def _without_plan(view: PlanView) -> str:
    answers, context = view.answers, view.context
    if answers.going is not Going.OK:
        return f"{answers.going} {answers.by[0]} · nothing was determined"
    if context.purpose is Purpose.DRIFT and (view.drift or context.sim_drift):
        return f"DRIFT · {len(view.drift)} objects · {sims(len(context.sim_drift))}"
    return f"{answers.going} · {'no drift' if context.purpose is Purpose.DRIFT else 'the manifests are valid'}"
