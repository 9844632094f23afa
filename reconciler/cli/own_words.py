"""The words of the program's own enumerations, which are said in clear although a secret may be equal to one."""

from collections.abc import Iterable
from enum import StrEnum
from functools import cache


@cache
def own_words() -> frozenset[str]:
    """Actions, states, guards, severities, outcomes of runs and names of kinds. Imports what it needs when asked."""
    from reconciler.control_plane.port import Verb
    from reconciler.diagnostics.finding import Severity
    from reconciler.diffing.fields import FieldOperation
    from reconciler.kinds import kinds
    from reconciler.model.inventory import Origin
    from reconciler.plan.action import Action
    from reconciler.plan.change import ReasonCode, Reversibility
    from reconciler.plan.limits import Guard
    from reconciler.plan.plan import Verdict
    from reconciler.plan.roster import RosterAction
    from reconciler.store.examination import Weight
    from reconciler.store.records import ActionState, LedgerState

    families: tuple[Iterable[StrEnum], ...] = (
        *(Action, RosterAction, ReasonCode, Reversibility, FieldOperation, Guard, Verdict),
        *(Verb, Origin, Severity, Weight, ActionState, LedgerState),
    )
    return frozenset((*(word.value for family in families for word in family), *kinds()))
