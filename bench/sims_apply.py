"""
Rows 20 to 22: moving many SIMs over HTTP against a simulator that answers 20 ms late.

The limit of parallelism and batch size is measured, not computed: the same requests, sent to the same simulator by as
many bare clients, with nothing before, between or after them but reading the list once before and once after.
"""

import json
import math
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from queue import SimpleQueue

from bench.measuring import ENVIRONMENT, client_cores, exponent, pinned, sample, server_cores
from bench.sims_estate import PAGE, Fleet, iccid, write_objects, write_sims

GROUPS, BATCH, PARALLELISM, READERS, LATENCY_MS = 20, 500, 10, 8, 20
RECONCILER = [sys.executable, "-m", "reconciler"]
# The journal of this apply forgets; everything else is as it is.
FORGETFUL = (
    "from reconciler.store.store import Store\n"
    "for name in ('intend', 'fact', 'settle'):\n    setattr(Store, name, lambda *_, **__: None)\n"
    "from reconciler.cli.main import cli\ncli()"
)


class Account:
    """An estate whose SIMs are all in service, kept so that each measurement starts from the same state."""

    def __init__(self, folder: Path, moves: int, batch: int) -> None:
        self.folder, self.fleet = folder, Fleet(moves, GROUPS, batch=batch)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        write_objects(folder, self.fleet)
        write_sims(folder, self.fleet)
        self._simulate("--stock", "sims", "--no-serve").wait()
        with self.served(latency=0):
            sample([*RECONCILER, "apply", "--adopt", "--auto-approve", "--platform", self.origin], folder)
        shutil.copytree(folder / ".reconciler", folder / "kept")
        moved = Fleet(moves, GROUPS, shift=1, batch=batch)
        write_sims(folder, moved)
        self.numbers = moved.group_numbers()
        with self.served(latency=0):
            sample([*RECONCILER, "plan", "--out", "move.plan", "--platform", self.origin], folder)

    @property
    def origin(self) -> str:
        """Where the simulator is; the same for every run, as a plan is for one platform."""
        return f"http://127.0.0.1:{self.port}/api/v1"

    def _simulate(self, *arguments: str) -> subprocess.Popen[bytes]:
        (self.folder / ".reconciler").mkdir(exist_ok=True)
        command = [*RECONCILER, "simulate", "--state", ".reconciler/platform.db", "--port", str(self.port), *arguments]
        quiet = subprocess.DEVNULL
        with pinned(server_cores()):
            return subprocess.Popen(command, cwd=self.folder, env=ENVIRONMENT, stdout=quiet, stderr=quiet)

    @contextmanager
    def served(self, *, latency: int) -> Iterator[None]:
        """The simulator behind HTTP, with what was kept as its state."""
        if (self.folder / "kept").exists():
            shutil.rmtree(self.folder / ".reconciler", ignore_errors=True)
            shutil.copytree(self.folder / "kept", self.folder / ".reconciler")
        server = self._simulate("--latency", str(latency))
        try:
            while not _answers(self.port):
                time.sleep(0.02)
            yield
        finally:
            server.terminate()
            server.wait()

    def apply(self, *, command: Sequence[str] = RECONCILER) -> float:
        """Seconds of a whole apply of the plan file."""
        with self.served(latency=LATENCY_MS):
            arguments = ["apply", "move.plan", "--auto-approve", "--platform", self.origin]
            whole = [*command, *arguments, "--parallelism", str(PARALLELISM)]
            return sample(whole, self.folder, cores=client_cores()).wall

    def bare(self) -> float:
        """Seconds for the same requests from bare clients."""
        groups: list[list[str]] = [[] for _ in range(GROUPS)]
        for index, number in enumerate(self.numbers):
            groups[number].append(str(iccid(index)))
        size = self.fleet.batch
        moves = [
            ("POST", "/endpoints/assign", json.dumps({"endpointGroup": f"group-{number:05d}", "endpoints": part}))
            for number, members in enumerate(groups)
            for part in (members[start : start + size] for start in range(0, len(members), size))
        ]
        pages = [("GET", f"/endpoints?limit={PAGE}&offset={start}", "") for start in range(0, self.fleet.sims, PAGE)]
        with self.served(latency=LATENCY_MS):
            started = time.perf_counter()
            for requests, at_once in ((pages, READERS), (moves, PARALLELISM), (pages, READERS)):
                self._all(requests, at_once)
            return time.perf_counter() - started

    def _all(self, requests: list[tuple[str, str, str]], at_once: int) -> None:
        todo: SimpleQueue[tuple[str, str, str] | None] = SimpleQueue()
        for request in [*requests, *[None] * at_once]:
            todo.put(request)

        def one(_: int) -> None:
            connection = HTTPConnection("127.0.0.1", self.port)
            headers = {"Authorization": "Bearer bench", "Content-Type": "application/json"}
            while (request := todo.get()) is not None:
                connection.request(request[0], f"/api/v1{request[1]}", request[2], headers)
                answer = connection.getresponse()
                if answer.read() and answer.status != 200:
                    message = f"{request[0]} {request[1]} was answered with {answer.status}"
                    raise SystemExit(message)
            connection.close()

        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(one, range(at_once)))


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def apply_rows(scratch: Path, moves: int, pairs: int) -> Iterator[tuple[str, str, float, float]]:
    """How much of what is possible an apply reaches, what its journal costs, and how it grows."""
    account = Account(scratch / "large", moves, BATCH)
    ours, bare, forgetting = [], [], []
    for _ in range(pairs):
        ours.append(account.apply())
        bare.append(account.bare())
        forgetting.append(account.apply(command=[sys.executable, "-c", FORGETFUL]))
    few = Account(scratch / "few", max(1, moves // 1000), BATCH)
    fixed = min(few.apply() for _ in range(pairs))
    reached = [floor / (seconds - fixed) for floor, seconds in zip(bare, ours, strict=True)]
    requests = GROUPS * math.ceil(moves / GROUPS / BATCH)
    what = f"{moves:,} moves in {requests} requests, {PARALLELISM} at once: share of what is possible"
    yield "20", what, statistics.median(reached), 0.80
    kept = [seconds / without for seconds, without in zip(ours, forgetting, strict=True)]
    yield "21", "apply / the same without a journal", statistics.median(kept), 1.10
    times = {moves: min(ours)}
    for size in (moves // 10, moves * 3 // 10):
        part = Account(scratch / str(size), size, BATCH)
        times[size] = min(part.apply() for _ in range(pairs))
    yield "22", f"exponent of an apply, {moves // 10:,} to {moves:,} moves", exponent(times, fixed), 1.10
