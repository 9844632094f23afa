"""
Measure the gates of planning as ratios in one run: `python -m bench [--rows 4,5] [--json FILE]`.

Rows are numbered as in the budget (docs/explanation/performance.md). Pairs are interleaved, every process is fresh,
the verdict is on the median. A gate that fails is measured once more with more pairs, and that decides. ``PROFILE=ci``
is a fifth of the objects. Exit code 1 when a gate fails.
"""

import argparse
import compileall
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import applies, rows_anchors, rows_inside, rows_plan
from bench.estates import Estates
from bench.measuring import ENVIRONMENT, ROOT, apart, ratio, run
from bench.results import ACCEPTED, Result, alarms, read, write

__all__ = ["ENVIRONMENT", "ROOT", "main", "ratio", "run"]

PROFILES = {"full": 10_000, "ci": 2_000}
PAIRS, PAIRS_AGAIN = 5, 15


@dataclass(frozen=True, slots=True)
class Group:
    """
    Rows that are measured together.

    `most` is how many pairs there are at first and when it failed, where one takes half a minute.
    """

    rows: frozenset[str]
    measure: Callable[[Estates, int, int], list[Result]]
    most: tuple[int, int] = (PAIRS, PAIRS_AGAIN)


GROUPS = (
    Group(frozenset({"25"}), rows_plan.imports),
    Group(frozenset({"24"}), rows_anchors.plan_bytes),
    Group(frozenset({"19"}), rows_plan.start),
    Group(frozenset({"4", "5", "9"}), rows_plan.against_loading),
    Group(frozenset({"4", "5"}), rows_plan.layouts),
    Group(frozenset({"6", "7"}), rows_plan.changes),
    Group(frozenset({"8"}), rows_plan.scaling, most=(PAIRS, 7)),
    Group(frozenset({"11", "12", "13"}), rows_inside.inside),
    Group(frozenset({"10"}), rows_anchors.against_octodns),
    Group(frozenset({"3"}), rows_anchors.against_small_terraform),
    Group(frozenset({"1", "2", "9"}), rows_anchors.against_terraform, most=(2, 4)),
    Group(frozenset({"23"}), rows_anchors.first_apply),
    Group(frozenset({"26"}), applies.applies),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; see the module."""
    options = argparse.ArgumentParser(prog="python -m bench")
    options.add_argument(
        "--profile",
        choices=PROFILES,
        default=os.environ.get("PROFILE", "full"),
        help="10,000 or 2,000 objects (default: PROFILE, or full)",
    )
    options.add_argument("--objects", type=int, help="another number of objects, from 500")
    options.add_argument("--rows", default="", help="only these rows, such as 4,5,12")
    options.add_argument("--pairs", type=int, default=PAIRS, help="rounds of each comparison (default: 5)")
    options.add_argument(
        "--again", type=int, default=PAIRS_AGAIN, help="rounds when a gate failed; 0: no second time (default: 15)"
    )
    options.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json", help="where the results go")
    options.add_argument("--resume", action="store_true", help="keep the rows that the JSON has of the same size")
    options.add_argument("--accept", action="store_true", help="compare later runs with this one")
    chosen = options.parse_args(arguments)
    if chosen.profile not in PROFILES:
        options.error(f"PROFILE is one of {', '.join(PROFILES)}")
    size = chosen.objects or PROFILES[chosen.profile]
    wanted = {row for row in chosen.rows.split(",") if row}
    if size < rows_plan.LEAST_OBJECTS or chosen.pairs < 1 or wanted - {row for group in GROUPS for row in group.rows}:
        options.error("at least 500 objects and one pair, and rows that are measured here")
    apart(compileall.compile_dir, str(ROOT / "reconciler"), quiet=1)
    apart(compileall.compile_dir, str(ROOT / "bench"), quiet=1)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as scratch, ExitStack() as exits:
        estates = Estates(Path(scratch), exits, _say)
        results = _kept(chosen.json, size) if chosen.resume else []
        done = {result.row for result in results}
        for group in GROUPS:
            if group.rows <= done or (wanted and not group.rows & wanted):
                continue
            measured = _decided(group, estates, size, pairs=chosen.pairs, again=chosen.again)
            results += [result for result in measured if not wanted or result.row in wanted]
            results.sort(key=lambda result: int(result.row))
            about = {"objects": size, "pairs": chosen.pairs, "seconds": round(time.monotonic() - started, 1)}
            write(chosen.json, results, about)
    failed = [result for result in results if result.has_failed]
    seconds = round(time.monotonic() - started, 1)
    print(f"{size:,} objects, {chosen.pairs} pairs, {seconds} s; details in {chosen.json}\n")
    print("\n".join(result.line() for result in results))
    print(f"\n{len(failed)} of {sum(1 for result in results if result.gate is not None)} gates failed")
    worse = alarms(results, _kept(ACCEPTED, size))
    for alarm in worse:
        print(f"ALARM  {alarm}")
    if chosen.accept:
        shutil.copyfile(chosen.json, ACCEPTED)
    return 1 if failed or worse else 0


def _kept(path: Path, size: int) -> list[Result]:
    """The results of an earlier run with as many objects."""
    document, results = read(path)
    return results if document.get("objects") == size else []


def _decided(group: Group, estates: Estates, size: int, *, pairs: int, again: int) -> list[Result]:
    """The results of a group, of a second measurement if a gate failed in the first."""
    _say(f"rows {', '.join(sorted(group.rows, key=int))}")
    results = group.measure(estates, size, min(pairs, group.most[0]))
    if not again or not any(result.has_failed for result in results):
        return results
    _say("a gate failed; measuring once more")
    return group.measure(estates, size, min(again, group.most[1]))


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
