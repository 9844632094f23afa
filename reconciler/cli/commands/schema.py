"""``reconciler schema``."""

import click

from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.output import show_exactly


@click.command(name="schema")
@click.argument("kind", required=False)
def command(*, kind: str | None) -> int:
    """
    Print the JSON Schemas of the manifests.

    Without an argument the schema of all kinds, for editors; with a kind its own, `Estate` being that of
    reconciler.yaml; with `plan` that of plan files.
    """
    from reconciler.operations.schema import schema_of
    from reconciler.reports.documents import indented

    # It is the same for everybody, so nothing in it is anybody's secret.
    show_exactly(indented(schema_of(kind)))
    return ExitCode.FINE
