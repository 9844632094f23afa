"""
Laws of impact over random worlds: SIMs as the platform holds them, and estates edited in every way.

The worlds are the simulator's: SIMs in every state, in groups and in none, edited by others. The counts of a plan are
held against the platform's own list of SIMs, one by one.
"""

import random
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import yaml

from reconciler.errors import InvalidManifests
from reconciler.plan.action import Action
from reconciler.plan.impact import is_noticed
from reconciler.plan.plan import Plan
from reconciler.plan.planfile import body_of
from reconciler.plan.sim_effects import is_edit_noticed
from reconciler.reports.plan_text import render
from reconciler.reports.viewing import view_of
from reconciler.simulator.refusals import Refusal
from reconciler.simulator.routes import Backend
from tests.features.sims.estate import SimHouse, house_at, iccids
from tests.laws.effort import tried

WORLDS = tried(16).max_examples
SIMS = iccids(30)
LABELS = {"displayName", "reference", "tags"}
_OF = re.compile(r"([0-9,]+) of ([0-9,]+) SIMs?\b")
BASE: dict[str, dict[str, Any]] = {
    "EventHandler/fleet-hook": {"webhook": {"url": "https://hooks.example"}},
    "EventMap/fleet-map": {"scope": "endpointGroup", "subscriptions": []},
    "VSlice/fleet-net": {"subnets": ["100.64.0.0/16", "100.65.0.0/16"]},
    "VSlice/spare-net": {"subnets": ["100.66.0.0/16"]},
    "RoutingTarget/fleet-out": {"vslice": "fleet-net", "redundancyZone": "europe-primary", "internet": {}},
    "RoutingPolicy/fleet-rules": {
        "vslice": "fleet-net",
        "rules": [{"name": "all", "direction": "uplink", "action": "forward", "target": "fleet-out"}],
    },
    "RoutingPolicy/other-rules": {"vslice": "fleet-net", "rules": []},
    "RoutingPolicy/spare-rules": {"vslice": "spare-net", "rules": []},
    "RegionalPolicy/fleet-region": {"defaultGateway": "europe"},
    "OperatorPolicy/fleet-roaming": {"default": "allow"},
    **{
        f"EndpointGroup/{name}": {
            "vslice": "fleet-net",
            "subnet": subnet,
            "routingPolicy": "fleet-rules",
            "regionalPolicy": "fleet-region",
            "operatorPolicy": "fleet-roaming",
            "eventMap": "fleet-map",
        }
        for name, subnet in (
            ("all-cars", "100.64.0.0/16"),
            ("all-vans", "100.64.0.0/16"),
            ("all-bikes", "100.65.0.0/16"),
        )
    },
    "EndpointGroup/all-spares": {
        "vslice": "spare-net",
        "subnet": "100.66.0.0/16",
        "routingPolicy": "spare-rules",
        "regionalPolicy": "fleet-region",
    },
}
EDITS: tuple[tuple[str, str, Any], ...] = (
    *((address, "displayName", "Another name") for address in BASE),
    ("VSlice/fleet-net", "dns", {"mode": "custom", "servers": ["10.0.0.1"]}),
    ("VSlice/fleet-net", "subnets", ["100.64.0.0/16", "100.65.0.0/16", "100.67.0.0/16"]),
    ("RoutingPolicy/fleet-rules", "rules", []),
    ("RegionalPolicy/fleet-region", "defaultGateway", "america"),
    ("OperatorPolicy/fleet-roaming", "allow2g", False),
    ("EndpointGroup/all-cars", "routingPolicy", "other-rules"),
    ("EndpointGroup/all-vans", "operatorPolicy", None),
    ("EndpointGroup/all-bikes", "sessionInactivity", {"seconds": 60, "action": "notifyAndTerminate"}),
)
GROUPS = ("all-cars", "all-vans", "all-bikes", "all-spares")


def _documents(specs: dict[str, dict[str, Any]], renamed: dict[str, str]) -> str:
    documents = []
    for address, spec in specs.items():
        kind, _, name = address.partition("/")
        metadata: dict[str, Any] = {"name": renamed.get(name, name)}
        if name in renamed:
            metadata["annotations"] = {"reconciler.dev/renamed-from": name}
        document = {"apiVersion": "reconciler.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}
        documents.append(yaml.safe_dump(document, sort_keys=False))
    return "---\n".join(documents)


def _edited(chance: random.Random) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The base with some fields edited, some objects gone, and a group renamed."""
    specs = {address: dict(spec) for address, spec in BASE.items()}
    for address, field, value in chance.sample(EDITS, chance.randrange(4)):
        specs[address][field] = value
    if chance.random() < 0.3:
        for name in ("VSlice/spare-net", "RoutingPolicy/spare-rules", "EndpointGroup/all-spares"):
            del specs[name]
    if chance.random() < 0.2:
        for group in ("all-cars", "all-vans", "all-bikes"):
            del specs[f"EndpointGroup/{group}"]["eventMap"]
        del specs["EventMap/fleet-map"]
    return specs, {"all-cars": "all-wagons"} if chance.random() < 0.4 else {}


def _settings(chance: random.Random) -> dict[str, Any]:
    """The settings that somebody states of one SIM."""
    choices: dict[str, list[Any]] = {
        "displayName": ["Van", "Lorry", None],
        "tags": [["a"], ["b", "a"], []],
        "reference": [None],
        "imeiLock": ["352099001761481", "352099001761499", None],
        "staticIPv4": [None],
        "state": ["active", "suspended"],
        "keyValues": [{"a": "1"}, {"a": "2"}],
    }
    return {name: chance.choice(choices[name]) for name in chance.sample(sorted(choices), chance.randrange(1, 4))}


def _rosters(chance: random.Random, groups: list[str], specs: dict[str, dict[str, Any]]) -> None:
    """SIMs in lists, some of them with settings of their own, and Endpoints."""
    numbers = chance.sample(SIMS, chance.randrange(len(SIMS)))
    for place, group in enumerate(groups):
        mine = numbers[place :: len(groups)]
        if not mine or chance.random() < 0.2:
            continue
        spec: dict[str, Any] = {"group": group, "members": [{"list": [{"iccid": number} for number in mine]}]}
        if chance.random() < 0.4:
            spec["attributes"] = chance.choice([{"tags": ["x"]}, {"imeiLock": "352099001761481"}, {"imeiLock": None}])
        if chance.random() < 0.3:
            spec |= {"authority": "exclusive", "onRemove": chance.choice(["report", "suspend"])}
        specs[f"EndpointSet/set-{place}"] = spec
    for place, number in enumerate(chance.sample(SIMS, chance.randrange(4))):
        specs[f"Endpoint/sim-{place}"] = {"iccid": number, **_settings(chance)}


def _disturb(house: SimHouse, chance: random.Random) -> None:
    """Others move, suspend, rename and lock SIMs; what the platform refuses does not happen."""
    for number in chance.sample(SIMS, 12):
        settings: list[dict[str, Any]] = [
            {"name": "Van"},
            {"name": None},
            {"tags": ["b", "a"]},
            {"tags": None},
            {"imeiLock": "352099001761481"},
            {"imeiLock": None},
        ]
        moved = {"endpointGroup": chance.choice(GROUPS), "endpoints": [number]}
        status = {"endpointStatus": chance.choice(["active", "suspended"])}
        act = chance.choice(
            [
                partial(_assign, moved),
                partial(_assign, moved),
                partial(_status, number, status),
                partial(_edit, number, chance.choice(settings)),
            ]
        )
        with suppress(Refusal):
            house.simulator.perform(act)


def _assign(body: dict[str, Any], backend: Backend, _: float) -> object:
    return backend.endpoints.assign(body)


def _status(number: str, body: dict[str, Any], backend: Backend, _: float) -> object:
    return backend.endpoints.set_status(number, body)


def _edit(number: str, body: dict[str, Any], backend: Backend, _: float) -> object:
    return backend.endpoints.edit(number, body)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Plan, dict[str, Any]]]:
    """Plans of random estates, each with the SIMs that the platform has."""
    house = house_at(tmp_path_factory.mktemp("worlds"))
    house.write("estate.yaml", _documents(BASE, {}))
    house.stock(SIMS[:-3])
    house.converge()
    return list(_worlds(house))


def _worlds(house: SimHouse) -> Iterator[tuple[Plan, dict[str, Any]]]:
    for seed in range(WORLDS):
        chance = random.Random(seed)
        _disturb(house, chance)
        specs, renamed = _edited(chance)
        groups = [renamed.get(name, name) for name in GROUPS if f"EndpointGroup/{name}" in specs]
        _rosters(chance, groups, specs)
        house.write("estate.yaml", _documents(specs, renamed))
        try:
            yield house.now(), house.live()
        except InvalidManifests as error:
            pytest.fail(f"seed {seed}: {[one.detail for one in error.diagnostics]}")


def test_no_entry_touches_more_sims_than_the_plan_has(worlds: list[tuple[Plan, dict[str, Any]]]) -> None:
    """Neither an object, nor a setting, nor all of them together: "1 of 0 SIMs" cannot occur."""
    for plan, live in worlds:
        entries = [change.impact.sims for change in plan.changes]
        entries += [effect["sims"] for effect in body_of(plan)["roster"]["effects"]]
        entries += [len(change.iccids) for change in plan.roster.changes]
        assert max(entries, default=0) <= plan.sims <= len(live)
        assert plan.sims_touched <= plan.sims
        text = render(view_of(plan, "sha256:0"), verbose=True)
        pairs = [tuple(int(number.replace(",", "")) for number in found.groups()) for found in _OF.finditer(text)]
        assert [pair for pair in pairs if pair[0] > pair[1]] == []


def test_each_sim_that_notices_something_counts_once(worlds: list[tuple[Plan, dict[str, Any]]]) -> None:
    """The total is the number of ICCIDs: in groups that are reached, moved, or edited by more than a label."""
    for plan, live in worlds:
        reached = {group for change in plan.changes if is_noticed(change) for group in change.reaches}
        touched = {number for number, sim in live.items() if sim["endpointGroup"] in reached}
        touched |= {iccid for change in plan.roster.changes for iccid in change.iccids}
        touched |= {edit.iccid for edit in plan.roster.edits if not edit.after.keys() <= LABELS}
        assert plan.sims_touched == len(touched)


def test_another_display_name_disturbs_nobody_in_any_world(worlds: list[tuple[Plan, dict[str, Any]]]) -> None:
    """Of an object, of a group full of SIMs, and of a SIM."""
    for plan, _ in worlds:
        named = [c for c in plan.changes if c.fields and {field.path for field in c.fields} == {"displayName"}]
        assert [(c.impact.sims, c.impact.effect) for c in named] == [(0, "label only")] * len(named)
        only = [edit for edit in plan.roster.edits if edit.after.keys() == {"displayName"}]
        assert [edit for edit in only if is_edit_noticed(edit)] == []


def test_what_ends_a_network_never_keeps_its_sessions(worlds: list[tuple[Plan, dict[str, Any]]]) -> None:
    """Of whatever is deleted or replaced, no text says that sessions are kept or go on."""
    ends = [c for plan, _ in worlds for c in plan.changes if c.action in {Action.DELETE, Action.REPLACE}]
    assert {"VSlice", "EndpointGroup"} <= {change.address.kind for change in ends}
    assert [c for c in ends if "are kept" in c.impact.effect or "go on as they are" in c.impact.effect] == []


def test_the_worlds_have_every_case(worlds: list[tuple[Plan, dict[str, Any]]]) -> None:
    """Renames, labels, moves, states and locks occur together with edits of objects: the laws above say something."""
    settings = {effect["setting"] for plan, _ in worlds for effect in body_of(plan)["roster"]["effects"]}
    assert {"group", "state", "imeiLock", "displayName", "tags", "keyValues"} <= settings
    assert any(
        c.live_moniker == "all-cars" and c.address.name == "all-wagons" for plan, _ in worlds for c in plan.changes
    )
    assert sum(plan.sims_touched > 0 for plan, _ in worlds) > len(worlds) // 2
