"""``reconciler drift``."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from reconciler.plan.plan import Drift


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
    from reconciler.plan.drifting import drift_since
    from reconciler.reports.plan_text import drift_text
    from reconciler.reports.style import painted, plain

    with opened(root, Platform(origin, token_file, token_argument, wire_table)) as session:
        owned = session.inventory.owned if session.inventory else {}
        found = drift_since(owned, session.control_plane.snapshot())
    if form == "json":
        click.echo(_document(found))
    elif found:
        wants = options.wants_colour(colour, no_colour_flag=no_color, environ=os.environ)
        click.echo(drift_text(found, painted if wants else plain))
    else:
        click.echo(f"No drift. {len(owned)} owned objects are as last applied.")
    return ExitCode.PENDING if found else ExitCode.FINE


def _document(found: "Sequence[Drift]") -> str:
    rows = [
        {
            "address": str(drift.address),
            "vanished": drift.vanished,
            "fields": [
                {"path": f.path, "operation": f.operation.value, "before": f.before, "after": f.after}
                for f in drift.fields
            ],
        }
        for drift in found
    ]
    return json.dumps({"formatVersion": "1.0", "drift": rows}, indent=2, ensure_ascii=False)
