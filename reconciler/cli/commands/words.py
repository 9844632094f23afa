"""Commands that only print words: ``explain``, ``schema``, ``completion`` and ``version``."""

from pathlib import Path

import click

from reconciler import __version__
from reconciler.cli import options
from reconciler.cli.completions import kind_names, places
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.output import show_exactly


@click.command(name="explain")
@click.argument("place", metavar="KIND[.FIELD]|NUMBER|GUARD", required=False, shell_complete=places)
@options.chdir
@click.option("--origin", is_flag=True, help="Say which lines made the value of KIND/NAME[.FIELD].")
def explain_command(*, place: str | None, origin: bool) -> int:
    """
    Say what a kind, a field, a number or a guard means.

    Without an argument the kinds are listed; Estate is that of reconciler.yaml. A field is dotted, e.g.
    EndpointGroup.sessionInactivity.seconds; items of a list need no mark: RoutingPolicy.rules.target. A number is one
    that a message cites: D-40 (a rule of the platform), I7, F14, S9, R203. A guard is one that a plan names: simMoves.

    With --origin, KIND/NAME or KIND/NAME.FIELD of a declared object: its value, and each line that it comes from, of
    the template, the parameter, its layer and a patch.
    """
    if origin:
        from reconciler.operations.origin import origin_of
        from reconciler.reports.origins import origin_text

        found = origin_of(options.estate(), place or "")
        click.echo(origin_text(found.place, found.value, found.steps))
        return ExitCode.FINE
    from reconciler.operations.catalogue_names import seen_in
    from reconciler.operations.explain import explain

    click.echo(explain(place, seen_in(options.folder())))
    return ExitCode.FINE


@click.command(name="schema")
@click.argument("kind", required=False, shell_complete=kind_names)
@options.chdir
@click.option("--check", "document", metavar="FILE", help="Check this JSON document instead of printing.")
@click.option("--division", "template", metavar="TEMPLATE", help="Print the schema of the divisions of a template.")
def schema_command(*, kind: str | None, document: str | None, template: str | None) -> int:
    """
    Print the JSON Schemas of the manifests.

    Without an argument the schema of all kinds, for editors; with a kind its own, `Estate` being that of
    reconciler.yaml; with `plan` that of plan files.
    """
    from reconciler.operations.catalogue_names import seen_in
    from reconciler.operations.schema import misfits, schema_of
    from reconciler.reports.documents import indented

    if template is not None:
        from reconciler.operations.templates import division_schema

        show_exactly(indented(division_schema(options.estate(), template)))
        return ExitCode.FINE
    if document is not None:
        found = misfits(kind, Path(document))
        click.echo("\n".join(found) if found else f"{document} fits the schema of {kind or 'manifests'}.")
        return ExitCode.INVALID if found else ExitCode.FINE
    # It is the same for everybody, so nothing in it is anybody's secret.
    show_exactly(indented(schema_of(kind, seen_in(options.folder()))))
    return ExitCode.FINE


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell"]))
def completion_command(*, shell: str) -> int:
    """Print the completion script of a shell, e.g. `source <(reconciler completion bash)`."""
    from click.shell_completion import get_completion_class

    from reconciler.cli.main import cli
    from reconciler.errors import UsageError

    found = get_completion_class(shell)
    if found is None:
        message = f"this version of click cannot complete for {shell}"
        raise UsageError(message, hint="use bash, zsh or fish")
    click.echo(found(cli, {}, "reconciler", "_RECONCILER_COMPLETE").source())
    return ExitCode.FINE


@click.command(name="version")
@click.option("--exit-codes", is_flag=True, help="Print what each exit code means.")
def version_command(*, exit_codes: bool) -> None:
    """Print the version."""
    click.echo(f"reconciler {__version__}")
    if exit_codes:
        from reconciler.cli.exit_codes import MEANINGS

        for code, meaning in MEANINGS.items():
            click.echo(f"{code.value:>4}  {meaning}")
