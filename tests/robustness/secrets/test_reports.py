"""Twelve planted secrets, and every report of every command: none of them is in any, in any encoding."""

import json
from pathlib import Path

import pytest

from reconciler.reports.formats import ReportFormat
from tests.features.cli.copies import SECRETS, Copy
from tests.robustness.secrets.finder import ENCODINGS, found_in

PATHS = {
    "stations": "hook-path-0a9s8d7f6g",
    "alarms": "new-path-p0o9i8u7y6",
}
VALUES = {
    **{name: f"{name.lower()}-pl4nted/+=&<{number}>" for number, name in enumerate(sorted(SECRETS))},
    # The longest password of a message centre has eight letters.
    "SMS_GATEWAY_PASSWORD": "sms-pw-7",
    "STACUITY_TOKEN": "the-token-of-the-platform-42",
    "STORE_PASSWORD": "of-the-store-99",
}
PLANTED = (*VALUES.values(), *PATHS.values())


def _all(folder: Path) -> list[str]:
    folder.mkdir(parents=True)
    return [word for form in ReportFormat for word in ("--report", f"{form}={folder / form}")]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """The example with these secrets, and a path of a webhook that is one."""
    found = Copy(tmp_path / "estate")
    found.environment |= VALUES
    found.edit("estate/charge/groups.yaml", "example/stations", f"example/{PATHS['stations']}")
    return found


def _leaks(text: str) -> list[str]:
    return [value for value in PLANTED if found_in(text, value)]


def test_twelve_secrets_are_planted_and_the_finder_finds_each() -> None:
    """A search that finds nothing proves something only if it finds what is there."""
    assert len(PLANTED) == 12
    missed = [
        (value, name)
        for value in PLANTED
        for name, encode in ENCODINGS.items()
        if value not in _leaks(f"refused: {encode(value)}, sorry")
    ]
    assert missed == []


@pytest.mark.slow
def test_no_report_of_any_command_has_a_planted_secret(copy: Copy, tmp_path: Path) -> None:
    """First plan, refusal, apply, drift, a moved webhook, a mistake with secrets on its line, a platform in trouble."""
    texts: dict[str, str] = {}

    def run(step: str, *arguments: str, code: int) -> None:
        folder = tmp_path / "reports" / step
        result = copy.run(*arguments, *_all(folder))
        assert result.exit_code == code, result.output
        texts[f"{step} output"] = result.output
        texts.update({f"{step} {path.name}": path.read_text(encoding="utf-8") for path in folder.iterdir()})

    saved = str(tmp_path / "saved.plan")
    run("plan", "plan", "--out", saved, "--verbose", code=0)
    run("show", "show", saved, "--verbose", code=0)
    run("apply", "apply", "--auto-approve", "--verbose", code=0)
    run("drift", "drift", code=0)
    copy.edit(
        "estate/charge/groups.yaml", f"charge.vantiq.example/{PATHS['stations']}", f"evil.example/{PATHS['alarms']}"
    )
    run("moved", "plan", "--verbose", code=3)
    run("refused", "apply", "--auto-approve", code=3)
    copy.environment["CHARGE_WEBHOOK_TOKEN"] = None
    run("missing", "plan", "--allow", "newPeers=1", code=8)
    value = VALUES["OPS_WEBHOOK_TOKEN"]
    copy.edit("estate/charge/groups.yaml", "{secretRef: {env: CHARGE_WEBHOOK_TOKEN}}", f'"{value}"')
    run("mistake", "plan", code=8)
    run("validate", "validate", code=8)
    copy.edit("estate/charge/groups.yaml", f'"{value}"', "{secretRef: {env: OPS_WEBHOOK_TOKEN}}")
    run("trouble", "plan", "--platform", "http://127.0.0.1:1/api/v1", code=10)

    assert {name: _leaks(text) for name, text in texts.items() if _leaks(text)} == {}
    assert len(texts) == 10 * (len(ReportFormat) + 1)


def test_a_moved_webhook_shows_both_hosts_and_no_path(copy: Copy, tmp_path: Path) -> None:
    """The path of its URL is a secret, the host is what a reviewer has to see."""
    assert copy.run("apply", "--auto-approve").exit_code == 0
    copy.edit(
        "estate/charge/groups.yaml", f"charge.vantiq.example/{PATHS['stations']}", f"evil.example/{PATHS['alarms']}"
    )

    copy.run("plan", *_all(tmp_path / "reports"))

    for form in (ReportFormat.TEXT, ReportFormat.MARKDOWN, ReportFormat.HTML, ReportFormat.JSON):
        text = (tmp_path / "reports" / form).read_text(encoding="utf-8")
        assert ("events.evil.example" in text, "events.charge.vantiq.example" in text) == (True, True), form
        assert _leaks(text) == []


def test_a_url_that_only_gets_another_path_says_that_it_changes(copy: Copy, tmp_path: Path) -> None:
    """The token in the path stays hidden, its host does not, and the change is not hidden."""
    assert copy.run("apply", "--auto-approve").exit_code == 0
    copy.edit("estate/charge/groups.yaml", PATHS["stations"], PATHS["alarms"])

    result = copy.run("plan", *_all(tmp_path / "reports"))

    text = (tmp_path / "reports" / ReportFormat.MARKDOWN).read_text(encoding="utf-8")
    document = json.loads((tmp_path / "reports" / ReportFormat.JSON).read_text(encoding="utf-8"))
    assert (result.exit_code, document["answers"]["changes"]) == (0, 1)
    assert "EventHandler/charge-webhook will be updated" in text
    assert "events.charge.vantiq.example" in text
    assert _leaks(text + json.dumps(document)) == []
