"""Commands on templates, offline: ``render`` and ``template``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="render")
@options.chdir
@options.files
@click.option("--out", "folder", type=click.Path(path_type=Path, file_okay=False), help="Write one file per object.")
@click.option(
    "--check", "checked", type=click.Path(path_type=Path, file_okay=False), help="Compare with a folder; exit code 2."
)
def render_command(*, paths: tuple[str, ...], folder: Path | None, checked: Path | None) -> int:
    """
    Print everything that the manifests declare, with templates rendered.

    One document for each object, each a valid manifest by itself; the same input gives the same bytes. Planning the
    output (`reconciler render | reconciler plan -f - --prune`) is planning the templates. Works offline.
    """
    from reconciler.errors import UsageError
    from reconciler.operations.render import compare, render, write

    if folder is not None and checked is not None:
        message = "--out and --check exclude each other"
        raise UsageError(message, hint="write first, then compare")
    found = render(options.estate(), paths)
    if checked is not None:
        difference = compare(found, checked)
        for word, names in (("missing", difference.missing), ("differs", difference.differing)):
            for name in names:
                click.echo(f"{word}  {name}")
        for name in difference.left_over:
            click.echo(f"left over  {name}")
        if difference:
            click.echo(f"Run: reconciler render --out {checked}", err=True)
            return ExitCode.PENDING
        click.echo(f"{checked} is what the templates say: {len(found.files)} files.")
        return ExitCode.FINE
    if folder is not None:
        written = write(found, folder)
        count = len(written.missing) + len(written.differing)
        click.echo(f"Wrote {count} of {len(found.files)} files into {folder}; removed {len(written.left_over)}.")
        return ExitCode.FINE
    click.echo(found.stream, nl=False)
    return ExitCode.FINE
