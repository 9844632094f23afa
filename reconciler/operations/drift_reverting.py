"""Drift undone: an ordinary plan of the objects and lists of SIMs that drifted, with all its guards."""

from collections.abc import Sequence

from reconciler.operations.apply import APPROVED, PARALLELISM, Review, carry_out
from reconciler.operations.drift import drift_in
from reconciler.operations.estate import Estate
from reconciler.operations.planning import Planned
from reconciler.operations.session import opened
from reconciler.plan.outcomes import ApplyReport
from reconciler.plan.planfile import digest_of
from reconciler.plan.reverting import only_of


def revert_drift(
    estate: Estate, patterns: Sequence[str] = (), *, parallelism: int = PARALLELISM, review: Review = APPROVED
) -> ApplyReport | None:
    """
    Make everything that drifted as it is declared again; None where nothing did, or it was not approved.

    `patterns` choose some of it. Changes of the manifests to other objects wait for their own apply. Raises as `drift`
    and `apply` do.
    """
    with opened(estate, create=True) as session:
        found = drift_in(session, session.control_plane.snapshot(), patterns)
        if not (found.objects or found.sims):
            estate.caller.note("No drift: there is nothing to undo.")
            return None
        objects = {one.address for one in found.objects}
        plan = only_of(session.plan().plan, objects, {one.address for one in found.sims})
        planned = Planned(session.judged(plan), digest_of(plan))
        review.show(planned)
        return carry_out(session, planned, review, parallelism=parallelism, command="drift --revert")
