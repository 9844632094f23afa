"""Declared objects and sets of SIMs against the scope of their estate, offline: file and line of each one outside."""

from collections.abc import Iterator

from reconciler.diagnostics import OUT_OF_SCOPE, Diagnostic
from reconciler.kinds import group_kind, kind_named
from reconciler.model.address import Address
from reconciler.model.references import bare
from reconciler.model.resource import Resource, Resources
from reconciler.model.scope import Scope
from reconciler.positions import Path

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
    kind = kind_named(resource.address.kind)
    for path, group in kind.groups_in(resource.spec):
        if not scope.takes(bare(group)):
            name = Address(group_kind().name, bare(group))
            yield ("spec", *path), f"{name} fits none of spec.scope.groups: {', '.join(scope.groups)}"
    for path, tags in kind.tags_in(resource.spec):
        if not scope.admits(tags or ()):
            yield ("spec", *path), f"none of these tags fits spec.scope.tags: {', '.join(scope.tags)}"


def _finding(resource: Resource, path: Path, why: str) -> Diagnostic:
    detail = f"{resource.address} is outside of what this estate may own: {why}."
    return Diagnostic(OUT_OF_SCOPE, detail, _HINT, str(resource.address), path)
