"""``reconciler drift``."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import StoreError

if TYPE_CHECKING:
    from reconciler.plan.plan import Drift


@click.command(name="drift")
@options.chdir
@options.platform
@options.output("text", "json")
@options.colour
def command(
    *,
    root: Path,
    origin: str | None,
    token_file: Path | None,
    token_argument: str | None,
    wire_table: Path | None,
    form: str,
) -> int:
    """
    Show what changed on the platform since the last apply.

    Compares every object that this estate owns with what was last applied to it; the manifests do not matter. Exit
    code 2 when there is drift.
    """
    from reconciler.cli.output import show
    from reconciler.cli.session import opened
    from reconciler.cli.wiring import Platform
    from reconciler.plan.drifting import drift_since
    from reconciler.reports.plan_text import drift_text
    from reconciler.reports.style import painted, plain

    with opened(root, Platform(origin, token_file, token_argument, wire_table)) as session:
        if session.inventory is None:
            message = f"there is no store at {session.location}, so nothing is known of what was applied"
            raise StoreError(message, hint="run this where the store is, or name a shared one in reconciler.yaml")
        owned = session.inventory.owned
        found = drift_since(owned, session.control_plane.snapshot())
    if form == "json":
        click.echo(_document(found))
    elif found:
        show(drift_text(found, painted if options.is_coloured(sys.stdout) else plain))
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
