"""A foreign object is taken over and never destroyed: the guard `ownership` over adoptions."""

import pytest

from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource, Resources
from reconciler.model.snapshot import Snapshot
from reconciler.plan.action import Action
from reconciler.plan.plan import Plan
from tests.laws import paper
from tests.unit.plan.test_guards import NET, hook

GROUP = Resource(
    Address("EndpointGroup", "fleet-uk"),
    {"type": "primary", "vslice": "fleet-net", "subscriptionType": "standard", "subnet": "100.64.0.0/18"},
)


def _adopting(before: list[Resource], after: list[Resource], *, sims: int = 0) -> Plan:
    """The plan of an estate that adopts what it declares, and owns nothing yet."""
    seen = [paper.live(one) for one in before]
    counted = [one._replace(counts={"sims": sims}) if one.address.kind == "EndpointGroup" else one for one in seen]
    return paper.plan(Resources(after), Snapshot(paper.ACCOUNT, counted), None, adopts=True)


@pytest.mark.parametrize("sims", [0, 7])
def test_what_is_not_ours_is_never_replaced(sims: int) -> None:
    """Adoption takes over and updates; where it would have to destroy, one guard says why, and what to write."""
    life = Lifecycle(protect=True)
    declared = GROUP._replace(spec={**GROUP.spec, "subnet": "100.64.64.0/18", "displayName": "UK"}, lifecycle=life)

    plan = _adopting([NET, GROUP], [NET, declared], sims=sims)

    (result,) = plan.objections()
    assert (result.guard, result.addresses) == ("ownership", (GROUP.address,))
    assert "subnet cannot change after creation (D-16)" in result.message
    assert "subnet is 100.64.0.0/18 there and 100.64.64.0/18 here" in result.message
    assert "displayName" not in result.message
    assert "destroy an object that is not ours" in result.message
    assert "write subnet: 100.64.0.0/18 in the manifest" in result.next_step
    assert "under a name of its own" in result.next_step


def test_each_field_that_differs_is_named_with_what_to_write() -> None:
    """Two fields that cannot change are two values to write."""
    declared = GROUP._replace(spec={**GROUP.spec, "subnet": "100.64.64.0/18", "subscriptionType": "shared"})

    (result,) = _adopting([NET, GROUP], [NET, declared]).objections()

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
    (result,) = _adopting([before], [after]).objections()

    assert reason in result.message
    assert "hooks.example" not in result.message
    assert "write what it has there in the manifest" in result.next_step


def test_what_is_not_ours_and_can_be_updated_is_adopted() -> None:
    """A difference that the platform lets change is no reason to refuse."""
    plan = _adopting([NET], [NET._replace(spec={"subnets": ["100.64.0.0/16"], "displayName": "Fleet"})])

    assert plan.objections() == ()
    assert [(change.action, change.adopts) for change in plan.changes] == [(Action.UPDATE, True)]


def test_what_is_ours_is_replaced_as_before() -> None:
    """The guard is about objects of others."""
    declared = GROUP._replace(spec={**GROUP.spec, "subnet": "100.64.64.0/18"})

    plan = paper.plan_of(Resources([NET, GROUP]), Resources([NET, declared]))

    assert plan.objections() == ()
    assert [change.action for change in plan.changes] == [Action.REPLACE]


def test_what_is_not_ours_and_referred_to_is_refused_once() -> None:
    """No second guard gives advice on how to make the replacement possible."""
    declared = NET._replace(spec={**NET.spec, "ipAllocation": "dynamic"})
    before = NET._replace(spec={**NET.spec, "ipAllocation": "static"})

    (result,) = _adopting([before, GROUP], [declared, GROUP]).objections()

    assert result.guard == "ownership"
    assert "ipAllocation is static there and dynamic here" in result.message
    assert "creation: ipAllocation" in result.message
