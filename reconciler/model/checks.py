"""
Facts about a field for pydantic, without importing it: a plan of manifests that were validated before needs none.

pydantic asks every part of an `Annotated` for these two methods (its documentation: "Custom types").
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_SAME: Any = object()


@dataclass(frozen=True, slots=True)
class Check:
    """
    Runs before the type of the field is looked at; gives the value to go on with, or raises a refusal.

    `read_as` is the type that the JSON schema shows where it is not the field's own. `live` comes before the check for
    a value that the platform answered: it takes spellings of the same meaning that a manifest may not have.
    """

    check: Callable[[Any], Any]
    read_as: Any = _SAME
    live: Callable[[Any], Any] | None = None

    def settled(self, value: Any) -> Any:
        """A live value in the form that a manifest has it in; raises the refusal of one that no manifest can have."""
        return self.check(value if self.live is None else self.live(value))

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """The validator of the field with this check before it."""
        from pydantic_core import core_schema

        shown = None if self.read_as is _SAME else handler.generate_schema(self.read_as)
        return core_schema.no_info_before_validator_function(
            self.check, schema=handler(source), json_schema_input_schema=shown
        )


@dataclass(frozen=True, slots=True, eq=False)
class ShownAs:
    """The JSON schema of a field, in place of the one that follows from its type."""

    schema: Mapping[str, Any]

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        """The schema."""
        return dict(self.schema)


def refusal(sort: str, message: str, facts: Mapping[str, Any]) -> ValueError:
    """The error that a check raises: `message` with `facts` in its braces; ``facts["fix"]`` says what to do."""
    from pydantic_core import PydanticCustomError

    return PydanticCustomError(sort, message, dict(facts))
