"""Live state beside declared state: objects and SIMs, each with what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from reconciler.diffing.fields import FieldChange
from reconciler.diffing.rosters import Live
from reconciler.model.address import Address


class Relation(StrEnum):
    """The relation of a live object to its declaration; secrets are not compared."""

    SAME = "same"
    DIFFERS = "differs"
    UNDECLARED = "undeclared"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SeenObject:
    """
    One object, live or declared or both, with secrets hidden.

    `address` is the live one, or that of the declaration where nothing is live. `outputs` are what people need next of
    what the platform made. `owner` names the estate that owns it, in this store; `source` is the place of the
    declaration.
    """

    address: Address
    relation: Relation
    live: Mapping[str, Any] | None = None
    declared: Mapping[str, Any] | None = None
    declared_as: Address | None = None
    differences: tuple[FieldChange, ...] = ()
    remote_id: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    owner: str | None = None
    source: str | None = None
    belongs_to_platform: bool = False


class LookedSim(Live, Protocol):
    """The members of a live SIM that people look at; empty or None where the platform says nothing."""

    name: str | None
    reference: str | None
    tags: list[str] | None
    imei_lock: str | None
    imei: Any

    @property
    def network(self) -> str:
        """unknown, detached, idle or active."""

    @property
    def imsis(self) -> Sequence[str]:
        """Its IMSIs, the one in use first."""


@dataclass(frozen=True, slots=True)
class SeenSimRow:
    """One SIM, live or only declared. `declared_by` is the address of its list, `wanted` what that says of it."""

    iccid: str
    live: LookedSim | None
    declared_by: str | None = None
    wanted: Mapping[str, Any] = field(default_factory=dict)

    @property
    def differences(self) -> Mapping[str, tuple[Any, Any]]:
        """The settings that differ: live and declared, by name."""
        if self.live is None:
            return {}
        sim = self.live
        have = {
            "group": sim.group,
            "state": sim.status,
            "displayName": sim.name,
            "reference": sim.reference,
            "tags": sorted(sim.tags or ()),
            "staticIPv4": sim.static_ip_address,
            "imeiLock": sim.imei_lock,
        }
        wanted = {
            name: sorted(value or ()) if name == "tags" else value
            for name, value in self.wanted.items()
            if name in have
        }
        return {name: (have[name], value) for name, value in wanted.items() if have[name] != value}


@dataclass(frozen=True, slots=True)
class SimMembership:
    """One group that a SIM is in, with its address there."""

    group: str
    sort: str
    address: str | None
    is_fixed: bool
