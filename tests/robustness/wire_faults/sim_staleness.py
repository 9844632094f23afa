"""The staleness table of SIMs: what somebody did to a SIM of a plan after it was made, for each of its fields."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from reconciler.errors import ReconcilerError
from tests.features.sims.estate import endpoint, groups, house_at, iccid
from tests.robustness.wire_faults.portal import Desk
from tests.robustness.wire_faults.staleness import STALE, WINDOWS

NUMBER = iccid(1)
IDENTITY = frozenset({"iccid", "activationCode"})
"""The words that say which SIM it is: no SIM has another one."""
VALUES: Mapping[str, tuple[Any, Any, Any]] = {
    "group": ("fleet-uk", "fleet-de", "fleet-fr"),
    "displayName": ("A", "B", "C"),
    "reference": ("one", "two", "three"),
    "tags": (["a"], ["a", "b"], ["c"]),
    "state": ("active", "suspended", None),
    "staticIPv4": ("100.64.0.9", "100.64.0.10", "100.64.0.11"),
    "imeiLock": ("490154203237518", "490154203237526", None),
    "keyValues": ({"site": "a"}, {"site": "b"}, {"site": "c"}),
}
"""Each field as it is, as the plan wants it, and as somebody else does."""
_NAMES = {"displayName": "name", "staticIPv4": "staticIPAddress", "imeiLock": "imeiLock", "group": "endpointGroup"}


class Happening(StrEnum):
    """A change of the SIM by somebody; `RECREATED`: it leaves the account and comes back as it is delivered."""

    CHANGED = "changed"
    AS_WANTED = "changed as wanted"
    TERMINATED = "terminated"
    REMOVED = "removed"
    RECREATED = "recreated"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table."""

    path: str
    happening: Happening
    window: str

    def __str__(self) -> str:
        return f"Endpoint.{self.path} | {self.happening.value} | {self.window}"


def cells() -> Iterator[Cell]:
    """Every cell."""
    for path, (_, _, other) in VALUES.items():
        for happening in Happening:
            if happening is not Happening.CHANGED or other is not None:
                yield from (Cell(path, happening, window) for window in WINDOWS)


class SimScene:
    """A SIM that is as it is declared, and the plans that change one of its fields."""

    def __init__(self, root: Path) -> None:
        self.house = house_at(root)
        self.desk = Desk.of(self.house)
        self.house.stock([NUMBER])
        self._declare({})
        self.house.converge()
        self.desk.keep("with")

    def close(self) -> None:
        """Give everything back."""
        self.desk.close()

    def _declare(self, wanted: dict[str, Any]) -> None:
        spec = {name: values[0] for name, values in VALUES.items()} | wanted
        if "group" in wanted:
            # An address belongs to the group.
            del spec["staticIPv4"]
        self.house.declare(
            groups(), endpoint("one-sim", NUMBER, "".join(f", {n}: {json.dumps(v)}" for n, v in spec.items()))
        )

    def broken(self, cell: Cell) -> list[str]:
        """Plan, let something happen, apply; the broken promises, as `Scene.broken` of the staleness table has them."""
        house = self.house
        self.desk.restore("with")
        self.desk.is_dirty = True
        self._declare({cell.path: VALUES[cell.path][1]})
        plan = house.now()
        assert plan.roster.changes or plan.roster.edits, cell
        left: list[str] = []

        def act() -> None:
            self._let_happen(cell)
            house.simulator.clear_log()
            left.append(json.dumps(house.simulator.dump(), sort_keys=True))

        if cell.window == WINDOWS[0]:
            act()
        else:
            house.before_request = self._once(act)
        try:
            code = house.apply(plan, parallelism=1, in_flight_seconds=0).exit_code
        except ReconcilerError as error:
            code = error.exit_code
        if not left:
            return [f"{cell}: the SIM was not read before the call"]
        found = [f"{cell}: sent: {method} {path}" for method, path, _, _ in house.sim_requests()]
        if json.dumps(house.simulator.dump(), sort_keys=True) != left[0]:
            found.append(f"{cell}: what somebody left is not there any more")
        expected = 0 if cell.happening is Happening.AS_WANTED else STALE
        return found if code == expected else [*found, f"{cell}: exit code {code}, not {expected}"]

    def _once(self, act: Callable[[], None]) -> Callable[[str, str], None]:
        todo = [act]

        def meddle(method: str, path: str) -> None:
            if todo and method == "GET" and "/endpoints" in path.lower():
                todo.pop()()

        return meddle

    def _let_happen(self, cell: Cell) -> None:
        perform, (_, wanted, other) = self.house.simulator.perform, VALUES[cell.path]
        match cell.happening:
            case Happening.CHANGED:
                perform(lambda scene, _: _edit(scene, cell.path, other))
            case Happening.AS_WANTED:
                perform(lambda scene, _: _edit(scene, cell.path, wanted))
            case Happening.TERMINATED:
                perform(lambda scene, _: scene.endpoints.set_status(NUMBER, {"endpointStatus": "terminated"}))
            case Happening.REMOVED:
                self._remove()
            case Happening.RECREATED:
                self._remove()
                self.house.stock([NUMBER])

    def _remove(self) -> None:
        database = self.house.simulator.database
        database.execute("DELETE FROM keyvalue WHERE n = (SELECT n FROM sim WHERE iccid = ?)", (NUMBER,))
        database.execute("DELETE FROM sim WHERE iccid = ?", (NUMBER,))


def _edit(scene: Any, path: str, value: Any) -> None:
    if path == "state":
        scene.endpoints.set_status(NUMBER, {"endpointStatus": value})
    elif path == "keyValues":
        for name, text in value.items():
            scene.endpoints.set_key_value(NUMBER, name, {"value": text})
    else:
        scene.endpoints.edit(NUMBER, {_NAMES.get(path, path): value})
