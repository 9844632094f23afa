"""A plan file may name secrets that the tree may not: refused before a secret is read or a connection is made (S6)."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.plan.canonical_json import canonical, digest
from tests.robustness.secrets.desk import CONFIGURATION, HANDLER, door, run, write

VALUE = "f00dfeedcafe4711"
SINK = "https://collector.example.net/in"
ALLOWED = "{secretRef: {env: NOC_TOKEN}}"
REFERENCES = (
    {"env": "STACUITY_TOKEN"},
    {"env": "pgpassword"},
    {"env": "GITHUB_TOKEN"},
    {"env": "HOME"},
    {"file": ".git/config"},
    {"file": "secrets/.env"},
    {"file": "linked"},
    {"file": "../outside"},
    {"file": "/proc/self/environ"},
    {"file": "the-token"},
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An estate with one webhook, and the plan that makes it."""
    found = tmp_path / "estate"
    write(found, "reconciler.yaml", CONFIGURATION.format(store="sqlite:.reconciler/state.db"))
    write(found, "hook.yaml", HANDLER.format(url=SINK, token=ALLOWED))
    for name in (".git/config", "secrets/.env", "the-token", "secrets/psk"):
        write(found, name, VALUE)
    write(tmp_path, "outside", VALUE)
    (found / "linked").symlink_to(".git/config")
    planned = run(found, "plan", "--out", str(found / "a.plan"), STACUITY_HOST="embedded", NOC_TOKEN=VALUE)
    assert planned.exit_code == 0, planned.output
    return found


def _forged(root: Path, reference: dict[str, str], field: str) -> Path:
    """The plan with another reference, under a digest and a seal that are right."""
    document: dict[str, Any] = json.loads((root / "a.plan").read_bytes())
    document["plan"]["changes"][0]["after"]["webhook"][field] = {"secretRef": reference}
    document["digest"] = digest(document["plan"])
    document["seal"] = digest({"digest": document["digest"], "origin": document["origin"]})
    (root / "a.plan").write_bytes(canonical(document) + b"\n")
    return root / "a.plan"


@pytest.mark.parametrize("reference", REFERENCES, ids=str)
def test_a_plan_file_never_reads_what_belongs_to_the_machine(root: Path, reference: dict[str, str]) -> None:
    """The apply ends with exit code 8 or 4, the value is nowhere, and the other secret was not read either."""
    file = _forged(root, reference, "bearerToken")
    (root / "hook.yaml").unlink()
    with door() as opened:
        host = f"http://127.0.0.1:{opened.port}"
        arguments = ("apply", str(file), "-y", "--token-file", str(root / "the-token"))
        given = {"NOC_TOKEN": VALUE, "pgpassword": VALUE, "GITHUB_TOKEN": VALUE, "RECONCILER_SECRETS": "* file:*/*"}
        result = run(root, *arguments, STACUITY_HOST=host, **given)
        assert (result.exit_code in {4, 8}, opened.count, VALUE in result.output) == (True, 0, False), result.output
    assert not (root / ".reconciler/state.db").exists()


def test_a_pipeline_applies_no_plan_with_a_secret_that_its_caller_does_not_allow(root: Path) -> None:
    """The caller that applies the plan decides what may be read."""
    with door() as opened:
        host = f"http://127.0.0.1:{opened.port}"
        given = {"NOC_TOKEN": VALUE, "CI": "1", "RECONCILER_SECRETS": "OTHER_*", "STACUITY_TOKEN": "t"}
        result = run(root, "apply", str(root / "a.plan"), "-y", STACUITY_HOST=host, **given)
        assert (result.exit_code, opened.count, VALUE in result.output) == (8, 0, False), result.output
    assert "the secret from env NOC_TOKEN is not read: the caller does not allow it" in result.output


def test_nothing_is_read_while_one_reference_may_not_be_followed(root: Path) -> None:
    """The first secret would make the command fail by its text; the second one is refused before that."""
    write(root, "hook.yaml", HANDLER.format(url=SINK, token=ALLOWED))
    second = HANDLER.format(url=SINK, token="{secretRef: {file: linked}}").replace("noc-hook", "other-hook")
    write(root, "other.yaml", second)
    result = run(root, "plan", STACUITY_HOST="embedded", NOC_TOKEN="two\nlines")
    assert result.exit_code == 8
    assert ("the file is hidden" in result.output, "control character" in result.output) == (True, False)


def test_a_plan_file_sends_nothing_to_a_host_that_gives_out_credentials(root: Path) -> None:
    """Also where the URL is a secret, whose host only its value tells."""
    file = _forged(root, {"file": "secrets/psk"}, "url")
    write(root, "secrets/psk", "http://169.254.169.254/latest")
    result = run(root, "apply", str(file), "-y", STACUITY_HOST="embedded", NOC_TOKEN=VALUE)
    assert (result.exit_code, "169.254" in result.output) == (8, False), result.output
    assert "is an address to which nothing may be sent" in result.output
