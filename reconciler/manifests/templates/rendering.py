"""
A division and its template → rendered manifests.

Resources are rendered in the order of their need and given in the order of the template, so that the same input has the
same bytes. Whether a resource is included is decided before anything else of it is evaluated.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.diagnostics import Related
from reconciler.expressions.library import Expression
from reconciler.expressions.problem import EvaluationFailed
from reconciler.manifests.manifest_text import Quoted
from reconciler.manifests.metadata import API_VERSION, ORIGIN, RENAMED_FROM, SLOT
from reconciler.manifests.problems import shown_value
from reconciler.manifests.templates.division import Division
from reconciler.manifests.templates.findings import Findings
from reconciler.manifests.templates.nodes import FieldFailed, TextNode, rendered, shown
from reconciler.manifests.templates.origins import Binding, RenderedMarks, slot_of
from reconciler.manifests.templates.patches import patched, place_of
from reconciler.manifests.templates.template import Loop, Template, TemplateResource
from reconciler.manifests.yaml_reader import Document
from reconciler.model.scalars import is_moniker
from reconciler.positions import Path, path_text

_MOST_SHOWN = 5
_NAME: Path = ("metadata", "name")


@dataclass(slots=True)
class _Round:
    """One pass through the loops of a resource: the values of the variables, and what tells this pass apart."""

    values: dict[str, Any]
    keys: tuple[str, ...] = ()
    bindings: tuple[Binding, ...] = ()


@dataclass(slots=True)
class _Rendering:
    division: Division
    template: Template
    findings: Findings
    values: dict[str, Any]
    users: Mapping[str, TemplateResource]
    """For each resource that is referred to, one that does so: its vocabulary knows the variable."""
    made: dict[str, list[Document]] = field(default_factory=dict)

    def resource(self, resource: TemplateResource) -> None:
        """Render one resource; what fails is reported, and what depends on it fails with it."""
        missing = [need for need in resource.needs if need not in self.values]
        documents: list[Document] = []
        self.made[resource.id] = documents
        referable: list[Any] = []
        seen: dict[tuple[str, ...], None] = {}
        for one in self._rounds(resource, resource.loops, _Round(dict(self.values))):
            activation = resource.vocabulary.activation_of_messages(_known(resource, one.values))
            if resource.include is not None and not self._included(resource, activation):
                continue
            if missing:
                self._not_included(resource, missing)
                return
            if one.keys in seen:
                detail = f"Two items of {resource.id} have the key {', '.join(one.keys)}."
                self._fail(resource, (), detail, "Keys tell the items apart; give each its own.")
                continue
            seen[one.keys] = None
            document = self._document(resource, one, activation)
            if document is not None:
                documents.append(document)
                referable.append(document.data)
        if not resource.is_referred:
            return
        if resource.loops:
            self._refer(resource, [_referable(resource, data, self.template) for data in referable])
        elif referable:
            self._refer(resource, _referable(resource, referable[0], self.template))

    def _refer(self, resource: TemplateResource, value: Any) -> None:
        user = self.users[resource.id]
        self.values[resource.id] = user.vocabulary.message(resource.id, value)

    def _not_included(self, resource: TemplateResource, missing: list[str]) -> None:
        detail = f"{resource.id} refers to {', '.join(missing)}, which this division does not include."
        self._fail(resource, (), detail, "Give both the same includeWhen.")

    def _rounds(self, resource: TemplateResource, loops: tuple[Loop, ...], one: _Round) -> Iterator[_Round]:
        if not loops:
            yield one
            return
        loop, *rest = loops
        activation = resource.vocabulary.activation_of_messages(_known(resource, one.values))
        items = self._value(resource, loop.items, activation, (*resource.path, "forEach", loop.variable))
        path = _list_path(loop.items, one.bindings)
        for place, item in enumerate(items if isinstance(items, list) else ()):
            values = {**one.values, loop.variable: item}
            if loop.key is None:
                key = shown(item)
            else:
                inner = resource.vocabulary.activation_of_messages(_known(resource, values))
                found = self._value(resource, loop.key, inner, (*resource.path, "key"))
                if found is None:
                    continue
                key = shown(found)
            binding = Binding(loop.variable, None if path is None else (*path, place))
            yield from self._rounds(resource, tuple(rest), _Round(values, (*one.keys, key), (*one.bindings, binding)))

    def _value(self, resource: TemplateResource, expression: Expression, activation: Any, path: Path) -> Any:
        try:
            return expression.evaluate(activation)
        except EvaluationFailed as failed:
            self._failed(resource, path, str(failed))
            return None

    def _included(self, resource: TemplateResource, activation: Any) -> bool:
        if resource.include is None:
            return True
        return self._value(resource, resource.include, activation, (*resource.path, "includeWhen")) is True

    def _document(self, resource: TemplateResource, one: _Round, activation: Any) -> Document | None:
        division = self.division
        marks = RenderedMarks(self.template, resource, division.document, division.layered, one.bindings)
        try:
            body = rendered(resource.body, activation)
            former = rendered(resource.renamed, activation) if isinstance(resource.renamed, TextNode) else None
        except FieldFailed as failed:
            self._failed(resource, (*resource.path, "template", *failed.path), failed.reason, marks, failed.path)
            return None
        metadata = dict(body["metadata"])
        if not is_moniker(str(metadata.get("name"))):
            self._misnamed(resource, marks, metadata.get("name"))
            return None
        annotations = _stated(metadata.get("annotations"))
        if former is not None and str(former) != str(metadata.get("name")):
            annotations[RENAMED_FROM] = Quoted(former)
        annotations[SLOT] = Quoted(slot_of(division.name, resource.id, one.keys))
        annotations[ORIGIN] = Quoted(division.origin(self.template, resource))
        metadata["annotations"] = annotations
        if "labels" in metadata:
            metadata["labels"] = _stated(metadata["labels"])
        data = {"apiVersion": API_VERSION, "kind": resource.kind.name, "metadata": metadata, "spec": body["spec"]}
        return Document(division.document.file, division.document.line, data, marks)

    def _misnamed(self, resource: TemplateResource, marks: RenderedMarks, name: object) -> None:
        detail = f"The name {shown_value(name)} of {resource.id} is no moniker: 5 to 30 characters of a-z 0-9 - _."
        related = tuple(Related(words, span) for words, span in marks.further(_NAME))
        hint = "Correct the parameters, or the naming expression."
        self.findings.add(_NAME, detail, hint, span=marks.value(_NAME), related=related)

    def _failed(
        self, resource: TemplateResource, path: Path, reason: str, marks: RenderedMarks | None = None,
        inner: Path = (),
    ) -> None:  # fmt: skip
        where = path_text(inner) or path_text(path[len(resource.path) :])
        detail = f"{resource.kind.name} {resource.id}: {where} has no value for this division: {reason}."
        span = self.template.document.marks.value(path)
        related = (Related(f"the template {self.template.reference} has the expression here", span),)
        there = self.division.document.marks.value(_NAME) if marks is None else marks.value(inner)
        self.findings.add(_NAME, detail, "Correct the parameters, or the expression.", span=there, related=related)

    def _fail(self, resource: TemplateResource, inner: Path, detail: str, hint: str) -> None:
        span = self.template.document.marks.value((*resource.path, *inner))
        related = (Related(f"the template {self.template.reference} has the resource here", span),)
        self.findings.add(_NAME, detail, hint, related=related)


def _stated(texts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Labels or annotations without those whose expression gave null."""
    return {name: value for name, value in (texts or {}).items() if value is not None}


def _known(resource: TemplateResource, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the expressions of a resource look at."""
    wanted = ("params", *resource.needs, *(loop.variable for loop in resource.loops))
    return {name: values[name] for name in wanted if name in values}


def _list_path(items: Expression, bindings: tuple[Binding, ...]) -> Path | None:
    """The parameter that a loop runs over, if it is one and not the result of a calculation."""
    chains = sorted(items.reads, key=len, reverse=True)
    if not chains or ".".join(chains[0]) != items.source.strip():
        return None
    first = chains[0]
    if first[0] == "params":
        return first[1:]
    start = next((binding.path for binding in bindings if binding.variable == first[0]), None)
    return None if start is None else (*start, *first[1:])


def _referable(resource: TemplateResource, data: Any, template: Template) -> Any:
    """A rendered object as other resources may refer to it: its text has the types of its fields again."""
    found = template.types[resource.id]
    return _typed(data, found.item if resource.loops and found.item is not None else found)


def _typed(data: Any, found: Any) -> Any:
    from reconciler.expressions.types import Sort

    match found.sort:
        case Sort.STRUCT:
            return {name: _typed(data.get(name), inner) for name, inner in found.members.items() if name in data}
        case Sort.LIST:
            return [_typed(one, found.item) for one in data]
        case Sort.INT:
            return int(data)
        case Sort.BOOL:
            return data == "true"
        case _:
            return None if data is None else str.__str__(data)


def render_division(division: Division, findings: Findings) -> list[Document]:
    """The objects of a division as documents; what is wrong is reported, and then there may be fewer."""
    template = division.template
    parameters = template.vocabulary.message("params", division.values)
    message = template.vocabulary.activation_of_messages({"params": parameters})
    for rule in template.rules:
        try:
            holds = rule.expression.evaluate(message) is True
            words = rule.message
        except EvaluationFailed as failed:
            holds, words = False, f"A rule of the template has no value: {failed}."
        if not holds:
            span = template.document.marks.value((*rule.path, "expr"))
            related = (Related(f"the rule of the template {template.reference} is here", span),)
            findings.add(("spec", "parameters"), words, "Correct the parameters.", related=related)
    if findings.count:
        return []
    users = {need: resource for resource in template.resources for need in resource.needs}
    run = _Rendering(division, template, findings, {"params": parameters}, users)
    by_id = {resource.id: resource for resource in template.resources}
    for name in template.order:
        run.resource(by_id[name])
    documents = [document for resource in template.resources for document in run.made.get(resource.id, ())]
    if division.patches:
        _patch(documents, division, findings, complete=not findings.count)
    return documents


def _patch(documents: list[Document], division: Division, findings: Findings, *, complete: bool) -> None:
    from reconciler.kinds import kinds

    by_name: dict[tuple[str, str], Document] = {}
    for document in documents:
        data: Any = document.data
        by_name[data["kind"], str(data["metadata"].get("name"))] = document
    for patch in division.patches:
        found = by_name.get((patch.target.kind, patch.target.name))
        if found is None:
            if complete:
                same = sorted(name for kind, name in by_name if kind == patch.target.kind)
                more = " …" if len(same) > _MOST_SHOWN else ""
                hint = f"Objects of this kind: {', '.join(same[:_MOST_SHOWN])}{more}." if same else None
                detail = f"The patch hits nothing: the division makes no {shown_value(str(patch.target))[1:-1]}."
                path = (*patch.path[:-2], "target")
                findings.add(path, detail, hint or f"Kinds here: {', '.join(sorted({k for k, _ in by_name}))}.")
            continue
        kind = kinds()[patch.target.kind]
        before: Any = found.data
        after = patched(before, kind, patch, findings)
        if after is not None and isinstance(found.marks, RenderedMarks):
            found.data = after
            found.marks.add_patch(place_of(after, kind, patch), patch)
