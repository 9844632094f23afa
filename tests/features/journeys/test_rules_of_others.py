"""A policy whose rules were clicked together in the portal: taken over as it is, edited rule by rule."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.accounts.platform import Platform, platform

pytestmark = pytest.mark.slow

TEXTS = ["Telemetry to DC", "Telemetry to DC", "", "", "[web] from an older estate", "[web] from an older estate"]


@pytest.fixture
def account() -> Iterator[Platform]:
    """A platform with such a policy, and with settings that are saved while they are off."""
    with platform() as made:
        made.network()
        rules = [
            {"description": text, "ruleAction": "drop", "ruleDirection": "uplink", "transportProtocol": "TCP",
             "destinationPortPattern": f"0{number + 80}"}
            for number, text in enumerate(TEXTS)
        ]  # fmt: skip
        made.made("RoutingPolicies", moniker="portal", name="Portal", vslice="main-net", routingPolicyRules=rules)
        saved = {"port": 80, "basicAuthenticationEnabled": False, "username": "u", "password": "p", "aclMode": ""}
        made.made(
            "edgeservices", moniker="ui", name="UI", edgeServiceType="remoteaccessproxy",
            instanceConfiguration={**saved, "aclIpAddresses": "192.0.2.1"},
        )  # fmt: skip
        yield made


def _rules(account: Platform) -> list[dict[str, Any]]:
    policy = next(one for one in account.client.get("/RoutingPolicies") if one["moniker"] == "portal")
    return list(policy["routingPolicyRules"])


def _edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_edit_of_one_rule_leaves_the_others_and_their_descriptions(account: Platform, tmp_path: Path) -> None:
    """Adoption writes nothing; the edit of a port changes that port, keeps all descriptions, and ids of other rules."""
    folder = tmp_path / "estate"
    assert account.run("export", str(folder)).exit_code == 0
    account.simulator.clear_log()
    before = _rules(account)
    assert account.run("apply", "-C", str(folder), "--adopt", "--auto-approve").exit_code == 0
    assert account.written() == []

    _edit(folder, "routing-policies.yaml", "'83'", "'8300'")
    _edit(folder, "edge-services.yaml", "displayName: UI", "displayName: Other")
    assert account.run("apply", "-C", str(folder), "--auto-approve").exit_code == 0

    after = _rules(account)
    assert [rule["description"] for rule in after] == TEXTS
    assert [rule["destinationPortPattern"] for rule in after] == ["080", "081", "082", "8300", "084", "085"]
    assert [new["id"] == old["id"] for new, old in zip(after, before, strict=True)] == [True] * 3 + [False] + [True] * 2
    (service,) = account.client.get("/edgeservices")
    assert (service["name"], service["instanceConfiguration"]["password"]) == ("Other", "p")
    assert account.run("plan", "-C", str(folder), "--detailed-exitcode").exit_code == 0
    assert account.run("drift", "-C", str(folder)).exit_code == 0


def test_a_rule_of_the_portal_is_seen_and_named(account: Platform, tmp_path: Path) -> None:
    """A rule that is cloned or edited in the portal is drift, and the plan that takes it away names it."""
    folder = tmp_path / "estate"
    assert account.run("export", str(folder)).exit_code == 0
    assert account.run("apply", "-C", str(folder), "--adopt", "--auto-approve").exit_code == 0
    rules = [
        {name: value.get("moniker") if isinstance(value, dict) else value for name, value in rule.items()}
        for rule in _rules(account)
    ]
    rules.insert(0, dict(rules[4]))
    account.client.ok("PUT", "/RoutingPolicies/portal", {"routingPolicyRules": rules})

    drift = account.run("drift", "-C", str(folder))
    assert drift.exit_code == 2
    assert "+ rules[" in drift.output
    plan = account.run("plan", "-C", str(folder))
    assert plan.exit_code == 0
    assert "- rules[" in plan.output
