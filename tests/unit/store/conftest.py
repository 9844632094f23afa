"""Fixtures of the store tests."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.environment import Environment
from reconciler.store.location import StoreLocation
from reconciler.store.store import Store


@dataclass
class Clock:
    """Time that a test sets. A database has a clock of its own: there, what was written moves into the past instead."""

    seconds: float = 1_800_000_000.0
    database: str | None = None

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
        if self.database is not None:
            import psycopg

            with psycopg.connect(self.database) as connection:
                connection.execute(
                    "UPDATE lock SET lease_until = lease_until - %s, drain_until = drain_until - %s", [seconds, seconds]
                )
                connection.execute("UPDATE action SET updated = updated - %s", [seconds])


@pytest.fixture
def clock() -> Clock:
    """A clock that does not move by itself."""
    return Clock()


@pytest.fixture
def environment(clock: Clock) -> Environment:
    """A machine without chance."""
    count = iter(range(1_000_000))
    return Environment(
        monotonic=lambda: clock.seconds,
        wall=lambda: clock.seconds,
        sleep=clock.sleep,
        jitter=lambda: 0.5,
        new_id=lambda: f"id-{next(count)}",
        entropy=lambda size: bytes(range(size)),
        variables={},
        host="machine",
        pid=7,
        user="somebody",
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> StoreLocation:
    """Where the store is: a file below an empty estate, and a database; what is promised holds for both."""
    if request.param == "sqlite":
        return StoreLocation.parse("sqlite:.reconciler/state.db", tmp_path)
    server = request.getfixturevalue("postgres")
    clock.database = server.create(f"test-{uuid.uuid4().hex}")
    return StoreLocation.parse(clock.database, tmp_path)


@pytest.fixture
def open_store(location: StoreLocation, environment: Environment) -> Iterator[Callable[[], Store]]:
    """Opens the store, as often as asked; every one is closed in the end."""
    opened: list[Store] = []

    def opening() -> Store:
        opened.append(Store.open(location, estate="estate", create=True, environment=environment))
        return opened[-1]

    yield opening
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """A new store."""
    return open_store()
