"""Secrets in a plan file: what is sent is the secret that the plan shows, and goes to the host that it shows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.errors import PlanFileError, StalePlan
from reconciler.plan.limits import Guard
from reconciler.plan.measures import measure
from reconciler.plan.planfile import decode, encode
from tests.robustness.faults.house import House, resource
from tests.robustness.tamper.forging import resealed

REFUSED, STALE = 3, 4
Change = dict[str, Any]


def hook(url: str) -> Any:
    """An event handler that sends there."""
    return resource("EventHandler", "noc-hook", webhook={"url": url})


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house with a handler."""
    house = House(tmp_path)
    house.make(hook("https://noc.example/in"))
    return house


def _forged(house: House, url: str, edit: Callable[[Change], object]) -> bytes:
    document = json.loads(encode(house.plan(hook(url))))
    (change,) = document["plan"]["changes"]
    edit(change)
    # The shown values are made to fit, as somebody does who knows how plans are made.
    for _ in range(3):
        try:
            decode(resealed(document), "plan.json")
        except PlanFileError as error:
            if "fields" not in str(error):
                raise
            shown = f"(secret) {change['before']['webhook']['url'].partition('@')[0][-6:]}"
            shown += f" at {change['before']['webhook']['url'].partition('@')[2]}"
            change["fields"][0]["before"] = shown
    return resealed(document)


def test_another_address_under_the_digest_that_is_shown_is_refused(house: House) -> None:
    """The text shows a digest of the address and its host; the address itself is held to it before anything is sent."""
    content = _forged(house, "https://noc.example/out", lambda change: change["after"]["webhook"].update(url=EVIL))
    count = len(house.mutations())
    with pytest.raises(StalePlan, match=r"webhook\.url is not the one that the plan shows"):
        house.apply(decode(content, "plan.json")[0])
    assert len(house.mutations()) == count


EVIL = "https://noc.example/evil"


def test_an_address_without_its_digest_is_refused(house: House) -> None:
    """Where there is a store there is a key, and every address has a digest under it."""
    with pytest.raises(PlanFileError, match="without its digest"):
        _forged(house, "https://noc.example/out", lambda change: change["secretDigests"].clear())


def test_a_false_host_of_the_live_object_is_refused(house: House) -> None:
    """A host that is shown as the one so far would be no new peer: the live object is held to it."""

    def known(change: Change) -> None:
        before = change["before"]["webhook"]
        before["url"] = before["url"].partition("@")[0] + "@new.example"

    plan = decode(_forged(house, "https://new.example/in", known), "plan.json")[0]
    assert measure(plan, Guard.NEW_PEERS).count == 0
    with pytest.raises(StalePlan, match="it was changed on the platform"):
        house.apply(plan)


MANIFEST = """apiVersion: reconciler.dev/v1alpha1
kind: EventHandler
metadata: {name: noc-hook}
spec: {webhook: {url: 'https://noc.example/in', bearerToken: {secretRef: {env: HOOK_TOKEN}}}}
"""


def test_a_secret_that_was_exchanged_after_the_plan_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another value would be sent than the one whose digest was approved: exit code 4; as it was, it is applied."""
    monkeypatch.delenv("CI", raising=False)

    def run(command: str, *arguments: str, token: str) -> Any:
        monkeypatch.setenv("HOOK_TOKEN", token)
        return CliRunner().invoke(cli, [command, "--chdir", str(tmp_path), "--platform", "embedded", *arguments])

    (tmp_path / "other.yaml").write_text(MANIFEST.replace("noc-hook", "other-hook"), encoding="utf-8")
    assert run("apply", "--auto-approve", token="first-token").exit_code == 0
    (tmp_path / "estate.yaml").write_text(MANIFEST, encoding="utf-8")
    plan = str(tmp_path / "plan.json")
    assert run("plan", "--out", plan, token="first-token").exit_code == REFUSED

    refused = run("apply", plan, "--auto-approve", "--allow", "newPeers=1", token="other-token")
    assert (refused.exit_code, "other-token" in refused.output) == (STALE, False)
    assert "webhook.bearerToken of EventHandler/noc-hook is another one" in refused.output
    assert run("apply", plan, "--auto-approve", "--allow", "newPeers=1", token="first-token").exit_code == 0
