"""``reconciler graph``."""

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="graph")
@options.chdir
@options.files
@options.output("text", "dot", "mermaid", "svg")
def command(*, paths: tuple[str, ...], form: str) -> int:
    """
    Draw who refers to whom.

    Text is a tree from what is used by nobody down to what uses nothing; dot, mermaid and svg are for documents.
    Works offline.
    """
    from reconciler.operations.validate import sound, validate
    from reconciler.reports.graph import drawn

    estate = options.estate()
    click.echo(drawn(sound(estate, validate(estate, paths)).built.estate, form), nl=False)
    return ExitCode.FINE
