"""Export: the whole account as manifests, secrets as references."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from reconciler.diffing.canonical import name_unnamed, with_secrets
from reconciler.errors import UsageError
from reconciler.kinds import kind_named, object_kinds
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.model.references import EXISTING
from reconciler.model.resource import Resource
from reconciler.model.scalars import is_moniker
from reconciler.model.scope import ANYTHING, Scope
from reconciler.model.shape import Shape
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.operations.estate import Estate
from reconciler.operations.platform import connected, digester

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_IN_VARIABLES = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Exported:
    """The resources by kind, the environment variables that the secrets are referred to by, and what was left out."""

    resources: Mapping[str, tuple[Resource, ...]]
    variables: tuple[str, ...]
    left_out: tuple[tuple[Address, str], ...]


def export(estate: Estate, folder: Path) -> Exported:
    """
    Write manifests of everything that the account has, or of what the scope of the estate here lets it own.

    `UsageError` for a folder that is not empty or cannot be written. Nothing is written before all of it is read.
    """
    from reconciler.manifests import writer

    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty"
        raise UsageError(message, hint="name a folder that is empty or does not exist yet")
    configuration = estate.configuration()
    with connected(estate, digester(None)) as control_plane:
        exported = resources_of(control_plane.snapshot(), configuration.scope)
    files = {writer.file_name(kind): writer.manifests(resources) for kind, resources in exported.resources.items()}
    files["reconciler.yaml"] = writer.configuration(folder.resolve().name, configuration.scope)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        message = f"cannot write into {folder}: {error.strerror}"
        raise UsageError(message, hint="name a folder that can be written") from error
    return exported


def resources_of(snapshot: Snapshot, scope: Scope = ANYTHING) -> Exported:
    """
    Every object of the account as a resource, in a stable order.

    The platform's own objects, those whose moniker no manifest can carry, and those outside of `scope` are left out and
    referred to as ``existing:``. A law: planning the result with `--adopt` sends nothing.
    """
    left_out = {}
    for address, seen in sorted(snapshot.by_address.items()):
        if seen.fixed:
            left_out[address] = "it belongs to the platform"
        elif not is_moniker(address.name):
            left_out[address] = "its moniker cannot be written in a manifest"
        elif (objection := scope.objection(address, kind_named(address.kind), seen.spec)) is not None:
            left_out[address] = f"it is outside of the scope: {objection[1]}"
    objects = [seen for address, seen in sorted(snapshot.by_address.items()) if address not in left_out]
    variables = _variables(objects)
    resources: dict[str, tuple[Resource, ...]] = {}
    for name in object_kinds():
        chosen = [seen for seen in objects if seen.address.kind == name]
        if chosen:
            resources[name] = tuple(_resource(seen, kind_named(name), left_out.keys(), variables) for seen in chosen)
    return Exported(resources, tuple(variables.values()), tuple(left_out.items()))


def _variables(objects: Iterable[Observed]) -> dict[tuple[Address, str], str]:
    """
    The environment variable of each secret, by object and field; no two secrets share one.

    Its name says kind, moniker and field. Names that differ only in signs that a variable cannot have get a digest of
    their own, all of them, so that none depends on the order.
    """
    wished: dict[tuple[Address, str], str] = {}
    for seen in objects:

        def note(path: str, value: Any, address: Address = seen.address) -> Any:
            words = (_WORD.sub("_", address.kind), address.name, _WORD.sub("_", path.rsplit(".", maxsplit=1)[-1]))
            wished[address, path] = _NOT_IN_VARIABLES.sub("_", "_".join(words).upper())
            return value

        with_secrets(kind_named(seen.address.kind), seen.spec, note)
    # Twice: a name with a digest may be what another object is called.
    return _told_apart(_told_apart(wished))


def _told_apart(names: Mapping[tuple[Address, str], str]) -> dict[tuple[Address, str], str]:
    counts = Counter(names.values())
    return {
        place: name if counts[name] == 1 else f"{name}_{sha256(repr(place).encode()).hexdigest()[:8].upper()}"
        for place, name in names.items()
    }


def _resource(seen: Observed, kind: Kind, left_out: Any, variables: Mapping[tuple[Address, str], str]) -> Resource:
    def as_reference(path: str, _value: Any) -> Any:
        return {"secretRef": {"env": variables[seen.address, path]}}

    spec = with_secrets(kind, name_unnamed(kind, seen.spec, {}), as_reference)
    return Resource(seen.address, dict(_members(spec, kind.shape, left_out)))


def _members(spec: Mapping[str, Any], shape: Shape, left_out: Any) -> Iterator[tuple[str, Any]]:
    """The members that a manifest states: what has a value and may be stated, in the order of the kind's fields."""
    for name, place in shape.members.items():
        value = spec.get(name)
        if value is None or place.read_only:
            continue
        if place.reference and isinstance(value, str):
            yield name, _reference(value, place.reference, left_out)
        elif isinstance(value, list):
            if value or place.required:
                yield name, [_item(item, place.item, left_out) for item in value]
        elif isinstance(value, Mapping) and place.members:
            inner = dict(_members(value, place, left_out))
            if inner or not value:
                yield name, inner
        else:
            yield name, value


def _item(item: Any, shape: Shape | None, left_out: Any) -> Any:
    if shape is not None and shape.reference and isinstance(item, str):
        return _reference(item, shape.reference, left_out)
    if shape is not None and shape.members and isinstance(item, Mapping):
        stated = {name: value for name, value in item.items() if value != shape.members[name].default}
        return dict(_members(stated, shape, left_out))
    return item


def _reference(name: str, kind: str, left_out: Any) -> str:
    return f"{EXISTING}{name}" if Address(kind, name) in left_out else name
