"""Forgetting: objects stop being ours in one run; nothing is sent, and the platform keeps them."""

from collections.abc import Sequence

from reconciler.errors import StoreError
from reconciler.operations.apply import APPROVED, PARALLELISM, Review, carry_out
from reconciler.operations.estate import Estate
from reconciler.operations.planning import Planned
from reconciler.operations.session import Session, opened
from reconciler.plan.forgetting import named_by, only_forgotten
from reconciler.plan.outcomes import ApplyReport
from reconciler.plan.planfile import digest_of


def forget(
    estate: Estate, patterns: Sequence[str], *, parallelism: int = PARALLELISM, review: Review = APPROVED
) -> ApplyReport | None:
    """
    Let go of the owned objects that these names and patterns (``KIND/NAME``, ``VSlice/*``) choose.

    Raises `UsageError` for a pattern that chooses nothing, `StoreError` where nothing is owned, and as `apply` does.
    """
    with opened(estate, create=True) as session:
        inventory = session.inventory
        if inventory is None or not inventory.owned:
            message = f"the estate {session.loaded.configuration.name} owns nothing in the store {session.location}"
            raise StoreError(message, hint="run this where the store is, or name a shared one in reconciler.yaml")
        chosen = named_by(inventory.owned, patterns)
        # As if nothing were declared: what is declared may be let go, too.
        plan = only_forgotten(session.plan(destroying=True, forgetting=chosen).plan, chosen)
        planned = Planned(session.judged(plan), digest_of(plan))
        review.show(planned)
        report = carry_out(session, planned, review, parallelism=parallelism, command="forget")
        if report is not None:
            _say_what_is_declared(session, planned)
        return report


def _say_what_is_declared(session: Session, planned: Planned) -> None:
    """A note for each forgotten object that a manifest still declares: the next plan refuses it."""
    built = session.loaded.built
    for change in planned.plan.changes:
        if change.address in built.estate:
            place = built.origins.span(str(change.address), ("metadata", "name"))
            session.estate.caller.note(
                f"note: {change.address} is still declared ({place}): remove it there, or the next plan refuses it as "
                "not owned"
            )
