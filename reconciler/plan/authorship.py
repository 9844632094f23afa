"""The person who last changed an object, and when, as far as the platform tells by members that it adds. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from reconciler.model.address import Address
from reconciler.model.snapshot import Observed

_DID = ("modified", "lastmodified", "updated", "lastupdated", "changed", "lastchanged")
_WHO = frozenset(f"{did}by{more}" for did in _DID for more in ("", "user", "username", "name"))
_WHEN = frozenset(f"{did}{more}" for did in _DID for more in ("", "on", "at", "date", "time", "dateutc", "utc"))
_NAMES = ("name", "userName", "username", "displayName", "email", "moniker", "id")
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Authorship:
    """The last person to change an object, and the time; None where the platform does not tell."""

    who: str | None
    when: str | None

    def __str__(self) -> str:
        """The two in words: ``by Ana, 2026-11-27T09:00:00Z``."""
        return ", ".join(filter(None, (self.who and f"by {self.who}", self.when)))


NOBODY: Mapping[Address, Authorship] = MappingProxyType({})
"""For readings that tell of nobody."""


def authorship_of(live: Observed) -> Authorship | None:
    """The authorship that the answer about an object tells; None where it tells nothing of it."""
    found = {name.lower().replace("_", ""): value for name, value in live.unknown.items()}
    who = next((text for name in sorted(found) if name in _WHO and (text := _person(found[name]))), None)
    when = next((text for name in sorted(found) if name in _WHEN and (text := _text(found[name]))), None)
    return Authorship(who, when) if who or when else None


def _person(value: Any) -> str | None:
    if isinstance(value, Mapping):
        return next((text for name in _NAMES if (text := _text(value.get(name)))), None)
    return _text(value)


def _text(value: Any) -> str | None:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return text[:_LONGEST] or None
