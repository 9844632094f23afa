"""``reconciler unlock``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="unlock")
@options.chdir
@click.option(
    "--epoch", type=int, required=True, metavar="N", help="The epoch of the lock to break, as the refusal named it."
)
def command(*, root: Path, epoch: int) -> int:
    """
    Break the lock of a run that is gone.

    A lock ends by itself when its holder is dead; break one only when you know that its run will not go on. A holder
    that lives all the same decides nothing any more, and the next run waits for what it may have sent.
    """
    from reconciler.cli import store_choice, wiring
    from reconciler.manifests.configuration import sound_configuration
    from reconciler.store.store import Store

    configuration, _ = sound_configuration(options.existing_root(root))
    environment = wiring.machine()
    location = store_choice.store_location(configuration, root, environment)
    with Store.open(location, estate=configuration.name, create=False, environment=environment) as store:
        if store.holder() is None:
            click.echo("The store is not locked; there is nothing to break.")
            return ExitCode.FINE
        click.echo(f"Broke the lock of {store.unlock(epoch)}.")
        if waiting := len(store.unresolved()):
            words = "1 request" if waiting == 1 else f"{waiting} requests"
            click.echo(f"What became of {words} is not known. Find out with: reconciler recover", err=True)
    return ExitCode.FINE
