"""An estate that its store does not know beside others that it knows: most often one of those, under a new name."""

from collections.abc import Iterable

from reconciler.errors import EstateError

_MOST_NAMED = 5


def how_to_rename(name: str, others: Iterable[str]) -> str:
    """What to do if the estate `name` is one of the others under a new name."""
    known = sorted(set(others))
    old = known[0] if len(known) == 1 else "OLD"
    return f"if it is {old} under a new name: reconciler store rename-estate {old} {name}"


def names_of(others: Iterable[str]) -> str:
    """The names of estates in a sentence."""
    known = sorted(set(others))
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    return ", ".join(known[:_MOST_NAMED]) + more


def unknown(name: str, others: Iterable[str], where: object) -> EstateError:
    """The refusal of a command that needs an estate which the store knows."""
    others = tuple(others)
    message = f"the store {where} knows no estate {name}; it has {names_of(others)}"
    return EstateError(message, hint=how_to_rename(name, others))
