"""Commands that show a plan: ``plan`` and ``show``."""

import sys
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli import options, selectors
from reconciler.cli.exit_codes import ExitCode
from reconciler.redaction import KNOWN

_OF_APPLY = frozenset({"root", "store", "secrets", "origin", "token_file", "token_argument", "wire_table", "policy"})
_OF_PLANNING = frozenset({"paths", "prunes", "adopt", "targets", "selector", "changed_since"})


@click.command(name="plan")
@options.chdir
@options.the_only_files
@selectors.selection
@options.prune
@options.platform
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan, for review and `apply FILE`.",
)
@click.option(
    "--detailed-exitcode",
    "--exit-code",
    "--non-zero-exit-code",
    "detailed",
    is_flag=True,
    help="Exit with 2 when changes are pending.",
)
@selectors.comparison
@options.adopt
@options.guards
@options.reports
@options.verbose
@options.output("text", "json")
@options.colour
def plan_command(
    *,
    paths: tuple[str, ...],
    prunes: bool,
    out: Path | None,
    detailed: bool,
    adopt: bool,
    verbose: bool,
    form: str,
) -> int:
    """
    Show what would change, and how many SIMs it touches.

    Reads the whole account and compares it with the manifests. Changes nothing. A refusal by a guard never hides the
    plan: everything is printed and written, then the exit code is 3.
    """
    from reconciler.cli.main import show_error
    from reconciler.cli.output import show_exactly, show_view, view_of
    from reconciler.cli.reporting import reporting
    from reconciler.operations.plan import missing_secrets, plan
    from reconciler.reports.plan_view import Purpose

    estate = options.estate()
    chosen = selectors.selected(prunes=prunes)
    with reporting(Purpose.PLAN, estate, out) as reports:
        planned = plan(estate, paths=paths, prunes=prunes, adopting=adopt, base=options.given("base"), selection=chosen)
        found = planned.plan
        code = ExitCode.PENDING if detailed and not found.is_empty else ExitCode.FINE
        # At a desk the line in the plan is enough; a program that asks by the exit code always hears of it.
        unresolved = missing_secrets(estate, planned, is_silent=detailed and found.is_empty)
        if found.objections():
            code, unresolved = ExitCode.REFUSED, None
        elif unresolved is not None:
            code = ExitCode.INVALID
        is_taken = (out is not None and planned.save(out)) or reports.take_standard_output
        context = replace(reports.context, exit_code=code, since=selectors.compared(estate, planned))
        if unresolved is not None:
            context = replace(context, error=str(unresolved), hint=unresolved.hint)
        view = view_of(planned, context)
        reports.write(view)
        # A plan file or a report on standard output has it for itself.
        with redirect_stdout(sys.stderr) if is_taken else nullcontext():
            if form == "json":
                from reconciler.reports.documents import view_document

                show_exactly(view_document(view, redacted=KNOWN.document))
            else:
                show_view(view, verbose=verbose)
    if found.objections() or out is not None:
        from reconciler.reports.guards import consents_of, way_on

        words, kept = ((str(out), "--expect", planned.digest), _OF_APPLY) if out else ((), _OF_APPLY | _OF_PLANNING)
        apply = options.again("apply", *words, kept=kept)
        saved = f"Saved to {out}. " if out is not None else ""
        further = way_on(found, apply) if found.objections() else f"Apply it with: {apply}{consents_of(found)}"
        click.echo(f"{saved}{further}", err=True)
    if unresolved is not None:
        show_error(unresolved)
    return code


@click.command(name="show")
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path, dir_okay=False))
@options.verbose
@click.option("--calls", is_flag=True, help="Print the requests that apply would send, without secrets.")
@options.chdir
@options.guards
@options.reports
@options.output("text", "json")
@options.colour
def show_command(*, plan_file: Path, verbose: bool, calls: bool, form: str) -> int:
    """
    Show a saved plan.

    Checks the plan file as apply does: exit code 4 when it was altered, 3 when a guard refuses it under the limits that
    hold here. Needs no platform and no token.
    """
    from reconciler.cli.output import show_exactly, show_view, view_of
    from reconciler.cli.reporting import reporting
    from reconciler.operations.plan import show, sim_requests
    from reconciler.reports.guards import way_on
    from reconciler.reports.plan_view import Purpose

    estate = options.estate()
    with reporting(Purpose.PLAN, estate) as reports:
        planned = show(estate, plan_file)
        plan = planned.plan
        code = ExitCode.REFUSED if plan.objections() else ExitCode.FINE
        view = view_of(planned, replace(reports.context, exit_code=code))
        reports.write(view)
        with redirect_stdout(sys.stderr) if reports.take_standard_output else nullcontext():
            if calls:
                from reconciler.reports.calls import render

                click.echo(render(plan, sim_requests(planned)))
                return ExitCode.FINE
            if form == "json":
                from reconciler.reports.documents import plan_file as text_of

                show_exactly(text_of(plan))
            else:
                show_view(view, verbose=verbose)
    if plan.objections():
        command = options.again("apply", str(plan_file), "--expect", planned.digest, kept={"root", "policy"})
        click.echo(way_on(plan, command), err=True)
    return code
