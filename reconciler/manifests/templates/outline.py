"""The outline of a template's document: its header, and its resources with what is written beside their bodies."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.diagnostics import nearest
from reconciler.kinds import kinds
from reconciler.manifests.metadata import API_VERSION
from reconciler.manifests.problems import shown_value
from reconciler.manifests.templates.findings import Findings
from reconciler.manifests.templates.lexer import has_holes
from reconciler.manifests.templates.parameters import RESERVED
from reconciler.manifests.yaml_reader import DIVISION, SCENARIO, TEMPLATE, Document
from reconciler.model.kind import Kind
from reconciler.positions import Path

TEMPLATE_KINDS: Final = frozenset({TEMPLATE, DIVISION, SCENARIO})
_IDENTIFIER = re.compile(r"[a-z][a-zA-Z0-9_]{0,40}")
_OUTER = ("apiVersion", "kind", "metadata", "spec")
_METADATA = ("name", "labels", "annotations")
_RESOURCE = ("id", "forEach", "key", "includeWhen", "renamedFrom", "template")
_MOST_RESOURCES = 200
_LONGEST_NAME = 63
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Outline:
    """One entry of ``resources``, read but not compiled. `kind` is None where that was refused."""

    id: str
    path: Path
    kind: Kind | None
    data: Mapping[str, Any]
    spec: Any
    name: str | None
    loops: tuple[tuple[str, Any], ...] = ()
    keys: tuple[Any, ...] = ()
    has_many_keys: bool = False
    include: Any = None
    renamed: str | None = None


def read_header(document: Document, members: Sequence[str], findings: Findings) -> tuple[str, Mapping[str, Any]] | None:
    """The name and the spec of a template or division; None where there is none."""
    data = document.data
    if not isinstance(data, Mapping):
        return None
    unknown_keys(data, _OUTER, (), findings)
    if data.get("apiVersion") != API_VERSION:
        detail = f"apiVersion must be {API_VERSION}, but it is {shown_value(data.get('apiVersion'))}."
        findings.add(("apiVersion",), detail, f"Write apiVersion: {API_VERSION}.")
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if isinstance(metadata, Mapping):
        unknown_keys(metadata, _METADATA, ("metadata",), findings)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        detail = f"The name {shown_value(name)} is none: lower-case letters, digits, -, _ and dots."
        findings.add(("metadata", "name"), detail, "Write metadata: {name: …}.")
    spec = data.get("spec")
    if not isinstance(spec, Mapping):
        findings.add(("spec",), "spec must be a mapping.", f"Fields: {', '.join(members)}.")
        return None
    unknown_keys(spec, members, ("spec",), findings)
    return str(name), spec


def unknown_keys(data: Mapping[str, Any], known: Sequence[str], path: Path, findings: Findings) -> None:
    """Report each key that is not known."""
    for name in data:
        if name not in known:
            guess = nearest(name, known)
            hint = f'Did you mean "{guess}"?' if guess else f"Fields here: {', '.join(known)}."
            findings.add((*path, name), f'There is no field "{name[:40]}" here.', hint, at_key=True)


def outline_of(data: object, findings: Findings) -> list[Outline]:
    """The resources of a template, with what is wrong about their outlines reported."""
    path: Path = ("spec", "resources")
    if not isinstance(data, list) or not data:
        findings.add(path, "resources must be a list of at least one resource.", "Write - {id: …, template: …}.")
        return []
    if len(data) > _MOST_RESOURCES:
        findings.add(path, f"A template has at most {_MOST_RESOURCES} resources.", "Split it.")
        return []
    found: list[Outline] = []
    taken: dict[str, int] = {}
    for place, entry in enumerate(data):
        there = (*path, place)
        if not isinstance(entry, Mapping):
            findings.add(there, "A resource is a mapping with id and template.", "Write - {id: …, template: …}.")
            continue
        unknown_keys(entry, _RESOURCE, there, findings)
        name = entry.get("id")
        if not isinstance(name, str) or not _IDENTIFIER.fullmatch(name) or name in RESERVED or name == "params":
            detail = f"The id {shown_value(name)} is none: a letter, then letters, digits and _."
            findings.add((*there, "id"), detail, "It is the variable that other resources use; choose a word.")
            continue
        if name in taken:
            findings.add((*there, "id"), f"The id {name} is used twice.", "Rename one of the two.")
            continue
        taken[name] = place
        found.append(_outline(str(name), entry, there, findings))
    _same_names(found, findings)
    return found


def _same_names(found: Sequence[Outline], findings: Findings) -> None:
    first: dict[tuple[str, str], Outline] = {}
    for one in found:
        if one.kind is None or one.name is None or has_holes(one.name):
            continue
        other = first.setdefault((one.kind.name, one.name), one)
        if other is not one:
            detail = f"{one.kind.name}/{one.name} is made by {other.id} as well."
            findings.add((*one.path, "template", "metadata", "name"), detail, "Give one of the two another name.")


def _outline(name: str, entry: Mapping[str, Any], path: Path, findings: Findings) -> Outline:
    loops = entry.get("forEach")
    if loops is not None and (not isinstance(loops, Mapping) or not loops):
        findings.add((*path, "forEach"), "forEach is a mapping of variables to lists.", 'Write {item: "${…}"}.')
        loops = None
    for variable in loops or {}:
        if not _IDENTIFIER.fullmatch(variable) or variable in RESERVED:
            detail = f'"{variable[:40]}" is no name of a variable: a letter, then letters, digits and _.'
            findings.add((*path, "forEach", variable), detail, "Rename it.", at_key=True)
            loops = None
            break
    key = entry.get("key")
    if key is not None and not loops:
        findings.add((*path, "key"), "There is a key and no loop.", "Add forEach, or remove the key.")
    renamed = entry.get("renamedFrom")
    if renamed is not None and not isinstance(renamed, str):
        findings.add((*path, "renamedFrom"), "renamedFrom is a text.", "Write the former naming expression.")
        renamed = None
    kind, data = _body(entry.get("template"), (*path, "template"), findings)
    metadata = data.get("metadata")
    moniker = metadata.get("name") if isinstance(metadata, Mapping) else None
    return Outline(
        name,
        path,
        kind,
        data,
        data.get("spec"),
        moniker if isinstance(moniker, str) else None,
        tuple((loops or {}).items()),
        tuple(key) if isinstance(key, list) else (key,) if key is not None else (),
        isinstance(key, list),
        entry.get("includeWhen"),
        renamed,
    )


def _body(data: object, path: Path, findings: Findings) -> tuple[Kind | None, Mapping[str, Any]]:
    if not isinstance(data, Mapping):
        findings.add(path, "template is a manifest: kind, metadata and spec.", "Write these three.")
        return None, {}
    unknown_keys(data, _OUTER, path, findings)
    if data.get("apiVersion", API_VERSION) != API_VERSION:
        findings.add((*path, "apiVersion"), f"This version reads {API_VERSION}.", "Leave it out.")
    known = kinds()
    kind = data.get("kind")
    if isinstance(kind, str) and kind in TEMPLATE_KINDS:
        findings.add((*path, "kind"), "Templates do not make templates.", "Write the kind of an object.")
        kind = None
    elif not isinstance(kind, str) or kind not in known:
        guess = nearest(kind, list(known)) if isinstance(kind, str) else None
        hint = f'Did you mean "{guess}"?' if guess else f"Kinds: {', '.join(known)}."
        findings.add((*path, "kind"), f"There is no kind {shown_value(kind)}.", hint)
        kind = None
    for name in ("metadata", "spec"):
        if not isinstance(data.get(name), Mapping):
            findings.add((*path, name), f"{name} must be a mapping.", "Write it as in any manifest.")
            kind = None
    return (known[kind] if kind else None), data


def rules_of(data: object, findings: Findings) -> Iterator[tuple[Path, str, str]]:
    """Each rule: its place, its expression and its message."""
    path: Path = ("spec", "rules")
    if data is None:
        return
    if not isinstance(data, list):
        findings.add(path, "rules must be a list.", "Write - {expr: …, message: …}.")
        return
    for place, rule in enumerate(data):
        there = (*path, place)
        if not isinstance(rule, Mapping):
            findings.add(there, "A rule is a mapping with expr and message.", "Write - {expr: …, message: …}.")
            continue
        unknown_keys(rule, ("expr", "message"), there, findings)
        texts = [rule.get("expr"), rule.get("message")]
        for name, value in zip(("expr", "message"), texts, strict=True):
            if not isinstance(value, str) or not value.strip():
                findings.add((*there, name), f"A rule needs {name}.", f"Add {name}: … to it.")
        expr, message = texts
        if isinstance(expr, str) and expr.strip() and isinstance(message, str):
            yield there, expr, str.__str__(message)
