"""
The plan as one canonical JSON document: written, digested, checked and read back (S15, I15, I16).

The digest is over the canonical bytes of the whole body, so any changed byte is noticed. The body holds no clock, no
secret and not the platform's address: the same account behind another address gives the same body. The address stands
beside it under a seal of its own, and apply refuses to send the plan anywhere else.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.diffing.fields import FieldChange, FieldOperation
from reconciler.errors import PlanFileError
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.snapshot import Account
from reconciler.named_files import read_named, write_named
from reconciler.plan.action import Action
from reconciler.plan.canonical_json import canonical, digest
from reconciler.plan.change import Change, Impact, Reason, ReasonCode, entries_of
from reconciler.plan.contradictions import contradiction
from reconciler.plan.deriving import derived
from reconciler.plan.facts import body_of as facts_body
from reconciler.plan.facts import read_facts
from reconciler.plan.grounds import body_of as grounds_body
from reconciler.plan.grounds import read_grounds
from reconciler.plan.not_compared import body_of as uncompared_body
from reconciler.plan.not_compared import read_uncompared
from reconciler.plan.plan import FORMAT_VERSION, Basis, Drift, GuardResult, Plan, Unmanaged
from reconciler.plan.roster import body_of as roster_body
from reconciler.plan.roster import roster_of
from reconciler.plan.schema import PLAN_SCHEMA
from reconciler.plan.sim_effects import body_of as sim_effects_body

LARGEST_BYTES = 256 * 1024 * 1024


def body_of(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, without its digest."""
    basis = plan.basis
    return {
        "formatVersion": FORMAT_VERSION,
        "basis": {
            "toolVersion": basis.tool_version,
            "account": basis.account.identity,
            "lineage": basis.lineage,
            "serial": basis.serial,
            "manifests": basis.manifests,
            "policy": basis.policy,
            "estate": basis.estate,
        },
        "changes": [_change(entry) for entry in entries_of(plan.changes)],
        "drift": [
            {"address": str(d.address), "vanished": d.vanished, "fields": [_field(f) for f in d.fields]}
            for d in plan.drift
        ],
        "unmanaged": [
            {"address": str(item.address), "sims": item.sims, "owner": item.owner} for item in plan.unmanaged
        ],
        "guards": [body_of_verdict(result) for result in plan.guards],
        **({"uncompared": uncompared_body(plan.uncompared)} if plan.uncompared else {}),
        "roster": {**roster_body(plan.roster), "effects": sim_effects_body(plan.roster)},
        "facts": facts_body(plan.facts),
        "grounds": grounds_body(plan.grounds),
        "summary": {
            **{action.value: count for action, count in plan.counts.items()},
            "unchanged": plan.unchanged,
            "sims": plan.sims,
            "simsTouched": plan.sims_touched,
        },
    }


def digest_of(plan: Plan) -> str:
    """The plan's digest: what reviewers approve and `apply --expect` compares."""
    return digest(body_of(plan))


def encode(plan: Plan) -> bytes:
    """The bytes of a plan file."""
    body = body_of(plan)
    return canonical(_sealed({"digest": digest(body), "origin": plan.basis.account.origin, "plan": body})) + b"\n"


def _sealed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the digest of everything else in it: the origin is not part of the reviewed body."""
    header = {"digest": document["digest"], "origin": document["origin"]}
    return {**document, "seal": digest(header)}


def save(plan: Plan, path: Path) -> None:
    """Write a plan file as `write_named` does: whole, and never over a device."""
    write_named(path, encode(plan), option="--out")


def load(path: Path) -> tuple[Plan, str]:
    """
    A plan and its digest; ``-`` is standard input.

    `UsageError` (exit 64) when there is no such file, `PlanFileError` (exit 4) when it is not, byte for byte, what a
    plan was saved as.
    """
    hint = "name a file that `plan --out` wrote"
    return decode(read_named(path, limit=LARGEST_BYTES, noun="the plan", hint=hint), str(path))


def decode(content: bytes, name: str) -> tuple[Plan, str]:
    """As `load`, from bytes."""
    document = _parsed(content, name)
    body = document["plan"]
    if not _is_whole(content, document):
        message = f"{name} was altered after it was written: its digest does not match"
        raise PlanFileError(message, hint="make a new plan and have it reviewed")
    try:
        plan = derived(_plan(body, document["origin"]))
        problem = contradiction(plan) or _false_member(body_of(plan), body)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        message = f"{name} is not a plan that this version can apply"
        raise PlanFileError(message, hint="make a new plan with this version") from error
    if problem is not None:
        message = f"{name} contradicts itself: {problem}"
        raise PlanFileError(message, hint="make a new plan and have it reviewed")
    return plan, document["digest"]


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


def _is_whole(content: bytes, document: dict[str, Any]) -> bool:
    try:
        is_canonical = content == canonical(document) + b"\n"
    except ValueError:
        # A number that is none, or half of a surrogate pair: JSON can carry them, we never wrote them.
        return False
    return (
        is_canonical
        and digest(document["plan"]) == document["digest"]
        and _sealed(document)["seal"] == document["seal"]
    )


def _parsed(content: bytes, name: str) -> Any:
    # Imported here: only commands that read a plan file pay for it.
    import jsonschema

    hint = "name a file that `plan --out` wrote, or make a new plan"
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        message = f"{name} is not a plan file"
        raise PlanFileError(message, hint=hint) from error
    version = (
        document.get("plan", {}).get("formatVersion")
        if isinstance(document, dict) and isinstance(document.get("plan"), dict)
        else None
    )
    if isinstance(version, str) and version != FORMAT_VERSION:
        message = f"{name} has the plan format {version[:20]}; this version reads {FORMAT_VERSION}"
        raise PlanFileError(message, hint="make a new plan with this version")
    problem = next(iter(jsonschema.Draft202012Validator(PLAN_SCHEMA).iter_errors(document)), None)
    if problem is not None:
        message = f"{name} is not a plan file: {problem.json_path} does not fit the format"
        raise PlanFileError(message, hint=hint)
    return document


def _change(change: Change) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "action": change.action.value,
        "before": change.before,
        "after": change.after,
        "fields": [_field(field) for field in change.fields],
        "reason": {
            "code": change.reason.code.value,
            "text": change.reason.text,
            "source": change.reason.source,
            "rule": change.reason.rule,
        },
        "remoteId": change.remote_id,
        "liveMoniker": change.live_moniker,
        "waitsFor": [str(address) for address in change.waits_for],
        "fingerprint": change.fingerprint,
        "reversibility": change.reversibility.value,
        "impact": {"sims": change.impact.sims, "effect": change.impact.effect},
        "notes": list(change.notes),
        "unmanagedMembers": change.unmanaged_members,
        "protect": change.protect,
        "retain": change.retain,
        "adopts": change.adopts,
        "filled": list(change.filled),
        "reaches": list(change.reaches),
        "secretDigests": dict(change.secret_digests),
        "rowVersion": change.row_version,
    }


def _field(change: FieldChange) -> dict[str, Any]:
    return {"path": change.path, "operation": change.operation.value, "before": change.before, "after": change.after}


def body_of_verdict(result: GuardResult) -> dict[str, Any]:
    """A verdict as JSON values."""
    return {
        "guard": result.guard,
        "verdict": result.verdict.value,
        "message": result.message,
        "nextStep": result.next_step,
        "addresses": [str(address) for address in result.addresses],
        "measured": result.measured,
        "limit": result.limit,
    }


def _plan(body: Mapping[str, Any], origin: str) -> Plan:
    basis = body["basis"]
    return Plan(
        Basis(
            basis["toolVersion"],
            Account(origin, basis["account"]),
            basis["lineage"],
            basis["serial"],
            basis["manifests"],
            basis["policy"],
            basis["estate"],
        ),
        changes=tuple(_read_change(entry) for entry in _units(body["changes"])),
        drift=tuple(
            Drift(Address.parse(d["address"]), tuple(map(_read_field, d["fields"])), d["vanished"])
            for d in body["drift"]
        ),
        unmanaged=tuple(Unmanaged(Address.parse(u["address"]), u["sims"], u["owner"]) for u in body["unmanaged"]),
        unchanged=body["summary"]["unchanged"],
        sims=body["summary"]["sims"],
        sims_touched=body["summary"]["simsTouched"],
        roster=roster_of(body["roster"]),
        facts=read_facts(body["facts"]),
        uncompared=read_uncompared(body.get("uncompared", ())),
        grounds=read_grounds(body["grounds"]),
    )


def _units(entries: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The entries without the adoption that an edit begins with: it follows from the edit, and is compared with it."""
    for place, entry in enumerate(entries):
        edits = [other for other in entries[place + 1 : place + 2] if other["adopts"]]
        if entry["action"] != Action.ADOPT or [other["address"] for other in edits] != [entry["address"]]:
            yield entry


def _read_change(body: Mapping[str, Any]) -> Change:
    reason, impact = body["reason"], body["impact"]
    address = Address.parse(body["address"])
    # A kind that this version does not have is not found out in the middle of an apply.
    kind_named(address.kind)
    return Change(
        address,
        Action(body["action"]),
        body["before"],
        body["after"],
        Reason(ReasonCode(reason["code"]), reason["text"], reason["source"], reason["rule"]),
        remote_id=body["remoteId"],
        live_moniker=body["liveMoniker"],
        waits_for=tuple(Address.parse(address) for address in body["waitsFor"]),
        fingerprint=body["fingerprint"],
        impact=Impact(impact["sims"], impact["effect"]),
        notes=tuple(body["notes"]),
        unmanaged_members=body["unmanagedMembers"],
        protect=body["protect"],
        retain=body["retain"],
        adopts=body["adopts"],
        filled=tuple(body["filled"]),
        reaches=tuple(body["reaches"]),
        secret_digests=body["secretDigests"],
        row_version=body["rowVersion"],
    )


def _read_field(body: Mapping[str, Any]) -> FieldChange:
    return FieldChange(body["path"], FieldOperation(body["operation"]), body["before"], body["after"])
