"""
The entry point. Turns every error into one message and an exit code, in one place.

This module and everything that it imports at the top is click only, so that help, version and completion are instant.

Length: the table of all commands is a third of it, and grows with them.
"""

import errno
import gc
import importlib
import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import click

from reconciler import __version__
from reconciler.cli.interruption import CURRENT
from reconciler.cli.streams import attach
from reconciler.errors import InvalidManifests, OutputError, ReconcilerError, UsageError
from reconciler.redaction import KNOWN

COMMANDS = {
    "init": "Write a small estate to start from.",
    "validate": "Check the manifests, offline.",
    "fmt": "Lay the manifests out in one form; no value changes.",
    "render": "Print everything that the manifests declare, with templates rendered.",
    "template": "Look at the templates: list.",
    "test": "Run the scenarios: what declared traffic does.",
    "plan": "Show what would change, and how many SIMs it touches.",
    "apply": "Make the changes of a plan, once, in the right order.",
    "show": "Show a saved plan.",
    "comment": "Post the report of a pull request, or update the comment of an earlier run.",
    "drift": "Show what changed on the platform since the last apply.",
    "get": "List what is live, beside what is declared.",
    "describe": "Show everything about one object or SIM.",
    "catalogue": "List the words that the platform offers: gateways, operators, rate limits and more.",
    "export": "Write manifests of everything that the account has.",
    "adopt": "Take over objects that exist already and are declared.",
    "forget": "Stop owning objects; the platform keeps them.",
    "transfer": "Give objects to another estate of the same store.",
    "migrate": "Come from another tool: terraform.",
    "destroy": "Delete everything that this estate owns.",
    "graph": "Draw who refers to whom.",
    "guard": "Consent to what a guard refuses, in writing.",
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
MODULES = {
    "account": ("drift", "doctor", "probe"),
    "forge": ("comment",),
    "changes": ("apply", "adopt", "forget", "transfer", "destroy"),
    "export": ("export",),
    "guard": ("guard",),
    "look": ("catalogue", "describe", "get"),
    "manifests": ("fmt", "graph", "init", "validate"),
    "migrate": ("migrate",),
    "plans": ("plan", "show"),
    "runs": ("history", "recover", "unlock"),
    "simulate": ("simulate",),
    "store": ("store", "inventory"),
    "templates": ("render", "template", "test"),
    "words": ("explain", "schema", "completion", "version"),
}
"""Where each command is defined, as ``NAME_command``."""
ALIASES = {"diff": "plan", "sync": "apply", "dump": "export", "lint": "validate", "check": "validate"}
_USAGE = 64
_EXHAUSTED = {errno.ENOMEM, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE}
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
        return _imported(name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        """As click, with the nearest command named for a misspelt one."""
        from reconciler.cli.options import WORDS

        ctx.meta[WORDS] = tuple(args)
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from reconciler.diagnostics.spelling import nearest

            guess = nearest(args[0], [*COMMANDS, *ALIASES])
            if guess:
                raise click.UsageError(f"{error.message} Did you mean {guess}?", ctx) from error
            raise

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and turn whatever happens into a message on stderr and an exit code."""
        kwargs["standalone_mode"] = False
        KNOWN.begin()
        KNOWN.keep(_own_words)
        try:
            kwargs["args"] = _in_our_words(kwargs.get("args") or (args[0] if args else None) or sys.argv[1:])
            result = super().main(**kwargs)
        except click.exceptions.Exit as error:
            sys.exit(error.exit_code)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the one place between a bug and a traceback
            sys.exit(_ended(error, in_json=_asks_for_json(kwargs.get("args") or sys.argv[1:])))
        finally:
            KNOWN.end()
        sys.exit(result if isinstance(result, int) else 0)


def _imported(name: str) -> click.Command:
    """The command of a name that has one."""
    home = next(module for module, names in MODULES.items() if name in names)
    module = importlib.import_module(f"reconciler.cli.commands.{home}")
    command: click.Command = getattr(module, f"{name}_command")
    _take_debug(command)
    return command


def _in_our_words(arguments: Sequence[str]) -> list[str]:
    """The words of the command line; those of another tool are translated, or refused with our word."""
    from reconciler.cli.habits import translated

    def knows(name: str, option: str) -> bool:
        name = ALIASES.get(name, name)
        command = _imported(name) if name in COMMANDS else cli
        taking = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
        options = {spelling for one in taking for parameter in one.params for spelling in parameter.opts}
        return option in options or option in {"-h", "--help"}

    def note(text: str) -> None:
        click.echo(text, err=True)

    return translated(arguments, commands=(*COMMANDS, *ALIASES), knows=knows, note=note)


def _own_words() -> Iterable[str]:
    from reconciler.operations.estate import own_words

    return own_words()


def _asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether the result was asked for as JSON; known from the words alone, as they may not even parse."""
    words = [word for word in arguments if word != "--"]
    return any(word in {"-ojson", "--output=json", "-o=json"} for word in words) or any(
        flag in {"-o", "--output"} and value == "json" for flag, value in pairwise(words)
    )


def _ended(error: BaseException, *, in_json: bool) -> int:
    """Say what ended the command, on stderr and where it was asked for as a document on stdout; the exit code."""
    message, hint = str(error), getattr(error, "hint", None)
    findings: InvalidManifests | None = None
    match error:
        case KeyboardInterrupt() | click.Abort():
            code, message = CURRENT.exit_code, "Interrupted."
            click.echo(message, err=True)
        case click.ClickException():
            code, message = _USAGE, error.format_message()
            error.show()
        case InvalidManifests():
            from reconciler.cli.output import show_diagnostics

            code, findings = error.exit_code, error
            show_diagnostics(error)
        case _ if not _has_folder():
            nowhere = UsageError("the current folder does not exist any more", hint="change into a folder that exists")
            code, message, hint = nowhere.exit_code, str(nowhere), nowhere.hint
            show_error(nowhere)
        case ReconcilerError():
            code = error.exit_code
            show_error(error)
        case MemoryError() | OSError() if (exhausted := _exhausted(error)) is not None:
            code, message, hint = exhausted.exit_code, str(exhausted), exhausted.hint
            show_error(exhausted)
        case _:
            code, message, hint = 1, KNOWN.foreign(f"{type(error).__name__}: {message}"), BUG_HINT
            show_bug(error)
    if in_json and not isinstance(error, OutputError):
        from reconciler.cli.output import show_failure

        show_failure(message, hint, code, findings)
    return code


def _has_folder() -> bool:
    """Whether the folder that the program was started in exists; somebody may have removed it."""
    from pathlib import Path

    try:
        return bool(Path.cwd())
    except OSError:
        return False


def _exhausted(error: MemoryError | OSError) -> OutputError | None:
    """The error that names what the machine ran out of; None for another error of the operating system."""
    if isinstance(error, MemoryError):
        message = "there is not enough memory"
        return OutputError(message, hint="give this process more memory, or divide the estate into smaller ones")
    if error.errno in _EXHAUSTED:
        message = f"the machine has run out of what this needs: {os.strerror(error.errno or 0)}"
        return OutputError(message, hint="free some of it, or raise the limit, and run again")
    return None


def show_error(error: ReconcilerError) -> None:
    """One message on stderr: what, and what to do about it."""
    click.echo(f"error: {error}", err=True)
    if error.hint:
        click.echo(f"hint: {error.hint}", err=True)


def show_bug(error: BaseException) -> None:
    """Something that must not happen: named, with the traceback only when asked for (S11)."""
    # The text of an unexpected error may hold anything, secrets too.
    click.echo(KNOWN.foreign(f"error: {type(error).__name__}: {error}"), err=True)
    if os.environ.get("RECONCILER_DEBUG"):
        click.echo(KNOWN.foreign("".join(traceback.format_exception(error))), err=True, nl=False)
    click.echo(f"hint: {BUG_HINT}", err=True)


def _debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        os.environ["RECONCILER_DEBUG"] = "1"


_DEBUG = click.Option(
    ["--debug"], is_flag=True, expose_value=False, callback=_debug, help="Print a traceback for a bug."
)


def _take_debug(command: click.Command) -> None:
    """Let a command and those below it take --debug too: people forget on which side of the name it belongs."""
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
    try:
        CURRENT.listen()
        # Never ended: what threads and the interpreter still say on the way out is redacted, too.
        KNOWN.begin()
        attach()
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
