"""
How anything is measured here: fresh processes, interleaved rounds, the median of the ratios.

A child of `vfork` reports no smaller peak than its parent had until then. So what measures stays small: whatever takes
memory is done `apart`, and `peak_mib` believes nothing that is not above the own peak.
"""

import contextlib
import math
import multiprocessing
import os
import resource
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[1]
# A ban on bytecode would measure the compiler; a platform that is named, or being in CI, would change the work.
_UNWANTED = {"PYTHONDONTWRITEBYTECODE", "CI", "STACUITY_HOST", "PYTHONPROFILEIMPORTTIME", "PYTHONDEVMODE"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in _UNWANTED} | {
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": str(ROOT),
    "STACUITY_TOKEN": "bench",
    "RECONCILER_MAX_FILES": "100000",
}
LONGEST_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Sample:
    """The cost of one fresh process: wall and CPU in seconds, its peak memory in MiB."""

    wall: float
    cpu: float
    mib: float


Case = Callable[[], Sample]
Rounds = Mapping[str, Sequence[Sample]]


def apart(work: Callable[..., object], *arguments: object, **options: object) -> None:
    """Do something big in a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments, kwargs=options)
    process.start()
    process.join()
    if process.exitcode:
        message = f"{work.__qualname__} failed"
        raise SystemExit(message)


def peak_mib(samples: Sequence[Sample]) -> float:
    """The median peak; not a number where it may be that of this process, which no gate lets through."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = statistics.median(seen.mib for seen in samples)
    return found if found > own else math.nan


def client_cores() -> set[int]:
    """The cores of what is measured: all but the last one, which is the server's; empty where there is no choice."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return set(cores[:-1])


def server_cores() -> set[int]:
    """The core of the canned server; empty where there is no choice."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return set(cores[-1:]) if len(cores) > 1 else set()


@contextlib.contextmanager
def pinned(cores: Collection[int]) -> Iterator[None]:
    """Children that are started meanwhile run on these cores only; on all if there are none."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def sample(
    command: Sequence[str],
    folder: Path,
    *,
    cores: Collection[int] = (),
    environment: Mapping[str, str] | None = None,
    expected: Collection[int] = (0,),
    output: Path | None = None,
) -> Sample:
    """One fresh process, which must end with one of the `expected` codes; its output goes to `output`, or nowhere."""
    with tempfile.TemporaryFile() as complaints, (output or Path(os.devnull)).open("wb") as out:
        with pinned(cores):
            started = time.perf_counter()
            process = subprocess.Popen(
                command, cwd=folder, env=environment or ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=out,
                stderr=complaints,
            )  # fmt: skip
        watch = threading.Timer(LONGEST_SECONDS, process.kill)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        watch.cancel()
        watch.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in expected:
            complaints.seek(0)
            tail = complaints.read().decode(errors="replace")[-2000:]
            message = f"exit {process.returncode}: {' '.join(command)}\n{tail}"
            raise SystemExit(message)
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def run(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one fresh process, which must succeed; on whatever core there is."""
    seen = sample(command, folder)
    return seen.wall, seen.mib


def rounds(cases: Mapping[str, Case], count: int, *, first: Mapping[str, Case] | None = None) -> Rounds:
    """
    `count` samples of each case, one after the other in each round.

    Each is run once before, to warm up what the machine keeps; `first` says what that is, where it is not the case.
    """
    for case in (cases if first is None else first).values():
        case()
    found: dict[str, list[Sample]] = {name: [] for name in cases}
    for _ in range(count):
        for name, case in cases.items():
            found[name].append(case())
    return found


def quotient(found: Rounds, ours: str, anchor: str, *, of: Literal["wall", "cpu"] = "wall") -> float:
    """The median over the rounds of (ours / anchor)."""
    pairs = zip(found[ours], found[anchor], strict=True)
    return statistics.median(a.wall / b.wall if of == "wall" else a.cpu / b.cpu for a, b in pairs)


def ratio(ours: Callable[[], float], anchor: Callable[[], float], pairs: int) -> float:
    """The median of interleaved ratios of two numbers, after one warm-up of each."""
    ours()
    anchor()
    return statistics.median(ours() / anchor() for _ in range(pairs))


def exponent(times: Mapping[int, float], fixed: float) -> float:
    """
    How time grows with size: the slope of log(time - `fixed`) over log(size), by least squares.

    Not a number where a time is not above the fixed cost: noise has no exponent, and no gate lets it through.
    """
    if any(seconds <= fixed for seconds in times.values()):
        return math.nan
    slope, _ = statistics.linear_regression(
        [math.log(size) for size in times], [math.log(seconds - fixed) for seconds in times.values()]
    )
    return slope
