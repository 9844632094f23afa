"""Settings of every suite: how hypothesis behaves here and in CI. Fixtures live beside the tests that need them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import counts
from tests.postgres.server import PostgresServer, program

# No deadline for a single example: two busy cores say nothing about the code. In CI the examples are the same on each
# run, so that a red build is about the change; at a desk they wander, and failures are kept in .hypothesis/.
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


pytest_terminal_summary = counts.pytest_terminal_summary

# No coverage is gathered here: these tests draw what they do, kill it, or run it in processes of their own. They take
# the same branches a thousand times, which doubles their time, and take a rare one by chance. A branch of the safety
# core is covered by a test that states what the branch is for.
_UNMEASURED = frozenset(
    {
        "laws",
        "repository/bench",
        "repository/machine",
        "robustness/estates",
        "robustness/fuzz",
        "robustness/kills",
        "robustness/mutants",
        "robustness/protocol_model",
        "robustness/races",
        "robustness/simulation",
        "robustness/wire_faults",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the tests whose input is drawn out of the coverage."""
    folder = Path(__file__).parent
    for item in items:
        parts = item.path.relative_to(folder).parts
        if parts[0] in _UNMEASURED or "/".join(parts[:2]) in _UNMEASURED:
            item.add_marker("no_cover")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for this test run, started when the first test asks for it. In CI it has to be there."""
    try:
        program("postgres")
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with PostgresServer() as server:
        yield server
