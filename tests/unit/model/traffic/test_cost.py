"""The cost of the difference of two policies, beside that of a whole plan in the same run: ratios, never seconds."""

import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.traffic.boxes import Budget
from reconciler.model.traffic.difference import OUT_OF_WORK, WORK_BUDGET, difference
from reconciler.model.traffic.policies import policy_of
from tests.unit.model.traffic import packets_on_paper as paper

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "examples" / "vantiq"
ENVIRONMENT = {"STACUITY_HOST": "embedded", "STACUITY_TOKEN": "t"}
Rules = list[dict[str, Any]]


def _seconds(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """The processor time of something, the least of three."""
    found = []
    for _ in range(3):
        began = clock()
        work()
        found.append(clock() - began)
    return min(found)


def _of_children() -> float:
    """The processor time of all commands that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _generated(count: int, port: int) -> Rules:
    """Rules as the generator of the benches writes them."""
    return [
        {
            "name": f"rule-{n}",
            "direction": "uplink",
            "action": "forward",
            "target": f"target-{n:05}",
            "match": {"destination": f"10.{n}.0.0/16", "protocol": "tcp", "destinationPorts": str(port + n)},
        }
        for n in range(count)
    ]


def _hostile(seed: int) -> Rules:
    """A thousand rules whose networks and ports cut each other everywhere."""
    chance = random.Random(seed)

    def rule(number: int) -> dict[str, Any]:
        match: dict[str, Any] = {"protocol": chance.choice(["tcp", "udp"])}
        for end in ("source", "destination"):
            low, high = sorted(chance.sample(range(1, 65536), 2))
            match[end] = f"{chance.randrange(256)}.{chance.randrange(256)}.0.0/{chance.randrange(17)}"
            match[f"{end}Ports"] = f"{low}-{high}"
        target = {"action": "forward", "target": f"target-{number % 7}"}
        return {"name": f"rule-{number}", "direction": "uplink", **target, "match": match}

    return [rule(number) for number in range(1000)]


def _random(seed: int) -> Rules:
    chance = random.Random(seed)
    return [paper.random_rule(chance, number) for number in range(40)]


@pytest.mark.slow
def test_the_difference_costs_a_small_part_of_a_plan(tmp_path: Path, record_property: Any) -> None:
    """Forty rules a quarter at most, two hundred five times, and a thousand hostile ones twenty times at most."""
    shutil.copytree(EXAMPLE, tmp_path / "vantiq")
    command = [sys.executable, "-m", "reconciler", "plan", "--chdir", str(tmp_path / "vantiq")]

    def planned() -> None:
        done = subprocess.run(command, env={**os.environ, **ENVIRONMENT}, cwd=ROOT, capture_output=True, check=False)
        assert b"46 to add" in done.stdout

    plan = _seconds(planned, _of_children)

    def cost(before: Rules, after: Rules, *, is_whole: bool = True) -> float:
        one, other = policy_of(before), policy_of(after)
        found = difference.__wrapped__(one, other)
        assert found.changed
        assert is_whole == (not found.undetermined)
        assert found.work <= WORK_BUDGET or found.undetermined[-1].reason == OUT_OF_WORK
        return _seconds(lambda: difference.__wrapped__(one, other)) / plan

    forty = max(cost(_random(seed), _random(seed + 100)) for seed in range(5))
    generated = max(cost(_generated(count, 1000), _generated(count, 2000)) for count in (40, 200))
    hostile = cost(_hostile(1), _hostile(2), is_whole=False)
    record_property("percent_of_a_plan_for_40_rules", round(100 * forty))
    record_property("percent_of_a_plan_for_1000_hostile_rules", round(100 * hostile))
    assert (forty <= 0.25, generated <= 5, hostile <= 20) == (True, True, True)


def test_a_work_budget_is_never_refilled() -> None:
    """One comparison too many ends it for good."""
    budget = Budget(2)
    assert [budget.spend(1), budget.spend(2), budget.spend(0), budget.is_spent] == [True, False, False, True]
