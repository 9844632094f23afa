"""Changes of SIMs between plan and apply, or during an apply, and requests that cannot be sent at all."""

import threading
from pathlib import Path

import pytest

from reconciler.apply.sims.machine import LONGEST_BELIEVED_SECONDS
from reconciler.control_plane.errors import IncompleteRead
from reconciler.plan.outcomes import ApplyReport
from reconciler.plan.plan import Plan, Verdict
from reconciler.simulator.faults import Fault
from tests.features.sims.estate import SimHouse, endpoint, group, groups, house_at, iccid, iccids, listed

CODE = ", activationCode: {secretRef: {env: CODE}}"
NAMED = ", displayName: A"


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """Nothing declared, nothing on the platform; the secret CODE is known."""
    return house_at(tmp_path, secrets={"CODE": "open-sesame"})


def _terminate(house: SimHouse, number: str) -> None:
    house.simulator.perform(lambda scene, _: scene.endpoints.set_status(number, {"endpointStatus": "terminated"}))


def _tag(house: SimHouse, number: str) -> None:
    house.simulator.perform(lambda scene, _: scene.endpoints.edit(number, {"tags": ["lorry"]}))


def _vanish(house: SimHouse, number: str) -> None:
    """As when the tenant takes a SIM out of the account."""
    house.simulator.database.execute("DELETE FROM sim WHERE iccid = ?", (number,))


def _stale(report: ApplyReport) -> dict[str, str]:
    return dict(report.sims.stale)


def _moving(house: SimHouse, count: int, more: str = "") -> tuple[list[str], Plan]:
    """SIMs in one group, and the plan that moves them to another."""
    numbers = iccids(count)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    house.declare(groups(), listed("set-de", "fleet-de", numbers, more))
    return numbers, house.now()


def test_what_left_the_account_is_stale(house: SimHouse) -> None:
    """Neither moved nor edited, and named with the reason."""
    numbers, _ = _moving(house, 3)
    house.declare(groups(), listed("set-de", "fleet-de", numbers[:2]), endpoint("sim-c", numbers[2], NAMED))
    plan = house.now()
    for number in numbers[1:]:
        _vanish(house, number)

    report = house.apply(plan)

    assert _stale(report) == dict.fromkeys(numbers[1:], "it is no longer in the account")
    assert report.sims.done == 1


def test_what_was_terminated_is_not_edited(house: SimHouse) -> None:
    """A SIM that somebody terminated meanwhile keeps its settings (I22)."""
    numbers, _ = _moving(house, 1)
    house.declare(groups(), endpoint("one-sim", numbers[0], NAMED))
    plan = house.now()
    _terminate(house, numbers[0])

    assert _stale(house.apply(plan)) == {numbers[0]: "it was terminated"}


@pytest.mark.parametrize(("place", "words"), [("fleet-de", "it is in fleet-de now"), (None, "it was terminated")])
def test_a_sim_that_turned_up_meanwhile_is_not_activated(house: SimHouse, place: str | None, words: str) -> None:
    """Somebody activated it, and moved or terminated it: it is left alone."""
    number = iccid(1)
    house.declare(groups())
    house.converge()
    house.declare(groups(), endpoint("new-sim", number, f"{CODE}, group: fleet-uk"))
    plan = house.now()
    house.stock([number], place, "active" if place else "terminated")
    house.simulator.clear_log()

    assert _stale(house.apply(plan)) == {number: words}
    assert house.sim_requests() == []


def test_nothing_is_built_on_an_answer_that_never_came(house: SimHouse) -> None:
    """Moves without an answer that did not happen: what comes after the move is not tried, and counted as such."""
    numbers, _ = _moving(house, 4)
    suspended = [endpoint(f"sim-{i}", one, ", state: suspended, displayName: A") for i, one in enumerate(numbers)]
    house.declare(groups(), listed("set-de", "fleet-de", numbers), *suspended)
    plan = house.now()
    house.simulator.faults.script([Fault("drop", path="assign", executed="never", times=None)])

    report = house.apply(plan)

    assert report.sims.unknown == tuple(numbers)
    assert report.sims.untried == 2 * len(numbers)
    assert set(house.states().values()) == {"active"}


def test_what_the_platform_accepted_and_did_not_do_is_refused(house: SimHouse) -> None:
    """Membership decides, not the answer (F30): somebody moves each SIM back at once."""
    numbers, plan = _moving(house, 3)

    def back(method: str, _path: str) -> None:
        if method == "GET" and set(house.membership().values()) == {"fleet-de"}:
            body = {"endpointGroup": "fleet-uk", "endpoints": numbers}
            house.simulator.perform(lambda scene, _: scene.endpoints.assign(body))

    house.before_request = back
    report = house.apply(plan)

    assert dict(report.sims.refused) == dict.fromkeys(
        numbers, "without effect: the platform accepted it and changed nothing"
    )


def test_edited_sims_that_vanish_are_not_said_to_be_done(house: SimHouse) -> None:
    """An edit that was accepted and of which nothing can be seen is refused."""
    numbers, _ = _moving(house, 2)
    house.declare(groups(), *(endpoint(f"sim-{i}", number, NAMED) for i, number in enumerate(numbers)))
    plan = house.now()

    def vanish(method: str, _path: str) -> None:
        if method == "GET" and house.live().get(numbers[0], {}).get("name") == "A":
            _vanish(house, numbers[0])

    house.before_request = vanish
    report = house.apply(plan, parallelism=1)

    assert dict(report.sims.refused) == {numbers[0]: "without effect: the platform accepted it and changed nothing"}
    assert report.sims.done == 1


def test_many_sims_are_not_moved_after_a_read_that_is_not_complete(house: SimHouse) -> None:
    """Where they are cannot be found out: the run stops before it asks for anything."""
    _, plan = _moving(house, 140)
    house.simulator.faults.script([Fault("total", method="GET", path="endpoints", times=None)])
    house.simulator.clear_log()

    with pytest.raises(IncompleteRead) as refused:
        house.apply(plan)

    assert refused.value.hint == "somebody may be changing the SIMs right now; run apply again"
    assert house.sim_requests() == []


@pytest.mark.slow
def test_one_incomplete_read_is_read_again(house: SimHouse) -> None:
    """The next pass is complete: all goes on."""
    numbers, plan = _moving(house, 140)
    house.simulator.faults.script([Fault("total", method="GET", path=r"^/?endpoints(\?|$)", times=1)])

    assert house.apply(plan).exit_code == 0
    assert [house.membership()[number] for number in numbers] == ["fleet-de"] * 140


def test_a_refused_token_ends_everything(house: SimHouse) -> None:
    """The first 401 is the last request for SIMs, and the exit code says why (9)."""
    _, plan = _moving(house, 30, ", limits: {batch: 1}")
    house.simulator.faults.script([Fault("status", path="assign", status=401, times=None)])
    house.simulator.clear_log()

    report = house.apply(plan, parallelism=1)

    assert report.exit_code == 9
    assert len(house.sim_requests()) == 1
    assert report.sims.untried == 29


def test_an_interruption_leaves_later_waves_alone(house: SimHouse) -> None:
    """A SIM not even intended counts as untried; one that was sent and not looked at is left to the next run."""
    numbers, plan = _moving(house, 40, ", limits: {batch: 1}")
    stop = threading.Event()

    def halt(method: str, _path: str) -> None:
        if method in {"POST", "PUT"}:
            stop.set()

    house.before_request = halt
    report = house.apply(plan, parallelism=1, stop=stop)

    assert (report.sims.done, len(report.sims.unknown), report.sims.untried) == (0, 1, len(numbers) - 1)
    assert not house.store.unresolved()


def test_waiting_for_the_platform_has_an_end(house: SimHouse) -> None:
    """Throttled for ever: the SIMs are named with the platform's reason once there was enough of it (F8)."""
    numbers, plan = _moving(house, 3)
    house.simulator.faults.script([Fault("status", path="assign", status=429, retry_after="60", times=None)])

    report = house.apply(plan)

    assert {number for number, _ in report.sims.refused} == set(numbers)
    assert "slow down" in report.sims.refused[0][1]


def test_two_sets_that_claim_one_sim_for_two_groups_are_refused(house: SimHouse) -> None:
    """Both are named, with how many and which (D-22)."""
    numbers, _ = _moving(house, 3)
    for one in numbers:
        _tag(house, one)
    selects = "spec: {{group: {}, members: [{{select: {{tags: {{all: [lorry]}}, from: {{groups: [fleet-uk]}}}}}}]}}"
    first, second = (
        f"kind: EndpointSet\nmetadata: {{name: all-{name}}}\n{selects.format(f'fleet-{name}')}\n"
        for name in ("de", "fr")
    )
    house.declare(groups(), first, second)

    (found,) = [result for result in house.now().guards if result.guard == "overlap"]

    assert found.verdict is Verdict.DENY
    assert "3 SIMs are claimed by EndpointSet/all-de and EndpointSet/all-fr" in found.message
    assert numbers[0] in found.message


def test_sims_that_arrive_where_no_subnet_is_known_are_not_counted(house: SimHouse) -> None:
    """A group that the platform gives a subnet by itself has no capacity that could be checked beforehand."""
    numbers = iccids(2)
    house.stock(numbers)
    bare = group("fleet-uk").replace("subnet: 100.64.0.0/16, ", "")
    house.declare(bare, listed("set-uk", "fleet-uk", numbers))

    plan = house.now()

    assert "subnet" not in {result.guard for result in plan.guards}
    assert house.apply(plan).exit_code == 0


def test_many_batches_go_wave_by_wave(house: SimHouse) -> None:
    """More batches than are intended at once: each SIM is asked for once, and all of them arrive."""
    numbers, plan = _moving(house, 20, ", limits: {batch: 1}")
    house.simulator.clear_log()

    assert house.apply(plan, parallelism=1).exit_code == 0

    assert house.asked_for() == dict.fromkeys(numbers, 1)
    assert set(house.membership().values()) == {"fleet-de"}


def _waves(house: SimHouse) -> list[int]:
    """How many SIMs each request moved, in order."""
    return [len(body["endpoints"]) for _, _, body, _ in house.sim_requests() if body and "endpoints" in body]


def test_many_sims_begin_with_a_few(house: SimHouse) -> None:
    """One SIM, then ten, then a hundred, each seen where it belongs before the next; then the rest in whole batches."""
    numbers, plan = _moving(house, 250, ", limits: {batch: 50}")
    house.simulator.clear_log()

    assert house.apply(plan, parallelism=1).exit_code == 0

    assert _waves(house) == [1, 10, 39, 50, 11, 39, 50, 50]
    assert house.asked_for() == dict.fromkeys(numbers, 1)
    assert set(house.membership().values()) == {"fleet-de"}


def test_a_hundred_sims_are_one_wave(house: SimHouse) -> None:
    """A number of SIMs that is too small for a trial is asked for at once."""
    _, plan = _moving(house, 100, ", limits: {batch: 50}")
    house.simulator.clear_log()

    assert house.apply(plan, parallelism=1).exit_code == 0

    assert _waves(house) == [50, 50]


@pytest.mark.slow
@pytest.mark.parametrize(("trial", "reached"), [(1, 1), (10, 11), (100, 111)])
def test_a_wave_that_does_not_hold_is_the_last(house: SimHouse, trial: int, reached: int) -> None:
    """A change that the platform accepts and does not make is noticed after the wave; the rest is not begun."""
    numbers, plan = _moving(house, 200)
    house.simulator.clear_log()

    def back(method: str, _path: str) -> None:
        moved = [number for number, group in house.membership().items() if group == "fleet-de"]
        if method == "GET" and len(moved) == reached:
            body = {"endpointGroup": "fleet-uk", "endpoints": moved[-trial:]}
            house.simulator.perform(lambda scene, _: scene.endpoints.assign(body))

    house.before_request = back
    report = house.apply(plan, parallelism=1)

    assert len(house.asked_for()) == reached
    assert len(report.sims.refused) == trial
    assert report.sims.untried == len(numbers) - reached
    assert report.exit_code == 5


def test_what_was_read_long_ago_is_read_again(house: SimHouse) -> None:
    """A SIM that somebody moves while a slow run is at the first waves is left alone by the later ones (I7)."""
    numbers, plan = _moving(house, 200)
    began: list[str] = []

    def dawdle(method: str, _path: str) -> None:
        if method == "POST" and not began:
            began.append("now")
            body = {"endpointGroup": "fleet-fr", "endpoints": numbers[-1:]}
            house.simulator.perform(lambda scene, _: scene.endpoints.assign(body))
            house.clock.sleep(LONGEST_BELIEVED_SECONDS + 1)

    house.before_request = dawdle
    report = house.apply(plan, parallelism=1)

    assert dict(report.sims.stale) == {numbers[-1]: "it is in fleet-fr now, not in fleet-uk"}
    assert house.membership()[numbers[-1]] == "fleet-fr"
    assert report.sims.done == len(numbers) - 1
