"""``reconciler doctor``."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.errors import InvalidManifests, ReconcilerError

if TYPE_CHECKING:
    from reconciler.cli.wiring import Platform


@click.command(name="doctor")
@options.chdir
@options.platform
def command(
    *, root: Path, origin: str | None, token_file: Path | None, token_argument: str | None, wire_table: Path | None
) -> int:
    """
    Check configuration, store, platform and token; changes nothing.

    Every check is made, whatever the others found; the exit code is that of the first one that failed.
    """
    from reconciler.cli.wiring import Platform

    platform = Platform(origin, token_file, token_argument, wire_table)
    code = ExitCode.FINE.value
    for name, check in _checks(options.existing_root(root), platform):
        try:
            click.echo(f"ok    {name}: {check()}")
        except InvalidManifests as error:
            click.echo(f"FAIL  {name}: {error}; run `reconciler validate`")
            code = code or error.exit_code
        except ReconcilerError as error:
            click.echo(f"FAIL  {name}: {error}{f' ({error.hint})' if error.hint else ''}")
            code = code or error.exit_code
    return code


def _checks(root: Path, platform: "Platform") -> Iterator[tuple[str, Callable[[], str]]]:
    from reconciler.cli import store_choice, wiring
    from reconciler.cli.secret_source import references, require
    from reconciler.cli.session import checked, inspected
    from reconciler.manifests.configuration import load_configuration
    from reconciler.reports.diagnostics import escaped
    from reconciler.store.reader import read_inventory

    environment = wiring.machine()
    configuration, _ = load_configuration(root, lambda _: None)

    def store() -> str:
        location = store_choice.store_location(configuration, root, environment)
        inventory = read_inventory(location, configuration.name)
        return f"{location}, {len(inventory.owned)} objects owned" if inventory else f"{location}, not made yet"

    def reached() -> str:
        with wiring.control_plane(root, platform, wiring.digester(None), environment) as control_plane:
            account = control_plane.account()
            return f"{escaped(account.platform)}, the token is accepted"

    def secrets() -> str:
        loaded = inspected(root).sound()
        location = store_choice.store_location(configuration, root, environment)
        source = wiring.secret_source(
            root, environment, platform=platform, store=location, allowed=wiring.caller_policy().secrets
        )
        needed = {reference: address for address, _, reference in references(loaded)}
        require(needed, source)
        return f"{len(needed)} read" if needed else "the manifests name none"

    yield "manifests", lambda: f"{len(checked(root).built.estate)} objects, valid"
    yield "store", store
    yield "secrets", secrets
    yield "platform", reached
