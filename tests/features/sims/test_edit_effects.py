"""Edits of SIM settings count in the impact, and the plan says what each of them does."""

from pathlib import Path
from typing import Any

import pytest

from reconciler.diffing.rosters import RosterDifference
from reconciler.model.roster import Roster
from reconciler.plan.judging import with_verdicts
from reconciler.plan.limits import Guard, Limits
from reconciler.plan.plan import Plan, Verdict
from reconciler.plan.planfile import body_of
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan
from reconciler.plan.roster_planner import with_roster
from reconciler.plan.sim_effects import sim_effects
from reconciler.reports.roster_text import action_block, edits_block
from reconciler.reports.style import plain
from tests.features.sims.estate import SimHouse, endpoint, group, groups, house_at, iccids, listed

NUMBERS = iccids(100)
LOCK, OTHER = "352099001761481", "352099001761499"

AMERICA = "kind: RegionalPolicy\nmetadata: {name: america-only}\nspec: {defaultGateway: america}\n"


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """A hundred SIMs in a group, as declared."""
    house = house_at(tmp_path)
    house.stock(NUMBERS)
    house.declare(groups(), listed("set-uk", "fleet-uk", NUMBERS))
    house.converge()
    return house


def _effects(plan: Plan) -> list[tuple[str, int, bool, str]]:
    found: list[dict[str, Any]] = body_of(plan)["roster"]["effects"]
    return [(one["setting"], one["sims"], one["isNoticed"], one["effect"]) for one in found]


def _lines(plan: Plan) -> list[str]:
    """The lines of the text that say what edits do."""
    block = edits_block(plan.roster, plain, verbose=False)
    return [line.strip() for line in block.splitlines() if " SIM: " in line or " SIMs: " in line]


@pytest.mark.parametrize(
    ("settings", "touched", "effect", "is_noticed"),
    [
        (
            {"imeiLock": LOCK},
            100,
            "99 SIMs would be locked out: 100 SIMs are given the IMEI locks of one device",
            True,
        ),
        ({"tags": ["x"]}, 0, "label only", False),
    ],
    ids=["lock", "tags"],
)
def test_what_a_whole_set_is_given_is_counted_and_said(
    house: SimHouse, settings: dict[str, Any], touched: int, effect: str, is_noticed: bool
) -> None:
    """In the text and in the document, with the number of SIMs."""
    (name,) = settings
    house.declare(groups(), listed("set-uk", "fleet-uk", NUMBERS, f", attributes: {settings}".replace("'", '"')))
    plan = house.now()
    assert plan.sims_touched == touched
    assert _effects(plan) == [(name, 100, is_noticed, effect)]
    assert _lines(plan) == [f"{name} of 100 SIMs: {effect}"]


@pytest.mark.parametrize(
    ("setting", "value", "effect"),
    [
        ("displayName", "Van", "label only"),
        ("reference", "VAN-1", "label only"),
        ("staticIPv4", "100.64.0.9", "another address from the next session of each device on (D-46)"),
        ("imeiLock", f'"{LOCK}"', "1 SIM would be locked out in any device but its own"),
        ("keyValues", '{a: "1"}', "devices read the new values; traffic is not affected"),
    ],
)
def test_each_setting_of_one_sim_says_what_it_does(house: SimHouse, setting: str, value: str, effect: str) -> None:
    """One SIM is touched by what it notices, and none by a label."""
    house.declare(
        groups(), listed("set-uk", "fleet-uk", NUMBERS), endpoint("one-sim", NUMBERS[0], f", {setting}: {value}")
    )
    plan = house.now()
    assert plan.sims_touched == (0 if effect == "label only" else 1)
    assert _effects(plan) == [(setting, 1, effect != "label only", effect)]
    assert _lines(plan) == [f"{setting} of 1 SIM: {effect}"]


def test_locks_of_several_devices_are_counted_by_device(house: SimHouse) -> None:
    """Of each lock one SIM fits; a lock that is taken away locks nobody out."""
    house.declare(
        groups(),
        listed("set-uk", "fleet-uk", NUMBERS),
        *(endpoint(f"sim-{n}", NUMBERS[n], f', imeiLock: "{LOCK if n < 3 else OTHER}"') for n in range(5)),
    )
    text = "3 SIMs would be locked out: 5 SIMs are given the IMEI locks of 2 devices"
    assert _effects(house.now()) == [("imeiLock", 5, True, text)]
    house.converge()
    house.declare(
        groups(),
        listed("set-uk", "fleet-uk", NUMBERS),
        endpoint("sim-0", NUMBERS[0], ", imeiLock: null"),
        endpoint("sim-1", NUMBERS[1], f', imeiLock: "{OTHER}"'),
        endpoint("sim-6", NUMBERS[6], f', imeiLock: "{LOCK[:-1]}3"'),
    )
    assert _effects(house.now()) == [
        ("imeiLock", 2, True, "2 SIMs would be locked out in any device but their own"),
        ("imeiLock", 1, True, "any device may use the SIM again"),
    ]


def test_states_say_what_they_do(house: SimHouse) -> None:
    """Suspending ends sessions; resuming lets them begin again; both count as touched."""
    house.declare(
        groups(), listed("set-uk", "fleet-uk", NUMBERS), endpoint("one-sim", NUMBERS[0], ", state: suspended")
    )
    plan = house.now()
    assert (plan.sims_touched, _effects(plan)) == (1, [("state", 1, True, "sessions end at once (D-43)")])
    house.converge()
    house.declare(groups(), listed("set-uk", "fleet-uk", NUMBERS), endpoint("one-sim", NUMBERS[0], ", state: active"))
    plan = house.now()
    assert (plan.sims_touched, _effects(plan)) == (1, [("state", 1, True, "devices may begin sessions again (D-43)")])
    block = action_block(plan.roster.changes[0], plan.roster, plain, verbose=False)
    assert "      devices may begin sessions again (D-43)" in block.splitlines()


@pytest.mark.parametrize(
    ("action", "source", "found"),
    [
        (RosterAction.ACTIVATE, None, ("activationCode", False)),
        (RosterAction.MOVE, None, ("group", True)),
        (RosterAction.MOVE, "fleet-de", ("group", True)),
        (RosterAction.SUSPEND, "fleet-uk", ("state", True)),
        (RosterAction.RESUME, "fleet-uk", ("state", True)),
        (RosterAction.TERMINATE, "fleet-uk", ("state", True)),
    ],
)
def test_every_action_on_sims_has_an_effect(action: RosterAction, source: str | None, found: tuple[str, bool]) -> None:
    """Each action writes one setting, and each has a text of its own."""
    change = RosterChange(
        action=action, address="EndpointSet/a", source=source, target="fleet-uk", iccids=tuple(NUMBERS[:3])
    )
    (effect,) = sim_effects(RosterPlan(changes=(change,)))
    assert (effect.setting, effect.is_noticed, effect.sims) == (*found, 3)
    assert effect.text != ""


def test_a_renamed_group_counts_its_sims_once(house: SimHouse) -> None:
    """A SIM leaves a group that is renamed and gets another policy: the group's SIMs are touched, each once."""
    renamed = (
        groups("fleet-uk")
        .replace("fleet-uk", "fleet-gb")
        .replace("{name: fleet-gb}", "{name: fleet-gb, annotations: {reconciler.dev/renamed-from: fleet-uk}}")
    )
    house.declare(
        renamed.replace("europe-only", "america-only"),
        AMERICA,
        groups("fleet-de", "fleet-fr"),
        listed("set-uk", "fleet-gb", NUMBERS[2:]),
        listed("set-de", "fleet-de", NUMBERS[:1]),
        endpoint("one-sim", NUMBERS[2], f', state: suspended, imeiLock: "{LOCK}"'),
    )
    plan = house.now()
    assert (plan.sims_touched, plan.sims) == (100, 100)
    touched = next(one for one in with_verdicts(plan, Limits()).verdicts if one.guard == Guard.SIMS_TOUCHED)
    assert (touched.measured, touched.verdict) == (100, Verdict.DENY)


def test_a_renamed_group_has_room_for_those_that_leave_it(house: SimHouse) -> None:
    """SIMs that leave make room under the group's new name as well (D-46)."""
    small = group("fleet-small", "100.67.0.0/29")
    house.declare(
        groups(), small, listed("set-uk", "fleet-uk", NUMBERS[6:]), listed("set-s", "fleet-small", NUMBERS[:6])
    )
    house.converge()
    renamed = small.replace(
        "{name: fleet-small}", "{name: fleet-tiny, annotations: {reconciler.dev/renamed-from: fleet-small}}"
    )
    house.declare(
        groups(),
        renamed,
        listed("set-uk", "fleet-uk", [*NUMBERS[:2], *NUMBERS[8:]]),
        listed("set-s", "fleet-tiny", NUMBERS[2:8]),
    )
    plan = house.now()
    assert [result for result in plan.guards if result.verdict is Verdict.DENY] == []
    house.declare(
        groups(),
        renamed,
        listed("set-uk", "fleet-uk", [*NUMBERS[:1], *NUMBERS[8:]]),
        listed("set-s", "fleet-tiny", NUMBERS[1:8]),
    )
    assert [result.guard for result in house.now().guards if result.verdict is Verdict.DENY] == ["subnet"]


def test_impact_counts_in_one_whole_whether_sims_are_read_or_not(house: SimHouse) -> None:
    """Pending SIMs that a plan leaves alone are no part of it; one that it takes into service is."""
    pending = iccids(120)[100:]
    house.stock(pending)
    found = []
    for members in (None, NUMBERS[2:], [*NUMBERS[2:], pending[0]]):
        house.declare(groups(), *([] if members is None else [listed("set-uk", "fleet-uk", members)]))
        found.append(house.now().sims)
    assert found == [100, 100, 101]


def test_a_list_of_sims_that_lags_behind_the_groups_does_not_shrink_the_total(house: SimHouse) -> None:
    """The groups have a hundred SIMs, and their list has three of them so far: never "100 of 3 SIMs"."""
    house.declare(groups())
    plan = house.now()
    late = with_roster(plan, Roster(), RosterDifference(seen=3), lambda _address, _path: None)
    assert (plan.sims, late.sims) == (100, 100)
