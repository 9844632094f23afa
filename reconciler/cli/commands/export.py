"""``reconciler export``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import UsageError


@click.command(name="export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@options.chdir
@options.platform
def command(
    *,
    folder: Path,
    root: Path,
    origin: str | None,
    token_file: Path | None,
    token_argument: str | None,
    wire_table: Path | None,
) -> int:
    """
    Write manifests of everything that the account has, or of what spec.scope of the estate here lets it own.

    DIR must be empty or not exist. Secrets are written as references to environment variables, which are listed. Taking
    over what is written is a change of its own: plan and apply with --adopt, which sends nothing.
    """
    from reconciler.cli import wiring
    from reconciler.exporting import export
    from reconciler.manifests import writer
    from reconciler.manifests.configuration import sound_configuration

    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty"
        raise UsageError(message, hint="name a folder that is empty or does not exist yet")
    configuration, _ = sound_configuration(root)
    environment = wiring.machine()
    platform = wiring.Platform(origin, token_file, token_argument, wire_table)
    with wiring.control_plane(root, platform, wiring.digester(None), environment) as control_plane:
        exported = export(control_plane.snapshot(), configuration.scope)
    files = {writer.file_name(kind): writer.manifests(resources) for kind, resources in exported.resources.items()}
    files["reconciler.yaml"] = writer.configuration(folder.resolve().name, configuration.scope)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        message = f"cannot write into {folder}: {error.strerror}"
        raise UsageError(message, hint="name a folder that can be written") from error
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
