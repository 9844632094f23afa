"""``reconciler init``."""

from pathlib import Path

import click

from reconciler.cli.exit_codes import ExitCode


@click.command(name="init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
def command(*, folder: Path) -> int:
    """Write a small estate to start from into DIR (default: here). Existing files are never overwritten."""
    from reconciler.operations.init import write_estate

    write_estate(folder)
    where, option = ("this folder", "") if folder == Path() else (str(folder), f" --chdir {folder}")
    click.echo(f"Wrote an estate into {where}\nNext: reconciler plan{option}")
    return ExitCode.FINE
