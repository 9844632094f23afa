"""The options that choose a part of an estate."""

from typing import TYPE_CHECKING

from reconciler.cli.options import FILE, Decorated, given, kept
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.operations.estate import Estate
    from reconciler.operations.planning import Planned
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


def comparison(function: Decorated) -> Decorated:
    """``--base``, ``--against`` and ``--expect``: what a plan is compared with."""
    for option in (
        kept(
            "--expect",
            metavar="DIGEST",
            help="Exit with 4 unless the plan has this digest, or effect:sha256:… for what it does.",
        ),
        kept("--against", type=FILE, metavar="PLAN", help="Say what is new, gone or different since this saved plan."),
        kept(
            "--base",
            metavar="REV",
            help="Say whose each change is: by comparison with the manifests of this Git revision, e.g. origin/main.",
        ),
    ):
        function = option(function)
    return function


def compared(estate: "Estate", planned: "Planned") -> tuple[str, ...]:
    """How a plan differs from the one that the caller names; `PlanFileError` where it is not the expected one."""
    from reconciler.operations.expectation import hold_to
    from reconciler.operations.plan import load_plan, since_plan

    file = given("against")
    hold_to(planned, given("expect"), None if file is None else load_plan(file).plan)
    return since_plan(estate, planned, file)
