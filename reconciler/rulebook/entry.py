"""One rule of the rule book, the families of numbers, and who keeps a rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "D": "Rules of the platform",
        "A": "Assumptions about the platform",
        "I": "Promises that hold whatever happens",
        "F": "Faults, and the answer to each",
        "S": "Protection of secrets, files and the machine",
        "R": "Codes of diagnostics",
    }
)


class Keeper(StrEnum):
    """Where the product or the platform holds a rule."""

    MANIFESTS = "`validate`, while manifests are read"
    PLAN = "`plan`, before anything is sent"
    APPLY = "`apply`, while requests are sent"
    STORE = "the store"
    COMMAND_LINE = "every command"
    PLATFORM = "the platform"


@dataclass(frozen=True, slots=True)
class Entry:
    """A number, the rule in one sentence, where it is kept, and what follows from it for the reader."""

    number: str
    rule: str
    keepers: tuple[Keeper, ...]
    meaning: str = ""

    @property
    def family(self) -> str:
        """The letter of the number."""
        return self.number[0]
