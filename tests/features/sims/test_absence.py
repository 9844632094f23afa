"""Random edits of a small estate: nothing irreversible by accident, and nothing that the plan does not say."""

import random
from pathlib import Path

import pytest

from reconciler.errors import Refused
from reconciler.plan.plan import Plan
from reconciler.plan.roster import RosterAction
from tests.features.sims.estate import SimHouse, count_of, endpoint, from_file, groups, house_at, iccids

NUMBERS = iccids(14)
NAMES = ("uk", "de")
EDITS = 30
SAID = ("state: suspended", "state: active", "displayName: A", "tags: [a]", "state: terminated")


class Editor:
    """Somebody who edits files and manifests without much thought."""

    def __init__(self, house: SimHouse, chance: random.Random) -> None:
        self.house, self.chance = house, chance
        self.files: dict[str, list[str]] = {"uk": NUMBERS[:6], "de": NUMBERS[6:10]}
        self.more = dict.fromkeys(NAMES, "")
        self.endpoints: dict[str, str] = {}
        self.write()

    def edit(self) -> None:
        """One change of something."""
        chance = self.chance
        name = chance.choice(NAMES)
        match chance.randrange(6):
            case 0:
                self.files[name] = chance.sample(self.files[name], chance.randint(0, len(self.files[name])))
            case 1 | 2:
                free = [n for n in NUMBERS if not any(n in rows for rows in self.files.values())]
                self.files[name] += chance.sample(free, chance.randint(0, len(free)))
            case 3:
                removal = chance.choice(["report", "suspend", "{moveTo: fleet-fr}"])
                choices = ["", ", authority: exclusive", f", authority: exclusive, onRemove: {removal}"]
                self.more[name] = chance.choice(choices)
            case 4:
                said = chance.choice(
                    ["state: suspended", "state: active", "displayName: A", "tags: [a]", "state: terminated"]
                )
                self.endpoints[chance.choice(NUMBERS)] = said
            case _:
                self.endpoints.pop(chance.choice(NUMBERS), None)
        self.write()

    def write(self) -> None:
        """Everything as it is meant now."""
        for name in NAMES:
            self.house.csv(f"sims/{name}.csv", self.files[name])
        sets = [from_file(f"set-{n}", f"fleet-{n}", f"sims/{n}.csv", self.more[n]) for n in NAMES]
        singles = [endpoint(f"sim-{i}", n, f", {said}") for i, (n, said) in enumerate(sorted(self.endpoints.items()))]
        self.house.declare(groups(), *sets, *singles)

    def may_be_terminated(self) -> set[str]:
        """The SIMs of which it is said."""
        return {number for number, said in self.endpoints.items() if said == "state: terminated"}


def _planned_sims(plan: Plan) -> set[str]:
    roster = plan.roster
    return {n for change in roster.changes for n in change.iccids} | {edit.iccid for edit in roster.edits}


def _terminations(house: SimHouse) -> list[str]:
    asked = [body for _, _, body, _ in house.sim_requests() if (body or {}).get("endpointStatus") == "terminated"]
    return [number for body in asked for number in body["endpoints"]]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_random_edits_never_terminate_and_never_leave_the_plan(tmp_path: Path, seed: int) -> None:
    """No termination without word and number, no request about a SIM outside of the plan, and nothing left to do."""
    house = house_at(tmp_path)
    house.stock(NUMBERS)
    editor = Editor(house, random.Random(seed))
    dead: set[str] = set()
    for _ in range(EDITS):
        editor.edit()
        plan = house.now()
        ending = count_of(plan, RosterAction.TERMINATE)
        house.simulator.clear_log()
        if ending:
            with pytest.raises(Refused):
                house.apply(plan, terminations=ending + 1)
            assert house.sim_requests() == []
        before = house.live()
        is_allowed = bool(ending) and editor.chance.random() < 0.5
        if ending and not is_allowed:
            with pytest.raises(Refused):
                house.apply(plan)
            editor.endpoints = {
                n: said for n, said in editor.endpoints.items() if said != "state: terminated" or n in dead
            }
            editor.write()
            continue
        report = house.apply(plan, terminations=ending)
        assert report.exit_code in {0, 4, 5}, report
        stuck = {number for number, why in report.sims.stale if "pending" in why}
        assert {number for number, _ in report.sims.stale} == stuck
        asked = set(house.asked_for())
        assert asked <= _planned_sims(plan)
        gone = set(_terminations(house))
        assert gone <= editor.may_be_terminated()
        assert len(gone) == ending
        dead |= gone
        after = house.live()
        assert {n for n, sim in after.items() if sim["endpointStatus"] == "terminated"} == dead
        assert all(before[n] == after[n] for n in NUMBERS if n not in asked)
        for name in NAMES:
            assert all(after[n]["endpointGroup"] == f"fleet-{name}" for n in editor.files[name] if n not in dead)
        assert _planned_sims(house.now()) <= stuck


@pytest.mark.parametrize(("gone", "verdict"), [(3, "pass"), (4, "deny")])
@pytest.mark.parametrize("removal", ["suspend", "{moveTo: fleet-de}"])
def test_the_limit_of_a_set_counts_what_becomes_of_sims_that_it_lost(
    tmp_path: Path, removal: str, gone: int, verdict: str
) -> None:
    """A row that is gone suspends or moves its SIM: `maxMoves` holds for both, and for what the set itself moves."""
    house = house_at(tmp_path)
    house.stock(NUMBERS)
    more = f", authority: exclusive, onRemove: {removal}"
    house.csv("sims/fr.csv", NUMBERS[10:12])
    house.csv("sims/uk.csv", NUMBERS[:10])
    others = from_file("set-fr", "fleet-fr", "sims/fr.csv")
    house.declare(groups(), from_file("set-uk", "fleet-uk", "sims/uk.csv", more), others)
    house.converge()

    # Two SIMs come in from another group, and some of those that were listed are gone.
    house.csv("sims/uk.csv", [*NUMBERS[gone:10], *NUMBERS[10:12]])
    house.csv("sims/fr.csv", [])
    house.declare(groups(), from_file("set-uk", "fleet-uk", "sims/uk.csv", f"{more}, limits: {{maxMoves: 5}}"), others)

    (result,) = [result for result in house.now().guards if result.guard == "maxMoves"]
    assert (result.verdict, result.measured, result.limit) == (verdict, gone + 2, 5)
