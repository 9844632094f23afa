"""Options that several commands share, and where their values come from."""

import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO

import click

from reconciler.errors import UsageError

Decorated = Callable[..., Any]

# What the flags of the running command say; asked where the store and the secrets are looked for.
_STORE: ContextVar[str | None] = ContextVar("chosen store", default=None)
_SECRETS: ContextVar[tuple[str, ...]] = ContextVar("allowed secrets", default=())


def _choose_store(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    _STORE.set(value)


def _allow_secrets(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:
    _SECRETS.set(value)


def chosen_store() -> str | None:
    """The address of ``--store``."""
    return _STORE.get()


def allowed_secrets() -> tuple[str, ...]:
    """The patterns of ``--secrets``."""
    return _SECRETS.get()


def chdir(function: Decorated) -> Decorated:
    """The root of the estate, and the store that the caller names; `chosen_store` knows it."""
    root = click.option(
        "--chdir",
        "-C",
        "root",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        metavar="DIR",
        help="The root of the estate (default: here).",
    )
    store = click.option(
        "--store",
        metavar="ADDRESS",
        expose_value=False,
        callback=_choose_store,
        help="The store, e.g. postgresql://host/database; default: RECONCILER_STORE, then spec.store.",
    )
    decorated: Decorated = root(store(function))
    return decorated


secrets = click.option(
    "--secrets",
    metavar="PATTERN",
    multiple=True,
    expose_value=False,
    callback=_allow_secrets,
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
    "--prune",
    "prunes",
    is_flag=True,
    help="With --file: delete what the estate owns and these manifests leave out.",
)
# What the flags of the running command say; asked where colour is decided, also after the command has failed.
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


def _without_blanks(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    return value.strip() or None if value is not None else None


def platform(function: Decorated) -> Decorated:
    """The options that say which platform is meant."""
    for option in (
        click.option(
            "--wire-table",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Override unverified parts of the wire.",
        ),
        click.option(
            "--token-file",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Read the API token from this file.",
        ),
        secrets,
        click.option("--token", "token_argument", hidden=True),
        click.option(
            "--platform",
            "origin",
            envvar="STACUITY_HOST",
            callback=_without_blanks,
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


def existing_root(root: Path) -> Path:
    """The root of the estate; `UsageError` when there is no such folder."""
    if not root.is_dir():
        message = f"there is no folder {root}"
        raise UsageError(message, hint="name the folder of an estate with --chdir")
    return root


# What is consented to belongs to one command, and ends with it.
_CONSENTS, _POLICY = "reconciler.consents", "reconciler.policy"


def consents() -> Mapping[Any, int]:
    """What ``--allow`` of the running command consents to: the exact number, by guard."""
    found: Mapping[Any, int] = _given(_CONSENTS) or MappingProxyType({})
    return found


def policy_file() -> Path | None:
    """The file of ``--policy``."""
    found: Path | None = _given(_POLICY)
    return found


def _given(name: str) -> Any:
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(name)


def _choose_policy(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    ctx.meta[_POLICY] = value


def _take_consents(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:
    from reconciler.diagnostics import nearest
    from reconciler.plan.limits import Guard, NotALimit, number_of

    found: dict[Guard, int] = dict(ctx.meta.get(_CONSENTS, {}))
    names = [guard.value for guard in Guard]
    for text in value:
        name, sign, number = text.partition("=")
        if name not in names:
            guess = nearest(name, names)
            message = f"--allow names no guard: {name[:40]!r}"
            raise UsageError(message, hint=f"did you mean {guess}?" if guess else f"guards: {', '.join(names)}")
        try:
            count = number_of(number if sign else None)
        except NotALimit as error:
            message = f"--allow {name} takes {error.expected}"
            hint = f"write --allow {name}=NUMBER with the number that the plan prints"
            raise UsageError(message, hint=hint) from None
        if found.get(Guard(name), count) != count:
            message = f"--allow {name} is given twice, with different numbers"
            raise UsageError(message, hint="give the number that the plan prints, once")
        found[Guard(name)] = count
    ctx.meta[_CONSENTS] = found


def _take_terminations(ctx: click.Context, param: click.Parameter, value: int | None) -> None:
    if value is not None:
        _take_consents(ctx, param, (f"terminations={value}",))


def guards(function: Decorated) -> Decorated:
    """``--allow`` and ``--policy``; `consents` and `policy_file` know what they say, so commands take no parameter."""
    for option in (
        click.option(
            "--allow-terminate",
            type=click.IntRange(1),
            expose_value=False,
            hidden=True,
            callback=_take_terminations,
        ),
        click.option(
            "--policy",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            expose_value=False,
            callback=_choose_policy,
            help="Limits that win over those of reconciler.yaml.",
        ),
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


adopt = click.option("--adopt", is_flag=True, help="Take over what is declared and exists already, in this plan.")
