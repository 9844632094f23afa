"""``reconciler graph``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="graph")
@options.chdir
@options.files
@options.output("text", "dot", "mermaid", "svg")
def command(*, root: Path, paths: tuple[str, ...], form: str) -> int:
    """
    Draw who refers to whom.

    Text is a tree from what is used by nobody down to what uses nothing; dot, mermaid and svg are for documents.
    Works offline.
    """
    from reconciler.cli.session import checked
    from reconciler.ordering.graph import reference_graph
    from reconciler.reports import graph

    estate = checked(root, paths).built.estate
    drawn = reference_graph({address: resource.spec for address, resource in estate.items()})
    click.echo(graph.render(drawn, form), nl=False)
    return ExitCode.FINE
