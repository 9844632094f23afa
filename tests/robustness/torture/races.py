"""Races of two to eight appliers, holders that are paused, connections that are cut, servers that crash."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.robustness.kills.tracing import is_possible
from tests.robustness.races.worker import STORES, raced
from tests.robustness.torture.programme import Outcome

_WANTED = {"races": 1_000, "paused holders": 500, "server crashes": 200}


def torture(seed: int, seconds: float) -> Outcome:
    """Race on both stores at once until the time is over."""
    if not is_possible():
        return Outcome({"races": 0}, _WANTED)
    with ThreadPoolExecutor(len(STORES)) as pool:
        found = list(pool.map(lambda store: raced(store, "--seed", str(seed), "--seconds", str(seconds)), STORES))
    total = sum((races.counts for races in found), start=Counter[str]())
    counts = {
        "races": sum(total[sort] for sort in ("race", "pause", "cut", "crash")),
        "paused holders": total["paused holder"],
        "connections cut": total["cut"],
        "server crashes": total["crash"],
    }
    return Outcome(counts, _WANTED, [failure for races in found for failure in races.failures])
