"""``reconciler show``."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="show")
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--verbose", "-v", is_flag=True, help="List every change, also identical ones.")
@click.option("--calls", is_flag=True, help="Print the requests that apply would send, without secrets.")
@options.chdir
@options.guards
@options.output("text", "json")
@options.colour
def command(*, plan_file: Path, verbose: bool, calls: bool, form: str) -> int:
    """
    Show a saved plan.

    Checks the plan file as apply does: exit code 4 when it was altered, 3 when a guard refuses it under the limits that
    hold here. Needs no platform and no token.
    """
    from reconciler.cli.output import show_exactly, show_plan
    from reconciler.operations.plan import show, sim_requests
    from reconciler.reports.guards import way_on

    planned = show(options.estate(), plan_file)
    plan = planned.plan
    if calls:
        from reconciler.reports.calls import render

        click.echo(render(plan, sim_requests(planned)))
        return ExitCode.FINE
    if form == "json":
        from reconciler.reports.documents import plan_file as text_of

        show_exactly(text_of(plan))
    else:
        show_plan(planned, verbose=verbose)
    if plan.objections():
        command = options.again("apply", str(plan_file), "--expect", planned.digest, kept={"root", "policy"})
        click.echo(way_on(plan, command), err=True)
    return ExitCode.REFUSED if plan.objections() else ExitCode.FINE
