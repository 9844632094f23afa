"""``reconciler probe``."""

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.output import show_document


@click.command(name="probe")
@options.chdir
@options.platform
def command() -> int:
    """
    Compare a real account's answers with what we expect; reads only.

    Reads one page of each collection and one object with its sub-collections, and prints as JSON which members are
    missing, unknown or of another type. Shapes only: no value is printed.
    """
    from reconciler.operations.doctor import probe

    found = probe(options.estate())
    show_document(found)
    errors = {kind.get("error") for kind in found["kinds"].values()}
    if errors == {"Unauthorised"}:
        return ExitCode.UNAUTHORISED
    return ExitCode.FINE if None in errors else ExitCode.PLATFORM
