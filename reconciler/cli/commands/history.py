"""``reconciler history``."""

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="history")
@options.chdir
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many runs.")
def command(*, limit: int) -> int:
    """List the runs of this estate, newest first."""
    from reconciler.operations.inventory import history
    from reconciler.reports.diagnostics import escaped

    found = history(options.estate(), limit)
    results = [run.result or "not finished" for run in found]
    width = max(map(len, results), default=0)
    for run, result in zip(found, results, strict=True):
        click.echo(f"{run.started}  {result:<{width}}  {run.plan_digest}  by {escaped(run.actor)}")
    return ExitCode.FINE
