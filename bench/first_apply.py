"""A first apply on a platform that takes its time to answer: the simulator, on a core of its own."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.estates import RECONCILER
from bench.generator import write
from bench.measuring import ENVIRONMENT, Sample, apart, client_cores, pinned, sample, server_cores

LATENCY_MS = 20
AT_ONCE = 10


def first_apply_of(folder: Path, size: int) -> Sample:
    """Create an estate of `size` objects where there is nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    apart(write, folder, size)
    with platform_at(folder, LATENCY_MS) as origin:
        command = [*RECONCILER, "apply", "--auto-approve", "--parallelism", str(AT_ONCE), "--platform", origin]
        return sample(command, folder, cores=client_cores())


@contextmanager
def platform_at(folder: Path, latency_ms: int) -> Iterator[str]:
    """An empty platform that answers this much later; its address."""
    with pinned(server_cores()):
        server = subprocess.Popen(
            [*RECONCILER, "simulate", "--port", "0", "--latency", str(latency_ms)],
            cwd=folder,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield _origin(server)
    finally:
        server.terminate()
        server.communicate()


def _origin(server: "subprocess.Popen[str]") -> str:
    told = ""
    for line in server.stdout or ():
        told += line
        if found := re.search(r"http://[\w.]+:\d+(/\S*\w)?", line):
            return found[0]
    message = f"the simulator did not say where it listens: {told}"
    raise SystemExit(message)
