"""Commands on manifests, offline: ``init``, ``validate`` and ``graph``."""

import os
import sys
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from reconciler.operations.validate import Checked


@click.command(name="init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
@options.chdir
@click.option("--division", metavar="NAME", help="Print a division of --template instead, for a file of its own.")
@click.option("--template", "reference", metavar="NAME[@VERSION]", help="The template of the division.")
def init_command(*, folder: Path, division: str | None, reference: str | None) -> int:
    """
    Write a small estate to start from into DIR (default: here). Existing files are never overwritten.

    With --division NAME --template T, print a division of the estate: ten lines with the parameters that have no
    default.
    """
    if division is not None or reference is not None:
        from reconciler.errors import UsageError
        from reconciler.operations.templates import new_division

        if division is None or reference is None:
            message = "--division and --template belong together"
            raise UsageError(message, hint="write --division NAME --template TEMPLATE")
        click.echo(new_division(options.estate(), division, reference), nl=False)
        return ExitCode.FINE
    from reconciler.operations.init import write_estate

    write_estate(folder)
    where, option = ("this folder", "") if folder == Path() else (str(folder), f" --chdir {folder}")
    click.echo(f"Wrote an estate into {where}\nNext: reconciler plan{option}")
    return ExitCode.FINE


_LARGEST_INPUT = 5 * 1024 * 1024 + 1
_EMPTY = "Nothing is declared in %s. If something should be, see whether this is the right folder (--chdir)."


@click.command(name="validate")
@options.chdir
@options.files
@options.reports
@options.output("text", "json", "sarif", "github")
@options.colour
def validate_command(*, paths: tuple[str, ...], form: str) -> int:
    """
    Check the manifests, offline.

    Syntax, schema, references and the platform's rules, all problems in one run, each with its place, its cause and
    what to do. Needs no platform and no token. Exit code 8 when something is wrong.
    """
    from reconciler.cli.reporting import reporting
    from reconciler.operations.catalogue import with_doubts
    from reconciler.operations.validate import validate
    from reconciler.reports.plan_view import Purpose
    from reconciler.reports.viewing import view_without_plan

    estate = options.estate()
    with reporting(Purpose.VALIDATE, estate) as reports:
        checked = with_doubts(estate, validate(estate, paths))
        code = ExitCode.INVALID if checked.has_errors else ExitCode.FINE
        reports.write(view_without_plan(replace(reports.context, diagnostics=checked.diagnostics, exit_code=code)))
    with redirect_stdout(sys.stderr) if reports.take_standard_output else nullcontext():
        _show_checked(checked, estate.root, form)
    return code


def _show_checked(checked: "Checked", root: Path, form: str) -> None:
    from reconciler.cli.output import show_document
    from reconciler.reports.annotations import as_workflow_commands, seen_from_above

    found = checked.diagnostics
    if form in {"github", "sarif"}:
        # A forge knows the paths of the repository only: those from the folder that the command was run in.
        found = seen_from_above(found, Path(os.path.relpath(root)).as_posix())
    match form:
        case "text":
            from reconciler.reports.diagnostics import render

            if found:
                colour = options.is_coloured(sys.stdout)
                click.echo(render(found, checked.loaded.sources, colour=colour), color=colour)
            if not checked.has_errors:
                count = len(checked.loaded.built.estate)
                files = _files(len(checked.loaded.sources) - 1)
                click.echo(f"Valid: {count} object{'' if count == 1 else 's'} in {files}." if count else _EMPTY % files)
        case "github":
            click.echo(as_workflow_commands(found))
        case "sarif":
            from reconciler.reports.sarif import as_sarif

            show_document(as_sarif(found, base=f"{Path.cwd().as_uri()}/"))
        case _:
            from reconciler.reports.diagnostics import as_json

            show_document({"formatVersion": "1.0", "diagnostics": as_json(found)})


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


@click.command(name="fmt")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@options.chdir
@click.option("--check", is_flag=True, help="Write nothing; exit code 2 when a file would change.")
@click.option("--diff", "shows_difference", is_flag=True, help="Print what changes, as a patch.")
def fmt_command(*, paths: tuple[str, ...], check: bool, shows_difference: bool) -> int:
    """
    Lay the manifests out in one form; no value changes.

    Indentation, blanks and empty lines are the same everywhere afterwards; comments, quotes and the order of keys stay,
    and doing it again changes nothing. PATHs are files or folders below the estate (default: all manifests and
    reconciler.yaml); - reads standard input and prints the result. The files that change are printed.
    """
    from reconciler.operations.fmt import formatted, formatted_text, write

    estate = options.estate()
    if paths == ("-",):
        one = formatted_text(sys.stdin.buffer.read(_LARGEST_INPUT))
        click.echo(one.difference() if shows_difference else "" if check else one.after.decode(), nl=False)
        return ExitCode.PENDING if check and one.is_changed else ExitCode.FINE
    results = formatted(estate, paths)
    changed = [one for one in results if one.is_changed]
    if not check:
        write(estate, changed)
    for one in changed:
        click.echo(one.difference() if shows_difference else one.file, nl=not shows_difference)
    for one in results:
        for line in one.kept:
            click.echo(f"note: {one.file}:{line} stays as it is: it could not be written without a loss", err=True)
    return ExitCode.PENDING if check and changed else ExitCode.FINE


@click.command(name="graph")
@options.chdir
@options.files
@options.output("text", "dot", "mermaid", "svg")
def graph_command(*, paths: tuple[str, ...], form: str) -> int:
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
