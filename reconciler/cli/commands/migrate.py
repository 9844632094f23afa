"""The command ``migrate``: from another tool to an estate."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.operations.migrate import TerraformExport


@click.group(name="migrate")
def migrate_command() -> None:
    """Come from another tool: what it manages, as an estate that owns it."""


@migrate_command.command(name="terraform")
@click.argument("state", metavar="STATE.json", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@options.chdir
@options.platform
@options.auto_approve
@options.guards
@options.colour
def terraform(*, state: Path, folder: Path, approved: bool) -> int:
    """
    Write what a state of the platform's Terraform provider manages into DIR, and take it over there.

    STATE.json is what `terraform state pull` or `terraform show -json` print. Nothing is sent: the objects stay as they
    are, and Terraform forgets them afterwards with `terraform state rm`, which is printed. Values come from the
    platform, not from the state, so a drift that Terraform does not know is in the manifests.
    """
    from reconciler.cli.applying import applied
    from reconciler.operations.migrate import adopt_state, export_state

    if not (approved or options.is_interactive()):
        message = "nobody can be asked for approval here"
        raise UsageError(message, hint="add --auto-approve")
    estate = options.estate()
    found = export_state(estate, state, folder)
    _tell(found, folder)
    if found.exported.failures:
        for failure in found.exported.failures:
            click.echo(f"not proven: {failure}", err=True)
        return ExitCode.INVALID
    addresses = [address for _, address in found.addresses]
    code = applied(
        lambda review: adopt_state(estate, folder, addresses, review=review), is_approved=approved, verbose=False
    )
    if code == ExitCode.FINE:
        click.echo("Let go of them in Terraform, which deletes nothing:", err=True)
        for one, _ in found.addresses:
            click.echo(f"  terraform state rm '{one.address}'", err=True)
    return code


def _tell(found: "TerraformExport", folder: Path) -> None:
    count = len(found.addresses)
    click.echo(f"Exported {count:,} object{'' if count == 1 else 's'} of the state to {folder}.")
    for one in found.missing:
        click.echo(f"left out: {one.address}, it is not in this account, or is the platform's own", err=True)
    if found.exported.variables:
        click.echo(f"Secrets are read from environment variables: see {folder}/secrets.example", err=True)
