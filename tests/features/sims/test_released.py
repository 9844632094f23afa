"""A list of SIMs that leaves the manifests: nothing happens to its SIMs, and the plan says so."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.model.held import MOST_SETS, held_sets
from reconciler.model.inventory import HeldSet
from reconciler.model.roster import Roster, SimSet
from reconciler.plan.deriving import derived
from reconciler.plan.grounds import Grounds, ReleasedSet
from reconciler.plan.planfile import decode, encode
from reconciler.plan.roster_contradictions import contradictions_of_released
from reconciler.simulator.application import Simulator
from reconciler.store.rows import sets_of
from tests.features.drift.conftest import platform
from tests.features.sims.estate import HEAD, NETWORK, endpoint, groups, iccids, listed
from tests.unit.plan.plans import DIGEST, edit, plan

__all__ = ["platform"]
A, B, C, D = iccids(4)
GONE = ReleasedSet("EndpointSet/set-de", "fleet-de", 2, DIGEST)


class _Desk:
    """An estate with two lists and an Endpoint, applied."""

    def __init__(self, root: Path, platform: tuple[Simulator, str]) -> None:
        self.root = root
        self.environment = {"STACUITY_HOST": platform[1], "STACUITY_TOKEN": "a-token", "CI": "true"}
        platform[0].put_sims([A, B, C, D])

    def declare(self, *lists: str) -> None:
        """The network, two groups and these lists."""
        documents = [*NETWORK.split("---\n"), *groups("fleet-uk", "fleet-de").split("---\n"), *lists]
        text = "---\n".join(f"{HEAD}{document.strip()}\n" for document in documents)
        (self.root / "estate.yaml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        """One command."""
        return CliRunner().invoke(cli, [*arguments, "-C", str(self.root)], env=self.environment)


def test_the_plan_says_that_a_list_is_released_and_nothing_happens(
    tmp_path: Path, platform: tuple[Simulator, str]
) -> None:
    """A pending change until it is applied, without a request; then the plan is empty. A new name is no release."""
    desk = _Desk(tmp_path, platform)
    uk, de = listed("set-uk", "fleet-uk", [A]), listed("set-de", "fleet-de", [B, C])
    desk.declare(uk, de, endpoint("single", D, ", group: fleet-uk"))
    assert (one := desk.run("apply", "-y")).exit_code == 0, one.output
    desk.declare(uk, listed("set-de-2", "fleet-de", [C, B]), endpoint("single", D, ", group: fleet-uk"))
    assert desk.run("plan", "--detailed-exitcode").exit_code == 0
    desk.declare(uk)
    before = platform[0].dump()

    found = desk.run("plan", "--detailed-exitcode")

    assert found.exit_code == 2, found.output
    assert (
        "EndpointSet/set-de is not declared any more and released: its 2 SIMs in EndpointGroup/fleet-de" in found.output
    )
    assert "Endpoint/single is not declared any more and released: its SIM in EndpointGroup/fleet-uk" in found.output
    assert "No changes" not in found.output
    body = json.loads(desk.run("plan", "-o", "json").stdout)["plan"]
    assert [(one["address"], one["sims"]) for one in body["grounds"]["released"]] == [
        ("Endpoint/single", 1),
        ("EndpointSet/set-de", 2),
    ]
    assert (one := desk.run("apply", "-y")).exit_code == 0, one.output
    assert platform[0].dump() == before
    assert desk.run("plan", "--detailed-exitcode").exit_code == 0


def test_the_last_list_is_released_too(tmp_path: Path, platform: tuple[Simulator, str]) -> None:
    """An estate that says nothing of SIMs any more; a part of it says nothing of the rest."""
    desk = _Desk(tmp_path, platform)
    desk.declare(listed("set-uk", "fleet-uk", [A, B]))
    assert (one := desk.run("apply", "-y")).exit_code == 0, one.output
    desk.declare()

    assert desk.run("plan", "--detailed-exitcode", "-f", "estate.yaml").exit_code == 0
    assert "EndpointSet/set-uk is not declared any more and released" in desk.run("plan").output
    assert (one := desk.run("apply", "-y")).exit_code == 0, one.output
    assert desk.run("plan", "--detailed-exitcode").exit_code == 0


def test_a_released_list_is_in_the_plan_file() -> None:
    """It is read back as it was written; a file without one has no such member."""
    made = derived(replace(plan(), grounds=Grounds(released=(GONE,))))
    assert made.has_work
    assert decode(encode(made), "plan")[0].grounds.released == (GONE,)
    assert b"released" not in encode(plan())


@pytest.mark.parametrize(
    "released",
    [
        (GONE, GONE),
        (replace(GONE, address="VSlice/net"),),
        (replace(GONE, address="EndpointSet/all"),),
    ],
)
def test_a_release_that_contradicts_the_plan_is_refused(released: tuple[ReleasedSet, ...]) -> None:
    """A list once, no object, and none that speaks of SIMs in the same plan."""
    roster = replace(plan().roster, edits=(edit(0, {"displayName": "x"}),))
    assert list(contradictions_of_released(roster, released)) == [f"{released[0].address} cannot be released"]
    assert list(contradictions_of_released(roster, (GONE,))) == []


def test_a_list_is_remembered_by_its_group_count_and_digest() -> None:
    """The order of rows does not count; references differ from numbers, and too many lists are not remembered."""
    sets = [SimSet(address="EndpointSet/a", group="g"), SimSet(address="Endpoint/b", group=None)]
    one = Roster(sets=sets, members={2: 0, 1: 0}, references={"x": 0})
    other = Roster(sets=sets, members={1: 0, 2: 0}, references={"x": 0})
    held = held_sets(one)
    assert held == held_sets(other)
    assert [(address, row.group, row.sims) for address, row in held.items()] == [("EndpointSet/a", "g", 3)]
    assert held != held_sets(Roster(sets=sets, members={1: 0, 3: 0}, references={"x": 0}))
    assert held_sets(Roster(sets=sets * MOST_SETS)) == {}


def test_a_note_that_makes_no_sense_is_no_note() -> None:
    """Nothing depends on it but a sentence."""
    assert sets_of('{"EndpointSet/a":["g",2,"sha256:x"]}') == {"EndpointSet/a": HeldSet("g", 2, "sha256:x")}
    assert [sets_of(text) for text in ("[]", "{", '{"a":[1]}', '{"a":["g","many","x"]}', "null")] == [{}] * 5
