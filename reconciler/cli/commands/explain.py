"""``reconciler explain``."""

import click

from reconciler.cli.exit_codes import ExitCode


@click.command(name="explain")
@click.argument("place", metavar="KIND[.FIELD]|NUMBER|GUARD", required=False)
def command(*, place: str | None) -> int:
    """
    Say what a kind, a field, a number or a guard means.

    Without an argument the kinds are listed; Estate is that of reconciler.yaml. A field is dotted, e.g.
    EndpointGroup.sessionInactivity.seconds; items of a list need no mark: RoutingPolicy.rules.target. A number is one
    that a message cites: D-40 (a rule of the platform), I7, F14, S9, R203. A guard is one that a plan names: simMoves.
    """
    from reconciler.operations.explain import explain

    click.echo(explain(place))
    return ExitCode.FINE
