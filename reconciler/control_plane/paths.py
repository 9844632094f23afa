"""
The table of what is not publicly known of the wire, in one place, marked *unverified*, overridable by a file.

Sub-collection segments are here because the write side of secondary groups and subnets has no public description.
A file given with ``--wire-table`` replaces entries; `probe` reports how a real account differs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reconciler.errors import UsageError
from reconciler.kinds import object_kinds
from reconciler.model.catalogue import LISTS

OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "list": "GET /endpoints",
        "read": "GET /endpoints/{key}",
        "activate": "POST /endpoints",
        "edit": "PUT /endpoints/{key}",
        "assign": "POST /endpoints/assign",
        "status": "PUT /endpoints/{key}/status",
        "bulk-status": "POST /endpoints/status",
        "keyvalues": "GET /endpoints/{key}/keyvalues",
        "set-keyvalue": "PUT /endpoints/{key}/keyvalues/{name}",
    }
)
"""The requests on SIMs, as verb and path; a bulk one that is null in a table of the user's does not exist."""
BULK = frozenset({"assign", "bulk-status"})
_LIST = re.compile(r"/[A-Za-z0-9_/-]+")
_OPERATION = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/[A-Za-z0-9_{}/-]+)")


def segments_of_kinds() -> frozenset[str]:
    """The segments of all sub-collections, as the kinds name them."""
    return frozenset(part.segment for kind in object_kinds().values() for part in kind.wire.items)


@dataclass(frozen=True, slots=True)
class WirePaths:
    """
    Where unverified requests go.

    The platform's word for a segment, verb and path of requests on SIMs, and the path of each of the platform's lists.
    """

    segments: Mapping[str, str] = field(default_factory=dict)
    operations: Mapping[str, str | None] = field(default_factory=dict)
    lists: Mapping[str, str | None] = field(default_factory=dict)

    def operation(self, name: str, /, **keys: str) -> tuple[str, str] | None:
        """Verb and path of a request on SIMs, with `keys` (escaped already) put in; None for one that is not there."""
        text = self.operations.get(name, OPERATIONS[name])
        if text is None:
            return None
        verb, _, path = text.partition(" ")
        for word, key in keys.items():
            path = path.replace(f"{{{word}}}", key)
        return verb, path

    def segment(self, name: str) -> str:
        """The platform's word for a segment."""
        return self.segments.get(name, name)

    def word_list(self, name: str) -> str | None:
        """The path of one of the platform's own lists; None for one that is not there."""
        return self.lists.get(name, LISTS[name].path)

    @classmethod
    def of(cls, table: object, source: str) -> "WirePaths":
        """
        Read a table ``{segments: {…}, operations: {…}, lists: {…}}``.

        Raises `UsageError` that names the mistake in `source`.
        """
        operations = table.get("operations", {}) if isinstance(table, dict) else None
        if not isinstance(operations, dict) or not all(_is_operation(name, text) for name, text in operations.items()):
            message = f"{source}: expected operations: with verb and path for each, such as POST /endpoints/assign"
            raise UsageError(
                message, hint=f"operations are {', '.join(OPERATIONS)}; {' and '.join(sorted(BULK))} may be null"
            )
        segments = table.get("segments", {}) if isinstance(table, dict) else None
        if not isinstance(segments, dict) or not all(isinstance(v, str) and v.isalnum() for v in segments.values()):
            message = f"{source}: expected segments: with one word for each entry"
            raise UsageError(message, hint=f"entries are {', '.join(sorted(segments_of_kinds()))}")
        if unknown := sorted(segments.keys() - segments_of_kinds()):
            message = f"{source}: unknown entry {unknown[0]!r}"
            raise UsageError(message, hint=f"entries are {', '.join(sorted(segments_of_kinds()))}")
        lists = table.get("lists", {}) if isinstance(table, dict) else None
        if not isinstance(lists, dict) or not all(_is_list(name, path) for name, path in lists.items()):
            message = f"{source}: expected lists: with a path for each, such as /regionalgateways"
            raise UsageError(message, hint=f"lists are {', '.join(LISTS)}; each may be null")
        return cls(segments, operations, lists)


def _is_list(name: str, path: object) -> bool:
    return name in LISTS and (path is None or (isinstance(path, str) and _LIST.fullmatch(path) is not None))


def _is_operation(name: str, text: object) -> bool:
    if text is None:
        return name in BULK
    return name in OPERATIONS and isinstance(text, str) and _OPERATION.fullmatch(text) is not None
