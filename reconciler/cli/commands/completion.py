"""``reconciler completion``."""

import click

from reconciler.cli.exit_codes import ExitCode


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell"]))
def command(*, shell: str) -> int:
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
