"""Names and patterns of addresses, as people type them: ``VSlice/fleet``, ``VSlice/fleet-*``. Pure."""

from fnmatch import fnmatchcase

_WILD = frozenset("*?[")


def fits(name: str, pattern: str) -> bool:
    """Whether an address is the one that is named, or fits the pattern."""
    return name == pattern or (bool(_WILD & set(pattern)) and fnmatchcase(name, pattern))
