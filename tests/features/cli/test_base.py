"""Whose change is it: ``plan --base REV`` reads the manifests of a Git revision and sorts every change."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reconciler.plan.planfile import load
from reconciler.plan.provenance import Provenance, ProvenanceTally, provenance_counts
from tests.features.cli.guarded import Guarded, csv, trial
from tests.features.cli.repository import committed, git, with_entry, with_raw_path
from tests.features.sims.estate import iccids

SIMS = iccids(10)


def _policy(name: str, default: str = "allow", title: str = "Title") -> str:
    shown = f", displayName: {title}" if title else ""
    return f"kind: OperatorPolicy\nmetadata: {{name: p-{name}}}\nspec: {{default: {default}{shown}}}\n"


def _write(estate: Guarded, **policies: str) -> None:
    """One file for each policy."""
    for name, document in policies.items():
        estate.declare(f"policy-{name}", document)


def _place(estate: Guarded, **groups: list[str]) -> None:
    for name, numbers in groups.items():
        estate.write(f"sims/{name}.csv", csv(numbers, name="Van"))


def _drifted(estate: Guarded, folder: Path, **policies: str) -> None:
    """Somebody else changes the platform: from a copy of the estate, whose platform becomes this one's."""
    other = estate.copy_to(folder)
    _write(other, **policies)
    other.apply()
    name = Path(".reconciler") / "platform.db"
    shutil.copy(other.root / name, estate.root / name)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """An estate with one change of each sort; main is the base."""
    folder = tmp_path_factory.mktemp("base")
    estate = trial(folder / "estate", applied=False)
    names = ("mine", "pending", "drift", "released", "same")
    _write(estate, **{name: _policy(name) for name in names})
    estate.apply()
    _drifted(estate, folder / "other", drift=_policy("drift", "reject-hard"))
    _write(estate, pending=_policy("pending", "reject-hard"))
    _place(estate, uk=SIMS[2:], de=SIMS[:2])
    committed(estate)
    _write(estate, mine=_policy("mine", "reject-hard"), new=_policy("new"), released=_policy("released", title=""))
    _place(estate, uk=SIMS[3:], fr=SIMS[2:3])
    return estate


@pytest.fixture
def estate(template: Guarded, tmp_path: Path) -> Guarded:
    """A copy of it."""
    return template.copy_to(tmp_path / "estate")


def _document(estate: Guarded, *words: str) -> dict[str, Any]:
    result = estate.run("plan", "--base", "main", "-o", "json", *words)
    assert result.exit_code in {0, 3}, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _whose(document: dict[str, Any]) -> dict[str, str]:
    return {change["address"].partition("/p-")[2]: change["provenance"] for change in document["provenance"]["changes"]}


def test_each_change_is_in_the_group_that_it_belongs_to(estate: Guarded) -> None:
    """One estate with one of each, objects and SIMs; what is in none of them is not mentioned."""
    document = _document(estate)

    assert _whose(document) == {
        "mine": "change_set",
        "new": "change_set",
        "pending": "pending",
        "drift": "drift",
        "released": "released",
    }
    assert [(s["target"], s["provenance"], s["count"]) for s in document["provenance"]["sims"]] == [
        ("fleet-de", "pending", 2),
        ("fleet-fr", "change_set", 1),
    ]


def test_the_groups_add_up_to_the_plan(estate: Guarded, tmp_path: Path) -> None:
    """Each change is counted once, in the plan that is made and in the one that is read from its file."""
    saved = tmp_path / "saved.plan"
    document = _document(estate, "--out", str(saved))
    counts = document["provenance"]["counts"]

    loaded, _ = load(saved)

    assert {one.value: {"objects": n.objects, "sims": n.sims} for one, n in provenance_counts(loaded).items()} == counts
    assert sum(count["objects"] for count in counts.values()) == len(loaded.changes) == 5
    assert sum(count["sims"] for count in counts.values()) == sum(c.count for c in loaded.roster.changes) == 3


def test_the_text_says_whose_each_change_is(estate: Guarded) -> None:
    """The five lines, with the commit that was compared with."""
    commit = git(estate.root, "rev-parse", "main")

    shown = estate.run("plan", "--base", "main").stdout

    assert f"Whose change it is, against main ({commit[:12]})" in shown
    for line in (
        "by this change set: 2 objects, 1 change of SIMs",
        "already pending on the base: 1 object, 2 changes of SIMs",
        "drift: it puts back what was changed on the platform: 1 object",
        "released: nothing is sent, and the live values stay: 1 object",
    ):
        assert line in shown


def test_a_released_field_is_said_to_stay_and_then_is_not_managed(estate: Guarded) -> None:
    """The plan has the live value, the apply sends nothing for it, and the next plan is empty."""
    before = estate.platform()["OperatorPolicies"]["p-released"]

    assert 'displayName is released: it stays "Title" on the platform' in estate.run("plan").stdout
    estate.apply()

    assert estate.platform()["OperatorPolicies"]["p-released"] == before
    assert estate.run("drift").exit_code == 0


def test_without_a_base_only_drift_and_releases_are_known(estate: Guarded, tmp_path: Path) -> None:
    """Whether a change is of this change set is not determined, and never guessed."""
    saved = tmp_path / "saved.plan"
    estate.run("plan", "--out", str(saved))

    assert provenance_counts(load(saved)[0]) == {
        Provenance.DRIFT: ProvenanceTally(1),
        Provenance.RELEASED: ProvenanceTally(1),
        Provenance.NOT_DETERMINED: ProvenanceTally(3, 3),
    }


def test_a_base_that_is_invalid_determines_nothing(estate: Guarded) -> None:
    """A change set that mends the base can be planned; nobody is told that a change is theirs or not."""
    git(estate.root, "switch", "--quiet", "--create", "topic")
    committed(estate, "topic")
    git(estate.root, "switch", "--quiet", "main")
    _write(estate, same="kind: OperatorPolicy\nmetadata: {name: p-same}\nspec: {default: perhaps}\n")
    committed(estate, "broken")
    git(estate.root, "switch", "--quiet", "topic")

    document = _document(estate)

    assert set(_whose(document).values()) == {"not_determined", "drift", "released"}
    assert "the manifests of main are invalid there: estate/policy-same.yaml:" in document["provenance"]["problem"]


def test_lists_that_are_not_declared_any_more_are_named(estate: Guarded) -> None:
    """Nothing happens to their SIMs, and the plan says so."""
    (estate.root / "estate" / "sims.yaml").unlink()

    result = estate.run("plan", "--base", "main")

    assert (
        "EndpointSet/set-uk is not declared any more: its 8 SIMs are in no list, and stay as they are" in result.stdout
    )


@pytest.mark.parametrize("revision", ["", "-h", "--output=x", "nothing", "main:estate", "a\nb"])
def test_a_name_that_leads_to_no_commit_is_wrong_usage(estate: Guarded, revision: str) -> None:
    """Exit 64 with one line, also for what looks like an option."""
    result = estate.run("plan", f"--base={revision}")

    assert (result.exit_code, result.stdout) == (64, "")


def test_without_a_repository_there_is_no_base(estate: Guarded) -> None:
    """Exit 64, and Git's own words are not shown."""
    shutil.rmtree(estate.root / ".git")

    result = estate.run("plan", "--base", "main")

    assert result.exit_code == 64
    assert "fatal" not in result.stderr


@pytest.mark.parametrize(
    ("path", "mode", "words"),
    [
        ("estate/link.yaml", "120000", "It is a symbolic link."),
        ("elsewhere", "120000", "It is a symbolic link."),
        ("vendor", "160000", "It is a submodule"),
    ],
)
def test_links_and_submodules_of_the_base_are_refused(estate: Guarded, path: str, mode: str, words: str) -> None:
    """Exit 8 with the path, whatever they lead to."""
    target = git(estate.root, "rev-parse", "HEAD") if mode == "160000" else "/etc/passwd"
    with_entry(estate.root, path, mode, target)

    result = estate.run("plan", "--base", "main")

    assert result.exit_code == 8
    assert f"main:{path}" in result.stderr
    assert words in result.stderr


def test_nothing_of_the_base_runs(estate: Guarded) -> None:
    """Hooks, filters, attributes and a repository inside of the tree are bytes, and no program sees them."""
    trap = estate.root / "sprung"
    hook = f"#!/bin/sh\ntouch {trap}\n"
    estate.write(".gitattributes", "* filter=evil export-ignore text eol=crlf ident\n")
    estate.write("hooks/post-checkout", hook)
    estate.write(".hooks/post-checkout", hook)
    committed(estate, "hostile")
    for name in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"):
        path = estate.root / ".git" / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(hook, encoding="utf-8")
        path.chmod(0o755)
    for name, value in (("smudge", "touch"), ("clean", "touch"), ("process", "touch")):
        git(estate.root, "config", f"filter.evil.{name}", f"{value} {trap}")
    git(estate.root, "config", "core.fsmonitor", f"touch {trap}")
    trap.unlink(missing_ok=True)

    document = _document(estate)

    assert document["provenance"]["problem"] is None
    assert not trap.exists()
    assert set(_whose(document).values()) == {"pending", "drift", "released"}


def test_a_repository_inside_of_the_tree_is_not_the_base(estate: Guarded, tmp_path: Path) -> None:
    """Files of the tree that are a bare repository do not take the place of the one around them: exit 64."""
    git(tmp_path, "clone", "--quiet", "--bare", str(estate.root), str(tmp_path / "bare"))
    shutil.rmtree(estate.root / ".git")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", "estate/estate")
    git(tmp_path, "commit", "--quiet", "-m", "around")
    assert estate.run("plan", "--base", "main").exit_code == 0
    shutil.copytree(tmp_path / "bare", estate.root, dirs_exist_ok=True)

    result = estate.run("plan", "--base", "main")

    assert (result.exit_code, result.stdout) == (64, "")


@pytest.mark.parametrize(
    "path", ["../leads-out.yaml", "estate/../../leads-out.yaml", "estate//twice.yaml", "/etc/x.yaml"]
)
def test_a_path_of_the_base_leads_nowhere_else(estate: Guarded, path: str) -> None:
    """A tree that Git itself would not write is refused with exit 8, and nothing is written anywhere."""
    with_raw_path(estate.root, path)

    result = estate.run("plan", "--base", "raw")

    assert (result.exit_code, result.stdout) == (8, "")
    assert not list(estate.root.parent.rglob("*leads-out*"))


@pytest.mark.parametrize("path", [".git/config", ".GIT/hooks/post-checkout.yaml", "estate/.hidden/x.yaml"])
def test_hidden_files_of_the_base_are_not_read(estate: Guarded, path: str) -> None:
    """Not even those that look like the repository's own; all that is declared is new then."""
    with_raw_path(estate.root, path)

    result = estate.run("plan", "--base", "raw", "-o", "json")

    found = json.loads(result.stdout)["provenance"]
    assert (found["problem"], set(found["counts"])) == (None, {"change_set", "released"})
