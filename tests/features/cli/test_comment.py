"""The comment of a pull request: one for each estate, ours alone, and nothing read but the report."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from tests.features.cli.forge_server import TOKEN, ForgeServer, served

REPORT = "<!-- reconciler plan fleet -->\n\n## reconciler plan: `fleet`\n\nDigest: `sha256:{}`\n"


@pytest.fixture
def forge() -> Iterator[ForgeServer]:
    """GitHub, with comments of people."""
    with served(ForgeServer()) as server:
        for number in range(130):
            server.add("somebody", f"Comment {number}")
        yield server


def _post(forge: ForgeServer, folder: Path, text: str, **variables: str) -> Result:
    """The command in a job whose pull request is number 7."""
    report = folder / "plan.md"
    report.write_text(text, encoding="utf-8")
    name = "gitlab" if forge.is_gitlab else "github"
    line = ["comment", str(report), "--forge", name, "--api", forge.address, "--repository", "acme/sims"]
    environment = {"GITHUB_TOKEN": TOKEN, "GITLAB_TOKEN": TOKEN, "GITHUB_REF": "refs/pull/7/merge", **variables}
    environment.setdefault("CI_MERGE_REQUEST_IID", "7")
    return CliRunner(env=environment).invoke(cli, line)


def test_posting_twice_leaves_one_comment(forge: ForgeServer, tmp_path: Path) -> None:
    """The second report takes the place of the first, also behind more than a page of comments."""
    first = _post(forge, tmp_path, REPORT.format("1"))
    second = _post(forge, tmp_path, REPORT.format("2"))

    assert [(one.exit_code, one.output) for one in (first, second)] == [
        (0, "Posted the comment.\n"),
        (0, "Updated the comment.\n"),
    ]
    ours = [body for body in forge.bodies() if body.startswith("<!--")]
    assert ours == [REPORT.format("2").rstrip("\n")]


def test_a_comment_of_somebody_else_with_our_marker_is_left_alone(forge: ForgeServer, tmp_path: Path) -> None:
    """Its author could edit the report afterwards."""
    forged = REPORT.format("0")
    forge.add("mallory", forged)

    assert _post(forge, tmp_path, REPORT.format("1")).output == "Posted the comment.\n"
    assert forge.bodies()[-2:] == [forged, REPORT.format("1").rstrip("\n")]


def test_a_token_that_is_not_told_its_name_takes_comments_of_programs_only(forge: ForgeServer, tmp_path: Path) -> None:
    """The token of a job of GitHub Actions may not ask who it is."""
    forge.account = None
    forge.add("mallory", REPORT.format("0"))

    outputs = [_post(forge, tmp_path, REPORT.format(number)).output for number in "12"]

    assert outputs == ["Posted the comment.\n", "Updated the comment.\n"]
    assert forge.bodies()[-2:] == [REPORT.format("0"), REPORT.format("2").rstrip("\n")]


def test_estates_have_a_comment_each(forge: ForgeServer, tmp_path: Path) -> None:
    """The marker names the estate."""
    other = REPORT.format("9").replace("plan fleet", "plan cars")

    outputs = [_post(forge, tmp_path, text).output for text in (REPORT.format("1"), other, other)]

    assert outputs == ["Posted the comment.\n", "Posted the comment.\n", "Updated the comment.\n"]


def test_a_merge_request_of_gitlab_has_one_note(tmp_path: Path) -> None:
    """The same, with the words of the other forge."""
    with served(ForgeServer(is_gitlab=True)) as forge:
        outputs = [_post(forge, tmp_path, REPORT.format(number)).output for number in "12"]

    assert outputs == ["Posted the comment.\n", "Updated the comment.\n"]
    assert forge.bodies() == [REPORT.format("2").rstrip("\n")]


@pytest.mark.parametrize(
    ("text", "variables", "code", "words"),
    [
        ("# My own text\n", {}, 64, "is no report in Markdown"),
        ("\n" + REPORT.format("1"), {}, 64, "is no report in Markdown"),
        (REPORT.format("1"), {"GITHUB_REF": "refs/heads/main"}, 64, "no pull request is named"),
        (REPORT.format("1"), {"GITHUB_TOKEN": ""}, 64, "no API token is given"),
        (REPORT.format("1"), {"GITHUB_TOKEN": "another"}, 9, "does not let this token read comments"),
    ],
    ids=["no report", "no marker first", "a branch", "no token", "another token"],
)
def test_a_comment_that_cannot_be_made_says_why(
    *, forge: ForgeServer, tmp_path: Path, text: str, variables: dict[str, str], code: int, words: str
) -> None:
    """A documented exit code, one message, and no request that writes."""
    result = _post(forge, tmp_path, text, **variables)

    assert (result.exit_code, words in result.stderr) == (code, True), result.output
    assert [request for request in forge.requests if not request.startswith("GET")] == []


def test_a_forge_that_cannot_be_reached_is_exit_10(tmp_path: Path) -> None:
    """Nothing was sent."""
    forge = ForgeServer(address="http://127.0.0.1:1")

    assert _post(forge, tmp_path, REPORT.format("1")).exit_code == 10
