"""
Several appliers at once, as real processes over one store, disturbed as a cluster disturbs them.

Leases and drains are cut to fractions of a second in the appliers, so that a pause longer than a lease is short.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reconciler.apply import lease
from reconciler.environment import Environment, system
from reconciler.store import lock
from reconciler.store.store import Store
from tests import oracles
from tests.postgres.server import PostgresServer
from tests.robustness.kills.launcher import Launcher, exit_code
from tests.robustness.kills.stores import PostgresStore
from tests.robustness.kills.sweep import APPLY, Sweep
from tests.robustness.kills.tracing import run_and_exit
from tests.robustness.races.watching import holder, noted, watch

LEASE_SECONDS = 0.6
_REQUEST_SECONDS = 0.2
_DRAIN_SECONDS = 0.2
_MOST_SECONDS = 30.0
_HOLDER_SECONDS = 2.0
SORTS = ("race", "pause", "cut", "crash")
"""`race`: nothing else; `pause`: the holder, for longer than a lease; `cut`: connections; `crash`: the server."""
_DONE, _BUG = 0, 1
_MOST_TRIES = 25


class Racer(Launcher):
    """An applier with a short lease, on the real clock, that tries again until all is done."""

    def command(self, *arguments: str) -> Callable[[], int]:
        """As the parent, again and again until it succeeds; a bug ends it."""

        def run() -> int:
            self.settle_in()
            code = _BUG
            for _ in range(_MOST_TRIES):
                code = exit_code(arguments)
                if code in {_DONE, _BUG}:
                    break
                time.sleep(random.uniform(0.01, 0.1))
            return code

        return run

    def settle_in(self) -> None:
        """As the parent, then with short times."""
        super().settle_in()
        acquire: Callable[..., Any] = Store.acquire
        lease.REQUEST_SECONDS = _REQUEST_SECONDS
        lock.IN_FLIGHT_SECONDS = _DRAIN_SECONDS
        # Assigning would do, but a method of a class that is checked cannot be assigned to.
        type.__setattr__(Store, "acquire", lambda store, run_id, *_, **__: acquire(store, run_id, LEASE_SECONDS))

    def machine(self) -> Environment:
        """The clocks as they are."""
        return system()


@dataclass
class Race:
    """Appliers over one store; `server` is there to be crashed. `paused` counts pauses that met the holder."""

    sweep: Sweep
    generator: random.Random
    server: PostgresServer | None = None
    racer: Racer = field(init=False)
    paused: int = 0

    def __post_init__(self) -> None:
        self.racer = Racer(self.sweep.root, self.sweep.launcher.environment)

    def run(self, sort: str) -> list[str]:
        """One race from the start to a second plan; every broken promise."""
        story = self.sweep.restored("race")
        watch(self.sweep.store)
        count = self.generator.randint(2, 8) if sort == "race" else self.generator.randint(2, 3)
        racers = [self._started() for _ in range(count)]
        {"race": lambda _: None, "pause": self._pause, "cut": self._cut, "crash": self._crash}[sort](racers)
        codes = [_awaited(process) for process in racers]
        failures = [f"an applier ended with {code}: {self.racer.said()}" for code in codes if code != _DONE]
        failures += noted(self.sweep.store).broken()
        world, store = self.sweep.platform.world(), self.sweep.store.read()
        if sort == "race":
            # A holder that was paused right before it sent may send one request too late.
            failures += oracles.done_twice(world)
        for found in (
            oracles.outside_plan(story.begun, world, story.plan),
            oracles.different(world, story.wanted),
            oracles.orphaned(story.begun, world, store),
            oracles.touched(story.begun, world, story.plan),
            oracles.epochs_broken(store),
            oracles.damaged(store),
            oracles.unfinished(store, world),
        ):
            failures += found
        return failures + self.sweep.second_plan()

    def _started(self) -> int:
        process = os.fork()
        if process == 0:
            run_and_exit(self.racer.command(*APPLY))
        return process

    def _pause(self, racers: list[int]) -> None:
        chosen = self._holder(racers)
        if chosen is None:
            return
        time.sleep(self.generator.uniform(0, 0.15))
        os.kill(chosen, signal.SIGSTOP)
        self.paused += holder(self.sweep.store) == chosen
        time.sleep(LEASE_SECONDS * self.generator.uniform(1.1, 1.6))
        os.kill(chosen, signal.SIGCONT)

    def _holder(self, racers: list[int]) -> int | None:
        deadline = time.monotonic() + _HOLDER_SECONDS
        while time.monotonic() < deadline:
            found = holder(self.sweep.store)
            if found in racers:
                return found
            time.sleep(0.002)
        return None

    def _cut(self, racers: list[int]) -> None:
        import psycopg

        self._holder(racers)
        time.sleep(self.generator.uniform(0, 0.15))
        with psycopg.connect(self.sweep.store.name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def _crash(self, racers: list[int]) -> None:
        assert self.server is not None
        self._holder(racers)
        time.sleep(self.generator.uniform(0, 0.15))
        self.server.crash()
        self.server.start()


def sorts_for(sweep: Sweep) -> tuple[str, ...]:
    """The sorts of things that can be done to appliers over this store."""
    return SORTS if isinstance(sweep.store, PostgresStore) else SORTS[:2]


def _awaited(process: int) -> int | None:
    """The exit code; None when it took too long, and it is then ended."""
    deadline = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < deadline:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        time.sleep(0.002)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None
