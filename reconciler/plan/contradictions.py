"""
Whether the primary data of a plan fit together. Pure.

The planner never makes a plan that contradicts itself, so a file that does has another author. It is refused
before anything is read or sent.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.model.references import bare
from reconciler.model.secret import DIGEST_PREFIX, UNKEYED, SecretRef
from reconciler.model.shape import Shape
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.deriving import Renames, Sides, renames_of, sides_of
from reconciler.plan.needed_secrets import at
from reconciler.plan.plan import Plan
from reconciler.plan.revision_facts import EDIT
from reconciler.plan.roster_contradictions import contradictions_of_released, contradictions_of_roster

_BOTH = frozenset({"before", "after", "remoteId", "liveMoniker", "fingerprint"})
_PARTS = {
    # The parts that a change of each action has or may have; it has no others.
    Action.CREATE: (frozenset({"after"}), frozenset()),
    Action.UPDATE: (_BOTH, frozenset()),
    Action.REPLACE: (_BOTH, frozenset()),
    Action.DELETE: (_BOTH - {"after"}, frozenset()),
    Action.ADOPT: (_BOTH, frozenset()),
    Action.FORGET: (frozenset({"remoteId", "liveMoniker"}), frozenset({"before"})),
}
_WRITING = {Action.CREATE, Action.UPDATE, Action.REPLACE}


def contradiction(plan: Plan) -> str | None:
    """The first thing in a plan that does not fit the rest of it, or None."""
    return next(_contradictions(plan), None)


def _contradictions(plan: Plan) -> Iterator[str]:
    yield from _identities(plan)
    renames = renames_of(plan.changes)
    for change in plan.changes:
        for problem in _of_change(change, renames, has_store=plan.basis.lineage is not None):
            yield f"{change.address}: {problem}"
    left = {one.address for one in plan.grounds.outside}
    yield from (f"{change.address}: it is left alone and changed" for change in plan.changes if change.address in left)
    yield from _order(plan)
    yield from contradictions_of_roster(plan.roster)
    yield from contradictions_of_released(plan.roster, plan.grounds.released)
    yield from _of_revision(plan)
    yield from _of_consideration(plan)


def _of_revision(plan: Plan) -> Iterator[str]:
    """The base asks for nothing that the plan does not do."""
    if plan.revision is None:
        return
    done = {change.address for change in plan.changes}
    if not set(plan.revision.objects) <= done:
        yield "the base asks for a change that is not in the plan"
    doers = {EDIT: {edit.iccid for edit in plan.roster.edits}}
    for change in plan.roster.changes:
        doers.setdefault(change.action.value, set()).update(change.iccids)
    if any(not set(iccids) <= doers.get(deed, set()) for deed, iccids in plan.revision.sims.items()):
        yield "the base asks for a change of a SIM that is not in the plan"


def _of_consideration(plan: Plan) -> Iterator[str]:
    """Nothing is done to what was left out."""
    if plan.consideration is not None:
        left = set(plan.consideration.left_out)
        yield from (f"{c.address}: it is left out and changed" for c in plan.changes if c.address in left)


def _identities(plan: Plan) -> Iterator[str]:
    """Each address, each live object and each live moniker has one change."""
    for what, found in (
        ("address", [str(change.address) for change in plan.changes]),
        ("object", [f"{c.address.kind}/{c.remote_id}" for c in plan.changes if c.remote_id is not None]),
        ("moniker", [f"{c.address.kind}/{c.live_moniker}" for c in plan.changes if c.live_moniker is not None]),
        ("drifted object", [str(drift.address) for drift in plan.drift]),
    ):
        twice = next((name for name, count in Counter(found).items() if count > 1), None)
        if twice is not None:
            yield f"the {what} {twice} is in it twice"


def _of_change(change: Change, renames: Renames, *, has_store: bool) -> Iterator[str]:
    needed, possible = _PARTS[change.action]
    parts = {
        "before": change.before,
        "after": change.after,
        "remoteId": change.remote_id,
        "liveMoniker": change.live_moniker,
        "fingerprint": change.fingerprint,
    }
    present = {name for name, value in parts.items() if value is not None}
    if not needed <= present <= needed | possible:
        names = ", ".join(sorted(needed ^ present - possible))
        yield f"an object that is {change.action.past} does not go with {names}"
    elif not all(_is_shaped(spec, kind_named(change.address.kind).shape) for spec in (change.before, change.after)):
        yield "before or after is no object of this kind"
    else:
        yield from _of_values(change, renames, has_store=has_store)


def _of_values(change: Change, renames: Renames, *, has_store: bool) -> Iterator[str]:
    yield from _flags(change)
    if has_store and any(value == UNKEYED for value in _secrets_before(change)):
        yield "a secret was seen without a key although there was a store"
    if has_store and not _secrets_in_clear(change) <= set(change.secret_digests):
        yield "it holds a secret without its digest"
    if change.after is None:
        return
    if change.action is not Action.ADOPT:
        yield from _unfit(change)
    if change.action is not Action.CREATE:
        yield from _edited(change, sides_of(change, renames))


def _is_shaped(value: Any, shape: Shape) -> bool:
    """Whether lists are where this kind has lists, and mappings where it has mappings; other members are left alone."""
    if value is None or SecretRef.of(value) is not None:
        return True
    if shape.item is not None:
        return isinstance(value, list) and all(v is not None and _is_shaped(v, shape.item) for v in value)
    if shape.members:
        return isinstance(value, dict) and all(
            _is_shaped(inner, shape.members[name]) for name, inner in value.items() if name in shape.members
        )
    return not isinstance(value, list | dict) or not (shape.reference or shape.choices)


def _flags(change: Change) -> Iterator[str]:
    if change.adopts and change.action not in {Action.UPDATE, Action.REPLACE}:
        yield f"an object that is {change.action.past} is not taken over besides"
    after = change.after or {}
    if not set(change.filled) <= set(after) or (change.filled and change.action is Action.UPDATE):
        yield "a field is filled that is not written"
    is_stated = any(_states(after, path.split(".")) for path in change.released)
    if change.released and (is_stated or change.action not in {Action.UPDATE, Action.ADOPT}):
        yield "a field is released that is written"
    secrets = {".".join(path) for path in kind_named(change.address.kind).secret_paths}
    if not set(change.secret_digests) <= secrets or (change.secret_digests and change.after is None):
        yield "there is a digest of what is no secret"


def _states(spec: Any, path: Sequence[str]) -> bool:
    """Whether a spec says anything at a path, also None."""
    for part in path:
        if not isinstance(spec, Mapping) or part not in spec:
            return False
        spec = spec[part]
    return True


def _secrets_before(change: Change) -> Iterator[Any]:
    for path in kind_named(change.address.kind).secret_paths:
        yield at(change.before or {}, path)


def _secrets_in_clear(change: Change) -> set[str]:
    """The paths of the secrets to be written that are no references: addresses, which count as secrets."""
    found = set()
    for path in kind_named(change.address.kind).secret_paths:
        value = at(change.after or {}, path)
        if isinstance(value, str) and not value.startswith(DIGEST_PREFIX):
            found.add(".".join(path))
    return found


def _unfit(change: Change) -> Iterator[str]:
    """The contradictions of a spec that no manifest of this kind can declare."""
    kind = kind_named(change.address.kind)
    if kind.is_roster:
        yield "it is no object of the platform"
    elif not _can_be_said(kind, change.after):
        yield "what is to be written is nothing that a manifest can say"


def _can_be_said(kind: Kind, spec: Mapping[str, Any] | None) -> bool:
    try:
        if spec:
            kind.adapter.validate_python(spec)
    except ValueError:
        return False
    return True


def _edited(change: Change, sides: Sides) -> Iterator[str]:
    if change.action is Action.ADOPT and (change.live_moniker != change.address.name or not sides.are_same):
        yield "what is adopted differs from what is there"
    blocking = sides.blocking
    if change.action is Action.REPLACE and not blocking:
        yield "nothing in it needs a replacement"
    if change.action is Action.UPDATE:
        if blocking:
            yield f"{blocking[0][0]} cannot change after creation"
        if change.live_moniker == change.address.name and sides.are_same:
            yield "it changes nothing"


def _order(plan: Plan) -> Iterator[str]:
    """Each change comes after those it waits for, and waits for those whose outcome it builds on."""
    by_address = {change.address: change for change in plan.changes}
    seen: set[Address] = set()
    for change in plan.changes:
        waits = set(change.waits_for)
        if not waits <= seen or len(waits) != len(change.waits_for):
            yield f"{change.address}: it waits for what does not come before it"
        needed = {address for address in _builds_on(change) if address in by_address} - {change.address}
        upserts = {address for address in needed if by_address[address].action in _WRITING}
        if not upserts <= waits and not any(change.address in by_address[a].waits_for for a in upserts - waits):
            yield f"{change.address}: it does not wait for {min(upserts - waits)}"
        seen.add(change.address)


def _builds_on(change: Change) -> set[Address]:
    """The addresses that what is written refers to."""
    if change.action not in _WRITING:
        return set()
    return {
        Address(reference.kind, bare(name))
        for reference, _, name in kind_named(change.address.kind).refers(change.after or {})
    }
