"""Guards that object as findings at the lines that trip them, and reports for machines that are read back."""

import json
from xml.etree import ElementTree

from reconciler.plan.roster import RosterAction
from reconciler.reports.annotations import as_workflow_commands
from reconciler.reports.findings import findings_of
from reconciler.reports.gitlab import as_counts
from reconciler.reports.junit import as_junit
from reconciler.reports.plan_view import ReportContext
from reconciler.reports.sarif import as_sarif
from reconciler.reports.viewing import view_without_plan
from tests.features.reports.drawn_plans import DrawnPlan, names


def test_a_guard_has_the_place_of_the_change_that_trips_it() -> None:
    """File, line and column of the manifest, so that a forge shows it there."""
    view = DrawnPlan().replace(names("target", 4)).view()

    (found,) = findings_of(view)

    assert (found.code.id, str(found.span)) == ("guard-deletions", "estate/a.yaml:3:3")
    assert len(found.related) == 3
    (result,) = as_sarif([found])["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 3


def test_every_refusal_is_one_annotation() -> None:
    """Ten at most are shown of one severity; the others are counted."""
    view = DrawnPlan().delete(names("holy", 12), kind="VSlice", protect=True).view()

    lines = as_workflow_commands(findings_of(view)).splitlines()

    assert len([line for line in lines if line.startswith("::error ")]) == 10
    assert lines[-1] == "and 3 more"


def test_junit_has_a_case_for_each_guard_and_fails_the_refused_ones() -> None:
    """The numbers of the suite are those of its cases."""
    root = ElementTree.fromstring(as_junit(DrawnPlan().terminate(3).view()))

    (suite,) = [suite for suite in root if suite.get("name") == "reconciler guards"]
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["terminations"]
    assert (suite.get("tests"), suite.get("failures")) == (str(len(suite)), "1")


def test_gitlab_counts_a_replacement_twice_and_sims_like_objects() -> None:
    """Two replacements, three new maps, one deletion, seven terminated SIMs."""
    drawn = DrawnPlan().replace(names("target", 2)).create(names("map", 3)).delete(["gone"]).terminate(7)

    assert json.loads(as_counts(drawn.view())) == {"create": 5, "update": 0, "delete": 10}
    assert drawn.actions[0].action is RosterAction.TERMINATE


def test_an_error_that_ended_the_command_is_a_finding() -> None:
    """A report of a command that has no plan says why, in every format for machines."""
    view = view_without_plan(ReportContext(error="the platform cannot be reached", hint="try again"))

    (found,) = findings_of(view)
    (failure,) = ElementTree.fromstring(as_junit(view)).iter("failure")

    assert (found.detail, found.hint) == ("the platform cannot be reached", "try again")
    assert failure.get("message") == "the platform cannot be reached"
