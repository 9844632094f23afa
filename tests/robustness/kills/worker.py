"""
One worker of the sweep: a process without threads that tries points and writes a line of JSON for each.

It is started anew, since only a process that forks before it has threads may fork at all.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.robustness.kills.sweep import STORIES, Point, Sweep, Verdict, spread

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Tally:
    """The sum of many points: how many were tried, killed at which call, and what failed."""

    points: int = 0
    double: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, store: str, verdict: Verdict) -> None:
        """Count one point; one whose run was over before is none."""
        if verdict.call:
            self.points += 1
            self.double += bool(verdict.second)
            self.calls[verdict.call] += 1
        self.failures += [f"{store} {verdict.point} ({verdict.call}): {found}" for found in verdict.failures[:5]]


def started(database: str | None, *arguments: str) -> "subprocess.Popen[bytes]":
    """A worker over SQLite (None) or a PostgreSQL database."""
    store = [] if database is None else ["--database", database]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.robustness.kills.worker", *store, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )


def told(worker: "subprocess.Popen[bytes]", store: str, tally: Tally) -> None:
    """Take what a worker says into the tally, until it ends; one that breaks off is a failure."""
    assert worker.stdout is not None
    with worker.stdout as lines:
        for line in lines:
            said = json.loads(line)
            tally.add(store, Verdict(Point.parse(said["point"]), said["call"], said["second"], tuple(said["failures"])))
    if worker.wait():
        tally.failures.append(f"{store}: the worker ended with {worker.returncode}")


def points(sweep: Sweep, options: argparse.Namespace) -> Iterator[Point]:
    """The points to be tried, in order."""
    if options.points:
        yield from map(Point.parse, options.points)
        return
    generator = random.Random(options.seed)
    if options.spread:
        for story, count in zip(STORIES, options.spread, strict=True):
            yield from (Point(story, number) for number in spread(sweep.story(story).calls.calls, count, generator))
        for number in spread(sweep.story("change").calls.calls, options.double, generator):
            yield Point("change", number, generator.randrange(1, 600))
        return
    every = [Point(name, number) for name in STORIES for number in range(1, sweep.story(name).calls.calls + 1)]
    generator.shuffle(every)
    yield from every
    while True:
        first = generator.randrange(1, sweep.story("change").calls.calls + 1)
        yield Point("change", first, generator.randrange(1, 2500))


def main(arguments: Sequence[str] | None = None) -> int:
    """Try points until they or the time are over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--points", nargs="*", help="these points")
    parser.add_argument(
        "--spread", type=int, nargs=len(STORIES), help="so many of each story, evenly spread; else every point"
    )
    parser.add_argument("--double", type=int, default=0, help="with --spread: so many that are killed twice")
    parser.add_argument("--seconds", type=float, default=3600.0)
    options = parser.parse_args(arguments)
    deadline = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory(prefix="reconciler-kills-") as folder:
        sweep = Sweep.over(Path(folder), options.database)
        try:
            for point in points(sweep, options):
                if time.monotonic() > deadline:
                    break
                verdict = sweep.tried(point)
                said = {"point": str(point), "call": verdict.call, "second": verdict.second}
                sys.stdout.write(json.dumps({**said, "failures": verdict.failures}) + "\n")
                sys.stdout.flush()
        finally:
            sweep.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
