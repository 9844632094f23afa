"""One worker of the races: a process without threads that runs races and writes a line of JSON for each."""

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.postgres.server import PostgresServer
from tests.robustness.kills.sweep import Sweep
from tests.robustness.kills.worker import ROOT
from tests.robustness.races.race import Race, sorts_for

STORES = ("sqlite", "postgresql")


@dataclass
class Races:
    """How many races of each sort there were, how many pauses met the holder, and what failed."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def raced(store: str, *arguments: str) -> Races:
    """Races over one kind of store, by a worker of its own."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.robustness.races.worker", "--store", store, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    found = Races()
    assert worker.stdout is not None
    with worker.stdout as lines:
        for line in lines:
            said = json.loads(line)
            found.counts[said["sort"]] += 1
            found.counts["paused holder"] += said["paused"]
            found.failures += [f"{store} {said['sort']}: {failure}" for failure in said["failures"][:5]]
    if worker.wait():
        found.failures.append(f"{store}: the worker ended with {worker.returncode}")
    return found


def _run(sweep: Sweep, server: PostgresServer | None, options: argparse.Namespace) -> Iterator[dict[str, object]]:
    race = Race(sweep, random.Random(options.seed), server)
    deadline = time.monotonic() + options.seconds
    # Races without a disturbance are the shortest and the most wanted.
    sorts = ("race", *sorts_for(sweep))
    for _, sort in zip(range(options.count), itertools.cycle(sorts), strict=False):
        if time.monotonic() > deadline:
            return
        before = race.paused
        failures = race.run(sort)
        yield {"sort": sort, "paused": race.paused - before, "failures": failures}


def main() -> int:
    """Race until the count or the time is reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=STORES, required=True)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    server = PostgresServer().start() if options.store == "postgresql" else None
    with tempfile.TemporaryDirectory(prefix="reconciler-races-") as folder:
        sweep = Sweep.over(Path(folder), server.create("races") if server else None)
        try:
            for said in _run(sweep, server, options):
                sys.stdout.write(json.dumps(said) + "\n")
                sys.stdout.flush()
        finally:
            sweep.close()
            if server is not None:
                server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
