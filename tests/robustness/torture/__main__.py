"""
``make torture MINUTES=… SEED=…``: run every part of the programme for its share of the time.

Ends with 1 when a promise was broken, with 2 when the time was too short for the figures of a whole programme, else
with 0. The seed is printed first; the same seed draws the same random numbers.
"""

import argparse
import importlib
import secrets
import sys
import time
from collections.abc import Sequence

from tests.robustness.torture.programme import PROGRAMME, Outcome, Part

_MOST_COUNTS = 8
_MOST_FAILURES = 50


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the programme; the exit code."""
    options = argparse.ArgumentParser(prog="tests.robustness.torture", description=__doc__)
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--seed", type=int, default=None)
    options.add_argument("--only", default="", metavar="NAME[,NAME]", help="only these parts")
    chosen = options.parse_args(arguments)
    known = {entry.name for entry in PROGRAMME}
    names = {name for name in chosen.only.split(",") if name} or known
    if names - known or chosen.minutes <= 0:
        options.error(f"parts are: {', '.join(sorted(known))}; minutes are more than 0")
    seed = secrets.randbits(32) if chosen.seed is None else chosen.seed
    sys.stdout.write(f"seed {seed}\n")
    entries = [entry for entry in PROGRAMME if entry.name in names]
    whole = sum(entry.weight for entry in entries)
    outcomes = []
    for entry in entries:
        part: Part = importlib.import_module(entry.module).torture
        started = time.monotonic()
        outcome = part(seed, chosen.minutes * 60 * entry.weight / whole)
        outcomes.append(outcome)
        sys.stdout.write(_line(entry.name, outcome, time.monotonic() - started))
        sys.stdout.flush()
    if any(outcome.failures for outcome in outcomes):
        return 1
    return 2 if any(outcome.missing for outcome in outcomes) else 0


def _line(name: str, outcome: Outcome, seconds: float) -> str:
    counts = _shortened([f"{number:,} {what}" for what, number in outcome.counts.items()], _MOST_COUNTS)
    lines = [f"{name}: {', '.join(counts)}; {len(outcome.failures)} failures ({seconds:.0f} s)"]
    missing = [f"  short of the programme by {number:,} {what}" for what, number in outcome.missing.items()]
    lines += _shortened(missing, _MOST_COUNTS)
    lines += _shortened([f"  FAILED {failure}" for failure in outcome.failures], _MOST_FAILURES)
    return "\n".join(lines) + "\n"


def _shortened(items: Sequence[str], most: int) -> list[str]:
    return [*items[:most], f"  and {len(items) - most} more"] if len(items) > most else list(items)


if __name__ == "__main__":
    sys.exit(main())
