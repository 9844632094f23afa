"""``reconciler validate``."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from reconciler.diagnostics import Diagnostic


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
    from reconciler.cli.session import inspected

    checked = inspected(root, paths)
    found = checked.diagnostics
    if form == "text":
        from reconciler.reports.diagnostics import render

        if found:
            colour = options.is_coloured(sys.stdout)
            click.echo(render(found, checked.loaded.sources, colour=colour), color=colour)
        if not checked.has_errors:
            count = len(checked.loaded.built.estate)
            click.echo(
                f"Valid: {count} object{'' if count == 1 else 's'} in {_files(len(checked.loaded.sources) - 1)}."
            )
    else:
        click.echo(_rendered(form, found))
    return ExitCode.INVALID if checked.has_errors else ExitCode.FINE


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _rendered(form: str, found: "Sequence[Diagnostic]") -> str:
    import json

    from reconciler.reports import annotations, diagnostics, sarif

    match form:
        case "sarif":
            return json.dumps(sarif.as_sarif(found), indent=2, ensure_ascii=False)
        case "github":
            return annotations.as_workflow_commands(found)
        case _:
            body = {"formatVersion": "1.0", "diagnostics": diagnostics.as_json(found)}
            return json.dumps(body, indent=2, ensure_ascii=False)
