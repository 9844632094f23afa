"""Endpoints: single SIMs with settings of their own (D-22, D-41 to D-48)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal, Required

from typing_extensions import TypedDict

from reconciler.kinds.endpoint_group import HOLDER, TYPE
from reconciler.model.address import Address
from reconciler.model.checks import Check, ShownAs
from reconciler.model.closed import closed
from reconciler.model.effects import (
    ADDRESS,
    CLEARED,
    FROM_NONE,
    INTO_SERVICE,
    LABEL,
    LISTING,
    LOCK,
    MOVE,
    UNLOCK,
    Effect,
    Effects,
)
from reconciler.model.fields import Doc, Ref, Secret, Unordered
from reconciler.model.iccid import problem_of
from reconciler.model.kind import Kind
from reconciler.model.lookup import lookups, spec_path
from reconciler.model.resource import Resource
from reconciler.model.rules import Finding, Rule, World
from reconciler.model.scalars import Ipv4, Reference, Text, length, refuse
from reconciler.model.secret_field import SecretField
from reconciler.model.sim_facts import SimList
from reconciler.model.wire import Wire
from reconciler.positions import Path

_IMEI = re.compile(r"[0-9]{15}")


def _iccid(value: Any) -> str:
    text = str(value) if isinstance(value, str) else ""
    found = problem_of(text) if text else ("is no text", "write the digits")
    if found is not None:
        raise refuse(f"an ICCID; this one {found[0]}", value, found[1])
    return text


def _imei(value: Any) -> str:
    if not isinstance(value, str) or not _IMEI.fullmatch(value):
        raise refuse("an IMEI of 15 digits", value, "write all 15 digits")
    return str(value)


def _key_values(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(entry, str) for entry in value.values()):
        raise refuse("a mapping of keys to scalar values", value, "write KEY: value lines")
    return {str(name): str(entry) for name, entry in value.items()}


Iccid = Annotated[str, Check(_iccid), ShownAs({"type": "string", "pattern": "^89[0-9]{16,18}$"})]
Imei = Annotated[str, Check(_imei), ShownAs({"type": "string", "pattern": "^[0-9]{15}$"})]
SimState = Literal["active", "suspended", "terminated"]
Tag = Annotated[str, length(1, 100)]


VALUES = Effect("devices read the new values; traffic is not affected", 3)
DYNAMIC = Effect("the platform chooses its address from its next session on (D-46)", 7)
ARRIVAL = Effect("the SIM comes into the account; no device used it here before", 0, is_noticed=False)
STATE = Effect("at once; suspension and termination end sessions (D-43, D-44)", 13, ends_sessions=True)
RESUME = Effect("devices may begin sessions again (D-43)", 3)
SUSPEND = Effect("sessions end at once (D-43)", 13, ends_sessions=True)
TERMINATE = Effect("sessions end at once, and the SIM is never used again (D-44)", 14, ends_sessions=True)


@closed
class EndpointSpec(TypedDict, total=False):
    """One SIM: what it is called, which group it is in, what state it is in."""

    iccid: Required[Annotated[Iccid, Doc("The SIM's number: 18 to 20 digits, beginning with 89 (D-45).")]]
    group: Annotated[Reference, Ref("EndpointGroup"), Doc("The primary group that it is in (D-22).")]
    displayName: Annotated[Annotated[str, length(1, 150)] | None, Doc("The portal's Name.")]
    reference: Annotated[Text | None, Doc("The owner's own number for it; unique in the account (D-47).")]
    tags: Annotated[list[Tag] | None, Unordered(), Doc("Free labels.")]
    state: Annotated[SimState, Doc("Terminated is final, and said of a single ICCID only (D-42).")]
    staticIPv4: Annotated[Ipv4 | None, Doc("A fixed address of the group's subnet (D-46).")]
    imeiLock: Annotated[Imei | None, Doc("The only device that may use it.")]
    keyValues: Annotated[
        dict[str, str],
        Check(_key_values),
        ShownAs({"type": "object", "additionalProperties": {"type": ["string", "number"]}}),
        Doc("Values that the device can read; keys that are not named here are kept."),
    ]
    activationCode: Annotated[
        SecretField, Secret(), Doc("Only to take a SIM into the account that it does not have yet.")
    ]


_GROUP, _STATE, _ADDRESS, _CODE = lookups(EndpointSpec, "group", "state", "staticIPv4", "activationCode")


def _terminated(resource: Resource, world: World) -> Iterator[Finding]:
    if _STATE.of(resource.spec) != "terminated":
        return
    for field in (_GROUP, _ADDRESS, _CODE):
        if field.of(resource.spec) is not None:
            detail = f"A terminated SIM has no {field}."
            yield Finding(spec_path(field), detail, f"Remove {field}, or the state.")


def primary(world: World, name: str | None, path: Path) -> Iterator[Finding]:
    """A finding when SIMs are put into a group that is not primary (D-22)."""
    group = world.target(_GROUP, name)
    if group is not None and HOLDER.is_secondary(group.spec):
        related = ((group.address, spec_path(TYPE), "its type is decided here"),)
        yield replace(not_primary(group.address, path), related=related)


def not_primary(group: Address, path: Path) -> Finding:
    """SIMs are put into a secondary group by the field at `path`."""
    detail = f"{group} is a secondary group; SIMs are assigned to its primary group."
    return Finding(path, detail, "Name a primary group.")


def _group(resource: Resource, world: World) -> Iterator[Finding]:
    yield from primary(world, _GROUP.of(resource.spec), spec_path(_GROUP))


KIND = Kind(
    name="Endpoint",
    spec=EndpointSpec,
    effects=Effects(
        fields={
            "iccid": LISTING,
            "group": MOVE,
            "displayName": LABEL,
            "reference": LABEL,
            "tags": LABEL,
            "state": STATE,
            "staticIPv4": ADDRESS,
            "imeiLock": LOCK,
            "keyValues": VALUES,
            "activationCode": ARRIVAL,
        },
        values={
            "group": {FROM_NONE: INTO_SERVICE},
            "state": {"active": RESUME, "suspended": SUSPEND, "terminated": TERMINATE},
            "staticIPv4": {CLEARED: DYNAMIC},
            "imeiLock": {CLEARED: UNLOCK},
        },
        create=LISTING,
        delete=LISTING,
        replace=LISTING,
    ),
    wire=Wire(collection="endpoints"),
    sims=SimList(groups=(str(_GROUP),), tags=("tags",), is_single=True),
    rules=(Rule("D-42", _terminated), Rule("D-22", _group)),
)
