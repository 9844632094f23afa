"""The caller's limits and consents: from flags, from a policy file, or from somebody at a terminal."""

from dataclasses import replace

import click

from reconciler.cli import options
from reconciler.plan.judging import Consents, with_verdicts
from reconciler.plan.limits import Guard, Limits
from reconciler.plan.plan import Plan, Verdict


def judged(plan: Plan, limits: Limits, further: Consents | None = None) -> Plan:
    """The plan with the verdict of each guard with a limit; `further` are consents besides those of ``--allow``."""
    return with_verdicts(plan, limits, {**options.consents(), **(further or {})})


def asked(plan: Plan, limits: Limits) -> Plan:
    """
    The plan after somebody at a terminal was asked for the number of each refusal.

    Nobody is asked where a structural guard refuses: there is no consent to that.
    """
    given = dict(options.consents())
    if any(result.verdict is Verdict.DENY for result in plan.guards):
        return plan
    for result in plan.verdicts:
        if result.verdict is not Verdict.DENY:
            continue
        click.echo(f"{result.guard}: {result.message}", err=True)
        typed = click.prompt("Type the number to allow it", default="", show_default=False, err=True)
        if typed.strip() != str(result.measured):
            return plan
        given[Guard(result.guard)] = int(typed)
    return with_verdicts(plan, limits, given)


def destroying(plan: Plan, limits: Limits) -> Plan:
    """The plan to destroy an estate whose name was confirmed: the consent to its deletions, and to nothing else."""
    counts = {Guard(result.guard): result.measured or 0 for result in plan.verdicts}
    return judged(plan, limits, {guard: counts[guard] for guard in (Guard.DELETIONS, Guard.EMPTIED)})


def consents_of(plan: Plan) -> str:
    """The consents that a plan is applied with, as flags for the history of runs; empty without any."""
    allowed = (result for result in plan.verdicts if result.verdict is Verdict.ALLOWED)
    return "".join(f" --allow {result.guard}={result.measured}" for result in allowed)


def way_on(plan: Plan, command: str) -> str:
    """Why a refused plan cannot be applied, and the one command that goes on; empty for one that is not refused."""
    if not plan.refusals:
        return ""
    names = ", ".join(dict.fromkeys(result.guard for result in plan.refusals))
    structural = [result for result in plan.guards if result.verdict is Verdict.DENY]
    if structural:
        step = structural[0].next_step
        return f"Refused by {names}: this cannot be applied. {step[:1].upper()}{step[1:]}."
    missing = replace(
        plan, verdicts=tuple(replace(r, verdict=Verdict.ALLOWED) if r in plan.refusals else r for r in plan.verdicts)
    )
    consented = f"{command}{consents_of(missing)}"
    return f"Refused by {names}: this cannot be applied as it is. If all of it is meant: {consented}"
