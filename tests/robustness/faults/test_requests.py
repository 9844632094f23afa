"""Requests are counted: one for each creation and deletion, three for each edit, and lists for the rest."""

from collections import Counter
from collections.abc import Sequence

import pytest

from reconciler.apply.applier import PARALLELISM
from reconciler.model.resource import Resource
from reconciler.plan.outcomes import PaceChange
from reconciler.simulator.faults import Fault
from tests.robustness.faults.estates import first
from tests.robustness.faults.house import House, resource

SIZES = (1, 3, 60, 300)
KINDS = 3


def _estate(count: int, title: str | None = None, edited: int = 0) -> list[Resource]:
    """A network, targets in it, policies to them, and operator policies; `edited` of the targets have a new title."""
    made = [resource("VSlice", "fleet-net", subnets=["100.64.0.0/16"])]
    for place in range((count - 1) // 2):
        fields = {"displayName": title} if title and place < edited else {}
        made.append(
            resource(
                "RoutingTarget",
                f"target-{place:04}",
                vslice="fleet-net",
                redundancyZone="europe-primary",
                internet={},
                **fields,
            )
        )
    return made + [
        resource("OperatorPolicy", f"policy-{place:04}", default="allow") for place in range(count - len(made))
    ]


def _requests(house: House, resources: Sequence[Resource]) -> tuple[int, Counter[str]]:
    """How many changes an apply made, and its requests by method."""
    plan = house.plan(*resources)
    seen = len(house.simulator.log())
    report = house.apply(plan)
    assert report.exit_code == 0
    return len(report.done), Counter(row.method for row in house.simulator.log()[seen:])


def _pages(house: House) -> int:
    """The requests of one complete read of the account with the items behind URLs of their own, and of the token."""
    seen = len(house.simulator.log())
    house.control_plane.snapshot()
    return len(house.simulator.log()) - seen + 1


@pytest.mark.parametrize("count", SIZES)
def test_creations_cost_about_a_request_each(house: House, count: int) -> None:
    """At most 1.15 requests an object, and the lists that are read anyhow: before, and once of each kind after it."""
    done, requests = _requests(house, _estate(count))

    assert (done, requests["POST"]) == (count, count)
    assert requests.total() <= 1.15 * count + _pages(house) + KINDS


@pytest.mark.parametrize("count", SIZES)
def test_deletions_cost_about_a_request_each(house: House, count: int) -> None:
    """At most 1.15 requests an object, and the lists that are read anyhow: before, and once of each kind after it."""
    house.make(*_estate(count))
    pages = _pages(house)

    done, requests = _requests(house, [])

    assert (done, requests["DELETE"]) == (count, count)
    assert requests.total() <= 1.15 * count + pages + KINDS


@pytest.mark.parametrize("edited", [1, 3, 30])
def test_edits_cost_at_most_three_requests_each(house: House, edited: int) -> None:
    """The object itself is read, written and seen."""
    house.make(*_estate(100))

    done, requests = _requests(house, _estate(100, "New", edited))

    assert (done, requests["PUT"]) == (edited, edited)
    assert requests.total() <= 3 * edited + _pages(house)


def test_every_kind_of_request_is_confirmed_from_lists(house: House) -> None:
    """Items of sub-collections, secrets and references are seen in a list as they are in the object itself."""
    assert house.make(*first()).exit_code == 0
    singles = [row.path for row in house.simulator.log() if row.method == "GET" and row.path.count("/") > 3]

    assert house.plan(*first()).changes == ()
    assert [path for path in singles if "apitokens" not in path.lower()] == []


def test_a_platform_that_throttles_gets_fewer_requests_at_a_time(house: House) -> None:
    """The run says so, and makes everything all the same."""
    house.simulator.faults.script([Fault("status", "POST", status=429, retry_after="1", times=3)])

    report = house.make(*_estate(60))

    assert report.exit_code == 0
    heard = [event.at_once for event in house.events if isinstance(event, PaceChange)]
    assert heard[0] < PARALLELISM
    assert heard[-1] > heard[0]


def test_a_default_entry_goes_after_those_that_need_it(house: House) -> None:
    """The platform refuses entries without a default at every moment (D-30)."""
    entries = [{"country": country, "gateway": "europe"} for country in ("GBR", "FRA")]
    house.make(resource("RegionalPolicy", "region", defaultGateway="europe", entries=entries))

    report = house.make(resource("RegionalPolicy", "region", defaultGateway=None, entries=[]))

    assert report.exit_code == 0
    live = house.control_plane.read("RegionalPolicy", "region")
    assert live is not None
    assert (live.spec.get("defaultGateway"), live.spec.get("entries", [])) == (None, [])
