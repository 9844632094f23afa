"""The last read right before a request: SIMs that joined a group meanwhile, and a name that somebody has unseen."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.apply.goal import Goal
from reconciler.apply.objects.machine import begin, step
from reconciler.apply.objects.state import Knowledge
from reconciler.apply.precondition import TOLERATED_SIMS
from reconciler.apply.protocol import (
    ChangeEffect,
    ChangeEvent,
    Declined,
    Done,
    Finish,
    Intend,
    Rest,
    Seen,
    Settle,
)
from reconciler.control_plane.port import Verb
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Impact, Reason, ReasonCode
from reconciler.plan.deriving import fields_of
from reconciler.plan.outcomes import Failed, Stale
from reconciler.store.records import ActionState

GROUP = Address("EndpointGroup", "fleet-group")
SPEC = {"type": "primary", "vslice": "fleet-net", "routingPolicy": "fleet-route", "secondaryGroups": []}


def holding(sims: int) -> Seen:
    """The group as the plan saw it, with so many SIMs in it."""
    return Seen(Observed(GROUP, "id-1", SPEC, counts={"sims": sims}))


def knowledge(action: Action, after: Mapping[str, Any] | None, *, sims: int = 0) -> Knowledge:
    """A change of the group of which the plan said that it reaches so many SIMs."""
    before = None if action is Action.CREATE else SPEC
    reason = Reason(ReasonCode.CHANGED, "it differs")
    known = None if before is None else "id-1"
    change = Change(
        GROUP, action, before, after, reason, remote_id=known, live_moniker=known and GROUP.name, impact=Impact(sims)
    )
    change = replace(change, fields=fields_of(change, {}))
    owned = None if before is None else Owned(GROUP, "id-1", GROUP.name)
    return Knowledge(goal=Goal(change, {}, str), owned=owned, polls=1, patient_polls=1)


def after(known: Knowledge, *events: ChangeEvent) -> list[ChangeEffect]:
    """Everything that is asked for, from the first look on."""
    state, effect = begin(known)
    effects = [effect]
    for event in events:
        state, effect = step(state, event)
        effects.append(effect)
    return effects


@pytest.mark.parametrize("action", [Action.DELETE, Action.REPLACE])
def test_a_group_that_a_sim_joined_meanwhile_is_not_deleted(action: Action) -> None:
    """The plan saw it empty; right before the request it is not: nothing is sent, and it is said what to do (F25)."""
    made = None if action is Action.DELETE else {**SPEC, "vslice": "other-net"}

    effects = after(knowledge(action, made), holding(3))

    assert effects[1:] == [Finish(Failed(GROUP, action, "it still holds 3 SIMs", "move them to another group first"))]


def test_an_empty_group_is_deleted() -> None:
    """The same look at a group without SIMs leads to the request."""
    (_, effect) = after(knowledge(Action.DELETE, None), holding(0))

    assert isinstance(effect, Intend)
    assert effect.step.verb is Verb.DELETE


@pytest.mark.parametrize("planned", [0, 40])
def test_a_group_that_many_sims_joined_meanwhile_is_not_edited(planned: int) -> None:
    """As many as come and go are tolerated; with one more the change is not the one that was reviewed (F26)."""
    known = knowledge(Action.UPDATE, {"routingPolicy": "other-route"}, sims=planned)
    most = planned + TOLERATED_SIMS

    (_, tolerated) = after(known, holding(most))
    (_, refused) = after(known, holding(most + 1))

    assert isinstance(tolerated, Intend)
    reason = f"it reaches {most + 1} SIMs now, the plan saw {planned}"
    assert refused == Finish(Stale(GROUP, Action.UPDATE, reason))


def test_a_name_that_is_taken_by_what_nobody_can_see_keeps_the_intent() -> None:
    """
    The refusal says that the name is taken, and no look finds it: it may be our own request, delivered twice.

    The change failed, and its intent stays good for adoption, so that a later run recognises the object.
    """
    known = knowledge(Action.CREATE, SPEC)
    taken = Declined("moniker is already used", "choose another", may_be_taken=True)

    effects = after(known, Seen(None), Done(), taken, Seen(None), Done(), Seen(None), Done())

    (_, intended, _, _, waited, _, settled, finished) = effects
    assert isinstance(intended, Intend)
    assert isinstance(waited, Rest)
    assert settled == Settle(intended.step, ActionState.VOID)
    assert finished == Finish(Failed(GROUP, Action.CREATE, "moniker is already used", "choose another"))


def test_a_creation_that_was_refused_for_another_reason_leaves_no_intent() -> None:
    """Nobody has the name: nothing is looked for, and nothing may be adopted later because of it (I6)."""
    effects = after(knowledge(Action.CREATE, SPEC), Seen(None), Done(), Declined("no such policy"))

    intended, settled = effects[1], effects[3]
    assert isinstance(intended, Intend)
    assert settled == Settle(intended.step, ActionState.FAILED)
