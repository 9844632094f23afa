"""
The first apply of an example, killed at its requests: each run dies at one, the same command goes on.

The estate is the example's own folder with the limits that guards have by default, and nobody consents to anything.
A process of its own, since only one without threads may fork.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from tests.features.cli.copies import EXAMPLE, SECRETS
from tests.robustness.kills.platform import Moment
from tests.robustness.kills.sweep import Story, Sweep
from tests.robustness.kills.tracing import forked, run_and_exit

APPLY = ("apply", "--auto-approve")
MOMENTS: tuple[Moment, ...] = get_args(Moment)
_MOST_RUNS = 400


@dataclass(frozen=True, slots=True)
class Killed:
    """A run that was killed at a request: whether there was one, and every broken promise."""

    number: int
    moment: str
    is_killed: bool
    failures: tuple[str, ...]


@dataclass
class FirstApply(Sweep):
    """A copy of the example, the platform over HTTP, and a store."""

    def _configure(self) -> None:
        shutil.copytree(EXAMPLE, self.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".reconciler"))

    def _environment(self) -> dict[str, str]:
        return super()._environment() | SECRETS | {"RECONCILER_STORE": self.store.name}

    def _declare(self, name: str) -> None:
        assert name == "first", "the example is what it is"

    def _without_store(self) -> dict[str, str]:
        return self._environment() | {"RECONCILER_STORE": "sqlite:.reconciler/none.db"}

    def requests(self) -> int:
        """How many requests an undisturbed run sends."""
        self.restored("first")
        assert forked(self.launcher.command(*APPLY)) == 0, self.launcher.said()
        return len(self.platform.world().log)

    def killed_once(self, number: int, moment: Moment) -> Killed:
        """Kill a first apply at one request, and run the same command again."""
        story = self.restored("first")
        is_killed = self._killed(number, moment)
        failures = [*self._right_after(story)]
        self.store.pass_time()
        failures += self.recovered(story)
        return Killed(number, moment, is_killed, tuple(failures))

    def killed_again_and_again(self, step: int) -> Killed:
        """Kill every run right after its `step`-th request that writes, until one has so many no more."""
        story = self.restored("first")
        failures: list[str] = []
        runs = 0
        while self._killed(step, "after", only_writes=True):
            failures += self._right_after(story)
            self.store.pass_time()
            runs += 1
            if runs == _MOST_RUNS:
                failures.append(f"no end after {runs} runs: {self.launcher.said()}")
                break
        return Killed(step, "after, in each run", runs > 0, (*failures, *self.recovered(story)))

    def _killed(self, number: int, moment: Moment, *, only_writes: bool = False) -> bool:
        self.platform.doom(number, moment, only_writes=only_writes)
        process = os.fork()
        if process == 0:
            run_and_exit(self.launcher.command(*APPLY))
        self.platform.victim(process)
        _, status = os.waitpid(process, 0)
        return os.WIFSIGNALED(status)

    def _finished(self, _: Story) -> list[str]:
        """One run, which finishes: no guard trips, and nobody has to be asked for anything."""
        code = forked(self.launcher.command(*APPLY))
        return [] if code == 0 else [f"the next run ends with {code}: {self.launcher.said()}"]


def _told(first: FirstApply, options: argparse.Namespace) -> Iterator[Killed]:
    every = [(number, moment) for number in range(1, first.requests() + 1) for moment in options.moments]
    generator = random.Random(options.seed)
    for number, moment in every if not options.count else sorted(generator.sample(every, options.count)):
        yield first.killed_once(number, moment)
    for step in options.steps:
        yield first.killed_again_and_again(step)


def main() -> int:
    """Kill, and write a line of JSON for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", help="a PostgreSQL database; else SQLite")
    parser.add_argument("--count", type=int, default=0, help="so many requests, drawn with the seed; else every one")
    parser.add_argument("--steps", type=int, nargs="*", default=[], help="kill each run at this one of its writes")
    parser.add_argument("--moments", nargs="+", choices=MOMENTS, default=MOMENTS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reconciler-requests-") as folder:
        first = FirstApply.over(Path(folder), options.database)
        try:
            for killed in _told(first, options):
                said = {"number": killed.number, "moment": killed.moment, "killed": killed.is_killed}
                sys.stdout.write(json.dumps({**said, "failures": killed.failures}) + "\n")
                sys.stdout.flush()
        finally:
            first.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
