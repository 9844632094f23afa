"""``reconciler schema``."""

import click

from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import UsageError
from reconciler.model.json_text import json_text
from reconciler.redaction import KNOWN


@click.command(name="schema")
@click.argument("kind", required=False)
def command(*, kind: str | None) -> int:
    """
    Print the JSON Schemas of the manifests.

    Without an argument the schema of all kinds, for editors; with a kind its own, `Estate` being that of
    reconciler.yaml; with `plan` that of plan files.
    """
    from reconciler.kinds import kinds
    from reconciler.manifests.metadata import ESTATE
    from reconciler.plan.schema import PLAN_SCHEMA
    from reconciler.schemas import all_kinds_schema, estate_schema, kind_schema

    if kind is None:
        schema = all_kinds_schema()
    elif kind == "plan":
        schema = PLAN_SCHEMA
    elif kind == ESTATE:
        schema = estate_schema()
    elif kind in kinds():
        schema = kind_schema(kinds()[kind])
    else:
        message = f"there is no kind {kind[:40]!r}"
        raise UsageError(message, hint=f"kinds: {', '.join(kinds())}, {ESTATE}, plan")
    # It is the same for everybody, so nothing in it is anybody's secret.
    with KNOWN.exactly():
        click.echo(json_text(schema, indent=2))
    return ExitCode.FINE
