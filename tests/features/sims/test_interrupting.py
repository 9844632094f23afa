"""Ctrl-C while SIMs are dealt with: no request follows, no rest is slept to its end, and the next apply goes on."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.plan.outcomes import ApplyReport, SimsAdvanced
from reconciler.plan.plan import Plan
from reconciler.simulator.faults import Fault
from tests.features.sims.estate import SimHouse, endpoint, groups, house_at, iccids, listed
from tests.robustness.faults.house import Clock

AT_ONCE_SECONDS = 1.0
ONE_BY_ONE = {"assign": None, "bulk-status": None}
SETTINGS = ", displayName: A, keyValues: {apn: b, port: c}"


def _ready(root: Path, wire: dict[str, str | None]) -> tuple[SimHouse, Plan]:
    """A plan that moves, suspends and names SIMs, over several waves and stages."""
    house = house_at(root, wire=wire)
    numbers = iccids(112)
    house.stock(numbers)
    house.declare(groups(), listed("set-uk", "fleet-uk", numbers))
    house.converge()
    ones = [endpoint(f"sim-{n}", number, f"{SETTINGS}, state: suspended") for n, number in enumerate(numbers[:3])]
    house.declare(groups(), listed("set-de", "fleet-de", numbers, ", limits: {batch: 20}"), *ones)
    return house, house.now()


def _at(moment: int) -> Callable[[int, str], bool]:
    return lambda number, _method: number == moment


def _stopped_at(
    house: SimHouse, plan: Plan, is_moment: Callable[[int, str], bool], latency: float = 0.0
) -> tuple[ApplyReport, int, float]:
    """Stop at a request that asks for SIMs; the report, the requests that followed, and the time since its answer."""
    stop, count, after, at = threading.Event(), 0, 0, 0.0

    def watch(method: str, path: str) -> None:
        nonlocal count, after, at
        if "/endpoints" not in path.lower():
            return
        after += stop.is_set()
        if is_moment(count, method):
            stop.set()
        house.clock.sleep(latency)
        at = house.clock.now()
        count += 1

    house.before_request = watch
    report = house.apply(plan, parallelism=1, stop=stop)
    took = house.clock.now() - at if stop.is_set() else 0.0
    house.before_request = lambda _method, _path: None
    return report, after, took


@pytest.mark.slow
@pytest.mark.parametrize("wire", [{}, ONE_BY_ONE], ids=["bulk", "one by one"])
def test_no_request_follows_an_interruption_at_any_request(tmp_path: Path, wire: dict[str, str | None]) -> None:
    """Whichever request is in flight, read or write: it is the last one, and the run ends without a pause."""
    house, plan = _ready(tmp_path / "whole", wire)
    seen = 0

    def counted(number: int, _method: str) -> bool:
        nonlocal seen
        seen = number + 1
        return False

    assert _stopped_at(house, plan, counted)[0].exit_code == 0
    found = []
    for moment in sorted({*range(0, seen, max(1, seen // 8)), seen - 2}):
        house, plan = _ready(tmp_path / str(moment), wire)
        report, after, took = _stopped_at(house, plan, _at(moment))
        found.append((report.interrupted, after, took < AT_ONCE_SECONDS))
        house.converge()
    assert found == [(True, 0, True)] * len(found)


def test_what_an_interruption_left_is_counted(tmp_path: Path) -> None:
    """Of the first wave nothing is known, as nobody looked; everything else was not begun."""
    house, plan = _ready(tmp_path, {})

    report, after, took = _stopped_at(house, plan, lambda _, method: method != "GET")

    assert (after, took) == (0, 0.0)
    assert (report.sims.done, len(report.sims.unknown)) == (0, 1)
    assert report.sims.untried == 111 + 3 + 3
    assert report.exit_code == 7
    assert house.store.unresolved() == []


@pytest.mark.parametrize("latency", [0.3, 5.0, 30.0])
@pytest.mark.parametrize("moment", [1, 3, 6])
def test_the_run_ends_with_the_answer_in_flight_however_slow_it_is(tmp_path: Path, moment: int, latency: float) -> None:
    """At any latency the request under way is the last one, and the run ends within a second of its answer."""
    house, plan = _ready(tmp_path, {})

    report, after, took = _stopped_at(house, plan, _at(moment), latency)

    assert (report.interrupted, after, took < AT_ONCE_SECONDS) == (True, 0, True)


def test_progress_does_not_count_what_an_interruption_left(tmp_path: Path) -> None:
    """Stopped in the middle of requests for single SIMs: the last line of progress is below 100 %."""
    house, plan = _ready(tmp_path, {})
    edits = 0

    def is_second_edit(_: int, method: str) -> bool:
        nonlocal edits
        edits += method == "PUT"
        return edits == 2

    report, _, _ = _stopped_at(house, plan, is_second_edit)

    last = [event for event in house.events if isinstance(event, SimsAdvanced)][-1]
    assert report.interrupted
    assert last.done == last.total - report.sims.untried < last.total


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", path="assign", status=429, retry_after="60", times=None),
        Fault("status", "GET", path="^/endpoints", status=503, retry_after="100", times=None),
        Fault("status", "GET", path="^/endpoints", status=502, times=None),
        Fault("drop", path="assign", executed="before"),
    ],
    ids=["throttled write", "throttled read", "retried read", "drain after a lost answer"],
)
def test_no_rest_is_slept_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """Interrupted in the middle of a rest, the run ends within a second and asks for nothing more."""
    assert _stopped_in_a_rest(tmp_path, monkeypatch, [fault]) == (True, 0, True)


@pytest.mark.slow
def test_waiting_for_a_read_that_lags_is_not_slept_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between looks at a wave that shows no effect yet are rests like any other."""

    def undo(house: SimHouse) -> None:
        moved = [number for number, place in house.membership().items() if place == "fleet-de"]
        if moved:
            body = {"endpointGroup": "fleet-uk", "endpoints": moved}
            house.simulator.perform(lambda scene, _: scene.endpoints.assign(body))

    assert _stopped_in_a_rest(tmp_path, monkeypatch, [], undo) == (True, 0, True)


def _stopped_in_a_rest(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    faults: list[Fault],
    before_request: Callable[[SimHouse], None] = lambda _: None,
) -> tuple[bool, int, bool]:
    """Whether the run was interrupted, how many requests followed, and whether it ended within a second."""
    stop = threading.Event()
    hook: list[Callable[[], None]] = []
    passed = Clock.sleep

    def sleep(clock: Clock, seconds: float) -> None:
        passed(clock, seconds)
        for heard in hook:
            heard()

    monkeypatch.setattr(Clock, "sleep", sleep)
    house, plan = _ready(root, {})
    house.simulator.faults.script(faults)
    house.before_request = lambda _method, _path: before_request(house)
    at: list[float] = []

    def interrupt() -> None:
        if not at:
            at.append(house.clock.now())
            house.simulator.clear_log()
            stop.set()

    hook.append(interrupt)
    report = house.apply(plan, parallelism=1, stop=stop, in_flight_seconds=45)
    took = house.clock.now() - at[0]
    return report.interrupted, len(house.simulator.log()), took < AT_ONCE_SECONDS
