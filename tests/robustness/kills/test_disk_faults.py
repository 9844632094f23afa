"""A disk that is full or fails, at writes and syncs of the store and of the plan file."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.robustness.kills.tracing import is_possible
from tests.robustness.kills.worker import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_possible(), reason="fails system calls as Linux on x86-64 lets a process do"),
]


def _told(*arguments: str) -> list[dict[str, object]]:
    """The answers of the program `tests.robustness.kills.disk`; it forks, so that it is a process of its own."""
    command = [sys.executable, "-m", "tests.robustness.kills.disk", *arguments]
    ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("story", "count"), [("first", 14), ("change", 8)])
def test_a_store_that_cannot_be_written_stops_the_run(
    story: str, count: int, record_property: Callable[[str, object], None]
) -> None:
    """Nothing more is sent, exit 11, the store is whole, and with the disk mended the next run finishes."""
    found = _told("--story", story, "--count", str(count))
    record_property("disk faults", len(found))
    assert [one for one in found if one["failures"]] == []
    assert {one["fault"] for one in found} == {"full", "failing", "short"}
    assert len(found) >= count - 2


def test_a_plan_file_that_cannot_be_written_is_not_there(tmp_path: Path) -> None:
    """The command says so and leaves neither a plan nor a part of one; what was there before stays."""
    found = _told("--plan-file", "--seed", str(random.Random(1).randrange(100)))
    assert [one for one in found if one["failures"]] == []
    assert len(found) >= 2
