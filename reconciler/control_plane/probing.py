"""The answers of a real account as shapes: members and types, never a value. GET only."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler.control_plane.errors import ControlPlaneError
from reconciler.kinds import object_kinds
from reconciler.model.kind import Kind

if TYPE_CHECKING:
    from reconciler.control_plane.rest import RestControlPlane

_DEEPEST = 4


def probe(control_plane: "RestControlPlane") -> dict[str, Any]:
    """A report for each kind: how many objects, the shape of one, and how it differs from the wire facts."""
    return {
        "formatVersion": "1.0",
        "kinds": {name: _kind(control_plane, kind) for name, kind in object_kinds().items()},
    }


def _kind(control_plane: "RestControlPlane", kind: Kind) -> dict[str, Any]:
    try:
        rows = control_plane.payloads(kind)
    except ControlPlaneError as error:
        return {"error": type(error).__name__}
    if not rows:
        return {"objects": 0}
    seen = {name.lower() for row in rows[:100] for name in row}
    report: dict[str, Any] = {
        "objects": len(rows),
        "unknown": sorted(name for name in seen if name not in kind.known_members),
        "missing": sorted(name for lower, name in kind.spelling.items() if lower not in seen),
        "shape": _shape(rows[0], 0),
    }
    for part in kind.wire.items:
        try:
            items = control_plane.part(kind, rows[0], part)
            report.setdefault("items", {})[part.segment] = _shape(list(items[:1]), 0)
        except ControlPlaneError as error:
            report.setdefault("items", {})[part.segment] = {
                "error": type(error).__name__,
                "unverified": part.unverified,
            }
    return report


def _shape(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        return "object" if depth >= _DEEPEST else {str(name): _shape(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shape(value[0], depth + 1)] if value else []
    return "null" if value is None else type(value).__name__
