"""Closed objects: a member that is not declared is an error (S2)."""

from typing import TypeVar

_Spec = TypeVar("_Spec", bound=type)


def closed(spec: _Spec) -> _Spec:
    """Mark a typed dictionary whose undeclared members are refused."""
    # The effect of pydantic's `with_config`; this way marking a kind does not import it (`checks`).
    setattr(spec, "__pydantic_config__", {"extra": "forbid"})  # noqa: B010 - no type declares this attribute
    return spec
