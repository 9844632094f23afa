"""
docs/how-to/take-over-an-account.md on a large account as people made it: 400 groups, 60 policies and many SIMs.

`RECONCILER_SIMS=50000` has as many as the page speaks of.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.accounts.large import GROUPS, fill
from tests.accounts.platform import Platform, platform, tree

SIMS = int(os.environ.get("RECONCILER_SIMS") or 5_000)
PAIRS, MOST_TIMES, SECONDS = 3, 3.0, 3_600
MOST_LINES = 3_000


@pytest.fixture(scope="module")
def account() -> Iterator[Platform]:
    """The account, filled once."""
    with platform() as found:
        fill(found, SIMS)
        yield found


def _seconds(account: Platform, *arguments: str) -> float:
    began = time.process_time()
    account.run(*arguments)
    return time.process_time() - began


@pytest.mark.slow
def test_a_large_account_comes_under_management_as_the_page_says(account: Platform, tmp_path: Path) -> None:
    """Export, look, adopt, change: nothing is sent until a file is changed, and then that change alone."""
    folder, began = tmp_path / "estate", time.monotonic()
    exported = account.run("export", str(folder), "--layout", "vslice")
    assert exported.exit_code == 0, exported.output
    files = tree(folder)
    assert {name for name, text in files.items() if name.endswith(".yaml") and text.count(b"\n") > MOST_LINES} == set()
    rows = [line for name, text in files.items() if "/sims/" in name for line in text.splitlines()[1:]]
    assert (len(rows), len({row.split(b",")[0] for row in rows})) == (SIMS, SIMS)
    account.simulator.clear_log()
    adopted = account.run("apply", "--adopt", "-y", "-C", str(folder))
    assert (adopted.exit_code, account.written()) == (0, []), adopted.output
    plan = account.run("plan", "--detailed-exitcode", "-C", str(folder))
    assert (plan.exit_code, f"{SIMS:,} SIMs match" in plan.output) == (0, True), plan.output
    (group,) = (path for path in folder.rglob("endpoint-groups.yaml") if "name: group-001\n" in path.read_text())
    text = group.read_text(encoding="utf-8")
    start = text.index("displayName:", text.index("name: group-001\n"))
    group.write_text(f"{text[:start]}displayName: Changed{text[text.index(chr(10), start) :]}", encoding="utf-8")
    assert account.run("apply", "-y", "-C", str(folder)).exit_code == 0
    assert [(method, path.split("/")[1]) for method, path, _ in account.written()] == [("PUT", "EndpointGroups")]
    assert time.monotonic() - began < SECONDS


@pytest.mark.slow
def test_an_export_costs_at_most_three_times_a_plan_and_repeats_itself(account: Platform, tmp_path: Path) -> None:
    """Processor time of pairs in one run; each export has the same bytes."""
    ratios, trees = [], []
    for number in range(PAIRS):
        folder = tmp_path / str(number) / "estate"
        cost = _seconds(account, "export", str(folder))
        ratios.append(cost / _seconds(account, "plan", "-C", str(folder)))
        trees.append(tree(folder))
    assert len(trees[0]) > GROUPS
    assert trees[1:] == trees[:-1]
    assert median(ratios) <= MOST_TIMES
