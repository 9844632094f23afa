"""Addresses: the name of a resource, as a value."""

from typing import NamedTuple, Self


class Address(NamedTuple):
    """
    The name of one resource of an estate: its kind and its name.

    Addresses are immutable, hashable and totally ordered (by kind, then name). Their one text form is
    ``Kind/name``. For platform objects the name is the moniker.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; `ValueError` when it is not ``Kind/name``."""
        kind, slash, name = text.partition("/")
        if not (kind and slash and name):
            message = f"not an address: {text!r} (expected Kind/name)"
            raise ValueError(message)
        return cls(kind, name)
