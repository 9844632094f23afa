"""Declared objects and sets of SIMs against the scope of their estate, offline: file and line of each one outside."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.diagnostics import OUT_OF_SCOPE, Diagnostic
from reconciler.kinds import kind_named
from reconciler.model.references import bare
from reconciler.model.resource import Resource, Resources
from reconciler.model.scope import Path, Scope

_HINT = "Remove it from these manifests, or widen spec.scope in reconciler.yaml."


def outside(estate: Resources, scope: Scope) -> Iterator[Diagnostic]:
    """A finding for each declaration outside, at the field that says so; live objects are for the plan to judge."""
    for resource in estate.values() if scope.is_of_objects or scope.is_of_sims else ():
        kind = kind_named(resource.address.kind)
        if kind.is_roster:
            yield from (_finding(resource, *found) for found in _of_sims(resource, scope))
        elif (found := scope.objection(resource.address, kind, resource.spec)) is not None:
            yield _finding(resource, *found)


def _of_sims(resource: Resource, scope: Scope) -> Iterator[tuple[Path, str]]:
    spec = resource.spec
    removal, shared = spec.get("onRemove"), spec.get("attributes") or {}
    groups: list[tuple[Path, Any]] = [(("spec", "group"), spec.get("group"))]
    if isinstance(removal, Mapping):
        groups.append((("spec", "onRemove", "moveTo"), removal.get("moveTo")))
    for path, group in groups:
        if group is not None and not scope.takes(bare(group)):
            yield path, f"EndpointGroup/{bare(group)} fits none of spec.scope.groups: {', '.join(scope.groups)}"
    tagged: list[tuple[Path, Mapping[str, Any]]] = [(("spec", "tags"), spec)] if "tags" in spec else []
    tagged += [(("spec", "attributes", "tags"), shared)] if "tags" in shared else []
    for place, source in enumerate(spec.get("members") or ()):
        for number, row in enumerate(source.get("list") or ()):
            if "tags" in row:
                tagged.append((("spec", "members", place, "list", number, "tags"), row))
    for path, holder in tagged:
        if not scope.admits(holder["tags"] or ()):
            yield path, f"none of these tags fits spec.scope.tags: {', '.join(scope.tags)}"


def _finding(resource: Resource, path: Path, why: str) -> Diagnostic:
    detail = f"{resource.address} is outside of what this estate may own: {why}."
    return Diagnostic(OUT_OF_SCOPE, detail, _HINT, str(resource.address), path)
