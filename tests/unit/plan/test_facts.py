"""The facts that verdicts need besides the changes: read when the plan is made, and carried by its file."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import PlanFileError
from reconciler.model.address import Address
from reconciler.model.inventory import Origin
from reconciler.model.resource import Resource
from reconciler.model.roster import Roster, SimSet
from reconciler.model.snapshot import Snapshot
from reconciler.plan.deriving import derived
from reconciler.plan.facts import NO_FACTS, Facts, SharedSetting, facts_of
from reconciler.plan.planfile import decode, encode
from tests.laws import paper
from tests.robustness.tamper.forging import resealed
from tests.unit.plan.plans import edit, plan

NET = Resource(Address("VSlice", "fleet-net"), {"subnets": ["100.64.0.0/16"]})
FACTS = Facts(
    owned={"EventMap": 3},
    sims={"fleet": 5, "vans": 2, "theirs": 4},
    own_groups=("fleet", "vans"),
    new_groups=("vans",),
    is_established=True,
    shared=(SharedSetting("imeiLock", 2),),
    gone=(Address("EventMap", "gone-map"),),
)


def group(name: str, kind: str = "primary") -> Resource:
    """A group of a type."""
    return Resource(Address("EndpointGroup", name), {"type": kind, "vslice": "fleet-net"})


def seen(**sims: int) -> Snapshot:
    """The network, and groups with so many SIMs; one is secondary."""
    groups = [paper.live(group(name, "secondary" if name == "side" else "primary")) for name in sims]
    counted = [one._replace(counts={"sims": sims[one.address.name]}) for one in groups]
    return Snapshot(paper.ACCOUNT, [paper.live(NET), *counted])


def test_facts_count_what_is_owned_and_the_sims_of_every_primary_group() -> None:
    """Groups without SIMs and secondary ones have no place; groups of others have their SIMs and are not ours."""
    owned = paper.inventory([NET, group("fleet"), group("empty"), group("side")])

    found = facts_of(seen(theirs=7, fleet=5, empty=0, side=9), replace(owned, is_established=True))

    assert found == Facts(
        owned={"EndpointGroup": 3, "VSlice": 1},
        sims={"fleet": 5, "theirs": 7},
        own_groups=("fleet",),
        is_established=True,
    )
    assert found.own_sims == 5


def test_a_group_is_ours_by_its_id_and_not_by_its_name() -> None:
    """A stranger's group that has the name of ours adds no SIMs to those that the estate manages."""
    owned = paper.inventory([group("fleet")])
    rows = {address: row._replace(remote_id="another") for address, row in owned.owned.items()}

    assert facts_of(seen(fleet=5), replace(owned, owned=rows)).own_sims == 0


def test_without_a_store_nothing_is_owned_and_nothing_established() -> None:
    """Before the first apply the SIMs are known, and no group of them is ours."""
    assert facts_of(seen(fleet=5), None) == Facts(sims={"fleet": 5})


def _roster() -> Roster:
    """Three SIMs with one lock, two with one reference, one with a reference of its own, and one that says nothing."""
    lock, name = {"imeiLock": "490154203237518"}, {"reference": "van"}
    settings: dict[int, Mapping[str, Any]] = {
        1: lock,
        2: lock,
        3: lock,
        4: name,
        5: name,
        6: {"reference": "own"},
        7: {"tags": ["a"]},
    }
    return Roster(
        sets=[SimSet(address="EndpointSet/all", group="fleet")], members=dict.fromkeys(settings, 0), settings=settings
    )


def test_a_shared_value_counts_when_the_plan_gives_it_to_somebody() -> None:
    """One edit is enough, and all SIMs that have the value then are counted; what is as it was is not asked again."""
    snapshot, roster = seen(fleet=7), _roster()
    lock, reference = edit(1, {"imeiLock": "490154203237518"}), edit(4, {"reference": "van", "tags": []})
    others = edit(6, {"reference": "own"}), edit(7, {"reference": None, "tags": ["b"]})

    assert facts_of(snapshot, None, roster).shared == ()
    assert facts_of(snapshot, None, roster, others).shared == ()
    assert facts_of(snapshot, None, roster, (lock,)).shared == (SharedSetting("imeiLock", 3),)
    assert facts_of(snapshot, None, roster, (lock, reference, *others)).shared == (
        SharedSetting("imeiLock", 3),
        SharedSetting("reference", 2),
    )


@pytest.mark.parametrize("facts", [FACTS, NO_FACTS])
def test_facts_are_read_as_they_were_written(facts: Facts) -> None:
    """A plan file carries them, and is judged with the same result."""
    content = encode(derived(plan(facts=facts)))

    assert decode(content, "plan.json")[0].facts == facts


@pytest.mark.parametrize(
    "false", [{"ownGroups": ["fleet", "vans", "trucks"]}, {"newGroups": ["theirs"]}, {"newGroups": ["trucks"]}]
)
def test_facts_that_contradict_each_other_are_refused(false: dict[str, Any]) -> None:
    """A group of the estate is one of the groups that have SIMs, and a new group is one of the estate."""
    document = json.loads(encode(derived(plan(facts=FACTS))))
    document["plan"]["facts"].update(false)

    with pytest.raises(PlanFileError, match="is not a plan that this version can apply"):
        decode(resealed(document), "plan.json")


@pytest.mark.parametrize(
    ("origin", "is_established", "new"),
    [(Origin.CREATED, False, ("fleet",)), (Origin.CREATED, True, ()), (Origin.ADOPTED, False, ())],
)
def test_a_group_is_new_while_the_apply_that_made_it_has_not_completed(
    origin: Origin, is_established: bool, new: tuple[str, ...]
) -> None:
    """Nobody was in it before; a group that was taken over had its SIMs, and counts from the beginning."""
    owned = paper.inventory([NET, group("fleet")])
    rows = {address: row._replace(origin=origin) for address, row in owned.owned.items()}

    assert (
        facts_of(seen(fleet=5, theirs=2), replace(owned, owned=rows, is_established=is_established)).new_groups == new
    )
