"""SIMs that drifted into the files that list them: cells, rows that come, go and change the list."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from reconciler.diffing.rosters import ACTIVE, SUSPENDED, RosterDifference
from reconciler.kinds import sim_set_kind
from reconciler.manifests.rosters import files_of
from reconciler.manifests.sim_table import SimTable
from reconciler.manifests.text_edits import NotEditable
from reconciler.model.address import Address
from reconciler.model.references import bare
from reconciler.model.resource import Resource
from reconciler.model.roster import Roster
from reconciler.operations.written_files import WrittenField, WrittenFiles
from reconciler.positions import Path

_OTHER = {SUSPENDED: ACTIVE, ACTIVE: SUSPENDED}


def write_sims(files: WrittenFiles, difference: RosterDifference, named: AbstractSet[str]) -> None:
    """Bring the differences of these SIMs, by ICCID, into the files and manifests that speak of them."""
    roster = files.session.loaded.roster
    if roster is not None:
        _Rows(files, roster, difference, named).write()


@dataclass(frozen=True, slots=True)
class _Row:
    """The place of one SIM: a row of a table, or a row of a list in a manifest."""

    resource: Resource
    table: SimTable | None = None
    path: Path = ()


@dataclass(frozen=True, slots=True)
class _Rows:
    """Writes one difference."""

    files: WrittenFiles
    roster: Roster
    difference: RosterDifference
    named: AbstractSet[str]

    def write(self) -> None:
        """Settings, then states, then the lists that SIMs are in."""
        live: dict[int, dict[str, Any]] = {}
        for edit in self.difference.edits:
            live.setdefault(edit.iccid, {}).update({name: edit.before.get(name) for name in edit.after})
        for (state, _, _), iccids in self.difference.states.items():
            for iccid in iccids:
                live.setdefault(iccid, {})["state"] = _OTHER.get(state)
        for iccid in self.difference.suspended:
            live.setdefault(iccid, {})["state"] = SUSPENDED
        moves = {
            iccid: (source, target)
            for (source, target, _), flow in self.difference.flows.items()
            for iccid in flow.iccids
        }
        for iccid in sorted(live.keys() | moves.keys()):
            if str(iccid) in self.named:
                self._attempt(iccid, live.get(iccid, {}), moves.get(iccid))
        for group, iccids in self.difference.unlisted.items():
            for iccid in sorted(set(iccids) - moves.keys()):
                if str(iccid) in self.named:
                    self._list(iccid, group)
        self._leave_the_rest()
        self._pin()

    def _leave_the_rest(self) -> None:
        for found, why in (
            (self.difference.gone, "it was terminated; remove its row"),
            (self.difference.missing, "it is not in the account"),
        ):
            for iccid in sorted(found):
                if str(iccid) in self.named:
                    self.files.leave(self._speaker(iccid), str(iccid), why)

    def _speaker(self, iccid: int) -> Address:
        number = self.roster.members.get(iccid, self.roster.endpoints.get(iccid, 0))
        return Address.parse(self.roster.sets[number].address)

    def _attempt(self, iccid: int, live: Mapping[str, Any], move: tuple[str | None, str] | None) -> None:
        try:
            with self.files.as_one():
                if move is not None:
                    self._move(iccid, move[0], live)
                    return
                for name, value in live.items():
                    self._setting(iccid, name, value)
        except NotEditable as error:
            self.files.leave(self._speaker(iccid), str(iccid), str(error))

    # --- settings -----------------------------------------------------------------------------------------------------

    def _setting(self, iccid: int, name: str, value: Any) -> None:
        said = f"{iccid} {name}"
        endpoint = self._endpoint(iccid)
        if endpoint is not None and (name in endpoint.spec or iccid not in self.roster.members):
            self._say(_Row(endpoint), name, value, said)
            return
        row = self._row(iccid)
        if row.table is not None:
            if not row.table.has(name) or not (row.table.states(iccid, name) or name == "state"):
                message = f"{name} is said of all SIMs of the set, not in its row"
                raise NotEditable(message)
            line = row.table.set_cell(iccid, name, cell_text(name, value))
            self._wrote(row, said, line)
            return
        stated = _value_at(row.resource.spec, row.path)
        if name not in stated and name != "state":
            message = f"{name} is said of all SIMs of the set, not in its row"
            raise NotEditable(message)
        self._say(row, name, value, said)

    def _say(self, row: _Row, name: str, value: Any, said: str) -> None:
        path = (*row.path, name)
        wanted = value or None

        def is_as_lived(made: Resource) -> bool:
            return (_value_at(made.spec, row.path).get(name) or None) == wanted

        self.files.put(row.resource.address, path, value, is_as_lived=is_as_lived, said=said)

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _move(self, iccid: int, source: str | None, live: Mapping[str, Any]) -> None:
        """The SIM is in another group: its row goes to the set of that group, its Endpoint names the group."""
        if source is None:
            message = "it is in no group on the platform"
            raise NotEditable(message)
        endpoint = self._endpoint(iccid)
        if endpoint is not None and "group" in endpoint.spec:

            def is_as_lived(made: Resource) -> bool:
                return bare(made.spec["group"]) == source

            self.files.put(endpoint.address, ("group",), source, is_as_lived=is_as_lived, said=f"{iccid} group")
            for name, value in live.items():
                self._setting(iccid, name, value)
            return
        row = self._row(iccid)
        target = self._set_for(source)
        self._add(target, iccid, {**self.roster.settings.get(iccid, {}), **live})
        self._remove(row, iccid)

    def _list(self, iccid: int, group: str) -> None:
        """A SIM that no list has, in a group of an exclusive set: it gets a row."""
        target = self._set_for(group)
        try:
            self._add(target, iccid, {})
        except NotEditable as error:
            self.files.leave(target.address, str(iccid), str(error))

    def _remove(self, row: _Row, iccid: int) -> None:
        said = f"{iccid} (not in the group any more)"
        if row.table is not None:
            self._wrote(row, said, row.table.remove_row(iccid))
            return
        path, number = row.path[:-1], row.path[-1]
        rows = [one for place, one in enumerate(_value_at(row.resource.spec, path)) if place != number]
        self._write_list(row.resource, path, rows, said)

    def _add(self, target: Resource, iccid: int, settings: Mapping[str, Any]) -> None:
        said = f"{iccid} (in the group now)"
        target = self.files.declared(target.address)
        for place, source in enumerate(target.spec["members"]):
            if "file" in source:
                name = files_of(self.files.session.estate.root, source["file"]["path"])[-1]
                table = self.files.table(name, _columns(source["file"]))
                values = {word: cell_text(word, value) for word, value in settings.items() if table.has(word)}
                line = table.add_row({"iccid": str(iccid), **values})
                self._wrote(_Row(target, table), said, line)
                return
            if "list" in source:
                rows = [*source["list"], {"iccid": str(iccid), **{k: v for k, v in settings.items() if v}}]
                self._write_list(target, ("members", place, "list"), rows, said)
                return
        message = "its set has neither a list nor a file"
        raise NotEditable(message)

    def _write_list(self, resource: Resource, path: Path, rows: list[Any], said: str) -> None:
        def is_as_lived(made: Resource) -> bool:
            return _told(_value_at(made.spec, path)) == _told(rows)

        self.files.put(resource.address, path, rows, is_as_lived=is_as_lived, said=said)

    # --- places -------------------------------------------------------------------------------------------------------

    def _endpoint(self, iccid: int) -> Resource | None:
        number = self.roster.endpoints.get(iccid)
        return None if number is None else self._declared(self.roster.sets[number].address)

    def _declared(self, address: str) -> Resource:
        return self.files.declared(Address.parse(address))

    def _set_for(self, group: str) -> Resource:
        """The one set that a SIM of a group belongs to: the exclusive one, or the only one."""
        sets = [one for one in self.roster.sets if one.group == group and one.address.startswith(sim_set_kind().name)]
        chosen = [one for one in sets if one.is_exclusive] or sets
        if len(chosen) != 1:
            count = f"{len(chosen)} sets are" if chosen else "no set of this estate is"
            message = f"it is in the group {group}, and {count} for that group"
            raise NotEditable(message)
        return self._declared(chosen[0].address)

    def _row(self, iccid: int) -> _Row:
        """The row that lists a SIM, in a file or in a manifest."""
        number = self.roster.members.get(iccid)
        if number is None:
            message = "it is listed by its reference or by a selector"
            raise NotEditable(message)
        resource = self._declared(self.roster.sets[number].address)
        for place, source in enumerate(resource.spec.get("members") or ()):
            if "file" in source:
                for name in files_of(self.files.session.estate.root, source["file"]["path"]):
                    table = self.files.table(name, _columns(source["file"]))
                    if iccid in table:
                        return _Row(resource, table)
            for at, row in enumerate(source.get("list") or ()):
                if row.get("iccid") == str(iccid):
                    return _Row(resource, path=("members", place, "list", at))
        message = "no row lists it by its ICCID"
        raise NotEditable(message)

    def _wrote(self, row: _Row, said: str, line: int) -> None:
        file = "" if row.table is None else row.table.file
        self.files.written.append(WrittenField(str(row.resource.address), said, f"{file}:{line}"))

    def _pin(self) -> None:
        """A file that is pinned by its digest gets the new one."""
        changed = self.files.changed()
        for resource, place, name in self._pinned():
            if name not in changed:
                continue
            digest = sha256(changed[name]).hexdigest()
            path: Path = ("members", place, "file", "sha256")

            def is_as_lived(made: Resource, path: Path = path, digest: str = digest) -> bool:
                return bool(_value_at(made.spec, path) == digest)

            self.files.write(resource.address, path, digest, is_as_lived=is_as_lived)

    def _pinned(self) -> Iterator[tuple[Resource, int, str]]:
        for resource in self.files.session.loaded.built.estate.of_kind(sim_set_kind().name).values():
            for place, source in enumerate(resource.spec["members"]):
                if "sha256" in source.get("file", {}):
                    yield resource, place, source["file"]["path"]


def cell_text(name: str, value: Any) -> str:
    """A setting as a cell has it; `NotEditable` where no cell can say it."""
    if name == "tags":
        tags = list(value or ())
        if any(";" in tag or tag != tag.strip() for tag in tags):
            message = "a tag holds a semicolon or a blank at its end, which no cell can say"
            raise NotEditable(message)
        return ";".join(tags)
    text = "" if value is None else str(value)
    if not text.isprintable() or text != text.strip():
        message = f"{name} holds what no cell can say"
        raise NotEditable(message)
    return text


def _told(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a list, their tags in one order."""
    return [{**row, "tags": sorted(row["tags"])} if row.get("tags") else dict(row) for row in rows]


def _columns(source: Mapping[str, Any]) -> dict[str, str]:
    return {"iccid": "iccid", **(source.get("columns") or {})}


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value
