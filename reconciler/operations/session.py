"""
One operation's session: the checked estate, its store and the platform, opened in order.

Length: one order of opening, which every operation shares, and the plans that are made in it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.diagnostics import Diagnostic
from reconciler.environment import Environment
from reconciler.errors import LockError, StoreError
from reconciler.manifests.declarations import Loaded
from reconciler.manifests.policy import NO_POLICY, Policy
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.secret import Digester, SecretRef
from reconciler.operations.catalogue import Judge, seen_file
from reconciler.operations.estate import Estate
from reconciler.operations.planning import Planned, read_and_plan
from reconciler.operations.platform import connected, digester
from reconciler.operations.portion import EVERYTHING, Portion, narrowed
from reconciler.operations.revisions import BaseManifests
from reconciler.operations.secrets import SecretSource, examined, permit, secret_source, unavailable
from reconciler.operations.store_location import how_to_rename, names_of, store_location
from reconciler.operations.validate import sound, validate
from reconciler.plan.consideration import Consideration
from reconciler.plan.deriving import derived
from reconciler.plan.judging import with_verdicts
from reconciler.plan.limits import STANDARD, Limits
from reconciler.plan.owners import OWNERSHIP
from reconciler.plan.plain_words import plain_words, plain_words_of_inventory
from reconciler.plan.plan import Plan
from reconciler.plan.planfile import digest_of
from reconciler.plan.waivers import NO_WAIVERS, Waivers
from reconciler.redaction import KNOWN
from reconciler.store.location import StoreLocation
from reconciler.store.reader import read, read_inventory
from reconciler.store.records import Claim, Holder

if TYPE_CHECKING:
    from reconciler.control_plane.rest import RestControlPlane
    from reconciler.store.store import Store

_MOST_PLANS = 3


@dataclass(frozen=True, slots=True)
class Session:
    """
    The state that an operation works with. `inventory` is None before the first apply, `warnings` come from the check.

    `claims` are creations that may have taken effect unseen; `is_changing`: the operation is to change something.
    `sims_as_of` is the digest of the manifests and files that SIMs were last made as.
    """

    estate: Estate
    loaded: Loaded
    location: StoreLocation
    inventory: Inventory | None
    digest: Digester
    control_plane: "RestControlPlane"
    secrets: SecretSource
    warnings: tuple[Diagnostic, ...] = ()
    claims: tuple[Claim, ...] = ()
    is_changing: bool = False
    limits: Limits = STANDARD
    sims_as_of: str | None = None
    consideration: Consideration | None = None
    waivers: Waivers = NO_WAIVERS
    policy: Policy = NO_POLICY

    def plan(
        self,
        *,
        destroying: bool = False,
        prunes: bool = False,
        adopting: bool = False,
        forgetting: Collection[Address] = (),
        base: BaseManifests | None = None,
    ) -> Planned:
        """
        A fresh plan.

        `prunes`: what is ours and was not read goes too; `adopting`: what exists becomes ours; with a
        `base` it says whose each change is.

        `forgetting`: these stop being ours, besides those that the configuration lists.

        The store is read before the platform, so another run may own by then what seems to be foreign: the plan is made
        again while the store changes. An operation that changes things raises `LockError` beside such a run.
        """
        session, environment = self, self.estate.environment
        for _ in range(_MOST_PLANS):
            planned = session._planned(
                destroying=destroying, prunes=prunes, adopting=adopting, forgetting=forgetting, base=base
            )
            unresolved = unavailable(planned.plan) if self.is_changing else None
            if unresolved is not None and self.estate.is_in_ci:
                raise unresolved
            if not (self.is_changing or refuses_ownership(planned)):
                return planned
            if self.is_changing:
                be_alone(self.location, environment)
            stored = read(self.location, self.loaded.configuration.name)
            if stored is None or (stored.inventory, stored.claims) == (session.inventory, session.claims):
                break
            session = replace(session, inventory=stored.inventory, claims=stored.claims)
        return said_of_others(planned, session.inventory, self.location, environment)

    def under(self, base: BaseManifests | None) -> "Session":
        """The same session, in which no limit is looser than on the base: a change set raises none for itself."""
        if base is None or base.loaded is None:
            return self
        ceiling = self.policy.limits.over(base.loaded.configuration.guardrails)
        return replace(self, limits=replace(self.limits, ceiling=ceiling))

    def judged(self, plan: Plan) -> Plan:
        """The plan with the verdict of each guard with a limit, under the caller's limits, consents and waivers."""
        return with_verdicts(plan, self.limits, self.estate.consents, self.waivers)

    def store(self) -> "Store":
        """The store, opened for writing; to be closed."""
        from reconciler.store.store import Store

        name, environment = self.loaded.configuration.name, self.estate.environment
        return Store.open(self.location, estate=name, create=self.is_changing, environment=environment)

    @property
    def _judge(self) -> Judge:
        file = seen_file(self.estate, self.loaded.configuration)
        return Judge(self.control_plane, file, self.estate.environment.now, self.estate.caller.note)

    def _planned(
        self,
        *,
        destroying: bool,
        prunes: bool,
        adopting: bool,
        forgetting: Collection[Address],
        base: BaseManifests | None,
    ) -> Planned:
        planned = read_and_plan(
            self.loaded,
            self.control_plane,
            inventory=self.inventory,
            digest_secret=self.digest,
            find_secret=self.secrets.find,
            destroying=destroying,
            prunes=prunes,
            adopting=adopting,
            forgetting=forgetting,
            is_unread=lambda file: file not in self.loaded.sources and (self.estate.root / file).is_file(),
            claims=self.claims,
            objections=self._judge.objections,
            base=base,
            sims_as_of=self.sims_as_of,
            consideration=self.consideration,
        )
        return replace(planned, plan=self.under(base).judged(planned.plan), warnings=self.warnings)


def _recovered(
    estate: Estate, name: str, location: StoreLocation, control_plane: "RestControlPlane", digest: Digester
) -> bool:
    """Recovery is the first thing that an apply does: whether an interrupted run had left anything to resolve."""
    from reconciler.apply.recovery import recover_alone, waiting_claims
    from reconciler.store.lock import IN_FLIGHT_SECONDS
    from reconciler.store.store import Store

    with Store.open(location, estate=name, create=False, environment=estate.environment) as store:
        if not store.unresolved() and not waiting_claims(store):
            return False
        recover_alone(
            store,
            control_plane=control_plane,
            environment=estate.environment,
            digest_secret=digest,
            in_flight_seconds=0 if control_plane.is_local else IN_FLIGHT_SECONDS,
            on_begin=lambda _: estate.caller.note(
                "An earlier apply was interrupted: finding out what became of its requests."
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
    others = inventory.others.values()
    known = f"note: the store does not know the estate {inventory.estate} yet; it has {names_of(others)}"
    return f"{known}; {how_to_rename(inventory.estate, others)}"


@contextmanager
def opened(
    estate: Estate,
    *,
    paths: Sequence[str] = (),
    create: bool = False,
    needed: Iterable[SecretRef] = (),
    selection: Portion = EVERYTHING,
) -> Iterator[Session]:
    """
    Load, then open the store for reading, then the platform.

    Nothing touches the network before the manifests are sound, and before it is known that every secret may be read:
    those of the manifests and the `needed` ones of a plan file. `create` makes the store when there is
    none, so that secrets are digested under its key. A `selection` leaves the rest of the estate alone.

    Length: the order in which everything is opened, as one list.
    """
    with estate.under_way():
        estate.check_consents()
        found = validate(estate, paths)
        loaded = sound(estate, found)
        environment, caller, name = estate.environment, estate.caller, loaded.configuration.name
        location = store_location(estate, loaded.configuration)
        policy = estate.policy()
        secrets = secret_source(estate, store=location, allowed=policy.secrets)
        KNOWN.keep(lambda: (name, *loaded.sources, *plain_words(loaded.built.estate)))
        permit(needed, secrets)
        read_secrets = examined(loaded, secrets)
        if read_secrets and caller.is_watched:
            caller.note(f"Secrets that the manifests read: {', '.join(map(str, read_secrets))}")
        if create:
            from reconciler.store.store import Store

            Store.open(location, estate=name, create=True, environment=environment).close()
        stored = read(location, name)
        inventory, key = (stored.inventory, stored.key) if stored else (None, None)
        KNOWN.keep(lambda: plain_words_of_inventory(inventory))
        digest = digester(key)
        loaded, considered = narrowed(estate, loaded, selection, inventory)
        if stored and stored.unresolved and not create:
            caller.note(_interrupted(stored.unresolved, location))
        if inventory and inventory.lineage is None and inventory.others:
            caller.note(_new_here(inventory))
        with connected(estate, digest, secrets=secrets) as control_plane:
            if create and _recovered(estate, name, location, control_plane, digest):
                stored = read(location, name)
                inventory = stored.inventory if stored else None
            if create:
                be_alone(location, environment)
            yield Session(
                estate,
                loaded,
                location,
                inventory,
                digest,
                control_plane,
                secrets,
                found.diagnostics,
                stored.claims if stored else (),
                create,
                policy.limits.over(loaded.configuration.guardrails),
                stored.sims_as_of if stored else None,
                considered,
                estate.waivers(policy),
                policy,
            )


def said_of_others(
    planned: Planned, before: Inventory | None, location: StoreLocation, environment: Environment
) -> Planned:
    """
    The plan, made with the inventory `before`, whose refusals of what is not ours say so where another run made it.

    The store is read, and only where something was refused; one that cannot be read changes nothing.
    """
    if not refuses_ownership(planned):
        return planned
    try:
        inventory = read_inventory(location, planned.plan.basis.estate)
        holder = _holder(location, environment) if inventory is not None else None
    except StoreError:
        return planned
    known = inventory.owned.keys() - (before.owned.keys() if before else ()) if inventory is not None else frozenset()
    running = None if holder is None else f"{holder.name} on {holder.host} since {holder.since} (run {holder.run_id})"
    if not (known or running):
        return planned
    refused = {address for result in planned.plan.objections() for address in result.addresses}
    grounds = replace(planned.plan.grounds, made_beside=tuple(sorted(known & refused)), running=running)
    plan = derived(replace(planned.plan, grounds=grounds))
    return replace(planned, plan=plan, digest=digest_of(plan))


def refuses_ownership(planned: Planned) -> bool:
    """Whether a plan refuses something because it is not ours."""
    return any(result.guard == OWNERSHIP for result in planned.plan.objections())


def be_alone(location: StoreLocation, environment: Environment) -> None:
    """Raise `LockError` with the run at work: objects that a running apply has just made would seem to be foreign."""
    holder = _holder(location, environment)
    if holder is not None:
        message = f"the store is locked by {holder}"
        hint = f"wait for it, or if it is certainly gone: reconciler unlock --epoch {holder.epoch}"
        raise LockError(message, hint=hint)


def _holder(location: StoreLocation, environment: Environment) -> Holder | None:
    """The holder of the lock, on this machine only if its process lives; None if there is none."""
    # Imported here: a command that only reads seldom has to know.
    from reconciler.store.liveness import living
    from reconciler.store.store import Store

    if location.path is not None and living(location.path) is None:
        return None
    with Store.open(location, estate="", create=False, environment=environment) as store:
        return store.running()
