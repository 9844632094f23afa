"""Export into an estate that people wrote: it gets what it lacks, and every other byte stays."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.accounts.platform import Platform, platform, tree
from tests.features.sims.estate import iccids

SIMS = iccids(6)
ESTATE = """\
# The team's own words.
apiVersion: reconciler.dev/v1alpha1
kind: Estate
metadata: {name: team}
spec: {manifests: [estate/]}
"""
GROUPS = """\
# Cars of the sales people.  \r
apiVersion: reconciler.dev/v1alpha1
kind: EndpointGroup
metadata: {name: cars-uk}   # the first one
spec:
    vslice:   'existing:main-net'    # shared with the workshop
    routingPolicy: existing:open-policy
    regionalPolicy: existing:automatic   # the platform's own
---
# existing:main-net in a comment stays
apiVersion: reconciler.dev/v1alpha1
kind: EndpointSet
metadata: {name: sales}
spec: {group: cars-uk, members: [{list: [{iccid: "NUMBER"}]}]}
"""


@pytest.fixture
def account() -> Iterator[Platform]:
    """Two groups of one network, with SIMs."""
    with platform() as found:
        found.network()
        for name in ("cars-uk", "cars-de"):
            found.group(name)
        found.simulator.put_sims(SIMS[:3], "cars-uk", "active")
        found.simulator.put_sims(SIMS[3:], "cars-de", "active")
        yield found


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """A tree with comments and habits of its own that declares one group and one SIM."""
    folder = tmp_path / "team"
    (folder / "estate").mkdir(parents=True)
    (folder / "reconciler.yaml").write_text(ESTATE)
    (folder / "estate" / "groups.yaml").write_bytes(GROUPS.replace("NUMBER", SIMS[0]).encode())
    return folder


def test_the_missing_is_added_and_no_other_byte_changes(account: Platform, estate: Path) -> None:
    """References lose their prefix where the object is declared by now; comments and blanks stay; the plan is empty."""
    before = tree(estate)
    added = account.run("export", "--into", str(estate))
    assert added.exit_code == 0, added.output
    after = tree(estate)
    wished = before["estate/groups.yaml"].replace(b"'existing:main-net'", b"'main-net'")
    wished = wished.replace(b"routingPolicy: existing:open-policy", b"routingPolicy: open-policy")
    assert {name: after[name] for name in before} == {**before, "estate/groups.yaml": wished}
    assert {name for name in after.keys() - before.keys() if not name.startswith("schemas/")} == {
        ".gitignore", "estate/vslices.yaml", "estate/routing-targets.yaml", "estate/routing-policies.yaml",
        "estate/endpoint-groups.yaml", "estate/endpoint-sets.yaml", "estate/sims/cars-uk.csv",
        "estate/sims/cars-de.csv",
    }  # fmt: skip
    assert [line.split(",")[0] for line in after["estate/sims/cars-uk.csv"].decode().splitlines()[1:]] == SIMS[1:3]
    account.simulator.clear_log()
    adopted = account.run("apply", "--adopt", "-y", "-C", str(estate))
    assert (adopted.exit_code, account.written()) == (0, []), adopted.output
    assert account.run("plan", "--detailed-exitcode", "-C", str(estate)).exit_code == 0


@pytest.mark.slow
def test_nothing_is_missing_the_second_time(account: Platform, estate: Path) -> None:
    """A tree that declares everything stays as it is."""
    account.run("export", "--into", str(estate))
    before = tree(estate)
    again = account.run("export", "--into", str(estate))
    assert (again.exit_code, tree(estate) == before) == (0, True), again.output


@pytest.mark.slow
def test_a_later_object_goes_into_a_file_of_its_own(account: Platform, estate: Path) -> None:
    """A file that is there is never written over: the next one has another name."""
    account.run("export", "--into", str(estate))
    before = tree(estate)
    account.group("cars-fr")
    assert account.run("export", "--into", str(estate)).exit_code == 0
    after = tree(estate)
    assert after.keys() - before.keys() == {"estate/endpoint-groups-added-1.yaml"}
    assert {name: after[name] for name in before} == before


@pytest.mark.slow
def test_a_tree_with_changes_of_its_own_gets_the_missing_all_the_same(account: Platform, estate: Path) -> None:
    """Changes that wait to be applied are no reason against an export, and stay in the plan."""
    manifest = estate / "estate" / "groups.yaml"
    manifest.write_text(manifest.read_text().replace("spec:\n", "spec:\n    displayName: Sales cars\n", 1))
    assert account.run("export", "--into", str(estate)).exit_code == 0
    plan = account.run("plan", "--adopt", "-C", str(estate))
    assert ("Sales cars" in plan.output, "1 to change" in plan.output or "~" in plan.output) == (True, True)
