"""``reconciler version``."""

import click

from reconciler import __version__


@click.command(name="version")
@click.option("--exit-codes", is_flag=True, help="Print what each exit code means.")
def command(*, exit_codes: bool) -> None:
    """Print the version."""
    click.echo(f"reconciler {__version__}")
    if exit_codes:
        from reconciler.cli.exit_codes import MEANINGS

        for code, meaning in MEANINGS.items():
            click.echo(f"{code.value:>4}  {meaning}")
