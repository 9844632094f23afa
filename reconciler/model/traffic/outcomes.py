"""The outcome of a packet, and the categories in which two outcomes differ."""

from dataclasses import dataclass
from enum import StrEnum

DROPPED, FORWARDED, REFLECTED = "drop", "forward", "reflect"
_ACTIONS = frozenset({DROPPED, FORWARDED, REFLECTED})


class Category(StrEnum):
    """
    The way in which an outcome differs from the one before.

    | category | when |
    |---|---|
    | newly allowed | it is dropped before, and not after |
    | now dropped | it is dropped after, and not before |
    | another target | neither is the case, and it goes elsewhere: another routing target, or back to its sender |
    | another divert | its destination is rewritten to another address or port |
    | answers newly allowed, answers no longer allowed | its rule is reflexive on one side only |
    """

    NEWLY_ALLOWED = "newly allowed"
    NOW_DROPPED = "now dropped"
    ANOTHER_TARGET = "another target"
    ANOTHER_DIVERT = "another divert"
    ANSWERS_ALLOWED = "answers newly allowed"
    ANSWERS_DROPPED = "answers no longer allowed"


@dataclass(frozen=True, slots=True, order=True)
class PacketOutcome:
    """The treatment of a packet; `divert` is an address and a port, each empty where it is not stated."""

    action: str
    target: str = ""
    divert: tuple[str, str] = ("", "")
    reflexive: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the action is one of those that this version knows."""
        return self.action in _ACTIONS

    @property
    def is_dropped(self) -> bool:
        """Whether the packet is thrown away."""
        return self.action == DROPPED

    def __str__(self) -> str:
        """The outcome in a few words."""
        address, port = self.divert
        words = [self.action if not self.target else f"{self.action} to {self.target}"]
        if address or port:
            words.append(f"diverted to {address}{f':{port}' if port else ''}")
        if self.reflexive:
            words.append("with answers")
        return ", ".join(words)


DROP = PacketOutcome(DROPPED)
"""The outcome of a packet that no rule matches (D-35)."""


def categories(before: PacketOutcome, after: PacketOutcome) -> tuple[Category, ...]:
    """
    How one outcome differs from another, the most important category first; none where they are the same.

    A packet that is newly allowed or dropped has that category only: the rest of its outcome has nothing to be
    compared with.
    """
    if before.is_dropped is not after.is_dropped:
        return (Category.NEWLY_ALLOWED if before.is_dropped else Category.NOW_DROPPED,)
    found = []
    if (before.action, before.target) != (after.action, after.target):
        found.append(Category.ANOTHER_TARGET)
    if before.divert != after.divert:
        found.append(Category.ANOTHER_DIVERT)
    if before.reflexive is not after.reflexive:
        found.append(Category.ANSWERS_ALLOWED if after.reflexive else Category.ANSWERS_DROPPED)
    return tuple(found)
