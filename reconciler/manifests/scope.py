"""The scope of an estate as ``reconciler.yaml`` writes it: ``spec.scope``."""

from typing import Annotated, Any

from typing_extensions import TypedDict

from reconciler.diagnostics import nearest
from reconciler.kinds import object_kinds
from reconciler.model.checks import Check
from reconciler.model.closed import closed
from reconciler.model.fields import Doc
from reconciler.model.scalars import refuse
from reconciler.model.scope import Scope


def _some(value: Any) -> Any:
    if isinstance(value, list) and not value:
        raise refuse("at least one entry", value, "name one, or remove the field")
    return value


def _pattern(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise refuse("a name or a pattern such as fleet-*", value, "write a name")
    return str(value)


def _kind(value: Any) -> str:
    if value not in object_kinds():
        guess = nearest(str(value), object_kinds())
        raise refuse(
            "a kind of objects", value, f"write {guess}" if guess else f"write one of {', '.join(object_kinds())}"
        )
    return str(value)


_Pattern = Annotated[str, Check(_pattern)]


@closed
class ScopeSettings(TypedDict, total=False):
    """The limits of what an estate owns: all must hold, and nothing outside is created, adopted, edited or deleted."""

    names: Annotated[list[_Pattern], Check(_some), Doc("Shell patterns of the monikers of objects.")]
    vslices: Annotated[
        list[_Pattern],
        Check(_some),
        Doc("Shell patterns of VSlices that objects lie in; an object in no VSlice is outside."),
    ]
    kinds: Annotated[list[Annotated[str, Check(_kind)]], Check(_some), Doc("Kinds of objects.")]
    groups: Annotated[list[_Pattern], Check(_some), Doc("Shell patterns of the EndpointGroups whose SIMs it manages.")]
    tags: Annotated[list[_Pattern], Check(_some), Doc("Shell patterns of tags; a SIM that it manages has one of them.")]


def scope_of(settings: ScopeSettings) -> Scope:
    """The scope that these settings state."""
    return Scope(
        names=tuple(settings.get("names", ())),
        vslices=tuple(settings.get("vslices", ())),
        kinds=tuple(settings.get("kinds", ())),
        groups=tuple(settings.get("groups", ())),
        tags=tuple(settings.get("tags", ())),
    )
