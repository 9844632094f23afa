"""Everything about one object or SIM, live beside declared."""

from collections.abc import Mapping
from typing import Any

from reconciler.diagnostics import nearest
from reconciler.diffing.seen import SeenObject, SeenSimRow, SimMembership
from reconciler.errors import UsageError
from reconciler.kinds import object_kinds
from reconciler.model.references import bare
from reconciler.operations.look import SIMS, Scene, kind_of, objects
from reconciler.operations.look_sims import memberships, sim


def object_described(scene: Scene, place: str) -> tuple[SeenObject, list[str]]:
    """The object at ``Kind/name`` and the addresses of those that refer to it; `UsageError` where there is none."""
    word, _, name = place.partition("/")
    kind = kind_of(word)
    if kind == SIMS or not name:
        message = f"{place[:80]!r} is neither the address of an object nor an ICCID"
        raise UsageError(message, hint="write Kind/name such as VSlice/fleet-net, or the number of a SIM")
    found = objects(scene, kind)
    one = next(
        (seen for seen in found if name in {seen.address.name, seen.declared_as and seen.declared_as.name}), None
    )
    if one is None:
        guess = nearest(name, [seen.address.name for seen in found])
        message = f"there is no {kind}/{name[:60]}, live or declared"
        raise UsageError(message, hint=f"did you mean {kind}/{guess}?" if guess else f"see: reconciler get {kind}")
    return one, _referrers(scene, kind, one.address.name)


def _referrers(scene: Scene, kind: str, name: str) -> list[str]:
    """The live objects that refer to an object, each with the field."""
    found = []
    for other, facts in object_kinds().items():
        if any(reference.kind == kind for reference in facts.references):
            for seen in scene.control_plane.objects(other):
                found += [
                    f"{seen.address} {'.'.join(str(step) for step in path if isinstance(step, str))}"
                    for reference, path, target in facts.refers(seen.spec)
                    if reference.kind == kind and bare(target) == name
                ]
    return sorted(set(found))


def sim_described(scene: Scene, iccid: str) -> tuple[SeenSimRow, list[SimMembership], Mapping[str, str]]:
    """A SIM with its memberships and key values; `UsageError` for one that is neither in the account nor declared."""
    row = sim(scene, iccid)
    if row.live is None:
        return row, [], {}
    payload: Mapping[str, Any] = scene.control_plane.sims.payload(iccid) or {}
    return row, memberships(scene, payload), scene.control_plane.sims.key_values(iccid)


def counts(scene: Scene) -> list[tuple[str, int, int, int]]:
    """Each kind with how many of its objects are live, declared, and live without being declared; SIMs last."""
    found = []
    for name in object_kinds():
        seen = objects(scene, name)
        live = sum(one.live is not None for one in seen)
        declared = sum(one.declared is not None for one in seen)
        alone = sum(one.live is not None and one.declared is None for one in seen)
        found.append((name, live, declared, alone))
    total = sum(len(page) for page in scene.control_plane.sims.seen())
    listed = len(scene.roster.members) if scene.roster is not None else 0
    return [*found, (SIMS, total, listed, max(0, total - listed))]
