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
def command(*, plan_file: Path, root: Path, verbose: bool, calls: bool, form: str) -> int:
    """
    Show a saved plan.

    Checks the plan file as apply does: exit code 4 when it was altered, 3 when a guard refuses it under the limits that
    hold here. Needs no platform and no token.
    """
    from reconciler.cli.commands.plan import show_plan
    from reconciler.cli.guarding import again, judged, way_on
    from reconciler.cli.wiring import caller_policy
    from reconciler.manifests.configuration import sound_configuration
    from reconciler.plan.planfile import load

    plan, digest = load(plan_file)
    plan = judged(plan, caller_policy().limits.over(sound_configuration(root)[0].guardrails))
    if calls:
        from reconciler.apply.sim_calls import sim_calls
        from reconciler.reports.calls import render

        click.echo(render(plan, sim_calls(plan.roster)))
        return ExitCode.FINE
    show_plan(plan, digest, form, verbose=verbose)
    if plan.objections():
        command = again("apply", str(plan_file), "--expect", digest, kept={"root", "policy"})
        click.echo(way_on(plan, command), err=True)
    return ExitCode.REFUSED if plan.objections() else ExitCode.FINE
