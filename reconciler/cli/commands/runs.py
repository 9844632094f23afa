"""Commands about runs: ``history``, ``recover`` and ``unlock``."""

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="history")
@options.chdir
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many runs.")
def history_command(*, limit: int) -> int:
    """List the runs of this estate, newest first."""
    from reconciler.operations.store import history
    from reconciler.reports.diagnostics import escaped

    found = history(options.estate(), limit)
    results = [run.result or "not finished" for run in found]
    width = max(map(len, results), default=0)
    for run, result in zip(found, results, strict=True):
        click.echo(f"{run.started}  {result:<{width}}  {run.plan_digest}  by {escaped(run.actor)}")
    return ExitCode.FINE


@click.command(name="recover")
@options.chdir
@options.platform
def recover_command() -> int:
    """
    Find out what became of the requests of an interrupted run.

    Reads the platform and writes down what it finds, object by object; nothing is sent, and the manifests are not
    looked at. A lock that a killed run left in PostgreSQL is waited for until its lease ends. Every apply recovers
    first; do it alone to know before you decide. Exit code 7: something could not be found out, and those objects are
    left alone until it is.
    """
    from reconciler.operations.recover import recover
    from reconciler.reports.diagnostics import escaped

    recovered = recover(options.estate())
    if recovered is None:
        click.echo("Nothing to recover: every request has an outcome.")
        return ExitCode.FINE
    width = max(map(len, map(str, (*recovered.found, *recovered.unknown))), default=0)
    for address, words in sorted(recovered.found.items()):
        click.echo(f"{address!s:<{width}}  {words}")
    for address, words in sorted(recovered.unknown.items()):
        click.echo(f"{address!s:<{width}}  unknown: {escaped(words)}")
    click.echo(f"{len(recovered.found)} found out, {len(recovered.unknown)} still unknown.")
    if recovered.unknown:
        click.echo(
            "Run `reconciler recover` again when the platform answers; until then they are left alone.", err=True
        )
        return ExitCode.UNKNOWN
    click.echo("Go on with: reconciler plan", err=True)
    return ExitCode.FINE


@click.command(name="unlock")
@options.chdir
@click.option(
    "--epoch", type=int, required=True, metavar="N", help="The epoch of the lock to break, as the refusal named it."
)
def unlock_command(*, epoch: int) -> int:
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
        click.echo(f"The outcome of {words} is not known. Find out with: reconciler recover", err=True)
    return ExitCode.FINE
