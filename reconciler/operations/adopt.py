"""Adoption: objects that are declared and exist become ours; nothing is sent."""

from collections.abc import Sequence

from reconciler.operations.apply import APPROVED, PARALLELISM, Review, carry_out
from reconciler.operations.estate import Estate
from reconciler.operations.planning import Planned
from reconciler.operations.session import opened
from reconciler.plan.adopting import only_adoptions
from reconciler.plan.outcomes import ApplyReport
from reconciler.plan.planfile import digest_of


def adopt(
    estate: Estate, patterns: Sequence[str], *, parallelism: int = PARALLELISM, review: Review = APPROVED
) -> ApplyReport | None:
    """
    Take over what these names and patterns (``KIND/NAME``, ``VSlice/*``) choose, as it is.

    Raises `UsageError` for a pattern that chooses nothing, and as `apply` does.
    """
    with opened(estate, create=True) as session:
        chosen = only_adoptions(session.plan(adopting=True).plan, patterns)
        planned = Planned(session.judged(chosen), digest_of(chosen))
        review.show(planned)
        return carry_out(session, planned, review, parallelism=parallelism, command="adopt")
