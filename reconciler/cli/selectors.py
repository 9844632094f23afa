"""The options that choose a part of an estate."""

from typing import TYPE_CHECKING

from reconciler.cli.options import Decorated, given, kept
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.operations.portion import Portion


def selection(function: Decorated) -> Decorated:
    """``--target``, ``--selector`` and ``--changed-since``; `selected` has what they say."""
    for option in (
        kept(
            "--changed-since",
            metavar="REV",
            help="Consider only the objects whose manifests differ from this Git revision, and what they need.",
        ),
        kept("--selector", "-l", metavar="LABELS", help="Consider only objects with these labels, e.g. team=noc."),
        kept(
            "--target",
            "targets",
            multiple=True,
            metavar="KIND/NAME",
            help="Consider only these objects, and what they need; a pattern too. Repeatable.",
        ),
    ):
        function = option(function)
    return function


def selected(*, prunes: bool) -> "Portion":
    """The part of the estate that the options of the running command choose; it never `prunes`."""
    from reconciler.operations.portion import Portion

    found = Portion(given("targets") or (), given("selector"), given("changed_since"))
    if prunes and not found.is_everything:
        message = f"--prune deletes what is left out, and {found.words} never does"
        raise UsageError(message, hint="leave out one of the two")
    return found
