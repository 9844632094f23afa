"""
SIMs as files: one CSV and one EndpointSet for each group, and one for the SIMs in no group.

A row states everything that a file can hold of a SIM. Rows are in the order of ICCIDs, so that the same account gives
the same bytes. Values that a cell cannot hold are leftovers, and the cell is empty.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.diffing.rosters import live_value
from reconciler.exporting.leftover import Leftover, leftover
from reconciler.exporting.names import file_stem, set_name
from reconciler.exporting.selection import EVERYTHING, Selection
from reconciler.kinds import group_kind, sim_kind, sim_set_kind
from reconciler.manifests.sim_cells import cell_of
from reconciler.model.address import Address
from reconciler.model.iccid import problem_of
from reconciler.model.references import EXISTING
from reconciler.model.resource import Resource
from reconciler.model.scope import ANYTHING, Scope
from reconciler.model.snapshot import Snapshot

FOLDER, NO_GROUP, TERMINATED_SIMS = "sims", "sims-in-no-group", "terminated-sims"
COLUMNS = ("state", "displayName", "reference", "tags", "staticIPv4", "imeiLock")
_HEADING = ",".join(("iccid", *COLUMNS))
_MOST_ROWS = 100_000
_MOST_LISTED = 2_500
_STATES = frozenset({"active", "suspended"})
_TERMINATED = "terminated"
_QUOTED = frozenset(',"\n\r;\t')

_LISTED_WORDS = ("displayName", "reference", "tags", "staticIPv4", "imeiLock")


@dataclass(frozen=True, slots=True)
class ExportedSims:
    """
    The sets by the group that they are for (None: no group), the files by path, and what no file holds.

    `count` is how many SIMs were exported. `lost` has, by reason, the SIMs with a value that no row holds.
    """

    sets: tuple[tuple[str | None, Resource], ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    leftovers: tuple[Leftover, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimComposition:
    """
    How SIMs are written.

    `taken` are names of sets that are used. `folder` gives the folder of a group's file, `free` a name that no file
    has. `is_addition`: other sets may be there, so a set says nothing of SIMs that it does not list.
    """

    selection: Selection = EVERYTHING
    scope: Scope = ANYTHING
    outside: frozenset[Address] = frozenset()
    is_brief: bool = False
    taken: frozenset[str] = frozenset()
    folder: Callable[[str | None], str] = lambda _: FOLDER
    free: Callable[[str], str] = str
    is_addition: bool = False


def exported_sims(sims: Iterable[Any], snapshot: Snapshot, composition: SimComposition) -> ExportedSims:
    """The sets and files of the SIMs of an account, of which each comes once."""
    groups: dict[str | None, list[Any]] = {}
    terminated: list[Any] = []
    kind, selection, scope = group_kind().name, composition.selection, composition.scope
    takes: dict[str | None, bool] = {}
    for sim in sims:
        group = sim.group
        if group not in takes:
            seen = snapshot.by_address.get(Address(kind, group)) if group is not None else None
            takes[group] = selection.takes_group(seen) and scope.takes(group)
        if not takes[group] or not scope.admits(sim.tags or ()) or not selection.takes_sim(sim):
            continue
        (terminated if sim.status == _TERMINATED else groups.setdefault(group, [])).append(sim)
    writing = _Writing(composition)
    for group in sorted(groups, key=lambda name: (name is None, name or "")):
        writing.group(group, sorted(groups[group], key=lambda sim: sim.iccid))
    writing.terminated(sorted(terminated, key=lambda sim: sim.iccid))
    return writing.result()


@dataclass(slots=True)
class _Writing:
    composition: SimComposition
    sets: list[tuple[str | None, Resource]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    found: list[Leftover] = field(default_factory=list)
    count: int = 0
    names: set[str] = field(default_factory=set)
    partial: set[str] = field(default_factory=set)
    lost: dict[tuple[str, str], list[tuple[str, Any]]] = field(default_factory=dict)

    def group(self, group: str | None, sims: Sequence[Any]) -> None:
        """The file and the set of one group."""
        writable = [sim for sim in sims if self._has_number(sim)]
        if not writable:
            return
        folder, stem = self.composition.folder(group), file_stem(group) if group is not None else NO_GROUP
        members = []
        has_wrong_digits = any(problem_of(sim.iccid, check_digit=True) is not None for sim in writable)
        rows = [(self._row(sim), sim.iccid in self.partial) for sim in writable]
        for is_partial in (False, True):
            chosen = [row for row, is_one in rows if is_one is is_partial]
            ending = "-partly" if is_partial else ""
            for number, start in enumerate(range(0, len(chosen), _MOST_ROWS), 1):
                path = f"{folder}/{stem}{ending}{'' if number == 1 else f'-{number}'}.csv"
                path = self.composition.free(path)
                # A group may be called as another one's second file is.
                while path in self.files:
                    path = f"{path.removesuffix('.csv')}-x.csv"
                self.files[path] = _table(chosen[start : start + _MOST_ROWS])
                file: dict[str, Any] = {"path": path, "columns": {word: word for word in COLUMNS}}
                if has_wrong_digits:
                    file["checkDigit"] = False
                # An empty cell of a SIM with a value that no cell holds must not clear that value.
                if not (self.composition.is_brief or is_partial):
                    file["emptyCells"] = "clear"
                members.append({"file": file})
        # A choice of SIMs is not all of a group: then nothing is said of the others.
        selection = self.composition.selection
        is_chosen = selection.of_sims or selection.listed or selection.referred or self.composition.is_addition
        is_whole = group is not None and not is_chosen
        spec: dict[str, Any] = {} if group is None else {"group": self._reference(group)}
        spec["members"] = members
        if is_whole and not self.composition.scope.tags:
            spec["authority"] = "exclusive"
        elif not self.composition.is_brief:
            spec["authority"] = "additive"
        self._add(group, set_name(group if group is not None else NO_GROUP, self._taken()), spec)
        self.count += len(writable)

    def terminated(self, sims: Sequence[Any]) -> None:
        """The sets of the terminated SIMs: a row of a list may say so, a cell of a file may not."""
        rows = [self._listed(sim) for sim in sims if self._has_number(sim, check_digit=True)]
        self.count += len(rows)
        # A row of a list with a number cannot say the reference: it would name the SIM a second time.
        listed = [row for row in rows if "reference" not in row]
        for start in range(0, len(listed), _MOST_LISTED):
            members = [{"list": listed[start : start + _MOST_LISTED]}]
            self._add(None, set_name(TERMINATED_SIMS, self._taken()), {"members": members})
        for row in rows:
            if "reference" in row:
                self.sets.append((None, Resource(Address(sim_kind().name, f"sim-{row['iccid']}"), row)))

    def _listed(self, sim: Any) -> dict[str, Any]:
        row: dict[str, Any] = {"iccid": sim.iccid, "state": _TERMINATED}
        for word, value in _values(sim).items():
            if word in _LISTED_WORDS and value not in (None, []):
                cell = self._cell(sim, word, value)
                if cell:
                    row[word] = value
        return row

    def _row(self, sim: Any) -> str:
        cells = [sim.iccid, *(self._cell(sim, word, value) for word, value in _values(sim).items())]
        return ",".join(map(_quoted, cells))

    def _cell(self, sim: Any, word: str, value: Any) -> str:
        if value is None or value == []:
            return ""
        if word == "state" and value not in _STATES:
            if value != "pending":
                self.lost.setdefault((word, "no file holds this state"), []).append((sim.iccid, value))
            return ""
        text, why = cell_of(word, value)
        if why is not None:
            self.partial.add(sim.iccid)
            self.lost.setdefault((word, why), []).append((sim.iccid, value))
        return text

    def _has_number(self, sim: Any, *, check_digit: bool = False) -> bool:
        problem = problem_of(sim.iccid, check_digit=check_digit)
        if problem is not None:
            self.lost.setdefault(("iccid", f"the ICCID {problem[0]}"), []).append((sim.iccid, sim.iccid))
        return problem is None

    def _add(self, group: str | None, name: str, spec: dict[str, Any]) -> None:
        self.names.add(name)
        self.sets.append((group, Resource(Address(sim_set_kind().name, name), spec)))

    def _taken(self) -> Iterator[str]:
        yield from self.names
        yield from self.composition.taken

    def _reference(self, group: str) -> str:
        return f"{EXISTING}{group}" if Address(group_kind().name, group) in self.composition.outside else group

    def result(self) -> ExportedSims:
        """Everything that was written."""
        for (word, why), sims in sorted(self.lost.items()):
            for iccid, value in sims:
                self.found.append(leftover(f"SIM {iccid}", word, value, why))
        return ExportedSims(tuple(self.sets), self.files, tuple(self.found), self.count)


def _values(sim: Any) -> dict[str, Any]:
    """The values of a SIM in the order of the columns."""
    return {"state": sim.status, **{word: live_value(sim, word) or None for word in COLUMNS[1:]}}


def _table(rows: Iterable[str]) -> bytes:
    return ("\n".join((_HEADING, *rows)) + "\n").encode("utf-8", "replace")


def _quoted(cell: str) -> str:
    if not _QUOTED.isdisjoint(cell) or cell[:1] in {" ", "'", "="} or cell[-1:] == " ":
        return '"' + cell.replace('"', '""') + '"'
    return cell
