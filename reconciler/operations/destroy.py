"""Destruction: everything that an estate owns is deleted, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from shlex import quote

from reconciler.errors import StoreError, UsageError
from reconciler.operations.apply import APPROVED, PARALLELISM, PlanRefused, Review, carry_out, consented
from reconciler.operations.estate import Estate
from reconciler.operations.session import opened
from reconciler.plan.judging import with_verdicts
from reconciler.plan.limits import Guard
from reconciler.plan.outcomes import ApplyReport

CONFIRMED = (Guard.DELETIONS, Guard.EMPTIED)
"""The guards that the confirmed name of an estate is a consent to, when it is destroyed."""


def destroy(
    estate: Estate,
    *,
    confirm: str | None = None,
    ask: Callable[[str], str] | None = None,
    parallelism: int = PARALLELISM,
    review: Review = APPROVED,
) -> ApplyReport | None:
    """
    Delete every object in the inventory, in an order that the platform accepts; None where none is left to delete.

    `confirm` is the name of the estate; without it `ask` is asked for it, with the right one, once the plan was shown.
    Raises as `apply`, `StoreError` where the estate owns nothing, and `UsageError` where its name is not confirmed.
    """
    with opened(estate, create=True) as session:
        name = session.loaded.configuration.name
        if not session.inventory or not session.inventory.owned:
            message = f"the estate {name} owns nothing in the store {session.location}: there is nothing to destroy"
            raise StoreError(message, hint="run this where the store is, or name a shared one in reconciler.yaml")
        planned = session.plan(destroying=True)
        # The confirmed name is the consent to the deletions, and to nothing else.
        counts = {Guard(result.guard): result.measured or 0 for result in planned.plan.verdicts}
        consents = {**estate.consents, **{guard: counts[guard] for guard in CONFIRMED}}
        planned = replace(planned, plan=with_verdicts(planned.plan, session.limits, consents, session.waivers))
        review.show(planned)
        hint = f"add --confirm {quote(name)}"
        unconfirmed = UsageError("the estate's name was not confirmed; nothing was sent", hint=hint)
        if confirm not in {None, name}:
            raise unconfirmed
        plan = consented(planned.plan, session.limits, review.number, session.waivers)
        if plan.objections():
            raise PlanRefused(plan)
        if plan.changes:
            if confirm is None and ask is not None:
                confirm = ask(name)
            if confirm != name:
                raise unconfirmed
        return carry_out(session, replace(planned, plan=plan), review, parallelism=parallelism, command="destroy")
