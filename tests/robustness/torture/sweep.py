"""Every call of a run on SQLite and on PostgreSQL, one after the other in a random order, then pairs of calls."""

import threading

from tests.postgres.server import PostgresServer
from tests.robustness.kills.tracing import is_possible
from tests.robustness.kills.worker import Tally, started, told
from tests.robustness.torture.programme import Outcome

_STORES = ("sqlite", "postgresql")


def torture(seed: int, seconds: float) -> Outcome:
    """Kill at as many points as there is time for: all single ones first, then double kills."""
    if not is_possible():
        return Outcome({"kill points": 0}, {"kill points": 5_000})
    tallies = {store: Tally() for store in _STORES}
    with PostgresServer() as server:
        databases = {"sqlite": None, "postgresql": server.create("kills")}
        watchers = [
            threading.Thread(
                target=told,
                args=(started(url, "--seed", str(seed), "--seconds", str(seconds)), store, tallies[store]),
            )
            for store, url in databases.items()
        ]
        for watcher in watchers:
            watcher.start()
        for watcher in watchers:
            watcher.join()
    counts = {f"kill points on {store}": tally.points - tally.double for store, tally in tallies.items()}
    double = sum(tally.double for tally in tallies.values())
    total = sum(counts.values())
    calls = sum((tally.calls for tally in tallies.values()), start=Tally().calls)
    return Outcome(
        {
            "kill points": total,
            **counts,
            "double kills": double,
            **{f"at {name}": calls[name] for name in sorted(calls)},
        },
        {"kill points": 5_000, "double kills": 2_000},
        [failure for tally in tallies.values() for failure in tally.failures],
    )
