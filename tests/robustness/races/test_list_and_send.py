"""
Somebody else is quicker, between the list that lets a change begin and its request.

The platform refuses what its own rules forbid. The rest is the limit that `docs/explanation/not-promised.md` names.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.model.address import Address
from reconciler.model.resource import Resource
from reconciler.plan.outcomes import AlreadyDone, Conflict, Succeeded
from reconciler.simulator.routes import Request
from tests.robustness.faults.house import House, resource, undisturbed

POLICY = Address("OperatorPolicy", "fleet-ops")
_THEIRS = {"name": "Theirs", "moniker": "fleet-ops", "entries": None}


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A new estate with an empty platform."""
    return House(tmp_path)


def _ops() -> Resource:
    return resource("OperatorPolicy", "fleet-ops", default="allow")


def _portal(house: House, method: str, path: str, body: object = None) -> None:
    answer = house.simulator.execute(Request(method, path, {}, body, house.simulator.time()))
    assert json.loads(answer.content())["success"]


def _before(house: House, method: str, act: Callable[[], None]) -> None:
    """Let somebody act right before the first request with this method."""

    def meddle(found: str, _path: str) -> None:
        if found == method:
            house.before_request = undisturbed
            act()

    house.before_request = meddle


def _id(house: House) -> str:
    live = house.control_plane.read("OperatorPolicy", "fleet-ops")
    assert live is not None
    return live.remote_id


def test_a_foreign_creation_of_the_name_is_a_conflict(house: House) -> None:
    """The platform refuses our request, and the object of the other one stays as it is and theirs."""
    plan = house.plan(_ops())
    _before(house, "POST", lambda: _portal(house, "POST", "/OperatorPolicies", _THEIRS))

    report = house.apply(plan)

    assert [type(one) for one in report.conflicts] == [Conflict]
    assert house.store.inventory().owned == {}
    live = house.control_plane.read("OperatorPolicy", "fleet-ops")
    assert live is not None
    assert live.spec["displayName"] == "Theirs"


def test_a_foreign_deletion_of_what_is_to_be_deleted_is_no_failure(house: House) -> None:
    """It is not there, which is what the plan wants; the inventory forgets it."""
    house.make(_ops())
    plan, key = house.plan(), _id(house)
    _before(house, "DELETE", lambda: _portal(house, "DELETE", f"/OperatorPolicies/{key}"))

    report = house.apply(plan)

    assert report.exit_code == 0
    assert [type(one) for one in (*report.done, *report.already)] in ([Succeeded], [AlreadyDone])
    assert house.store.inventory().owned == {}


def test_a_foreign_edit_of_what_is_to_be_deleted_is_lost_with_it(house: House) -> None:
    """This is the limit: within the age of the list, an edit of a deleted object goes unseen."""
    house.make(_ops())
    plan, key = house.plan(), _id(house)
    _before(house, "DELETE", lambda: _portal(house, "PUT", f"/OperatorPolicies/{key}", _THEIRS))

    assert house.apply(plan).exit_code == 0
    assert house.control_plane.read("OperatorPolicy", "fleet-ops") is None


def test_a_list_that_is_too_old_is_not_believed(house: House) -> None:
    """An edit that came longer ago than the age that is allowed makes the deletion stale."""
    house.make(_ops())
    plan, key = house.plan(), _id(house)

    def after_the_lists(_method: str, path: str) -> None:
        if "regionalpolicies/" in path.lower():
            house.before_request = undisturbed
            _portal(house, "PUT", f"/OperatorPolicies/{key}", _THEIRS)
            house.clock.sleep(11)

    house.before_request = after_the_lists
    report = house.apply(plan)

    assert [one.address for one in report.stale] == [POLICY]
    assert "displayName" in report.stale[0].fields
