"""
One point of the sweep: kill an apply right before its k-th call, run it again, and ask the oracles.

A story begins with an estate, a platform and a store that are put back for each point. Its first apply is killed; it
may be killed again while it recovers; the run after that has to finish.
"""

import itertools
import json
import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from reconciler.operations.validate import check
from tests import oracles
from tests.oracles import World
from tests.robustness.kills import estate
from tests.robustness.kills.launcher import Launcher, preload
from tests.robustness.kills.platform import Platform
from tests.robustness.kills.stores import PostgresStore, SqliteStore, StoreUnderTest
from tests.robustness.kills.tracing import KILL, Call, Ended, forked, traced

APPLY = ("apply", "--auto-approve", "--parallelism", "1")
STORIES = ("change", "first", "crowd")
"""
`change`: the 60 actions on an estate that is there. `first`: a first apply, which makes the store as well. `crowd`: the
60 actions, several at a time, whose decisions share commits; which call is the k-th is then left to chance.
"""
_SEVERAL = {"crowd": "6"}
_ESTATES = {
    "change": (estate.before, estate.after),
    "first": (None, estate.few),
    "crowd": (estate.before, estate.after),
    "race": (estate.few, estate.crowd),
}
_LIMITS = {"change": estate.LIMITS, "crowd": estate.LIMITS}
_MOST_RUNS = 3  # I1: at most two further runs.


def apply_of(story: str) -> tuple[str, ...]:
    """The command of a story."""
    return (*APPLY[:-1], _SEVERAL[story]) if story in _SEVERAL else APPLY


@dataclass(frozen=True, slots=True)
class Point:
    """A story, the call to be killed at, and the call of the run after that to be killed at as well, or 0."""

    story: str
    number: int
    second: int = 0

    def __str__(self) -> str:
        return f"{self.story} {self.number}" + (f" {self.second}" if self.second else "")

    @classmethod
    def parse(cls, text: str) -> Self:
        """As `str` writes it."""
        story, number, *second = text.split()
        return cls(story, int(number), *map(int, second))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a point: the call, by its name ("" if the run was over before), and every broken promise."""

    point: Point
    call: str
    second: str = ""
    failures: tuple[str, ...] = ()


@dataclass
class Story:
    """Where a story begins, and where an undisturbed run of it leads."""

    apply: tuple[str, ...]
    world: bytes
    store: Any
    begun: World
    plan: Mapping[str, Any]
    wanted: World
    calls: Ended


@dataclass
class Sweep:
    """A folder, a platform and a store in which points are tried, one after the other."""

    root: Path
    store: StoreUnderTest
    platform: Platform = field(default_factory=Platform)
    stories: dict[str, Story] = field(default_factory=dict)

    @classmethod
    def over(cls, root: Path, database: str | None) -> Self:
        """With a store in SQLite, or in the PostgreSQL database of this address."""
        return cls(root, SqliteStore(root) if database is None else PostgresStore(database))

    def __post_init__(self) -> None:
        self._configure()
        self.launcher = Launcher(self.root, self._environment())

    def _configure(self) -> None:
        estate.configure(self.root, {})

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "",
            "HOME": str(self.root),
            "CI": "1",
            "RECONCILER_SECRETS": "*",
            "USER": "somebody",
            "STACUITY_HOST": self.platform.url,
            "STACUITY_TOKEN": "token",
            "KILL_STORE": self.store.name,
            **estate.SECRETS,
        }

    def close(self) -> None:
        """End the platform."""
        self.platform.stop()

    def story(self, name: str) -> Story:
        """The beginning and the end of a story, found out when it is first asked for."""
        if name not in self.stories:
            self.stories[name] = self._told(name)
        self._declare(name)
        return self.stories[name]

    def _declare(self, name: str) -> None:
        estate.configure(self.root, _LIMITS.get(name, {}))
        estate.declare(self.root, _ESTATES[name][1]())

    def _told(self, name: str) -> Story:
        self.platform.restore(None)
        self.platform.populate()
        self.store.restore(None)
        before = _ESTATES[name][0]
        apply = apply_of(name)
        if before is not None:
            estate.declare(self.root, before())
            self._must(APPLY)
        world, store = self.platform.image(), None if before is None else self.store.image()
        begun = self.platform.world()
        self._declare(name)
        self._restore(world, store)
        self._warm_up(apply)
        self._restore(world, store)
        plan = self._planned(name)
        self._restore(world, store)
        calls = self._must(apply)
        return Story(apply, world, store, begun, plan, self.platform.world(), calls)

    def _restore(self, world: bytes, store: Any) -> None:
        self.platform.restore(world)
        self.store.restore(store)
        shutil.rmtree(self.root / ".reconciler/cache", ignore_errors=True)
        self.launcher.forget()

    def _warm_up(self, apply: tuple[str, ...]) -> None:
        """Let this process import and build what each of its children would else import and build for itself."""
        preload(self.launcher.modules_of(apply))
        check(self.root, remember=False)

    def _must(self, arguments: tuple[str, ...]) -> Ended:
        ended = traced(self.launcher.command(*arguments), lambda _: None)
        assert ended.exit_code == 0, self.launcher.said()
        return ended

    def _planned(self, name: str) -> Mapping[str, Any]:
        self.launcher.forget()
        # The plan does not depend on the store's kind, and a store that is not there yet is only a missing file.
        planning = self.launcher if _ESTATES[name][0] else replace(self.launcher, environment=self._without_store())
        code = forked(planning.command("plan", "--output", "json"))
        assert code == 0, self.launcher.said()
        text = self.launcher.output.read_text(encoding="utf-8")
        plan: Mapping[str, Any] = json.loads(text[text.index("{") :])["plan"]
        return plan

    def _without_store(self) -> Mapping[str, str]:
        return {**self.launcher.environment, "KILL_STORE": "sqlite:.reconciler/none.db"}

    def restored(self, name: str) -> Story:
        """The story, at its beginning."""
        story = self.story(name)
        self._restore(story.world, story.store)
        return story

    def tried(self, point: Point) -> Verdict:
        """Kill at a point (twice, if it says so), go on, and ask the oracles."""
        story = self.restored(point.story)
        names = []
        failures: list[str] = []
        for number in (point.number, point.second):
            if number:
                names.append(self._killed_at(story, number))
                failures += self._right_after(story)
                self.store.pass_time()
        failures += self.recovered(story)
        return Verdict(point, names[0], names[1] if point.second else "", tuple(failures))

    def recovered(self, story: Story) -> list[str]:
        """Run on until all is done, and ask every oracle."""
        return self._finished(story) or [*self._in_the_end(story), *self.second_plan()]

    def _killed_at(self, story: Story, number: int) -> str:
        names: list[str] = []

        def judge(call: Call) -> str | None:
            if call.number < number:
                return None
            names.append(call.name)
            return KILL

        traced(self.launcher.command(*story.apply), judge)
        return names[0] if names else ""

    def _right_after(self, story: Story) -> Iterator[str]:
        """The promises that have to hold at once, whatever was going on."""
        world, store = self.platform.world(), self.store.read()
        yield from oracles.orphaned(story.begun, world, store)
        yield from oracles.damaged(store)

    def _finished(self, story: Story) -> list[str]:
        """Run it until it says that all is done; the failure, if it does not."""
        codes = []
        for _ in range(_MOST_RUNS - 1):
            codes.append(forked(self.launcher.command(*story.apply)))
            if codes[-1] == 0:
                return []
            self.store.pass_time()
        return [f"exit codes {codes}: {self.launcher.said()}"]

    def _in_the_end(self, story: Story) -> Iterator[str]:
        world, store = self.platform.world(), self.store.read()
        yield from oracles.outside_plan(story.begun, world, story.plan)
        yield from oracles.done_twice(world)
        yield from oracles.orphaned(story.begun, world, store)
        yield from oracles.touched(story.begun, world, story.plan)
        yield from oracles.different(world, story.wanted)
        yield from oracles.terminated(world)
        yield from oracles.epochs_broken(store)
        yield from oracles.damaged(store)
        yield from oracles.unfinished(store, world)

    def second_plan(self) -> list[str]:
        """(h) Nothing is left to be done."""
        code = forked(self.launcher.command("plan", "--detailed-exitcode"))
        return [] if code == 0 else [f"the second plan ends with {code}: {self.launcher.said()}"]


def spread(total: int, count: int, generator: random.Random) -> list[int]:
    """`count` numbers from 1 to `total`, one from each of as many equal parts."""
    edges = [1 + round(place * total / max(1, count)) for place in range(count + 1)]
    return [generator.randrange(low, max(low + 1, high)) for low, high in itertools.pairwise(edges)]
