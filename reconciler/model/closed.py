"""Closed objects: a member that is not declared is an error (S2)."""

from typing import TypeVar

_Spec = TypeVar("_Spec", bound=type)


def closed(spec: _Spec) -> _Spec:
    """Mark a typed dictionary whose undeclared members are refused."""
    # What pydantic's `with_config` does; this way marking a kind does not import it (`checks`).
    setattr(spec, "__pydantic_config__", {"extra": "forbid"})  # noqa: B010 - no type declares this attribute
    return spec
