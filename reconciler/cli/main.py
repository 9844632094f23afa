"""
The entry point. Turns every error into one message and an exit code, in one place.

This module and everything that it imports at the top is click only, so that help, version and completion are instant.
"""

import gc
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click

from reconciler import __version__
from reconciler.cli.interruption import CURRENT
from reconciler.cli.streams import attach
from reconciler.errors import InvalidManifests, ReconcilerError

COMMANDS = {
    "init": "Write a small estate to start from.",
    "validate": "Check the manifests, offline.",
    "plan": "Show what would change, and how many SIMs it touches.",
    "apply": "Make the changes of a plan, once, in the right order.",
    "show": "Show a saved plan.",
    "drift": "Show what changed on the platform since the last apply.",
    "export": "Write manifests of everything that the account has.",
    "adopt": "Take over objects that exist already and are declared.",
    "destroy": "Delete everything that this estate owns.",
    "graph": "Draw who refers to whom.",
    "explain": "Say what a kind or a field means.",
    "schema": "Print the JSON Schemas of the manifests.",
    "inventory": "List what this estate owns.",
    "history": "List the runs of this estate.",
    "recover": "Find out what became of the requests of an interrupted run.",
    "unlock": "Break the lock of a run that is gone.",
    "store": "Look after the store: doctor, migrate, backup, restore.",
    "simulate": "Serve the embedded platform on this machine.",
    "probe": "Compare a real account's answers with what we expect; reads only.",
    "doctor": "Check configuration, store, platform and token.",
    "completion": "Print the completion script of a shell.",
    "version": "Print the version.",
}
ALIASES = {"diff": "plan", "sync": "apply", "dump": "export", "lint": "validate", "check": "validate"}
BUG_HINT = "This is a bug in reconciler. Run again with --debug and report what it prints."


class LazyGroup(click.Group):
    """A group whose commands are imported when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a first visit; aliases are not listed."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command; None for an unknown name."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"reconciler.cli.commands.{name}")
        command: click.Command = module.command
        _take_debug(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        """As click, with the nearest command named for a misspelt one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from reconciler.diagnostics import nearest

            guess = nearest(args[0], [*COMMANDS, *ALIASES])
            if guess:
                raise click.UsageError(f"{error.message} Did you mean {guess}?", ctx) from error
            raise

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and turn whatever happens into a message on stderr and an exit code."""
        kwargs["standalone_mode"] = False
        try:
            result = super().main(*args, **kwargs)
        except click.exceptions.Exit as error:
            sys.exit(error.exit_code)
        except click.Abort:
            click.echo("Interrupted.", err=True)
            sys.exit(CURRENT.exit_code)
        except click.ClickException as error:
            error.show()
            sys.exit(64)
        except InvalidManifests as error:
            from reconciler.cli.output import show_diagnostics

            show_diagnostics(error)
            sys.exit(error.exit_code)
        except ReconcilerError as error:
            show_error(error)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            sys.exit(CURRENT.exit_code)
        except Exception as error:  # noqa: BLE001 - the one place between a bug and a traceback
            show_bug(error)
            sys.exit(1)
        sys.exit(result if isinstance(result, int) else 0)


def show_error(error: ReconcilerError) -> None:
    """One message on stderr: what, and what to do about it."""
    click.echo(f"error: {error}", err=True)
    if error.hint:
        click.echo(f"hint: {error.hint}", err=True)


def show_bug(error: Exception) -> None:
    """Something that must not happen: named, with the traceback only when asked for (S11)."""
    click.echo(f"error: {type(error).__name__}: {error}", err=True)
    if os.environ.get("RECONCILER_DEBUG"):
        traceback.print_exception(type(error), error, error.__traceback__)
    click.echo(f"hint: {BUG_HINT}", err=True)


def _debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        os.environ["RECONCILER_DEBUG"] = "1"


_DEBUG = click.Option(
    ["--debug"], is_flag=True, expose_value=False, callback=_debug, help="Print a traceback for a bug."
)


def _take_debug(command: click.Command) -> None:
    """Let a command and those below it take --debug too: nobody remembers which side of the name it belongs on."""
    if _DEBUG not in command.params:
        command.params.append(_DEBUG)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _take_debug(inner)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Documentation: docs/ of the project. Exit codes: `reconciler version --exit-codes`.",
)
@click.version_option(__version__, prog_name="reconciler")
def cli() -> None:
    """
    Infrastructure as code for SIM estates.

    Teams describe their connectivity estate in YAML. reconciler shows what would change and how many SIMs it touches,
    and then does exactly that, once, in the right order.
    """


cli.params.append(_DEBUG)


def run() -> None:
    """Run the command line as a program, which ends here."""
    CURRENT.listen()
    attach()
    try:
        main()
    except KeyboardInterrupt:
        # It came while the end of the command was told.
        sys.exit(CURRENT.exit_code)
    finally:
        CURRENT.ends()
        # Looking for cycles in what is about to go anyway would cost a tenth of a plan.
        gc.freeze()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    cli(args=list(arguments) if arguments is not None else None, prog_name="reconciler")
