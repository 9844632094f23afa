"""The part of an estate that a plan considers: by address, by label, or by what differs from a revision."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from shlex import join
from typing import Any

from reconciler.diagnostics import nearest
from reconciler.errors import UsageError
from reconciler.kinds import group_kind, kind_named, sim_kind
from reconciler.manifests.declarations import Loaded, references_of
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.label_selector import selector_of
from reconciler.model.references import bare
from reconciler.model.resource import Resource, Resources
from reconciler.operations.estate import Estate
from reconciler.operations.revisions import base_manifests
from reconciler.plan.canonical_json import digest
from reconciler.plan.consideration import Consideration

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Portion:
    """
    The objects that a caller wants to be considered, with those that they need; all of them where nothing is said.

    `targets` are addresses or patterns of them, one of which must fit; `selector` is over labels; `changed_since` is a
    revision of Git, from which the manifest must differ. Each that is given must hold.
    """

    targets: tuple[str, ...] = ()
    selector: str | None = None
    changed_since: str | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.targets and self.selector is None and self.changed_since is None

    @property
    def words(self) -> str:
        """The options that say it."""
        found = [word for target in self.targets for word in ("--target", target)]
        found += ["--selector", self.selector] if self.selector is not None else []
        found += ["--changed-since", self.changed_since] if self.changed_since is not None else []
        return join(found)


EVERYTHING = Portion()


def narrowed(
    estate: Estate, loaded: Loaded, selection: Portion, inventory: Inventory | None
) -> tuple[Loaded, Consideration | None]:
    """
    The part of an estate that a selection means, with what it needs, and what is left out.

    `UsageError` where nothing is meant, or a selection makes no sense.
    """
    if selection.is_everything:
        return loaded, None
    declared = loaded.built.estate
    owned = inventory.owned.keys() if inventory is not None else frozenset[Address]()
    # An object that is renamed is meant by its new name: the old one is no object of its own.
    former = {Address(a.kind, r.lifecycle.renamed_from) for a, r in declared.items() if r.lifecycle.renamed_from}
    known = sorted({*declared, *(owned - former)})
    chosen = set(known)
    if selection.targets:
        chosen &= _targets(selection.targets, known)
    if selection.selector is not None:
        chosen &= _labelled(selection.selector, declared)
    if selection.changed_since is not None:
        chosen &= _changed(estate, loaded, selection.changed_since)
    if not chosen and selection.changed_since is None:
        message = f"nothing is meant by {selection.words}"
        raise UsageError(message, hint="see `reconciler validate` for what is declared, or leave the option out")
    kept = _with_needs({address for address in chosen if address in declared}, declared, loaded)
    part = Resources(resource for address, resource in declared.items() if address in kept)
    gone = frozenset(address for address in chosen if address not in declared)
    left = tuple(address for address in known if address not in kept and address not in gone)
    considered = Consideration(words=selection.words, considered=len(kept) + len(gone), left_out=left)
    return _part_of(estate, loaded, part, selection), replace(considered, removed=tuple(sorted(gone)))


def _part_of(estate: Estate, loaded: Loaded, part: Resources, selection: Portion) -> Loaded:
    whole = loaded.built
    built = replace(whole, estate=part, diagnostics=[])
    roster = None
    if loaded.roster is not None and any(kind_named(address.kind).is_roster for address in part):
        from reconciler.manifests.rosters import read_roster
        from reconciler.operations.validate import reserved_files

        reserved = reserved_files(estate).in_estate(loaded.configuration)
        found: list[Any] = []
        roster = read_roster(estate.root, part, whole.origins, found.append, reserved)
    # It is of a part: an apply of it does not make all SIMs as these manifests say.
    inputs = digest({"manifests": loaded.digest, "part": selection.words, "objects": sorted(map(str, part))})
    outward = tuple(address for address in loaded.outward if address in part)
    return replace(loaded, built=built, digest=inputs, outward=outward, roster=roster, is_partial=True)


def _targets(targets: Iterable[str], known: Collection[Address]) -> set[Address]:
    found: set[Address] = set()
    names = {str(address): address for address in known}
    for target in targets:
        if _WILD & set(target):
            meant = {address for name, address in names.items() if fnmatchcase(name, target)}
        else:
            meant = {names[target]} if target in names else set()
        if not meant:
            guess = nearest(target, names)
            message = f"--target {target[:200]} means nothing that is declared or owned"
            raise UsageError(message, hint=f"did you mean {guess}?" if guess else "write KIND/NAME, or a pattern of it")
        found |= meant
    return found


def _labelled(text: str, declared: Resources) -> set[Address]:
    try:
        selector = selector_of(text)
    except ValueError as error:
        message = f"{str(error)[:80]!r} is no term of a selector"
        hint = "write team=noc, stage!=test, stage in (test, dev), team or !team, with commas between them"
        raise UsageError(message, hint=hint) from None
    return {address for address, resource in declared.items() if selector.admits(resource.labels)}


def _changed(estate: Estate, loaded: Loaded, revision: str) -> set[Address]:
    """The objects whose manifests, or files of SIMs, differ from those of the revision; removed ones too."""
    with base_manifests(estate, revision) as base:
        if base is None or base.loaded is None:
            message = base.problem if base is not None and base.problem is not None else revision
            hint = "plan without --changed-since, and see the whole of what changes"
            raise UsageError(f"what changed since {revision} cannot be found out: {message}", hint=hint)
        before, declared = base.loaded.built.estate, loaded.built.estate
        files = _differing(
            base.loaded.roster.files if base.loaded.roster is not None else {},
            loaded.roster.files if loaded.roster is not None else {},
        )
        found = {a for a in {*before, *declared} if before.get(a) != declared.get(a)}
        return found | {a for a, one in declared.items() if any(_reads(one, name) for name in files)}


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def _reads(resource: Resource, name: str) -> bool:
    """Whether a list of SIMs reads a file."""
    if not kind_named(resource.address.kind).is_roster:
        return False
    sources = [*(resource.spec.get("members") or ()), *(resource.spec.get("exclude") or ())]
    patterns = (source["file"]["path"] for source in sources if "file" in source)
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)


def _with_needs(chosen: set[Address], declared: Resources, loaded: Loaded) -> set[Address]:
    """The chosen objects, everything declared that they refer to, and the Endpoints of SIMs that a chosen list has."""
    kept: set[Address] = set()
    waiting = sorted(chosen)
    while waiting:
        address = waiting.pop()
        if address in kept:
            continue
        kept.add(address)
        waiting += [found for found in _needs(declared[address], loaded) if found in declared and found not in kept]
    return kept


def _needs(resource: Resource, loaded: Loaded) -> Iterator[Address]:
    for kind, _, name in references_of(resource):
        yield Address(kind, bare(name))
    for _, name in kind_named(resource.address.kind).groups_in(resource.spec):
        yield Address(group_kind().name, bare(name))
    roster = loaded.roster
    if roster is None or resource.address.kind == sim_kind().name or not kind_named(resource.address.kind).is_roster:
        return
    # The row of a SIM would be planned without what its Endpoint says of it. A selector may mean any SIM.
    one = next(one for one in roster.sets if one.address == str(resource.address))
    number = roster.sets.index(one)
    is_open = bool(one.selectors or roster.references)
    for iccid, place in roster.endpoints.items():
        if is_open or roster.members.get(iccid) == number:
            yield Address.parse(roster.sets[place].address)
