"""Released fields: those that we last applied and that the manifest no longer states. Their live values stay. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.diffing.canonical import value_at, with_secrets
from reconciler.kinds import kind_named
from reconciler.model.inventory import Owned
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource, Spec
from reconciler.model.shape import Shape
from reconciler.model.snapshot import Observed
from reconciler.plan.comparing import SECRET


def is_released(owned: Owned, resource: Resource) -> bool:
    """Whether any field is released."""
    return any(True for _ in _paths(owned, resource, kind_named(owned.address.kind)))


def released_fields(owned: Owned, resource: Resource, live: Observed) -> dict[str, Any]:
    """The live value of each released field, by dotted path; a secret is hidden, and None is a value too."""
    kind = kind_named(owned.address.kind)
    paths = sorted(_paths(owned, resource, kind))
    if not paths:
        return {}
    shown = with_secrets(kind, live.spec, lambda _path, _value: SECRET)
    return {path: value_at(shown, path.split(".")) for path in paths}


def _paths(owned: Owned, resource: Resource, kind: Kind) -> Iterator[str]:
    # Another member of a choice drops the former one: that is an edit, which the plan shows as such.
    chosen = {name for name in kind.one_of if resource.spec.get(name) is not None}
    dropped = {name for name in kind.one_of if name not in chosen} if chosen else set()
    for path in _unstated(owned.last_applied, resource.spec, kind.shape, ""):
        if path not in dropped:
            yield path


def _unstated(applied: Mapping[str, Any], stated: Spec, shape: Shape, prefix: str) -> Iterator[str]:
    """The paths that are in `applied` and not in `stated`. A list, and a block that is one value, are whole."""
    for name, value in applied.items():
        place = shape.members.get(name)
        if name not in stated:
            yield f"{prefix}{name}"
        elif place is not None and place.members and not place.atomic:
            other = stated[name]
            if isinstance(value, dict) and isinstance(other, dict):
                yield from _unstated(value, other, place, f"{prefix}{name}.")
