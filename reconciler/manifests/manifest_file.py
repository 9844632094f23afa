"""
One field of one manifest as it lives, in the text of its file; every other byte stays, and every other value.

An edit is made, read again as any manifest is, and kept only if it says what it should and nothing else changed. A form
that the edit does not know is a refusal, never a guess.
"""

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.kinds import kind_named
from reconciler.manifests.builder import build
from reconciler.manifests.live_values import Spelled, write_value
from reconciler.manifests.manifest_text import Piece, pieces, readable
from reconciler.manifests.text_edits import NotEditable
from reconciler.manifests.yaml_edits import YamlEdits
from reconciler.manifests.yaml_nodes import yaml_nodes
from reconciler.manifests.yaml_reader import Document, read_documents
from reconciler.model.address import Address
from reconciler.model.resource import Resource, Resources
from reconciler.positions import Path

_MARK = b"\xef\xbb\xbf"


class ManifestFile:
    """The text of one file of manifests, with the edits that were made so far."""

    __slots__ = ("_has_mark", "_is_dos", "_text", "file")

    def __init__(self, file: str, content: bytes) -> None:
        """Raises `NotEditable` for a file whose lines end in several ways: writing it would change other lines."""
        self.file = file
        self._has_mark = content.startswith(_MARK)
        self._is_dos = b"\r" in content
        if self._is_dos and content.count(b"\r\n") != max(content.count(b"\r"), content.count(b"\n")):
            message = f"the lines of {file} end in several ways"
            raise NotEditable(message)
        self._text = readable(file, content, lambda _: None) or b""

    @property
    def content(self) -> bytes:
        """The bytes of the file with all edits."""
        text = self._text.replace(b"\n", b"\r\n") if self._is_dos else self._text
        return _MARK + text if self._has_mark else text

    def resource(self, address: Address, line: int) -> Resource:
        """The declaration of an address as the edits so far have left it; `NotEditable` where no document has it."""
        piece, _, _ = self._document(address, line)
        return _resources(self.file, self._text[piece.start : piece.end])[address]

    def write(
        self,
        address: Address,
        path: Path,
        live: Any,
        *,
        line: int,
        spelled: Spelled,
        is_as_lived: Callable[[Resource], bool],
    ) -> int:
        """
        Bring a live value, in normal form, into the place of a spec; the line of that place.

        `line` is the place of the declaration as it was read: a template has it for what it made.

        Raises `NotEditable` with the reason where that cannot be written without touching more, and changes nothing.
        """
        piece, document, index = self._document(address, line)
        raw = self._text[piece.start : piece.end]
        before = _resources(self.file, raw)
        text = raw.decode()
        spec = yaml_nodes(text)[index].at("spec")
        if spec is None or document.data is None:
            message = "the manifest does not state it"
            raise NotEditable(message)
        edits = YamlEdits(text)
        shape, sides = kind_named(address.kind).shape, (before[address].spec, live)
        start = write_value(edits, spec, path, sides=sides, shape=shape, spelled=spelled)
        made = edits.edits.applied().encode()
        after = _resources(self.file, made)
        if not _is_only_change(before, after, address, str(path[0])) or not is_as_lived(after[address]):
            message = "no manifest can say what is live there"
            raise NotEditable(message)
        self._text = self._text[: piece.start] + made + self._text[piece.end :]
        return piece.line + text.count("\n", 0, start) + 1

    def _document(self, address: Address, line: int) -> tuple[Piece, Document, int]:
        """The piece that declares an address, its document, and which of the piece it is."""
        maker = "a template"
        for piece in pieces(self._text):
            raw = self._text[piece.start : piece.end]
            is_at_line = piece.line < line <= piece.line + raw.count(b"\n") + 1
            if not (is_at_line or address.name.encode() in raw):
                continue
            for index, document in enumerate(read_documents(self.file, raw, lambda _: None)):
                found = _declared(document.data)
                if found == address:
                    return piece, document, index
                if is_at_line and found is not None:
                    maker = str(found)
        message = f"it is made by {maker}: change that, and not what it makes"
        raise NotEditable(message)


def _declared(data: object) -> Address | None:
    if not isinstance(data, Mapping) or not isinstance(metadata := data.get("metadata"), Mapping):
        return None
    kind, name = data.get("kind"), metadata.get("name")
    return Address(str(kind), str(name)) if isinstance(kind, str) and isinstance(name, str) else None


def _resources(file: str, raw: bytes) -> Resources:
    """The resources of a piece; `NotEditable` where anything about it is no sound manifest."""
    found: list[object] = []
    built = build(read_documents(file, raw, found.append))
    if found or built.diagnostics:
        message = "no manifest can hold what is live there"
        raise NotEditable(message)
    return built.estate


def _is_only_change(before: Resources, after: Resources, address: Address, field: str) -> bool:
    if list(before) != list(after):
        return False
    for one, resource in before.items():
        if one != address and resource != after[one]:
            return False
    mine, theirs = before[address], after[address]
    rest = [{name: value for name, value in side.spec.items() if name != field} for side in (mine, theirs)]
    return rest[0] == rest[1] and mine._replace(spec={}) == theirs._replace(spec={})
