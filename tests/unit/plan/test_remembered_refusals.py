"""The inventory's memory refuses a change: protection, retention, former names; and refusals are found again."""

from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.model.resource import PLAIN_LIFECYCLE, Lifecycle, Resource, Resources
from reconciler.model.snapshot import Snapshot
from reconciler.plan.grounds import NO_GROUNDS
from reconciler.plan.guards import objections
from reconciler.plan.plan import GuardResult, Plan, Verdict
from tests.laws import paper
from tests.unit.plan.test_guards import NET, event_map, hook
from tests.unit.plan.test_usurping import GROUP


def _plan(before: list[Resource], after: list[Resource], *, owned: list[Resource] | None = None) -> Plan:
    """The plan of an estate that owns what was there, or a part of it."""
    return paper.plan(Resources(after), paper.snapshot(before), paper.inventory(before if owned is None else owned))


def _verdicts(plan: Plan, guard: str) -> list[GuardResult]:
    return [result for result in plan.guards if result.guard == guard]


@pytest.mark.parametrize(
    ("life", "after", "verdict"),
    [
        (Lifecycle(protect=True), [], "EndpointGroup/fleet-uk is protected and would be deleted"),
        (Lifecycle(protect=True), ["100.64.64.0/18"], "EndpointGroup/fleet-uk is protected and would be replaced"),
        (
            Lifecycle(retain=True),
            ["100.64.64.0/18"],
            "EndpointGroup/fleet-uk is retained and would be replaced, which deletes it first",
        ),
        (Lifecycle(retain=True), [], None),
        (PLAIN_LIFECYCLE, [], None),
        (PLAIN_LIFECYCLE, ["100.64.64.0/18"], None),
    ],
)
def test_what_the_inventory_protects_or_retains_does_not_go(
    life: Lifecycle, after: list[str], verdict: str | None
) -> None:
    """Deleted or replaced, a protected object is refused; a retained one is let go of, and never replaced (S19)."""
    before = GROUP._replace(lifecycle=life)
    declared = [before._replace(spec={**GROUP.spec, "subnet": subnet}) for subnet in after]

    plan = _plan([NET, before], [NET, *declared])

    assert [result.message for result in _verdicts(plan, "protect")] == ([verdict] if verdict else [])
    assert objections(plan, paper.snapshot([NET, before]), paper.inventory([])) == tuple(_verdicts(plan, "protect"))


def test_an_objection_is_found_again_whatever_the_plan_says() -> None:
    """A plan that lost its refusals is refused by a reading: SIMs in a group that goes, and who still refers."""
    used, user = hook(), event_map("fleet-map", "fleet-hook")
    rows = [paper.live(row) for row in (NET, GROUP, used, user)]
    counted = [row._replace(counts={"sims": 7}) if row.address == GROUP.address else row for row in rows]
    seen = Snapshot(paper.ACCOUNT, counted)
    plan = paper.plan(Resources([NET]), seen, paper.inventory([NET, GROUP, used]))

    found = objections(replace(plan, grounds=NO_GROUNDS, guards=()), seen, paper.inventory([]))

    assert [(result.guard, result.measured) for result in found] == [("sims", 7), ("references", None)]
    assert sorted(found, key=lambda result: result.guard) == sorted(plan.guards, key=lambda result: result.guard)


OLD, OTHER = NET, NET._replace(address=Address("VSlice", "city-net"))
RENAMED = OTHER._replace(lifecycle=Lifecycle(renamed_from="fleet-net"))


@pytest.mark.parametrize(
    ("live", "owned", "declared", "is_refused"),
    [
        # Both live: the old object would count as no longer declared.
        ([OLD, OTHER], [OLD, OTHER], [RENAMED], True),
        ([OLD, OTHER], [OLD], [RENAMED], True),
        # It is renamed, or was; it is declared itself; it is gone; it is somebody else's.
        ([OLD], [OLD], [RENAMED], False),
        ([OTHER], [OTHER], [RENAMED], False),
        ([OLD, OTHER], [OLD, OTHER], [OLD, RENAMED], False),
        ([OTHER], [OLD, OTHER], [RENAMED], False),
        ([OLD, OTHER], [OTHER], [RENAMED], False),
        ([OLD, OTHER], [OLD, OTHER], [OTHER], False),
    ],
)
def test_a_former_name_that_is_ignored_is_refused_with_both_names(
    live: list[Resource], owned: list[Resource], declared: list[Resource], is_refused: bool
) -> None:
    """The new name is taken by another object, so nothing can be renamed, and the old one would be deleted (D-6)."""
    found = _verdicts(_plan(live, declared, owned=owned), "rename")

    assert [(r.verdict, r.addresses) for r in found] == (
        [(Verdict.DENY, (OTHER.address, OLD.address))] if is_refused else []
    )
    for result in found:
        assert "VSlice/city-net is declared as the new name of VSlice/fleet-net, but both exist" in result.message
        assert "another new name for VSlice/fleet-net" in result.next_step


def test_before_the_first_apply_a_former_name_refuses_nothing() -> None:
    """Without a store nothing is ours, so nothing can be deleted."""
    plan = paper.plan(Resources([RENAMED]), paper.snapshot([OLD, OTHER]), None)

    assert _verdicts(plan, "rename") == []
