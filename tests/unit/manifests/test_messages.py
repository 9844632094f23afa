"""Reports where a parser or a library would say something else: places, spelling, once for each mistake."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.diagnostics import INVALID_VALUE, Diagnostic, with_article

HEAD = "apiVersion: reconciler.dev/v1alpha1\n"
NET = HEAD + "kind: VSlice\nmetadata: {name: fleet-net}\nspec:\n"


def _findings(folder: Path, text: str, name: str = "estate.yaml") -> list[dict[str, Any]]:
    (folder / name).write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli, ["validate", "--chdir", str(folder), "-o", "json"])
    found: list[dict[str, Any]] = json.loads(result.output)["diagnostics"]
    return found


def test_a_quote_that_a_later_value_closes_is_reported_where_it_opens(tmp_path: Path) -> None:
    """The parser stumbles over the third value; the mistake is in the first."""
    text = NET + '  displayName: "Fleet\n  subnets: [100.64.0.0/16]\n  apnPattern: "*.flex"\n'
    (found,) = _findings(tmp_path, text)
    assert (found["code"], found["line"], found["column"]) == ("R109", 5, 16)
    assert [place["line"] for place in found["related"]] == [7]


def test_a_text_over_two_lines_is_not_taken_for_a_forgotten_quote(tmp_path: Path) -> None:
    """The closing quote comes behind a word, so the text after the quote is the mistake."""
    (found,) = _findings(tmp_path, NET + '  displayName: "Fleet\n    of vans" all\n')
    assert (found["code"], found["line"]) == ("R106", 6)


def test_a_token_in_the_configuration_is_one_error_at_its_place(tmp_path: Path) -> None:
    """It is no unknown field besides; in the account it is found, too."""
    text = HEAD + "kind: Estate\nmetadata: {name: fleet}\nspec:\n  token: abc\n  account: {token: abc}\n"
    found = _findings(tmp_path, text, "reconciler.yaml")
    assert [(item["code"], item["line"], item["path"][-1]) for item in found] == [
        ("R214", 5, "token"),
        ("R214", 6, "token"),
    ]


def test_items_that_are_no_mappings_are_one_mistake_of_their_list(tmp_path: Path) -> None:
    """A list of bare ICCIDs is one error, which says how an item is written."""
    text = HEAD + "kind: EndpointSet\nmetadata: {name: fleet-set}\nspec:\n  group: existing:fleet-uk\n  members:\n"
    lists = '  - list: ["8988228000000000004", "8988228000000000012", {iccid: "8988228000000000020"}]\n'
    found = _findings(tmp_path, text + lists + '  - list: ["8988228000000000038"]\n')
    assert [(item["line"], item["hint"]) for item in found] == [
        (7, "Write {iccid: …} for each item."),
        (8, "Write {iccid: …} for each item."),
    ]


@pytest.mark.parametrize("name", ["reconciler.yml", "reconciler.json", "Reconciler.yaml", "RECONCILER.YML"])
@pytest.mark.parametrize("is_beside", [True, False])
def test_a_configuration_of_another_name_is_an_error(tmp_path: Path, name: str, is_beside: bool) -> None:
    """It would count for nothing: its guards, its scope and its store would be missed by nobody."""
    estate = HEAD + "kind: Estate\nmetadata: {name: fleet}\nspec: {}\n"
    (tmp_path / name).write_text(estate, encoding="utf-8")
    found = _findings(tmp_path, estate if is_beside else NET, "reconciler.yaml" if is_beside else "net.yaml")
    hints = [item["hint"] for item in found if item["file"] == name]
    assert hints[:1] == ["Rename it to reconciler.yaml, or remove it."]


def test_a_name_that_is_given_twice_is_shown_as_it_is_written(tmp_path: Path) -> None:
    """Names are compared without regard to case, and shown with it."""
    rules = "".join(
        f"  - {{name: {name}, direction: {way}, action: drop}}\n"
        for name, way in (("Telemetry", "uplink"), ("TELEMETRY", "downlink"))
    )
    text = HEAD + "kind: RoutingPolicy\nmetadata: {name: fleet-policy}\nspec:\n  vslice: existing:net-one\n  rules:\n"
    (found,) = _findings(tmp_path, text + rules)
    assert found["detail"].startswith("TELEMETRY is in rules twice, first as Telemetry;")


def test_what_a_user_wrote_begins_no_line_of_a_report() -> None:
    """Control characters and line breaks in sentences are escaped when a finding is made."""
    found = Diagnostic(INVALID_VALUE, "a\nerror[R999]: b\x1b[31m\u2028", "c\rd")
    assert (found.detail, found.hint) == ("a\\nerror[R999]: b\\x1b[31m\\u2028", "c\\rd")


def test_kinds_have_the_article_that_is_spoken() -> None:
    """The sound decides: an EdgeService, a VSlice."""
    assert [with_article(noun) for noun in ("EdgeService", "VSlice")] == ["an EdgeService", "a VSlice"]
