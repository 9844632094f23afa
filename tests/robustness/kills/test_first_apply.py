"""The first apply of the example, killed at its requests and run again with the same command."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.postgres.server import PostgresServer
from tests.robustness.kills.tracing import is_possible
from tests.robustness.kills.worker import ROOT

# At so many of the requests; `all`: before and after each of them.
EFFORT = os.environ.get("RECONCILER_REQUESTS", "5")
COUNTS = {"sqlite": EFFORT, "postgresql": EFFORT if EFFORT == "all" else str(-(-int(EFFORT) // 2))}
# Which write of each run is its last, where run after run is killed.
STEPS = ("1", "2", "5", "13") if EFFORT == "all" else ("13",)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not is_possible(), reason="forks and kills as on Linux")]


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("store", sorted(COUNTS))
def test_a_first_apply_killed_at_any_request_needs_no_consent_to_go_on(
    store: str, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    """The next run ends with 0 under the default guards, nothing is done twice, and the plan after it is empty."""
    arguments = ["--count", "0" if COUNTS[store] == "all" else COUNTS[store], "--steps", *STEPS]
    if store == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        arguments += ["--database", server.create("first-apply")]
    command = [sys.executable, "-m", "tests.robustness.kills.requests", *arguments]
    ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    record_property("first applies killed at a request", sum(one["killed"] for one in found))
    assert [one for one in found if one["failures"]] == []
    # The requests of several threads vary by a few: the run may be over before the last of them.
    assert sum(not one["killed"] for one in found) <= 3
    assert len(found) >= (100 if EFFORT == "all" else int(COUNTS[store])) + len(STEPS)
