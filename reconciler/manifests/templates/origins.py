"""
Where a rendered object came from: slot, origin, and the places of its values in division and template.

The annotations of a rendered object hold its slot and its origin. They are the only source of both, so that a file of
the rendered object means the same as the object itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from reconciler.expressions.library import Expression
from reconciler.manifests.templates.layers import MergedParameters, ParameterLayer
from reconciler.manifests.templates.nodes import TextNode
from reconciler.manifests.templates.patches import Patch
from reconciler.manifests.templates.template import Template, TemplateResource
from reconciler.manifests.yaml_reader import Document
from reconciler.positions import Path, Span, path_text


def slot_of(division: str, resource: str, keys: tuple[str, ...]) -> str:
    """The slot: the division, the id of the resource, and the key of each loop: ``fleet/groups[GBR]``."""
    return f"{division}/{resource}" + "".join(f"[{_escaped(key)}]" for key in keys)


def _escaped(key: str) -> str:
    return quote(key, safe=" !$&'()*+,/:;=?@-._~") if any(sign in key for sign in "[]%\n") else key


def origin_of(template: Template, division: Document, name: str, resource: TemplateResource) -> str:
    """The origin: template and version, division, and both places."""
    at, made = division.marks.value(("metadata", "name")), template.document.marks.value(resource.path)
    places = [f"{quote(span.file, safe='/ ._-~')}:{span.line}" for span in (at, made)]
    return f"template={template.name}; version={template.version}; division={name}; at={places[0]}; from={places[1]}"


@dataclass(frozen=True, slots=True)
class Binding:
    """A loop variable of one rendered object: the parameter path that its item has, None where it has none."""

    variable: str
    path: Path | None


class RenderedMarks:
    """
    The places of a rendered object: those in the division first.

    A value has the place of the patch that set it, of the parameter that its expression reads, or of the division's
    name. `further` gives the place in the template.
    """

    __slots__ = ("_bindings", "_division", "_layered", "_patches", "_resource", "_template")

    def __init__(
        self,
        template: Template,
        resource: TemplateResource,
        division: Document,
        layers: MergedParameters,
        bindings: tuple[Binding, ...],
    ) -> None:
        self._template = template
        self._resource = resource
        self._division = division
        self._layered = layers
        self._bindings = bindings
        self._patches: tuple[tuple[Path, Patch], ...] = ()

    @property
    def file(self) -> str:
        """The file of the division."""
        return self._division.file

    def add_patch(self, path: Path, patch: Patch) -> None:
        """Note that a patch set the value at a path."""
        self._patches = (*self._patches, (path, patch))

    def value(self, path: Path) -> Span:
        """The place of the value at `path` in the division."""
        patch = self.patch(path)
        if patch is not None:
            return self._division.marks.value(patch.path)
        for found in self.parameters(path):
            place = self._layered.place(found)
            if place is not None and place[0].document is self._division:
                return self._division.marks.value(place[1])
        return self._division.marks.value(("metadata", "name"))

    def key(self, path: Path) -> Span:
        """The place of the value in the division: what is rendered has no key of its own there."""
        return self.value(path)

    def further(self, path: Path) -> tuple[tuple[str, Span], ...]:
        """The place of the value in the template, with the sentence for it."""
        prefix = (*self._resource.path, "template")
        span = self._template.document.marks.value((*prefix, *path))
        what = path_text(path) or "it"
        return ((f"the template {self._template.reference} gives {what} here", span),)

    def patch(self, path: Path) -> Patch | None:
        """The last patch that set the value at a path, or a value around it."""
        return next((patch for set_, patch in reversed(self._patches) if path[: len(set_)] == set_), None)

    def filled(self, path: Path) -> TextNode | None:
        """The scalar with expressions at a path, or the one that it lies in."""
        for length in range(len(path), 0, -1):
            if (found := self._resource.fields.get(path[:length])) is not None:
                return found
        return None

    def expressions(self, path: Path) -> tuple[Expression, ...]:
        """The expressions that the value at a path was made with."""
        found = self.filled(path)
        return () if found is None else found.expressions

    def parameters(self, path: Path) -> tuple[Path, ...]:
        """The parameters that the value at a path was made of, those that are named most closely first."""
        reads = {read for expression in self.expressions(path) for read in expression.reads}
        found: list[Path] = []
        bound: Mapping[str, Path | None] = {binding.variable: binding.path for binding in self._bindings}
        for read in sorted(reads, key=lambda one: (-len(one), one)):
            start: Any = () if read[0] == "params" else bound.get(read[0])
            if start is not None and (len(read) > 1 or start):
                place = (*start, *read[1:])
                if not any(known[: len(place)] == place for known in found):
                    found.append(place)
        return tuple(found)

    def layer(self, parameter: Path) -> tuple[ParameterLayer, Path] | None:
        """The layer that a parameter came from, with its place there."""
        return self._layered.place(parameter)

    @property
    def division(self) -> Document:
        """The division."""
        return self._division

    @property
    def template(self) -> Template:
        """The template."""
        return self._template

    @property
    def resource(self) -> TemplateResource:
        """The resource of the template."""
        return self._resource
