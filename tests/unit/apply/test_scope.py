"""The engine refuses changes outside of the scope of the estate that applies them, whoever made the plan."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import Refused, StalePlan
from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource
from reconciler.model.scope import Scope
from tests.robustness.faults.house import House, resource

ONLY_A = Scope(names=("a-*",))


class Cut(BaseException):
    """The process ends here."""


class CutHouse(House):
    """A house in which the process can end between a creation and its answer."""

    is_cutting = False

    def _wsgi(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = list(super()._wsgi(environ, start_response))
        if self.is_cutting and environ["REQUEST_METHOD"] == "POST":
            raise Cut
        return answer


@pytest.fixture
def house(tmp_path: Path) -> CutHouse:
    """Two VSlices that are applied."""
    found = CutHouse(tmp_path)
    found.make(_net("a-net"), _net("b-net"))
    return found


def _net(name: str, title: str = "A net") -> Resource:
    return resource("VSlice", name, displayName=title, subnets=["10.99.0.0/24"])


def test_a_plan_with_a_change_outside_is_refused_whole(house: CutHouse) -> None:
    """Exit code 3 before a request is sent, also for the part that is inside."""
    plan = house.plan(_net("a-net", "Another"), _net("b-net", "Another"))
    before = len(house.mutations())

    with pytest.raises(Refused, match=r"VSlice/b-net would be updated and is outside of the scope") as refused:
        house.apply(plan, scope=ONLY_A)

    assert refused.value.exit_code == 3
    assert len(house.mutations()) == before
    assert house.apply(plan, scope=Scope(names=("?-net",))).exit_code == 0


def test_an_object_that_left_the_scope_meanwhile_makes_the_plan_stale(house: CutHouse) -> None:
    """Somebody renames the object between plan and apply: it is another team's by its name."""
    plan = house.plan(_net("a-net"))
    (change,) = plan.changes
    assert change.address == Address("VSlice", "b-net")
    renamed = Resource(Address("VSlice", "c-net"), _net("c-net").spec, lifecycle=Lifecycle(renamed_from="b-net"))
    house.apply(house.plan(_net("a-net"), renamed))
    before = len(house.mutations())

    with pytest.raises(StalePlan, match="it is outside of the scope: its name fits none"):
        house.apply(plan, scope=Scope(names=("a-*", "b-*")))

    assert len(house.mutations()) == before


def test_a_creation_that_was_cut_is_ours_and_stays_as_it_is(house: CutHouse) -> None:
    """The scope became narrower after a killed creation: recovery notes whose it is, and nothing is sent for it."""
    nets = _net("a-net"), _net("b-net"), resource("VSlice", "b-new", displayName="New", subnets=["10.98.0.0/24"])
    plan = house.plan(*nets)
    house.is_cutting = True
    with pytest.raises(Cut):
        house.apply(plan)
    house.is_cutting = False
    house.reopen()
    before = len(house.mutations())

    report = house.apply(house.plan(_net("a-net", "Another"), scope=ONLY_A), scope=ONLY_A)
    after = house.plan(_net("a-net", "Another"), scope=ONLY_A)

    assert report.exit_code == 0
    assert [row.path.split("/")[1] for row in house.mutations()[before:]] == ["vslices"]
    assert after.changes == ()
    assert [str(address) for result in after.guards for address in result.addresses] == ["VSlice/b-net", "VSlice/b-new"]
    assert Address("VSlice", "b-new") in house.store.inventory().owned
