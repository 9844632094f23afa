"""The embedded platform with SIMs in stock, served on this machine."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.environment import system
from reconciler.errors import UsageError
from reconciler.named_files import read_named
from reconciler.simulator.application import Simulator

if TYPE_CHECKING:
    from reconciler.simulator.serve import Server


def simulator_of(state: Path | None, *, token: str | None, stock: Sequence[Path]) -> tuple[Simulator, int]:
    """A simulator that keeps its state in a file, or in memory, and how many SIMs of the stock were put into it."""
    if state is not None and os.path.lexists(state) and not state.is_file():
        message = f"--state {state} is no regular file"
        raise UsageError(message, hint="name a file that may be written, such as .reconciler/platform.db")
    is_new = state is None or not os.path.lexists(state)
    if state is not None and is_new:
        try:
            state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            message = f"--state {state} cannot be made: {error.strerror}"
            raise UsageError(
                message, hint="name a file that may be written, such as .reconciler/platform.db"
            ) from error
    simulator = Simulator(str(state) if state else ":memory:", token=token)
    if is_new:
        # Ids that an earlier simulator gave, and a store remembers, must not come back for other objects.
        simulator.begin_life(system().new_id())
    return simulator, _load(simulator, stock)


@contextmanager
def served(simulator: Simulator, *, port: int, latency: float) -> "Iterator[Server]":
    """The simulator on 127.0.0.1, answering `latency` milliseconds later; it is closed afterwards."""
    from reconciler.simulator.faults import Fault
    from reconciler.simulator.serve import serve

    if latency:
        simulator.faults.script([Fault("latency", seconds=latency / 1000, times=None)])
    server = serve(simulator, port=port)
    try:
        yield server
    finally:
        server.stop()
        simulator.close()


def _load(simulator: Simulator, stock: Sequence[Path]) -> int:
    """Put the SIMs of CSV files into the account; their number."""
    from reconciler.diagnostics import Diagnostic, Severity
    from reconciler.manifests.sim_files import read_sims
    from reconciler.manifests.sim_text import LARGEST_FILE_BYTES

    files = [file for path in stock for file in (sorted(path.glob("*.csv")) if path.is_dir() else [path])]
    count = 0
    for file in files:
        problems: list[Diagnostic] = []
        content = read_named(file, limit=LARGEST_FILE_BYTES, noun="the stock", hint="name a CSV file of SIMs")
        found = read_sims(file.name, content, {"iccid": "iccid"}, check_digits=False, report=problems.append)
        wrong = next((problem for problem in problems if problem.severity is Severity.ERROR), None)
        if wrong is not None:
            message = f"{file}: {wrong.detail}"
            raise UsageError(message, hint=wrong.hint)
        simulator.put_sims(str(iccid) for iccid in found.iccids)
        count += len(found.iccids)
    return count
