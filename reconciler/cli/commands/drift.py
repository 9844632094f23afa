"""``reconciler drift``."""

import os
from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode


@click.command(name="drift")
@options.chdir
@options.platform
@options.output("text", "json")
@options.colour
@options.no_colour
def command(
    *,
    root: Path,
    origin: str | None,
    token_file: Path | None,
    token_argument: str | None,
    wire_table: Path | None,
    form: str,
    colour: str,
    no_color: bool,
) -> int:
    """
    Show what changed on the platform since the last apply.

    Compares every object that this estate owns with what was last applied to it; the manifests do not matter. Exit
    code 2 when there is drift.
    """
    from reconciler.cli.session import opened
    from reconciler.cli.wiring import Platform
    from reconciler.kinds import kind_named
    from reconciler.plan.plan import Drift
    from reconciler.plan.planner import drift_of
    from reconciler.reports.plan_text import drift_text
    from reconciler.reports.style import painted, plain

    with opened(root, Platform(origin, token_file, token_argument, wire_table)) as session:
        snapshot = session.control_plane.snapshot()
        owned = session.inventory.owned.values() if session.inventory else ()
        found = []
        for row in sorted(owned, key=lambda row: row.address):
            live = snapshot.by_id.get((row.address.kind, row.remote_id))
            drift = (
                Drift(row.address, (), vanished=True)
                if live is None
                else drift_of(row, live, kind_named(row.address.kind), snapshot)
            )
            if drift is not None:
                found.append(drift)
    if form == "json":
        import json

        rows = [
            {
                "address": str(d.address),
                "vanished": d.vanished,
                "fields": [
                    {"path": f.path, "operation": f.operation.value, "before": f.before, "after": f.after}
                    for f in d.fields
                ],
            }
            for d in found
        ]
        click.echo(json.dumps({"formatVersion": "1.0", "drift": rows}, indent=2, ensure_ascii=False))
    elif found:
        wants = options.wants_colour(colour, no_colour_flag=no_color, environ=os.environ)
        click.echo(drift_text(found, painted if wants else plain))
    else:
        click.echo(f"No drift. {len(owned)} owned objects are as last applied.")
    return ExitCode.PENDING if found else ExitCode.FINE
