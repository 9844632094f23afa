"""Commands about guards: ``guard waive``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.group(name="guard")
def guard_command() -> None:
    """Consent to what a guard refuses, in writing."""


@guard_command.command(name="waive")
@click.argument("guard")
@options.chdir
@click.option(
    "--plan",
    "plan_file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The saved plan that the guard refuses.",
)
@click.option("--reason", required=True, metavar="TEXT", help="Why it may happen.")
@click.option("--approver", required=True, metavar="WHO", help="The person or team that consents.")
@click.option("--expires", required=True, metavar="DAY", help="The last day on which it holds, such as 2026-12-31.")
@options.kept("--policy", type=options.FILE, metavar="FILE", help="Limits that win; or git:REV:PATH of a revision.")
def waive_command(*, guard: str, plan_file: Path, reason: str, approver: str, expires: str) -> int:
    """
    Print a waiver in YAML, for spec.waivers of a policy.

    It names the finding: guard, limit, number, and the digest of the objects or SIMs. One more voids it, a rebase
    does not.
    """
    from reconciler.operations.guard import waive

    text = waive(options.estate(), guard, plan=plan_file, reason=reason, approver=approver, expires=expires)
    click.echo(text, nl=False)
    return ExitCode.FINE
