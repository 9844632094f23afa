"""The part of an estate that a plan considered, and what it left out."""

from dataclasses import dataclass

from reconciler.model.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Consideration:
    """
    The options that chose a part of the estate, and how many objects that is, with those that they need.

    `left_out` are the others, declared or owned: the plan does nothing to them. `removed` are owned and not declared
    any more, and were chosen, so they are deleted.
    """

    words: str
    considered: int
    left_out: tuple[Address, ...]
    removed: tuple[Address, ...] = ()
