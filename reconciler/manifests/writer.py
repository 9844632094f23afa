"""Resources into YAML that the strict loader reads back as they were. Byte-stable."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from reconciler.manifests.metadata import API_VERSION, ESTATE
from reconciler.model.resource import Resource
from reconciler.model.scope import ANYTHING, Scope

_WIDE = 4096


def manifests(resources: Iterable[Resource]) -> bytes:
    """The manifests of some resources, one document each, in their order."""
    return b"---\n".join(_document(resource) for resource in resources)


def _document(resource: Resource) -> bytes:
    metadata: dict[str, Any] = {"name": resource.address.name}
    if resource.labels:
        metadata["labels"] = dict(resource.labels)
    return written(
        {"apiVersion": API_VERSION, "kind": resource.address.kind, "metadata": metadata, "spec": _plain(resource.spec)}
    )


def configuration(name: str, scope: Scope = ANYTHING, *, account_type: str = "integrated") -> bytes:
    """A ``reconciler.yaml`` for an estate in the same folder."""
    spec: dict[str, Any] = {"manifests": ["."]}
    if account_type != "integrated":
        spec["account"] = {"type": account_type}
    if scope != ANYTHING:
        spec["scope"] = {word: list(patterns) for word, patterns in asdict(scope).items() if patterns}
    return written({"apiVersion": API_VERSION, "kind": ESTATE, "metadata": {"name": name}, "spec": spec})


def written(data: Mapping[str, Any] | list[Any]) -> bytes:
    """Data as YAML that the strict loader reads back as it was. Byte-stable."""
    yaml = YAML()
    yaml.width = _WIDE
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    # Text that the strict loader would read as null has to be quoted; text like a number or boolean is quoted already.
    yaml.representer.ignore_aliases = lambda *_: True
    stream = io.BytesIO()
    yaml.dump(data, stream)
    return stream.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def on_one_line(value: Any) -> Any:
    """A mapping or a list that is written in braces, with everything in it."""
    if isinstance(value, Mapping):
        block = CommentedMap((name, _plain(inner)) for name, inner in value.items())
        block.fa.set_flow_style()
        return block
    if isinstance(value, list | tuple):
        row = CommentedSeq(_plain(inner) for inner in value)
        row.fa.set_flow_style()
        return row
    return value
