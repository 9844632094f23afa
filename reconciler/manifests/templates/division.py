"""A document of kind Division: its template, its parameters in layers, and its patches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.diagnostics import INVALID_DIVISION, LAYER_WITHOUT_EFFECT, Report, nearest
from reconciler.manifests.problems import shown_value
from reconciler.manifests.templates.findings import Findings
from reconciler.manifests.templates.layers import LayeredMarks, MergedParameters, ParameterLayer, layered
from reconciler.manifests.templates.outline import read_header, unknown_keys
from reconciler.manifests.templates.patches import Patch, read_patches
from reconciler.manifests.templates.template import Template, TemplateResource
from reconciler.manifests.templates.values import checked
from reconciler.manifests.yaml_reader import Document

_SPEC = ("template", "parameters", "environments", "patches")
_REFERENCE = ("name", "version")


@dataclass(slots=True)
class Division:
    """A division that was read: the template with typed values for its parameters."""

    name: str
    document: Document
    template: Template
    values: dict[str, Any]
    layered: MergedParameters
    patches: tuple[Patch, ...]
    _origins: dict[str, str] = field(default_factory=dict)

    def origin(self, template: Template, resource: TemplateResource) -> str:
        """The origin of the objects of a resource."""
        from reconciler.manifests.templates.origins import origin_of

        found = self._origins.get(resource.id)
        if found is None:
            found = self._origins[resource.id] = origin_of(template, self.document, self.name, resource)
        return found


def findings_of(document: Document, report: Report) -> Findings:
    """The findings about a division's document."""
    data = document.data
    metadata = data.get("metadata") if isinstance(data, Mapping) else None
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    shown = str(name)[:80] if isinstance(name, str) else "?"
    return Findings(document, f"Division/{shown}", INVALID_DIVISION, report)


def reference_of(document: Document) -> tuple[str, str] | None:
    """The name and version of the template that a division names, None where it names none."""
    data = document.data
    spec = data.get("spec") if isinstance(data, Mapping) else None
    reference = spec.get("template") if isinstance(spec, Mapping) else None
    if not isinstance(reference, Mapping):
        return None
    name, version = reference.get("name"), reference.get("version")
    return (str(name), str(version)) if isinstance(name, str) and isinstance(version, str) else None


def read_division(
    document: Document,
    templates: Mapping[tuple[str, str], Template | None],
    environment: str | None,
    findings: Findings,
) -> Division | None:
    """
    The division of a document, None with its mistakes reported.

    A template that was refused has the value None: that was said, and nothing is added to it.
    """
    header = read_header(document, _SPEC, findings)
    if header is None:
        return None
    name, spec = header
    template = _template(spec.get("template"), templates, findings)
    patches = read_patches(spec.get("patches"), findings)
    environments = spec.get("environments") or {}
    if not isinstance(environments, Mapping):
        findings.add(("spec", "environments"), "environments is a mapping of names to parameters.", "Write prod: {…}.")
        environments = {}
    if template is None:
        return None
    layers = [
        ParameterLayer("defaults", template.document, ("spec", "defaults"), template.defaults),
        ParameterLayer("division", document, ("spec", "parameters"), spec.get("parameters")),
    ]
    if environment is not None and environment in environments:
        there = ("spec", "environments", environment)
        layers.append(ParameterLayer(f"environment {environment}", document, there, environments[environment]))
    for layer in layers[1:]:
        if layer.data is not None and not isinstance(layer.data, Mapping):
            findings.add(layer.path, "Parameters are a mapping.", "Write name: value lines.")
    found, idle = layered(layers, template.parameters)
    for layer in idle:
        if layer.document is document:
            _idle(layer, findings)
    values = _values(document, template, found, findings)
    others = [one for one in environments if one != environment]
    for other in others:
        _check_environment(other, environments[other], layers[:2], template, findings)
    if values is None or findings.count:
        return None
    return Division(name, document, template, values, found, tuple(patches))


def _values(
    document: Document, template: Template, found: MergedParameters, findings: Findings
) -> dict[str, Any] | None:
    base = ("spec", "parameters")
    placed = Document(document.file, document.line, document.data, LayeredMarks(base, found, document.marks))
    inner = Findings(placed, findings.address, findings.code, findings.report)
    values = checked(template.parameters, found.data, base, inner)
    findings.count += inner.count
    return None if inner.count or not isinstance(values, dict) else values


def _idle(layer: ParameterLayer, findings: Findings) -> None:
    detail, hint = f"The layer {layer.name} gives what is there without it.", "Remove it, or correct it."
    findings.add(layer.path, detail, hint, code=LAYER_WITHOUT_EFFECT, is_mistake=False, at_key=True)


def _check_environment(
    name: str, data: Any, layers: list[ParameterLayer], template: Template, findings: Findings
) -> None:
    """Check an environment that is not chosen as well, so that a mistake in it is not found on the day that it is."""
    if not isinstance(data, Mapping):
        findings.add(("spec", "environments", name), "Parameters are a mapping.", "Write name: value lines.")
        return
    layer = ParameterLayer(f"environment {name}", findings.document, ("spec", "environments", name), data)
    found, idle = layered([*layers, layer], template.parameters)
    if layer in idle:
        _idle(layer, findings)
    _values(findings.document, template, found, findings)


def _template(
    data: object, templates: Mapping[tuple[str, str], Template | None], findings: Findings
) -> Template | None:
    path = ("spec", "template")
    if not isinstance(data, Mapping):
        findings.add(path, "A division names its template.", "Write template: {name: …, version: …}.")
        return None
    if "from" in data:
        detail = "A division names a template of its own estate; templates from elsewhere are not fetched."
        hint = "Put the template into a file of this estate and remove `from`."
        findings.add((*path, "from"), detail, hint, at_key=True)
    unknown_keys({key: data[key] for key in data if key != "from"}, _REFERENCE, path, findings)
    name, version = data.get("name"), data.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        findings.add(path, "A template is named with its version.", "Write template: {name: …, version: …}.")
        return None
    if (name, version) in templates:
        return templates[name, version]
    versions = sorted(known for one, known in templates if one == name)
    if versions:
        detail = f"There is no version {shown_value(version)} of the template {name}."
        findings.add((*path, "version"), detail, f"Versions: {', '.join(versions)}.")
        return None
    guess = nearest(name, sorted({one for one, _ in templates}))
    known = ", ".join(sorted({one for one, _ in templates}))
    hint = f'Did you mean "{guess}"?' if guess else f"Templates: {known or 'none'}."
    findings.add((*path, "name"), f"There is no template {shown_value(name)}.", hint)
    return None
