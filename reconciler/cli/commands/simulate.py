"""``reconciler simulate``."""

from pathlib import Path

import click

from reconciler.cli.exit_codes import ExitCode


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
def command(*, port: int, state: Path | None, token: str | None) -> int:
    """
    Serve the embedded platform on this machine.

    A simulator of the platform that enforces its rules, for trying things out and for tests. It answers on loopback
    only; the state is gone when it ends, unless --state names a file.
    """
    from reconciler.simulator.application import Simulator
    from reconciler.simulator.serve import serve

    simulator = Simulator(str(state) if state else ":memory:", token=token)
    server = serve(simulator, port=port)
    click.echo(f"SIMULATOR at {server.url} (Ctrl-C ends it)", err=True)
    try:
        server.run_forever()
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    finally:
        server.stop()
        simulator.close()
    return ExitCode.FINE
