"""Resources as YAML that people read: modelines, heads, comments for what is not managed, files of bounded length."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.exporting.leftover import Leftover
from reconciler.manifests.metadata import API_VERSION, UNMANAGED
from reconciler.manifests.writer import OneLine, written
from reconciler.model.address import Address
from reconciler.model.resource import Resource

MOST_LINES = 3_000
SCHEMA_FOLDER = "schemas"
_WIDE = 4096
_MOST_COMMENTS = 200
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The text of one document: its head of comments belongs to it."""

    address: Address
    content: bytes

    @property
    def lines(self) -> int:
        """The number of lines, with the one that separates it from the next document."""
        return self.content.count(b"\n") + 1


def document(resource: Resource, leftovers: Sequence[Leftover] = ()) -> DocumentText:
    """
    One resource, after a comment for each live value that it does not hold.

    A document that would be longer than a file may be has the items of its lists on one line each, or whole lists.
    """
    metadata: dict[str, Any] = {"name": resource.address.name}
    if resource.labels:
        metadata["labels"] = dict(resource.labels)
    if resource.lifecycle.unmanaged:
        metadata["annotations"] = {UNMANAGED: ", ".join(resource.lifecycle.unmanaged)}
    comment = _comment(leftovers)
    for flowing in (_in_blocks, _items_in_lines, _lists_in_lines):
        spec = flowing(resource.spec)
        body = written({"apiVersion": API_VERSION, "kind": resource.address.kind, "metadata": metadata, "spec": spec})
        text = DocumentText(resource.address, comment + body)
        if text.lines <= MOST_LINES - 20:
            break
    return text


def _comment(leftovers: Sequence[Leftover]) -> bytes:
    if not leftovers:
        return b""
    rows = [f"#   {one.field or 'the object'}: {one.short} · {one.why}\n" for one in leftovers[:_MOST_COMMENTS]]
    more = len(leftovers) - len(rows)
    if more:
        rows.append(f"#   and {more:,} more\n")
    return ("# Not managed here, and kept as it is on the platform:\n" + "".join(rows)).encode()


def schema_file(kind: str | None) -> str:
    """The schema of a kind, ``schemas/endpoint-group.schema.json``, or of all of them."""
    if kind is None:
        return f"{SCHEMA_FOLDER}/manifest.schema.json"
    return f"{SCHEMA_FOLDER}/{_WORD.sub('-', kind).lower()}.schema.json"


def files_of(name: str, texts: Iterable[DocumentText], *, head: str) -> dict[str, bytes]:
    """
    Documents in as many files as their lines need: ``name.yaml``, ``name-2.yaml`` …, each with modeline and head.

    The modeline names the schema of the one kind in the file, or the schema of all kinds.
    """
    chunks: list[list[DocumentText]] = [[]]
    used = 0
    for text in texts:
        if chunks[-1] and used + text.lines > MOST_LINES - 20:
            chunks.append([])
            used = 0
        chunks[-1].append(text)
        used += text.lines
    found = {}
    for number, chunk in enumerate(chunks, 1):
        if chunk:
            file = f"{name}.yaml" if number == 1 else f"{name}-{number}.yaml"
            found[file] = (modeline(file, {text.address.kind for text in chunk}) + head).encode() + b"---\n".join(
                text.content for text in chunk
            )
    return found


def modeline(file: str, kinds: Iterable[str]) -> str:
    """The first line of a file, by which editors find its schema."""
    (kind, *others) = kinds
    schema = schema_file(None if others else kind)
    return f"# yaml-language-server: $schema={'../' * file.count('/')}{schema}\n"


def _in_blocks(value: Any) -> Any:
    return value


def _items_in_lines(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _items_in_lines(inner) for name, inner in value.items()}
    return [OneLine(inner) for inner in value] if isinstance(value, list | tuple) else value


def _lists_in_lines(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _lists_in_lines(inner) for name, inner in value.items()}
    return OneLine(value) if isinstance(value, list | tuple) else value
