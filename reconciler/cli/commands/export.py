"""The command ``export``: the account as manifests."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.operations.export import Exported

_MOST_ROWS = 40
_LAYOUTS = ("kind", "vslice", "group")


@click.command(name="export")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--into",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Add what is missing to the estate in DIR, and leave every other byte of it alone.",
)
@click.option("--layout", type=click.Choice(_LAYOUTS), default="kind", help="A file for each kind, VSlice or group.")
@click.option("--brief", is_flag=True, help="Leave out fields at the platform's default: they are not managed then.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only objects of this kind; repeatable.")
@click.option("--vslice", "vslices", multiple=True, metavar="NAME", help="Only what lies in this VSlice, or pattern.")
@click.option("--address", "addresses", multiple=True, metavar="ADDRESS", help="Only this address, or pattern.")
@click.option(
    "--selector",
    "selectors",
    multiple=True,
    metavar="FIELD=PATTERN",
    help="Only where a field fits: name, a field of the spec, or tag, reference, state, iccid of SIMs.",
)
@click.option("--unmanaged", is_flag=True, help="Only what the estate here neither owns nor declares.")
@options.chdir
@options.platform
def export_command(
    *,
    folder: Path | None,
    into: Path | None,
    layout: str,
    brief: bool,
    kinds: Sequence[str],
    vslices: Sequence[str],
    addresses: Sequence[str],
    selectors: Sequence[str],
    unmanaged: bool,
) -> int:
    """
    Write manifests of everything that the account has, or of what spec.scope of the estate here lets it own.

    DIR must be empty or not exist. Objects are written with all their fields, SIMs as one file and one EndpointSet for
    each group, secrets as references to environment variables, which secrets.example lists. The files are validated and
    planned against what was read: a value that no manifest can hold is left unmanaged, and listed with the reason.
    Taking over what is written is a change of its own: plan and apply with --adopt, which sends nothing.
    """
    from reconciler.operations.export import export, export_into, wish_of

    if (folder is None) == (into is None):
        message = "export needs one folder"
        raise UsageError(message, hint="name an empty DIR, or an estate with --into DIR")
    estate = options.estate()
    wish = wish_of(
        estate,
        layout=layout,
        is_brief=brief,
        kinds=kinds,
        vslices=vslices,
        addresses=addresses,
        selectors=selectors,
        only_unmanaged=unmanaged,
    )
    exported = export(estate, folder, wish) if folder is not None else export_into(estate, into or Path(), wish)
    return _shown(exported, folder or into or Path(), is_added=into is not None)


def _shown(exported: "Exported", folder: Path, *, is_added: bool) -> int:
    objects = exported.objects
    parts = [f"{objects:,} object{'' if objects == 1 else 's'}"]
    if exported.sims:
        parts.append(f"{exported.sims:,} SIM{'' if exported.sims == 1 else 's'}")
    click.echo(f"{'Added' if is_added else 'Exported'} {' and '.join(parts)} to {folder}.")
    for address, why in exported.left_out:
        click.echo(f"left out: {address}, {why}", err=True)
    _table(exported)
    if exported.variables:
        count = len(exported.variables)
        secrets = "secret, as an environment variable" if count == 1 else "secrets, as environment variables"
        click.echo(f"They read {count} {secrets}: see {exported.file_like('secrets.example')}", err=True)
    if exported.failures:
        for failure in exported.failures[:_MOST_ROWS]:
            click.echo(f"not proven: {failure}", err=True)
        outcome = "nothing was written" if is_added else "mend what is named above"
        click.echo(f"The manifests are not valid, or a plan of them is not empty: {outcome}.", err=True)
        return ExitCode.INVALID
    click.echo("Checked: the manifests are valid, and a plan of them changes nothing.", err=True)
    click.echo(f"Take it over with: reconciler apply --adopt -C {folder}", err=True)
    return ExitCode.FINE


def _table(exported: "Exported") -> None:
    if not exported.leftovers:
        return
    count = len(exported.leftovers)
    click.echo(f"Not managed, and kept on the platform as {'it is' if count == 1 else 'they are'}:", err=True)
    click.echo("  object · field · live value · why", err=True)
    for one in exported.leftovers[:_MOST_ROWS]:
        click.echo(f"  {one.object} · {one.field or '-'} · {one.short} · {one.why}", err=True)
    if count > _MOST_ROWS:
        click.echo(f"  and {count - _MOST_ROWS:,} more: see {exported.file_like('not-managed.csv')}", err=True)
