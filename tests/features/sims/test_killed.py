"""Killed, or left without an answer, in the middle of moving SIMs: the next run finishes, and nothing happens twice."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import event

from reconciler.errors import ReconcilerError
from reconciler.plan.plan import Plan
from reconciler.simulator.faults import Fault
from tests.features.sims.estate import SimHouse, endpoint, groups, house_at, iccid, iccids, listed
from tests.robustness.faults.house import undisturbed

ONE_BY_ONE = {"assign": None, "bulk-status": None}
NUMBERS = iccids(9)
BATCH = ", limits: {batch: 3}"


class Killed(BaseException):
    """The process is gone."""


class Deaths:
    """Counts the moments at which a process can die: requests, and begins and commits of the store."""

    def __init__(self, house: SimHouse, fatal: int) -> None:
        self.moments = 0
        self._fatal, self._house = fatal, house
        house.before_request = lambda _method, _path: self._moment()
        for moment in ("begin", "commit"):
            event.listen(house.store._engine, moment, self._moment)

    def _moment(self, *_: object) -> None:
        self.moments += 1
        if self.moments >= self._fatal:
            raise Killed


def _prepared(root: Path, sort: str) -> tuple[SimHouse, Plan]:
    house = house_at(root, secrets={"CODE": "x"}, wire=ONE_BY_ONE if sort == "one by one" else {})
    if sort == "activation":
        house.declare(groups("fleet-uk"))
        house.converge()
        code = ", group: fleet-uk, displayName: A, state: suspended, activationCode: {secretRef: {env: CODE}}"
        house.declare(groups("fleet-uk"), *(endpoint(f"sim-{n}", iccid(n), code) for n in range(2)))
    else:
        house.stock(NUMBERS)
        house.declare(groups("fleet-uk"), listed("set-uk", "fleet-uk", NUMBERS, BATCH))
        house.converge()
        more = endpoint("special", NUMBERS[0], ", displayName: A, state: suspended")
        house.declare(groups("fleet-de"), listed("set-de", "fleet-de", NUMBERS, BATCH), more)
    house.simulator.clear_log()
    return house, house.now()


def _moved(house: SimHouse) -> Counter[str]:
    """How often each SIM was moved, by what the platform did: requests that were executed while it was elsewhere."""
    count: Counter[str] = Counter()
    place: dict[str, str] = {}
    for _, path, body, status in house.sim_requests():
        target = (body or {}).get("endpointGroup")
        if target is None or status != 200:
            continue
        for number in body.get("endpoints", [path.rsplit("/", 1)[-1]]):
            count[number] += place.get(number) != target
            place[number] = target
    return count


def _moments(root: Path, sort: str) -> int:
    house, plan = _prepared(root, sort)
    wire = Deaths(house, 10**9)
    assert house.apply(plan, parallelism=1).exit_code == 0
    house.store.close()
    return wire.moments


@pytest.mark.slow
@pytest.mark.parametrize("sort", ["bulk", "one by one", "activation"])
def test_a_kill_at_any_moment_is_finished_by_the_next_run(tmp_path: Path, sort: str) -> None:
    """As declared in the end, no SIM forgotten, none moved to where it is already, and no loose end in the journal."""
    total = _moments(tmp_path / "count", sort)
    for fatal in range(2, total + 1, max(1, total // 5)):
        house, plan = _prepared(tmp_path / str(fatal), sort)
        Deaths(house, fatal)
        with pytest.raises(Killed):
            house.apply(plan, parallelism=1)
        house.before_request = undisturbed
        there = {number for number, place in house.membership().items() if place == plan.roster.changes[0].target}
        before = house.asked_for()
        house.reopen()
        house.clock.sleep(1)
        report = house.apply(plan, parallelism=1)
        assert report.exit_code == 0, (fatal, report)
        assert house.now().is_empty
        assert house.store.unresolved() == []
        assert set(_moved(house).values()) == {1}
        again = {n for n, times in house.asked_for().items() if times > before[n]} & there
        assert again <= {NUMBERS[0], iccid(0), iccid(1)}, "only what has settings besides is asked for anything more"
        house.store.close()


@pytest.mark.parametrize(
    "fault",
    [
        Fault("drop", path="assign", executed="before"),
        Fault("drop", path="assign", executed="never"),
        Fault("status", path="assign", status=500, executed="before"),
        Fault("status", path="assign", status=500, executed="never"),
        Fault("status", path="assign", status=502, executed="never"),
        Fault("status", path="assign", status=429, retry_after="2", times=3),
        Fault("status", path="assign", status=503, retry_after="1", times=2),
        Fault("garbage", path="assign", executed="before"),
        Fault("truncate", path="assign"),
        Fault("late", path="assign", seconds=20),
    ],
    ids=lambda fault: f"{fault.effect}-{fault.status}-{fault.executed}",
)
def test_a_lost_answer_converges(tmp_path: Path, fault: Fault) -> None:
    """Where each SIM is tells what became of a request; at most one more run is needed, and no SIM moves twice."""
    house, plan = _prepared(tmp_path, "bulk")
    house.simulator.faults.script([fault])
    report = house.apply(plan)
    if report.exit_code != 0:
        house.simulator.faults.clear()
        house.clock.sleep(60)
        report = house.apply(plan)
    assert report.exit_code == 0, report
    assert house.now().is_empty
    assert set(house.membership().values()) == {"fleet-de"}
    assert set(_moved(house).values()) == {1}


@pytest.mark.parametrize("seed", range(4))
def test_many_faults_converge(tmp_path: Path, seed: int) -> None:
    """A tenth of all requests goes wrong in some way: a few runs of the same plan end as declared."""
    house, plan = _prepared(tmp_path, ["bulk", "one by one"][seed % 2])
    house.simulator.faults.seed(seed, rate=0.15)
    for _ in range(8):
        try:
            report = house.apply(plan)
        except ReconcilerError:
            house.clock.sleep(120)
            continue
        if report.exit_code == 0:
            break
        house.clock.sleep(120)
    house.simulator.faults.clear()
    house.clock.sleep(120)
    assert house.apply(plan).exit_code == 0
    assert house.now().is_empty
    assert set(house.membership()) == set(NUMBERS)
    assert set(house.membership().values()) == {"fleet-de"}


def test_an_interruption_finishes_what_is_in_flight_and_says_what_is_left(tmp_path: Path) -> None:
    """Stopped during the first of three batches: the rest is untried, and the next run does it."""
    import threading

    for sort in ("bulk", "one by one"):
        house, plan = _prepared(tmp_path / sort.replace(" ", "-"), sort)
        stop = threading.Event()

        def watch(method: str, path: str, stop: threading.Event = stop) -> None:
            if method in {"POST", "PUT"} and path.lower().startswith("/api/v1/endpoints"):
                stop.set()

        house.before_request = watch
        report = house.apply(plan, stop=stop, parallelism=1)
        assert report.exit_code != 0
        assert report.sims.untried >= 6 or sort == "one by one"
        assert report.sims.refused == ()
        house.before_request = undisturbed
        assert house.apply(plan).exit_code == 0
        assert house.now().is_empty
        assert set(_moved(house).values()) == {1}


def test_a_second_run_of_a_finished_plan_does_nothing(tmp_path: Path) -> None:
    """All of it is there already."""
    house, plan = _prepared(tmp_path, "bulk")
    assert house.apply(plan).exit_code == 0
    house.simulator.clear_log()
    report = house.apply(plan)
    assert report.exit_code == 0
    assert report.sims.done == 0
    assert house.sim_requests() == []


def test_a_sim_that_is_activated_and_in_no_group_yet_is_gone_on_with(tmp_path: Path) -> None:
    """A run that dies between the two requests of an activation leaves its group, state and name to the next run."""
    house, plan = _prepared(tmp_path, "activation")

    def before_the_assignment(_method: str, path: str) -> None:
        if path.endswith("/assign"):
            raise Killed

    house.before_request = before_the_assignment
    with pytest.raises(Killed):
        house.apply(plan, parallelism=1)
    house.before_request = undisturbed
    assert set(house.membership().values()) == {None}
    house.reopen()

    assert house.apply(plan, parallelism=1).exit_code == 0
    assert house.now().is_empty
