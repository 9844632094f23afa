"""``reconciler recover``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from reconciler.apply.recovery import Recovered
    from reconciler.errors import LockError
    from reconciler.store.records import Epoch


@click.command(name="recover")
@options.chdir
@options.platform
def command(
    *, root: Path, origin: str | None, token_file: Path | None, token_argument: str | None, wire_table: Path | None
) -> int:
    """
    Find out what became of the requests of an interrupted run.

    Reads the platform and writes down what it finds, object by object; nothing is sent, and the manifests are not
    looked at. A lock that a killed run left in PostgreSQL is waited for until its lease ends. Every apply recovers
    first; do it alone to know before you decide. Exit code 7: something could not be found out, and those objects are
    left alone until it is.
    """
    from reconciler.apply.recovery import recover_alone
    from reconciler.cli import store_choice, wiring
    from reconciler.cli.estates import unknown
    from reconciler.control_plane.errors import ControlPlaneError
    from reconciler.manifests.configuration import sound_configuration
    from reconciler.store.lock import IN_FLIGHT_SECONDS
    from reconciler.store.store import Store

    configuration, _ = sound_configuration(options.existing_root(root))
    environment = wiring.machine()
    location = store_choice.store_location(configuration, root, environment)
    platform = wiring.Platform(origin, token_file, token_argument, wire_table)
    with Store.open(location, estate=configuration.name, create=False, environment=environment) as store:
        if store.lineage is None and (others := [estate.name for estate in store.estates()]):
            raise unknown(configuration.name, others, location)
        if not store.unresolved():
            click.echo("Nothing to recover: every request has an outcome.")
            return ExitCode.FINE
        digest = wiring.digester(store.hmac_key)
        with wiring.control_plane(root, platform, digest, environment) as control_plane:
            in_flight_seconds = 0 if control_plane.is_local else IN_FLIGHT_SECONDS
            try:
                recovered = recover_alone(
                    store,
                    control_plane=control_plane,
                    environment=environment,
                    digest_secret=digest,
                    in_flight_seconds=in_flight_seconds,
                    on_begin=lambda epoch: _announce(epoch, in_flight_seconds),
                    on_wait=_announce_wait,
                )
            except ControlPlaneError:
                click.echo("Nothing was found out; run `reconciler recover` again when the platform answers.", err=True)
                raise
    return _report(recovered)


def _announce(epoch: "Epoch", in_flight_seconds: float) -> None:
    seconds = min(epoch.drain_seconds, in_flight_seconds)
    wait = f" Requests may still land for {seconds:.0f} s; waiting for them where it matters." if seconds else ""
    click.echo(f"Reading what became of the requests of an interrupted run; nothing is sent.{wait}", err=True)


def _announce_wait(error: "LockError", seconds: float) -> None:
    click.echo(
        f"{error}. Its lease ends in {seconds:.0f} s unless it is renewed, as a run that lives does; waiting for that.",
        err=True,
    )


def _report(recovered: "Recovered") -> int:
    from reconciler.reports.diagnostics import escaped

    width = max(map(len, map(str, (*recovered.found, *recovered.unknown))), default=0)
    for address, words in sorted(recovered.found.items()):
        click.echo(f"{address!s:<{width}}  {words}")
    for address, words in sorted(recovered.unknown.items()):
        click.echo(f"{address!s:<{width}}  unknown: {escaped(words)}")
    click.echo(f"{len(recovered.found)} found out, {len(recovered.unknown)} still unknown.")
    if recovered.unknown:
        click.echo(
            "Run `reconciler recover` again when the platform answers; until then they are left alone.", err=True
        )
        return ExitCode.UNKNOWN
    click.echo("Go on with: reconciler plan", err=True)
    return ExitCode.FINE
