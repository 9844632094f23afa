"""Commands on templates and scenarios, offline: ``render``, ``template`` and ``test``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode

_MOST_NAMED = 5


@click.command(name="render")
@options.chdir
@options.files
@click.option("--out", "folder", type=click.Path(path_type=Path, file_okay=False), help="Write one file per object.")
@click.option(
    "--check", "checked", type=click.Path(path_type=Path, file_okay=False), help="Compare with a folder; exit code 2."
)
@click.option("--diff", "revision", metavar="REV", help="Say which divisions differ from a Git revision.")
def render_command(*, paths: tuple[str, ...], folder: Path | None, checked: Path | None, revision: str | None) -> int:
    """
    Print everything that the manifests declare, with templates rendered.

    One document for each object, each a valid manifest by itself; the same input gives the same bytes. Planning the
    output (`reconciler render | reconciler plan -f - --prune`) is planning the templates. Works offline.

    With --diff REV: which divisions an edit reaches and which not, identical edits rolled up, and those that do not
    render any more.
    """
    from reconciler.errors import UsageError
    from reconciler.operations.render import compare, render, write

    if sum(option is not None for option in (folder, checked, revision)) > 1:
        message = "--out, --check and --diff exclude each other"
        raise UsageError(message, hint="write first, then compare")
    if revision is not None:
        from reconciler.operations.render_difference import difference_to
        from reconciler.reports.rendering import difference_text

        click.echo(difference_text(difference_to(options.estate(), revision)))
        return ExitCode.FINE
    found = render(options.estate(), paths)
    if checked is not None:
        difference = compare(found, checked)
        for word, names in (("missing", difference.missing), ("differs", difference.differing)):
            for name in names:
                click.echo(f"{word}  {name}")
        for name in difference.left_over:
            click.echo(f"left over  {name}")
        if difference:
            click.echo(f"Run: reconciler render --out {checked}", err=True)
            return ExitCode.PENDING
        click.echo(f"{checked} is what the templates say: {len(found.files)} files.")
        return ExitCode.FINE
    if folder is not None:
        written = write(found, folder)
        count = len(written.missing) + len(written.differing)
        click.echo(f"Wrote {count} of {len(found.files)} files into {folder}; removed {len(written.left_over)}.")
        return ExitCode.FINE
    click.echo(found.stream, nl=False)
    return ExitCode.FINE


@click.command(name="test")
@click.argument("names", metavar="[NAME]", default="*")
@options.chdir
@options.files
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write the results as JUnit as well.")
def test_command(*, names: str, paths: tuple[str, ...], junit: Path | None) -> int:
    """
    Run the scenarios: what declared traffic does. Works offline.

    NAME is a pattern such as 'fleet-*'. A flow says which target one packet of a group reaches, or that it is dropped,
    and by which rule; never says that no packet of a group reaches a network, and fails with one that does. Exit code
    8 when a scenario fails.
    """
    from reconciler.operations.scenarios import run_scenarios
    from reconciler.reports.scenarios import as_junit, as_text

    results = run_scenarios(options.estate(), paths, names=names)
    if junit is not None:
        from reconciler.operations.scenarios import write_junit

        write_junit(junit, as_junit(results))
    click.echo(as_text(results))
    return ExitCode.FINE if all(result.passed for result in results) else ExitCode.INVALID


@click.group(name="template")
def template_command() -> None:
    """Look at the templates: list."""


@template_command.command(name="list")
@options.chdir
def list_command() -> int:
    """Print each template with its version, and the divisions that use it."""
    from reconciler.operations.templates import template_uses

    for use in template_uses(options.estate()):
        count = len(use.divisions)
        more = f" and {count - _MOST_NAMED} more" if count > _MOST_NAMED else ""
        shown = ", ".join(use.divisions[:_MOST_NAMED]) + more
        words = f"{count} division{'' if count == 1 else 's'}: {shown or '-'}"
        click.echo(f"{use.name}@{use.version}  {use.place}  {words}")
    return ExitCode.FINE
