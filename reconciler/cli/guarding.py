"""The caller's limits and consents: from flags, from a policy file, or from somebody at a terminal."""

import shlex
from collections.abc import Collection

import click

from reconciler.cli import options
from reconciler.cli.main import WORDS
from reconciler.plan.judging import Consents, with_verdicts
from reconciler.plan.limits import Guard, Limits
from reconciler.plan.plan import Plan, Verdict

# What these say is the cause of what other guards refuse besides: a former name that cannot be followed deletes.
_CAUSES = ("account", "ownership", "rename")
_CONSENTING = frozenset({"allow", "allow_terminate"})


def judged(plan: Plan, limits: Limits, further: Consents | None = None) -> Plan:
    """The plan with the verdict of each guard with a limit; `further` are consents besides those of ``--allow``."""
    return with_verdicts(plan, limits, {**options.consents(), **(further or {})})


def asked(plan: Plan, limits: Limits) -> Plan:
    """
    The plan after somebody at a terminal was asked for the number of each refusal.

    Nobody is asked where a structural guard refuses: there is no consent to that.
    """
    given = {Guard(r.guard): r.measured or 0 for r in plan.verdicts if r.verdict is Verdict.ALLOWED}
    if any(result.verdict is Verdict.DENY for result in plan.guards):
        return plan
    for result in plan.verdicts:
        if result.verdict is not Verdict.DENY:
            continue
        click.echo(f"{result.guard}: {result.message}", err=True)
        typed = click.prompt("Type the number to allow it", default="", show_default=False, err=True)
        if typed.strip().replace(",", "") != str(result.measured):
            return plan
        given[Guard(result.guard)] = result.measured or 0
    return with_verdicts(plan, limits, given)


CONFIRMED = (Guard.DELETIONS, Guard.EMPTIED)
"""The guards that the confirmed name of an estate is a consent to, when it is destroyed."""


def destroying(plan: Plan, limits: Limits) -> Plan:
    """The plan to destroy an estate whose name is confirmed: the consent to its deletions, and to nothing else."""
    counts = {Guard(result.guard): result.measured or 0 for result in plan.verdicts}
    return judged(plan, limits, {guard: counts[guard] for guard in CONFIRMED})


def consents_of(plan: Plan) -> str:
    """The consents that a plan is applied with, as flags for the history of runs; empty without any."""
    allowed = (result for result in plan.verdicts if result.verdict is Verdict.ALLOWED)
    return "".join(f" --allow {result.guard}={result.measured}" for result in allowed)


def way_on(plan: Plan, command: str, *, implied: Collection[Guard] = ()) -> str:
    """
    Why a refused plan cannot be applied, and the one command that goes on; empty for one that is not refused.

    `command` has no consents; those that it implies by itself are not added to it.
    """
    if not plan.objections():
        return ""
    names = ", ".join(dict.fromkeys(result.guard for result in plan.objections()))
    structural = [result for result in plan.guards if result.verdict is Verdict.DENY]
    if structural:
        step = min(structural, key=lambda result: result.guard not in _CAUSES).next_step
        return f"Refused by {names}: this cannot be applied. {step[:1].upper()}{step[1:]}."
    wanted = (r for r in plan.verdicts if r.verdict in {Verdict.ALLOWED, Verdict.DENY} and r.guard not in implied)
    consents = "".join(f" --allow {result.guard}={result.measured}" for result in wanted)
    return f"Refused by {names}: this cannot be applied as it is. If all of it is meant: {command}{consents}"


def again(command: str, *words: str, kept: Collection[str] | None = None) -> str:
    """
    The running command with its options, to be typed again: another `command`, with `words`, and without consents.

    `kept` are the names of the options that the other command knows; None: all of them.
    """
    context = click.get_current_context()
    given = list(context.meta.get(WORDS, ()))[1:]
    values, _, order = context.command.make_parser(context).parse_args(given)
    found: list[str] = []
    for parameter in dict.fromkeys(order):
        name = parameter.name or ""
        if name in _CONSENTING or (kept is not None and name not in kept):
            continue
        value = values[name]
        option = [word for word in parameter.opts if word.startswith("--")][:1]
        for one in value if isinstance(value, list) else [value]:
            # An argument that was not given has neither.
            if one is True or isinstance(one, str):
                found += option if one is True else [*option, one]
    return shlex.join(["reconciler", command, *words, *found])
