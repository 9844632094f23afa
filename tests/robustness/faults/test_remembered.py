"""Protection, retention and former names: what the inventory remembers decides, whatever a manifest or a plan says."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.control_plane.port import Step, Verb
from reconciler.errors import StalePlan
from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource
from reconciler.plan.action import Action
from reconciler.plan.change import ReasonCode
from reconciler.plan.deriving import derived
from reconciler.plan.plan import Plan, Verdict
from tests.robustness.faults.house import House, resource

POLICY = Address("OperatorPolicy", "first-ops")


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty platform and an empty store."""
    return House(tmp_path)


def _lifecycle(words: dict[str, bool]) -> Lifecycle:
    return Lifecycle(protect=words.get("protect", False), retain=words.get("retain", False))


def _policy(default: str, **lifecycle: bool) -> Resource:
    return Resource(POLICY, {"default": default}, lifecycle=_lifecycle(lifecycle))


def _map(scope: str, **lifecycle: bool) -> Resource:
    return Resource(Address("EventMap", "fleet-map"), {"scope": scope}, lifecycle=_lifecycle(lifecycle))


def _shape(plan: Plan) -> list[tuple[Action, ReasonCode]]:
    return [(change.action, change.reason.code) for change in plan.changes]


@pytest.mark.parametrize("word", ["protect", "retain"])
def test_a_plan_that_lifts_a_protection_does_nothing_else_to_the_object(house: House, word: str) -> None:
    """The edit of the same manifest is for the next plan to show; then it is made."""
    house.make(_policy("allow", **{word: True}))
    count = len(house.mutations())

    plan = house.plan(_policy("reject-hard"))
    assert _shape(plan) == [(Action.ADOPT, ReasonCode.LIFECYCLE)]
    assert house.apply(plan).exit_code == 0
    assert len(house.mutations()) == count

    assert _shape(house.plan(_policy("reject-hard"))) == [(Action.UPDATE, ReasonCode.CHANGED)]
    assert house.make(_policy("reject-hard")).exit_code == 0
    assert house.plan(_policy("reject-hard")).changes == ()


@pytest.mark.parametrize("word", ["protect", "retain"])
def test_what_is_protected_or_retained_is_not_replaced(house: House, word: str) -> None:
    """Neither in one plan with the edit that ends it, nor without."""
    house.make(_map("account", **{word: True}))
    assert _shape(house.plan(_map("vslice"))) == [(Action.ADOPT, ReasonCode.LIFECYCLE)]
    refused = house.plan(_map("vslice", **{word: True}))
    assert [result.guard for result in refused.objections() if result.guard == "protect"] == ["protect"]


@pytest.mark.parametrize("word", ["protect", "retain"])
def test_apply_asks_the_inventory_about_a_deletion(house: House, word: str) -> None:
    """A plan that leaves the protection out is exit code 4, and nothing is sent."""
    house.make(_policy("allow"))
    plan = house.plan()
    house.make(_policy("allow", **{word: True}))
    count = len(house.mutations())
    with pytest.raises(StalePlan, match="the inventory says"):
        house.apply(replace(plan, guards=()))
    assert len(house.mutations()) == count


def test_apply_does_not_lift_a_protection_by_an_edit(house: House) -> None:
    """An update that says nothing of the protection that the inventory remembers is refused."""
    house.make(_policy("allow", protect=True))
    plan = house.plan(_policy("reject-hard", protect=True))
    forged = replace(plan, changes=(replace(plan.changes[0], protect=False),))
    with pytest.raises(StalePlan, match="ends only in a plan"):
        house.apply(forged)


def test_an_older_plan_of_an_object_that_another_plan_changed_is_refused(house: House) -> None:
    """The platform is as the older plan saw it again, and still it is not what was reviewed."""
    house.make(_policy("allow"))
    older = house.plan(_policy("reject-hard"))
    house.make(Resource(POLICY, {"default": "allow", "displayName": "Ours"}))
    house.make(Resource(POLICY, {"default": "allow", "displayName": "first-ops"}))
    with pytest.raises(StalePlan, match="another plan changed it"):
        house.apply(older)


def _made_anew(house: House, default: str) -> None:
    """Somebody removes the policy at the portal and makes another one of its name."""
    portal, live = house.control_plane, house.control_plane.read(POLICY.kind, POLICY.name)
    assert live is not None
    portal.send(Step(Verb.DELETE, POLICY, POLICY.name, live.remote_id), live)
    portal.send(Step(Verb.CREATE, POLICY, POLICY.name, spec={**live.spec, "default": default}), None)


@pytest.mark.parametrize("default", ["allow", "reject-hard"])
def test_an_object_that_somebody_made_anew_in_place_of_ours_can_be_taken_over(house: House, default: str) -> None:
    """As declared or not: the row of the object that is gone is the one that the plan saw, and it gives way."""
    house.make(_policy("allow"))
    _made_anew(house, default)

    assert house.apply(house.plan(_policy("allow"), adopts=True)).exit_code == 0
    assert house.plan(_policy("allow")).changes == ()


def test_a_takeover_of_an_address_that_another_plan_wrote_meanwhile_is_refused(house: House) -> None:
    """The row is not the one that was reviewed, although it is still not that of the object to be taken over."""
    house.make(_policy("allow"))
    row = house.store.inventory().owned[POLICY]
    _made_anew(house, "reject-hard")
    older = house.plan(_policy("allow"), adopts=True)
    epoch = house.store.acquire("another")
    house.store.adopt(epoch, row)
    house.store.release(epoch)

    with pytest.raises(StalePlan, match="another plan changed it"):
        house.apply(older)


def test_an_older_plan_of_other_objects_is_applied(house: House) -> None:
    """Changes that other plans made of other objects do not matter."""
    house.make(_policy("allow"))
    older = house.plan(_policy("reject-hard"))
    house.make(_policy("allow"), resource("EventMap", "fleet-map", scope="account"))
    assert house.apply(older).exit_code == 0


def test_a_former_name_that_cannot_be_followed_is_refused_with_both_names(house: House) -> None:
    """The new name lives already: the old object is not taken for one that is no longer declared."""
    house.make(_policy("allow"), resource("OperatorPolicy", "other-ops", default="allow"))
    renamed = Resource(
        Address("OperatorPolicy", "other-ops"), {"default": "allow"}, lifecycle=Lifecycle(renamed_from="first-ops")
    )
    (refusal,) = [result for result in house.plan(renamed).guards if result.guard == "rename"]
    assert (refusal.verdict, refusal.addresses) == (Verdict.DENY, (renamed.address, POLICY))


def test_a_rename_to_a_name_that_somebody_else_holds_is_refused(house: House) -> None:
    """The platform would refuse it in the middle of the apply."""
    house.make(_policy("allow"), resource("OperatorPolicy", "other-ops", default="allow"))
    epoch = house.store.acquire("since")
    house.store.forget(epoch, Address("OperatorPolicy", "other-ops"))
    house.store.release(epoch)
    renamed = Resource(
        Address("OperatorPolicy", "other-ops"), {"default": "allow"}, lifecycle=Lifecycle(renamed_from="first-ops")
    )
    assert [result.guard for result in house.plan(renamed).objections()] == ["rename"]


def test_a_former_name_that_was_followed_may_stay_in_the_manifest(house: House) -> None:
    """After the rename nothing is refused and nothing is left to do."""
    house.make(_policy("allow"))
    renamed = Resource(
        Address("OperatorPolicy", "other-ops"), {"default": "allow"}, lifecycle=Lifecycle(renamed_from="first-ops")
    )
    assert house.make(renamed).exit_code == 0
    assert house.plan(renamed).is_empty
    assert not house.plan(renamed).objections()


def test_a_plan_that_shows_many_sims_is_not_applied_to_a_few(house: House) -> None:
    """The impact that was reviewed is the impact there is, but for a few SIMs that come and go (F26)."""
    house.make(_policy("allow"))
    plan = house.plan(_policy("reject-hard"))
    (change,) = plan.changes
    for sims, is_refused in ((10, False), (11, True)):
        facts = replace(plan.facts, sims={"ghost-group": sims})
        shown = derived(replace(plan, changes=(replace(change, reaches=("ghost-group",)),), facts=facts))
        if is_refused:
            with pytest.raises(StalePlan, match="it reaches 0 SIMs only, the plan saw 11"):
                house.apply(shown)
        else:
            assert house.apply(shown).exit_code == 0
            assert house.make(_policy("allow")).exit_code == 0
            plan = house.plan(_policy("reject-hard"))
            (change,) = plan.changes
