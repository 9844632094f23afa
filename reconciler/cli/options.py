"""Options that several commands share, and the estate that their values name."""

import os
import sys
from collections.abc import Callable, Collection
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from reconciler.cli.interruption import CURRENT
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.operations.estate import Estate

Decorated = Callable[..., Any]

_CONSENTS = "consents"
REPORTS = "reports"
MARKDOWN_LIMIT = "markdown_limit"
FILE = click.Path(path_type=Path, dir_okay=False)
WORDS = "reconciler.words"
"""Where the context keeps the words of the command line, from the name of the command on."""
_WORDS_OF_CONSENT = frozenset({"allow", "allow_terminate"})


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep the value of an option for the command that runs; `estate` reads it. It ends with the command."""
    ctx.meta[f"reconciler.{param.name}"] = value


def given(name: str) -> Any:
    """The value of an option that is kept."""
    return click.get_current_context().meta.get(f"reconciler.{name}")


def kept(*names: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    """An option whose value is kept for the command that runs, and that is no parameter of it."""
    return click.option(*names, expose_value=False, **{"callback": _keep, **settings})


def estate() -> "Estate":
    """
    The estate that the options of the running command name, with what its caller says.

    `UsageError` where its folder is not there: a command that went on would speak of an empty estate.
    """
    from reconciler.operations.estate import Caller, Estate, PlatformAccess

    platform = PlatformAccess(given("origin"), given("token_file"), given("token_argument"), given("wire_table"))
    caller = Caller(
        store=given("store"),
        secrets=given("secrets") or (),
        policy=given("policy"),
        consents=given(_CONSENTS) or {},
        max_read_age=given("max_read_age"),
        note=lambda text: click.echo(text, err=True),
        is_watched=sys.stderr.isatty(),
        stop=CURRENT.stop,
    )
    found = Estate.open(given("root"), platform, caller=caller)
    found.existing_root()
    return found


def folder() -> Path:
    """The root of the estate that the running command names; `UsageError` where it is not there."""
    return estate().root


def is_interactive() -> bool:
    """True if a person can be asked: a terminal on both ends, and no CI."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not estate().is_in_ci


def chdir(function: Decorated) -> Decorated:
    """The root of the estate, and the store that the caller names."""
    root = kept(
        "--chdir",
        "-C",
        "root",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        metavar="DIR",
        help="The root of the estate (default: here).",
    )
    store = kept(
        "--store",
        metavar="ADDRESS",
        help="The store, e.g. postgresql://host/database; default: RECONCILER_STORE, then spec.store.",
    )
    decorated: Decorated = root(store(function))
    return decorated


secrets = kept(
    "--secrets",
    metavar="PATTERN",
    multiple=True,
    help="Secrets that the manifests may read, e.g. NOC_* or file:secrets/*. Repeatable; with CI set, no others are.",
)
_FILES = "Read these manifests instead of the configured ones; - is standard input. Repeatable."


def _files(help_text: str) -> Callable[[Decorated], Decorated]:
    return click.option("-f", "--file", "paths", multiple=True, metavar="PATH", help=help_text)


files = _files(_FILES)
the_only_files = _files(
    "Consider these manifests only; - is standard input. Everything else stays as it is, unless --prune is given. "
    "Repeatable."
)
prune = click.option(
    "--prune", "prunes", is_flag=True, help="With --file: delete what the estate owns and these manifests leave out."
)
# The choice of the running command's flags; read where colour is decided, also after the command has failed.
_CHOSEN = ContextVar("chosen colour", default="auto")


def _choose(ctx: click.Context, param: click.Parameter, value: str) -> None:
    _CHOSEN.set(value)


def _choose_never(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        _CHOSEN.set("never")


def colour(function: Decorated) -> Decorated:
    """``--color`` and ``--no-color``; `is_coloured` knows what they say, so that commands take no parameter."""
    choice = click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        expose_value=False,
        is_eager=True,
        callback=_choose,
        help="Whether to use colour.",
    )
    # Not eager: it is handled after --color, whatever the order on the command line, and wins.
    never = click.option(
        "--no-color", is_flag=True, expose_value=False, callback=_choose_never, help="The same as --color never."
    )
    decorated: Decorated = choice(never(function))
    return decorated


def output(*formats: str) -> Callable[[Decorated], Decorated]:
    """``-o`` with these formats, the first one is the default."""
    return click.option(
        "-o",
        "--output",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Output format.",
    )


def _keep_origin(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    _keep(ctx, param, (value or "").strip() or None)


def platform(function: Decorated) -> Decorated:
    """The options that say which platform is meant."""
    for option in (
        kept("--wire-table", type=FILE, metavar="FILE", help="Override unverified parts of the wire."),
        kept("--token-file", type=FILE, metavar="FILE", help="Read the API token from this file."),
        secrets,
        kept("--token", "token_argument", hidden=True),
        kept(
            "--platform",
            "origin",
            envvar="STACUITY_HOST",
            callback=_keep_origin,
            metavar="URL",
            help="The platform's API, e.g. https://api.stacuity.com/api/v1.",
        ),
    ):
        function = option(function)
    return function


def is_coloured(stream: TextIO) -> bool:
    """Whether what goes to a stream is coloured: flag > NO_COLOR > FORCE_COLOR > TERM=dumb > terminal."""
    if (chosen := _CHOSEN.get()) != "auto":
        return chosen == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


def _take_consents(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:
    found: dict[Any, int] = dict(ctx.meta.get(f"reconciler.{_CONSENTS}", {}))
    for text in value:
        from reconciler.operations.estate import consent_of

        guard, number = consent_of(text)
        if found.get(guard, number) != number:
            message = f"--allow {guard} is given twice, with different numbers"
            raise UsageError(message, hint="give the number that the plan prints, once")
        found[guard] = number
    ctx.meta[f"reconciler.{_CONSENTS}"] = found


def _take_terminations(ctx: click.Context, param: click.Parameter, value: int | None) -> None:
    if value is not None:
        _take_consents(ctx, param, (f"terminations={value}",))


max_read_age = kept(
    "--max-read-age",
    type=click.FloatRange(0, 60),
    metavar="SECONDS",
    help="The age of a list by which creations and deletions begin (default: 10; 0: each reads its object).",
)


def guards(function: Decorated) -> Decorated:
    """``--allow`` and ``--policy``."""
    for option in (
        click.option(
            "--allow-terminate", type=click.IntRange(1), expose_value=False, hidden=True, callback=_take_terminations
        ),
        kept("--policy", type=FILE, metavar="FILE", help="Limits and waivers that win; or git:REV:PATH of a revision."),
        click.option(
            "--allow",
            metavar="GUARD=NUMBER",
            multiple=True,
            expose_value=False,
            callback=_take_consents,
            help="Consent to exactly what a guard refuses, e.g. simMoves=1204. Repeatable.",
        ),
    ):
        function = option(function)
    return function


_SMALLEST_REPORT = 500
_LARGEST_COMMENT = 65_536


def reports(function: Decorated) -> Decorated:
    """``--report`` and ``--markdown-limit``."""
    for option in (
        kept(
            "--markdown-limit",
            type=click.IntRange(_SMALLEST_REPORT),
            default=_LARGEST_COMMENT,
            show_default=True,
            metavar="BYTES",
            help="The most bytes of a report in Markdown.",
        ),
        kept(
            "--report",
            REPORTS,
            multiple=True,
            metavar="FORMAT=PATH",
            help="Write a report, e.g. markdown=plan.md; - is standard output. Repeatable.",
        ),
    ):
        function = option(function)
    return function


auto_approve = click.option("--auto-approve", "--yes", "-y", "approved", is_flag=True, help="Do not ask.")
verbose = click.option("--verbose", "-v", is_flag=True, help="List every change, also identical ones.")
adopt = click.option("--adopt", is_flag=True, help="Take over what is declared and exists already, in this plan.")


def again(command: str, *words: str, kept: Collection[str] | None = None) -> str:
    """
    The running command with its options, to be typed again: another `command`, with `words`, and without consents.

    `kept` are the names of the options that the other command knows; None: all of them.
    """
    import shlex

    context = click.get_current_context()
    given = list(context.meta.get(WORDS, ()))[1:]
    values, _, order = context.command.make_parser(context).parse_args(given)
    found: list[str] = []
    for parameter in dict.fromkeys(order):
        name = parameter.name or ""
        if name in _WORDS_OF_CONSENT or (kept is not None and name not in kept):
            continue
        value = values[name]
        option = [word for word in parameter.opts if word.startswith("--")][:1]
        for one in value if isinstance(value, list) else [value]:
            # An argument that was not given has neither.
            if one is True or isinstance(one, str):
                found += option if one is True else [*option, one]
    return shlex.join(["reconciler", command, *words, *found])
