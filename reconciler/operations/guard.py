"""Waivers of what a guard refuses in a saved plan."""

from pathlib import Path

from reconciler.errors import UsageError
from reconciler.manifests.waivers import day_of, waiver_text
from reconciler.operations.estate import Estate
from reconciler.operations.plan import show
from reconciler.plan.findings import finding_digest, subjects_of
from reconciler.plan.judging import limit_in_words
from reconciler.plan.limits import Guard
from reconciler.plan.plan import Verdict
from reconciler.plan.waivers import Waiver
from reconciler.plan.waiving import most_alone


def waive(estate: Estate, guard: str, *, plan: Path, reason: str, approver: str, expires: str) -> str:
    """
    The waiver of what a guard refuses in a saved plan, in YAML, complete with number and digest.

    `UsageError` where the guard refuses nothing, where there is no consent to it, and for a day that is over.
    """
    found = show(estate, plan).plan
    result = next((one for one in found.verdicts if one.guard == guard), None)
    if result is None:
        message = f"{guard[:40]} is no guard with a limit, so nothing waives it"
        raise UsageError(message, hint=f"name one of {', '.join(one.value for one in Guard)}")
    if result.verdict is Verdict.PASS:
        message = f"{guard} does not refuse this plan: {result.message}"
        raise UsageError(message, hint="see `reconciler show PLAN` for the guards that do")
    today = estate.environment.now()[:10]
    try:
        last = day_of(expires)
    except ValueError:
        last = ""
    if last < today:
        message = f"--expires takes a day from today on, such as {today}"
        raise UsageError(message, hint="name the last day on which the waiver holds, in UTC")
    for name, text in (("--reason", reason), ("--approver", approver)):
        if not text.strip() or not text.isprintable():
            message = f"{name} takes one line of text"
            raise UsageError(message, hint="say who consents, and why")
    policy = estate.policy()
    limits = policy.limits.over(estate.configuration().guardrails)
    number = result.measured or 0
    made = Waiver(
        guard=Guard(guard),
        limit=limit_in_words(found, Guard(guard), limits),
        number=number,
        digest=finding_digest(subjects_of(found, Guard(guard))),
        reason=reason.strip(),
        approver=approver.strip(),
        expires=last,
    )
    if made.guard is Guard.TERMINATIONS and number > most_alone(found):
        estate.caller.note(f"note: {number:,} terminations need waivers of two different approvers")
    return waiver_text(made)
