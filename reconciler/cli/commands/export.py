"""``reconciler export``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@options.chdir
@options.platform
def command(*, folder: Path) -> int:
    """
    Write manifests of everything that the account has, or of what spec.scope of the estate here lets it own.

    DIR must be empty or not exist. Secrets are written as references to environment variables, which are listed. Taking
    over what is written is a change of its own: plan and apply with --adopt, which sends nothing.
    """
    from reconciler.operations.export import export

    exported = export(options.estate(), folder)
    count = sum(len(resources) for resources in exported.resources.values())
    click.echo(f"Exported {count} object{'' if count == 1 else 's'} to {folder}.")
    click.echo(f"Take it over with: reconciler apply --adopt -C {folder}", err=True)
    for address, why in exported.left_out:
        click.echo(f"left out: {address}, {why}", err=True)
    if exported.variables:
        click.echo("Secrets are read from these environment variables:", err=True)
        for variable in exported.variables:
            click.echo(f"  {variable}", err=True)
    return ExitCode.FINE
