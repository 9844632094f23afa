"""A template that was loaded and found sound: parameters, rules and resources, ready to be rendered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.expressions.library import Expression, Vocabulary
from reconciler.manifests.templates.nodes import Node, TextNode
from reconciler.manifests.templates.parameter import Parameter
from reconciler.manifests.yaml_reader import Document
from reconciler.model.kind import Kind
from reconciler.positions import Path


@dataclass(frozen=True, slots=True)
class Loop:
    """One variable of ``forEach`` with the list that it runs over, and what tells the items apart."""

    variable: str
    items: Expression
    key: Expression | None


@dataclass(frozen=True, slots=True)
class TemplateResource:
    """
    One resource of a template. `path` is its place in the template's document.

    `needs` are the ids of the resources that its expressions refer to.
    """

    id: str
    path: Path
    kind: Kind
    vocabulary: Vocabulary
    loops: tuple[Loop, ...]
    include: Expression | None
    renamed: TextNode | None
    body: Node
    fields: Mapping[Path, TextNode]
    needs: tuple[str, ...] = ()
    is_referred: bool = False


@dataclass(frozen=True, slots=True)
class TemplateRule:
    """A condition on the parameters of a division, and the message where it does not hold."""

    expression: Expression
    message: str
    path: Path


@dataclass(frozen=True, slots=True)
class Template:
    """A sound template. `resources` are in the order of the document, `order` has their ids in the order of need."""

    name: str
    version: str
    document: Document
    parameters: Parameter
    defaults: Mapping[str, Any]
    rules: tuple[TemplateRule, ...]
    resources: tuple[TemplateResource, ...]
    order: tuple[str, ...]
    vocabulary: Vocabulary
    types: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """The name with the version: ``division-fleet@1.4.0``."""
        return f"{self.name}@{self.version}"
