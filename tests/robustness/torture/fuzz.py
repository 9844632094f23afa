"""Every loader fed with changed inputs for its share of the time, in processes under limits, side by side."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.robustness.fuzz.loaders import LOADERS, ROOT, Loader
from tests.robustness.torture.programme import Outcome

_ENDLESS = 10**9
_GRACE_SECONDS = 60
_PROGRAMME_SECONDS = 600


@dataclass(frozen=True, slots=True)
class _Fed:
    """The outcome of feeding one loader."""

    loader: str
    inputs: int
    failures: tuple[str, ...]


def torture(seed: int, seconds: float) -> Outcome:
    """A loader on each core at a time; the line of each failure holds its input, in base 64."""
    cores = min(os.cpu_count() or 1, len(LOADERS))
    share = seconds * cores / len(LOADERS)
    with ThreadPoolExecutor(cores) as pool:
        found = [*pool.map(lambda loader: _fed(loader, seed, share), LOADERS)]
    counts = {"fuzzed inputs": sum(one.inputs for one in found), "seconds for each loader": int(share)}
    counts |= {f"inputs of {one.loader}": one.inputs for one in found}
    counts |= {f"a second of {one.loader}": int(one.inputs / share) for one in found}
    failures = [f"{one.loader}: {failure}" for one in found for failure in one.failures]
    return Outcome(counts, {"seconds for each loader": _PROGRAMME_SECONDS}, failures)


def _fed(loader: Loader, seed: int, share: float) -> _Fed:
    """Feed one loader in a process of its own, which ends by itself when an input hangs for good."""
    # A seed of its own: 0 is the fast tier's.
    command = [
        sys.executable,
        "-m",
        "tests.robustness.fuzz.worker",
        loader.name,
        str(seed + 1),
        str(_ENDLESS),
        str(share),
    ]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=share + _GRACE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return _Fed(loader.name, 0, (f"the process did not end (seed {seed + 1})",))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    failures = [f"{line['trouble']}: {line['content']}" for line in lines if "trouble" in line]
    fed = lines[-1].get("fed", 0) if lines else 0
    if done.returncode or not fed:
        failures.append(f"the process ended with {done.returncode} (seed {seed + 1}): {done.stderr[-500:]}")
    return _Fed(loader.name, fed, tuple(failures))
