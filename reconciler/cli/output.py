"""Writing results: stdout for data, stderr for everything else."""

import os
import sys

import click

from reconciler.errors import InvalidManifests


def show_diagnostics(error: InvalidManifests) -> None:
    """Findings on stderr, with excerpts."""
    from reconciler.reports.diagnostics import render

    click.echo(render(error.diagnostics, error.sources, colour=is_coloured(sys.stderr)), err=True)


def is_coloured(stream: object) -> bool:
    """Whether a stream wants colour when no option says so."""
    from reconciler.cli.options import wants_colour

    return wants_colour("auto", no_colour_flag=False, environ=os.environ, stream=stream)
