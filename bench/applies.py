"""Row 26: creations, plans, edits and deletions on a platform that takes its time, against what latency allows."""

from collections.abc import Iterator
from pathlib import Path

from bench.estates import RECONCILER, Estates
from bench.first_apply import AT_ONCE, platform_at
from bench.generator import write
from bench.measuring import Sample, apart, client_cores, sample
from bench.results import Result
from reconciler.control_plane.listing import PAGE_SIZE

LATENCIES_MS = (0, 20, 100)
SIZES = {10_000: (300, 1_000), 2_000: (100,)}
LISTS = 11
"""The requests of one complete read of the account and of the token."""
READS = 3
"""An apply reads the account when it plans, when it begins, and when it looks whether all is as planned."""
GATE = 1.25
LEAST_GATED = 300
EFFORT = {"create": 1.15, "plan": 0.0, "edit 1 %": 0.03, "destroy": 1.15}
"""Budgeted requests for each object of the estate, beside the pages."""


def applies(estates: Estates, size: int, _: int) -> list[Result]:
    """Wall time of each command against its budgeted requests at this latency, ten at a time."""
    sizes = SIZES.get(size, (max(30, size // 10),))
    return [
        _result(count, latency, command, taken)
        for count in sizes
        for latency in LATENCIES_MS
        for command, taken in _measured(estates.scratch / "applies" / f"{count}-{latency}", count, latency)
    ]


def _result(count: int, latency: int, command: str, taken: Sample) -> Result:
    requests = EFFORT[command] * count + READS * LISTS * (1 + count // PAGE_SIZE)
    least = requests * latency / 1000 / AT_ONCE
    what = f"{command} of {count:,} at {latency} ms / budgeted requests x latency / {AT_ONCE}"
    details = {"seconds": taken.wall, "cpuSeconds": taken.cpu, "budgetedRequests": round(requests), "floor": least}
    if not latency:
        return Result("26", f"{command} of {count:,} at no latency, seconds", taken.wall, details=details)
    # The start of a program weighs more than a few requests.
    gate = GATE if command in {"create", "destroy"} and count >= LEAST_GATED else None
    return Result("26", what, taken.wall / least, gate, details=details)


def _measured(folder: Path, count: int, latency: int) -> Iterator[tuple[str, Sample]]:
    apart(write, folder, count)
    with platform_at(folder, latency) as origin:
        run = _Runner(folder, origin)
        yield "create", run.apply()
        yield "plan", run.plan()
        apart(write, folder, count, changed=max(1, count // 100))
        yield "edit 1 %", run.apply()
        yield "destroy", run.destroy()


class _Runner:
    def __init__(self, folder: Path, origin: str) -> None:
        self._folder = folder
        self._rest = ("--platform", origin)

    def apply(self) -> Sample:
        return self._run("apply", "--auto-approve", "--parallelism", str(AT_ONCE))

    def plan(self) -> Sample:
        return self._run("plan")

    def destroy(self) -> Sample:
        return self._run("destroy", "--confirm", "bench", "--parallelism", str(AT_ONCE))

    def _run(self, *command: str) -> Sample:
        return sample([*RECONCILER, *command, *self._rest], self._folder, cores=client_cores())
