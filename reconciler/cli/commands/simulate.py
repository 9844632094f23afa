"""``reconciler simulate``."""

from pathlib import Path

import click

from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import UsageError


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
def simulate_command(
    *, port: int, state: Path | None, token: str | None, stock: tuple[Path, ...], no_serve: bool, latency: float
) -> int:
    """
    Serve the embedded platform on this machine.

    A simulator of the platform that enforces its rules, for trying things out and for tests. It answers on loopback
    only; the state is gone when it ends, unless --state names a file.
    """
    from reconciler.operations.simulate import served, simulator_of

    if no_serve and state is None:
        message = "--no-serve without --state would prepare nothing"
        raise UsageError(message, hint="name a file with --state, such as .reconciler/platform.db")
    simulator, loaded = simulator_of(state, token=token, stock=stock)
    if stock:
        click.echo(f"{loaded:,} SIMs are in the account.", err=True)
    if no_serve:
        simulator.close()
        return ExitCode.FINE
    try:
        with served(simulator, port=port, latency=latency) as server:
            click.echo(f"SIMULATOR at {server.url} (Ctrl-C ends it)", err=True)
            server.run_forever()
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    return ExitCode.FINE
