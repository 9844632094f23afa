"""`show --calls` lists the requests on SIMs that apply sends, and no others."""

import json
from pathlib import Path

import pytest

from reconciler.apply.sims.calls import sim_calls
from reconciler.control_plane.sim_writes import Write
from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.plan import Basis, Plan
from reconciler.reports.calls import render
from tests.features.sims.estate import SimHouse, endpoint, groups, house_at, iccids, listed
from tests.laws import paper


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """An estate and a platform."""
    return house_at(tmp_path)


def _asked(house: SimHouse) -> list[str]:
    return sorted(f"{verb} {path} {json.dumps(body)}" for verb, path, body, _ in house.sim_requests())


@pytest.mark.parametrize("count", [3, pytest.param(130, marks=pytest.mark.slow)])
def test_what_is_listed_is_what_is_sent(house: SimHouse, count: int) -> None:
    """Assignments, moves, settings, key values, suspension: each request is listed with its body."""
    numbers = iccids(count)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers, ", limits: {batch: 50}"))
    first = list(sim_calls(house.now().roster))
    house.converge()
    assert _asked(house) == sorted(f"{w.method} {w.path} {json.dumps(w.content)}" for w in first)
    sent = len(house.sim_requests())
    house.declare(
        groups(),
        listed("set-de", "fleet-de", numbers[1:], ", limits: {batch: 50}"),
        endpoint("one-sim", numbers[0], ", group: fleet-uk, state: suspended, displayName: A, keyValues: {a: b}"),
    )
    second = list(sim_calls(house.now().roster))
    house.converge()
    asked = [f"{verb} {path} {json.dumps(body)}" for verb, path, body, _ in house.sim_requests()[sent:]]
    assert sorted(asked) == sorted(f"{w.method} {w.path} {json.dumps(w.content)}" for w in second)
    assert {w.path.split("/")[-1] for w in second} >= {"assign", "status", "a"}


def test_activations_are_listed_before_the_group_that_they_lead_to(tmp_path: Path) -> None:
    """An activation is a request of its own; the code is named by its reference, and never written out."""
    house = house_at(tmp_path, secrets={"CODE": "open-sesame"})
    code = ", group: fleet-uk, activationCode: {secretRef: {env: CODE}}"
    house.declare(groups("fleet-uk"), endpoint("new-sim", iccids(1)[0], code))

    calls = list(sim_calls(house.now().roster))

    sent = [(call.method, call.path.lower()) for call in calls]
    assert sent == [("POST", "/endpoints"), ("POST", "/endpoints/assign")]
    assert "open-sesame" not in repr(calls)


def test_the_text_shortens_numbers_and_stands_between_upserts_and_deletions() -> None:
    """Numbers of SIMs are shortened and counted; deletions come last, when nobody is in the groups any more."""
    reason = Reason(ReasonCode.REMOVED, "it is gone")
    changes = (
        Change(Address("VSlice", "new-net"), Action.CREATE, None, {"subnets": ["10.0.0.0/8"]}, reason),
        Change(Address("VSlice", "old-net"), Action.DELETE, {}, None, reason, live_moniker="old-net"),
    )
    basis = Basis("0", paper.ACCOUNT, None, 0, "", "", "estate")
    many = iccids(5)
    writes = [
        Write("POST", "/endpoints/assign", {"endpointGroup": "cars", "endpoints": many}),
        Write("PUT", f"/endpoints/{many[0]}", {"name": "A"}),
    ]
    lines = render(Plan(basis, changes), writes).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["POST", "POST", "PUT", "DELETE"]
    assert many[0] not in "\n".join(lines)
    assert '"and 2 more"' in lines[1]
    assert lines[2].startswith(f"PUT /endpoints/{many[0][:4]}…{many[0][-4:]} ")
