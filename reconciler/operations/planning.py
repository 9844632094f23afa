"""Planning from one complete reading of the platform."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from reconciler import __version__
from reconciler.control_plane.errors import IncompleteRead
from reconciler.control_plane.listing import PASSES
from reconciler.control_plane.port import AccountReading
from reconciler.diagnostics import INVALID_METADATA, RULE_VIOLATED, UNKNOWN_REFERENCE, Diagnostic, located, nearest
from reconciler.diffing.rosters import RosterDifference, RosterSide
from reconciler.environment import uncollected
from reconciler.errors import InvalidManifests
from reconciler.kinds import kind_named, object_kinds
from reconciler.kinds.endpoint import not_primary
from reconciler.manifests.declarations import Loaded, references_of
from reconciler.model.address import Address
from reconciler.model.held import held_sets
from reconciler.model.inventory import Inventory
from reconciler.model.references import bare, is_existing
from reconciler.model.resource import Resources
from reconciler.model.roster import Roster
from reconciler.model.scope import ANYTHING, Scope
from reconciler.model.secret import UNKEYED, Digester, SecretRef
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.named_files import is_standard_output
from reconciler.operations.revisions import BaseManifests, asked_by, with_revision
from reconciler.plan.action import Action
from reconciler.plan.canonical_json import digest
from reconciler.plan.consideration import Consideration
from reconciler.plan.grounds import ReleasedSet
from reconciler.plan.matching import group_renames
from reconciler.plan.plain_words import plain_words_of
from reconciler.plan.plan import Basis, Plan
from reconciler.plan.planfile import digest_of, save
from reconciler.plan.planner import make_plan
from reconciler.plan.situation import REMOVAL, Situation
from reconciler.store.records import Claim
from reconciler.validation.names import new_names


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, its digest, and the warnings about the manifests that it was made of."""

    plan: Plan
    digest: str
    warnings: tuple[Diagnostic, ...] = ()

    def plain_words(self) -> Iterable[str]:
        """The words of the plan that are no secret even where a secret is equal to one."""
        return plain_words_of(self.plan)

    def save(self, file: Path) -> bool:
        """Write the plan file: True where that is standard output, which then has nothing else on it."""
        save(self.plan, file)
        return is_standard_output(file)


def read_and_plan(
    loaded: Loaded,
    control_plane: AccountReading,
    *,
    inventory: Inventory | None,
    digest_secret: Digester,
    find_secret: Callable[[SecretRef], str | None],
    destroying: bool = False,
    prunes: bool = False,
    adopting: bool = False,
    forgetting: Collection[Address] = (),
    is_unread: Callable[[str], bool] = lambda _: False,
    claims: Sequence[Claim] = (),
    objections: Callable[[Resources, Snapshot, Inventory | None], list[Diagnostic]] = lambda *_: [],
    base: BaseManifests | None = None,
    consideration: Consideration | None = None,
    sims_as_of: str | None = None,
) -> Planned:
    """
    Read the platform completely and plan.

    `destroying`: as if nothing were declared; `adopting`: what exists and is declared becomes ours; `forgetting`: these
    stop being ours, besides those that the configuration lists. Objects of files
    that were not read stay as they are, unless the plan `prunes`; `is_unread`: a file is there that was not read.

    Objects that a creation of `claims` made count as ours: the next apply takes them over before all else. With a
    `base` the plan says whose each change is; `sims_as_of` is the digest of what SIMs were last made as.

    Raises `InvalidManifests` when an ``existing:`` reference leads nowhere, or there are `objections` to what the
    manifests say, and a `ControlPlaneError`.

    Length: one situation, all of whose parts are gathered here.
    """
    snapshot = control_plane.snapshot()
    owned = inventory.owned if inventory is not None else ()
    snapshot.require(address.kind for address in (*owned, *(() if destroying else loaded.built.estate)))
    inventory = _grounded(inventory, claims, snapshot, digest_secret)
    _confirm_absences(control_plane, snapshot, inventory)
    estate = Resources() if destroying else loaded.built.estate
    roster = None if destroying else loaded.roster
    if roster is not None and loaded.is_partial and not prunes:
        roster = roster.without_removals()
    if loaded.roster is not None and not destroying:
        estate = Resources(r for r in estate.values() if not kind_named(r.address.kind).is_roster)
    renames = {} if roster is None else group_renames(estate, snapshot, inventory)
    declared = Resources() if destroying else loaded.built.estate
    found = [*_existing_references(loaded, declared, snapshot), *objections(declared, snapshot, inventory)]
    if found:
        raise InvalidManifests(located(found, loaded.built.origins), sources=loaded.sources)

    def where(address: Address, path: tuple[str | int, ...]) -> str | None:
        return loaded.built.origins.place(str(address), path)

    situation = Situation(
        estate,
        snapshot,
        inventory,
        _basis(loaded, snapshot, inventory),
        where,
        secret_digests(find_secret, digest_secret),
        adopts=adopting,
        removal="everything is to be destroyed" if destroying else REMOVAL,
        is_unread=is_unread,
        roster=roster,
        is_partial=loaded.is_partial,
        prunes=prunes,
        has_secret=lambda reference: find_secret(reference) is not None,
        scope=loaded.configuration.scope,
        let_go={*loaded.configuration.removed, *forgetting},
        consideration=consideration,
        released=() if destroying or consideration is not None else released_sets(loaded, inventory, prunes=prunes),
    )
    scope = loaded.configuration.scope
    asked = [] if roster is None else [RosterSide(roster, renames, scope if scope.is_of_sims else None)]
    also = asked_by(base, situation) if base is not None and asked else None
    differences = sim_differences([*asked, *([also] if also else [])], control_plane) if asked else ()
    made = make_plan(replace(situation, difference=differences[0] if differences else None))
    _new_names(loaded, made)
    if base is not None:
        theirs = differences[1] if also else None
        made = with_revision(made, base, situation, theirs, is_as_applied=lambda one: inputs_of(one) == sims_as_of)
    return Planned(made, digest_of(made))


def _new_names(loaded: Loaded, plan: Plan) -> None:
    """`InvalidManifests` for an object that would get a name that the platform can hold, but never give."""
    making = (change for change in plan.changes if change.after is not None and change.action is not Action.ADOPT)
    made = {str(change.address) for change in plan.changes if change.action in {Action.CREATE, Action.REPLACE}}
    named = {
        str(change.address): change.address.name
        for change in making
        if change.action is Action.REPLACE or change.live_moniker != change.address.name
    }
    found = new_names(named)
    for address, resource in loaded.built.estate.items():
        if resource.lifecycle.unmanaged and str(address) in made:
            detail = f"{address} would be created, and leaves out {', '.join(resource.lifecycle.unmanaged)}."
            hint = "Only an object that exists can have fields that are not managed here: state them."
            found.append(Diagnostic(INVALID_METADATA, detail, hint, str(address), ("metadata", "annotations")))
    if found:
        raise InvalidManifests(located(found, loaded.built.origins), sources=loaded.sources)


def released_sets(loaded: Loaded, inventory: Inventory | None, *, prunes: bool = False) -> tuple[ReleasedSet, ...]:
    """
    The lists of SIMs that were applied and that no manifest declares any more, by address.

    A list that only has a new name, with the same SIMs for the same group, is not among them.
    """
    if inventory is None or (loaded.is_partial and not prunes):
        return ()
    declared = {str(address) for address in loaded.built.estate} | {str(address) for address in loaded.built.unsound}
    gone = {address: held for address, held in sorted(inventory.sets.items()) if address not in declared}
    if not gone:
        return ()
    renamed = frozenset(() if loaded.roster is None else held_sets(loaded.roster).values())
    return tuple(ReleasedSet(address, *held) for address, held in gone.items() if held not in renamed)


def secret_digests(
    find_secret: Callable[[SecretRef], str | None], digest_secret: Digester
) -> Callable[[SecretRef | str], str | None]:
    """The digest of a secret; None where it is not there, or there is no key to digest it under."""

    def digest_of_secret(value: SecretRef | str) -> str | None:
        found = find_secret(value) if isinstance(value, SecretRef) else value
        made = None if found is None else digest_secret(found)
        return None if made == UNKEYED else made

    return digest_of_secret


def _grounded(
    inventory: Inventory | None, claims: Sequence[Claim], snapshot: Snapshot, digest_secret: Digester
) -> Inventory | None:
    if inventory is not None and (error := inventory.objection_to(snapshot.account)) is not None:
        raise error
    if inventory is None or not claims:
        return inventory
    from reconciler.apply.recovery import with_evidence  # Most plans follow no run that was cut short.

    return with_evidence(inventory, claims, snapshot, digest_secret)


def _confirm_absences(control_plane: AccountReading, snapshot: Snapshot, inventory: Inventory | None) -> None:
    """Read each owned object that is missing from its list by itself: it is gone only if that says so too (I10)."""
    for owned in inventory.owned.values() if inventory is not None else ():
        kind = owned.address.kind
        is_listed = (kind, owned.remote_id) in snapshot.by_id
        if not is_listed and kind in object_kinds() and control_plane.read(kind, owned.remote_id) is not None:
            message = f"the platform has {owned.address}, and leaves it out of its list"
            raise IncompleteRead(message, hint="try again; if it stays so, tell the platform's support")


def sim_difference(
    roster: Roster, control_plane: AccountReading, renames: Mapping[str, str], scope: Scope = ANYTHING
) -> RosterDifference:
    """Stream the live SIMs past the roster, again where the list contradicts itself."""
    (found,) = sim_differences([RosterSide(roster, renames, scope if scope.is_of_sims else None)], control_plane)
    return found


def sim_differences(asked: Sequence[RosterSide], control_plane: AccountReading) -> tuple[RosterDifference, ...]:
    """Stream the live SIMs past several rosters at once, again where the list contradicts itself."""
    from reconciler.diffing.rosters import Duplicate, compare_all

    sims = control_plane.sims
    why = ""
    for _ in range(PASSES):
        try:
            with uncollected():
                needs_all = any(one.roster.asks_for_more or (one.scope is not None and one.scope.tags) for one in asked)
                pages = sims.pages(known=needs_all)
                return compare_all(asked, pages, key_values=lambda iccid: sims.key_values(str(iccid)))
        except Duplicate as error:
            why = f"{error} came twice"
        except IncompleteRead as error:
            why = str(error)
    message = f"the SIMs could not be read completely: {why}"
    raise IncompleteRead(message, hint="somebody may be changing them right now; try again")


def _basis(loaded: Loaded, snapshot: Snapshot, inventory: Inventory | None) -> Basis:
    configuration = loaded.configuration
    scope = {} if configuration.scope == ANYTHING else {"scope": asdict(configuration.scope)}
    # No configuration adopts; that is part of the policy, as what a plan may do.
    policy = digest({"guardrails": configuration.guardrails.settings, "adoption": "refuse", **scope})
    return Basis(
        __version__,
        snapshot.account,
        inventory.lineage if inventory else None,
        inventory.serial if inventory else 0,
        inputs_of(loaded),
        policy,
        configuration.name,
    )


def inputs_of(loaded: Loaded) -> str:
    """The digest of everything that an estate is declared by: manifests and files of SIMs."""
    if loaded.roster is None:
        return loaded.digest
    return digest({"manifests": loaded.digest, "files": loaded.roster.files})


def _existing_references(loaded: Loaded, estate: Resources, snapshot: Snapshot) -> Iterator[Diagnostic]:
    for address in (a for a in loaded.outward if a in estate):
        for kind, path, name in references_of(estate[address]):
            target = Address(kind, bare(name))
            if not is_existing(name):
                continue
            if target in snapshot.by_address:
                yield from _unfit(address, path, snapshot.by_address[target])
                continue
            detail = f"{target} does not exist on the platform."
            guess = nearest(target.name, [a.name for a in snapshot.by_address if a.kind == target.kind])
            hint = f'Did you mean "existing:{guess}"?' if guess else "Declare it, or refer to one that exists."
            yield Diagnostic(UNKNOWN_REFERENCE, detail, hint, str(address), ("spec", *path))


def _unfit(address: Address, path: tuple[str | int, ...], target: Observed) -> Iterator[Diagnostic]:
    """SIMs go into primary groups only, also into those that are not declared (D-22)."""
    places = {place.split(".")[0] for place in sims.groups} if (sims := kind_named(address.kind).sims) else ()
    if path[0] in places and kind_named(target.address.kind).is_secondary(target.spec):
        found = not_primary(target.address, ("spec", *path))
        yield Diagnostic(RULE_VIOLATED, found.detail, found.hint, str(address), found.path, rule="D-22")
