"""Options that several commands share, and where their values come from."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from reconciler.errors import UsageError

Decorated = Callable[..., Any]

chdir = click.option(
    "--chdir",
    "-C",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="The root of the estate (default: here).",
)
files = click.option(
    "-f",
    "--file",
    "paths",
    multiple=True,
    metavar="PATH",
    help="Read these manifests instead of the configured ones; - is standard input. Repeatable.",
)
colour = click.option(
    "--color", "colour", type=click.Choice(["auto", "always", "never"]), default="auto", help="Whether to use colour."
)
no_colour = click.option("--no-color", is_flag=True, help="The same as --color never.")


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
        click.option("--token", "token_argument", hidden=True),
        click.option(
            "--platform",
            "origin",
            envvar="STACUITY_HOST",
            metavar="URL",
            help="The platform's API, e.g. https://api.stacuity.com/api/v1.",
        ),
    ):
        function = option(function)
    return function


def wants_colour(colour_choice: str, *, no_colour_flag: bool, environ: Any, stream: Any = None) -> bool:
    """Flag > NO_COLOR > FORCE_COLOR > TERM=dumb > terminal."""
    if no_colour_flag or colour_choice == "never":
        return False
    if colour_choice == "always":
        return True
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return environ.get("TERM") != "dumb" and bool(getattr(stream or sys.stdout, "isatty", lambda: False)())


def existing_root(root: Path) -> Path:
    """The root of the estate; `UsageError` when there is no such folder."""
    if not root.is_dir():
        message = f"there is no folder {root}"
        raise UsageError(message, hint="name the folder of an estate with --chdir")
    return root


allow_terminate = click.option(
    "--allow-terminate",
    type=click.IntRange(1),
    metavar="N",
    help="Allow exactly N SIMs to be terminated, which cannot be undone.",
)
