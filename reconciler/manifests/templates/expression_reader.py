"""Expressions of a template's document: found in scalars, compiled, and refused at their own place."""

from dataclasses import dataclass
from typing import Any

from reconciler.diagnostics import INVALID_EXPRESSION
from reconciler.expressions.library import Expression, Vocabulary
from reconciler.expressions.problem import ExpressionProblem, ExpressionRefused
from reconciler.expressions.types import ValueType
from reconciler.manifests.templates.findings import Findings
from reconciler.manifests.templates.fitting import joined, not_in_text
from reconciler.manifests.templates.lexer import Hole, UnclosedExpression, has_holes, parts
from reconciler.manifests.templates.nodes import ListNode, LiteralNode, MappingNode, Node, TextNode
from reconciler.manifests.templates.scalar_places import place_in
from reconciler.manifests.yaml_events import DocumentMarks
from reconciler.positions import Path, Span


@dataclass(slots=True)
class ExpressionReader:
    """Compiles the expressions of one document with one vocabulary; mistakes go to the findings."""

    findings: Findings
    vocabulary: Vocabulary
    refused: frozenset[str] = frozenset()
    """Variables whose own expression was refused, so that their use says nothing new."""

    def node(self, data: Any, path: Path, feeds: str, inner: Path = ()) -> Node | None:
        """The body at a path of the document; None where an expression in it was refused. `feeds` names the object."""
        if isinstance(data, str):
            return self.scalar(data, path, f"{feeds}{_dotted(inner)}", inner) if has_holes(data) else LiteralNode(data)
        if isinstance(data, dict):
            for name in data:
                if has_holes(name):
                    self.findings.add((*path, name), "A name holds no expression.", "Write the name out.", at_key=True)
            nodes = {name: self.node(one, (*path, name), feeds, (*inner, name)) for name, one in data.items()}
            if all(isinstance(node, LiteralNode) for node in nodes.values()):
                return LiteralNode(data)
            entries = tuple((name, node) for name, node in nodes.items() if node is not None)
            return MappingNode(entries) if len(entries) == len(nodes) else None
        if isinstance(data, list):
            items = [self.node(one, (*path, place), feeds, (*inner, place)) for place, one in enumerate(data)]
            if all(isinstance(node, LiteralNode) for node in items):
                return LiteralNode(data)
            found = tuple(node for node in items if node is not None)
            return ListNode(found) if len(found) == len(items) else None
        return LiteralNode(data)

    def scalar(self, value: str, path: Path, feeds: str, inner: Path = ()) -> TextNode | LiteralNode | None:
        """The parts of a scalar; None where one was refused."""
        try:
            found = parts(value)
        except UnclosedExpression as unclosed:
            detail = f"The expression is not closed. It feeds {feeds}."
            hint = "Add the closing brace or quote; write $${ where no expression is meant."
            self._report(path, value, unclosed.offset, detail, hint)
            return None
        if not any(isinstance(part, Hole) for part in found):
            return LiteralNode(type(value)("".join(part for part in found if isinstance(part, str))))
        compiled: list[str | Expression] = []
        for part in found:
            one = part if isinstance(part, str) else self.compile(part, value, path, feeds)
            if one is not None:
                compiled.append(one)
        if len(compiled) < len(found):
            return None
        if len(compiled) > 1 and not self._fits_text(compiled, found, value, path, feeds):
            return None
        return TextNode(inner, tuple(compiled))

    def _fits_text(
        self, compiled: list[str | Expression], found: tuple[str | Hole, ...], value: str, path: Path, feeds: str
    ) -> bool:
        fits = True
        for one, part in zip(compiled, found, strict=True):
            if isinstance(one, Expression) and isinstance(part, Hole) and (why := not_in_text(one.type)):
                fits = False
                self._report(path, value, part.start, f"The value is a part of a text: {why}. It feeds {feeds}.")
        return fits

    def compile(self, hole: Hole, value: str, path: Path, feeds: str) -> Expression | None:
        """The expression of a hole; None with each of its mistakes reported at its own place."""
        try:
            return self.vocabulary.compile(hole.source)
        except ExpressionRefused as refused:
            known = {f'There is no variable or function "{name}".' for name in self.refused}
            for problem in refused.problems:
                if problem.message in known:
                    continue
                offset = None if problem.line < 1 else hole.start + _offset(hole.source, problem)
                self._report(path, value, offset, f"{problem.message} It feeds {feeds}.", problem.hint)
            return None

    def whole(self, value: object, path: Path, feeds: str) -> Expression | None:
        """The expression that a scalar consists of; None with the mistake reported."""
        if isinstance(value, str) and has_holes(value):
            found = self.scalar(value, path, feeds)
            if isinstance(found, TextNode) and len(found.parts) == 1 and isinstance(found.parts[0], Expression):
                return found.parts[0]
            if found is None:
                return None
        self.findings.add(path, f"{feeds} is exactly one expression.", 'Write "${…}" with nothing around it.')
        return None

    def refuse(self, path: Path, value: object, detail: str, hint: str | None = None) -> None:
        """Report a mistake at the first expression of a scalar; a scalar without any is one as a whole."""
        offset = None if isinstance(value, str) and has_holes(value) else 0
        if isinstance(value, str) and has_holes(value):
            offset = next((part.start for part in parts(value) if isinstance(part, Hole)), None)
        self._report(path, str(value), offset, detail, hint)

    def _report(self, path: Path, value: str, offset: int | None, detail: str, hint: str | None = None) -> None:
        self.findings.add(path, detail, hint, code=INVALID_EXPRESSION, span=self._span(path, value, offset))

    def _span(self, path: Path, value: str, offset: int | None) -> Span:
        marks = self.findings.document.marks
        span = marks.value(path)
        if offset is None or not isinstance(marks, DocumentMarks):
            return span
        return place_in(marks.lines, span, value, offset)


def type_of(filled: TextNode) -> ValueType:
    """The type of the value that a scalar with expressions has."""
    if len(filled.parts) == 1 and isinstance(filled.parts[0], Expression):
        return filled.parts[0].type
    return joined([part if isinstance(part, str) else part.type for part in filled.parts])


def _offset(source: str, problem: ExpressionProblem) -> int:
    lines = source.split("\n")
    return sum(len(line) + 1 for line in lines[: problem.line - 1]) + problem.column - 1


def _dotted(path: Path) -> str:
    from reconciler.positions import path_text

    return f" {path_text(path)}" if path else ""
