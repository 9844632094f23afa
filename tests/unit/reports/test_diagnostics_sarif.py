"""Diagnostics as SARIF."""

import json
from dataclasses import replace

from reconciler.diagnostics import INVALID_VALUE, RULE_WARNING, UNKNOWN_FIELD, Diagnostic, Related
from reconciler.positions import Span
from reconciler.reports.sarif import as_sarif

PLACE = Span("a b/ä:x.yaml", 3, 5, 3, 9)
FOUND = Diagnostic(
    INVALID_VALUE,
    "It is wrong.",
    "Mend it.",
    address="VSlice/fleet",
    path=("spec", "a", 0),
    span=PLACE,
    related=(Related("See here.", PLACE), Related("No place.")),
    rule="D-10",
)


def test_a_finding_has_rule_place_and_message() -> None:
    """A result names its rule by number and index, its region, its address and the other places."""
    log = as_sarif([Diagnostic(UNKNOWN_FIELD, "x"), FOUND, Diagnostic(RULE_WARNING, "w", span=PLACE)])
    assert json.loads(json.dumps(log)) == log
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["R202", "R204", "R211"]
    result = run["results"][1]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "R204"
    assert result["level"] == "error"
    assert result["message"]["text"] == "Invalid value.\nIt is wrong.\nMend it."
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/%C3%A4%3Ax.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9},
    }
    assert location["logicalLocations"] == [{"fullyQualifiedName": "VSlice/fleet.spec.a[0]", "kind": "resource"}]
    assert [place["message"]["text"] for place in result["relatedLocations"]] == ["See here."]
    assert run["results"][0]["locations"] == []
    assert run["results"][2]["level"] == "warning"


def test_a_finding_stays_the_same_when_lines_move() -> None:
    """The fingerprint is of what was found and where in the object, not on which line."""
    moved = replace(FOUND, span=Span(PLACE.file, 30, 5, 30, 9))
    other = replace(FOUND, detail="Something else.")
    prints = [result["partialFingerprints"] for result in as_sarif([FOUND, moved, other])["runs"][0]["results"]]
    assert prints[0] == prints[1] != prints[2]


def test_at_most_5000_results_are_given() -> None:
    """A notification says how many results are left out."""
    run = as_sarif([FOUND] * 5_003)["runs"][0]
    assert len(run["results"]) == 5_000
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == "3 more findings are left out."
    assert "invocations" not in as_sarif([FOUND] * 5_000)["runs"][0]
