"""The twelve guards at, below and above their limits, and what a consent does."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import ReasonCode
from reconciler.plan.judging import NO_CONSENTS, judge, with_verdicts
from reconciler.plan.limits import ALL_OFF, STANDARD, Guard, Limit, Limits
from reconciler.plan.plan import GuardResult, Plan, Verdict
from tests.unit.plan.plans import LARGEST, SIMS, change, counting, plan

ABOVE = [(guard, LARGEST[guard] + 1) for guard in Guard]


def verdict(
    given: Plan, guard: Guard, limits: Limits = STANDARD, consents: Mapping[Guard, int] = NO_CONSENTS
) -> GuardResult:
    """The verdict of one guard."""
    found = judge(given, limits, consents)
    return found[list(Guard).index(guard)]


def test_every_guard_gives_a_verdict_in_the_order_of_the_table() -> None:
    """Also over a plan in which there is nothing to count."""
    found = judge(plan(), STANDARD)

    assert [result.guard for result in found] == [guard.value for guard in Guard]
    assert {(result.verdict, result.measured, result.next_step) for result in found} == {(Verdict.PASS, 0, "")}


@pytest.mark.parametrize("guard", Guard)
def test_the_largest_number_passes_and_one_more_does_not(guard: Guard) -> None:
    """Below and at the limit nothing is asked for; above it the plan is refused, by this guard alone."""
    largest = LARGEST[guard]

    for count in {max(0, largest - 1), largest}:
        assert {result.verdict for result in judge(counting[guard](count), STANDARD)} == {Verdict.PASS}
    found = judge(counting[guard](largest + 1), STANDARD)
    assert [(r.guard, r.measured, r.limit) for r in found if r.verdict is Verdict.DENY] == [
        (guard.value, largest + 1, largest)
    ]
    assert verdict(counting[guard](largest + 1), guard).next_step.startswith(
        f"if that is meant, add --allow {guard.value}={largest + 1}"
    )


@pytest.mark.parametrize(("guard", "count"), ABOVE)
def test_off_lets_everything_pass(guard: Guard, count: int) -> None:
    """A guard that is off never refuses, and says that it is off; the others go on."""
    result = verdict(counting[guard](count), guard, ALL_OFF)

    assert (result.verdict, result.measured, result.limit) == (Verdict.PASS, count, None)
    assert result.message.endswith("; the guard is off")


@pytest.mark.parametrize(("guard", "count"), ABOVE)
def test_a_limit_that_is_stated_holds(guard: Guard, count: int) -> None:
    """One below the number refuses, the number itself passes."""
    given = counting[guard](count)

    assert verdict(given, guard, Limits({guard: Limit(count - 1)})).verdict is Verdict.DENY
    assert verdict(given, guard, Limits({guard: Limit(count)})).verdict is Verdict.PASS


@pytest.mark.parametrize(("guard", "count"), ABOVE)
def test_a_consent_is_the_exact_number(guard: Guard, count: int) -> None:
    """The number that the verdict prints, also where the limit is a share; no other number, and no other guard."""
    given = counting[guard](count)

    allowed = verdict(given, guard, consents={guard: count})
    assert (allowed.verdict, allowed.measured, allowed.next_step) == (Verdict.ALLOWED, count, "")
    assert allowed.message.endswith(f"; exactly {count:,} are allowed")
    for number in (count - 1, count + 1, 10 * count):
        refused = verdict(given, guard, consents={guard: number})
        assert refused.verdict is Verdict.DENY
        assert refused.message.endswith(f"; the limit is {LARGEST[guard]:,}, and {number:,} are allowed")
    others = {other: count for other in Guard if other is not guard}
    assert verdict(given, guard, consents=others) == verdict(given, guard)


@pytest.mark.parametrize(("guard", "count"), ABOVE)
def test_the_number_of_the_consent_is_printed(guard: Guard, count: int) -> None:
    """The message begins with the number, or names it, so that a reader finds what to type."""
    assert f"{count:,} " in verdict(counting[guard](count), guard).message


def test_a_consent_is_not_looked_at_where_nothing_is_refused() -> None:
    """A number for a guard that passes neither allows nor refuses anything."""
    given = counting[Guard.SIM_MOVES](3)

    assert verdict(given, Guard.SIM_MOVES, consents={Guard.SIM_MOVES: 2}) == verdict(given, Guard.SIM_MOVES)


def test_all_verdicts_come_at_once() -> None:
    """A plan that is above several limits is refused by each of them, not by the first."""
    parts = [counting[guard](LARGEST[guard] + 1) for guard in (Guard.SIM_MOVES, Guard.SUSPENSIONS, Guard.TERMINATIONS)]
    roster = replace(parts[0].roster, changes=tuple(c for part in parts for c in part.roster.changes))
    given = with_verdicts(replace(counting[Guard.DELETIONS](11), roster=roster), STANDARD)

    assert [result.guard for result in given.objections()] == ["terminations", "suspensions", "simMoves", "deletions"]
    consents = {Guard(result.guard): result.measured or 0 for result in given.objections()}
    assert with_verdicts(given, STANDARD, consents).objections() == ()
    consents.popitem()
    assert [result.guard for result in with_verdicts(given, STANDARD, consents).objections()] == ["deletions"]


def test_the_limit_holds_for_each_kind_and_the_number_is_the_total() -> None:
    """Three of a small kind pass beside eleven of a large one; the kind that is furthest above is the one named."""
    maps, hooks = counting[Guard.DELETIONS](11), [Address("EventHandler", f"hook-{n}") for n in range(3)]
    facts = replace(maps.facts, owned={"EventMap": 100, "EventHandler": 4})
    gone = [change(address, Action.DELETE, ReasonCode.REMOVED) for address in hooks]
    both = replace(maps, changes=(*maps.changes, *gone), facts=facts)

    result = verdict(both, Guard.DELETIONS)

    assert result.message == (
        "14 objects would be deleted or replaced (3 of 4 EventHandler, 11 of 100 EventMap); the limit is 10"
    )
    assert (result.measured, result.limit, len(result.addresses)) == (14, 10, 14)
    assert verdict(both, Guard.DELETIONS, consents={Guard.DELETIONS: 14}).verdict is Verdict.ALLOWED
    assert verdict(both, Guard.DELETIONS, consents={Guard.DELETIONS: 11}).verdict is Verdict.DENY
    assert verdict(replace(both, changes=(*maps.changes[:10], *gone)), Guard.DELETIONS).verdict is Verdict.PASS


def test_the_largest_group_decides_and_the_number_is_that_of_all_groups() -> None:
    """Two groups of 600 SIMs pass one by one; a group of 1,001 beside them does not."""
    one = counting[Guard.POLICY_SWITCH](600)
    other = replace(one.changes[0], address=Address("EndpointGroup", "other"), live_moniker="other")
    both = replace(one, changes=(*one.changes, other), facts=replace(one.facts, sims={"fleet": 600, "other": 600}))

    assert verdict(both, Guard.POLICY_SWITCH).verdict is Verdict.PASS
    above = replace(both, facts=replace(one.facts, sims={"fleet": 600, "other": 1001}))
    assert verdict(above, Guard.POLICY_SWITCH, consents={Guard.POLICY_SWITCH: 1601}).verdict is Verdict.ALLOWED
    assert verdict(above, Guard.POLICY_SWITCH).message == (
        "1,601 SIMs of 2 groups would get another routing, operator or regional policy; the limit is 1,000"
    )


def test_a_share_is_one_of_what_the_estate_owns() -> None:
    """The same number passes in a large estate and is refused in a small one."""
    given = counting[Guard.SIM_MOVES](11)

    assert verdict(given, Guard.SIM_MOVES).verdict is Verdict.PASS
    small = replace(given, facts=replace(given.facts, sims={"fleet": 219}))
    assert verdict(small, Guard.SIM_MOVES).verdict is Verdict.DENY
    foreign = replace(given, facts=replace(given.facts, own_groups=()))
    assert verdict(foreign, Guard.SIM_MOVES).message == (
        "11 of 0 SIMs would leave their group for another one; the limit is 10"
    )
    listed = replace(foreign, roster=replace(given.roster, managed=SIMS))
    assert verdict(listed, Guard.SIM_MOVES).verdict is Verdict.PASS
    absent = replace(foreign, roster=replace(given.roster, managed=221, missing=("1",), gone=("2", "3")))
    assert verdict(absent, Guard.SIM_MOVES).verdict is Verdict.DENY
