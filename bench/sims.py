"""
Measure the gates of planning a million SIMs as ratios in one run: `python -m bench.sims [--sims N] [--groups N]`.

Rows are numbered as in the budget; a letter marks what the budget says in words. Server and clients
on different cores where there are two; pairs are interleaved, every process is fresh. Exit code 1: a gate fails.
``PROFILE=ci`` is a tenth of it, with the fixed cost of a plan taken off its memory, which it would hide.
"""

import argparse
import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.live import served
from bench.measuring import ENVIRONMENT, ROOT, Sample, client_cores, exponent, quotient, rounds, sample, server_cores
from bench.sims_apply import apply_rows
from bench.sims_estate import Fleet, write_objects

Row = tuple[str, str, float, float]
PLAN = [sys.executable, "-m", "reconciler", "plan", "--adopt"]
FLOOR = [sys.executable, "-m", "bench.sims_floor"]
REFUSED = 8
MOST_SLOWER = 1.1
_COREUTILS = (
    "cat sims/*.csv | grep -v ^iccid | cut -d, -f1,2 | sort > wanted.txt;"
    " sort {live} > found.txt; comm -3 wanted.txt found.txt | wc -l"
)


class Bed:
    """One folder with the estate, and the canned pages of its platform; both are rewritten for each fleet."""

    def __init__(self, scratch: Path, groups: int) -> None:
        self.folder, self.pages, self.live = scratch / "estate", scratch / "pages", scratch / "live.csv"
        write_objects(self.folder, Fleet(0, groups))
        # The pages of the objects are recorded; those of the SIMs are made. The inventory belongs to no origin, because
        # each fleet is served at another one.
        sample([sys.executable, "-m", "bench.founding", str(self.folder), str(self.pages)], ROOT)

    def twin(self) -> "Bed":
        """Another one beside it, with the same objects."""
        copy = object.__new__(Bed)
        scratch = self.folder.parent / "twin"
        copy.folder, copy.pages, copy.live = scratch / "estate", scratch / "pages", scratch / "live.csv"
        shutil.copytree(self.folder, copy.folder)
        shutil.copytree(self.pages, copy.pages)
        return copy

    @contextmanager
    def holding(self, fleet: Fleet) -> Iterator[str]:
        """Write a fleet and serve its platform; the origin."""
        self.write(fleet)
        with served(self.pages, ENVIRONMENT, server_cores()) as origin:
            yield origin

    def write(self, fleet: Fleet) -> None:
        """Write a fleet, leaving alone what is being served."""
        numbers = map(str, (fleet.sims, fleet.groups, fleet.skewed, fleet.spoilt))
        places = map(str, (self.folder, self.pages, self.live))
        subprocess.run([sys.executable, "-m", "bench.sims_estate", *places, *numbers], env=ENVIRONMENT, check=True)

    def size(self) -> int:
        """The bytes of the files of SIMs."""
        return sum(path.stat().st_size for path in (self.folder / "sims").iterdir())

    def plan(self, origin: str) -> Sample:
        """One plan."""
        return self.sample([*PLAN, "--platform", origin])

    def sample(self, command: list[str]) -> Sample:
        """One process that must succeed, in the estate."""
        return sample(command, self.folder, cores=client_cores())

    def refusal(self, origin: str, output: Path) -> Sample:
        """One plan that is refused for what is wrong in the files."""
        command = ["sh", "-c", 'exec "$@" 2>&1', "plan", *PLAN, "--platform", origin]
        return sample(command, self.folder, cores=client_cores(), expected=(REFUSED,), output=output)


def plan_rows(bed: Bed, fleet: Fleet, pairs: int) -> Iterator[Row]:
    """Rows 14 to 16, and what a fleet with mistakes and a fleet with one large group cost."""
    sorting = ["sh", "-c", _COREUTILS.format(live=bed.live)]
    joining = [*FLOOR, "join", str(bed.live), str(bed.folder)]
    with bed.holding(fleet) as origin:
        reading = [*FLOOR, "read", origin, str(bed.folder)]
        found = rounds({"plan": lambda: bed.plan(origin), "floor": lambda: bed.sample(reading)}, pairs)
        yield told("14", "plan / fetch, decode and read files", quotient(found, "plan", "floor"), 2.5)
        plain = statistics.median(one.wall for one in found["plan"])
        peak = statistics.median(one.mib for one in found["plan"]) * 2**20
        found = rounds({"join": lambda: bed.sample(joining), "sort": lambda: bed.sample(sorting)}, pairs)
        yield told("15", "files only / coreutils sort and comm", quotient(found, "join", "sort"), 3.0)
    size = bed.size()
    if fleet.sims < 1_000_000:
        with bed.holding(Fleet(0, fleet.groups)) as origin:
            peak -= bed.plan(origin).mib * 2**20
    yield told("16", "peak memory of a plan / bytes of the files", peak / size, 3.5)
    said = bed.live.with_suffix(".said")
    with bed.holding(Fleet(fleet.sims, fleet.groups, spoilt=fleet.sims // 100)) as origin:
        seconds = statistics.median(bed.refusal(origin, said).wall for _ in range(pairs))
        places = sum("sims/" in line and ".csv:" in line for line in said.read_text(encoding="utf-8").splitlines())
        yield told("14b", f"1 % mistakes refused with {places} places / plan", seconds / plain, 2.0)
    other = bed.twin()
    with bed.holding(fleet) as origin, other.holding(Fleet(fleet.sims, fleet.groups, skewed=1)) as skewed:
        found = rounds({"skewed": lambda: other.plan(skewed), "plain": lambda: bed.plan(origin)}, pairs)
        what = "plan with a tenth of all SIMs in one group / plan"
        yield told("14c", what, quotient(found, "skewed", "plain"), MOST_SLOWER)


def told(number: str, what: str, value: float, gate: float) -> Row:
    """A row, said at once: the run takes minutes."""
    sys.stderr.write(f"row {number} {value:.2f}\n")
    return number, what, value, gate


def growth_rows(bed: Bed, fleet: Fleet, pairs: int) -> Iterator[Row]:
    """Rows 17 and 18: what a further row costs in memory and time, the fixed cost subtracted."""
    sizes = (0, fleet.sims // 10, fleet.sims * 3 // 10, fleet.sims, fleet.sims * 2)
    times, peaks = [], []
    for size in sizes:
        with bed.holding(Fleet(size, fleet.groups)) as origin:
            bed.plan(origin)
            runs = [bed.plan(origin) for _ in range(pairs)]
            times.append(min(one.wall for one in runs))
            peaks.append(min(one.mib for one in runs))
    further = (peaks[4] - peaks[3]) * 2**20 / (sizes[4] - sizes[3])
    yield told("17", f"bytes of memory for a row, {sizes[3]:,} to {sizes[4]:,}", further, 128.0)
    grown = exponent(dict(zip(sizes[1:4], times[1:4], strict=True)), times[0])
    yield told("18", f"exponent of a plan, {sizes[1]:,} to {sizes[3]:,} SIMs", grown, 1.1)


def main() -> int:
    """Measure and print; see the module."""
    small = os.environ.get("PROFILE") == "ci"
    options = argparse.ArgumentParser(prog="python -m bench.sims")
    options.add_argument("--sims", type=int, default=100_000 if small else 1_000_000)
    options.add_argument("--groups", type=int, default=200 if small else 2_000)
    options.add_argument("--moves", type=int, default=5_000 if small else 50_000)
    options.add_argument("--pairs", type=int, default=3 if small else 5)
    options.add_argument("--only", choices=("plan", "growth", "apply"), action="append")
    chosen = options.parse_args()
    parts = chosen.only or ["plan", "growth", "apply"]
    compileall.compile_dir(str(ROOT / "reconciler"), quiet=1)
    rows: list[Row] = []
    fleet = Fleet(chosen.sims, chosen.groups)
    with tempfile.TemporaryDirectory() as scratch:
        if {"plan", "growth"} & set(parts):
            bed = Bed(Path(scratch), chosen.groups)
            rows += plan_rows(bed, fleet, chosen.pairs) if "plan" in parts else ()
            rows += growth_rows(bed, fleet, min(3, chosen.pairs)) if "growth" in parts else ()
        if "apply" in parts:
            rows += apply_rows(Path(scratch) / "apply", chosen.moves, min(3, chosen.pairs))
    failed = False
    for number, what, value, gate in rows:
        # Row 20 is an efficiency: more is better.
        is_met = value >= gate if number == "20" else value <= gate
        failed = failed or not is_met
        verdict = "ok" if is_met else "FAIL"
        sys.stdout.write(f"row {number:>3}  {what:<74} {value:7.2f}  gate {gate:6.2f}  {verdict}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
