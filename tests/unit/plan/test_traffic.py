"""The effect of a plan on traffic: each pair of policies that SIMs get, once, from before and after and the grounds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource, Resources
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.model.traffic.outcomes import Category
from reconciler.plan.action import Action
from reconciler.plan.deriving import derived
from reconciler.plan.facts import Facts
from reconciler.plan.grounding import with_policies
from reconciler.plan.plan import Plan
from reconciler.plan.planfile import decode, digest_of, encode
from reconciler.plan.planned_policies import traffic_fields
from reconciler.plan.roster import RosterAction, RosterPlan
from reconciler.plan.traffic import PolicyPair, other_traffic, policy_pairs, sims_of
from tests.laws import paper
from tests.unit.plan.plans import BASIS, change, happens

NET = Resource(Address("VSlice", "fleet-net"), {"subnets": ["100.64.0.0/16"]})
OUT = Resource(Address("RoutingTarget", "fleet-out"), {"vslice": "fleet-net", "internet": {}})
REGION = Resource(Address("RegionalPolicy", "fleet-region"), {"defaultGateway": "europe"})
SHARED = [NET, OUT, REGION]
WEB = {"name": "web", "direction": "uplink", "action": "forward", "target": "fleet-out"}
ALL = [Category.NEWLY_ALLOWED]


def rule(destination: str = "10.1.0.0/16", **others: Any) -> dict[str, Any]:
    """A rule that lets uplink traffic to a network pass."""
    return {**WEB, **others, "match": {"destination": destination}}


def policy(name: str, *rules: Mapping[str, Any], **others: Any) -> Resource:
    """A routing policy."""
    life = Lifecycle(renamed_from=others.pop("was", None))
    spec = {"vslice": "fleet-net", "rules": list(rules), **others}
    return Resource(Address("RoutingPolicy", name), spec, lifecycle=life)


def group(name: str, routing: str, **others: Any) -> Resource:
    """A group that uses a routing policy."""
    spec = {"vslice": "fleet-net", "routingPolicy": routing, "regionalPolicy": "fleet-region", **others}
    return Resource(Address("EndpointGroup", name), spec)


def seen(*resources: Resource, sims: int = 3_000) -> Snapshot:
    """All of them live, with so many SIMs in each group."""

    def counted(one: Observed) -> Observed:
        return one._replace(counts={"sims": sims}) if one.address.kind == "EndpointGroup" else one

    return Snapshot(paper.ACCOUNT, [counted(paper.live(resource)) for resource in (*SHARED, *resources)])


def made(before: list[Resource], after: list[Resource], *, owned: list[Resource] | None = None) -> Plan:
    """The plan from live objects to declared ones."""
    inventory = paper.inventory([*SHARED, *(before if owned is None else owned)])
    return paper.plan(Resources([*SHARED, *after]), seen(*before), inventory, adopts=True)


def summary(pair: PolicyPair, plan: Plan) -> tuple[Any, ...]:
    """The monikers, the causes, the SIMs and the categories of a pair."""
    return (
        pair.before,
        pair.after,
        pair.causes,
        sims_of([pair], plan),
        [one.category for one in pair.difference.changed],
    )


def pairs(plan: Plan) -> list[tuple[Any, ...]]:
    """A line for each pair."""
    return [summary(pair, plan) for pair in policy_pairs(plan)]


GROUPS = [group(f"group-{number}", "fleet-rules") for number in range(4)]


def test_an_edited_policy_is_compared_once_for_all_of_its_groups() -> None:
    """One rule of a policy of four groups of 3,000 SIMs is the traffic of 12,000 SIMs."""
    plan = made([policy("fleet-rules"), *GROUPS], [policy("fleet-rules", rule()), *GROUPS])

    assert pairs(plan) == [("fleet-rules", "fleet-rules", ("RoutingPolicy/fleet-rules",), 12_000, ALL)]
    assert policy_pairs(plan)[0].groups == ("group-0", "group-1", "group-2", "group-3")


def test_an_edit_of_words_only_is_no_pair_and_a_reordering_without_effect_changes_nothing() -> None:
    """A name of a policy is no traffic; rules that change places are looked at."""
    one, two = rule(), rule("10.2.0.0/16", name="other")
    assert pairs(made([policy("fleet-rules")], [policy("fleet-rules", displayName="Rules")])) == []
    plan = made([policy("fleet-rules", one, two)], [policy("fleet-rules", two, one)])
    assert [pair.difference.is_none for pair in policy_pairs(plan)] == [True]


def test_groups_that_get_the_same_other_policy_are_one_pair() -> None:
    """Two groups that switch from one policy to another are compared once; the policies themselves do not change."""
    rules = [policy("old-rules"), policy("new-rules", rule())]
    before = [*rules, group("group-a", "old-rules"), group("group-b", "old-rules"), group("group-c", "old-rules")]
    after = [*rules, group("group-a", "new-rules"), group("group-b", "new-rules"), group("group-c", "old-rules")]

    plan = made(before, after)

    causes = ("EndpointGroup/group-a", "EndpointGroup/group-b")
    assert pairs(plan) == [("old-rules", "new-rules", causes, 6_000, ALL)]
    assert plan.grounds.policies.keys() == {"old-rules", "new-rules"}


def test_a_group_that_gets_a_policy_that_is_edited_too_gets_the_edited_one() -> None:
    """The packets of the group are compared with the policy as it is to be."""
    before = [policy("old-rules", rule()), policy("new-rules"), group("group-a", "old-rules")]
    after = [policy("old-rules", rule()), policy("new-rules", rule()), group("group-a", "new-rules")]

    edit, switch = policy_pairs(made(before, after))

    assert (edit.is_edit, edit.groups, switch.is_edit) == (True, (), False)
    assert (switch.before, switch.after, switch.difference.is_none) == ("old-rules", "new-rules", True)


def test_a_group_may_get_a_new_policy_and_one_that_is_adopted() -> None:
    """A new policy is the declared one, an adopted one is as it lives."""
    before = [
        policy("old-rules"),
        policy("foreign", rule()),
        group("group-a", "old-rules"),
        group("group-b", "old-rules"),
    ]
    after = [policy("old-rules"), policy("foreign", rule()), policy("new-rules", rule("10.2.0.0/16"))]
    after += [group("group-a", "new-rules"), group("group-b", "foreign")]

    plan = made(before, after, owned=[one for one in before if one.address.name != "foreign"])

    assert {change.action for change in plan.changes} == {Action.CREATE, Action.ADOPT, Action.UPDATE}
    assert [(one[:2], one[4]) for one in pairs(plan)] == [
        (("old-rules", "foreign"), ALL),
        (("old-rules", "new-rules"), ALL),
    ]


def test_new_names_of_policies_and_targets_are_no_other_traffic() -> None:
    """A policy that is renamed, and a target that is, treat the same packets in the same way."""
    before = [policy("old-rules", rule()), group("group-a", "old-rules")]
    target = Resource(Address("RoutingTarget", "new-out"), OUT.spec, lifecycle=Lifecycle(renamed_from="fleet-out"))
    after = [policy("new-rules", rule(target="new-out"), was="old-rules"), group("group-a", "new-rules")]
    live = seen(*before)

    renamed = paper.plan(Resources([NET, REGION, target, *after]), live, paper.inventory([*SHARED, *before]))
    assert pairs(renamed) == []
    edited = [
        policy("new-rules", rule("10.2.0.0/16", target="new-out"), was="old-rules"),
        group("group-a", "new-rules"),
    ]
    plan = paper.plan(Resources([NET, REGION, target, *edited]), live, paper.inventory([*SHARED, *before]))
    assert [one[:2] for one in pairs(plan)] == [("old-rules", "new-rules")]
    assert [one[4] for one in pairs(plan)] == [[Category.NEWLY_ALLOWED, Category.NOW_DROPPED]]


def test_a_replaced_policy_is_compared_as_it_is_made_anew() -> None:
    """The fields that its manifest leaves out have their defaults then."""
    other = Resource(Address("VSlice", "other-net"), NET.spec)
    before = policy("fleet-rules", status="inactive")
    after = before._replace(spec={"vslice": "other-net", "rules": [{**WEB, "target": "fleet-out"}]})
    plan = paper.plan(
        Resources([*SHARED, other, after]), seen(other, before), paper.inventory([*SHARED, other, before])
    )

    assert [change.action for change in plan.changes] == [Action.REPLACE]
    (pair,) = policy_pairs(plan)
    assert [one.reason for one in pair.difference.undetermined] == ["not known here: the status 'inactive'"]


def _moving(*groups: tuple[str | None, str], snapshot: Snapshot | None = None, changes: Any = ()) -> Plan:
    """A plan that moves SIMs between groups, 10 for each pair."""
    moves = tuple(
        happens(RosterAction.MOVE, 10, source, target, first=10 * number)
        for number, (source, target) in enumerate(groups)
    )
    facts = Facts(sims={"group-a": 3_000, "group-b": 3_000})
    plan = Plan(BASIS, tuple(changes), roster=RosterPlan(changes=moves), facts=facts)
    return with_policies(plan, snapshot or seen())


TWO = (policy("old-rules"), policy("new-rules", rule()), group("group-a", "old-rules"), group("group-b", "new-rules"))


def test_sims_that_move_to_a_group_with_another_policy_are_a_pair() -> None:
    """They count by ICCID; those that come into their first group had no traffic before."""
    plan = _moving(("group-a", "group-b"), (None, "group-b"), snapshot=seen(*TWO))
    assert pairs(plan) == [("old-rules", "new-rules", ("EndpointSet/all",), 10, ALL)]
    assert plan.grounds.routed == {"group-a": "old-rules", "group-b": "new-rules"}
    same = _moving(("group-a", "group-c"), snapshot=seen(*TWO, group("group-c", "old-rules")))
    assert pairs(same) == []


def test_sims_count_once_where_they_move_and_their_group_changes() -> None:
    """A SIM that leaves an edited group for one with the same other policy is in the number of the group."""
    before, after = {"routingPolicy": "old-rules"}, {"routingPolicy": "new-rules"}
    (field,) = [
        f for c in made([*TWO], [TWO[0], TWO[1], group("group-a", "new-rules"), TWO[3]]).changes for f in c.fields
    ]
    switched = change(
        Address("EndpointGroup", "group-a"),
        Action.UPDATE,
        before=before,
        after=after,
        fields=(field,),
        reaches=("group-a",),
    )
    plan = _moving(("group-a", "group-b"), snapshot=seen(*TWO), changes=[switched])
    assert pairs(plan) == [("old-rules", "new-rules", ("EndpointGroup/group-a", "EndpointSet/all"), 3_000, ALL)]


def test_sims_that_move_within_an_edited_policy_belong_to_its_edit() -> None:
    """The groups have the same policy before and after, and it is edited: they are part of that pair."""
    edited = made([*TWO], [policy("old-rules", rule()), *TWO[1:]]).changes[0]
    plan = _moving(("group-c", "group-a"), snapshot=seen(*TWO, group("group-c", "old-rules")), changes=[edited])
    assert [(one[0], one[1], one[2]) for one in pairs(plan)] == [
        ("old-rules", "old-rules", ("EndpointSet/all", "RoutingPolicy/old-rules"))
    ]


def test_sims_may_move_into_a_group_that_is_new() -> None:
    """Its policy is the declared one."""
    address = Address("EndpointGroup", "group-n")
    new = change(address, Action.CREATE, after={"routingPolicy": "existing:new-rules"})
    plan = _moving(("group-a", "group-n"), snapshot=seen(*TWO), changes=[new])
    assert pairs(plan) == [("old-rules", "new-rules", ("EndpointSet/all",), 10, ALL)]


def test_a_policy_that_was_not_read_is_not_determined() -> None:
    """A group without a policy, a policy that is not there, and one of which only a part is known."""
    bare = paper.live(group("group-b", "x"))._replace(spec={})
    alone = Snapshot(paper.ACCOUNT, [*seen(*TWO[:3]).by_address.values(), bare])
    (pair,) = policy_pairs(_moving(("group-a", "group-b"), snapshot=alone))
    assert (pair.before, pair.after) == ("old-rules", None)
    assert [one.reason for one in pair.difference.undetermined] == ["not known here: a group without a routing policy"]
    (pair,) = policy_pairs(_moving(("group-a", "group-b"), snapshot=seen(*TWO[2:])))
    assert pair.difference.is_none
    edited = change(
        Address("RoutingPolicy", "old-rules"), Action.UPDATE, before={"rules": []}, after={"rules": [rule()]}
    )
    (pair,) = policy_pairs(_moving(("group-a", "group-b"), snapshot=seen(*TWO[1:]), changes=[edited]))
    assert [one.reason for one in pair.difference.undetermined] == ["not known here: a policy that was not read"]


def test_all_pairs_of_a_plan_share_one_work_budget() -> None:
    """A pair that comes after the work is used up is not determined, and never without change."""
    before = [policy(f"rules-{number}") for number in range(3)]
    plan = made(before, [policy(f"rules-{number}", rule(f"10.{number}.0.0/16")) for number in range(3)])
    found = policy_pairs(plan, budget=policy_pairs(plan)[0].difference.work)
    assert [bool(pair.difference.changed) for pair in found] == [True, False, False]
    assert [bool(pair.difference.undetermined) for pair in found] == [False, True, True]


def test_a_plan_file_holds_the_grounds_and_no_difference() -> None:
    """The difference after reading is the one before writing; a plan without policies has no member for them."""
    plan = made([*TWO], [TWO[0], TWO[1], group("group-a", "new-rules"), TWO[3]])
    content = encode(plan)
    read, _ = decode(content, "plan")
    assert policy_pairs(read) == policy_pairs(derived(plan))
    assert b'"policies":{"new-rules":{"rules":[{' in content
    assert b"newly allowed" not in content
    moving = _moving(("group-a", "group-b"), snapshot=seen(*TWO))
    assert b'"routed":{"group-a":"old-rules","group-b":"new-rules"}' in encode(moving)
    empty = encode(made([], []))
    assert b'"routed"' not in empty
    assert b'"policies"' not in empty
    assert digest_of(plan) != digest_of(replace(plan, grounds=replace(plan.grounds, policies={})))


def test_policies_that_others_edited_since_make_a_plan_stale() -> None:
    """The plan showed other traffic than it would now have; its own edits are no objection."""
    plan = made([*TWO], [TWO[0], TWO[1], group("group-a", "new-rules"), TWO[3]])
    assert other_traffic(plan, with_policies(plan, seen(*TWO))) == []
    wider = seen(TWO[0], policy("new-rules", rule("0.0.0.0/0")), *TWO[2:])
    assert other_traffic(plan, with_policies(plan, wider)) == [
        "the routing policy new-rules treats traffic otherwise than the plan shows"
    ]
    moving = _moving(("group-a", "group-b"), snapshot=seen(*TWO))
    other = seen(*TWO[:3], group("group-b", "old-rules"))
    assert other_traffic(moving, with_policies(moving, other)) == [
        "the group group-b has another routing policy than the plan shows"
    ]


def test_a_run_that_renamed_its_objects_finds_their_policies_again() -> None:
    """A policy and a group are known by the moniker that they have after the rename."""
    before = [
        policy("old-rules", rule()),
        policy("new-rules"),
        group("group-a", "old-rules"),
        group("group-b", "new-rules"),
    ]
    after = [
        policy("two-rules", rule("10.2.0.0/16"), was="old-rules"),
        *before[1:2],
        group("group-a", "two-rules"),
        before[3],
    ]
    plan = made(before, after)
    again = with_policies(plan, seen(policy("two-rules", rule("10.2.0.0/16")), *after[1:]))
    assert again.grounds.policies == plan.grounds.policies


def test_another_kind_is_no_routing_policy() -> None:
    """Only a kind that says which fields decide has traffic."""
    from reconciler.kinds import kind_named

    with pytest.raises(TypeError, match="VSlice is no routing policy"):
        traffic_fields(kind_named("VSlice"))
