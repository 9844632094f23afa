"""Writing results: stdout for data, stderr for everything else."""

import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import is_coloured
from reconciler.errors import InvalidManifests, OutputError, ReconcilerError
from reconciler.redaction import KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.operations.planning import Planned
    from reconciler.reports.plan_view import PlanView, ReportContext


def show(text: str) -> None:
    """
    Text for people on stdout: folded to the width of a terminal, as it is elsewhere.

    Colour that the text has is kept where it was asked for, also in a pipe.
    """
    if sys.stdout.isatty():
        # Before it is folded: the two ends of a value would else be on two lines.
        text = KNOWN.own(text)
        from reconciler.reports.style import folded

        text = folded(text, shutil.get_terminal_size().columns)
    click.echo(text, color=is_coloured(sys.stdout))


def show_document(body: Any) -> None:
    """A document in JSON on stdout: no known secret in its texts, and its names as they are."""
    from reconciler.reports.documents import indented

    show_exactly(indented(KNOWN.document(body)))


def show_exactly(text: str) -> None:
    """A text on stdout as it is: one that is the same for everybody, or under a digest."""
    with KNOWN.exactly():
        click.echo(text)


def show_plan(planned: "Planned", *, verbose: bool) -> None:
    """A plan as text on stdout."""
    from reconciler.reports.plan_view import ReportContext

    show_view(view_of(planned, ReportContext()), verbose=verbose)


def view_of(planned: "Planned", context: "ReportContext") -> "PlanView":
    """The view of a plan, whose plain words are no secret even where a secret is equal to one."""
    from reconciler.reports.viewing import view_of as view

    KNOWN.keep(planned.plain_words)
    return view(planned.plan, planned.digest, replace(context, diagnostics=planned.warnings))


def show_view(view: "PlanView", *, verbose: bool) -> None:
    """A report as text on stdout."""
    from reconciler.reports.plan_text import render

    show(render(view, colour=is_coloured(sys.stdout), verbose=verbose))


def show_diagnostics(error: InvalidManifests) -> None:
    """Findings on stderr, with excerpts."""
    from reconciler.reports.diagnostics import render

    colour = is_coloured(sys.stderr)
    click.echo(render(error.diagnostics, error.sources, colour=colour), err=True, color=colour)


def show_failure(message: str, hint: str | None, code: int, findings: InvalidManifests | None) -> None:
    """The document of a command that ended without a result: on stdout, so that a pipeline always gets one."""
    from reconciler.reports.diagnostics import as_json

    body = {
        "formatVersion": "1.0",
        "exitCode": code,
        "error": {"message": message, "hint": hint},
        "diagnostics": as_json(findings.diagnostics) if findings is not None else [],
    }
    show_document(body)


def show_stream(name: str, rows: "Iterable[Any]") -> int:
    """
    A document with one long list, written row by row; the exit code.

    ``isComplete`` comes last: it is false where the platform ended the list too early, and the error is told as ever.
    """
    from reconciler.reports.look import VERSION, json_row

    click.echo(f'{{"formatVersion":"{VERSION}","{name}":[', nl=False)
    code, separator, ended = 0, "\n", "true"
    try:
        for row in rows:
            with KNOWN.exactly():
                click.echo(f"{separator}{json_row(KNOWN.document(row))}", nl=False)
            separator = ",\n"
    except OutputError:
        raise
    except ReconcilerError as error:
        code, ended = error.exit_code, "false"
        click.echo(f"error: {error}", err=True)
        if error.hint:
            click.echo(f"hint: {error.hint}", err=True)
    click.echo(f'\n],"isComplete":{ended}}}')
    return code
