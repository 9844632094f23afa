"""Documents of templates and divisions → rendered documents, with everything that is wrong in one run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.diagnostics import DUPLICATE_ADDRESS, Diagnostic, Related, Report
from reconciler.expressions.library import require
from reconciler.manifests.templates.compiler import compile_template
from reconciler.manifests.templates.division import Division, findings_of, read_division
from reconciler.manifests.templates.rendering import render_division
from reconciler.manifests.templates.template import Template
from reconciler.manifests.yaml_reader import DIVISION, TEMPLATE, Document
from reconciler.positions import Span


@dataclass(frozen=True, slots=True)
class Expansion:
    """
    All templates and divisions of an estate, and the documents that they make.

    Not `is_complete`: something was refused, so that objects are missing which others may refer to.
    """

    templates: Mapping[tuple[str, str], Template]
    divisions: tuple[Division, ...]
    documents: tuple[Document, ...]
    is_complete: bool = True


def expand(documents: Sequence[Document], report: Report, environment: str | None = None) -> Expansion:
    """
    The rendered documents, in the order of divisions by name.

    Raises `MissingExtra` where the library of expressions is not installed.
    """
    require("this estate has templates, and each of them")
    templates: dict[tuple[str, str], Template | None] = {}
    first: dict[tuple[str, ...], Span] = {}
    for document in documents:
        if _kind(document) != TEMPLATE:
            continue
        identity = _identity(document)
        if identity is not None and _is_taken(first, (TEMPLATE, *identity), document, report):
            continue
        found = compile_template(document, report)
        if found is not None:
            templates[found.name, found.version] = found
        elif identity is not None:
            templates[identity] = None
    divisions: list[Division] = []
    is_complete = all(found is not None for found in templates.values())
    rendered: list[Document] = []
    named = sorted((document for document in documents if _kind(document) == DIVISION), key=_name)
    for document in named:
        findings = findings_of(document, report)
        if _name(document) and _is_taken(first, (DIVISION, _name(document)), document, report):
            continue
        division = read_division(document, templates, environment, findings)
        if division is None:
            is_complete = False
            continue
        made = render_division(division, findings)
        is_complete &= not findings.failed()
        divisions.append(division)
        rendered.extend(made)
    sound = {name: found for name, found in templates.items() if found is not None}
    return Expansion(sound, tuple(divisions), tuple(rendered), is_complete)


def _kind(document: Document) -> object:
    return document.data.get("kind") if isinstance(document.data, Mapping) else None


def _name(document: Document) -> str:
    metadata = document.data.get("metadata") if isinstance(document.data, Mapping) else None
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return str(name) if isinstance(name, str) else ""


def _identity(document: Document) -> tuple[str, str] | None:
    spec = document.data.get("spec") if isinstance(document.data, Mapping) else None
    version = spec.get("version") if isinstance(spec, Mapping) else None
    name = _name(document)
    return (name, str(version)) if name and isinstance(version, str) else None


def _is_taken(
    first: dict[tuple[str, ...], Span], identity: tuple[str, ...], document: Document, report: Report
) -> bool:
    span = document.marks.value(("metadata", "name"))
    if identity not in first:
        first[identity] = span
        return False
    shown = f"{identity[0]}/{'@'.join(identity[1:])}"
    related = (Related("it is declared here first", first[identity]),)
    hint = "Remove one of the two, or give it another name or version."
    report(Diagnostic(DUPLICATE_ADDRESS, f"{shown} is declared twice.", hint, shown, span=span, related=related))
    return True
