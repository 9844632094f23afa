"""The scope of an estate from the command line: outside of it nothing is created, adopted, edited or deleted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve
from tests.features.cli.copies import Copy

CONFIGURATION = """\
apiVersion: reconciler.dev/v1alpha1
kind: Estate
metadata: {name: team}
spec: {manifests: [estate/], scope: SCOPE}
"""
NET = """\
apiVersion: reconciler.dev/v1alpha1
kind: VSlice
metadata: {name: NAME}
spec: {displayName: "TITLE", subnets: [10.99.0.0/24]}
"""
SET = """\
apiVersion: reconciler.dev/v1alpha1
kind: EndpointSet
metadata: {name: the-cars}
spec: {group: existing:b-group, members: [{list: [{iccid: "8988228000000000004"}]}]}
"""
ANY, ONLY_A = "{names: ['*']}", "{names: ['a-*'], groups: ['a-*']}"


class Team(Copy):
    """An estate of a few VSlices on a platform behind HTTP, with a scope."""

    def __init__(self, root: Path, simulator: Simulator, url: str) -> None:
        super().__init__(root)
        self.simulator = simulator
        self.environment["STACUITY_HOST"] = url
        for file in (self.root / "estate").rglob("*.yaml"):
            file.unlink()
        self.may_own(ANY)

    def may_own(self, scope: str) -> None:
        """Write the scope."""
        (self.root / "reconciler.yaml").write_text(CONFIGURATION.replace("SCOPE", scope), encoding="utf-8")

    def declare(self, **titles: str) -> None:
        """These VSlices and no others, each in a file of its own."""
        for file in (self.root / "estate").glob("*.yaml"):
            file.unlink()
        for name, title in titles.items():
            moniker = name.replace("_", "-")
            text = NET.replace("NAME", moniker).replace("TITLE", title)
            (self.root / "estate" / f"{moniker}.yaml").write_text(text, encoding="utf-8")

    def live(self) -> dict[str, str]:
        """The VSlices of the platform: moniker and name."""
        dump: dict[str, Any] = self.simulator.dump()["vslices"]
        return {moniker: str(payload["name"]) for moniker, payload in dump.items()}

    def written(self) -> list[str]:
        """The changes that were asked for, by the platform's own log."""
        return [f"{row.method} {row.path}" for row in self.simulator.log() if row.method != "GET"]


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """A team that applied two VSlices before it had a scope."""
    simulator = Simulator()
    with serve(simulator, port=0) as server:
        found = Team(tmp_path / "team", simulator, server.url)
        found.declare(a_net="Ours", b_net="Theirs")
        assert found.run("apply", "-y").exit_code == 0
        yield found
    simulator.close()


def test_a_declaration_outside_is_invalid(team: Team) -> None:
    """Exit code 8 with file, line and column before the platform is asked, whether it exists, is ours, or neither."""
    team.declare(a_net="Ours", b_net="Theirs", b_new="New")
    (team.root / "estate" / "cars.yaml").write_text(SET, encoding="utf-8")
    team.may_own(ONLY_A)
    before = len(team.simulator.log())
    commands = [["validate"], ["plan"], ["plan", "--adopt"], ["apply", "-y"], ["adopt", "--all", "-y"], ["drift"]]

    for command in [*commands, ["destroy", "--confirm", "team"]]:
        result = team.run(*command)

        assert result.exit_code == 8, result.output
        for place, why in (
            ("estate/b-net.yaml:3:18", "its name fits none of spec.scope.names: a-*"),
            ("estate/b-new.yaml:3:18", "its name fits none of spec.scope.names: a-*"),
            ("estate/cars.yaml:4:15", "EndpointGroup/b-group fits none of spec.scope.groups: a-*"),
        ):
            assert place in result.output
            assert why in result.output
        assert "a-net.yaml" not in result.output
    assert len(team.simulator.log()) == before


def test_an_owned_object_outside_is_named_and_left_alone(team: Team) -> None:
    """Removed from the manifests, or with the whole estate: it is not deleted, and plan, apply, destroy name it."""
    team.declare(a_net="Ours, edited")
    team.may_own(ONLY_A)

    plan = team.run("plan", "--detailed-exitcode")
    applied = team.run("apply", "-y")
    destroyed = team.run("destroy", "--confirm", "team")

    for result, code in ((plan, 2), (applied, 0), (destroyed, 0)):
        assert result.exit_code == code, result.output
        assert "VSlice/b-net is owned by this estate and outside of the scope; it is left alone" in result.output
    assert team.live() == {"b-net": "Theirs"}


def test_a_plan_file_is_held_to_the_scope_of_the_one_who_applies(team: Team) -> None:
    """The scope became narrower after the plan: exit code 3 with each change outside, and nothing is sent."""
    team.declare(a_net="Ours, edited", b_new="New")
    plan = str(team.root / "plan.json")
    assert team.run("plan", "--out", plan).exit_code == 0
    team.declare(a_net="Ours, edited")
    team.may_own(ONLY_A)
    before = team.live(), team.written()

    result = team.run("apply", plan, "-y")

    assert result.exit_code == 3, result.output
    assert "refused [scope]: VSlice/b-net (estate/b-net.yaml:3:18) would be deleted" in result.output
    assert "refused [scope]: VSlice/b-new (estate/b-new.yaml:3:18) would be created" in result.output
    assert "VSlice/a-net" not in result.output
    assert (team.live(), team.written()) == before


def test_drift_compares_what_is_inside(team: Team) -> None:
    """Somebody else edits both objects: drift is of the one inside, the other is named on stderr."""
    team.declare(a_net="Ours")
    team.may_own(ONLY_A)
    others = Team(team.root.with_name("others"), team.simulator, str(team.environment["STACUITY_HOST"]))
    others.declare(b_net="Changed")
    assert others.run("apply", "--adopt", "-y").exit_code == 0

    result = team.run("drift")

    assert result.exit_code == 0, result.output
    assert "1 owned object is outside of the scope (spec.scope), and not compared: VSlice/b-net" in result.stderr


def test_an_export_holds_what_the_estate_may_own(team: Team, tmp_path: Path) -> None:
    """Objects outside are left out and said; the exported configuration has the same scope."""
    team.declare(a_net="Ours")
    team.may_own(ONLY_A)

    result = team.run("export", str(tmp_path / "exported"))

    assert result.exit_code == 0, result.output
    assert "left out: VSlice/b-net, it is outside of the scope" in result.stderr
    assert "b-net" not in (tmp_path / "exported" / "vslices.yaml").read_text(encoding="utf-8")
    assert team.run("validate", "-C", str(tmp_path / "exported")).exit_code == 0
    configuration = (tmp_path / "exported" / "reconciler.yaml").read_text(encoding="utf-8")
    assert "scope:" in configuration
    assert "a-*" in configuration


def test_the_scope_is_explained_and_checked(team: Team) -> None:
    """`explain` knows its fields; a misspelt kind and an empty list are refused with the place."""
    assert "Shell patterns of the monikers" in CliRunner().invoke(cli, ["explain", "Estate.scope.names"]).output
    for scope, said in (
        ("{kinds: [Vslice]}", "Write VSlice"),
        ("{names: []}", "at least one entry"),
        ("{name: [a]}", "names"),
        ("{groups: ['']}", "a name or a pattern"),
    ):
        team.may_own(scope)
        result = team.run("validate")
        assert result.exit_code == 8, result.output
        assert "reconciler.yaml:4:" in result.output
        assert said in result.output


def test_the_plan_document_says_what_was_left_alone(team: Team) -> None:
    """The plan document has the verdict, and the digest of the policy covers the scope."""
    team.declare(a_net="Ours")
    wide = json.loads(team.run("plan", "-o", "json").stdout)["plan"]
    team.may_own(ONLY_A)
    narrow = json.loads(team.run("plan", "-o", "json").stdout)["plan"]

    assert [change["action"] for change in wide["changes"]] == ["delete"]
    assert narrow["changes"] == []
    assert [(g["guard"], g["verdict"], g["addresses"]) for g in narrow["guards"]] == [
        ("scope", "warn", ["VSlice/b-net"])
    ]
    assert wide["basis"]["policy"] != narrow["basis"]["policy"]
