"""Commands that look at the account: ``catalogue``, ``get`` and ``describe``."""

import click

from reconciler.cli import options
from reconciler.cli.completions import list_names, list_words
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.output import show_document


@click.command(name="catalogue")
@click.argument("name", metavar="[LIST]", required=False, shell_complete=list_names)
@click.argument("words", metavar="[WORD]...", nargs=-1, shell_complete=list_words)
@options.chdir
@options.platform
@options.output("table", "json", "csv", "name")
def catalogue_command(*, name: str | None, words: tuple[str, ...], form: str) -> int:
    """
    List the words that the platform offers: gateways, operators, rate limits and more.

    Without LIST there is a line for each list. With WORDs only the rows that have one of them are shown. The lists are
    remembered beside the store, with their date: `validate` warns of values that were not in them, and `explain`,
    `schema` and completion show them. A list that the account does not offer is said to be missing, and nothing is
    checked against it.
    """
    from reconciler.operations.catalogue import catalogue
    from reconciler.reports import catalogue as reports

    found = catalogue(options.estate(), (name,) if name else ())
    if form == "json":
        show_document(reports.document(found, words))
        return ExitCode.FINE
    lines = reports.summary(found, form) if name is None else reports.rows(found.lists[name], words, form)
    for line in lines:
        click.echo(line)
    for one in found.lists.values():
        if name is not None and one.missing is not None:
            click.echo(f"note: the list {one.name} checks nothing: {one.missing}", err=True)
    return ExitCode.FINE
