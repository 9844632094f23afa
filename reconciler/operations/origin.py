"""The origin of a value: value ← template line ← parameter line ← layer ← patch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from reconciler.errors import UsageError
from reconciler.model.address import Address
from reconciler.model.resource import Resource
from reconciler.model.shape import Shape
from reconciler.operations.estate import Estate
from reconciler.operations.validate import sound, validate
from reconciler.positions import Marks, Path, Span, path_text


class OriginStep(NamedTuple):
    """One step back: what it is, where it is written, and the words there."""

    what: str
    span: Span
    words: str


@dataclass(frozen=True, slots=True)
class ValueOrigin:
    """A value with the steps that lead back from it."""

    place: str
    value: Any
    steps: tuple[OriginStep, ...]


def origin_of(estate: Estate, place: str) -> ValueOrigin:
    """
    The origin of ``KIND/NAME`` or of one of its fields, ``KIND/NAME.FIELD``; items by identity: ``rules[web].target``.

    Raises `UsageError` for what is not declared, and `InvalidManifests`.
    """
    loaded = sound(estate, validate(estate, keeps_documents=True))
    kind, _, rest = place.partition("/")
    name, _, field = rest.partition(".")
    resource = loaded.built.estate.get(Address(kind, name))
    if resource is None:
        from reconciler.diagnostics import nearest

        guess = nearest(f"{kind}/{name}", [str(address) for address in loaded.built.estate])
        message = f"nothing is declared as {place[:80]}"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else "write KIND/NAME or KIND/NAME.FIELD")
    path, value = _found(resource, field.removeprefix("spec."))
    marks = loaded.built.origins[str(resource.address)]
    return ValueOrigin(place, value, tuple(_steps(marks, path)))


def _found(resource: Resource, field: str) -> tuple[Path, Any]:
    """The path of a field in the document, and its value."""
    from reconciler.kinds import kind_named
    from reconciler.manifests.templates.patches import steps_of

    if not field:
        return ("metadata", "name"), resource.address.name
    steps = steps_of(f"spec.{field}")
    value: Any = dict(resource.spec)
    shape: Shape | None = kind_named(resource.address.kind).shape
    path: list[str | int] = ["spec"]
    for step in (steps or ())[1:]:
        if isinstance(step, tuple):
            keys = shape.item_key if shape is not None else ()
            items = value if isinstance(value, list) else []
            match = [n for n, item in enumerate(items) if _identity(item, keys) == tuple(step)]
            if not match:
                raise UsageError(_absent(resource, field), hint="name the item as the field that tells items apart")
            path.append(match[0])
            value, shape = items[match[0]], shape.item if shape is not None else None
        elif isinstance(value, dict) and step in value:
            path.append(step)
            value, shape = value[step], shape.members.get(step) if shape is not None else None
        else:
            raise UsageError(_absent(resource, field), hint=f"see `reconciler explain {resource.address.kind}`")
    if steps is None:
        raise UsageError(_absent(resource, field), hint="write names with dots between them")
    return tuple(path), value


def _absent(resource: Resource, field: str) -> str:
    return f"{resource.address} states no {field[:60]}"


def _identity(item: Any, keys: tuple[str, ...]) -> tuple[str, ...]:
    if keys == ("",):
        return (str(item),)
    return tuple(str(item[key]) for key in keys if isinstance(item, dict) and item.get(key) is not None)


def _steps(marks: Marks, path: Path) -> Iterator[OriginStep]:
    from reconciler.manifests.templates.origins import RenderedMarks

    if not isinstance(marks, RenderedMarks):
        yield OriginStep("the manifest", marks.value(path), path_text(path))
        return
    patch = marks.patch(path)
    if patch is not None:
        division = marks.division.marks
        yield OriginStep("a patch of the division", division.value(patch.path), f"{patch.target} {patch.field}")
    template = marks.template
    ((_, span),) = marks.further(path)
    sources = [expression.source.strip() for expression in marks.expressions(path)]
    words = ", ".join(f"${{{source}}}" for source in sources) or "written out"
    what = f"the template {template.reference}, resource {marks.resource.id}"
    yield OriginStep(what, span, words)
    for parameter in marks.parameters(path):
        shown = f"params.{path_text(parameter)}"
        found = marks.layer(parameter)
        if found is None:
            declared = template.document.marks.value(_schema_path(parameter))
            yield OriginStep("the default of the parameter", declared, shown)
        else:
            layer, there = found
            declared = template.document.marks.key(_schema_path(parameter)[:-1])
            yield OriginStep("the parameter", declared, shown)
            yield OriginStep(f"the layer {layer.name}", layer.document.marks.value(there), path_text(there))


def _schema_path(parameter: Path) -> Path:
    """The place of a parameter's default in its template."""
    path: Path = ("spec", "parameters")
    for step in parameter:
        path = (*path, "items") if isinstance(step, int) else (*path, "properties", step)
    return (*path, "default")
