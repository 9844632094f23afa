"""The live values that an export holds in no manifest, each with the reason."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_LONGEST_VALUE, _LONGEST_SHOWN = 4_000, 120


@dataclass(frozen=True, slots=True, order=True)
class Leftover:
    """
    One live value that no manifest of the export holds: the object, the field, the value as text, and why.

    `field` is empty where it is about the object as a whole.
    """

    object: str
    field: str
    value: str
    why: str

    @property
    def short(self) -> str:
        """The value, shortened for a line."""
        return self.value if len(self.value) <= _LONGEST_SHOWN else f"{self.value[: _LONGEST_SHOWN - 1]}…"


def leftover(address: object, field: str, value: Any, why: str) -> Leftover:
    """The leftover at a field of an object; its value is shortened, and nothing in it begins a line."""
    return Leftover(shown_name(str(address)), shown_name(field), shown(value), " ".join(why.split()))


def shown_name(text: str) -> str:
    """A name with the characters that print nothing escaped."""
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)


def shown(value: Any) -> str:
    """A live value as JSON on one line, shortened; characters that print nothing are escaped."""
    text = json.dumps(value, ensure_ascii=False, default=lambda _: "***")
    text = shown_name(text)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def by_object(found: Iterable[Leftover]) -> dict[str, list[Leftover]]:
    """The leftovers of each object, by address, in order and each once."""
    result: dict[str, list[Leftover]] = {}
    for one in sorted(set(found)):
        result.setdefault(one.object, []).append(one)
    return result


def table(found: Iterable[Leftover]) -> bytes:
    """The leftovers as CSV: object, field, live value, and why."""
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(("object", "field", "value", "why"))
    rows.writerows((one.object, one.field, one.value, one.why) for one in found)
    return stream.getvalue().encode("utf-8", "replace")
