"""Templates of an estate: who uses which version, the schema of their divisions, and a division to start from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.errors import UsageError
from reconciler.operations.estate import Estate
from reconciler.operations.validate import sound, validate


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """One version of a template, and the divisions that use it."""

    name: str
    version: str
    place: str
    divisions: tuple[str, ...]


def template_uses(estate: Estate) -> tuple[TemplateUse, ...]:
    """Each template with its divisions, by name and version. Raises `InvalidManifests`."""
    from reconciler.manifests.templates.expansion import Expansion

    loaded = sound(estate, validate(estate))
    if not isinstance(loaded.expansion, Expansion):
        return ()
    found = []
    for (name, version), template in sorted(loaded.expansion.templates.items()):
        users = sorted(one.name for one in loaded.expansion.divisions if one.template is template)
        place = template.document.marks.value(("metadata", "name"))
        found.append(TemplateUse(name, version, str(place), tuple(users)))
    return tuple(found)


def _template(estate: Estate, reference: str) -> Any:
    """The template that ``NAME`` or ``NAME@VERSION`` names; without a version the last one by its text."""
    from reconciler.manifests.templates.expansion import Expansion

    loaded = sound(estate, validate(estate))
    known = loaded.expansion.templates if isinstance(loaded.expansion, Expansion) else {}
    name, _, version = reference.partition("@")
    found = [known[key] for key in sorted(known) if key[0] == name and version in {"", key[1]}]
    if found:
        return found[-1]
    message = f"there is no template {reference[:60]}"
    names = ", ".join("@".join(key) for key in sorted(known)) or "none"
    raise UsageError(message, hint=f"templates: {names}")


def division_schema(estate: Estate, reference: str) -> dict[str, Any]:
    """The JSON Schema of the divisions of a template, for editors."""
    template = _template(estate, reference)
    named = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    chosen = {"name": {"const": template.name}, "version": {"const": template.version}}
    exact: dict[str, Any] = {"type": "object", "additionalProperties": False}
    to_template = exact | {"properties": chosen, "required": ["name", "version"]}
    parameters = _schema(template.parameters)
    spec = {
        "type": "object",
        "additionalProperties": False,
        "required": ["template", "parameters"],
        "properties": {
            "template": to_template,
            "parameters": parameters,
            "environments": {"type": "object", "additionalProperties": {"type": "object"}},
            "patches": {"type": "array", "items": {"type": "object", "required": ["target", "set"]}},
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A division of {template.reference}",
        "type": "object",
        "additionalProperties": False,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": "reconciler.dev/v1alpha1"},
            "kind": {"const": "Division"},
            "metadata": named,
            "spec": spec,
        },
    }


def _schema(parameter: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"type": [parameter.sort, "null"] if parameter.nullable else parameter.sort}
    if parameter.description:
        found["description"] = parameter.description
    if parameter.has_default:
        found["default"] = parameter.default
    if parameter.choices:
        found["enum"] = list(parameter.choices)
    match parameter.sort:
        case "string":
            found |= {"minLength": parameter.low, "maxLength": parameter.high}
            if parameter.pattern:
                found["pattern"] = parameter.pattern
        case "integer":
            found |= {"minimum": parameter.low, "maximum": parameter.high}
        case "array":
            found |= {"minItems": parameter.low, "maxItems": parameter.high, "items": _schema(parameter.item)}
        case "object":
            found |= {
                "additionalProperties": False,
                "properties": {name: _schema(member) for name, member in parameter.members.items()},
                "required": sorted(
                    name for name, one in parameter.members.items() if not (one.has_default or one.nullable)
                ),
            }
    return found


def new_division(estate: Estate, name: str, reference: str) -> str:
    """The text of a division with each parameter that has no default, for a file of its own."""
    template = _template(estate, reference)
    lines = [
        "apiVersion: reconciler.dev/v1alpha1",
        "kind: Division",
        f"metadata: {{name: {name}}}",
        "spec:",
        f"  template: {{name: {template.name}, version: {template.version}}}",
        "  parameters:",
    ]
    members: Mapping[str, Any] = template.parameters.members
    for word, member in members.items():
        if member.has_default or member.nullable:
            continue
        note = f"     # {member.description}" if member.description else ""
        lines.append(f"    {word}: {_placeholder(member, name)}{note}")
    return "\n".join(lines) + "\n"


def _placeholder(parameter: Any, name: str) -> str:
    if parameter.choices:
        return str(parameter.choices[0])
    match parameter.sort:
        case "string":
            return name if parameter.low <= len(name) <= parameter.high else "x" * max(parameter.low, 1)
        case "integer":
            return str(min(max(parameter.low, 1), parameter.high))
        case "boolean":
            return "false"
        case "array":
            item = _placeholder(parameter.item, name)
            return f"[{', '.join([item] * max(parameter.low, 1))}]"
        case _:
            needed = {w: m for w, m in parameter.members.items() if not (m.has_default or m.nullable)}
            return "{" + ", ".join(f"{word}: {_placeholder(member, name)}" for word, member in needed.items()) + "}"
