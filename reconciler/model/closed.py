"""Closed objects: a member that is not declared is an error (S2)."""

from typing import TypeVar

from pydantic import ConfigDict, with_config

Spec = TypeVar("Spec", bound=type)


def closed(spec: Spec) -> Spec:
    """Mark a typed dictionary whose undeclared members are refused."""
    return with_config(ConfigDict(extra="forbid"))(spec)
