"""How a plan differs from an earlier one: entries by their effect, totals in one sentence."""

from dataclasses import replace

from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.effect import effect_digest, effect_of
from reconciler.plan.plan import Plan
from reconciler.plan.plan_difference import differing_entries, since
from reconciler.plan.roster import RosterAction, RosterPlan
from tests.unit.plan.plans import change, edit, happens, plan


def _maps(count: int) -> Plan:
    return plan(*(change(Address("EventMap", f"map-{n:02}"), Action.DELETE) for n in range(count)))


def test_many_differences_are_counted() -> None:
    """Twenty are named, and the totals are first."""
    found = since(plan(), _maps(23))

    assert found[0] == "23 changes more, as many SIMs, verdict the same"
    assert found[1] == "new: delete EventMap/map-00"
    assert (len(found), found[-1]) == (22, "and 3 more")
    assert since(_maps(1), plan())[0] == "1 change fewer, as many SIMs, verdict the same"


def test_a_verdict_that_changed_is_named() -> None:
    """Both ways, with the guards."""
    ending = plan(roster=RosterPlan(changes=(happens(RosterAction.TERMINATE, 1),)))

    assert since(plan(), ending)[0].endswith("verdict refused by terminations, so far not refused")
    assert since(ending, plan())[0].endswith("verdict not refused, so far refused by terminations")
    assert "1 SIM more" in since(plan(), replace(plan(), sims_touched=1))[0]


def test_requests_are_no_part_of_an_effect() -> None:
    """One action on SIMs in two parts does the same; an edit of another value does not."""
    one = plan(roster=RosterPlan(changes=(happens(RosterAction.SUSPEND, 4),)))
    two = plan(roster=RosterPlan(changes=(happens(RosterAction.SUSPEND, 2, first=2), happens(RosterAction.SUSPEND, 2))))
    edits = [plan(roster=RosterPlan(edits=(edit(1, {"tags": [tag]}), edit(0, {"tags": []})))) for tag in "ab"]

    assert effect_of(one) == effect_of(two)
    assert effect_digest(edits[0]) != effect_digest(edits[1])
    assert list(differing_entries(*edits)) == ["different: edit EndpointSet/all"]
