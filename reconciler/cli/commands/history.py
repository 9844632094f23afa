"""``reconciler history``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="history")
@options.chdir
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many runs.")
def command(*, root: Path, limit: int) -> int:
    """List the runs of this estate, newest first."""
    from reconciler.cli import store_choice, wiring
    from reconciler.cli.estates import unknown
    from reconciler.manifests.configuration import sound_configuration
    from reconciler.reports.diagnostics import escaped
    from reconciler.store.store import Store

    configuration, _ = sound_configuration(options.existing_root(root))
    environment = wiring.machine()
    location = store_choice.store_location(configuration, root, environment)
    with Store.open(location, estate=configuration.name, create=False, environment=environment) as store:
        if store.lineage is None and (others := [estate.name for estate in store.estates()]):
            raise unknown(configuration.name, others, location)
        found = store.history(limit)
    results = [run.result or "not finished" for run in found]
    width = max(map(len, results), default=0)
    for run, result in zip(found, results, strict=True):
        click.echo(f"{run.started}  {result:<{width}}  {run.plan_digest}  by {escaped(run.actor)}")
    return ExitCode.FINE
