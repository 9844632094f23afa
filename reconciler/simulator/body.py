"""Reading a request body: member names in any case, wrong types named, unknown members ignored."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.simulator.refusals import Malformed

LONGEST_TEXT = 4000
MOST_ITEMS = 10_000


class Body:
    """One JSON object of a body. A member of the wrong type raises `Malformed`."""

    def __init__(self, data: Any, where: str = "$") -> None:
        if not isinstance(data, Mapping):
            raise Malformed(where, "A JSON object is expected.")
        self.where = where
        self._members = {str(name).lower(): value for name, value in data.items()}

    def has(self, name: str) -> bool:
        """True if the member is there, even if it is null."""
        return name.lower() in self._members

    def raw(self, name: str) -> Any:
        """The member as it came, or None."""
        return self._members.get(name.lower())

    def text(self, name: str) -> str | None:
        """A string; null and blank are None."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self._wrong(name, "a string")
        if len(value) > LONGEST_TEXT:
            raise self._wrong(name, f"at most {LONGEST_TEXT} characters")
        return value if value.strip() else None

    def key(self, name: str) -> str | None:
        """An identifier that may come as string or as number."""
        value = self.raw(name)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else self.text(name)

    def flag(self, name: str) -> bool | None:
        """True, false or null."""
        value = self.raw(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def integer(self, name: str) -> int | None:
        """A whole number of at most 64 bits, or null."""
        value = self.raw(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 1 << 63:
            raise self._wrong(name, "a whole number")
        return value

    def part(self, name: str) -> "Body | None":
        """A JSON object, or null."""
        value = self.raw(name)
        return None if value is None else Body(value, f"{self.where}.{name}")

    def parts(self, name: str) -> "list[Body] | None":
        """An array of JSON objects, or null."""
        value = self.raw(name)
        return None if value is None else list(bodies(value, f"{self.where}.{name}"))

    def texts(self, name: str) -> list[str] | None:
        """An array of strings, or null; blanks are left out."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) > MOST_ITEMS or not all(isinstance(item, str) for item in value):
            raise self._wrong(name, "an array of strings")
        return [item for item in value if item.strip()]

    def _wrong(self, name: str, expected: str) -> Malformed:
        return Malformed(f"{self.where}.{name}", f"The member {name} must be {expected}.")


def bodies(value: Any, where: str = "$") -> Iterator[Body]:
    """The objects of an array; a single object counts as an array of one."""
    items = value if isinstance(value, list) else [value]
    if len(items) > MOST_ITEMS:
        raise Malformed(where, f"At most {MOST_ITEMS} items are taken at once.")
    for place, item in enumerate(items):
        yield Body(item, f"{where}[{place}]")
