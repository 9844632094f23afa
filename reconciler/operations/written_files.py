"""The files of an estate in the making: manifests and files of SIMs into which live values are brought."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from reconciler.errors import StoreError
from reconciler.manifests.manifest_file import ManifestFile
from reconciler.manifests.opened_files import FileRefused, read_below
from reconciler.manifests.sim_table import SimTable
from reconciler.manifests.sim_text import LARGEST_FILE_BYTES
from reconciler.manifests.text_edits import NotEditable
from reconciler.model.address import Address
from reconciler.model.references import EXISTING
from reconciler.model.resource import Resource
from reconciler.named_files import write_named
from reconciler.operations.session import Session
from reconciler.positions import Path, path_text


@dataclass(frozen=True, slots=True)
class WrittenField:
    """A field, or a row of SIMs, that is in a file as it lives: whose, which, and where (``file:line``)."""

    address: str
    field: str
    place: str


@dataclass(frozen=True, slots=True)
class LeftField:
    """A field, or a SIM, that drifted and is not written, and why."""

    address: str
    field: str
    why: str


@dataclass(slots=True)
class WrittenFiles:
    """The files of one run: each is read once, edited in memory, and saved at the end."""

    session: Session
    written: list[WrittenField] = field(default_factory=list)
    left: list[LeftField] = field(default_factory=list)
    _manifests: dict[str, ManifestFile] = field(default_factory=dict)
    _tables: dict[str, SimTable] = field(default_factory=dict)
    _contents: dict[str, bytes] = field(default_factory=dict)

    def leave(self, address: Address, name: str, why: str) -> None:
        """Note that something is not written, and why."""
        self.left.append(LeftField(str(address), name, why))

    def write(self, address: Address, path: Path, live: Any, *, is_as_lived: Callable[[Resource], bool]) -> None:
        """Bring a live value to a place of a manifest, or note why it is left."""
        try:
            self.put(address, path, live, is_as_lived=is_as_lived)
        except NotEditable as error:
            self.leave(address, path_text(path), str(error))

    def put(
        self, address: Address, path: Path, live: Any, *, is_as_lived: Callable[[Resource], bool], said: str = ""
    ) -> None:
        """Bring a live value to a place of a manifest, which is `said` in another way; `NotEditable` where it stays."""
        place = self._write(address, path, live, is_as_lived)
        self.written.append(WrittenField(str(address), said or path_text(path), place))

    @contextmanager
    def as_one(self) -> Iterator[None]:
        """Several edits of which all are made or none: `NotEditable` takes those back that were made."""
        count = len(self.written)
        manifests = {name: copy(file) for name, file in self._manifests.items()}
        tables = {name: table.mark() for name, table in self._tables.items()}
        try:
            yield
        except NotEditable:
            del self.written[count:]
            self._manifests.update(manifests)
            for name in self._manifests.keys() - manifests.keys():
                del self._manifests[name]
            for name in self._tables.keys() - tables.keys():
                del self._tables[name]
            for name, mark in tables.items():
                self._tables[name].go_back(mark)
            raise

    def declared(self, address: Address) -> Resource:
        """A declaration as the edits so far have left it."""
        span = self.session.loaded.built.origins.span(str(address), ("metadata", "name"))
        if span is None or span.file not in self._manifests:
            return self.session.loaded.built.estate[address]
        return self._manifests[span.file].resource(address, span.line)

    def _write(self, address: Address, path: Path, live: Any, is_as_lived: Callable[[Resource], bool]) -> str:
        span = self.session.loaded.built.origins.span(str(address), ("metadata", "name"))
        if span is None:
            message = "no file declares it"
            raise NotEditable(message)
        if span.file not in self._manifests:
            self._contents[span.file] = self.session.loaded.sources[span.file]
            self._manifests[span.file] = ManifestFile(span.file, self._contents[span.file])
        line = self._manifests[span.file].write(
            address, path, live, line=span.line, spelled=self.spelled, is_as_lived=is_as_lived
        )
        return f"{span.file}:{line}"

    def spelled(self, kind: str, name: str) -> str:
        """A reference as these manifests spell it."""
        return name if Address(kind, name) in self.session.loaded.built.estate else f"{EXISTING}{name}"

    def table(self, name: str, columns: dict[str, str]) -> SimTable:
        """A file of SIMs; `NotEditable` for one that is packed, or another one than was read before."""
        if name not in self._tables:
            try:
                content = read_below(self.session.estate.root, name, LARGEST_FILE_BYTES)
            except FileRefused as error:
                raise NotEditable(str(error)) from error
            roster = self.session.loaded.roster
            known = None if roster is None else roster.files.get(name)
            if known != f"sha256:{sha256(content).hexdigest()}":
                message = f"{name} was changed while it was read"
                raise NotEditable(message)
            self._contents[name] = content
            self._tables[name] = SimTable(name, content, columns)
        return self._tables[name]

    def changed(self) -> dict[str, bytes]:
        """The new bytes of each file that an edit changed, by name."""
        made = {name: file.content for name, file in self._manifests.items()}
        made |= {name: table.content for name, table in self._tables.items()}
        return {name: content for name, content in sorted(made.items()) if content != self._contents[name]}

    def save(self) -> None:
        """Write each file that changed; none of them if any was changed by somebody else meanwhile."""
        root, changed = self.session.estate.root, self.changed()
        for name in changed:
            try:
                is_same = read_below(root, name, LARGEST_FILE_BYTES) == self._contents[name]
            except FileRefused:
                is_same = False
            if not is_same:
                message = f"{name} was changed while the platform was read; nothing was written"
                raise StoreError(message, hint="run the command again")
        for name, content in changed.items():
            write_named(root / name, content, option="drift --write")
