"""Every loader fed with changed inputs, each for its share of the time, in processes under limits (T11)."""

import json
import subprocess
import sys

from tests.fuzzing.loaders import LOADERS, ROOT
from tests.torture.programme import Outcome

_ENDLESS = 10**9
_GRACE_SECONDS = 60
_PROGRAMME_SECONDS = 600


def torture(seed: int, seconds: float) -> Outcome:
    """One loader after the other; the input of each failure stands in its line, in base 64."""
    share = seconds / len(LOADERS)
    counts = {"fuzzed inputs": 0}
    failures: list[str] = []
    for loader in LOADERS:
        # A seed of its own: 0 is the fast tier's.
        command = [sys.executable, "-m", "tests.fuzzing.worker", loader.name, str(seed + 1), str(_ENDLESS), str(share)]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=share + _GRACE_SECONDS, check=False
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        failures += [f"{loader.name}: {line['trouble']}: {line['content']}" for line in lines if "trouble" in line]
        fed = lines[-1].get("fed", 0) if lines else 0
        if done.returncode or not fed:
            failures.append(f"{loader.name}: the process ended with {done.returncode}: {done.stderr[-500:]}")
        counts[f"inputs of {loader.name}"] = fed
        counts["fuzzed inputs"] += fed
    counts["seconds for each loader"] = int(share)
    return Outcome(counts, {"seconds for each loader": _PROGRAMME_SECONDS}, failures)
