"""
Documents into the declared estate, with the origin of each resource and everything that is wrong.

A document that cannot be read or understood still declares an object, so that a reference to that object is no mistake.
The addresses that its text may name are collected, rather too many than too few: the document itself is reported in any
case, and nothing is planned before it is sound.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from pydantic import ValidationError

from reconciler.diagnostics import (
    DUPLICATE_ADDRESS,
    INVALID_VALUE,
    UNKNOWN_KIND,
    Diagnostic,
    Related,
    Report,
    further_places,
)
from reconciler.kinds import kinds, object_kinds
from reconciler.manifests.declarations import Built
from reconciler.manifests.estate_cache import EstateCache
from reconciler.manifests.metadata import ESTATE, check_name, check_outer_fields, labels_of, lifecycle_of
from reconciler.manifests.problems import diagnostics_of
from reconciler.manifests.yaml_reader import Document
from reconciler.model.address import Address
from reconciler.model.resource import PLAIN_LIFECYCLE, Lifecycle, Resource, Resources
from reconciler.validation.names import as_moniker

_LONGEST_SHOWN = 80
_MOST_NAMES = 100

# A key at the beginning of a line, or in braces; possessive, so that no text takes long.
_KIND = re.compile(r"""(?:^|[{,]\s*+)["']?kind["']?[ \t]*+:\s*+["']?(\w++)""", re.MULTILINE)
# The block below the key: everything up to the next line that begins in the first column.
_METADATA = re.compile(
    r"""(?:^|[{,]\s*+)["']?metadata["']?[ \t]*+:([^\n]*+(?:\n(?:[ \t#][^\n]*+)?+)*+)""", re.MULTILINE
)
_NAME = re.compile(r"""(?:^\s*+|[{,]\s*+)["']?name["']?[ \t]*+:[ \t]*+["']?([^\s"',{}]++)""", re.MULTILINE)


def build(documents: Iterable[Document], cache: EstateCache | None = None) -> Built:
    """
    The estate that the documents declare. Every document that is sound is in it, whatever is wrong with others.

    A manifest that is sound in itself goes into the cache.
    """
    built = Built()
    resources: dict[Address, Resource] = {}
    for document in documents:
        resource = document.resource or _resource(document, built, cache)
        if resource is None:
            continue
        text = str(resource.address)
        if resource.address in resources:
            detail = f"{text} is declared twice."
            first = Related("it is declared here first", built.origins.span(text, ("metadata", "name")))
            span = document.marks.value(("metadata", "name"))
            hint = "Remove one of the two, or give it another name."
            built.diagnostics.append(
                Diagnostic(DUPLICATE_ADDRESS, detail, hint, text, span=span, related=(first,), rule="D-5")
            )
            continue
        resources[resource.address] = resource
        built.origins[text] = document.marks
        if document.key is not None:
            built.keys[resource.address] = document.key
    built.estate = Resources(resources.values())
    return built


def _resource(document: Document, built: Built, cache: EstateCache | None) -> Resource | None:
    data = document.data
    # Findings inside one document carry its spans at once: its address may be unknown, or taken by another document.
    found: list[Diagnostic] = []
    if not isinstance(data, Mapping):
        detail = "A manifest is a mapping with apiVersion, kind, metadata and spec."
        span = document.marks.value(())
        built.diagnostics.append(Diagnostic(INVALID_VALUE, detail, "Write these four fields.", span=span))
        return None
    resource = _read(data, found.append)
    built.diagnostics.extend(_placed(finding, document) for finding in found)
    if resource is None:
        # The key of the metadata, or of the name in it, may be misspelt: each text beside the spec may be the name.
        blocks = [block for key, block in data.items() if key != "spec" and isinstance(block, Mapping)]
        texts = [text for block in blocks for text in block.values() if isinstance(text, str)]
        built.unsound |= possible_addresses([data.get("kind")], [*texts, *map(as_moniker, texts)])
    if cache is not None and document.key is not None and resource is not None and not found:
        cache.put(document.key, resource)
    return resource


def _placed(finding: Diagnostic, document: Document) -> Diagnostic:
    marks = document.marks
    span = marks.key(finding.path) if finding.at_key else marks.value(finding.path)
    return replace(finding, span=span, related=(*finding.related, *further_places(marks, finding.path)))


def _read(data: Mapping[str, Any], report: Report) -> Resource | None:
    if data.get("kind") == ESTATE:
        detail = "The kind Estate is the configuration; its place is reconciler.yaml at the root of the estate."
        report(Diagnostic(UNKNOWN_KIND, detail, "Move it there.", None, ("kind",)))
        return None
    metadata = data.get("metadata")
    shown = metadata.get("name") if isinstance(metadata, Mapping) else None
    text = (
        f"{data.get('kind')}/{shown}"[:_LONGEST_SHOWN]
        if isinstance(shown, str) and isinstance(data.get("kind"), str)
        else ""
    )
    kind_name = check_outer_fields(data, text, kinds(), report)
    name = check_name(data, text, report, is_object=kind_name in object_kinds())
    if kind_name is None or "spec" not in data:
        return None
    kind = kinds()[kind_name]
    spec: dict[str, Any] | None = None
    unmanaged = _lifecycle(data, text, lambda _: None).unmanaged
    try:
        spec = kind.adapter.validate_python(data["spec"])
    except ValidationError as error:
        found = list(diagnostics_of(error, data["spec"], kind.shape, text, ("spec",), waived=unmanaged))
        if not found:
            # All that is missing is named as not managed here.
            spec = kind.relaxed_adapter.validate_python(data["spec"])
        for finding in found:
            report(finding)
    if name is None:
        return None
    address = Address(kind_name, name)
    labels = labels_of(data, text, report)
    lifecycle = _lifecycle(data, text, report)
    return None if spec is None else Resource(address, spec, labels, lifecycle)


def _lifecycle(data: Mapping[str, Any], text: str, report: Report) -> Lifecycle:
    return lifecycle_of(data, text, report) if isinstance(data.get("metadata"), Mapping) else PLAIN_LIFECYCLE


def possible_addresses(kind_names: Iterable[object], names: Iterable[object]) -> set[Address]:
    """The addresses that these kinds and names may make; a kind that does not exist may be any."""
    known = kinds()
    given = [kind for kind in kind_names if isinstance(kind, str) and kind in known]
    return {
        Address(kind, str.__str__(name)) for name in names if isinstance(name, str) for kind in given or list(known)
    }


def addresses_in(text: bytes) -> set[Address]:
    """The addresses that a document may declare whose text is no YAML that is read."""
    words = text.decode(errors="replace")
    names = (found[1] for block in _METADATA.finditer(words) for found in _NAME.finditer(block[1]))
    return possible_addresses(
        {found[1] for found in islice(_KIND.finditer(words), _MOST_NAMES)}, islice(names, _MOST_NAMES)
    )
