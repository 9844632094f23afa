"""The number of requests at the same time follows the answers of the platform."""

import threading

from reconciler.apply.pace import Pace


class _Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds


def _pace(most: int) -> tuple[Pace, _Clock, list[int]]:
    clock, heard = _Clock(), list[int]()
    return Pace(most, now=clock.now, on_change=heard.append), clock, heard


def _request(pace: Pace, clock: _Clock, *, seconds: float = 1.0, is_throttled: bool = False) -> None:
    clock.seconds += 0.1
    with pace.turn() as turn:
        clock.seconds += seconds
        turn.is_throttled = is_throttled


def test_it_begins_with_as_many_as_were_asked_for_and_never_takes_more() -> None:
    """Good answers change nothing."""
    pace, clock, heard = _pace(8)
    for _ in range(100):
        _request(pace, clock)

    assert (pace.at_once, heard) == (8, [])


def test_a_platform_that_throttles_gets_half_and_later_one_more_at_a_time() -> None:
    """One more after as many good answers as there are requests at a time."""
    pace, clock, heard = _pace(8)
    _request(pace, clock, is_throttled=True)
    assert pace.at_once == 4
    for _ in range(4 + 5 + 6 + 7):
        _request(pace, clock)

    assert (pace.at_once, heard) == (8, [4, 5, 6, 7, 8])


def test_it_never_stops_altogether() -> None:
    """One request at a time is left, however often the platform throttles."""
    pace, clock, heard = _pace(3)
    for _ in range(5):
        _request(pace, clock, is_throttled=True)

    assert (pace.at_once, heard) == (1, [1])


def test_answers_that_become_far_slower_count_as_throttled() -> None:
    """Far slower than the quickest, and slow in itself: a platform that is always slow is left alone."""
    pace, clock, heard = _pace(8)
    _request(pace, clock, seconds=0.5)
    _request(pace, clock, seconds=4.5)
    _request(pace, clock, seconds=5.5)
    assert heard == [4]

    slow, clock, heard = _pace(8)
    for _ in range(3):
        _request(slow, clock, seconds=20.0)
    assert heard == []


def test_requests_that_were_under_way_together_slow_down_once() -> None:
    """Eight answers that the platform throttles at the same moment are one sign."""
    pace, clock, heard = _pace(8)
    with pace.turn() as first, pace.turn() as second:
        clock.seconds += 1
        first.is_throttled = second.is_throttled = True

    assert heard == [4]


def test_no_more_are_under_way_than_may_be() -> None:
    """A request waits for its turn in its own thread."""
    pace, _, _ = _pace(2)
    seen, together, most = threading.Lock(), 0, 0
    gate = threading.Barrier(2)

    def work() -> None:
        nonlocal together, most
        with pace.turn():
            with seen:
                together += 1
                most = max(most, together)
            gate.wait(10)
            with seen:
                together -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert most == 2
