"""The platform's own lists: read, remembered beside the store, and held against the values of manifests."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.diagnostics import VALUE_DOUBTFUL, VALUE_REFUSED, Diagnostic, located, nearest
from reconciler.errors import ReconcilerError, UsageError
from reconciler.kinds import kind_named
from reconciler.manifests.seen_lists import FILE_NAME, recall, remember
from reconciler.model.address import Address
from reconciler.model.catalogue import LISTS, Catalogue, WordList
from reconciler.model.inventory import Inventory
from reconciler.model.resource import Resource, Resources
from reconciler.model.shape import Shape
from reconciler.model.snapshot import Snapshot
from reconciler.operations.estate import Estate
from reconciler.operations.platform import connected, digester
from reconciler.operations.store_location import store_location
from reconciler.plan.matching import matches
from reconciler.positions import Path as Place
from reconciler.validation.listed import doubtful, lists_needed, objections

if TYPE_CHECKING:
    from reconciler.control_plane.port import ControlPlane
    from reconciler.manifests.declarations import Configuration
    from reconciler.operations.validate import Checked

_Judged = list[tuple[Resource, list[tuple[Place, Any, Shape]]]]


def catalogue(estate: Estate, names: Sequence[str] = ()) -> Catalogue:
    """
    These lists of the account (default: all), read now and remembered for `validate`, `explain` and completion.

    `UsageError` for a list that nobody knows. Raises a `ControlPlaneError` where the account cannot be asked at all.
    """
    unknown = next((name for name in names if name not in LISTS), None)
    if unknown is not None:
        guess = nearest(unknown, LISTS)
        message = f"there is no list {unknown[:40]!r}"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else f"lists: {', '.join(LISTS)}")
    file = seen_file(estate, estate.configuration())
    with connected(estate, digester(None)) as control_plane:
        origin = control_plane.account().origin
        read_at = estate.environment.now()
        lists = {name: replace(control_plane.word_list(name), read_at=read_at) for name in names or LISTS}
    found = Catalogue(origin, lists)
    remember(file, found, makes_folder=True)
    return found


def seen_file(estate: Estate, configuration: "Configuration") -> Path:
    """The file of the last seen catalogue: beside the store, or in ``.reconciler`` where the store is a server."""
    estate.existing_root()
    try:
        path = store_location(estate, configuration).path
    except ReconcilerError:
        path = None
    return (estate.root / ".reconciler" if path is None else path.parent) / FILE_NAME


def last_seen(estate: Estate) -> Catalogue | None:
    """The last seen catalogue of an estate, or None; whatever is wrong with the estate is for others to say."""
    try:
        return recall(seen_file(estate, estate.configuration()))
    except ReconcilerError:
        return None


@dataclass(frozen=True, slots=True)
class Judge:
    """
    Holds the values of a plan against the lists of the account, of which only those are read that are needed.

    `note` hears of each list that checks nothing. `file` is where the lists are remembered.
    """

    control_plane: "ControlPlane"
    file: Path
    now: Callable[[], str]
    note: Callable[[str], None]
    read: dict[str, WordList] = field(default_factory=dict)

    def objections(self, estate: Resources, snapshot: Snapshot, inventory: Inventory | None) -> list[Diagnostic]:
        """Each value that is neither in its list nor live in that field of that object."""
        candidates = Resources(r for r in estate.values() if kind_named(r.address.kind).judged)
        judged: _Judged = []
        for match in matches(candidates, snapshot, inventory):
            found = list(doubtful(match.resource, match.live.spec if match.live is not None else {}))
            if found:
                judged.append((match.resource, found))
        self._read(sorted({name for _, found in judged for name in lists_needed(found)}), snapshot.account.origin)
        return [one for resource, found in judged for one in objections(resource, found, self.read, code=VALUE_REFUSED)]

    def _read(self, names: Iterable[str], origin: str) -> None:
        new = {}
        for name in names:
            if name not in self.read:
                self.read[name] = new[name] = replace(self.control_plane.word_list(name), read_at=self.now())
                if (why := new[name].missing) is not None:
                    self.note(f"note: values are not checked against the list {name}: {why}")
        if new:
            remember(self.file, Catalogue(origin, new), makes_folder=False)


def with_doubts(estate: Estate, checked: "Checked") -> "Checked":
    """The checked estate with a warning for each value that the last seen catalogue does not have."""
    configuration = checked.loaded.configuration
    seen = recall(seen_file(estate, configuration))
    lists: Mapping[str, WordList] = seen.lists if seen is not None else {}
    owned = _applied(estate, configuration)
    found: list[Diagnostic] = []
    for resource in checked.loaded.built.estate.values():
        judged = list(doubtful(resource, owned.get(resource.address, {})))
        for name in sorted({shape.listed or "" for _, _, shape in judged}):
            same = [entry for entry in judged if (entry[2].listed or "") == name]
            when = f" that was last seen on {lists[name].read_at[:10]}" if name in lists else ""
            found.extend(objections(resource, same, lists, code=VALUE_DOUBTFUL, seen=when))
    if not found:
        return checked
    placed = located([*checked.diagnostics, *found], checked.loaded.built.origins)
    return replace(checked, diagnostics=tuple(placed))


def _applied(estate: Estate, configuration: "Configuration") -> Mapping[Address, Mapping[str, Any]]:
    """The fields of each owned object as last applied: a value that was applied once was taken."""
    from reconciler.store.reader import read_inventory

    try:
        inventory = read_inventory(store_location(estate, configuration), configuration.name)
    except ReconcilerError:
        return {}
    return {address: row.last_applied for address, row in inventory.owned.items()} if inventory is not None else {}
