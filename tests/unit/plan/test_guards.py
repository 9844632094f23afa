"""Guards: what they refuse, and what they let pass, over snapshots that are written down."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.resource import PLAIN_LIFECYCLE, Lifecycle, Resource, Resources
from reconciler.model.snapshot import Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import ReasonCode
from reconciler.plan.drifting import drift_since
from reconciler.plan.limits import Guard
from reconciler.plan.measures import measure
from reconciler.plan.plan import GuardResult, Plan, Verdict
from reconciler.plan.planner import make_plan
from tests.laws import paper

NET = Resource(Address("VSlice", "fleet-net"), {"subnets": ["100.64.0.0/16"]})
REGION = Resource(Address("RegionalPolicy", "fleet-region"), {"defaultGateway": "europe"})


def hook(name: str = "fleet-hook") -> Resource:
    """An event handler."""
    return Resource(Address("EventHandler", name), {"webhook": {"url": "https://hooks.example"}})


def event_map(
    name: str = "fleet-map", *handlers: str, scope: str = "account", life: Lifecycle = PLAIN_LIFECYCLE
) -> Resource:
    """A map that delivers to these handlers."""
    subscriptions = [{"event": "EndpointSteered_v1", "handler": handler} for handler in handlers]
    spec: Mapping[str, Any] = {"scope": scope, "subscriptions": subscriptions}
    return Resource(Address("EventMap", name), spec, lifecycle=life)


def _plan(before: list[Resource], after: list[Resource], *, owned: list[Resource] | None = None) -> Plan:
    inventory = paper.inventory(before if owned is None else owned)
    return paper.plan(Resources(after), paper.snapshot(before), inventory)


def _verdicts(plan: Plan, guard: str) -> list[GuardResult]:
    return [result for result in plan.guards if result.guard == guard]


def test_a_store_of_another_account_is_refused() -> None:
    """A token of another account than the one that the store was first used with is no way to plan (F16)."""
    inventory = replace(paper.inventory([NET]), pinned_account="another")

    plan = paper.plan(Resources([NET]), paper.snapshot([NET]), inventory)

    assert [result.verdict for result in _verdicts(plan, "account")] == [Verdict.DENY]


def test_an_account_that_the_platform_does_not_name_is_no_other_account() -> None:
    """An account that is not known is not held against anybody (A5)."""
    seen = paper.snapshot([NET])
    nameless = Snapshot(replace(seen.account, identity=None), seen.by_address.values())

    assert paper.plan(Resources([NET]), nameless, paper.inventory([NET])).guards == ()


def test_what_belongs_to_the_platform_is_not_changed() -> None:
    """A fixed policy that is declared otherwise is refused, with the way to refer to it (D-32)."""
    seen = [paper.live(REGION)._replace(fixed=True)]
    declared = REGION._replace(spec={"defaultGateway": "north-america"})

    plan = paper.plan(Resources([declared]), Snapshot(paper.ACCOUNT, seen), paper.inventory([REGION]))

    (result,) = _verdicts(plan, "fixed")
    assert result.verdict is Verdict.DENY
    assert "existing:fleet-region" in result.next_step


def test_an_object_does_not_go_while_a_foreign_one_refers_to_it() -> None:
    """A foreign object keeps its references; the plan is refused and names the object that refers (D-52)."""
    used, user = hook(), event_map("fleet-map", "fleet-hook")

    plan = _plan([used, user], [], owned=[used])

    (result,) = _verdicts(plan, "references")
    assert result.addresses == (used.address, user.address)


def test_a_retained_object_keeps_its_references() -> None:
    """An object that is only forgotten goes on referring, so that the object that it refers to cannot go (D-52)."""
    used, user = hook(), event_map("fleet-map", "fleet-hook", life=Lifecycle(retain=True))

    assert _verdicts(_plan([used, user], []), "references")


def test_a_reference_that_is_not_managed_is_kept() -> None:
    """Leaving a field out keeps its live value: what it refers to cannot go."""
    used, user = hook(), event_map("fleet-map", "fleet-hook")
    silent = user._replace(spec={"scope": "account", "displayName": "Named"})

    assert _verdicts(_plan([used, user], [silent]), "references")


def test_a_reference_that_is_let_go_of_is_no_obstacle() -> None:
    """An update that removes the reference, and a replacement that is made without it, let the object go."""
    used, user = hook(), event_map("fleet-map", "fleet-hook")
    for later in (event_map("fleet-map"), event_map("fleet-map", scope="vslice")):
        plan = _plan([used, user], [later])

        assert plan.objections() == ()
        assert [change.address for change in plan.changes] == [user.address, used.address]


def test_what_goes_together_is_no_obstacle() -> None:
    """The object that refers is deleted in the same plan, and before."""
    used, user = hook(), event_map("fleet-map", "fleet-hook")

    plan = _plan([used, user], [])

    assert (plan.guards, [change.address for change in plan.changes]) == ((), [user.address, used.address])


@pytest.mark.parametrize(
    ("subnets", "words"),
    [
        ([], "would be deleted, but 7 SIMs are in it (D-24)"),
        (["100.64.64.0/18"], "would be replaced, but 7 SIMs are in it: subnet cannot change after creation (D-16)"),
    ],
)
def test_a_group_with_sims_does_not_go(subnets: list[str], words: str) -> None:
    """Its SIMs would be without a group; the refusal has their number, and says what to do instead."""
    spec = {"type": "primary", "vslice": "fleet-net", "subscriptionType": "standard", "subnet": "100.64.0.0/18"}
    group = Resource(Address("EndpointGroup", "fleet-uk"), spec)
    seen = [paper.live(NET), paper.live(group)._replace(counts={"sims": 7})]
    declared = [group._replace(spec={**spec, "subnet": subnet}) for subnet in subnets]

    plan = paper.plan(Resources([NET, *declared]), Snapshot(paper.ACCOUNT, seen), paper.inventory([NET, group]))

    (result,) = _verdicts(plan, "sims")
    assert result.message == f"EndpointGroup/fleet-uk {words}"
    assert (result.verdict, result.measured, result.limit) == (Verdict.DENY, 7, 0)


def test_two_that_refer_to_each_other_are_not_replaced_together() -> None:
    """A replacement that is to refer to a replaced object needs the new one before the old one can go."""
    target = Resource(
        Address("RoutingTarget", "fleet-out"),
        {"vslice": "fleet-net", "redundancyZone": "europe-primary", "internet": {}},
    )
    rule = {"name": "all", "action": "forward", "direction": "uplink", "target": "fleet-out"}
    policy = Resource(Address("RoutingPolicy", "fleet-route"), {"vslice": "fleet-net", "rules": [rule]})
    other = NET._replace(address=Address("VSlice", "other-net"))
    moved = [row._replace(spec={**row.spec, "vslice": "other-net"}) for row in (target, policy)]

    plan = _plan([NET, other, target, policy], [NET, other, *moved])

    assert {change.action for change in plan.changes} == {Action.REPLACE}
    assert [result.addresses for result in _verdicts(plan, "references")] == [(target.address, policy.address)]


def test_many_that_refer_are_counted_after_the_first_five() -> None:
    """A refusal stays readable however many objects are in the way."""
    users = [event_map(f"fleet-map-{number}", "fleet-hook") for number in range(8)]

    (result,) = _verdicts(_plan([hook(), *users], users), "references")

    assert "fleet-map-4 and 3 more" in result.message
    assert len(result.addresses) == 9


def test_drift_names_what_is_gone_what_is_renamed_and_what_differs() -> None:
    """Drift is seen without manifests: from what was applied to what is live."""
    gone, renamed, edited, same = event_map("a-map"), event_map("b-map"), event_map("c-map"), event_map("d-map")
    edited = edited._replace(spec={**edited.spec, "displayName": "Ours"})
    owned: Inventory = paper.inventory([gone, renamed, edited, same])
    live = [paper.live(row) for row in (renamed, edited, same)]
    live[0] = live[0]._replace(address=Address("EventMap", "portal-map"))
    live[1] = live[1]._replace(spec={**live[1].spec, "displayName": "Portal"})

    found = drift_since(owned.owned, Snapshot(paper.ACCOUNT, live))

    assert [(drift.address.name, drift.vanished, [field.path for field in drift.fields]) for drift in found] == [
        ("a-map", True, []),
        ("b-map", False, ["metadata.name"]),
        ("c-map", False, ["displayName"]),
    ]


def test_a_change_that_the_manifests_did_not_ask_for_is_said_to_be_one_of_the_platform() -> None:
    """The applied value is the declared one, so that somebody else made the difference."""
    declared = event_map(scope="account")
    inventory = paper.inventory([declared])
    row = inventory.owned[declared.address]._replace(last_applied=declared.spec)
    seen = paper.live(declared)
    added = [{"event": "EndpointSteered_v1", "handler": "portal-hook"}]
    live = Snapshot(paper.ACCOUNT, [seen._replace(spec={**seen.spec, "subscriptions": added})])

    (change,) = paper.plan(Resources([declared]), live, replace(inventory, owned={declared.address: row})).changes

    assert change.reason.code is ReasonCode.DRIFTED


@pytest.mark.parametrize("life", [PLAIN_LIFECYCLE, Lifecycle(retain=True)], ids=["deleted", "forgotten"])
def test_what_stands_in_files_that_were_not_read_is_left_out(life: Lifecycle) -> None:
    """
    An object goes only because its file was not read: the guard counts it, deleted or forgotten, and nothing warns.

    The file is there and the configuration names others, or the command names others and prunes.
    """
    rows = [event_map(f"fleet-map-{number}", life=life) for number in range(2)]
    owned = paper.inventory(rows)
    placed = {address: row._replace(source="maps.yaml:3:4") for address, row in owned.owned.items()}
    situation = paper.situation(Resources([]), paper.snapshot(rows), replace(owned, owned=placed))
    action = Action.FORGET if life.retain else Action.DELETE

    for unread in (
        replace(situation, is_unread={"maps.yaml"}.__contains__),
        replace(situation, is_partial=True, prunes=True),
    ):
        plan = make_plan(unread)

        assert measure(plan, Guard.LEFT_OUT).addresses == tuple(row.address for row in rows)
        assert {(change.action, change.reason.source) for change in plan.changes} == {(action, "maps.yaml:3:4")}
        assert plan.guards == ()
    assert measure(make_plan(situation), Guard.LEFT_OUT).count == 0


def test_what_is_destroyed_is_not_left_out() -> None:
    """A command that destroys an estate means all of it, whatever lies in its files."""
    rows = [event_map()]
    owned = paper.inventory(rows)
    placed = {address: row._replace(source="maps.yaml:3:4") for address, row in owned.owned.items()}
    situation = paper.situation(Resources([]), paper.snapshot(rows), replace(owned, owned=placed))

    plan = make_plan(replace(situation, removal="the estate is destroyed", is_unread=lambda _: True))

    assert [measure(plan, guard).count for guard in (Guard.DELETIONS, Guard.LEFT_OUT)] == [1, 0]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (Lifecycle(), Lifecycle(protect=True), "its protection begins"),
        (Lifecycle(protect=True), Lifecycle(), "its protection ends"),
        (Lifecycle(), Lifecycle(retain=True), "it is kept when it leaves the manifests"),
        (
            Lifecycle(protect=True, retain=True),
            Lifecycle(),
            "its protection ends, and it is deleted when it leaves the manifests",
        ),
    ],
)
def test_what_is_remembered_of_an_objects_life_changes_without_a_request(
    before: Lifecycle, after: Lifecycle, words: str
) -> None:
    """Protection and deletion policy live in the inventory: the plan marks them, with nothing to send (S19)."""
    rows = [NET._replace(lifecycle=before)]

    (change,) = _plan(rows, [NET._replace(lifecycle=after)]).changes

    assert (change.action, change.reason.code, change.reason.text) == (Action.ADOPT, ReasonCode.LIFECYCLE, words)


def test_a_rename_of_what_is_not_there_is_said_to_be_none() -> None:
    """A former name that nobody has makes no rename: the creation says so, beside a deletion that may be the cause."""
    renamed = NET._replace(address=Address("VSlice", "city-net"), lifecycle=Lifecycle(renamed_from="flet-net"))

    changes = {change.action: change for change in _plan([NET], [renamed]).changes}

    assert changes.keys() == {Action.CREATE, Action.DELETE}
    assert changes[Action.CREATE].notes == ("nothing is called flet-net any more or yet, so nothing is renamed (D-5)",)
