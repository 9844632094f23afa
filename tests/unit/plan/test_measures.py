"""The guards' measures of SIMs, and what they leave out: the notes of the table of guards, one by one."""

from typing import Any

import pytest

from reconciler.diffing.fields import FieldChange, FieldOperation
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.effects import gravest
from reconciler.model.roster import ATTRIBUTES
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.facts import Facts, SharedSetting
from reconciler.plan.limits import Guard
from reconciler.plan.measures import measure
from reconciler.plan.plan import Plan
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan
from tests.unit.plan.plans import FLEET, change, counting, edit, happens, plan

POLICY = Address("RoutingPolicy", "policy")


def count(given: Plan, guard: Guard) -> int:
    """The number that the verdict would print."""
    return measure(given, guard).count


def roster(*changes: RosterChange, **more: Any) -> Plan:
    """A plan that does this to SIMs."""
    return plan(roster=RosterPlan(changes=changes, **more))


@pytest.mark.parametrize("action", RosterAction)
def test_each_action_on_sims_is_counted_by_its_own_guard(action: RosterAction) -> None:
    """Seven SIMs of a group: the guard of the action counts them, and no other guard does."""
    given = roster(happens(action, 7, target="other" if action is RosterAction.MOVE else None))
    guards = {
        RosterAction.ACTIVATE: None,
        RosterAction.MOVE: Guard.SIM_MOVES,
        RosterAction.SUSPEND: Guard.SUSPENSIONS,
        RosterAction.RESUME: Guard.SIMS_TOUCHED,
        RosterAction.TERMINATE: Guard.TERMINATIONS,
    }

    assert {guard: count(given, guard) for guard in Guard} == {
        guard: 7 if guard is guards[action] else 0 for guard in Guard
    }


def test_a_first_assignment_counts_nowhere_with_all_that_it_sets() -> None:
    """12,000 pending SIMs with settings on each, some of them to be suspended: no guard counts one of them."""
    numbers, settings = 12_000, {"imeiLock": "490154203237518", "staticIPv4": "100.64.0.9", "displayName": "Van"}
    given = roster(
        happens(RosterAction.MOVE, numbers, source=None, target="fleet"),
        happens(RosterAction.SUSPEND, 40, source=None),
        edits=tuple(edit(number, settings, group=None) for number in range(numbers)),
    )

    assert {count(given, guard) for guard in Guard} == {0}


def test_a_sim_that_comes_into_the_account_counts_nowhere() -> None:
    """An activation into a group, its settings and its suspension are one arrival."""
    given = roster(
        happens(RosterAction.ACTIVATE, 20, source=None, target="fleet"),
        happens(RosterAction.SUSPEND, 20),
        edits=tuple(edit(number, {"keyValues": {"a": "b"}}) for number in range(20)),
    )

    assert {count(given, guard) for guard in Guard} == {0}


def test_an_interrupted_first_apply_goes_on_without_consent() -> None:
    """SIMs of a group that it made are named, locked and suspended by the next run; in any other group they count."""
    numbers = [edit(number, {"imeiLock": "490154203237518"}) for number in range(60)]
    reached = _updated("routingPolicy", FLEET, "fleet")

    def touched(*new: str) -> list[int]:
        facts = Facts(sims={"fleet": 100, "vans": 5}, own_groups=("fleet", "vans"), new_groups=new)
        changes = (happens(RosterAction.SUSPEND, 60), happens(RosterAction.RESUME, 60))
        found = plan(reached, roster=RosterPlan(changes=changes, edits=tuple(numbers)), facts=facts)
        return [count(found, guard) for guard in (Guard.SIMS_TOUCHED, Guard.SUSPENSIONS)]

    assert (touched("fleet"), touched("vans"), touched()) == ([0, 0], [100, 60], [100, 60])


def test_a_sim_in_several_changes_counts_once() -> None:
    """The same SIMs moved by two sets, suspended by two, edited and resumed: each guard counts SIMs, not changes."""
    given = roster(
        happens(RosterAction.MOVE, 5, target="other"),
        happens(RosterAction.MOVE, 5, source="third", target="other"),
        happens(RosterAction.SUSPEND, 5),
        happens(RosterAction.SUSPEND, 5, source="third"),
        happens(RosterAction.RESUME, 3),
        edits=tuple(edit(number, {"imeiLock": None}) for number in range(5)),
    )

    assert [count(given, guard) for guard in (Guard.SIM_MOVES, Guard.SUSPENSIONS, Guard.SIMS_TOUCHED)] == [5, 5, 5]


@pytest.mark.parametrize("name", [name for name in ATTRIBUTES if name != "state"])
def test_settings_count_where_the_kind_says_that_a_sim_notices(name: str) -> None:
    """Labels are not a list of the guard: the effects of `Endpoint` decide, setting by setting."""
    noticed = gravest([kind_named("Endpoint").effects.fields[name]])
    assert noticed is not None

    given = plan(roster=RosterPlan(edits=(edit(1, {name: "x"}), edit(2, {name: None}))))

    assert count(given, Guard.SIMS_TOUCHED) == (2 if noticed.is_noticed else 0)
    assert (name in {"displayName", "reference", "tags"}) is not noticed.is_noticed


def test_a_label_beside_a_setting_counts() -> None:
    """One setting that a SIM notices is enough."""
    given = plan(roster=RosterPlan(edits=(edit(1, {"displayName": "x", "imeiLock": None}),)))

    assert count(given, Guard.SIMS_TOUCHED) == 1


def _updated(path: str, address: Address = POLICY, *reaches: str, live: str | None = None) -> Change:
    fields = (FieldChange(path, FieldOperation.EDIT, "one", "other"),)
    return change(address, Action.UPDATE, fields=fields, reaches=reaches, live_moniker=live or address.name)


FACTS = Facts(
    owned={"EndpointGroup": 2, "RoutingPolicy": 1}, sims={"fleet": 400, "vans": 30, "theirs": 7}, own_groups=("fleet",)
)


def test_an_edit_touches_every_group_behind_it_once() -> None:
    """Two policies reach overlapping groups, also one of another estate; a label reaches nobody."""
    given = plan(
        _updated("rules[a].target", POLICY, "fleet", "vans"),
        _updated("status", Address("RoutingPolicy", "second"), "vans", "theirs"),
        _updated("displayName", Address("VSlice", "net"), "fleet", "vans", "theirs", "unknown"),
        facts=FACTS,
    )

    assert count(given, Guard.SIMS_TOUCHED) == 400 + 30 + 7
    assert count(plan(_updated("displayName", FLEET, "fleet"), facts=FACTS), Guard.SIMS_TOUCHED) == 0


def test_sims_of_a_touched_group_are_not_counted_again() -> None:
    """Their own edits and resumptions add nothing; those of a SIM elsewhere do."""
    given = plan(
        _updated("status", POLICY, "fleet"),
        facts=FACTS,
        roster=RosterPlan(
            changes=(happens(RosterAction.RESUME, 2), happens(RosterAction.RESUME, 2, source="vans", first=50)),
            edits=(edit(1, {"imeiLock": None}), edit(60, {"imeiLock": None}, group="vans")),
        ),
    )

    assert count(given, Guard.SIMS_TOUCHED) == 400 + 2 + 1


@pytest.mark.parametrize(
    ("path", "action", "switched"),
    [
        ("routingPolicy", Action.UPDATE, 400),
        ("operatorPolicy", Action.UPDATE, 400),
        ("regionalPolicy", Action.UPDATE, 400),
        ("eventMap", Action.UPDATE, 0),
        ("displayName", Action.UPDATE, 0),
        ("routingPolicy", Action.ADOPT, 0),
    ],
)
def test_a_group_switches_with_another_policy(path: str, action: Action, switched: int) -> None:
    """Routing, operator and regional policies count; the group is found by its live name when it is renamed too."""
    renamed = _updated(path, Address("EndpointGroup", "trucks"), live="fleet")
    given = plan(
        change(renamed.address, action, fields=renamed.fields, live_moniker="fleet"), _updated(path), facts=FACTS
    )

    found = measure(given, Guard.POLICY_SWITCH)

    assert (found.count, found.addresses) == (switched, (renamed.address,) if switched else ())


def _unlisted(gone: int, size: int, *, left: int = 0, action: RosterAction = RosterAction.SUSPEND) -> Plan:
    """A group of a size of which no list has `gone` SIMs, to which something happens, and `left`, which stay."""
    numbers = tuple(map(str, range(gone + left)))
    target = "other" if action is RosterAction.MOVE else None
    facts = Facts(sims={"fleet": size}, own_groups=("fleet",))
    changes = (happens(action, gone, target=target),) if gone else ()
    return plan(roster=RosterPlan(changes=changes, unlisted={"fleet": numbers}), facts=facts)


@pytest.mark.parametrize(
    ("given", "emptied"),
    [
        (_unlisted(5, 10), 0),
        (_unlisted(6, 10), 1),
        (_unlisted(6, 10, action=RosterAction.MOVE), 1),
        (_unlisted(6, 12), 0),
        (_unlisted(1, 1), 1),
        # They are reported, and nothing happens to them.
        (_unlisted(0, 10, left=10), 0),
        # Those that left the roster before are no part of it: of 20 SIMs 12 go.
        (_unlisted(12, 60, left=40), 1),
        (_unlisted(10, 60, left=40), 0),
    ],
)
def test_a_roster_is_emptied_below_half(given: Plan, emptied: int) -> None:
    """More than half of the SIMs that it had would be moved or suspended because no list has them."""
    assert count(given, Guard.EMPTIED) == emptied


def test_a_roster_that_others_list_is_not_emptied() -> None:
    """All ten SIMs of a trial move to another group because a list says so: that is what `simMoves` counts."""
    given = counting[Guard.SIM_MOVES](10)

    assert (count(given, Guard.EMPTIED), count(given, Guard.SIM_MOVES)) == (0, 10)


def test_a_group_that_is_renamed_keeps_its_size() -> None:
    """The roster is known by the new name, the SIMs by the live one."""
    given = plan(
        _updated("metadata.name", Address("EndpointGroup", "trucks"), live="fleet"),
        roster=RosterPlan(changes=(happens(RosterAction.SUSPEND, 5),), unlisted={"trucks": tuple("01234")}),
        facts=Facts(sims={"fleet": 10}, own_groups=("fleet",)),
    )

    assert count(given, Guard.EMPTIED) == 0


def test_every_shared_value_is_held_to_the_limit_by_itself() -> None:
    """Three SIMs with one lock and two with one reference: five SIMs, and two numbers for the limit."""
    found = measure(
        plan(facts=Facts(shared=(SharedSetting("imeiLock", 3), SharedSetting("reference", 2)))), Guard.SHARED_VALUES
    )

    assert (found.count, found.parts) == (5, ((3, 3), (2, 2)))


@pytest.mark.parametrize("guard", Guard)
def test_one_is_said_in_the_singular(guard: Guard) -> None:
    """No text says "1 SIMs" or "1 objects"."""
    text = measure(counting[guard](1), guard).text

    assert [
        word for word in ("1 SIMs", "1 objects", "1 kinds", "1 hosts", "1 rosters") if f" {word}" in f" {text}"
    ] == []
