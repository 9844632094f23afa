"""``reconciler recover``."""

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="recover")
@options.chdir
@options.platform
def command() -> int:
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
