"""Simulated histories: appliers, humans, faults and kills drawn from seeds; after each, peace and all promises kept."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.robustness.simulation.faults import PAIRS
from tests.robustness.simulation.history import History

HISTORIES = 480
SHARES = 4
CORPUS = Path(__file__).parents[2] / "corpus" / "simulation" / "seeds.txt"


def remembered() -> list[int]:
    """The seeds of the corpus."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    return [int(line.split()[0]) for line in lines if line and not line.startswith("#")]


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_no_history_breaks_a_promise(share: int, record_property: Callable[[str, object], None]) -> None:
    """Every oracle holds after each history, and two further runs without faults leave nothing to do (I1 to I9)."""
    hits: Counter[tuple[str, str]] = Counter()
    counts: Counter[str] = Counter()
    for seed in range(share, HISTORIES, SHARES):
        history = History(seed)
        history.run()
        hits += history.hits
        counts += history.counts
    assert len(hits) > len(PAIRS) // 3, "a swarm that strikes hardly anywhere shows nothing"
    record_property("simulated histories", HISTORIES // SHARES)
    record_property("simulated faults", sum(hits.values()))
    record_property("simulated kills", counts["kills"])
    record_property("values of humans that a write could have reverted", counts["unmanaged values kept by a write"])
    assert counts["unmanaged values kept by a write"] > HISTORIES // SHARES // 4


@pytest.mark.parametrize("seed", remembered())
def test_histories_that_once_broke_a_promise_keep_it(seed: int) -> None:
    """Each was a defect once."""
    History(seed).run()


@pytest.mark.slow
def test_the_same_seed_makes_the_same_history() -> None:
    """Moment by moment: what happened, what was sent, which faults struck."""

    def told(seed: int) -> tuple[object, ...]:
        history = History(seed)
        history.run()
        requests = [(sending, status) for sending, status in history.platform.log]
        return history.told, requests, history.hits, history.baton.now

    for seed in range(40):
        assert told(seed) == told(seed), seed
