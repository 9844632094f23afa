"""``reconciler adopt``."""

import click

from reconciler.cli import options
from reconciler.cli.commands.apply import auto_approve, parallelism
from reconciler.errors import UsageError


@click.command(name="adopt")
@click.argument("addresses", metavar="[KIND/NAME]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that is declared and exists.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Everything of this kind; repeatable.")
@options.chdir
@options.platform
@auto_approve
@parallelism
@options.guards
@options.colour
def command(
    *,
    addresses: tuple[str, ...],
    everything: bool,
    kinds: tuple[str, ...],
    approved: bool,
    parallelism: int,
) -> int:
    """
    Take over objects that exist already and are declared, e.g. VSlice/vantiq-fleet or "VSlice/vantiq-*".

    Nothing is sent: the objects become ours as they are, and the next plan shows how they differ from the manifests.
    """
    from reconciler.cli.applying import applied
    from reconciler.operations.adopt import adopt

    patterns = (*addresses, *(f"{kind}/*" for kind in kinds), *(("*",) if everything else ()))
    if not patterns:
        message = "nothing is named to be taken over"
        raise UsageError(message, hint="name objects (KIND/NAME), or add --all or --kind KIND")
    if not (approved or options.is_interactive()):
        message = "nobody can be asked for approval here"
        raise UsageError(message, hint="add --auto-approve")
    estate = options.estate()
    return applied(
        lambda review: adopt(estate, patterns, parallelism=parallelism, review=review),
        is_approved=approved,
        verbose=True,
    )
