"""``reconciler unlock``."""

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="unlock")
@options.chdir
@click.option(
    "--epoch", type=int, required=True, metavar="N", help="The epoch of the lock to break, as the refusal named it."
)
def command(*, epoch: int) -> int:
    """
    Break the lock of a run that is gone.

    A lock ends by itself when its holder is dead; break one only when you know that its run will not go on. A holder
    that lives all the same decides nothing any more, and the next run waits for what it may have sent.
    """
    from reconciler.operations.store import unlock

    broken, waiting = unlock(options.estate(), epoch)
    if broken is None:
        click.echo("The store is not locked; there is nothing to break.")
        return ExitCode.FINE
    click.echo(f"Broke the lock of {broken}.")
    if waiting:
        words = "1 request" if waiting == 1 else f"{waiting} requests"
        click.echo(f"What became of {words} is not known. Find out with: reconciler recover", err=True)
    return ExitCode.FINE
