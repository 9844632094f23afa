"""The outer fields of a manifest: apiVersion, kind, metadata, spec."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.diagnostics import (
    INVALID_METADATA,
    INVALID_VALUE,
    UNKNOWN_KIND,
    UNSUPPORTED_API_VERSION,
    Diagnostic,
    Report,
    nearest,
)
from reconciler.manifests.problems import absent_fields, missing_field, shown_value, unknown_field
from reconciler.model.resource import PLAIN_LIFECYCLE, Lifecycle
from reconciler.model.scalars import is_moniker, is_name
from reconciler.positions import path_text
from reconciler.validation.names import FORM, remedy, rule_of

API_VERSION = "reconciler.dev/v1alpha1"
RENAMED_FROM = "reconciler.dev/renamed-from"
PROTECT = "reconciler.dev/protect"
DELETION_POLICY = "reconciler.dev/deletion-policy"
SLOT = "reconciler.dev/slot"
ORIGIN = "reconciler.dev/origin"
UNMANAGED = "reconciler.dev/unmanaged"
ANNOTATIONS = (RENAMED_FROM, PROTECT, DELETION_POLICY, SLOT, ORIGIN, UNMANAGED)
_LISTED = re.compile(r"(?:[^,\[]|\[[^\]]*\])+")
ESTATE = "Estate"

_MEMBERS = ("apiVersion", "kind", "metadata", "spec")
METADATA = ("name", "labels", "annotations")


def check_outer_fields(data: Mapping[str, Any], address: str, kinds: Iterable[str], report: Report) -> str | None:
    """The document's kind, or None with everything that is wrong with its outer members reported."""
    known = list(kinds)
    for name in data:
        if name not in _MEMBERS:
            report(unknown_field(name, _MEMBERS, "a manifest", address, (name,)))
    for name in absent_fields(_MEMBERS, data, _MEMBERS):
        hint = f" ({API_VERSION})" if name == "apiVersion" else ""
        report(missing_field(name, "a manifest", address, (), doc=hint))
    version = data.get("apiVersion", API_VERSION)
    if version != API_VERSION:
        detail = f"This version reads {API_VERSION}, not {shown_value(version)}."
        report(
            Diagnostic(UNSUPPORTED_API_VERSION, detail, f"Write apiVersion: {API_VERSION}.", address, ("apiVersion",))
        )
    kind = data.get("kind")
    if "kind" not in data or kind in known:
        return kind
    guess = nearest(kind, known) if isinstance(kind, str) else None
    hint = f'Did you mean "{guess}"?' if guess else f"Kinds: {', '.join(known)}."
    shown = (
        f"There is no kind {shown_value(kind)}."
        if isinstance(kind, str)
        else f"kind is {shown_value(kind)}, not a name."
    )
    report(Diagnostic(UNKNOWN_KIND, shown, hint, address, ("kind",)))
    return None


def check_name(data: Mapping[str, Any], address: str, report: Report, *, is_object: bool) -> str | None:
    """
    The name in the metadata, or None with what is wrong with it reported (D-2, D-4).

    `is_object`: it names an object of the platform, which may have any moniker that the platform can hold.
    """
    metadata = data.get("metadata")
    if not isinstance(metadata, Mapping):
        if "metadata" in data:
            _invalid(report, address, ("metadata",), "metadata must be a mapping.", "Write metadata: {name: …}.")
        return None
    for name in metadata:
        if name not in METADATA:
            report(unknown_field(name, METADATA, "metadata", address, ("metadata", name)))
    for name in absent_fields(("name",), metadata, METADATA):
        report(missing_field(name, "metadata", address, ("metadata",)))
    if "name" not in metadata:
        return None
    name = metadata["name"]
    if isinstance(name, str) and (is_moniker(name) or (is_object and is_name(name))):
        return str(name)
    detail = f"The name {shown_value(name)} is no moniker: {FORM}."
    report(Diagnostic(INVALID_METADATA, detail, remedy(name), address, ("metadata", "name"), rule=rule_of(name)))
    return None


def labels_of(data: Mapping[str, Any], address: str, report: Report) -> Mapping[str, str]:
    """The labels: text to text."""
    return _texts(data["metadata"].get("labels"), address, ("metadata", "labels"), report)


def lifecycle_of(data: Mapping[str, Any], address: str, report: Report) -> Lifecycle:
    """The object's life according to its annotations; unknown annotations of our own domain are errors."""
    raw = data["metadata"].get("annotations")
    if raw is None:
        return PLAIN_LIFECYCLE
    path = ("metadata", "annotations")
    annotations = _texts(raw, address, path, report)
    for name in annotations:
        if name.startswith("reconciler.dev/") and name not in ANNOTATIONS:
            guess = nearest(name, ANNOTATIONS)
            hint = f'Did you mean "{guess}"?' if guess else f"Known: {', '.join(ANNOTATIONS)}."
            detail = f"There is no annotation {name}."
            report(Diagnostic(INVALID_METADATA, detail, hint, address, (*path, name), at_key=True))
    protect = _choice(annotations, PROTECT, ("true", "false"), address, report)
    policy = _choice(annotations, DELETION_POLICY, ("delete", "retain"), address, report)
    former = annotations.get(RENAMED_FROM)
    if former is not None and (not is_name(former) or former == data["metadata"].get("name")):
        detail = f"{RENAMED_FROM} must be the former moniker, but it is {shown_value(former)}."
        hint = "Write the moniker that the object has now on the platform, or remove the annotation."
        report(Diagnostic(INVALID_METADATA, detail, hint, address, (*path, RENAMED_FROM)))
        former = None
    return Lifecycle(
        renamed_from=former,
        protect=protect == "true",
        retain=policy == "retain",
        slot=annotations.get(SLOT),
        origin=annotations.get(ORIGIN),
        unmanaged=tuple(filter(None, map(str.strip, _LISTED.findall(annotations.get(UNMANAGED, ""))))),
    )


def _choice(
    annotations: Mapping[str, str], name: str, choices: tuple[str, str], address: str, report: Report
) -> str | None:
    value = annotations.get(name)
    if value is None or value in choices:
        return value
    detail = f'{name} must be "{choices[0]}" or "{choices[1]}", but it is {shown_value(value)}.'
    hint = f'Write "{choices[0]}" or "{choices[1]}".'
    report(Diagnostic(INVALID_METADATA, detail, hint, address, ("metadata", "annotations", name)))
    return None


def _texts(value: object, address: str, path: tuple[str, ...], report: Report) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        _invalid(
            report, address, path, f"{path_text(path)} must be a mapping of text to text.", "Write name: value lines."
        )
        return {}
    texts = {}
    for name, entry in value.items():
        if isinstance(entry, str):
            texts[str(name)] = str(entry)
        else:
            detail = f"{path_text((*path, name))} must be text, but it is {shown_value(entry)}."
            _invalid(report, address, (*path, name), detail, "Write one scalar value.")
    return texts


def _invalid(report: Report, address: str, path: tuple[str, ...], detail: str, hint: str) -> None:
    report(Diagnostic(INVALID_METADATA if path[0] == "metadata" else INVALID_VALUE, detail, hint, address, path))
