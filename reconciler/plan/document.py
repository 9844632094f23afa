"""
The plan file as msgspec structs: one declaration of its members for writing, strict reading and the JSON Schema.

The names of the members are those of the plan's own values, in camel case, so that msgspec copies most values in both
directions. Text forms differ for addresses and secret references only. A member is never optional, but for
`uncompared`, `released`, `revision`, `consideration`, `routed` and `policies`, which are left out when there is nothing
in them.

Length: the whole of a plan file, in one declaration.
"""

import json
import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from reconciler.diffing.fields import FieldOperation
from reconciler.plan.action import Action
from reconciler.plan.change import ReasonCode, Reversibility
from reconciler.plan.plan import Verdict
from reconciler.plan.roster import RosterAction

T = TypeVar("T")
_ADDRESS = re.compile(r"[A-Za-z]+/.+")


class _AddressText(str):
    """An address as a plan file has it."""

    __slots__ = ()


# Without `(?!\n)` the end of a pattern of Python is also before a last line break.
_Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}(?!\n)$")]
_Count = Annotated[int, Meta(ge=0)]
_Iccid = Annotated[str, Meta(max_length=100)]
_Reference = Annotated[dict[Annotated[str, Meta(pattern=r"^(env|file)(?!\n)$")], str], Meta(min_length=1, max_length=1)]
_Share = Annotated[str, Meta(pattern=r"^[0-9]{1,3}%(?!\n)$")]


class _Members(Struct, rename="camel", forbid_unknown_fields=True):
    """An object of a plan file; a member that is not declared is an error."""


class _Field(_Members):
    path: str
    operation: FieldOperation
    before: Any
    after: Any


class _Reason(_Members):
    code: ReasonCode
    text: str
    source: str | None
    rule: str | None


class _Impact(_Members):
    sims: _Count
    effect: str


class ChangeMembers(_Members, omit_defaults=True):
    """One entry of the changes."""

    address: _AddressText
    action: Action
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    fields: tuple[_Field, ...]
    reason: _Reason
    remote_id: str | None
    live_moniker: str | None
    waits_for: tuple[_AddressText, ...]
    fingerprint: _Digest | None
    reversibility: Reversibility
    impact: _Impact
    notes: tuple[str, ...]
    unmanaged_members: _Count
    protect: bool
    retain: bool
    adopts: bool
    filled: tuple[str, ...]
    reaches: tuple[str, ...]
    secret_digests: dict[str, str]
    row_version: Annotated[int, Meta(ge=1)] | None
    released: dict[str, Any] = msgspec.field(default_factory=dict)


class DriftMembers(_Members):
    """One object that drifted."""

    address: _AddressText
    vanished: bool
    fields: tuple[_Field, ...]


class UnmanagedMembers(_Members):
    """One live object that is left alone."""

    address: _AddressText
    sims: int | None
    owner: str | None


class GuardMembers(_Members):
    """One verdict."""

    guard: str
    verdict: Verdict
    message: str
    next_step: str
    addresses: tuple[_AddressText, ...]
    measured: int | None
    limit: int | None


class UncomparedMembers(_Members):
    """One secret that was not compared."""

    address: _AddressText
    field: str
    reference: _Reference | None
    is_missing: bool


class _RosterChange(_Members):
    action: RosterAction
    address: str
    source: str | None
    target: str | None
    count: _Count
    iccids: tuple[_Iccid, ...]
    losing: _Count = msgspec.field(name="losingAddress")
    fixed: tuple[tuple[str, str], ...] = msgspec.field(name="staticAddresses")
    batch: Annotated[int, Meta(ge=1)]
    place: str | None
    reason: str
    places: tuple[str, ...]
    caused_by: dict[str, _AddressText]


class _SimEdit(_Members):
    address: str
    iccid: _Iccid
    before: dict[str, Any]
    after: dict[str, Any]
    group: str | None
    place: str


class SimEffectMembers(_Members):
    """The number of SIMs that notice one effect."""

    setting: str
    sims: _Count
    is_noticed: bool
    text: str = msgspec.field(name="effect")


class RosterValueMembers(_Members):
    """The SIMs, without what follows from their changes."""

    changes: tuple[_RosterChange, ...]
    edits: tuple[_SimEdit, ...]
    managed: _Count
    unchanged: _Count
    suspended: tuple[_Iccid, ...]
    missing: tuple[_Iccid, ...]
    gone: tuple[_Iccid, ...]
    unlisted: dict[str, tuple[_Iccid, ...]]
    files: dict[str, _Digest]
    activation: dict[str, Any]


class RosterMembers(RosterValueMembers):
    """The SIMs, and what they notice."""

    effects: tuple[SimEffectMembers, ...]


class _SharedSetting(_Members):
    setting: str
    sims: _Count


class FactsMembers(_Members):
    """The facts that the guards with a limit need."""

    owned: dict[str, _Count]
    sims: dict[str, _Count]
    own_groups: tuple[str, ...]
    new_groups: tuple[str, ...]
    is_established: bool
    shared: tuple[_SharedSetting, ...] = msgspec.field(name="sharedValues")
    gone: tuple[_AddressText, ...]


class _Outside(_Members):
    address: _AddressText
    text: str
    next_step: str
    is_refused: bool
    sims: _Count | None


class _GroupNet(_Members):
    vslice: str
    subnet: str
    sims: _Count


class _Claims(_Members):
    first: str
    second: str
    count: _Count
    some: tuple[_Iccid, ...]


class _MoveLimit(_Members):
    address: str
    most: _Count | _Share
    size: _Count


class _ReleasedSet(_Members):
    address: _AddressText
    group: str
    sims: _Count
    digest: _Digest


class GroundsMembers(_Members):
    """The grounds of the structural verdicts."""

    foreign: tuple[_AddressText, ...]
    others: dict[str, str]
    former: dict[str, str]
    outside: tuple[_Outside, ...]
    made_beside: tuple[_AddressText, ...]
    running: str | None
    fixed: tuple[_AddressText, ...]
    held: dict[str, _Count]
    users: dict[str, tuple[_AddressText, ...]]
    others_groups: dict[str, str]
    nets: dict[str, _GroupNet]
    pinned_account: str | None
    claims: tuple[_Claims, ...]
    limits: tuple[_MoveLimit, ...]
    routed: dict[str, str] | UnsetType = UNSET
    policies: dict[str, dict[str, Any]] | UnsetType = UNSET
    released: tuple[_ReleasedSet, ...] | UnsetType = UNSET


class RevisionMembers(_Members):
    """The part of the plan that the manifests of the base revision ask for as well."""

    revision: Annotated[str, Meta(max_length=1000)]
    commit: Annotated[str, Meta(pattern=r"^[0-9a-f]{40,64}(?!\n)$")]
    problem: str | None
    objects: tuple[_AddressText, ...]
    sims: dict[str, tuple[_Iccid, ...]]
    has_applied_sims: bool
    unlisted: dict[str, _Count]


class ConsiderationMembers(_Members):
    """The part of the estate that a caller chose, and what is left out."""

    words: Annotated[str, Meta(max_length=100_000)]
    considered: _Count
    left_out: tuple[_AddressText, ...]
    removed: tuple[_AddressText, ...]


class SlotsMembers(_Members):
    """The slots of objects that templates make, by address."""

    declared: dict[_AddressText, str]
    left: dict[_AddressText, str]


class SummaryMembers(_Members):
    """The totals: entries by action, objects and SIMs."""

    create: _Count
    update: _Count
    replace: _Count
    delete: _Count
    adopt: _Count
    forget: _Count
    unchanged: _Count
    sims: _Count
    sims_touched: _Count


class BasisMembers(_Members):
    """The sources that the plan was made from."""

    tool_version: str
    account: str | None
    lineage: str | None
    serial: _Count
    manifests: _Digest
    policy: _Digest
    estate: str


class PlanMembers(_Members, kw_only=True):
    """The digested part of a plan file."""

    format_version: Literal["2.0"]
    basis: BasisMembers
    changes: tuple[ChangeMembers, ...]
    drift: tuple[DriftMembers, ...]
    unmanaged: tuple[UnmanagedMembers, ...]
    guards: tuple[GuardMembers, ...]
    uncompared: Annotated[tuple[UncomparedMembers, ...], Meta(min_length=1)] | UnsetType = UNSET
    roster: RosterMembers
    facts: FactsMembers
    grounds: GroundsMembers
    revision: RevisionMembers | UnsetType = UNSET
    consideration: ConsiderationMembers | UnsetType = UNSET
    slots: SlotsMembers | UnsetType = UNSET
    summary: SummaryMembers


class PlanDocument(_Members):
    """A plan file: the plan, its digest, the platform's address, and the seal over digest and address."""

    digest: _Digest
    seal: _Digest
    origin: str
    plan: PlanMembers


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of a plan file, published as ``schemas/plan.schema.json``."""
    address = {"type": "string", "pattern": r"^[A-Za-z]+/.+(?!\n)$"}
    found = msgspec.json.schema(PlanDocument, schema_hook=lambda _: address)
    named = json.loads(re.sub(r'"(#/\$defs/)?_?([A-Z]\w*?)(?:Members)?"', r'"\1\2"', json.dumps(found)))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A reconciler plan file", **named}


class _Body(Struct):
    plan: msgspec.Raw


def read_body(content: bytes) -> bytes:
    """The bytes of the digested part of a plan file, exactly as they are in it."""
    return bytes(msgspec.json.decode(content, type=_Body).plan)


def read_document(content: bytes) -> PlanDocument:
    """The document of a plan file; `msgspec.ValidationError` names the place that does not fit."""
    return msgspec.json.decode(content, type=PlanDocument, dec_hook=address_text)


def copied(value: Any, kind: type[T], **others: Any) -> T:
    """The members of a value in a value of another type; `others` are those that a plan file has as text."""
    if others:
        return kind(**{**msgspec.structs.asdict(value), **others})
    return msgspec.convert(value, kind, from_attributes=True, dec_hook=address_text)


def address_text(_: type, value: Any) -> _AddressText:
    """An address in the form of a plan file; `ValueError` for what is none."""
    text = str(value)
    if not _ADDRESS.fullmatch(text):
        message = "not an address"
        raise ValueError(message)
    return _AddressText(text)
