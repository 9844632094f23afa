"""Guards: what they refuse, and what they let pass, over snapshots that are written down (design 6)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.resource import PLAIN_LIFECYCLE, Estate, Lifecycle, Resource
from reconciler.model.snapshot import Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import ReasonCode
from reconciler.plan.drifting import drift_since
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
    return paper.plan(Estate(after), paper.snapshot(before), inventory)


def _verdicts(plan: Plan, guard: str) -> list[GuardResult]:
    return [result for result in plan.guards if result.guard == guard]


def test_a_store_of_another_account_is_refused() -> None:
    """A token of another account than the one that the store was first used with is no way to plan (F16)."""
    inventory = replace(paper.inventory([NET]), pinned_account="another")

    plan = paper.plan(Estate([NET]), paper.snapshot([NET]), inventory)

    assert [result.verdict for result in _verdicts(plan, "account")] == [Verdict.DENY]


def test_an_account_that_the_platform_does_not_name_is_no_other_account() -> None:
    """What is not known is not held against anybody (A5)."""
    seen = paper.snapshot([NET])
    nameless = Snapshot(replace(seen.account, identity=None), seen.by_address.values())

    assert paper.plan(Estate([NET]), nameless, paper.inventory([NET])).guards == ()


def test_what_belongs_to_the_platform_is_not_changed() -> None:
    """A fixed policy that is declared otherwise is refused, with the way to refer to it (D-32)."""
    seen = [paper.live(REGION)._replace(fixed=True)]
    declared = REGION._replace(spec={"defaultGateway": "north-america"})

    plan = paper.plan(Estate([declared]), Snapshot(paper.ACCOUNT, seen), paper.inventory([REGION]))

    (result,) = _verdicts(plan, "fixed")
    assert result.verdict is Verdict.DENY
    assert "existing:fleet-region" in result.next_step


def test_an_object_does_not_go_while_a_foreign_one_refers_to_it() -> None:
    """What is not ours keeps its references; the plan is refused and names who refers (D-52)."""
    used, user = hook(), event_map("fleet-map", "fleet-hook")

    plan = _plan([used, user], [], owned=[used])

    (result,) = _verdicts(plan, "references")
    assert result.addresses == (used.address, user.address)


def test_a_retained_object_keeps_its_references() -> None:
    """Who is only forgotten goes on referring, so that what it refers to cannot go (D-52)."""
    used, user = hook(), event_map("fleet-map", "fleet-hook", life=Lifecycle(retain=True))

    assert _verdicts(_plan([used, user], []), "references")


def test_a_reference_that_is_not_managed_is_kept() -> None:
    """Leaving a field out keeps its live value: what it refers to cannot go (design 3)."""
    used, user = hook(), event_map("fleet-map", "fleet-hook")
    silent = user._replace(spec={"scope": "account", "displayName": "Named"})

    assert _verdicts(_plan([used, user], [silent]), "references")


def test_a_reference_that_is_let_go_of_is_no_obstacle() -> None:
    """An update that removes the reference, and a replacement that is made without it, let the object go."""
    used, user = hook(), event_map("fleet-map", "fleet-hook")
    for later in (event_map("fleet-map"), event_map("fleet-map", scope="vslice")):
        plan = _plan([used, user], [later])

        assert plan.refusals == ()
        assert [change.address for change in plan.changes] == [user.address, used.address]


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
    """A refusal stays readable however many objects stand in the way."""
    users = [event_map(f"fleet-map-{number}", "fleet-hook") for number in range(8)]

    (result,) = _verdicts(_plan([hook(), *users], users), "references")

    assert "fleet-map-4 and 3 more" in result.message
    assert len(result.addresses) == 9


def test_drift_names_what_is_gone_what_is_renamed_and_what_differs() -> None:
    """Drift is seen without manifests: from what was applied to what is live."""
    gone, renamed, edited, same = event_map("a-map"), event_map("b-map"), event_map("c-map"), event_map("d-map")
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
    """What was applied is what is declared, so that the difference was made by somebody else."""
    declared = event_map(scope="account")
    inventory = paper.inventory([declared])
    row = inventory.owned[declared.address]._replace(last_applied=declared.spec)
    seen = paper.live(declared)
    added = [{"event": "EndpointSteered_v1", "handler": "portal-hook"}]
    live = Snapshot(paper.ACCOUNT, [seen._replace(spec={**seen.spec, "subscriptions": added})])

    (change,) = paper.plan(Estate([declared]), live, replace(inventory, owned={declared.address: row})).changes

    assert change.reason.code is ReasonCode.DRIFTED


def test_what_stands_in_files_that_were_not_read_is_named() -> None:
    """A plan of some files only would delete what the others declare: a warning, with how many (design 6)."""
    rows = [event_map(f"fleet-map-{number}") for number in range(2)]
    for count, words in ((1, "1 owned object was declared"), (2, "2 owned objects were declared")):
        owned = paper.inventory(rows[:count])
        placed = {address: row._replace(source="maps.yaml:3:4") for address, row in owned.owned.items()}
        question = paper.question(Estate([]), paper.snapshot(rows), replace(owned, owned=placed))

        plan = make_plan(replace(question, is_unread={"maps.yaml"}.__contains__))

        (result,) = _verdicts(plan, "partial")
        assert result.verdict is Verdict.WARN
        assert result.message.startswith(words)
        assert not _verdicts(make_plan(question), "partial")


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


GROUP = Resource(
    Address("EndpointGroup", "fleet-uk"),
    {"type": "primary", "vslice": "fleet-net", "subscriptionType": "standard", "subnet": "100.64.0.0/18"},
)


def _adopting(before: list[Resource], after: list[Resource], *, sims: int = 0) -> Plan:
    """The plan of an estate that adopts what it declares, and owns nothing yet."""
    seen = [paper.live(one) for one in before]
    counted = [one._replace(counts={"sims": sims}) if one.address.kind == "EndpointGroup" else one for one in seen]
    return paper.plan(Estate(after), Snapshot(paper.ACCOUNT, counted), None, adopts=True)


@pytest.mark.parametrize("sims", [0, 7])
def test_what_is_not_ours_is_never_replaced(sims: int) -> None:
    """Adoption takes over and updates; where it would have to destroy, one guard says why, and what to write."""
    life = Lifecycle(protect=True)
    declared = GROUP._replace(spec={**GROUP.spec, "subnet": "100.64.64.0/18", "displayName": "UK"}, lifecycle=life)

    plan = _adopting([NET, GROUP], [NET, declared], sims=sims)

    (result,) = plan.refusals
    assert (result.guard, result.addresses) == ("ownership", (GROUP.address,))
    assert "subnet cannot change after creation (D-16)" in result.message
    assert "subnet is 100.64.0.0/18 there and 100.64.64.0/18 here" in result.message
    assert "displayName" not in result.message
    assert "destroy an object that is not ours" in result.message
    assert "write subnet: 100.64.0.0/18 in the manifest" in result.next_step
    assert "under a name of its own" in result.next_step
    assert not plan.is_applicable


def test_each_field_that_differs_is_named_with_what_to_write() -> None:
    """Two fields that cannot change are two values to write."""
    declared = GROUP._replace(spec={**GROUP.spec, "subnet": "100.64.64.0/18", "subscriptionType": "shared"})

    (result,) = _adopting([NET, GROUP], [NET, declared]).refusals

    assert "write subscriptionType: standard, subnet: 100.64.0.0/18 in the manifest" in result.next_step


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (NET, NET._replace(spec={"subnets": ["100.70.0.0/16"]}), "subnets[100.64.0.0/16] cannot change"),
        (
            hook(),
            hook()._replace(spec={"smpp": {"server": "smsc.example:2775", "username": "u", "password": "p"}}),
            "smpp cannot change after creation (D-39)",
        ),
    ],
)
def test_what_cannot_be_said_in_a_word_is_named(before: Resource, after: Resource, reason: str) -> None:
    """A list, or a choice between two forms, is named without its content, which may be long or secret."""
    (result,) = _adopting([before], [after]).refusals

    assert reason in result.message
    assert "hooks.example" not in result.message
    assert "write what it has there in the manifest" in result.next_step


def test_what_is_not_ours_and_can_be_updated_is_adopted() -> None:
    """A difference that the platform lets change is no reason to refuse."""
    plan = _adopting([NET], [NET._replace(spec={"subnets": ["100.64.0.0/16"], "displayName": "Fleet"})])

    assert plan.refusals == ()
    assert [(change.action, change.adopts) for change in plan.changes] == [(Action.UPDATE, True)]


def test_what_is_ours_is_replaced_as_before() -> None:
    """The guard is about objects of others."""
    declared = GROUP._replace(spec={**GROUP.spec, "subnet": "100.64.64.0/18"})

    plan = _plan([NET, GROUP], [NET, declared])

    assert plan.refusals == ()
    assert [change.action for change in plan.changes] == [Action.REPLACE]


def test_what_is_not_ours_and_referred_to_is_refused_once() -> None:
    """No second guard gives advice on how to make the replacement possible."""
    declared = NET._replace(spec={**NET.spec, "ipAllocation": "dynamic"})
    before = NET._replace(spec={**NET.spec, "ipAllocation": "static"})

    (result,) = _adopting([before, GROUP], [declared, GROUP]).refusals

    assert result.guard == "ownership"
    assert "ipAllocation is static there and dynamic here" in result.message
    assert "creation: ipAllocation" in result.message
