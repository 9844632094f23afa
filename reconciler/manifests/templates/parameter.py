"""One place of the parameters of a template."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.expressions.types import ValueType


@dataclass(frozen=True, slots=True)
class Parameter:
    """One place of the parameters: its type, its limits, and the value that it has where nothing is given."""

    sort: str
    type: ValueType
    nullable: bool = False
    default: Any = None
    has_default: bool = False
    choices: tuple[str | int, ...] = ()
    pattern: str | None = None
    low: int = 0
    high: int = 0
    item: "Parameter | None" = None
    key: str | None = None
    members: "Mapping[str, Parameter]" = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    description: str = ""
