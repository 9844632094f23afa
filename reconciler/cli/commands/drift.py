"""``reconciler drift``."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import StoreError

if TYPE_CHECKING:
    from reconciler.cli.session import Session
    from reconciler.plan.plan import Drift
    from reconciler.plan.sim_drift import SimDrift

_MOST_SIMS = 20


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

    Compares every object that this estate owns with what was last applied to it, and every SIM with the manifests and
    files that were last applied, as long as these are the same. Exit code 2 when there is drift. Objects and SIMs
    outside of spec.scope are not compared.
    """
    from reconciler.cli.output import show, show_document
    from reconciler.cli.session import opened
    from reconciler.cli.wiring import Platform
    from reconciler.operations import inputs_of, sims_since
    from reconciler.plan.drifting import drift_since
    from reconciler.plan.scoping import all_outside
    from reconciler.reports.plan_text import drift_text
    from reconciler.reports.style import painted, plain

    with opened(root, Platform(origin, token_file, token_argument, wire_table)) as session:
        if session.inventory is None:
            message = f"there is no store at {session.location}, so nothing is known of what was applied"
            raise StoreError(message, hint="run this where the store is, or name a shared one in reconciler.yaml")
        owned = session.inventory.owned
        snapshot = session.control_plane.snapshot()
        beyond = all_outside(owned.values(), snapshot, session.loaded.configuration.scope)
        owned = {address: row for address, row in owned.items() if address not in beyond}
        found = drift_since(owned, snapshot)
        roster = session.loaded.roster
        as_of, standing = _last_applied(session)
        is_known = roster is None or as_of == inputs_of(session.loaded)
        known = standing if is_known else {}
        sims = sims_since(session.loaded, session.control_plane, snapshot, session.inventory, standing=known)
    if beyond:
        count = f"{len(beyond):,} owned object{' is' if len(beyond) == 1 else 's are'}"
        some = ", ".join(map(str, beyond[:_MOST_SIMS]))
        click.echo(f"note: {count} outside of the scope (spec.scope), and not compared: {some}", err=True)
    if sims and not is_known:
        # What the manifests say by now is not what was applied: how the SIMs differ from it is for `plan` to show.
        click.echo(
            f"note: {len(sims):,} SIMs are not as the manifests say, which changed since SIMs were last applied "
            "completely; whether they drifted is not known: see `reconciler plan`",
            err=True,
        )
        sims = ()
    if form == "json":
        show_document(_document(found, sims))
    elif found or sims:
        paint = painted if options.is_coloured(sys.stdout) else plain
        show("\n".join([*([drift_text(found, paint)] if found else []), *_sims_text(sims)]))
    else:
        more = f", and so are {len(roster.members):,} SIMs" if roster is not None and is_known else ""
        click.echo(f"No drift. {len(owned)} owned objects are as last applied{more}.")
    return ExitCode.PENDING if found or sims else ExitCode.FINE


def _last_applied(session: "Session") -> "tuple[str | None, Mapping[str, frozenset[str]]]":
    """What SIMs were last applied as, and those that were not as listed even then."""
    from reconciler.store.store import Store

    estate = session.loaded.configuration.name
    with Store.open(session.location, estate=estate, create=False, environment=session.environment) as store:
        return store.sims_as_of(), store.sims_standing()


def _sims_text(sims: "Sequence[SimDrift]") -> Iterator[str]:
    from reconciler.reports.diagnostics import escaped
    from reconciler.reports.roster_text import short

    if sims:
        yield f"{len(sims):,} SIM{'' if len(sims) == 1 else 's'} changed since the last apply"
    for one in sims[:_MOST_SIMS]:
        because = f"  {one.address}" if one.address else ""
        yield f"  {short(one.sim)} {escaped(one.what)}{escaped(because)}"
    if len(sims) > _MOST_SIMS:
        yield f"  and {len(sims) - _MOST_SIMS:,} more (--output json lists all)"


def _document(found: "Sequence[Drift]", sims: "Sequence[SimDrift]") -> dict[str, Any]:
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
    listed = [{"sim": one.sim, "address": one.address, "what": one.what} for one in sims]
    return {"formatVersion": "1.0", "drift": rows, "sims": listed}
