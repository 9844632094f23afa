"""``reconciler validate``."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from reconciler.diagnostics import Diagnostic
    from reconciler.positions import Span

_EMPTY = "Nothing is declared in %s. If something should be, see whether this is the right folder (--chdir)."


@click.command(name="validate")
@options.chdir
@options.files
@options.output("text", "json", "sarif", "github")
@options.colour
def command(*, root: Path, paths: tuple[str, ...], form: str) -> int:
    """
    Check the manifests, offline.

    Syntax, schema, references and the platform's rules, all problems in one run, each with its place, its cause and
    what to do. Needs no platform and no token. Exit code 8 when something is wrong.
    """
    from reconciler.cli.output import show_document
    from reconciler.cli.session import inspected
    from reconciler.reports.annotations import as_workflow_commands

    checked = inspected(root, paths)
    found = checked.diagnostics
    if form == "text":
        from reconciler.reports.diagnostics import render

        if found:
            colour = options.is_coloured(sys.stdout)
            click.echo(render(found, checked.loaded.sources, colour=colour), color=colour)
        if not checked.has_errors:
            count = len(checked.loaded.built.estate)
            files = _files(len(checked.loaded.sources) - 1)
            click.echo(f"Valid: {count} object{'' if count == 1 else 's'} in {files}." if count else _EMPTY % files)
    elif form == "github":
        click.echo(as_workflow_commands(_from_here(found, root)))
    else:
        show_document(_document(form, found, root))
    return ExitCode.INVALID if checked.has_errors else ExitCode.FINE


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _from_here(found: "Sequence[Diagnostic]", root: Path) -> "list[Diagnostic]":
    """The findings with paths from the folder that the command was run in: a forge knows the repository only."""
    folder = os.path.relpath(root)

    def moved(span: "Span | None") -> "Span | None":
        # Standard input has no path.
        is_file = span is not None and folder != os.curdir and not span.file.startswith("<")
        return span._replace(file=f"{Path(folder).as_posix()}/{span.file}") if span is not None and is_file else span

    return [
        replace(one, span=moved(one.span), related=tuple(replace(r, span=moved(r.span)) for r in one.related))
        for one in found
    ]


def _document(form: str, found: "Sequence[Diagnostic]", root: Path) -> dict[str, Any]:
    from reconciler.reports import diagnostics, sarif

    if form == "sarif":
        return sarif.as_sarif(_from_here(found, root), base=f"{Path.cwd().as_uri()}/")
    return {"formatVersion": "1.0", "diagnostics": diagnostics.as_json(found)}
