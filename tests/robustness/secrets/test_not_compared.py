"""A plan that could not compare a secret says so, and never that nothing changes (S8)."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.robustness.secrets.desk import CONFIGURATION, HANDLER, run, write

URL = "https://noc.example.net/in"
TOKEN = "f00dfeedcafe4711"
SECRET = "{secretRef: {env: NOC_TOKEN}}"
MISSING = "1 secret not compared: env NOC_TOKEN (EventHandler/noc-hook webhook.bearerToken) is not available."
CI = {"CI": "true", "RECONCILER_SECRETS": "NOC_*"}
UNCOMPARED = {
    "address": "EventHandler/noc-hook",
    "field": "webhook.bearerToken",
    "reference": {"env": "NOC_TOKEN"},
    "isMissing": True,
}

At = Callable[..., Result]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An estate with one webhook and its token, applied."""
    root = tmp_path_factory.mktemp("noc")
    write(root, "reconciler.yaml", CONFIGURATION.format(store="sqlite:.reconciler/state.db"))
    write(root, "hook.yaml", HANDLER.format(url=URL, token=SECRET))
    applied = run(root, "apply", "-y", STACUITY_HOST="embedded", NOC_TOKEN=TOKEN)
    assert applied.exit_code == 0, applied.output
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """The applied estate in a folder of its own."""
    return Path(shutil.copytree(made, tmp_path / "noc"))


@pytest.fixture
def at(root: Path) -> At:
    """Runs a command in it, where the token is not there unless it is given."""

    def at(*arguments: str, **environment: str | None) -> Result:
        return run(root, *arguments, STACUITY_HOST="embedded", **{"NOC_TOKEN": None, **environment})

    return at


def _document(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_secret_that_is_there_is_compared(at: At) -> None:
    """Then nothing changes, or the secret does."""
    same, other = at("plan", NOC_TOKEN=TOKEN), at("plan", NOC_TOKEN="another-token")

    assert (same.exit_code, "No changes. 1 object matches the manifests." in same.output) == (0, True), same.output
    assert "1 to change" in other.output
    assert "not compared" not in same.output + other.output


def test_a_secret_that_is_missing_is_not_compared(at: At) -> None:
    """At a desk the plan says which one, what it is for, and that nothing else differs."""
    result = at("plan")

    assert (result.exit_code, MISSING in result.stdout) == (0, True), result.output
    assert "Nothing else differs in 1 object." in result.stdout
    assert "No changes" not in result.output


def test_a_secret_that_is_missing_is_said_beside_other_changes(root: Path, at: At) -> None:
    """The object is edited as the manifest says, and what is unknown is not hidden by it."""
    write(root, "hook.yaml", HANDLER.format(url=URL, token=SECRET) + "    timeoutSeconds: 9\n")

    result = at("plan")

    assert result.exit_code == 0, result.output
    assert MISSING in result.stdout
    assert "Plan: 0 to add, 1 to change" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("plan",), CI),
        (("plan", "--detailed-exitcode"), {}),
        (("plan", "--detailed-exitcode"), CI),
        (("apply", "-y"), CI),
        (("adopt", "--all", "-y"), CI),
    ],
)
def test_a_program_is_told_by_the_exit_code(at: At, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    """In a pipeline, and where the exit code is the answer, a secret that was not compared is exit 8."""
    result = at(*arguments, **environment)

    assert result.exit_code == 8, result.output
    assert (
        "error: 1 secret not compared, because it is not available: env NOC_TOKEN (EventHandler/noc-hook)"
        in result.stderr
    )
    assert "No changes" not in result.output


def test_the_document_of_a_plan_names_what_was_not_compared(at: At) -> None:
    """With the exit code and the error, as in every document."""
    found = _document(at("plan", "-o", "json", **CI))

    assert (found["exitCode"], found["secretsNotCompared"], found["plan"]["uncompared"]) == (
        8,
        [UNCOMPARED],
        [UNCOMPARED],
    )
    assert found["error"]["message"].startswith("1 secret not compared")
    assert _document(at("plan", "-o", "json", NOC_TOKEN=TOKEN))["secretsNotCompared"] == []


def test_the_document_of_a_plan_lists_where_secrets_and_traffic_go(root: Path, at: At) -> None:
    """The reference, the field, the object and both hosts, in clear."""
    write(root, "hook.yaml", HANDLER.format(url="https://moved.example.net/in", token=SECRET))

    found = _document(at("plan", "-o", "json", NOC_TOKEN=TOKEN))

    assert (found["flows"], found["peers"]) == (
        [
            {
                "address": "EventHandler/noc-hook",
                "reference": "env NOC_TOKEN",
                "field": "webhook.bearerToken",
                "host": "moved.example.net",
            }
        ],
        [
            {
                "address": "EventHandler/noc-hook",
                "field": "webhook.url",
                "before": "noc.example.net",
                "after": "moved.example.net",
            }
        ],
    )


def test_a_saved_plan_shows_what_was_not_compared(tmp_path: Path, at: At) -> None:
    """A person that approves a plan file sees what it says nothing about."""
    file = str(tmp_path / "a.plan")

    at("plan", "--out", file)
    shown = at("show", file)

    assert (shown.exit_code, MISSING in shown.stdout, "No changes" in shown.stdout) == (0, True, False), shown.output


def test_the_doctor_names_the_secrets_that_are_missing(at: At) -> None:
    """One line for all of them, and exit 8; nothing more than their number where all are there."""
    missing, there = at("doctor"), at("doctor", NOC_TOKEN=TOKEN)

    assert missing.exit_code == 8, missing.output
    assert (
        "FAIL  secrets: a secret that is needed is not available: env NOC_TOKEN (EventHandler/noc-hook)"
        in missing.output
    )
    assert (there.exit_code, "ok    secrets: 1 read" in there.output) == (0, True), there.output


def test_the_doctor_says_of_a_secret_that_may_not_be_read(at: At) -> None:
    """In a pipeline whose caller allows it not, with what to do."""
    result = at("doctor", CI="1", NOC_TOKEN=TOKEN)

    assert result.exit_code == 8, result.output
    assert "FAIL  secrets: the secret from env NOC_TOKEN is not read: the caller does not allow it" in result.output


def test_a_new_secret_of_an_object_without_one_is_a_change(root: Path, at: At) -> None:
    """The platform has none, so it differs, whatever its value is; apply needs it, before anything is sent."""
    write(root, "hook.yaml", HANDLER.format(url=URL, token="null"))
    assert at("apply", "-y").exit_code == 0
    write(root, "hook.yaml", HANDLER.format(url=URL, token=SECRET))

    planned, applied = at("plan"), at("apply", "-y")

    assert (planned.exit_code, "1 to change" in planned.output, MISSING in planned.output) == (0, True, True)
    assert (applied.exit_code, "a secret that is needed is not available" in applied.output) == (8, True)
    assert at("apply", "-y", NOC_TOKEN=TOKEN).exit_code == 0
    assert "No changes" in at("plan", NOC_TOKEN=TOKEN).output


def test_without_a_store_no_secret_is_compared(root: Path, at: At) -> None:
    """There is no key yet: neither the token nor the URL, which counts as one, is said to be the same."""
    for file in (root / ".reconciler").glob("state.db*"):
        file.unlink()

    result = at("plan", "--adopt", NOC_TOKEN="another-token")

    assert result.exit_code == 0, result.output
    assert (
        "2 secrets not compared: the URL in the manifest (EventHandler/noc-hook webhook.url) has no key to compare it "
        "under before the first apply, env NOC_TOKEN (EventHandler/noc-hook webhook.bearerToken) has no key to compare "
        "it under before the first apply." in result.stdout
    )
