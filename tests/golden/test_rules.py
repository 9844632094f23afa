"""
One golden case for each rule of the platform that `validate` enforces: manifests, and what is said.

A case file holds manifests up to a line of three plus signs and a name. Objects called ``kept-`` keep the rule next to
others that break it. Further files of the estate follow, each behind such a line, then the report. `make golden`
rewrites the reports; whether they are right is judged in the review.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from tests.golden_files import assert_golden

FOLDER = Path(__file__).parent / "rules"
MANIFEST, REPORT = "estate.yaml", "report"
SEPARATOR = re.compile(r"^\+\+\+ (.+)\n", re.MULTILINE)

# The rules that `validate` enforces.
OFFLINE = {
    1: "Endpoint Group name 2-100 characters",
    2: "Moniker 5-30 characters",
    3: "Name at most 50, 100 or 150 characters, by type",
    4: "Moniker characters: lower letters, digits, - and _",
    5: "Moniker unique per type",
    8: "The objects that a group uses are of the same VSlice",
    9: "Subnets of different VSlices may overlap",
    10: "Subnets inside one VSlice must not overlap",
    11: "A VSlice needs at least one IPv4 subnet",
    12: "DNS mode custom needs a server, auto has none",
    13: "A group needs a regional policy",
    14: "A group needs a routing policy",
    17: "The subnet of a group is one of its VSlice's",
    18: "Primary: APN inherited; secondary: APN required",
    19: "A secondary APN matches the VSlice's pattern",
    20: "Within a primary and its secondaries all APNs differ",
    21: "A secondary belongs to at most one primary",
    23: "Primary and secondary share the VSlice",
    26: "Inactivity time is positive; action notify by default",
    28: "Event map scope suits where it is attached",
    29: "Event type scope suits the map scope",
    30: "A regional policy with entries has exactly one default",
    31: "Entries unique by country and operator; operator only with country",
    33: "Operator default allow or reject; fallback only for one operator",
    35: "Rules are ordered, first match",
    36: "forward needs a target, drop and reflect have none",
    37: "Ports only with tcp or udp, 1-65535; patterns are IP or CIDR",
    38: "Packet discard 0-100",
    39: "RoutingTarget type needs the matching block, and only it",
    45: "ICCID: 18-20 digits, Luhn",
    46: "A static address lies in the subnet of the group, unique in the VSlice",
    47: "Reference of an endpoint is unique",
    50: "An edge account lacks HLR steering",
    54: "Handler timeout 5 s by default; authentication optional",
}
WITHOUT_CASE = dict.fromkeys((45, 46, 47), "about single SIMs, not about the objects of the platform")
NOT_CITED = {
    9: "it only says what is allowed",
}


class Case(NamedTuple):
    """A case file, taken apart."""

    files: dict[str, str]
    report: str

    @property
    def text(self) -> str:
        """The case file."""
        others = "".join(f"+++ {name}\n{text}" for name, text in self.files.items() if name != MANIFEST)
        return f"{self.files[MANIFEST]}{others}+++ {REPORT}\n{self.report}"


def _read(path: Path) -> Case:
    manifest, *rest = SEPARATOR.split(path.read_text(encoding="utf-8"))
    sections = dict(zip(rest[::2], rest[1::2], strict=True))
    report = sections.pop(REPORT, "")
    return Case({MANIFEST: manifest, **sections}, report)


def _validate(case: Case, folder: Path, *options: str) -> tuple[str, int]:
    for name, text in case.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli, ["validate", "--chdir", str(folder), *options])
    return result.output, result.exit_code


PATHS = [FOLDER / f"D-{number:02}.case" for number in OFFLINE if number not in WITHOUT_CASE]
of_each_rule = pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])


@of_each_rule
def test_the_report_of_a_broken_rule_is_as_agreed(path: Path, tmp_path: Path) -> None:
    """Code, place, sentence and hint of every finding are, byte for byte, what the case file says."""
    case = _read(path)
    output, exit_code = _validate(case, tmp_path)
    found = case._replace(report=f"{output.rstrip()}\n\nexit {exit_code}\n")
    assert_golden(path, found.text)


@of_each_rule
def test_a_broken_rule_is_cited_and_its_neighbour_is_left_alone(path: Path, tmp_path: Path) -> None:
    """A finding cites the number of the rule, and none is about an object that keeps it."""
    output, _ = _validate(_read(path), tmp_path, "-o", "json")
    findings = json.loads(output)["diagnostics"]
    number = int(path.stem.removeprefix("D-"))
    assert [found for found in findings if "/kept-" in (found["address"] or "")] == []
    assert any(found["rule"] == f"D-{number}" for found in findings) is (number not in NOT_CITED)
    assert all(found["file"] and found["line"] and found["column"] and found["hint"] for found in findings)


def test_every_rule_that_can_be_checked_offline_has_a_case() -> None:
    """No rule that `validate` enforces is without a case, but those about SIMs; no case is without a rule."""
    expected = {f"D-{number:02}.case" for number in OFFLINE if number not in WITHOUT_CASE}
    assert {path.name for path in FOLDER.iterdir()} == expected
