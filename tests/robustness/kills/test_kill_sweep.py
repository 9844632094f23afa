"""Real processes, killed at their system calls; `make torture` tries every one of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.postgres.server import PostgresServer
from tests.robustness.kills.tracing import is_possible
from tests.robustness.kills.worker import Tally, started, told

CORPUS = Path(__file__).resolve().parents[2] / "corpus" / "kills"
SHARES = 2
# For each share, evenly spread over the calls of a run: of the plan of 60 actions, of a first apply, of the plan with
# several actions at a time, and of those killed twice.
COUNTS = {"sqlite": (5, 8, 3, 2), "postgresql": (3, 4, 2, 1)}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_possible(), reason="stops system calls as Linux on x86-64 lets a process do"),
]


def _database(store: str, request: pytest.FixtureRequest, name: str) -> str | None:
    if store == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create(name)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("store", sorted(COUNTS))
def test_a_run_killed_at_any_call_is_finished_by_the_next(
    store: str, share: int, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    """Nothing is lost, done twice or orphaned, whatever call was the last; the plan after that is empty."""
    *stories, double = map(str, COUNTS[store])
    tally = Tally()
    arguments = ("--spread", *stories, "--double", double, "--seed", str(share))
    told(started(_database(store, request, f"kills-{share}"), *arguments), store, tally)
    record_property("kill points", tally.points)
    assert tally.failures == []
    # The order of calls of several threads varies: a run may be over before the last of them.
    assert tally.points >= sum(COUNTS[store]) * 0.9


@pytest.mark.parametrize("store", sorted(COUNTS))
def test_points_that_failed_once_do_not_fail_again(store: str, request: pytest.FixtureRequest) -> None:
    """Each point of the corpus is tried for ever."""
    lines = (CORPUS / f"{store}.txt").read_text(encoding="utf-8").splitlines()
    known = [line for line in lines if line and not line.startswith("#")]
    tally = Tally()
    if known:
        told(started(_database(store, request, "kills-corpus"), "--points", *known), store, tally)
    assert tally.failures == []
