"""The verdicts of the guards with a limit: one pure function of a plan and of limits, consents and waivers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.plan.limits import Guard, Limits
from reconciler.plan.measures import measure
from reconciler.plan.plan import GuardResult, Plan, Verdict
from reconciler.plan.waivers import NO_WAIVERS, Waiver, Waivers
from reconciler.plan.waiving import answer_of

Consents = Mapping[Guard, int]
"""The exact number that is consented to, by guard; given to the command that applies, and part of no plan."""

NO_CONSENTS: Consents = {}


def judge(
    plan: Plan, limits: Limits, consents: Consents = NO_CONSENTS, waivers: Waivers = NO_WAIVERS
) -> tuple[GuardResult, ...]:
    """The verdict of each guard with a limit, in the order of the table: in plan, apply and show alike."""
    return tuple(_verdict(plan, guard, limits, consents, waivers) for guard in Guard)


def with_verdicts(plan: Plan, limits: Limits, consents: Consents = NO_CONSENTS, waivers: Waivers = NO_WAIVERS) -> Plan:
    """The plan with these verdicts beside those of the structural guards, which only a reading can give."""
    return replace(plan, verdicts=judge(plan, limits, consents, waivers), waivers=waivers)


def waived_text(holding: Sequence[Waiver]) -> str:
    """By whom a finding is waived, until when, why, and where that is written."""
    said = (f"{one.approver} until {one.expires} ({one.reason})" for one in holding)
    source = f", as written in {holding[0].source}" if holding[0].source else ""
    return f"waived by {' and '.join(said)}{source}"


def limit_in_words(plan: Plan, guard: Guard, limits: Limits) -> str:
    """The limit that a waiver names: as it is stated, so that a share keeps its words when the estate grows."""
    of = max((of for _, of in measure(plan, guard).parts), default=0)
    return str(limits.effective(guard, of))


def _verdict(plan: Plan, guard: Guard, limits: Limits, consents: Consents, waivers: Waivers) -> GuardResult:
    found = measure(plan, guard)
    limit = limits.effective(guard, max((of for _, of in found.parts), default=0))
    bounds = [(count, limits.effective(guard, of).bound(of)) for count, of in found.parts] or [(0, limit.bound(0))]
    # The part that is furthest above its limit is the one to be named.
    _, bound = max(bounds, key=lambda pair: pair[0] - (pair[1] or 0))
    is_tripped = any(bound is not None and count > bound for count, bound in bounds)
    held_to = ""
    if not is_tripped and found.strict and not limit.is_off:
        is_tripped, bound, held_to = True, 0, f" {found.strict_text}"
    if not is_tripped:
        message = f"{found.text}; {'the guard is off' if bound is None else f'the limit is {bound:,}'}"
        return GuardResult(guard.value, Verdict.PASS, message, "", (), found.count, bound)
    if consents.get(guard) == found.count:
        message = f"{found.text}; exactly {found.count:,} are allowed"
        return GuardResult(guard.value, Verdict.ALLOWED, message, "", found.addresses, found.count, bound)
    answer = answer_of(plan, guard, limit=str(limit), number=found.count, waivers=waivers)
    if answer.holding:
        message = f"{found.text}; {waived_text(answer.holding)}"
        return GuardResult(guard.value, Verdict.WAIVED, message, "", found.addresses, found.count, bound)
    message = f"{found.text}; the limit is {bound:,}{held_to}"
    if guard in consents:
        message += f", and {consents[guard]:,} are allowed"
    if answer.objection:
        message += f"; {answer.objection}"
    if limits.ceiling is not None and limit != limits[guard]:
        message += f"; this change set raises it from {limit} to {limits[guard]}, which holds once it is on the base"
    otherwise = f"; otherwise {found.step}" if found.step else ""
    consent = f"add --allow {guard.value}={found.count}"
    if waivers.are_required:
        consent = f"have it waived, with reconciler guard waive {guard.value} --plan FILE"
    step = f"if that is meant, {consent}{otherwise}"
    return GuardResult(guard.value, Verdict.DENY, message, step, found.addresses, found.count, bound)
