"""Reports that a command writes beside its output: `--report FORMAT=PATH`."""

import json
from pathlib import Path

import pytest

from reconciler.simulator.application import Simulator
from tests.features.cli.guarded import Guarded, csv, policies, trial
from tests.features.sims.estate import iccids

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


FORMATS = ("text", "json", "markdown", "html", "sarif", "github", "summary", "junit", "gitlab", "status")


def _all(folder: Path) -> list[str]:
    """An option for each format."""
    return [word for form in FORMATS for word in ("--report", f"{form}={folder / form}")]


def _written(folder: Path) -> dict[str, str]:
    return {form: (folder / form).read_text(encoding="utf-8") for form in FORMATS}


def test_every_format_of_a_refused_plan_says_how_many_sims(estate: Guarded, tmp_path: Path) -> None:
    """Text, JSON, Markdown, HTML, SARIF, annotations, summary, JUnit and status name the guard; GitLab counts."""
    result = estate.run("plan", *_all(tmp_path))

    found = _written(tmp_path)
    assert result.exit_code == 3
    assert json.loads(found.pop("gitlab")) == {"create": 0, "update": SIMS, "delete": 0}
    assert [form for form, text in found.items() if "simMoves" not in text] == []
    assert [form for form, text in found.items() if "12" not in text] == []


def test_an_applied_plan_reports_what_was_done(template: Guarded, tmp_path: Path) -> None:
    """The result by change, the exit code, and the plan that it was."""
    copy = template.copy_to(tmp_path / "estate")
    copy.declare("policies", policies(2))

    result = copy.run("apply", "--auto-approve", *_all(tmp_path))

    found = _written(tmp_path)
    assert (result.exit_code, json.loads(found["json"])["exitCode"]) == (0, 0)
    assert "Result\n  Apply complete: 2 done." in found["text"]
    assert "### Result\n\n- `Apply complete: 2 done.`" in found["markdown"]
    assert '<testcase classname="reconciler.apply" name="OperatorPolicy/policy-00 create" />' in found["junit"]
    assert found["status"] == "APPLIED · 2 done · exit 0\n"


def test_a_refused_apply_reports_the_refusal(estate: Guarded, tmp_path: Path) -> None:
    """Nothing was sent, and every report is about the plan that was refused."""
    result = estate.run("apply", "--auto-approve", *_all(tmp_path))

    found = _written(tmp_path)
    assert (result.exit_code, json.loads(found["json"])["exitCode"]) == (3, 3)
    assert found["status"].startswith("NEEDS CONSENT simMoves · 12/12 SIMs")


def test_a_saved_plan_is_reported_by_show(estate: Guarded, tmp_path: Path) -> None:
    """The reports of `show` are those of `plan`, but for the command that is named in none of them."""
    estate.run("plan", "--out", str(tmp_path / "saved.plan"), "--report", f"markdown={tmp_path / 'plan.md'}")

    result = estate.run("show", str(tmp_path / "saved.plan"), "--report", f"markdown={tmp_path / 'show.md'}")

    assert result.exit_code == 3
    assert (tmp_path / "show.md").read_bytes() == (tmp_path / "plan.md").read_bytes()


def test_drift_is_reported_in_every_format(template: Guarded, tmp_path: Path) -> None:
    """No drift passes; an object that somebody changed is a failure with its name."""
    copy = template.copy_to(tmp_path / "estate")
    assert copy.run("drift", *_all(tmp_path)).exit_code == 0
    assert (tmp_path / "status").read_text(encoding="utf-8") == "OK · no drift\n"

    simulator = Simulator(copy.root / ".reconciler" / "platform.db")
    simulator.put_sims(iccids(1), group="fleet-de")
    simulator.close()
    result = copy.run("drift", *_all(tmp_path))

    found = _written(tmp_path)
    assert result.exit_code == 2
    assert found["status"] == "DRIFT · 0 objects · 1 SIM\n"
    document = json.loads(found["json"])
    assert (document["exitCode"], len(document["sims"])) == (2, 1)
    assert '<failure message="changed since the last apply' in found["junit"]
    assert "### Not determined" not in found["markdown"]


def test_findings_of_validate_are_reported_in_every_format(estate: Guarded, tmp_path: Path) -> None:
    """The code and the place of a mistake, and exit code 8."""
    estate.declare("bad", "kind: VSlice\nmetadata: {name: bad-one}\nspec: {subnets: [not-a-net]}\n")

    result = estate.run("validate", *_all(tmp_path))

    found = _written(tmp_path)
    assert result.exit_code == 8
    assert json.loads(found.pop("gitlab")) == {"create": 0, "update": 0, "delete": 0}
    assert found.pop("status") == "REFUSED manifests · nothing was determined\n"
    assert [form for form, text in found.items() if "bad.yaml" not in text] == []


def test_a_job_summary_is_added_to_what_is_there(estate: Guarded, tmp_path: Path) -> None:
    """Other steps wrote before; nothing of theirs is lost."""
    (tmp_path / "summary.md").write_text("# Earlier\n", encoding="utf-8")

    estate.run("plan", "--report", f"summary={tmp_path / 'summary.md'}")

    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("# Earlier\n<!-- reconciler plan")


def test_one_file_is_not_named_for_two_reports(estate: Guarded, tmp_path: Path) -> None:
    """The second would replace the first: exit 64 before anything is read."""
    path = tmp_path / "report"

    result = estate.run("plan", "--report", f"markdown={path}", "--report", f"html={path}")

    assert (result.exit_code, path.exists()) == (64, False)


def test_a_command_that_ends_early_leaves_no_older_report(estate: Guarded, tmp_path: Path) -> None:
    """A platform that cannot be reached: the report says so in place of that of the last run."""
    path = tmp_path / "plan.md"
    estate.run("plan", "--report", f"markdown={path}")

    result = estate.run("plan", "--platform", "http://127.0.0.1:1/api/v1", "--report", f"markdown={path}")

    assert result.exit_code != 3
    assert "**REFUSED** by `error`" in path.read_text(encoding="utf-8")
