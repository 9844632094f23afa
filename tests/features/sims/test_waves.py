"""Many SIMs begin with a few, and what became of those decides about the rest."""

from pathlib import Path

import pytest

from reconciler.apply.sims.machine import LONGEST_BELIEVED_SECONDS
from reconciler.simulator.faults import Fault
from reconciler.simulator.settings import Settings
from tests.features.sims.estate import SimHouse, endpoint, groups, house_at, iccids, listed

CODE = ", activationCode: {secretRef: {env: CODE}}"
MANY = 150


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """Nothing declared, nothing on the platform; the secret CODE is known."""
    return house_at(tmp_path, secrets={"CODE": "open-sesame"})


def _active(house: SimHouse, count: int) -> list[str]:
    numbers = iccids(count)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    return numbers


def _swallowed(house: SimHouse, group: str = "fleet-de", beyond: int = 0) -> None:
    """The platform says yes to moves into the group and undoes them before anybody can look; the first few hold."""

    def undo(method: str, _path: str) -> None:
        moved = [number for number, place in house.membership().items() if place == group]
        if method == "GET" and len(moved) > beyond:
            body = {"endpointGroup": "fleet-uk", "endpoints": moved[beyond:]}
            house.simulator.perform(lambda scene, _: scene.endpoints.assign(body))

    house.before_request = undo


def _rename(house: SimHouse, number: str) -> None:
    house.simulator.perform(lambda scene, _: scene.endpoints.edit(number, {"name": "B"}))


@pytest.mark.parametrize("count", [100, 101, 112, 150])
def test_activated_sims_enter_their_group_in_one_apply(house: SimHouse, count: int) -> None:
    """A SIM that was just activated is in no group yet; that says nothing against the next."""
    numbers = iccids(count)
    house.declare(groups(), *(endpoint(f"sim-{i}", one, f"{CODE}, group: fleet-uk") for i, one in enumerate(numbers)))
    house.converge()
    assert house.membership() == dict.fromkeys(numbers, "fleet-uk")


def test_nothing_follows_a_move_that_did_not_take_effect(house: SimHouse) -> None:
    """SIMs that were to be moved and then suspended and named are neither, when the moves were broken off."""
    numbers = _active(house, MANY)
    more = [endpoint(f"sim-{i}", one, ", state: suspended, displayName: A") for i, one in enumerate(numbers)]
    house.declare(groups(), listed("set-de", "fleet-de", numbers), *more)
    plan = house.now()
    house.simulator.clear_log()
    _swallowed(house)

    report = house.apply(plan, parallelism=1)

    assert report.exit_code == 5
    assert house.asked_for() == {numbers[0]: 1}
    assert set(house.states().values()) == {"active"}
    assert report.sims.done == 0
    assert report.sims.untried >= len(numbers) - 1


def test_each_target_shows_for_itself_whether_it_works(house: SimHouse) -> None:
    """Moves into one group work, into the other they do not: one SIM of each is moved, and no more."""
    numbers = _active(house, 2 * MANY)
    house.declare(groups(), listed("set-de", "fleet-de", numbers[:MANY]), listed("set-fr", "fleet-fr", numbers[MANY:]))
    plan = house.now()
    house.simulator.clear_log()
    _swallowed(house, "fleet-fr")

    report = house.apply(plan, parallelism=1)

    assert house.asked_for() == dict.fromkeys((numbers[0], numbers[MANY]), 1)
    assert (report.sims.done, len(report.sims.refused), report.sims.untried) == (1, 1, 2 * MANY - 2)


@pytest.mark.slow
def test_a_large_wave_is_looked_at_as_well(house: SimHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the platform stops doing what it says after the first waves, the wave after that is the last."""
    monkeypatch.setattr("reconciler.apply.sims.waves.LARGEST_WAVE", 120)
    numbers = _active(house, 400)
    house.declare(groups(), listed("set-de", "fleet-de", numbers))
    plan = house.now()
    house.simulator.clear_log()
    _swallowed(house, beyond=111)

    report = house.apply(plan, parallelism=1)

    assert len(house.asked_for()) == 111 + 120
    assert report.sims.done == 111


def test_ten_sims_that_are_all_refused_are_the_last(house: SimHouse) -> None:
    """A group that takes nobody is not asked two thousand times."""
    numbers = _active(house, MANY)
    house.declare(groups(), listed("set-de", "fleet-de", numbers))
    plan = house.now()
    house.simulator.faults.script([Fault("refuse", path="assign", times=None)])

    report = house.apply(plan, parallelism=1)

    assert len(report.sims.refused) == 11
    assert report.sims.untried == MANY - 11


def test_one_sim_that_somebody_ended_does_not_stop_the_others(house: SimHouse) -> None:
    """The very first is terminated while it is moved: the others are none the worse for it."""
    numbers = _active(house, MANY)
    house.declare(groups(), listed("set-de", "fleet-de", numbers))
    plan = house.now()
    first = next(iter(plan.roster.changes)).iccids[0]
    ended: list[str] = []

    def end(method: str, _path: str) -> None:
        if method == "GET" and not ended and house.membership()[first] == "fleet-de":
            ended.append(first)
            body = {"endpointStatus": "terminated"}
            house.simulator.perform(lambda scene, _: scene.endpoints.set_status(first, body))

    house.before_request = end
    report = house.apply(plan, parallelism=1)

    assert report.sims.untried == 0
    assert report.sims.done == MANY - 1


def test_a_platform_that_lags_as_long_as_it_may_is_waited_for(tmp_path: Path) -> None:
    """A read that shows a move nine seconds later is no move without effect (A2)."""
    house = house_at(tmp_path, Settings(webhooks="off", consistency_lag_seconds=9.0))
    numbers = iccids(MANY)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    for _ in range(3):
        house.clock.sleep(60)
        if house.apply(house.now(), parallelism=1).exit_code == 0:
            break
    house.clock.sleep(60)
    house.declare(groups(), listed("set-de", "fleet-de", numbers))

    report = house.apply(house.now(), parallelism=1)

    assert (report.sims.done, report.sims.refused, report.exit_code) == (MANY, (), 0)


@pytest.mark.parametrize("held", [1, 111])
def test_what_cannot_be_looked_at_is_not_gone_on_with(house: SimHouse, held: int) -> None:
    """A read that fails after a wave ends the stage; what was done before stays in the report."""
    numbers = _active(house, 2 * MANY)
    house.declare(groups("fleet-uk", "fleet-de", "fleet-fr"), listed("set-de", "fleet-de", numbers))
    plan = house.now()
    failing: list[str] = []

    def fail(method: str, _path: str) -> None:
        moved = sum(place == "fleet-de" for place in house.membership().values())
        if method == "GET" and moved == held and not failing:
            failing.append("now")
            house.simulator.faults.script([Fault("status", status=500, method="GET", path="endpoints", times=None)])

    house.before_request = fail
    report = house.apply(plan, parallelism=1)

    assert len(report.sims.unknown) == held
    assert report.sims.untried == 2 * MANY - held
    assert report.exit_code == 7


def test_a_sim_that_somebody_activated_during_the_run_enters_its_group(house: SimHouse) -> None:
    """Found in the account on another look, in no group: it needs no activation, and is not forgotten."""
    numbers = iccids(MANY)
    house.declare(groups())
    house.converge()
    house.declare(groups(), *(endpoint(f"sim-{i}", one, f"{CODE}, group: fleet-uk") for i, one in enumerate(numbers)))
    plan = house.now()
    began: list[str] = []

    def dawdle(method: str, _path: str) -> None:
        if method == "POST" and not began:
            began.append("now")
            house.stock(numbers[-40:], None, "pending")
            house.clock.sleep(LONGEST_BELIEVED_SECONDS + 1)

    house.before_request = dawdle
    report = house.apply(plan, parallelism=1)

    assert house.membership() == dict.fromkeys(numbers, "fleet-uk")
    assert report.exit_code == 0


def test_settings_that_are_not_taken_stop_after_the_first(house: SimHouse) -> None:
    """An edit that is accepted and changes nothing reaches one SIM of many."""
    numbers = _active(house, MANY)
    named = [endpoint(f"sim-{i}", one, ", displayName: A") for i, one in enumerate(numbers)]
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers), *named)
    plan = house.now()
    house.simulator.clear_log()

    def undo(_method: str, _path: str) -> None:
        for number in [number for number, sim in house.live().items() if sim["name"] == "A"]:
            _rename(house, number)

    house.before_request = undo
    report = house.apply(plan, parallelism=1)

    assert (report.sims.done, len(report.sims.refused), report.sims.untried) == (0, 1, MANY - 1)


def test_an_account_that_takes_long_to_read_is_not_read_all_the_time(house: SimHouse) -> None:
    """Each read takes two minutes: what it says is believed for twenty, and the run ends."""
    numbers = _active(house, 300)
    house.declare(groups(), listed("set-de", "fleet-de", numbers))
    plan = house.now()
    lists: list[str] = []

    def slow(method: str, path: str) -> None:
        if method == "GET" and path.lower().endswith("/endpoints"):
            lists.append(path)
            house.clock.sleep(120)

    house.before_request = slow
    assert house.apply(plan, parallelism=1).exit_code == 0
    assert len(lists) <= 4
