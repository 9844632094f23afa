"""One command's session: the checked estate, its store and the platform, opened in order."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import store_choice, wiring
from reconciler.cli.beside import be_alone, refuses_ownership, said_of_others
from reconciler.cli.guarding import judged
from reconciler.cli.inputs import max_files, standard_input
from reconciler.cli.options import existing_root
from reconciler.cli.secret_source import SecretSource, examined, permit, unavailable
from reconciler.diagnostics import Diagnostic
from reconciler.environment import Environment, is_ci
from reconciler.errors import StoreError
from reconciler.manifests.declarations import Loaded
from reconciler.model.inventory import Inventory
from reconciler.model.secret import Digester, SecretRef
from reconciler.operations import Checked, Planned, check
from reconciler.operations import plan as make_plan
from reconciler.plan.limits import STANDARD, Limits
from reconciler.plan.plain_words import plain_words, plain_words_of_inventory
from reconciler.redaction import KNOWN
from reconciler.store.location import StoreLocation
from reconciler.store.reader import read, read_inventory
from reconciler.store.records import Claim

if TYPE_CHECKING:
    from reconciler.control_plane.rest import RestControlPlane


_MOST_PLANS = 3


@dataclass(frozen=True, slots=True)
class Session:
    """
    What a command works with. `inventory` is None before the first apply, `diagnostics` are the warnings.

    `claims` are creations that may have taken effect unseen; `is_changing`: the command is to change something.
    """

    root: Path
    loaded: Loaded
    environment: Environment
    location: StoreLocation
    inventory: Inventory | None
    digest: Digester
    control_plane: "RestControlPlane"
    secrets: SecretSource
    diagnostics: tuple[Diagnostic, ...] = ()
    claims: tuple[Claim, ...] = ()
    is_changing: bool = False
    limits: Limits = STANDARD

    def plan(self, *, destroying: bool = False, prunes: bool = False, adopting: bool = False) -> Planned:
        """
        A fresh plan; `prunes`: what is ours and was not read goes too; `adopting`: what exists becomes ours.

        The store is read before the platform, so a run of somebody else may own by then what seems to be foreign: the
        plan is made again while the store changes. A command that changes things raises `LockError` beside such a run.
        """
        session = self
        for _ in range(_MOST_PLANS):
            planned = session._judged(destroying=destroying, prunes=prunes, adopting=adopting)
            unresolved = unavailable(planned.plan) if self.is_changing else None
            if unresolved is not None and is_ci(self.environment.variables):
                raise unresolved
            if not (self.is_changing or refuses_ownership(planned)):
                return planned
            if self.is_changing:
                be_alone(self.location, self.environment)
            stored = read(self.location, self.loaded.configuration.name)
            if stored is None or (stored.inventory, stored.claims) == (session.inventory, session.claims):
                break
            session = replace(session, inventory=stored.inventory, claims=stored.claims)
        return said_of_others(planned, session.inventory, self.location, self.environment)

    def _judged(self, *, destroying: bool, prunes: bool, adopting: bool) -> Planned:
        planned = self._planned(destroying=destroying, prunes=prunes, adopting=adopting)
        return replace(planned, plan=judged(planned.plan, self.limits))

    def _planned(self, *, destroying: bool, prunes: bool, adopting: bool) -> Planned:
        return make_plan(
            self.loaded,
            self.control_plane,
            inventory=self.inventory,
            digest_secret=self.digest,
            find_secret=self.secrets.find,
            destroying=destroying,
            prunes=prunes,
            adopting=adopting,
            is_unread=lambda file: file not in self.loaded.sources and (self.root / file).is_file(),
            claims=self.claims,
        )


def inspected(root: Path, paths: Sequence[str] = (), platform: wiring.Platform | None = None) -> Checked:
    """The estate at `root` with every finding; no manifest reads the token file of `platform`, or the store."""
    environment = wiring.machine()

    def owned(loaded: Loaded) -> Inventory | None:
        try:
            location = store_choice.store_location(loaded.configuration, root, environment)
            return read_inventory(location, loaded.configuration.name)
        except StoreError:
            # Only the explanation is poorer without it; commands that need the store say what is wrong with it.
            return None

    piped = standard_input(existing_root(root), paths)
    return check(
        root,
        # A pipe is what standard input is, under a name of the caller's.
        paths=paths if piped is None else ("-",),
        max_files=max_files(os.environ),
        standard_input=piped,
        owned=owned,
        reserved=wiring.reserved_files(root, environment, platform),
    )


def checked(root: Path, paths: Sequence[str] = ()) -> Loaded:
    """The estate at `root`, or `InvalidManifests` with every finding; warnings are said on stderr."""
    return _sound(inspected(root, paths))


def _sound(result: Checked) -> Loaded:
    loaded = result.sound()
    if result.diagnostics:
        from reconciler.reports.diagnostics import totals

        click.echo(f"{totals(result.diagnostics)} (run `reconciler validate` to see them)", err=True)
    return loaded


def _recovered(
    location: StoreLocation,
    estate: str,
    control_plane: "RestControlPlane",
    digest: Digester,
    environment: Environment,
) -> bool:
    """Recovery is the first thing that an apply does: whether an interrupted run had left anything to resolve."""
    from reconciler.apply.recovery import recover_alone, waiting_claims
    from reconciler.store.lock import IN_FLIGHT_SECONDS
    from reconciler.store.store import Store

    with Store.open(location, estate=estate, create=False, environment=environment) as store:
        if not store.unresolved() and not waiting_claims(store):
            return False
        recover_alone(
            store,
            control_plane=control_plane,
            environment=environment,
            digest_secret=digest,
            in_flight_seconds=0 if control_plane.is_local else IN_FLIGHT_SECONDS,
            on_begin=lambda _: click.echo(
                "An earlier apply was interrupted: finding out what became of its requests.", err=True
            ),
        )
        return True


def _interrupted(count: int, location: StoreLocation) -> str:
    from reconciler.store.liveness import living

    requests = "1 request has" if count == 1 else f"{count:,} requests have"
    if location.path is None:
        return f"note: {requests} no outcome yet: an apply is at work, or was interrupted (then: reconciler recover)"
    if living(location.path) is not None:
        return f"note: {requests} no outcome yet: an apply is at work"
    return f"note: an apply was interrupted, and {requests} no outcome yet: reconciler recover"


def _new_here(inventory: Inventory) -> str:
    from reconciler.cli.estates import how_to_rename, names_of

    others = inventory.others.values()
    known = f"note: the store does not know the estate {inventory.estate} yet; it has {names_of(others)}"
    return f"{known}; {how_to_rename(inventory.estate, others)}"


@contextmanager
def opened(
    root: Path,
    platform: wiring.Platform,
    *,
    paths: Sequence[str] = (),
    create: bool = False,
    needed: Iterable[SecretRef] = (),
) -> Iterator[Session]:
    """
    Load, then open the store for reading, then the platform.

    Nothing touches the network before the manifests are sound, and before it is known that every secret may be read:
    those of the manifests and the `needed` ones of a plan file. `create` makes the store when there is
    none, so that secrets are digested under its key.
    """
    found = inspected(root, paths, platform)
    loaded = _sound(found)
    environment = wiring.machine()
    estate = loaded.configuration.name
    location = store_choice.store_location(loaded.configuration, root, environment)
    policy = wiring.caller_policy()
    secrets = wiring.secret_source(root, environment, platform=platform, store=location, allowed=policy.secrets)
    KNOWN.keep(lambda: (estate, *loaded.sources, *plain_words(loaded.built.estate)))
    permit(needed, secrets)
    read_secrets = examined(loaded, secrets)
    if read_secrets and sys.stderr.isatty():
        click.echo(f"Secrets that the manifests read: {', '.join(map(str, read_secrets))}", err=True)
    if create:
        from reconciler.store.store import Store

        Store.open(location, estate=estate, create=True, environment=environment).close()
    stored = read(location, estate)
    inventory, key = (stored.inventory, stored.key) if stored else (None, None)
    KNOWN.keep(lambda: plain_words_of_inventory(inventory))
    digest = wiring.digester(key)
    if stored and stored.unresolved and not create:
        click.echo(_interrupted(stored.unresolved, location), err=True)
    if inventory and inventory.lineage is None and inventory.others:
        click.echo(_new_here(inventory), err=True)
    with wiring.control_plane(root, platform, digest, environment, secrets=secrets) as control_plane:
        if create and _recovered(location, estate, control_plane, digest, environment):
            stored = read(location, estate)
            inventory = stored.inventory if stored else None
        if create:
            be_alone(location, environment)
        claims = stored.claims if stored else ()
        yield Session(
            root,
            loaded,
            environment,
            location,
            inventory,
            digest,
            control_plane,
            secrets,
            found.diagnostics,
            claims,
            create,
            policy.limits.over(loaded.configuration.guardrails),
        )
