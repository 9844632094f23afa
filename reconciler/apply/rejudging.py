"""
The guards with a limit once more, with the facts of the reading that a run begins with.

A plan says how many SIMs and objects its guards counted in; a file may say so falsely, and the account may have changed
since. Counted anew, no guard may trip that did not trip when the plan was judged.
"""

from collections.abc import Iterator
from dataclasses import replace

from reconciler.apply.precondition import tolerated
from reconciler.model.inventory import Inventory
from reconciler.model.snapshot import Snapshot
from reconciler.plan.facts import facts_of
from reconciler.plan.judging import judge
from reconciler.plan.limits import Guard, Limits
from reconciler.plan.plan import Plan, Verdict


def tripped_now(plan: Plan, snapshot: Snapshot, inventory: Inventory, limits: Limits) -> Iterator[str]:
    """
    The verdicts that refuse a plan with the facts of this reading.

    A consent that was given holds for a few SIMs more (F26). Of the facts, only what the manifests share is believed.
    """
    given = {Guard(r.guard): r.measured or 0 for r in plan.verdicts if r.verdict is Verdict.ALLOWED}
    facts = replace(facts_of(snapshot, inventory), shared=plan.facts.shared)
    for result in judge(replace(plan, facts=facts), limits, given):
        allowed = given.get(Guard(result.guard))
        is_consented = allowed is not None and (result.measured or 0) <= allowed + tolerated(allowed)
        if result.verdict is Verdict.DENY and not is_consented:
            yield f"{result.guard}: {result.message}"
