"""The verdicts of the guards with a limit: one pure function of a plan and the caller's limits and consents."""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.plan.limits import Guard, Limits
from reconciler.plan.measures import measure
from reconciler.plan.plan import GuardResult, Plan, Verdict

Consents = Mapping[Guard, int]
"""The exact number that is consented to, by guard; given to the command that applies, and part of no plan."""

NO_CONSENTS: Consents = {}


def judge(plan: Plan, limits: Limits, consents: Consents = NO_CONSENTS) -> tuple[GuardResult, ...]:
    """The verdict of each guard with a limit, in the order of the table."""
    return tuple(_verdict(plan, guard, limits, consents) for guard in Guard)


def with_verdicts(plan: Plan, limits: Limits, consents: Consents = NO_CONSENTS) -> Plan:
    """The plan with these verdicts beside those of the structural guards, which only a reading can give."""
    return replace(plan, verdicts=judge(plan, limits, consents))


def _verdict(plan: Plan, guard: Guard, limits: Limits, consents: Consents) -> GuardResult:
    found, limit = measure(plan, guard), limits[guard]
    bounds = [(count, limit.bound(of)) for count, of in found.parts] or [(0, limit.bound(0))]
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
    message = f"{found.text}; the limit is {bound:,}{held_to}"
    if guard in consents:
        message += f", and {consents[guard]:,} are allowed"
    otherwise = f"; otherwise {found.step}" if found.step else ""
    step = f"if that is meant, add --allow {guard.value}={found.count}{otherwise}"
    return GuardResult(guard.value, Verdict.DENY, message, step, found.addresses, found.count, bound)
