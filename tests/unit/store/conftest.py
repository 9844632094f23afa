"""Fixtures of the store tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.environment import Environment
from reconciler.store.location import StoreLocation
from reconciler.store.store import Store


@dataclass
class Clock:
    """Time that a test sets."""

    seconds: float = 1_800_000_000.0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
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


@pytest.fixture
def location(tmp_path: Path) -> StoreLocation:
    """Where the store is, below an empty estate."""
    return StoreLocation.parse("sqlite:.reconciler/state.db", tmp_path)


@pytest.fixture
def open_store(location: StoreLocation, environment: Environment) -> Iterator[Callable[[], Store]]:
    """Opens the store, as often as asked; every one is closed in the end."""
    opened: list[Store] = []

    def opening() -> Store:
        opened.append(Store.open(location, create=True, environment=environment))
        return opened[-1]

    yield opening
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """A new store."""
    return open_store()
