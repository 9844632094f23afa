"""
The effect of a plan: what applying it does, and nothing about how the plan came to be. Pure.

Two plans with the same effect do the same: an approval of the one is an approval of the other, although comments, the
order of files, the serial of the store, or what another team applied elsewhere differ. A secret enters as its reference
and the host that gets it, because its digest is under the key of one store.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.diffing.canonical import with_secrets
from reconciler.kinds import kind_named
from reconciler.model.secret import SecretRef, host_in, host_of
from reconciler.plan.action import Action
from reconciler.plan.canonical_json import digest
from reconciler.plan.change import Change
from reconciler.plan.plan import Plan

PREFIX = "effect:"
"""The beginning of the digest of an effect, where that of a file may be given too."""
_NAME = re.compile(r"[^.\[]+")


@dataclass(frozen=True, slots=True)
class EffectEntry:
    """One part of an effect: what is done to which address, and the digest of all that it writes."""

    address: str
    action: str
    digest: str


def effect_of(plan: Plan) -> tuple[EffectEntry, ...]:
    """The entries of an effect, sorted."""
    found = [*map(_of_change, plan.changes), *_of_sims(plan)]
    return tuple(sorted(found, key=lambda entry: (entry.address, entry.action, entry.digest)))


def effect_digest(plan: Plan) -> str:
    """The digest of an effect, as ``effect:sha256:…``."""
    return PREFIX + digest([[entry.address, entry.action, entry.digest] for entry in effect_of(plan)])


def _of_change(change: Change) -> EffectEntry:
    before, after = _masked(change, change.before or {}), _masked(change, change.after or {})
    written: dict[str, Any] = {
        "protect": change.protect,
        "retain": change.retain,
        "adopts": change.adopts,
        "called": None if change.action is Action.CREATE else change.live_moniker,
        "released": sorted(change.released),
    }
    if change.action in {Action.CREATE, Action.REPLACE}:
        written["after"] = after
    if change.action in {Action.UPDATE, Action.REPLACE}:
        names = {found[0] for field in change.fields if (found := _NAME.match(field.path))}
        written["fields"] = {name: [before.get(name), after.get(name)] for name in sorted(names)}
        # A path of a field is part of it: a secret that differs looks the same on both sides.
        written["paths"] = sorted(field.path for field in change.fields)
    return EffectEntry(str(change.address), change.action.value, digest(written))


def _masked(change: Change, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """The spec with each secret as its reference, and the host where it is known."""

    def shown(path: str, value: Any) -> Any:
        reference = SecretRef.of(value)
        if reference is not None:
            host = host_in(change.secret_digests.get(path, ""))
            return {"secret": str(reference), "host": host}
        return {"host": (host_in(value) or host_of(value)) if isinstance(value, str) else None}

    return with_secrets(kind_named(change.address.kind), spec, shown)


def _of_sims(plan: Plan) -> Iterator[EffectEntry]:
    """The actions on SIMs by list, groups and action, however many requests they are; then the edits of each list."""
    roster = plan.roster
    sets: dict[tuple[str, str, str | None, str | None], list[str]] = {}
    for change in roster.changes:
        sets.setdefault((change.address, change.action.value, change.source, change.target), []).extend(change.iccids)
    for (address, action, source, target), iccids in sets.items():
        codes = {i: roster.activation[i] for i in sorted(iccids) if i in roster.activation}
        yield EffectEntry(address, action, digest([source, target, sorted(iccids), codes]))
    edits: dict[str, list[list[Any]]] = {}
    for edit in roster.edits:
        edits.setdefault(edit.address, []).append([edit.iccid, dict(edit.before), dict(edit.after)])
    for address, rows in edits.items():
        yield EffectEntry(address, "edit", digest(sorted(rows, key=lambda row: str(row[0]))))
