"""The literal parts of a template's resources, checked as those of any manifest."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.diagnostics import MISSING_FIELD, UNKNOWN_FIELD, Diagnostic
from reconciler.manifests.metadata import METADATA, ORIGIN, RENAMED_FROM, SLOT, labels_of, lifecycle_of
from reconciler.manifests.problems import missing_field, spec_problems, unknown_field
from reconciler.manifests.templates.findings import Findings
from reconciler.manifests.templates.lexer import has_holes
from reconciler.manifests.templates.outline import Outline
from reconciler.positions import Path

ORIGIN_ANNOTATIONS = (SLOT, ORIGIN, RENAMED_FROM)


def check_literals(outline: Outline, findings: Findings) -> None:
    """Report what is wrong with the parts of a resource that are written out."""
    if outline.kind is None:
        return
    prefix = (*outline.path, "template")
    holes: set[Path] = set()
    data = _without_holes(outline.data, (), holes)
    _check_metadata(data, prefix, holes, findings)
    for found in spec_problems(outline.kind.adapter, data["spec"], outline.kind.shape, findings.address):
        if not _concerns(found, holes):
            _add(found, prefix, findings)


def _check_metadata(data: Mapping[str, Any], prefix: Path, holes: set[Path], findings: Findings) -> None:
    metadata = data["metadata"]
    for name in metadata:
        if name not in METADATA:
            _add(unknown_field(name, METADATA, "metadata", None, ("metadata", name)), prefix, findings)
    if "name" not in metadata:
        _add(missing_field("name", "metadata", None, ("metadata",)), prefix, findings)
    elif not isinstance(metadata["name"], str):
        findings.add((*prefix, "metadata", "name"), "The name is no text.", "Write a name.")
    annotations = metadata.get("annotations")
    if isinstance(annotations, Mapping):
        for name in ORIGIN_ANNOTATIONS:
            if name in annotations:
                detail = f"{name} is written by rendering."
                hint = "Write renamedFrom: beside the id." if name == RENAMED_FROM else "Remove it."
                findings.add((*prefix, "metadata", "annotations", name), detail, hint, at_key=True)

    def report(found: Diagnostic) -> None:
        if not _concerns(found, holes):
            _add(found, prefix, findings)

    labels_of(data, findings.address, report)
    without = {name: value for name, value in metadata.items() if name != "annotations"}
    if isinstance(annotations, Mapping):
        kept = {name: value for name, value in annotations.items() if name not in ORIGIN_ANNOTATIONS}
        lifecycle_of({"metadata": {**without, "annotations": kept}}, findings.address, report)


def _add(found: Diagnostic, prefix: Path, findings: Findings) -> None:
    path = (*prefix, *found.path)
    marks = findings.document.marks
    span = marks.key(path) if found.at_key else marks.value(path)
    findings.count += 1
    findings.report(replace(found, address=findings.address, path=path, span=span))


def _concerns(found: Diagnostic, holes: set[Path]) -> bool:
    """Whether a finding is about the value of an expression, or about a whole that holds such a part."""
    path = found.path
    if path and has_holes(str(path[-1])):
        return True
    if found.code in {UNKNOWN_FIELD, MISSING_FIELD}:
        # The name is written out, whatever its value is.
        return any(path[: len(hole)] == hole and path != hole for hole in holes)
    return any(path[: len(hole)] == hole or hole[: len(path)] == path for hole in holes)


def _without_holes(data: Any, path: Path, holes: set[Path]) -> Any:
    if isinstance(data, str):
        if not has_holes(data):
            return data
        holes.add(path)
        return "expression"
    if isinstance(data, Mapping):
        return {name: _without_holes(value, (*path, name), holes) for name, value in data.items()}
    if isinstance(data, list):
        return [_without_holes(value, (*path, place), holes) for place, value in enumerate(data)]
    return data
