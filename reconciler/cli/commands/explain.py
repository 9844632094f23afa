"""``reconciler explain``."""

import click

from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import UsageError


@click.command(name="explain")
@click.argument("place", metavar="KIND[.FIELD]|NUMBER|GUARD", required=False)
def command(*, place: str | None) -> int:
    """
    Say what a kind, a field, a number or a guard means.

    Without an argument the kinds are listed; Estate is that of reconciler.yaml. A field is dotted, e.g.
    EndpointGroup.sessionInactivity.seconds; items of a list need no mark: RoutingPolicy.rules.target. A number is one
    that a message cites: D-40 (a rule of the platform), I7, F14, S9, R203. A guard is one that a plan names: simMoves.
    """
    if place is not None and (_explain_number(place) or _explain_guard(place)):
        return ExitCode.FINE
    from reconciler.diagnostics import nearest
    from reconciler.kinds import kinds
    from reconciler.manifests.configuration import SETTINGS
    from reconciler.manifests.metadata import ESTATE
    from reconciler.reports import reference

    known = {name: kind.shape for name, kind in kinds().items()} | {ESTATE: SETTINGS}
    if place is None:
        click.echo(reference.listing((name, shape.doc) for name, shape in known.items()))
        return ExitCode.FINE
    name, _, field = place.partition(".")
    by_lower = {kind.lower(): kind for kind in known}
    kind = by_lower.get(name.lower())
    if kind is None:
        guess = nearest(name, known)
        message = f"there is no kind {name[:40]!r}"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else f"kinds: {', '.join(known)}")
    shape = known[kind]
    text = reference.explained(kind, shape, field.removeprefix("spec.").replace("[]", ""))
    if text is None:
        fields = [path.replace("[]", "") for path, _ in shape.walk()]
        guess = nearest(field, fields)
        message = f"{kind} has no field {field[:60]!r}"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else f"see `reconciler explain {kind}`")
    click.echo(text)
    return ExitCode.FINE


def _explain_guard(place: str) -> bool:
    """Print what a guard counts and refuses; False when `place` names none."""
    from reconciler.reports.guards import explained, guard_named

    name = guard_named(place)
    if name is None:
        return False
    click.echo(explained(name))
    return True


def _explain_number(place: str) -> bool:
    """Print the rule whose number `place` spells; False when it spells none."""
    from reconciler import rulebook

    number = rulebook.number_of(place)
    if number is None:
        return False
    entry = rulebook.entries().get(number)
    if entry is None:
        from reconciler.diagnostics import nearest

        guess = nearest(number, rulebook.entries())
        message = f"the rule book has no number {number}"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else "see docs/reference/rules.md")
    from reconciler.reports.rules import explained

    click.echo(explained(entry))
    return True
