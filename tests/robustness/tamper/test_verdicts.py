"""The verdicts of the structural guards follow from a plan's body: a file cannot leave one out, nor say another one."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import PlanFileError, Refused, StalePlan
from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource
from reconciler.plan.deriving import derived
from reconciler.plan.grounds import NO_GROUNDS
from reconciler.plan.plan import Plan
from reconciler.plan.planfile import decode, encode
from tests.features.sims.estate import SimHouse, group, groups, house_at, iccids, listed
from tests.robustness.faults.house import House, resource
from tests.robustness.tamper.forging import resealed

SIMS = iccids(12)
Found = tuple[House, Plan]
MAP = resource("EventMap", "fleet-map", scope="account")
HOOK = resource("EventHandler", "noc-hook", webhook={"url": "https://noc.example/in"})
USER = resource(
    "EventMap", "user-map", scope="account", subscriptions=[{"event": "EndpointSteered_v1", "handler": "noc-hook"}]
)


def _not_ours(house: House, *resources: Resource) -> None:
    epoch = house.store.acquire("since")
    for one in resources:
        house.store.forget(epoch, one.address)
    house.store.release(epoch)


def _protected(root: Path) -> Found:
    house = House(root)
    kept = Resource(Address("EventMap", "kept-map"), {"scope": "account"}, lifecycle=Lifecycle(protect=True))
    house.make(kept)
    return house, house.plan()


def _foreign(root: Path) -> Found:
    house = House(root)
    house.make(MAP)
    _not_ours(house, MAP)
    return house, house.plan(MAP, resource("OperatorPolicy", "our-ops", default="allow"))


def _referenced(root: Path) -> Found:
    house = House(root)
    assert house.make(HOOK, USER).exit_code == 0
    _not_ours(house, USER)
    return house, house.plan()


def _renamed(root: Path) -> Found:
    house = House(root)
    house.make(MAP, resource("EventMap", "other-map", scope="account"))
    return house, house.plan(
        Resource(Address("EventMap", "other-map"), {"scope": "account"}, lifecycle=Lifecycle(renamed_from="fleet-map"))
    )


def _limited(root: Path) -> Found:
    house = _fleet(root)
    house.declare(groups("fleet-uk", "fleet-de"), listed("set-de", "fleet-de", SIMS, ", limits: {maxMoves: 3}"))
    return house, house.now()


def _crowded(root: Path) -> Found:
    house = _fleet(root)
    house.declare(group("fleet-uk"), group("fleet-de", "100.67.0.0/29"), listed("set-de", "fleet-de", SIMS))
    return house, house.now()


def _held(root: Path) -> Found:
    house = _fleet(root)
    house.declare()
    return house, house.now()


def _fleet(root: Path) -> SimHouse:
    house = house_at(root)
    house.stock(SIMS)
    house.declare(groups("fleet-uk"), listed("set-uk", "fleet-uk", SIMS))
    assert house.apply(house.now()).exit_code == 0
    return house


REFUSED: dict[str, Callable[[Path], Found]] = {
    "protect": _protected,
    "ownership": _foreign,
    "references": _referenced,
    "rename": _renamed,
    "maxMoves": _limited,
    "subnet": _crowded,
    "sims": _held,
}


@pytest.mark.parametrize("guard", REFUSED)
def test_a_refusal_cannot_be_left_out_of_a_plan_file(tmp_path: Path, guard: str) -> None:
    """Left out, let pass, or said in other words: exit code 4, however well the digest was made."""
    _, plan = REFUSED[guard](tmp_path)
    assert guard in {refusal.guard for refusal in plan.objections()}
    for forge in (
        lambda guards: guards.clear(),
        lambda guards: [one.update(verdict="pass") for one in guards],
        lambda guards: [one.update(message="all is well") for one in guards],
        lambda guards: [one.update(measured=0) for one in guards],
    ):
        document: dict[str, Any] = json.loads(encode(plan))
        forge(document["plan"]["guards"])
        with pytest.raises(PlanFileError, match="is not what follows"):
            decode(resealed(document), "plan.json")


@pytest.mark.parametrize("guard", ["references", "subnet", "sims"])
def test_a_refusal_that_the_platform_speaks_for_is_found_again_by_apply(tmp_path: Path, guard: str) -> None:
    """With its grounds forged away, it follows from the changes or is read again: exit 3 or 4, nothing is sent."""
    house, plan = REFUSED[guard](tmp_path)
    forged = derived(replace(plan, grounds=NO_GROUNDS))
    house.simulator.clear_log()
    with pytest.raises((StalePlan, Refused)):
        house.apply(forged)
    assert house.mutations() == []
