"""
The staleness table: what somebody did to an object of a plan after it was made, for each field of each kind.

Everything comes from the kinds and the examples: for each field two other values that the platform takes are found by
trying, one for the plan and one for somebody at the portal. A new kind or field is in the table without a word here.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path

from reconciler.control_plane.errors import ControlPlaneError
from reconciler.errors import ReconcilerError
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.resource import Resource
from reconciler.plan.action import Action
from reconciler.plan.plan import Plan
from tests.features.sims.estate import iccids
from tests.robustness.wire_faults.fields import around, examples, places, variants
from tests.robustness.wire_faults.portal import Desk, NotTaken

_MOST_TRIED = 60
_MANY_SIMS = 11
_EACH = 5
WINDOWS = ("between plan and apply", "between preflight and call")


class Happening(StrEnum):
    """A change of the object by somebody: `ELSEWHERE` edits a field that the plan does not change."""

    CHANGED = "changed"
    ELSEWHERE = "changed elsewhere"
    AS_WANTED = "changed as wanted"
    REMOVED = "removed"
    RECREATED = "recreated"
    RECREATED_OTHERWISE = "recreated otherwise"
    RECREATED_AS_WANTED = "recreated as wanted"
    GROWN = "grown by many SIMs"


_H = Happening
SURPRISES: Mapping[Action, tuple[Happening, ...]] = {
    Action.CREATE: (_H.RECREATED, _H.RECREATED_OTHERWISE),
    Action.UPDATE: tuple(_H),
    Action.REPLACE: tuple(_H)[1:2] + tuple(_H)[3:],
    Action.DELETE: (_H.CHANGED, _H.REMOVED, _H.RECREATED, _H.GROWN),
}
"""The changes that can happen to the object of an action; to one that is to be created, that it is there."""
STALE, REFUSED = 4, 5
_ENDS: Mapping[tuple[Action, Happening], set[int]] = {
    (Action.UPDATE, _H.AS_WANTED): {0},
    (Action.DELETE, _H.REMOVED): {0},
    # The object that was to go is gone, and the owner of its name is somebody else.
    (Action.DELETE, _H.RECREATED): {0},
    # Right before the call it is not the growth that is told, but that there are SIMs at all.
    (Action.DELETE, _H.GROWN): {STALE, REFUSED},
    (Action.REPLACE, _H.GROWN): {STALE, REFUSED},
}
"""Exit codes, where they are others than that of a stale plan."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table: an action about a field, what happens to its object, and when."""

    path: str
    action: Action
    happening: Happening
    window: str

    def __str__(self) -> str:
        return f"{self.path} | {self.action.value} | {self.happening.value} | {self.window}"


@dataclass
class Values:
    """
    The values of the object when a field is another one: `wanted` by the plan, `other` by somebody, or None.

    `is_fixed`: the platform takes them for a new object only. `elsewhere` has another field changed.
    """

    wanted: Resource
    other: Resource | None
    is_fixed: bool
    elsewhere: Resource | None = None


@dataclass
class Scene:
    """An object with everything that it refers to, on a platform and in a store: the beginning of its cells."""

    desk: Desk
    target: Resource
    around: tuple[Resource, ...]
    values: dict[str, Values] = field(default_factory=dict)
    _plans: dict[tuple[str, Action], Plan] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, folder: str, address: Address) -> "Scene":
        """Make it, and find out what each field of the table may become."""
        target = examples(folder)[address]
        scene = cls(Desk.opened(root), target, around(folder, target))
        if scene.around:
            scene.desk.must(scene.desk.house.plan(*scene.around))
        scene.desk.keep("without")
        scene.desk.must(scene.desk.house.plan(*scene.all(scene.target)))
        scene.desk.keep("with")
        for place in places():
            if (place.folder, place.address) == (folder, address):
                scene.values[place.path] = scene.found(place.path)
        scene._choose_elsewhere()
        return scene

    def _choose_elsewhere(self) -> None:
        movable = [path for path, found in self.values.items() if not found.is_fixed]
        for number, (path, values) in enumerate(self.values.items()):
            others = [other for other in movable if other != path]
            if others:
                found = self.values[others[number % len(others)]]
                values.elsewhere = found.other or found.wanted

    def all(self, *target: Resource) -> tuple[Resource, ...]:
        """Everything that is declared."""
        return (*self.around, *target)

    @property
    def holds_sims(self) -> bool:
        """Whether SIMs can be put into the object."""
        return kind_named(self.target.address.kind).holds_sims and self.target.spec.get("type") != "secondary"

    def cells(self) -> Iterator[Cell]:
        """Every cell of the fields of this scene."""
        for path, values in self.values.items():
            for action in (Action.REPLACE if values.is_fixed else Action.UPDATE, Action.DELETE, Action.CREATE):
                for happening in SURPRISES[action]:
                    if happening is _H.GROWN and not self.holds_sims:
                        continue
                    is_about_field = happening not in {_H.REMOVED, _H.RECREATED, _H.GROWN}
                    if (
                        action in {Action.DELETE, Action.CREATE}
                        and not is_about_field
                        and path != next(iter(self.values))
                    ):
                        continue
                    if happening is _H.ELSEWHERE and values.elsewhere is None:
                        continue
                    if happening is _H.CHANGED and (
                        values.is_fixed or (values.other is None and action is Action.UPDATE)
                    ):
                        # A field of two values is as wanted when it is another one.
                        continue
                    yield from (Cell(path, action, happening, window) for window in WINDOWS)

    def broken(self, cell: Cell) -> list[str]:
        """
        Plan an action about a field, let something happen to the object, apply: what was broken.

        Nothing may be sent, nothing on the platform may be another than what somebody left there, and the run ends
        with exit code 4, or with 0 where live is as wanted.
        """
        desk, values = self.desk, self.values[cell.path]
        begun = "without" if cell.action is Action.CREATE else "with"
        desk.restore(begun)
        change = self._plan(cell.path, cell.action).changes[0]
        assert change.action is cell.action
        left: list[str] = []

        def act() -> None:
            self._let_happen(cell.happening, values)
            desk.house.simulator.clear_log()
            left.append(json.dumps(desk.house.simulator.dump(), sort_keys=True))

        if cell.window == WINDOWS[0]:
            act()
        else:
            desk.at_the_call(change.address, change.remote_id or change.address.name, act)
        try:
            plan = self._plan(cell.path, cell.action)
            # Each object is read by itself: what slips through within the age of a list is the test of races.
            report = desk.house.apply(plan, parallelism=1, in_flight_seconds=0, max_read_age_seconds=0)
            code = report.exit_code
        except ReconcilerError as error:
            code = error.exit_code
        if not left:
            return [f"{cell}: the object was not read before the call"]
        found = [f"{cell}: sent: {row.method} {row.path}" for row in desk.house.mutations()]
        if json.dumps(desk.house.simulator.dump(), sort_keys=True) != left[0]:
            found.append(f"{cell}: what somebody left is not there any more")
        expected = _ENDS.get((cell.action, cell.happening), {STALE})
        if code not in expected:
            found.append(f"{cell}: exit code {code}, not {expected}")
        desk.is_dirty = bool(found) or code == 0
        return found

    def _plan(self, path: str, action: Action) -> Plan:
        """The plan of an action about a field, made at the beginning that the desk was put back to."""
        key = "" if action in {Action.DELETE, Action.CREATE} else path
        if (key, action) not in self._plans:
            wanted = {Action.DELETE: (), Action.CREATE: (self.target,)}.get(action, (self.values[path].wanted,))
            self._plans[key, action] = self.desk.house.plan(*self.all(*wanted))
        return self._plans[key, action]

    def _let_happen(self, happening: Happening, values: Values) -> None:
        desk, target, other = self.desk, self.target, values.other or values.wanted
        match happening:
            case Happening.CHANGED:
                desk.edit(other)
            case Happening.ELSEWHERE:
                assert values.elsewhere is not None
                desk.edit(values.elsewhere)
            case Happening.AS_WANTED:
                desk.edit(values.wanted)
            case Happening.REMOVED:
                desk.remove(target.address)
            case Happening.RECREATED:
                desk.recreate(target)
            case Happening.RECREATED_OTHERWISE:
                desk.recreate(other)
            case Happening.RECREATED_AS_WANTED:
                desk.recreate(values.wanted)
            case Happening.GROWN:
                desk.house.simulator.put_sims(iccids(_MANY_SIMS), target.address.name)

    def found(self, path: str) -> Values:
        """Two other values that the platform takes for a field; the second of them may not exist."""
        kind = kind_named(self.target.address.kind)
        for is_fixed in (False, True):
            taken: dict[str, Resource] = {}
            for one in islice(variants(self.target, path, self.around), _MOST_TRIED):
                seen = self._taken(one, is_fixed=is_fixed)
                if seen is not None:
                    taken.setdefault(seen, one)
                if len(taken) == 2:
                    break
            if taken:
                wanted, other = [*taken.values(), None][:2]
                assert wanted is not None
                return Values(wanted, other, is_fixed)
        message = f"no other value was found for {kind.name}.{path}"
        raise AssertionError(message)

    def _taken(self, one: Resource, *, is_fixed: bool) -> str | None:
        """The reading of the object when it is like this; None: it is not taken, or makes no difference."""
        desk = self.desk
        desk.restore_platform("with")
        before = desk.seen(one.address)
        try:
            (desk.recreate if is_fixed else desk.edit)(one)
        except (ControlPlaneError, NotTaken):
            return None
        after = desk.seen(one.address)
        if after == before:
            return None
        desk.restore_platform("with")
        plan = desk.house.plan(*self.all(one))
        action = Action.REPLACE if is_fixed else Action.UPDATE
        is_meant = [(change.address, change.action) for change in plan.changes] == [(one.address, action)]
        return json.dumps(after, sort_keys=True) if is_meant else None


def some_cells(scene: Scene) -> list[Cell]:
    """
    Some cells: each field that the plan changes is changed, is removed and is made anew, in windows that take turns.

    Of all the rest one of `_EACH`.
    """
    plain = {_H.CHANGED, _H.REMOVED, _H.RECREATED}
    first: list[Cell] = []
    rest: list[Cell] = []
    for cell in scene.cells():
        is_plain = cell.happening in plain and cell.action in {Action.UPDATE, Action.REPLACE}
        (first if is_plain else rest).append(cell)
    return [cell for number, cell in enumerate(first) if number // 2 % 2 == number % 2] + rest[::_EACH]
