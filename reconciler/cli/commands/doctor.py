"""``reconciler doctor``."""

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import InvalidManifests


@click.command(name="doctor")
@options.chdir
@options.platform
def command() -> int:
    """
    Check configuration, store, platform and token; changes nothing.

    Every check is made, whatever the others found; the exit code is that of the first one that failed.
    """
    from reconciler.operations.doctor import doctor

    code = ExitCode.FINE.value
    for subject, words, error in doctor(options.estate()):
        match error:
            case None:
                click.echo(f"ok    {subject}: {words}")
                continue
            case InvalidManifests():
                click.echo(f"FAIL  {subject}: {error}; run `reconciler validate`")
            case _:
                click.echo(f"FAIL  {subject}: {error}{f' ({error.hint})' if error.hint else ''}")
        code = code or error.exit_code
    return code
