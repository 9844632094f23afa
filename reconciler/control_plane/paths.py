"""
The table of what is not publicly known of the wire, in one place, marked *unverified*, overridable by a file.

Sub-collection segments stand here because the write side of secondary groups and subnets has no public description
(stacuity-api C). A file given with ``--wire-table`` replaces entries; `probe` reports how a real account differs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reconciler.errors import UsageError

UNVERIFIED: Mapping[str, str] = MappingProxyType(
    {
        "secondarygroups": "secondary groups of a primary group: GET, POST array, DELETE /{moniker}",
        "subnets": "further subnets of a VSlice: POST {subnetAddress}, DELETE /{cidr}",
        "entries": "entries of operator and regional policies: DELETE /{id}",
        "subscriptions": "subscriptions of an event map: DELETE /{id}",
    }
)


@dataclass(frozen=True, slots=True)
class WirePaths:
    """Where unverified sub-collections are: our word for a segment, and the platform's."""

    segments: Mapping[str, str] = field(default_factory=dict)

    def segment(self, name: str) -> str:
        """The platform's word for a segment."""
        return self.segments.get(name, name)

    @classmethod
    def of(cls, table: object, source: str) -> "WirePaths":
        """Read a table ``{segments: {secondarygroups: …}}``; `UsageError` names what is wrong in `source`."""
        segments = table.get("segments") if isinstance(table, dict) else None
        if not isinstance(segments, dict) or not all(isinstance(v, str) and v.isalnum() for v in segments.values()):
            message = f"{source}: expected segments: with one word for each entry"
            raise UsageError(message, hint=f"entries are {', '.join(sorted(UNVERIFIED))}")
        if unknown := sorted(set(segments) - set(UNVERIFIED)):
            message = f"{source}: unknown entry {unknown[0]!r}"
            raise UsageError(message, hint=f"entries are {', '.join(sorted(UNVERIFIED))}")
        return cls(segments)
