"""
Whether a waiver holds for a finding of a guard. Pure.

A waiver names the guard, its limit, the number and the digest of what is found. It does not name the plan, so a rebase
keeps it; it holds until the end of the day of its expiry, in UTC. Many terminations need waivers of two approvers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.plan.findings import extra_of, finding_digest, subjects_of
from reconciler.plan.limits import Guard
from reconciler.plan.measures import managed_sims
from reconciler.plan.plan import Plan, Verdict
from reconciler.plan.waivers import Waiver, Waivers

_ALONE = 50
_ALONE_OF = 100
"""More terminations than 50 and than a hundredth of the managed SIMs need two approvers."""


@dataclass(frozen=True, slots=True)
class WaiverAnswer:
    """The waivers that hold for a finding, or why those for its guard do not."""

    holding: tuple[Waiver, ...] = ()
    objection: str = ""


def answer_of(plan: Plan, guard: Guard, *, limit: str, number: int, waivers: Waivers) -> WaiverAnswer:
    """Whether the waivers cover what a guard finds in a plan."""
    stated = [one for one in waivers.stated if one.guard is guard]
    if not stated:
        return WaiverAnswer()
    subjects = subjects_of(plan, guard)
    found = finding_digest(subjects)
    fitting = [one for one in stated if (one.limit, one.number, one.digest) == (limit, number, found)]
    valid = [one for one in fitting if waivers.today <= one.expires]
    if not valid:
        objections = (_objection(one, limit, number, subjects) for one in stated)
        return WaiverAnswer(objection="; ".join(dict.fromkeys(objections)))
    approvers = {one.approver.strip().casefold() for one in valid}
    if guard is Guard.TERMINATIONS and number > most_alone(plan) and len(approvers) == 1:
        return WaiverAnswer(objection=f"second approver missing: only {valid[0].approver} waived it")
    return WaiverAnswer(holding=tuple(valid))


def most_alone(plan: Plan) -> int:
    """The most terminations that one approver waives."""
    return max(_ALONE, managed_sims(plan) // _ALONE_OF)


def _objection(waiver: Waiver, limit: str, number: int, subjects: tuple[str, ...]) -> str:
    who = f"the waiver of {waiver.approver}"
    if (waiver.limit, waiver.number, waiver.digest) == (limit, number, finding_digest(subjects)):
        return f"{who} expired on {waiver.expires}"
    if waiver.limit != limit:
        return f"{who} is for the limit {waiver.limit}, not for {limit}"
    extra = extra_of(subjects, waiver.digest)
    if extra is not None:
        return f"{who} is for {waiver.number:,} and does not have {extra}"
    if waiver.number != number:
        return f"{who} is for {waiver.number:,}, not for {number:,}"
    return f"{who} is for {waiver.number:,} others"


def waived_findings(plan: Plan) -> Iterator[tuple[Guard, Waiver]]:
    """The waivers that hold in a judged plan, by the guard whose finding each covers."""
    for result in plan.verdicts:
        if result.verdict is Verdict.WAIVED:
            guard = Guard(result.guard)
            found = finding_digest(subjects_of(plan, guard))
            for one in plan.waivers.stated:
                is_of_it = (one.guard, one.number, one.digest) == (guard, result.measured, found)
                if is_of_it and plan.waivers.today <= one.expires:
                    yield guard, one


def unused_waivers(plan: Plan) -> Iterator[tuple[Waiver, str]]:
    """The stated waivers that hold for nothing in a judged plan, and why: expired, or for another finding."""
    holding = {one for _, one in waived_findings(plan)}
    for one in plan.waivers.stated:
        if one not in holding:
            yield one, f"expired on {one.expires}" if one.expires < plan.waivers.today else "for another finding"
