"""Every write and sync of the store failing in every way, in a random order, then those of the plan file."""

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.robustness.kills.tracing import is_possible
from tests.robustness.kills.worker import ROOT
from tests.robustness.torture.programme import Outcome

_PLAN_FILE_SECONDS = 20.0
_LEAST = 600


def torture(seed: int, seconds: float) -> Outcome:
    """A process on each core, each with its part of all points; each story is put back for each point."""
    if not is_possible():
        return Outcome({"disk faults": 0}, {"disk faults": _LEAST})
    cores = os.cpu_count() or 1
    common = ("--seed", str(seed), "--seconds", str(max(1.0, seconds - _PLAN_FILE_SECONDS)))
    orders = [(*common, "--part", str(part), "--parts", str(cores)) for part in range(cores)]
    with ThreadPoolExecutor(cores) as pool:
        told = [*pool.map(_told, orders)]
    told.append(_told(("--plan-file",)))
    lines = [line for found, _ in told for line in found]
    tried = [line for line in lines if line.get("call")]
    failures = [
        f"{line['story']} {line['number']} {line['fault']} ({line['call']} {line['file']}): {failure}"
        for line in tried
        for failure in line["failures"][:5]
    ]
    failures += [trouble for _, trouble in told if trouble]
    counts = Counter(f"{line['fault']} at {line['call']}" for line in tried)
    every = sum(line.get("pairs", 0) for line in lines)
    at_store = sum(line["story"] != "plan file" for line in tried)
    return Outcome(
        {"disk faults": at_store, "of all": every, "at the plan file": len(tried) - at_store, **counts},
        {"disk faults": max(every, _LEAST)},
        failures,
    )


def _told(arguments: tuple[str, ...]) -> tuple[list[dict[str, Any]], str | None]:
    """The answers of one process, and how it failed if it did."""
    command = [sys.executable, "-m", "tests.robustness.kills.disk", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    trouble = f"the process ended with {ended.returncode}: {ended.stderr[-500:]}" if ended.returncode else None
    return [json.loads(line) for line in ended.stdout.splitlines()], trouble
