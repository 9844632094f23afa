"""The SIMs of the account beside the lists that declare them. They stream: a list of a million takes no more memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from reconciler.diffing.seen import LookedSim, SeenObject, SeenSimRow, SimMembership
from reconciler.errors import UsageError
from reconciler.kinds import group_kind
from reconciler.model.roster import SimSet
from reconciler.model.wire import moniker_of
from reconciler.operations.look import Scene, objects


@dataclass(frozen=True, slots=True, kw_only=True)
class SimFilter:
    """
    The SIMs that are wanted. Texts are shell patterns without regard to case, `iccid` is how the number begins.

    A filter that is empty takes every SIM; `tags` are wanted all together.
    """

    group: str | None = None
    state: str | None = None
    tags: tuple[str, ...] = ()
    reference: str | None = None
    name: str | None = None
    iccid: str | None = None
    network: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether every SIM is wanted."""
        return self == SimFilter()

    def takes(self, sim: LookedSim) -> bool:
        """Whether a SIM is wanted."""
        return (
            (self.iccid is None or sim.iccid.startswith(self.iccid))
            and (self.state is None or sim.status == self.state)
            and (self.network is None or sim.network == self.network)
            and (self.group is None or _fits(sim.group or "", self.group))
            and (self.name is None or _fits(sim.name or "", self.name))
            and (self.reference is None or _fits(sim.reference or "", self.reference))
            and all(any(_fits(tag, wanted) for tag in sim.tags or ()) for wanted in self.tags)
        )


def _fits(text: str, pattern: str) -> bool:
    return fnmatchcase(text.lower(), pattern.lower())


def sims(scene: Scene, wanted: SimFilter, iccids: Sequence[str] = ()) -> Iterator[SeenSimRow]:
    """
    The SIMs that a filter takes, in the platform's order, as they are read; with `iccids` those alone.

    Raises a `ControlPlaneError` at the end of a list that contradicted itself on the way.
    """
    if iccids:
        yield from (
            row for row in (sim(scene, iccid) for iccid in iccids) if row.live is None or wanted.takes(row.live)
        )
        return
    for page in scene.control_plane.sims.seen():
        for one in page:
            if wanted.takes(one):
                yield _row(scene, one)


def sim(scene: Scene, iccid: str) -> SeenSimRow:
    """One SIM by ICCID; `UsageError` for one that is neither in the account nor declared."""
    from reconciler.control_plane.sims import seen_sim

    payload = scene.control_plane.sims.payload(iccid)
    if payload is not None:
        return _row(scene, seen_sim(payload))
    number = scene.roster.members.get(int(iccid)) if scene.roster is not None and iccid.isdecimal() else None
    if number is None or scene.roster is None:
        message = f"there is no SIM {iccid[:40]} in the account, and none is declared"
        raise UsageError(message, hint="list them with: reconciler get sims --iccid PREFIX")
    return SeenSimRow(iccid, None, scene.roster.sets[number].address, _said(scene, int(iccid), number))


def _row(scene: Scene, one: LookedSim) -> SeenSimRow:
    roster = scene.roster
    if roster is None or not one.iccid.isdecimal():
        return SeenSimRow(one.iccid, one)
    number = roster.members.get(int(one.iccid))
    if number is None and one.reference is not None:
        number = roster.references.get(one.reference)
    if number is None:
        return SeenSimRow(one.iccid, one)
    return SeenSimRow(one.iccid, one, roster.sets[number].address, _said(scene, int(one.iccid), number, one.reference))


def _said(scene: Scene, iccid: int, number: int, reference: str | None = None) -> Mapping[str, Any]:
    """The settings that the manifests state of a SIM: its set's, its row's, and its own."""
    roster = scene.roster
    if roster is None:
        return {}
    listed: SimSet = roster.sets[number]
    said: dict[str, Any] = {} if listed.group is None else {"group": listed.group}
    said |= listed.attributes
    said |= roster.settings_by_reference.get(reference, {}) if reference is not None else {}
    said |= roster.settings.get(iccid, {})
    return {name: value for name, value in said.items() if name != "activationCode"}


def memberships(scene: Scene, payload: Mapping[str, Any]) -> list[SimMembership]:
    """
    The groups of a SIM: its primary one, then the secondary ones of that, each with its address where it is told.

    Where the platform tells of memberships itself, its words win.
    """
    spelt = {name.lower(): value for name, value in payload.items()}
    told = spelt.get("memberships")
    if isinstance(told, list) and all(isinstance(row, Mapping) for row in told):
        return [
            SimMembership(
                str(moniker_of(row.get("endpointGroup")) or "?"),
                str(moniker_of(row.get("endpointGroupType")) or "primary"),
                row.get("ipAddress"),
                bool(row.get("isStatic")),
            )
            for row in told
        ]
    group = moniker_of(spelt.get("endpointgroup"))
    if not isinstance(group, str):
        return []
    fixed = spelt.get("staticipaddress")
    first = SimMembership(group, "primary", spelt.get("ipaddress") or fixed, bool(fixed))
    found = next(iter(objects(scene, group_kind().name, [group])), None)
    return [first, *(SimMembership(name, "secondary", None, False) for name in _secondaries(found))]


def _secondaries(group: SeenObject | None) -> list[str]:
    return list((group.live or {}).get("secondaryGroups") or ()) if group is not None else []
