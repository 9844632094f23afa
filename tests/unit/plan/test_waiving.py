"""Whether a waiver holds: for the finding that it names, until its last day, and by enough people."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.plan.facts import Facts, SharedSetting
from reconciler.plan.findings import extra_of, finding_digest, subjects_of
from reconciler.plan.judging import judge, limit_in_words, with_verdicts
from reconciler.plan.limits import OFF_LIMIT, STANDARD, Guard, Limit, Limits
from reconciler.plan.plan import GuardResult, Plan, Verdict
from reconciler.plan.roster import RosterAction, RosterPlan
from reconciler.plan.waivers import NO_WAIVERS, Waiver, Waivers
from reconciler.plan.waiving import most_alone, unused_waivers, waived_findings
from tests.unit.plan.plans import LARGEST, SIMS, counting, edit, happens, plan

TODAY = "2026-11-28"


def _waiver(found: Plan, guard: Guard, approver: str = "alice", limits: Limits = STANDARD) -> Waiver:
    result = next(one for one in judge(found, limits) if one.guard == guard)
    return Waiver(
        guard=guard,
        limit=limit_in_words(found, guard, limits),
        number=result.measured or 0,
        digest=finding_digest(subjects_of(found, guard)),
        reason="meant",
        approver=approver,
        expires=TODAY,
        source="policy.yaml",
    )


def _judged(found: Plan, guard: Guard, *stated: Waiver, limits: Limits = STANDARD, today: str = TODAY) -> GuardResult:
    made = with_verdicts(found, limits, waivers=Waivers(stated=stated, today=today, are_required=True))
    return next(one for one in made.verdicts if one.guard == guard)


@pytest.mark.parametrize("guard", list(LARGEST))
def test_a_waiver_of_what_is_found_holds(guard: Guard) -> None:
    """For every guard: the finding is waived, by whom and until when, and one more is another finding."""
    found, more = counting[guard](LARGEST[guard] + 1), counting[guard](LARGEST[guard] + 2)
    waiver = _waiver(found, guard)
    both = (waiver, replace(waiver, approver="bob"))

    waived = _judged(found, guard, *both)

    assert waived.verdict is Verdict.WAIVED
    assert "waived by alice until 2026-11-28 (meant) and bob until 2026-11-28 (meant), as written in policy.yaml" in (
        waived.message
    )
    assert _judged(more, guard, *both).verdict is Verdict.DENY
    assert _judged(found, guard).next_step.startswith("if that is meant, have it waived, with reconciler guard waive")


ENDING = counting[Guard.TERMINATIONS]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expires": "2026-11-27"}, "the waiver of alice expired on 2026-11-27"),
        ({"limit": "off"}, "the waiver of alice is for the limit off, not for 0"),
        ({"number": 1}, "the waiver of alice is for 1, not for 2"),
        ({"digest": finding_digest(("8",))}, "the waiver of alice is for 2 others"),
        ({"number": 1, "digest": finding_digest(("0",))}, "the waiver of alice is for 1 and does not have 1"),
        ({"guard": Guard.DELETIONS}, ""),
    ],
)
def test_another_waiver_says_why_it_does_not_hold(changes: dict[str, Any], words: str) -> None:
    """The day, the limit, the number, the one that is extra, or only that it is for others."""
    found = ENDING(2)

    result = _judged(found, Guard.TERMINATIONS, replace(_waiver(found, Guard.TERMINATIONS), **changes))

    assert result.verdict is Verdict.DENY
    assert result.message.endswith(words or "the limit is 0")


@pytest.mark.parametrize(
    ("count", "approvers", "verdict"),
    [
        (50, ("alice",), Verdict.WAIVED),
        # A hundredth of 10,000 SIMs.
        (100, ("alice",), Verdict.WAIVED),
        (101, ("alice",), Verdict.DENY),
        (101, ("alice", " ALICE"), Verdict.DENY),
        (101, ("alice", "bob"), Verdict.WAIVED),
    ],
)
def test_many_terminations_need_two_approvers(count: int, approvers: tuple[str, ...], verdict: Verdict) -> None:
    """More than 50 and more than 1 %; the same name twice is one approver."""
    found = ENDING(count)
    one = _waiver(found, Guard.TERMINATIONS)

    result = _judged(found, Guard.TERMINATIONS, *(replace(one, approver=name) for name in approvers))

    assert result.verdict is verdict
    assert ("second approver missing: only alice waived it" in result.message) is (verdict is Verdict.DENY)


def test_many_moves_need_one_approver() -> None:
    """The second one is for what cannot be undone."""
    found = counting[Guard.SIM_MOVES](SIMS)

    assert _judged(found, Guard.SIM_MOVES, _waiver(found, Guard.SIM_MOVES)).verdict is Verdict.WAIVED
    assert most_alone(plan(facts=Facts())) == 50


def test_a_finding_is_its_subjects_whatever_their_order() -> None:
    """The same SIMs from other lists have the same digest; a set has the one extra named, a large one has not."""
    one = RosterPlan(changes=(happens(RosterAction.TERMINATE, 2), happens(RosterAction.TERMINATE, 2, first=2)))
    other = RosterPlan(changes=(happens(RosterAction.TERMINATE, 4),))
    found = {finding_digest(subjects_of(plan(roster=r), Guard.TERMINATIONS)) for r in (one, other)}
    many = tuple(map(str, range(2_001)))

    assert len(found) == 1
    assert extra_of(("a", "b"), finding_digest(("b",))) == "a"
    assert extra_of(many, finding_digest(many[1:])) is None


def test_sims_that_share_a_value_are_its_finding() -> None:
    """The settings, and the SIMs that are given them."""
    edits = (edit(1, {"imeiLock": "1"}), edit(2, {"tags": []}))
    found = plan(roster=RosterPlan(edits=edits), facts=Facts(shared=(SharedSetting("imeiLock", 2),)))

    assert subjects_of(found, Guard.SHARED_VALUES) == ("1", "imeiLock")


def test_waivers_are_listed_by_whether_they_hold() -> None:
    """Those that hold with their guard; the others are expired, or for another finding."""
    found = ENDING(2)
    one = _waiver(found, Guard.TERMINATIONS)
    late, foreign = replace(one, approver="bob", expires="2026-11-27"), replace(one, guard=Guard.DELETIONS)
    made = with_verdicts(found, STANDARD, waivers=Waivers(stated=(one, late, foreign), today=TODAY))

    assert list(waived_findings(made)) == [(Guard.TERMINATIONS, one)]
    assert list(unused_waivers(made)) == [(late, "expired on 2026-11-27"), (foreign, "for another finding")]
    assert list(unused_waivers(with_verdicts(found, STANDARD, waivers=NO_WAIVERS))) == []


@pytest.mark.parametrize(
    ("own", "base", "verdict"),
    [
        (OFF_LIMIT, Limit(0), Verdict.DENY),
        (Limit(5), Limit(1), Verdict.DENY),
        (Limit(1), Limit(5), Verdict.DENY),
        (Limit(5), OFF_LIMIT, Verdict.PASS),
        (Limit(5), Limit(5), Verdict.PASS),
        (Limit(1), OFF_LIMIT, Verdict.DENY),
    ],
)
def test_a_change_set_raises_no_limit_for_itself(own: Limit, base: Limit, verdict: Verdict) -> None:
    """The stricter limit holds, and a verdict that refuses has the old and the new one."""
    limits = Limits({Guard.TERMINATIONS: own}, ceiling=Limits({Guard.TERMINATIONS: base}))

    result = _judged(ENDING(2), Guard.TERMINATIONS, limits=limits)

    assert result.verdict is verdict
    raised = f"this change set raises it from {base} to {own}"
    assert (raised in result.message) is (verdict is Verdict.DENY and own.bound(0) != 1)
