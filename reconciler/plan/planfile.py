"""
The plan as one canonical JSON document: written, digested, checked and read back (S15, I15, I16).

The digest is over the canonical bytes of the whole body, so any changed byte is noticed. The body holds no clock, no
secret and not the platform's address: the same account behind another address gives the same body. The address is
beside it under a seal of its own, and apply refuses to send the plan anywhere else.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from reconciler.diffing.fields import FieldChange
from reconciler.errors import PlanFileError
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.secret import SecretRef
from reconciler.model.snapshot import Account
from reconciler.named_files import read_named, write_named
from reconciler.plan.action import Action
from reconciler.plan.canonical_json import canonical, digest, digest_of_bytes
from reconciler.plan.change import Change, Impact, Reason, entries_of
from reconciler.plan.consideration import Consideration
from reconciler.plan.contradictions import contradiction
from reconciler.plan.deriving import derived
from reconciler.plan.document import (
    BasisMembers,
    ChangeMembers,
    ConsiderationMembers,
    DriftMembers,
    FactsMembers,
    GroundsMembers,
    GuardMembers,
    PlanDocument,
    PlanMembers,
    RevisionMembers,
    RosterMembers,
    RosterValueMembers,
    SimEffectMembers,
    SlotsMembers,
    SummaryMembers,
    UncomparedMembers,
    UnmanagedMembers,
    address_text,
    copied,
    read_body,
    read_document,
)
from reconciler.plan.facts import Facts, SharedSetting
from reconciler.plan.grounds import Claims, Grounds, GroupNet, MoveLimit, Outside, ReleasedSet
from reconciler.plan.not_compared import Uncompared
from reconciler.plan.plan import FORMAT_VERSION, Basis, Drift, GuardResult, Plan, Unmanaged
from reconciler.plan.revision_facts import RevisionFacts
from reconciler.plan.roster import RosterPlan
from reconciler.plan.sim_effects import sim_effects
from reconciler.plan.slots import NO_SLOTS, Slots

LARGEST_BYTES = 256 * 1024 * 1024
_ANEW = "make a new plan and have it reviewed"
_PLACE = re.compile(r" - at (?:`key` in )?`(\$[\w.\[\]]*)`$")


def digest_of(plan: Plan) -> str:
    """The plan's digest: what reviewers approve and `apply --expect` compares."""
    return digest(body_of(plan))


def encode(plan: Plan) -> bytes:
    """The bytes of a plan file."""
    body = canonical(body_of(plan))
    header = {"digest": digest_of_bytes(body), "origin": plan.basis.account.origin}
    # The members are in the canonical order, so that the body is made and digested once.
    return canonical(header)[:-1] + b',"plan":' + body + b"," + canonical({"seal": digest(header)})[1:] + b"\n"


def save(plan: Plan, path: Path) -> None:
    """Write a plan file as `write_named` does: whole, and never over anything but an earlier plan."""
    write_named(path, encode(plan), option="--out", over=b'{"digest":"sha256:')


def load(path: Path) -> tuple[Plan, str]:
    """
    A plan and its digest; ``-`` is standard input.

    `UsageError` (exit 64) when there is no such file, `PlanFileError` (exit 4) when it is not, byte for byte, what a
    plan was saved as.
    """
    hint = "name a file that `plan --out` wrote"
    return decode(read_named(path, limit=LARGEST_BYTES, noun="the plan", hint=hint), str(path))


def decode(content: bytes, name: str) -> tuple[Plan, str]:
    """Read a plan from bytes, as `load` does from a file."""
    altered = f"{name} was altered after it was written: its digest does not match"
    document = _document(content, name)
    header = {"digest": document.digest, "origin": document.origin}
    if digest_of_bytes(read_body(content)) != document.digest or digest(header) != document.seal:
        raise PlanFileError(altered, hint=_ANEW)
    try:
        plan = derived(plan_of(document))
        del document
        problem = contradiction(plan) or _difference(encode(plan), content)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        message = f"{name} is not a plan that this version can apply"
        raise PlanFileError(message, hint="make a new plan with this version") from error
    if problem is not None:
        message = f"{name} contradicts itself: {problem}"
        raise PlanFileError(message, hint=_ANEW)
    return plan, header["digest"]


def _difference(right: bytes, written: bytes) -> str | None:
    """The first place at which a plan file is not as its primary data are written, or None."""
    if right == written:
        return None
    # Without a false member the values are the same in other bytes: spaces, or a member that comes twice.
    return _false_member(json.loads(right)["plan"], json.loads(written)["plan"]) or "it is not written as plans are"


def _document(content: bytes, name: str) -> PlanDocument:
    try:
        return read_document(content)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _unreadable(content, name, error) from error


def _unreadable(content: bytes, name: str, error: Exception) -> PlanFileError:
    """Why a file is no plan file: no JSON, another format, or a member that does not fit."""
    hint = "name a file that `plan --out` wrote, or make a new plan"
    try:
        document = msgspec.json.decode(content)
    except (ValueError, RecursionError):
        return PlanFileError(f"{name} is not a plan file", hint=hint)
    body = document.get("plan") if isinstance(document, dict) else None
    version = body.get("formatVersion") if isinstance(body, dict) else None
    if isinstance(version, str) and version != FORMAT_VERSION:
        message = f"{name} has the plan format {version[:20]}; this version reads {FORMAT_VERSION}"
        return PlanFileError(message, hint="make a new plan with this version")
    # Only the place is shown: the rest of the error may have a value or a name of the file in it.
    place = _PLACE.search(str(error))
    message = f"{name} is not a plan file: {place[1] if place else '$'} does not fit the format"
    return PlanFileError(message, hint=hint)


def _false_member(right: Any, written: Any, path: str = "") -> str | None:
    """The first member of a body that is not what its primary data give, or None."""
    if right == written and type(right) is type(written):
        return None
    if isinstance(right, dict) and isinstance(written, dict) and right.keys() == written.keys():
        members: Iterator[tuple[str, Any, Any]] = ((f"{path}.{name}", right[name], written[name]) for name in right)
    elif isinstance(right, list) and isinstance(written, list) and len(right) == len(written):
        members = ((f"{path}[{place}]", *pair) for place, pair in enumerate(zip(right, written, strict=True)))
    else:
        members = iter([])
    inner = (_false_member(one, other, place) for place, one, other in members)
    return next((found for found in inner if found is not None), f"{path[1:101]} is not what follows from the rest")


def members_of(value: Any) -> Any:
    """A verdict, or secrets that were not compared, as JSON values."""
    members = copied(value, GuardMembers) if isinstance(value, GuardResult) else tuple(map(_uncompared_members, value))
    return msgspec.to_builtins(members, enc_hook=str)


def body_of(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, without its digest."""
    totals = {action.value: count for action, count in plan.counts.items()}
    body = PlanMembers(
        format_version=FORMAT_VERSION,
        basis=BasisMembers(**{**asdict(plan.basis), "account": plan.basis.account.identity}),
        changes=(),
        drift=copied(plan.drift, tuple[DriftMembers, ...]),
        unmanaged=copied(plan.unmanaged, tuple[UnmanagedMembers, ...]),
        guards=copied(plan.guards, tuple[GuardMembers, ...]),
        uncompared=tuple(map(_uncompared_members, plan.uncompared)) if plan.uncompared else msgspec.UNSET,
        roster=RosterMembers(
            **msgspec.structs.asdict(copied(plan.roster, RosterValueMembers)),
            effects=copied(sim_effects(plan.roster), tuple[SimEffectMembers, ...]),
        ),
        facts=copied(plan.facts, FactsMembers),
        revision=msgspec.UNSET if plan.revision is None else copied(plan.revision, RevisionMembers),
        grounds=_grounds_members(plan.grounds),
        consideration=copied(plan.consideration, ConsiderationMembers) if plan.consideration else msgspec.UNSET,
        slots=msgspec.UNSET if plan.slots == NO_SLOTS else copied(plan.slots, SlotsMembers),
        summary=SummaryMembers(**totals, unchanged=plan.unchanged, sims=plan.sims, sims_touched=plan.sims_touched),
    )
    # One entry after the other: a large plan is in memory in one more form only.
    changes = [msgspec.to_builtins(copied(entry, ChangeMembers), enc_hook=str) for entry in entries_of(plan.changes)]
    return {**msgspec.to_builtins(body, enc_hook=str), "changes": changes}


def plan_of(document: PlanDocument) -> Plan:
    """
    The plan that a document holds; verdicts, counts and effects of the document are not read.

    `LookupError` for a kind that this version does not have, `ValueError` for facts that contradict each other.
    """
    body = document.plan
    return Plan(
        copied(body.basis, Basis, account=Account(document.origin, body.basis.account)),
        changes=tuple(map(_change, _units(body.changes))),
        drift=tuple(
            copied(one, Drift, address=Address.parse(one.address), fields=copied(one.fields, tuple[FieldChange, ...]))
            for one in body.drift
        ),
        unmanaged=tuple(copied(one, Unmanaged, address=Address.parse(one.address)) for one in body.unmanaged),
        unchanged=body.summary.unchanged,
        sims=body.summary.sims,
        sims_touched=body.summary.sims_touched,
        roster=copied(body.roster, RosterPlan),
        facts=_facts(body.facts),
        uncompared=tuple(map(_uncompared, body.uncompared or ())),
        grounds=_grounds(body.grounds),
        revision=_revision(body.revision) if body.revision else None,
        consideration=_consideration(body.consideration) if body.consideration else None,
        slots=copied(body.slots, Slots) if body.slots else NO_SLOTS,
    )


def _addresses(texts: Sequence[str]) -> tuple[Address, ...]:
    return tuple(map(Address.parse, texts))


def _units(entries: Sequence[ChangeMembers]) -> Iterator[ChangeMembers]:
    """The entries without the adoption that an edit begins with: it follows from the edit, and is compared with it."""
    for place, entry in enumerate(entries):
        edits = [other for other in entries[place + 1 : place + 2] if other.adopts]
        if entry.action != Action.ADOPT or [other.address for other in edits] != [entry.address]:
            yield entry


def _change(entry: ChangeMembers) -> Change:
    address = Address.parse(entry.address)
    # A kind that this version does not have is not found out in the middle of an apply.
    kind_named(address.kind)
    return copied(
        entry,
        Change,
        address=address,
        waits_for=_addresses(entry.waits_for),
        reason=copied(entry.reason, Reason),
        impact=copied(entry.impact, Impact),
        fields=copied(entry.fields, tuple[FieldChange, ...]),
    )


def _uncompared_members(one: Uncompared) -> UncomparedMembers:
    reference = None if one.reference is None else one.reference.as_json()
    return UncomparedMembers(address_text(str, one.address), one.field, reference, one.is_missing)


def _uncompared(one: UncomparedMembers) -> Uncompared:
    reference = None if one.reference is None else SecretRef(**one.reference)
    return copied(one, Uncompared, address=Address.parse(one.address), reference=reference)


def _revision(body: RevisionMembers) -> RevisionFacts:
    return copied(body, RevisionFacts, objects=_addresses(body.objects))


def _grounds_members(grounds: Grounds) -> GroundsMembers:
    found = copied(grounds, GroundsMembers)
    found.routed, found.policies = found.routed or msgspec.UNSET, found.policies or msgspec.UNSET
    found.released = found.released or msgspec.UNSET
    return found


def _consideration(body: ConsiderationMembers) -> Consideration:
    removed, left = _addresses(body.removed), _addresses(body.left_out)
    return copied(body, Consideration, removed=removed, left_out=left)


def _facts(body: FactsMembers) -> Facts:
    if not set(body.new_groups) <= set(body.own_groups) <= set(body.sims):
        message = "a group of the estate has no SIMs, or a new group is not one of the estate"
        raise ValueError(message)
    return copied(body, Facts, shared=copied(body.shared, tuple[SharedSetting, ...]), gone=_addresses(body.gone))


def _grounds(body: GroundsMembers) -> Grounds:
    return copied(
        body,
        Grounds,
        foreign=_addresses(body.foreign),
        made_beside=_addresses(body.made_beside),
        fixed=_addresses(body.fixed),
        users={used: _addresses(texts) for used, texts in body.users.items()},
        outside=tuple(copied(one, Outside, address=Address.parse(one.address)) for one in body.outside),
        nets=copied(body.nets, dict[str, GroupNet]),
        claims=copied(body.claims, tuple[Claims, ...]),
        limits=copied(body.limits, tuple[MoveLimit, ...]),
        routed=body.routed or {},
        policies=body.policies or {},
        released=tuple(copied(one, ReleasedSet, address=str(one.address)) for one in body.released or ()),
    )
