"""Reports that a command writes beside its output: `--report FORMAT=PATH`."""

import json
from pathlib import Path

import pytest

from tests.features.cli.guarded import Guarded, csv, trial

SIMS = 12


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """Twelve SIMs that are in service."""
    return trial(tmp_path_factory.mktemp("reports") / "estate", SIMS)


@pytest.fixture
def estate(template: Guarded, tmp_path: Path) -> Guarded:
    """A copy in which all SIMs move to the other group, which a guard refuses."""
    copy = template.copy_to(tmp_path / "estate")
    rows = (copy.root / "sims/uk.csv").read_text(encoding="utf-8")
    copy.write("sims/uk.csv", csv([], "name"))
    copy.write("sims/de.csv", rows)
    return copy


def test_a_refused_plan_writes_every_report_before_the_exit_code_is_chosen(estate: Guarded, tmp_path: Path) -> None:
    """The exit code is 3, and each file has the verdict and the SIMs."""
    result = estate.run(
        "plan",
        *("--report", f"markdown={tmp_path / 'plan.md'}"),
        *("--report", f"status={tmp_path / 'status.txt'}"),
        *("--report", f"json={tmp_path / 'plan.json'}"),
    )

    document = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    answers = document["answers"]
    assert (result.exit_code, document["exitCode"]) == (3, 3)
    assert (answers["going"], answers["by"], answers["sims"]) == ("NEEDS CONSENT", ["simMoves"], SIMS)
    assert (tmp_path / "status.txt").read_text(encoding="utf-8") == (
        "NEEDS CONSENT simMoves · 12/12 SIMs · irreversible 0 · deleted+replaced 0 · mine ?\n"
    )
    assert "- **How many SIMs?** 12 of 12\n" in (tmp_path / "plan.md").read_text(encoding="utf-8")


def test_invalid_manifests_give_reports_that_say_so(estate: Guarded, tmp_path: Path) -> None:
    """No plan is made, and the report of an earlier run is not left behind as if it were one."""
    estate.run("plan", "--report", f"markdown={tmp_path / 'plan.md'}")
    estate.write("estate/bad.yaml", "kind: [\n")

    result = estate.run("plan", "--report", f"markdown={tmp_path / 'plan.md'}")

    text = (tmp_path / "plan.md").read_text(encoding="utf-8")
    assert result.exit_code == 8
    assert "- **May it go?** **REFUSED** by `manifests`\n" in text
    assert text.endswith("No plan was made.\n")


def test_a_report_never_replaces_a_file_that_holds_something_else(estate: Guarded) -> None:
    """A mistyped path would else cost a manifest: exit 64, and the file is as it was."""
    before = (estate.root / "sims/de.csv").read_bytes()

    result = estate.run("plan", "--report", f"markdown={estate.root / 'sims/de.csv'}")

    assert (result.exit_code, (estate.root / "sims/de.csv").read_bytes()) == (64, before)


@pytest.mark.parametrize("report", ["markdown", "markdown=", "word=plan.doc"])
def test_a_report_needs_a_format_and_a_path(estate: Guarded, report: str) -> None:
    """The formats are named, and nothing is planned."""
    result = estate.run("plan", "--report", report)

    assert (result.exit_code, "the formats are text, json, markdown" in result.stderr) == (64, True)
