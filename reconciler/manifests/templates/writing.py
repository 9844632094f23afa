"""
Documents as files, one for each object, that the strict loader reads back as they are. Byte-stable.

A scalar that was written without quotes keeps its text. Text that would be read as something else is put into quotes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.kinds import kinds
from reconciler.manifests.yaml_reader import Document
from reconciler.manifests.yaml_scalars import scalar_text

HEADER = "# Rendered by `reconciler render`: edit the template or the division, and render again.\n"


def file_name(data: Mapping[str, Any]) -> str:
    """The file of an object, below the folder of all: ``endpoint-group/fleet-uk.yaml``."""
    kind = str(data["kind"])
    known = kinds().get(kind)
    return f"{known.slug if known else kind.lower()}/{data['metadata']['name']}.yaml"


def document_text(data: Mapping[str, Any]) -> str:
    """One manifest as YAML, without a header."""
    return "\n".join(_mapping(data, 0)) + "\n"


def rendered_files(documents: Iterable[Document]) -> dict[str, str]:
    """The text of each file by its name, in the order of names."""
    found = {}
    for document in documents:
        data = document.data
        if isinstance(data, Mapping):
            found[file_name(data)] = HEADER + document_text(data)
    return dict(sorted(found.items()))


def _mapping(data: Mapping[str, Any], depth: int) -> Iterator[str]:
    blank = "  " * depth
    for name, value in data.items():
        key = _key(name)
        if isinstance(value, Mapping) and value:
            yield f"{blank}{key}:"
            yield from _mapping(value, depth + 1)
        elif isinstance(value, list) and value:
            yield f"{blank}{key}:"
            yield from _items(value, depth + 1)
        else:
            yield f"{blank}{key}: {_scalar(value)}"


def _items(items: list[Any], depth: int) -> Iterator[str]:
    blank = "  " * depth
    for item in items:
        if isinstance(item, Mapping) and item:
            first, *rest = _mapping(item, depth + 1)
            yield f"{blank}- {first.lstrip()}"
            yield from rest
        elif isinstance(item, list) and item:
            first, *rest = _items(item, depth + 1)
            yield f"{blank}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{blank}- {_scalar(item)}"


def _key(name: str) -> str:
    return name if name.replace("/", "").replace(".", "").replace("-", "").isidentifier() else scalar_text(str(name))


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "null"
        case Mapping():
            return "{}"
        case list():
            return "[]"
    text = str(value)
    # A scalar without quotes was read from a plain one, and says the same again.
    return scalar_text(text, former="0" if type(value) is str else "")
