"""JSON Schemas of the manifests: one a kind, and one for all by if/then so that errors name the right kind."""

import json
from pathlib import Path
from typing import Any

from reconciler.errors import UsageError
from reconciler.kinds import kinds
from reconciler.manifests.configuration import SETTINGS, settings_schema
from reconciler.manifests.metadata import ANNOTATIONS, API_VERSION, ESTATE
from reconciler.model.catalogue import LISTS, NOTHING_SEEN, Catalogue, offered
from reconciler.model.kind import Kind
from reconciler.model.scalars import MONIKER, NAME
from reconciler.model.shape import Shape
from reconciler.named_files import read_named
from reconciler.plan.document import plan_schema

LARGEST_DOCUMENT_BYTES = 1 << 28
_MOST_EXAMPLES = 200
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str | None, seen: Catalogue = NOTHING_SEEN) -> dict[str, Any]:
    """
    The schema of a kind, of `Estate`, of a `plan` file, or without a name of any manifest.

    `seen` are the platform's lists, whose words the descriptions name and editors offer.
    """
    if name is None:
        return all_kinds_schema(seen)
    if name == "plan":
        return plan_schema()
    if name == ESTATE:
        return estate_schema()
    if name in kinds():
        return kind_schema(kinds()[name], seen)
    message = f"there is no kind {name[:40]!r}"
    raise UsageError(message, hint=f"kinds: {', '.join(kinds())}, {ESTATE}, plan")


def misfits(name: str | None, file: Path) -> list[str]:
    """
    Where the JSON document in `file` does not fit the schema of `name`: the place and the keyword, never the value.

    Raises `UsageError` for a file that cannot be read or is no JSON, and as `schema_of` does.
    """
    import jsonschema

    content = read_named(file, limit=LARGEST_DOCUMENT_BYTES, noun="the document", hint="name a JSON file")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        message = f"{file} is no JSON document"
        raise UsageError(message, hint="manifests in YAML are checked by reconciler validate") from error
    found = jsonschema.Draft202012Validator(schema_of(name)).iter_errors(document)
    leaves = (leaf for error in found for leaf in (error.context or [error]))
    return sorted({_misfit(leaf.json_path, leaf.validator, leaf.validator_value) for leaf in leaves})


def _misfit(place: str, keyword: Any, value: Any) -> str:
    """A place and the part of the schema that it breaks, in printable letters, each cut to a line."""
    return f"{place.encode('unicode_escape').decode()[:200]}: {f'{keyword} {json.dumps(value)}'[:120]}"


def kind_schema(kind: Kind, seen: Catalogue = NOTHING_SEEN) -> dict[str, Any]:
    """The schema of one kind's manifest."""
    return {"$schema": DRAFT, "title": kind.name, "description": kind.doc, **_manifest(kind, seen)}


def estate_schema() -> dict[str, Any]:
    """The schema of ``reconciler.yaml``."""
    name = {"type": "string", "minLength": 1, "description": "The name of the estate."}
    document = _document(ESTATE, name, _spec(settings_schema(), SETTINGS))
    # A file that only names the estate keeps every default.
    document["required"].remove("spec")
    return {"$schema": DRAFT, "title": ESTATE, "description": SETTINGS.doc, **document}


def all_kinds_schema(seen: Catalogue = NOTHING_SEEN) -> dict[str, Any]:
    """The schema of any manifest."""
    return {
        "$schema": DRAFT,
        "title": "A reconciler manifest",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {"apiVersion": {"const": API_VERSION}, "kind": {"enum": list(kinds())}},
        "allOf": [
            {"if": {"properties": {"kind": {"const": kind.name}}, "required": ["kind"]}, "then": _manifest(kind, seen)}
            for kind in kinds().values()
        ],
    }


def _manifest(kind: Kind, seen: Catalogue) -> dict[str, Any]:
    form = MONIKER if kind.is_roster else NAME
    name = {"type": "string", "pattern": f"^{form}$", "description": "The moniker (D-2)."}
    return _document(kind.name, name, _spec(kind.adapter.json_schema(), kind.shape, seen))


def _spec(raw: dict[str, Any], shape: Shape, seen: Catalogue = NOTHING_SEEN) -> dict[str, Any]:
    definitions = raw.pop("$defs", {})
    return _marked(_inlined(raw, definitions), shape, seen)


def _document(kind: str, name: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    texts = {"type": "object", "additionalProperties": {"type": ["string", "boolean", "number"]}}
    return {
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind},
            "metadata": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {
                    "name": name,
                    "labels": texts,
                    "annotations": {**texts, "description": f"Known: {', '.join(ANNOTATIONS)}."},
                },
            },
            "spec": spec,
        },
    }


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
        return {
            name: _inlined(value, definitions)
            for name, value in schema.items()
            if name != "title" or not isinstance(value, str)
        }
    if isinstance(schema, list):
        return [_inlined(value, definitions) for value in schema]
    return schema


def _marked(schema: dict[str, Any], shape: Shape, seen: Catalogue) -> dict[str, Any]:
    """The schema with the markers of the kind: descriptions, references, immutability, defaults."""
    properties = schema.get("properties", {})
    for name, place in shape.members.items():
        if name in properties:
            properties[name] = _place(properties[name], place, seen)
    return schema


def _place(schema: dict[str, Any], place: Shape, seen: Catalogue) -> dict[str, Any]:
    inner = schema
    if place.nullable and "anyOf" in schema:
        inner = next(option for option in schema["anyOf"] if option.get("type") != "null")
    if place.members:
        _marked(inner, place, seen)
    if place.item is not None and isinstance(inner.get("items"), dict):
        inner["items"] = _place(inner["items"], place.item, seen)
    facts = _described(place, seen)
    if place.reference:
        facts["x-reconciler-ref"] = place.reference
    if place.immutable:
        facts["x-reconciler-immutable"] = True
    if place.server_default:
        facts["x-reconciler-server-default"] = True
    if place.secret or place.secret_url:
        facts["x-reconciler-secret"] = True
    if place.item_key and not place.ordered:
        facts["x-reconciler-set"] = [part for part in place.item_key if part]
    if place.ordered:
        facts["x-reconciler-ordered-by"] = place.item_key[0]
    if place.default is not None:
        facts["default"] = place.default
    return {**schema, **facts}


def _described(place: Shape, seen: Catalogue) -> dict[str, Any]:
    if not place.listed:
        return {"description": place.doc} if place.doc else {}
    sentence = offered(place.listed, seen)
    facts: dict[str, Any] = {"description": f"{place.doc} {sentence[0].upper()}{sentence[1:]}.".strip()}
    if words := _examples(place, seen):
        facts["examples"] = words
    return facts


def _examples(place: Shape, seen: Catalogue) -> list[Any]:
    """The words that an editor offers for a field."""
    found = seen.lists.get(place.listed or "")
    words = (
        [row.word for row in found.words] if found is not None and found.words else LISTS[place.listed or ""].published
    )
    return [int(word) if place.type is int and word.isdecimal() else word for word in words[:_MOST_EXAMPLES]]
