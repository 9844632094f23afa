"""``reconciler simulate``."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import UsageError
from reconciler.named_files import read_named

if TYPE_CHECKING:
    from reconciler.simulator.application import Simulator


@click.command(name="simulate")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port on 127.0.0.1; 0 takes a free one.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep the state in this file (default: in memory).",
)
@click.option("--token", metavar="TOKEN", help="Accept only this token (default: any).")
@click.option(
    "--stock",
    "stock",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    metavar="PATH",
    help="Put the SIMs of a CSV file, or of every CSV file in a folder, into the account as pending. Repeatable.",
)
@click.option("--no-serve", is_flag=True, help="Only prepare the state: end when the stock is loaded.")
@click.option("--latency", type=click.FloatRange(0, 60_000), default=0, metavar="MS", help="Answer this much later.")
def command(
    *, port: int, state: Path | None, token: str | None, stock: tuple[Path, ...], no_serve: bool, latency: float
) -> int:
    """
    Serve the embedded platform on this machine.

    A simulator of the platform that enforces its rules, for trying things out and for tests. It answers on loopback
    only; the state is gone when it ends, unless --state names a file.
    """
    from reconciler.cli.wiring import machine
    from reconciler.simulator.application import Simulator
    from reconciler.simulator.faults import Fault
    from reconciler.simulator.serve import serve

    if no_serve and state is None:
        message = "--no-serve without --state would prepare nothing"
        raise UsageError(message, hint="name a file with --state, such as .reconciler/platform.db")
    if state is not None and os.path.lexists(state) and not state.is_file():
        message = f"--state {state} is no regular file"
        raise UsageError(message, hint="name a file that may be written, such as .reconciler/platform.db")
    if state is not None and not state.exists():
        state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_new = state is None or not state.exists()
    simulator = Simulator(str(state) if state else ":memory:", token=token)
    if is_new:
        # Ids that an earlier simulator gave, and a store remembers, must not come back for other objects.
        simulator.begin_life(machine().new_id())
    loaded = _load(simulator, stock)
    if stock:
        click.echo(f"{loaded:,} SIMs are in the account.", err=True)
    if no_serve:
        simulator.close()
        return ExitCode.FINE
    if latency:
        simulator.faults.script([Fault("latency", seconds=latency / 1000, times=None)])
    server = serve(simulator, port=port)
    try:
        click.echo(f"SIMULATOR at {server.url} (Ctrl-C ends it)", err=True)
        server.run_forever()
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    finally:
        server.stop()
        simulator.close()
    return ExitCode.FINE


def _load(simulator: "Simulator", stock: Sequence[Path]) -> int:
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
