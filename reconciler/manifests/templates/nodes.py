"""
The body of a resource as it is rendered: what is literal is shared, and the rest is evaluated.

Rendered scalars are source text, as a reader of YAML would find them: text that an expression gives counts as quoted,
so that a file of the rendered object means the same.
"""

from dataclasses import dataclass
from typing import Any

from reconciler.expressions.library import Expression
from reconciler.expressions.problem import EvaluationFailed
from reconciler.expressions.structs import plain
from reconciler.manifests.manifest_text import Quoted
from reconciler.positions import Path


@dataclass(frozen=True, slots=True)
class LiteralNode:
    """A value without expressions."""

    value: Any


@dataclass(frozen=True, slots=True)
class TextNode:
    """A scalar with expressions: one alone keeps its type, and any other is text."""

    path: Path
    parts: tuple[str | Expression, ...]

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The expressions of the scalar, in their order."""
        return tuple(part for part in self.parts if isinstance(part, Expression))


@dataclass(frozen=True, slots=True)
class MappingNode:
    """A mapping in which something is evaluated."""

    entries: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list in which something is evaluated."""

    nodes: tuple["Node", ...]


Node = LiteralNode | TextNode | MappingNode | ListNode


class FieldFailed(Exception):
    """The expression of a field has no value for this division."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path
        self.reason = reason


def rendered(node: Node, activation: Any) -> Any:
    """The value of a node. Raises `FieldFailed`."""
    match node:
        case LiteralNode():
            return node.value
        case MappingNode():
            return {name: rendered(inner, activation) for name, inner in node.entries}
        case ListNode():
            return [rendered(inner, activation) for inner in node.nodes]
        case _:
            return _filled(node, activation)


def _filled(node: TextNode, activation: Any) -> Any:
    try:
        if len(node.parts) == 1 and isinstance(node.parts[0], Expression):
            expression = node.parts[0]
            return source_text(plain(expression.type, expression.evaluate(activation)))
        texts = (part if isinstance(part, str) else part.evaluate(activation) for part in node.parts)
        return Quoted("".join(part if isinstance(part, str) else shown(part) for part in texts))
    except EvaluationFailed as failed:
        raise FieldFailed(node.path, str(failed)) from None


def shown(value: object) -> str:
    """A scalar inside of a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def source_text(value: Any) -> Any:
    """A value as the reader of a file would give it; a member that is null, or empty, is left out."""
    match value:
        case None:
            return None
        case str():
            return Quoted(value)
        case list():
            return [source_text(one) for one in value]
        case dict():
            members = {name: source_text(one) for name, one in value.items() if one is not None}
            return {name: one for name, one in members.items() if one != {}}
        case _:
            return shown(value)


def walked(node: Node, path: Path = ()) -> "list[TextNode]":
    """Each scalar with expressions, in the order of the document."""
    match node:
        case TextNode():
            return [node]
        case MappingNode():
            return [found for name, inner in node.entries for found in walked(inner, (*path, name))]
        case ListNode():
            return [found for place, inner in enumerate(node.nodes) for found in walked(inner, (*path, place))]
        case _:
            return []
